#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Replays recorded scenarios (files written, SQL run, dbt commands) with floe and compares what came out.

    run_scenarios.py --floe build/release/floe --corpus DIR [--match REGEX] [--jobs N] [--max N] [--dbt CMD]

DIR holds scenarios/*/NAME.json.gz, what dbt did when each was recorded, and the two scripts that replay and compare
them: replay.py and compare.py. A scenario must show no difference unless scenarios.txt beside this file lists it with
the reason; those are reported only. With --dbt, floe is compared with what that dbt makes of the scenario now instead of
with the recording: the way to judge the scenarios that dbt itself does not repeat.

Exit codes: 0 every scenario that must be equal is, 1 one of them differs, 2 wrong usage."""
import argparse
import concurrent.futures
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
TIMEOUT = 300


def listed_reasons():
    """Scenario name -> why it need not be equal."""
    reasons = {}
    for number, line in enumerate((HERE / "scenarios.txt").read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, reason = line.partition(":")
        if not reason.strip():
            sys.exit("scenarios.txt:%d: expected `NAME: reason`" % number)
        reasons[name.strip()] = reason.strip()
    return reasons


def other_dbt():
    """The dbt that floe may call for what it does not run itself, or None."""
    named = os.environ.get("FLOE_DBT_EXECUTABLE")
    peer = HERE.parent.parent / ".deps" / "peers" / "bin" / "dbt"
    return named or (str(peer) if peer.exists() else shutil.which("dbt"))


def needs_dbt(scenario):
    """Python models are run by dbt, whoever is asked."""
    steps = json.loads(gzip.open(scenario).read())["steps"]
    return any(re.match(r"models/.*\.py$", path) for step in steps for path in step.get("write", {}))


def run(command):
    """Output and exit code of a command; a command that does not end counts as failed."""
    environment = dict(os.environ, DO_NOT_TRACK="1")
    if other_dbt():
        environment["FLOE_DBT_EXECUTABLE"] = other_dbt()
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=TIMEOUT, env=environment)
    except subprocess.TimeoutExpired:
        return "no end within %d seconds" % TIMEOUT, 1
    return done.stdout + done.stderr, done.returncode


def compare(options, scenario):
    """Returns (name, equal, text)."""
    name = scenario.name[: -len(".json.gz")]
    replay = [sys.executable, str(options.corpus / "replay.py")]
    with tempfile.TemporaryDirectory(prefix="floe-scenario-") as scratch:
        reference, got = Path(scratch) / "reference.json.gz", Path(scratch) / "got.json.gz"
        text, code = run(replay + [str(scenario), "--dbt", "%s dbt" % options.floe, "--ref", str(reference), "-o", str(got)])
        if options.dbt:
            again, more = run(replay + [str(scenario), "--dbt", options.dbt, "-o", str(reference)])
            text, code = text + again, code or more
        if code or not got.exists() or not reference.exists():
            return name, False, text[-2000:]
        text, code = run([sys.executable, str(options.corpus / "compare.py"), str(reference), str(got), "--max",
                          str(options.max), "--clock"])
    return name, code == 0, text


def shown(text):
    """Of a comparison, the lines that say what differs."""
    return "\n".join("    " + line[:300] for line in text.splitlines()
                     if re.match(r"^[a-z].*\s\d+\s+[1-9]\d*$", line) or line.startswith(("==", "  "))) or text


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--floe", required=True, type=lambda p: Path(p).resolve())
    parser.add_argument("--corpus", required=True, type=lambda p: Path(p).resolve())
    parser.add_argument("--match", default="", help="only scenarios whose name contains this regular expression")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--max", type=int, default=3, help="differences shown of each category")
    parser.add_argument("--dbt", help="compare with this dbt instead of with the recordings")
    options = parser.parse_args()
    if not (options.corpus / "replay.py").exists():
        parser.error("%s is no corpus: it has no replay.py" % options.corpus)
    if not options.floe.exists():
        parser.error("there is no binary %s" % options.floe)
    scenarios = sorted(options.corpus.glob("scenarios/*/*.json.gz"))
    scenarios = [s for s in scenarios if re.search(options.match, s.name)]
    if not scenarios:
        parser.error("no scenario matches")
    reasons = {} if options.dbt else listed_reasons()
    python_models = set() if other_dbt() else {s.name[: -len(".json.gz")] for s in scenarios if needs_dbt(s)}
    passed = failed = skipped = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for name, equal, text in pool.map(lambda s: compare(options, s), scenarios):
            if equal:
                passed += 1
                if name in reasons:
                    print("%s: equal, though listed (%s)" % (name, reasons[name]))
            elif name in reasons:
                skipped += 1
                print("%s: not compared: %s" % (name, reasons[name]))
            elif name in python_models:
                skipped += 1
                print("%s: not compared: it has Python models, and there is no dbt to run them" % name)
            else:
                failed += 1
                print("%s: differs\n%s" % (name, shown(text)))
            sys.stdout.flush()
    print("\n%d passed, %d failed, %d skipped" % (passed, failed, skipped))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
