#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that the tree holds nothing that only makes sense on one machine or that was left over by mistake.

Looks at every text file that is tracked or about to be. Prints one line a finding and exits 1 if there are any.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# (pattern, files that may have it, what is wrong)
RULES = [
    (r"(?<![\w.*])/(work|root)/[\w.]", r"$^", "a path of one machine"),
    (r"(?<![\w.$}])/tmp/[\w.]", r"$^", "a fixed path for temporary files: ask for a fresh folder"),
    (r"\.\./shared\b", r"\.ci/run$", "a folder outside the checkout"),
    (r"\b(registry\.npmjs\.org|(files\.)?pythonhosted\.org|pypi\.org|deb\.debian\.org|proxy\.golang\.org)\b", r"$^",
     "a package host: its client knows where it is"),
    (r"://[^/\s\"'`]*:[^/@\s\"'`]+@", r"(tests|docs|src|examples)/", "a URL with a password"),
    (r"^(<<<<<<<|>>>>>>>) ", r"$^", "a merge conflict"),
    (r"\b(FIXME|XXX|HACK|DO NOT (SUBMIT|MERGE))\b", r"$^", "a note to oneself"),
    (r"(?i)^co-authored-by:|\blorem ipsum\b", r"$^", "text that says nothing to readers"),
]
SELF = "scripts/check_public.py"


def listed_files() -> list[pathlib.Path]:
    """Tracked files and new ones that are not ignored; without git (a source archive), all files."""
    listing = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                             capture_output=True, check=False)
    if listing.returncode == 0:
        paths = [ROOT / name for name in listing.stdout.decode().split("\0") if name]
    else:
        paths = [path for path in ROOT.rglob("*") if not {".git", ".deps", "build"} & set(path.relative_to(ROOT).parts)]
    return [path for path in paths if path.is_file() and not path.is_symlink()]


def main() -> int:
    found = []
    files = listed_files()
    for path in files:
        relative = path.relative_to(ROOT).as_posix()
        data = path.read_bytes()
        if relative == SELF or b"\0" in data[:8192]:
            continue
        text = data.decode("utf-8", errors="replace")
        for pattern, exempt, what in RULES:
            if re.match(exempt, relative):
                continue
            for match in re.finditer(pattern, text, re.MULTILINE):
                line = text.count("\n", 0, match.start()) + 1
                found.append(f"{relative}:{line}: {match[0].strip()}: {what}")
    print("\n".join(found) if found else f"{len(files)} files, nothing found")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
