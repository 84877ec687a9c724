#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run_write_audit_publish.py FLOE [TEST…]: output ports that a failing test blocks, and what the platform's channels hear.

Whoever reads a port, with a connection of their own, sees the last version that passed: after a failing run, after a run
that was killed at any moment, and never nothing. A test's name picks it; without names all are run."""
import inspect
import os
import sys

import killed
import notifications
import publishing

FLOE = os.path.abspath(sys.argv[1])


def tests():
    for module in (publishing, killed, notifications):
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if name.startswith("test_") and function.__module__ == module.__name__:
                yield name[len("test_"):], function


def main():
    failed = 0
    for name, function in tests():
        if len(sys.argv) > 2 and name not in sys.argv[2:]:
            continue
        try:
            function(FLOE)
        except Exception as error:  # pylint: disable=broad-except
            failed += 1
            print("FAILED %s\n  %s" % (name, str(error).replace("\n", "\n  ")))
        else:
            print("passed %s" % name)
    sys.exit(1 if failed else 0)


main()
