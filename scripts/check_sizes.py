#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that files stay below 800 lines and functions below 100, by counting braces (clang-tidy knows it exactly).

Prints one line a violation and exits 1 if there are any. `--list N` prints the N longest functions instead.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
MAX_FILE = 800
MAX_FUNCTION = 100

TOKEN = re.compile(
    r'R"(?P<tag>[^(\s]{0,16})\(.*?\)(?P=tag)"'  # raw string
    r'|//[^\n]*|/\*.*?\*/'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'"
    r"|^[ \t]*#(?:\\\n|[^\n])*",
    re.DOTALL | re.MULTILINE,
)
NOT_A_FUNCTION = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b[^()]*$|=\s*$|^\s*$")


def blank(match: re.Match) -> str:
    """Text of the same line count with nothing in it that looks like code."""
    return re.sub(r"[^\n]", " ", match[0])


def functions(text: str):
    """Yields (first line, lines, name) of each function body."""
    code = TOKEN.sub(blank, text)
    open_braces: list[tuple[bool, int, str]] = []  # (is function, line, name)
    inside = 0
    head = ""
    line = 1
    for char in code:
        if char == "\n":
            line += 1
        if char == "{":
            is_function = inside == 0 and not NOT_A_FUNCTION.search(head) and ")" in head
            name = re.search(r"([\w:~]+|operator\W+)\s*\(", head)
            open_braces.append((is_function, line, name[1] if name else "?"))
            inside += is_function
            head = ""
        elif char == "}":
            if open_braces:
                is_function, start, name = open_braces.pop()
                if is_function:
                    inside -= 1
                    yield start, line - start + 1, name
            head = ""
        elif char == ";":
            head = ""
        else:
            head += char


def main() -> int:
    found, sizes = [], []
    for top in ("src", "tests"):
        for path in sorted((ROOT / top).rglob("*")):
            if path.suffix not in (".h", ".cpp"):
                continue
            relative = path.relative_to(ROOT).as_posix()
            text = path.read_text(encoding="utf-8", errors="replace")
            lines = text.count("\n")
            if lines > MAX_FILE:
                found.append(f"{relative}: {lines} lines, at most {MAX_FILE}: split it by what its parts do")
            for start, length, name in functions(text):
                sizes.append((length, f"{relative}:{start}: {name}"))
                if length > MAX_FUNCTION:
                    found.append(f"{relative}:{start}: {name} has {length} lines, at most {MAX_FUNCTION}")
    if sys.argv[1:2] == ["--list"]:
        for length, where in sorted(sizes, reverse=True)[:int(sys.argv[2])]:
            print(f"{length:5} {where}")
        return 0
    print("\n".join(found) if found else f"{len(sizes)} functions, none too long")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
