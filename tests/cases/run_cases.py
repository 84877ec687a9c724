#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the golden cases: run_cases.py FLOE [PART OF A CASE'S NAME...]

A case is a folder below tests/cases that holds a file `cmd`: a bash script in which `floe` is the binary under test. It runs
in a fresh folder; what the folder starts with, in this order:
  base      (file)   folders to copy, one a line, relative to tests/cases
  input/    (folder) files to copy
  setup     (file)   a bash script whose output does not count, which must succeed
`cmd` and `setup` also find $PYTHON, an interpreter, and $SOURCE, the root of the source tree.
What is expected; a missing file means "nothing", and exit code 0:
  stdout, stderr, exit    what `cmd` wrote and ended with
  files/                  files that must be there afterwards, with exactly this content
  terminal                instead of stdout and stderr: `cmd` ran on a pseudo-terminal of 80x24, and this is what is on it in
                          the end
Before comparing, paths, times, digests and versions become [TMP], [TIME], [DIGEST], [VERSION]. A line `# timeout: N` in
`cmd` allows N seconds instead of 60. FLOE_UPDATE_GOLDEN=1 rewrites what is expected and reports the cases as skipped.
"""

import concurrent.futures
import difflib
import fcntl
import os
import pathlib
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import time

CASES = pathlib.Path(__file__).resolve().parent
UPDATE = os.environ.get("FLOE_UPDATE_GOLDEN") == "1"
KEPT_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "FLOE_HOME")
SKIPPED_EXIT = 77
TERMINAL_SIZE = (24, 80)


class Filters:
    """Replaces what differs from run to run by names in brackets."""

    def __init__(self, folder: pathlib.Path, version: str):
        self.rules = [
            (re.compile(re.escape(str(folder.resolve())) + r"(?:/work)?"), "[TMP]"),
            (re.compile(r"sha256:[0-9a-f]{64}"), "[DIGEST]"),
            (re.compile(r"\b[0-9a-f]{64}\b"), "[DIGEST]"),
            (re.compile(r"(?m)^( +)sha256:[0-9a-f]{12}: "), r"\g<1>[DIGEST]: "),  # of signatures, which are never the same
            (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?"), "[TIME]"),
            (re.compile(r"\b\d+m\d\ds|\b\d+\.\d+s\b"), "[TIME]"),
            (re.compile(r"(\bfloe |\"floe(?:_version)?\": ?\"|\"version\":\")" + re.escape(version) + r"\b"), r"\g<1>[VERSION]"),
        ]

    def apply(self, text: str) -> str:
        for pattern, name in self.rules:
            text = pattern.sub(name, text)
        return text


class Screen:
    """Enough of a terminal to know what is on it in the end: text, line breaks, cursor up, clear to the end."""

    SEQUENCE = re.compile(r"\x1b\[([?0-9;]*)([A-Za-z])")

    def __init__(self) -> None:
        self.lines: list[list[str]] = [[]]
        self.row = self.column = 0

    def feed(self, text: str) -> str:
        at = 0
        while at < len(text):
            sequence = self.SEQUENCE.match(text, at)
            if sequence:
                self.control(sequence[1], sequence[2])
                at = sequence.end()
                continue
            self.put(text[at])
            at += 1
        return "\n".join("".join(line).rstrip() for line in self.lines).rstrip("\n") + "\n"

    def control(self, arguments: str, letter: str) -> None:
        if letter == "A":
            self.row = max(0, self.row - int(arguments or 1))
        elif letter == "J":
            del self.lines[self.row + 1:]
            del self.lines[self.row][self.column:]

    def put(self, character: str) -> None:
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self.row += 1
            while len(self.lines) <= self.row:
                self.lines.append([])
        else:
            line = self.lines[self.row]
            line.extend(" " * (self.column + 1 - len(line)))
            line[self.column] = character
            self.column += 1


def run_on_terminal(script: list[str], folder: pathlib.Path, environment: dict[str, str], timeout: float) -> tuple[int, str]:
    """The exit code and everything a program wrote to its terminal."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *TERMINAL_SIZE, 0, 0))
    program = subprocess.Popen(script, cwd=folder, env=environment, stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    chunks = []
    deadline = time.monotonic() + timeout
    while True:
        ready, _, _ = select.select([master], [], [], 0.1)
        try:
            data = os.read(master, 65536) if ready else None
        except OSError:  # the other end is closed
            data = b""
        if data:
            chunks.append(data)
        elif data == b"":
            break
        if time.monotonic() > deadline:
            program.kill()
            raise subprocess.TimeoutExpired(script, timeout)
    os.close(master)
    return program.wait(), b"".join(chunks).decode("utf-8", "replace")


def difference(name: str, expected: str, got: str) -> str:
    lines = difflib.unified_diff(expected.splitlines(True), got.splitlines(True), f"expected {name}", f"{name} now")
    return "".join(line if line.endswith("\n") else line + "\n\\ no newline at the end\n" for line in lines)


class Case:
    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.name = str(folder.relative_to(CASES))
        self.problems: list[str] = []

    def expect(self, name: str, got: str, default: str = "") -> None:
        path = self.folder / name
        expected = path.read_text("utf-8") if path.is_file() else default
        if expected == got:
            return
        if not UPDATE:
            self.problems.append(difference(name, expected, got))
        elif got == default:
            path.unlink(missing_ok=True)
        else:
            path.write_text(got, "utf-8")

    def prepare(self, work: pathlib.Path) -> None:
        base = self.folder / "base"
        sources = [CASES / line for line in base.read_text().split()] if base.is_file() else []
        for source in [*sources, self.folder / "input"]:
            if source.is_dir():
                shutil.copytree(source, work, dirs_exist_ok=True, symlinks=True)

    def run(self, floe: pathlib.Path, version: str) -> "Case":
        with tempfile.TemporaryDirectory(prefix="floe-case-") as name:
            top = pathlib.Path(name)
            work = top / "work"
            work.mkdir()
            (top / "bin").mkdir()
            (top / "bin" / "floe").symlink_to(floe)
            self.prepare(work)
            environment = {key: os.environ[key] for key in KEPT_VARIABLES if key in os.environ}
            environment.update(HOME=str(top / "home"), LC_ALL="C.UTF-8", TZ="UTC", TERM="xterm", PYTHON=sys.executable,
                               SOURCE=str(CASES.parent.parent))
            environment["PATH"] = f"{top / 'bin'}:{environment.get('PATH', '/usr/bin:/bin')}"
            try:
                self.run_in(work, environment, Filters(top, version))
            except subprocess.TimeoutExpired as late:
                self.problems.append(f"took longer than {late.timeout:.0f} s\n")
        return self

    def run_in(self, work: pathlib.Path, environment: dict[str, str], filters: Filters) -> None:
        setup = self.folder / "setup"
        if setup.is_file():
            done = subprocess.run(["bash", "-eu", setup], cwd=work, env=environment, capture_output=True, text=True,
                                  timeout=120)
            if done.returncode != 0:
                self.problems.append(f"setup failed with exit code {done.returncode}:\n{done.stdout}{done.stderr}")
                return
        script = ["bash", str(self.folder / "cmd")]
        allowed = re.search(r"^# timeout: (\d+)$", (self.folder / "cmd").read_text(), re.MULTILINE)
        timeout = float(allowed[1]) if allowed else 60.0
        if (self.folder / "terminal").is_file():
            code, written = run_on_terminal(script, work, environment, timeout)
            self.expect("terminal", filters.apply(Screen().feed(written)))
        else:
            done = subprocess.run(script, cwd=work, env=environment, capture_output=True, timeout=timeout,
                                  stdin=subprocess.DEVNULL)
            code = done.returncode
            self.expect("stdout", filters.apply(done.stdout.decode("utf-8", "replace")))
            self.expect("stderr", filters.apply(done.stderr.decode("utf-8", "replace")))
        self.expect("exit", f"{code}\n", "0\n")
        for path in sorted((self.folder / "files").rglob("*")):
            if path.is_file():
                self.expect_file(path.relative_to(self.folder / "files"), work, filters)

    def expect_file(self, relative: pathlib.Path, work: pathlib.Path, filters: Filters) -> None:
        if not (work / relative).is_file():
            self.problems.append(f"there is no file {relative} afterwards\n")
            return
        got = filters.apply((work / relative).read_text("utf-8", "replace"))
        self.expect(f"files/{relative}", got)


def main() -> int:
    floe = pathlib.Path(sys.argv[1]).resolve()
    version = subprocess.run([floe, "version"], capture_output=True, text=True, check=True).stdout.split()[1]
    wanted = sys.argv[2:]
    cases = [Case(path.parent) for path in sorted(CASES.rglob("cmd"))]
    cases = [case for case in cases if not wanted or any(part in case.name for part in wanted)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        for case in pool.map(lambda each: each.run(floe, version), cases):
            for problem in case.problems:
                print(f"--- {case.name}\n{problem}")
    failed = sum(bool(case.problems) for case in cases)
    print(f"{len(cases) - failed} passed, {failed} failed")
    if failed or not cases:
        return 1
    if UPDATE:
        print("skipped: expected output was rewritten, not compared; read the diff")
        return SKIPPED_EXIT
    return 0


if __name__ == "__main__":
    sys.exit(main())
