#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the official JSON Schema test suite (draft 2020-12) against floe's validator.

Usage: run.py JSON_SCHEMA_CHECK SUITE

SUITE is the folder with tests/draft2020-12, which scripts/setup fetches. skip.txt beside this script lists what is not
run, each with its reason. Exit codes: 0 as expected, 1 a difference (or a line of skip.txt that nothing needs),
77 the suite is not there.
"""

import json
import subprocess
import sys
from pathlib import Path

# Of the optional tests, those about what floe promises: exact large numbers and patterns as ECMAScript has them.
OPTIONAL = ("bignum", "float-overflow", "non-bmp-regex", "no-schema")


def cases(suite):
    """Yields (name, schema, instance, valid) of every test."""
    root = suite / "tests/draft2020-12"
    paths = sorted(root.glob("*.json")) + [root / f"optional/{name}.json" for name in OPTIONAL]
    for path in paths:
        if not path.exists():
            continue  # not in every release of the suite
        for group in json.loads(path.read_text(encoding="utf-8")):
            for test in group["tests"]:
                name = f"{path.relative_to(root).with_suffix('')}: {group['description']}: {test['description']}"
                yield name, group["schema"], test["data"], test["valid"]


def read_skips(path):
    """{prefix of a test's name: reason} from lines "prefix | reason"."""
    skips = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            prefix, _, reason = line.rpartition(" | ")
            if not prefix or not reason:
                raise SystemExit(f"{path.name}: not of the form 'prefix | reason': {line}")
            skips[prefix] = reason
    return skips


def verdict(reply, valid):
    """What is wrong about an answer, or None."""
    if "error" in reply:
        return f"refused: {reply['error']}"
    if reply["valid"] != valid:
        return f"should be {'valid' if valid else 'invalid'}: {reply['issues']}"
    return None


def main():
    if len(sys.argv) != 3:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    tool, suite = sys.argv[1], Path(sys.argv[2])
    if not (suite / "tests/draft2020-12").is_dir():
        print("skipped: the JSON Schema test suite is not in .deps/json_schema_suite; run scripts/setup")
        return 77
    skips = read_skips(Path(__file__).with_name("skip.txt"))
    everything = list(cases(suite))
    requests = "".join(json.dumps({"schema": schema, "instance": data}) + "\n" for _, schema, data, _ in everything)
    done = subprocess.run([tool], input=requests, capture_output=True, text=True, encoding="utf-8", timeout=240)
    replies = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode != 0 or len(replies) != len(everything):
        print(f"the tool ended with {done.returncode} after {len(replies)} of {len(everything)} tests\n{done.stderr}")
        return 1
    passed, skipped, failures, needed = 0, 0, [], set()
    for (name, _, _, valid), reply in zip(everything, replies):
        wrong = verdict(reply, valid)
        prefix = next((prefix for prefix in skips if name.startswith(prefix)), None)
        if prefix is not None:
            skipped += 1
            if wrong:
                needed.add(prefix)
        elif wrong:
            failures.append(f"{name}: {wrong}")
        else:
            passed += 1
    failures += [f"skip.txt: nothing needs this line any more: {prefix}" for prefix in skips if prefix not in needed]
    print("\n".join(failures), end="\n" if failures else "")
    print(f"JSON Schema draft 2020-12: {passed} of {len(everything)} tests as expected, {skipped} skipped for the "
          f"{len(skips)} reasons in skip.txt, {len(failures)} problems")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
