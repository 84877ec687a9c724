#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks floe against recordings of dbt for one small project a feature: run_conformance.py FLOE [FEATURE...]

projects/FEATURE is run with `floe dbt` and compared with golden/FEATURE.json (see record.py). With FLOE_DBT set to a
dbt command line the recording is made anew instead of read, so that dbt itself is the judge. Exit codes: 0 no difference,
1 some feature differs, 2 wrong usage."""
import json
import os
import sys
from pathlib import Path

from record import record_project

HERE = Path(__file__).resolve().parent
SHOWN = 12


def is_empty(value):
    return value is None or value == [] or value == {} or value == "" or value is False


def differences(want, got, path=""):
    """Yields (path, wanted, got). A key that is missing counts as null."""
    if isinstance(want, dict) and isinstance(got, dict):
        for key in sorted(set(want) | set(got)):
            yield from differences(want.get(key), got.get(key), path + "/" + key)
    elif isinstance(want, list) and isinstance(got, list) and len(want) == len(got):
        for index, (a, b) in enumerate(zip(want, got)):
            yield from differences(a, b, "%s[%d]" % (path, index))
    elif want != got and not (is_empty(want) and is_empty(got)):
        yield path, want, got


def show(value):
    text = json.dumps(value)
    return text if len(text) < 300 else text[:300] + "…"


def check(name, floe):
    """True: as recorded; False: differs; None: there is no recording yet."""
    golden = HERE / "golden" / (name + ".json")
    live = os.environ.get("FLOE_DBT")
    if live:
        want = record_project(HERE / "projects" / name, live)
    elif golden.exists():
        want = json.loads(golden.read_text())
    else:
        print("%-24s skipped: not recorded yet (golden/%s)" % (name, golden.name))
        return None
    got = record_project(HERE / "projects" / name, floe + " dbt")
    found = list(differences(want, got))
    if not found:
        print("%-24s ok" % name)
        return True
    print("%-24s %d differences" % (name, len(found)))
    for path, a, b in found[:SHOWN]:
        print("   %s\n      dbt:  %s\n      floe: %s" % (path, show(a), show(b)))
    return False


def main():
    if len(sys.argv) < 2:
        print(__doc__)
        sys.exit(2)
    floe = str(Path(sys.argv[1]).resolve())
    names = sys.argv[2:] or sorted(p.name for p in (HERE / "projects").iterdir() if p.is_dir())
    outcomes = [check(name, floe) for name in names]
    counts = [outcomes.count(kind) for kind in (True, False, None)]
    print("%d passed, %d failed, %d skipped" % tuple(counts))
    sys.exit(1 if counts[1] else 0)


if __name__ == "__main__":
    main()
