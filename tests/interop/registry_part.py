#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""registry_part.py FLOE [NAME...]: floe beside oras, crane, skopeo and cosign on registries of this machine.

A part of run_interop.py that can be run alone, too: only scenarios whose name contains a NAME."""

import sys

import registry_kit  # noqa: F401  (makes the registry suite's modules known)
import registry_signing
import registry_tampering
import registry_transfer
import world

SCENARIOS = registry_transfer.SCENARIOS + registry_signing.SCENARIOS + registry_tampering.SCENARIOS


def run(floe, chosen=()):
    """Prints how each scenario went; returns the exit code."""
    return world.run_scenarios(SCENARIOS, floe, chosen, "floe-interop-registry-")


if __name__ == "__main__":
    sys.exit(run(sys.argv[1], sys.argv[2:]))
