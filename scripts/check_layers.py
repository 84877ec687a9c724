#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that modules use only what lies below them and that no costly header sneaks in.

The order and the allowed dependencies are the floe_module() lines of CMakeLists.txt, lowest module first. Every
`#include "module/..."` below src/ must name the module itself or one of its DEPS. Prints one line a violation and
exits 1 if there are any.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src"

# (what is included, which files may do it, why nobody else may)
BANNED = [
    (r"<regex>", r"$^", "std::regex is slow to compile and to run: use PCRE2 through base"),
    (r"<iostream>", r"tests/", "streams cost start-up time: use fmt"),
    (r"[<\"](nlohmann|boost|spdlog)/", r"$^", "seconds of compile time a file"),
    (r"<CLI/", r"src/cli/.*\.cpp$", "seven seconds a file: only the command line's own sources"),
    (r"[<\"]rapidjson/", r"src/value/.*\.cpp$", "JSON goes through value/json.h"),
    (r"<yaml\.h>", r"src/value/.*\.cpp$", "YAML goes through value/yaml.h"),
    (r"[<\"]httplib\.h", r"tests/", "for the tests' servers only: use base's HTTP client"),
]


def modules() -> dict[str, list[str]]:
    """Module -> modules it may use, in CMakeLists.txt's order; exits when that order itself is broken."""
    text = (ROOT / "CMakeLists.txt").read_text()
    found: dict[str, list[str]] = {}
    for name, arguments in re.findall(r"floe_module\((\w+)([^)]*)\)", text):
        words = arguments.split()
        deps = words[words.index("DEPS") + 1:] if "DEPS" in words else []
        deps = deps[:deps.index("LIBS")] if "LIBS" in deps else deps
        for dep in deps:
            if dep not in found:
                sys.exit(f"CMakeLists.txt: module {name} depends on {dep}, which is not above it")
        found[name] = deps
    return found


def problems_of(path: pathlib.Path, allowed: dict[str, list[str]]) -> list[str]:
    """The violations in one file, as `path:line: text`."""
    relative = path.relative_to(ROOT).as_posix()
    module = path.relative_to(SOURCE).parts[0] if path.is_relative_to(SOURCE) else None
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        include = re.match(r"\s*#\s*include\s*([<\"][^>\"]+[>\"])", line)
        if not include:
            continue
        for pattern, exempt, why in BANNED:
            if re.match(pattern, include[1]) and not re.match(exempt, relative):
                found.append(f"{relative}:{number}: {include[1]}: {why}")
        target = include[1][1:-1].split("/")[0]
        if module in allowed and target in allowed and target != module and target not in allowed[module]:
            found.append(f"{relative}:{number}: {module} must not use {target}, which lies above it")
    return found


def main() -> int:
    allowed = modules()
    found = []
    for folder in sorted(entry.name for entry in SOURCE.iterdir() if entry.is_dir()):
        if folder not in allowed:
            found.append(f"src/{folder}: no floe_module({folder} ...) in CMakeLists.txt says what it may use")
    files = [path for top in (SOURCE, ROOT / "tests") for path in sorted(top.rglob("*")) if path.suffix in (".h", ".cpp")]
    for path in files:
        found += problems_of(path, allowed)
    print("\n".join(found) if found else f"{len(files)} files in {len(allowed)} modules, no violation")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
