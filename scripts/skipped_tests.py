#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lists the tests that a ctest run skipped, with the reason each gave: skipped_tests.py JUNIT_REPORT."""

import re
import sys
import xml.etree.ElementTree as ElementTree


def reason(output: str) -> str:
    """The reason in a test's output: what GTEST_SKIP was given, or the last line that speaks of skipping."""
    told = re.search(r": Skipped\n(.+)", output)
    if told:
        return told[1].strip()
    lines = [line.strip() for line in output.splitlines() if "skip" in line.lower()]
    return lines[-1] if lines else "no reason given"


def main() -> int:
    by_reason: dict[str, list[str]] = {}
    for case in ElementTree.parse(sys.argv[1]).getroot().iter("testcase"):
        if case.find("skipped") is None and case.get("status") not in ("notrun", "disabled"):
            continue
        output = case.findtext("system-out") or ""
        by_reason.setdefault(reason(output), []).append(case.get("name", "?"))
    for why, names in sorted(by_reason.items()):
        print(f"skipped ({why}): {', '.join(sorted(names))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
