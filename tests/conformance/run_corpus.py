#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares floe with recordings of dbt on a corpus of real projects.

    run_corpus.py --floe build/release/floe --corpus DIR [--only NAME,...] [--jobs N] [--keep DIR] [--select] [--live DBT]

DIR holds projects/NAME, golden/NAME.json.gz (what dbt made of it), golden/NAME.select.json (what its `ls` listed) and
the two scripts that made and compare them: golden.py and compare.py. Each project is run by golden.py with `floe dbt`
and compared. Projects named in expected.txt beside this file must show no difference; the others are reported only.

Recordings age: SQL that reads the clock gives something else today. Projects marked `live` in expected.txt are compared
only with --live, a dbt command line: it runs each project twice now, and floe is held to what both runs agree on, except
for files that several nodes write (which of them is last is a race) and the order of a node's `sources`.

Exit codes: 0 every expected project is clean, 1 one of them differs, 2 wrong usage."""
import argparse
import collections
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
TIMEOUT = 600


def expected_names(live):
    """The projects that must be clean: with a live dbt all, else those whose recording still holds."""
    lines = (HERE / "expected.txt").read_text().splitlines()
    entries = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    return [entry[0] for entry in entries if live or "live" not in entry[1:]]


def shared_files(recording):
    """The paths of files below target/ that more than one node writes."""
    paths = collections.Counter()
    for node in recording["manifest"]["nodes"].values():
        paths[(node["package_name"], node.get("original_file_path"), node["path"])] += 1
    return {path[2] for path, count in paths.items() if count > 1}


def settled(differences, recording):
    """The differences that are none of chance, by category."""
    shared = shared_files(recording)
    kept = {}
    for category, entries in differences.items():
        for what, want, got in entries:
            if category.startswith("files.") and any(what.endswith("/" + path) for path in shared):
                continue
            if category == "nodes.sources" and sorted(want or []) == sorted(got or []):
                continue
            kept.setdefault(category, []).append((what, want, got))
    return kept


def profiles_for(project, folder):
    """Projects without a profiles.yml of their own are run with this one; returns the environment for it."""
    if (project / "profiles.yml").exists():
        return {}
    text = (project / "dbt_project.yml").read_text()
    name = re.search(r"^profile:\s*[\"']?([\w-]+)", text, re.M)
    profile = {
        "target": "dev",
        "outputs": {"dev": {"type": "duckdb", "path": "dev.duckdb", "schema": "main", "threads": 4}},
    }
    (folder / "profiles.yml").write_text(json.dumps({name.group(1) if name else "default": profile}))
    return {"DBT_PROFILES_DIR": str(folder)}


def record_live(options, project, environment, scratch):
    """What the live dbt makes of a project now, run twice; the path of its recording, or a text on why there is none."""
    golden = scratch / "live.json.gz"
    command = [sys.executable, str(options.corpus / "golden.py"), str(project), "--dbt", options.live, "--repeat", "2",
               "-o", str(golden)]
    made = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=4 * TIMEOUT)
    return golden if golden.exists() else (made.stdout + made.stderr)[-2000:]


def judge(options, golden, got, scratch):
    """(is it clean, what compare.py prints). Against a live dbt chance is left out."""
    found = scratch / "differences.json"
    done = subprocess.run([sys.executable, str(options.corpus / "compare.py"), str(golden), str(got), "--max",
                           str(options.max), "--json", str(found)] + (["--clock"] if options.live else []),
                          capture_output=True, text=True)
    if done.returncode == 0 or not options.live:
        return done.returncode == 0, done.stdout + done.stderr
    kept = settled(json.loads(found.read_text())["diffs"], json.loads(gzip.decompress(golden.read_bytes())))
    text = "".join("== %s\n%s" % (category, "".join("  %s\n     ref: %s\n     got: %s\n" % entry for entry in entries))
                   for category, entries in kept.items())
    return not kept, done.stdout.split("\n\n")[0] + "\n" + text


def run_project(options, name):
    """Returns (name, outcome, category rows, text). Outcome: clean, differs, failed."""
    project = options.corpus / "projects" / name
    golden = options.corpus / "golden" / (name + ".json.gz")
    with tempfile.TemporaryDirectory(prefix="floe-corpus-") as scratch:
        scratch = Path(scratch)
        environment = dict(os.environ, **profiles_for(project, scratch))
        got = scratch / "got.json.gz"
        work = ["--work", str(options.keep / name), "--keep"] if options.keep else []
        command = [sys.executable, str(options.corpus / "golden.py"), str(project), "--dbt",
                   "%s dbt" % options.floe, "-o", str(got)] + work
        if options.keep:
            shutil.rmtree(options.keep / name, ignore_errors=True)
        try:
            made = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            return name, "failed", [], "no end within %d seconds" % TIMEOUT
        if made.returncode or not got.exists():
            return name, "failed", [], (made.stdout + made.stderr)[-2000:]
        if options.keep:
            shutil.copy(got, options.keep / name / "got.json.gz")
        if options.live:
            golden = record_live(options, project, environment, scratch)
            if isinstance(golden, str):
                return name, "failed", [], golden
        clean, text = judge(options, golden, got, scratch)
    rows = [(m.group(1), int(m.group(2)), int(m.group(3)))
            for m in re.finditer(r"^(\S.*?) +(\d+) +(\d+)(?:  ok)?$", text, re.M)]
    return name, "clean" if clean else "differs", rows, text


def run_selections(options, name):
    command = [sys.executable, str(HERE / "run_select.py"), "--floe", str(options.floe), "--project",
               str(options.corpus / "projects" / name), "--golden",
               str(options.corpus / "golden" / (name + ".select.json"))]
    done = subprocess.run(command, capture_output=True, text=True)
    return name + " (ls)", "clean" if done.returncode == 0 else "differs", [], done.stdout + done.stderr


def print_table(results):
    totals = {}
    for _, _, rows, _ in results:
        for category, compared, differ in rows:
            entry = totals.setdefault(category, [0, 0])
            entry[0] += compared
            entry[1] += differ
    print("\n%-40s %9s %9s" % ("category", "compared", "differ"))
    for category, (compared, differ) in sorted(totals.items(), key=lambda item: (-item[1][1], item[0])):
        print("%-40s %9d %9d" % (category, compared, differ))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--floe", required=True, type=lambda p: Path(p).resolve())
    parser.add_argument("--corpus", required=True, type=lambda p: Path(p).resolve())
    parser.add_argument("--only", help="these projects, separated by commas")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--max", type=int, default=3, help="differences shown of each category")
    parser.add_argument("--keep", type=lambda p: Path(p).resolve(), help="leave the projects' work folders here")
    parser.add_argument("--live", help="compare with this dbt, run now, instead of the recordings")
    parser.add_argument("--select", action="store_true", help="also compare the recorded selections")
    options = parser.parse_args()
    if not (options.corpus / "golden.py").exists():
        parser.error("%s is no corpus: it has no golden.py" % options.corpus)
    if not options.floe.exists():
        parser.error("there is no binary %s" % options.floe)
    names = sorted(p.name[: -len(".json.gz")] for p in (options.corpus / "golden").glob("*.json.gz"))
    names = [n for n in names if (options.corpus / "projects" / n).is_dir()]
    if options.only:
        wanted = options.only.split(",")
        unknown = sorted(set(wanted) - set(names))
        if unknown:
            parser.error("no such project: %s" % ", ".join(unknown))
        names = wanted
    expected = set(expected_names(options.live))
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        results = list(pool.map(lambda name: run_project(options, name), names))
        if options.select:
            listed = [n for n in names if (options.corpus / "golden" / (n + ".select.json")).exists()]
            results += list(pool.map(lambda name: run_selections(options, name), listed))
    passed = failed = skipped = 0
    for name, outcome, _, text in results:
        required = name.split(" ")[0] in expected
        print("%-28s %s%s" % (name, outcome, "" if required or outcome == "clean" else " (not expected to be clean)"))
        if outcome == "clean":
            passed += 1
        elif required:
            failed += 1
            print(text)
        else:
            skipped += 1
            if options.only:
                print(text)
    print_table(results)
    for name in sorted(expected - set(names)) if not options.only else []:
        print("%s: expected, but not in the corpus" % name)
        failed += 1
    print("\n%d passed, %d failed, %d skipped" % (passed, failed, skipped))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
