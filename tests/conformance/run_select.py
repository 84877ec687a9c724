#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares what `floe dbt ls` selects with recorded selections of dbt.

    run_select.py --floe BIN --project DIR --golden NAME.select.json [--limit N]

The golden maps the arguments of one `ls` to the sorted unique_ids it listed, or to {"error": ...}.
Exit codes: 0 all agree, 1 some differ, 2 wrong usage."""
import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from run_corpus import profiles_for


def selected(options, folder, arguments, environment):
    command = [str(options.floe), "dbt", "ls"] + arguments + ["--output", "json", "--output-keys", "unique_id", "-q"]
    if (folder / "profiles.yml").exists():
        command += ["--profiles-dir", str(folder)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    if done.returncode:
        return None, (done.stdout + done.stderr).strip()
    return sorted(json.loads(line)["unique_id"] for line in done.stdout.splitlines() if line.startswith("{")), ""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--floe", required=True, type=lambda p: Path(p).resolve())
    parser.add_argument("--project", required=True, type=lambda p: Path(p).resolve())
    parser.add_argument("--golden", required=True, type=Path)
    parser.add_argument("--limit", type=int, default=0, help="only the first N selections")
    options = parser.parse_args()
    golden = json.loads(options.golden.read_text())
    bad = 0
    with tempfile.TemporaryDirectory(prefix="floe-select-") as scratch:
        scratch = Path(scratch)
        folder = scratch / "work" / options.project.name
        shutil.copytree(options.project, folder, symlinks=True,
                        ignore=shutil.ignore_patterns("target", "logs", "dbt_packages", "*.duckdb"))
        packages = options.project.parent / "_packages"
        if packages.is_dir():
            os.symlink(packages, folder.parent / "_packages")
        environment = dict(os.environ, **profiles_for(folder, scratch))
        if (folder / "packages.yml").exists():
            subprocess.run([str(options.floe), "dbt", "deps", "-q"], cwd=folder, env=environment, check=False)
        entries = list(golden.items())[: options.limit or None]
        for arguments, want in entries:
            got, trouble = selected(options, folder, shlex.split(arguments), environment)
            if isinstance(want, dict):
                agrees = got is None
            else:
                agrees = got == want
            if agrees:
                continue
            bad += 1
            print("differs: ls %s" % arguments)
            if got is None:
                print("   failed: %s" % trouble[:300])
            elif isinstance(want, dict):
                print("   dbt refuses this (%s), floe lists %d nodes" % (want["error"], len(got)))
            else:
                print("   missing: %s" % [x for x in want if x not in got][:4])
                print("   extra:   %s" % [x for x in got if x not in want][:4])
    print("%d of %d selections differ" % (bad, len(entries)))
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
