#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run_registry.py FLOE [NAME…]: floe and its registry client against real registries, broken ones and hostile ones.

Scenarios whose name contains a NAME are run, all without one: of ordinary use (usage.py), with a proxy that breaks
things (broken.py, publishing.py) and with a registry that means harm (harm.py). At the end all that was written is
searched for the secrets that were planted."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import broken  # noqa: E402
import harm  # noqa: E402
import publishing  # noqa: E402
import usage  # noqa: E402
import world  # noqa: E402

# They take longest, most of it waiting: so they begin first.
LONG = [broken.stalling_bodies_are_given_up, broken.slow_servers_are_given_up, harm.hostile_manifests]

if __name__ == "__main__":
    scenarios = usage.SCENARIOS + broken.SCENARIOS + publishing.SCENARIOS + harm.SCENARIOS
    scenarios.sort(key=lambda scenario: scenario not in LONG)
    sys.exit(world.run_scenarios(scenarios, sys.argv[1], sys.argv[2:], "floe-registry-"))
