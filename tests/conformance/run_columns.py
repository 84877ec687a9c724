#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the columns and types that floe infers without running anything with those of the tables that a run builds.

    run_columns.py --floe build/release/floe --corpus DIR [--only NAME,...] [--list] [--floor PERCENT]

DIR holds projects/NAME, real dbt projects. Each is copied, floe infers the columns of its models (columns_dump, beside
floe), then `floe dbt` builds it and DuckDB describes what there is. A column or type that is inferred and wrong fails.
What floe says it does not know is counted, not failed; it is listed with --list. Fewer known columns than --floor fail.

Exit codes: 0 nothing inferred was wrong, 1 something was, 2 wrong usage."""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

TIMEOUT = 600


def run(args, folder, env):
    return subprocess.run(args, cwd=folder, env={**os.environ, **env}, capture_output=True, text=True, timeout=TIMEOUT)


def infer(tool, project, env):
    arguments = [tool, "."] + ([env["DBT_PROFILES_DIR"]] if env else [])
    done = run(arguments, project, env)
    if done.returncode != 0:
        raise RuntimeError("columns_dump ended with %d: %s" % (done.returncode, (done.stderr + done.stdout)[-800:]))
    return json.loads(done.stdout)["relations"]


def build(floe, project, env):
    """Runs the project's own steps; failing tests do not matter, tables do."""
    steps = [["build"]]
    if (project / "corpus.json").exists():
        steps = json.loads((project / "corpus.json").read_text()).get("steps", steps)
    if any((project / name).exists() for name in ("packages.yml", "dependencies.yml")):
        run([floe, "dbt", "deps"], project, env)
    for step in steps:
        if step[0] in ("seed", "build", "run", "snapshot") and "--target" not in step:
            run([floe, "dbt", *step], project, env)


def drop_missing_packages(project):
    """A corpus may lack packages that none of the models needs."""
    path = project / "packages.yml"
    if not path.exists():
        return
    lines = path.read_text().splitlines(keepends=True)
    kept = [
        line
        for line in lines
        if not line.strip().startswith("- local:") or (project / line.split("local:")[1].strip().strip("\"'")).exists()
    ]
    if kept != lines:
        path.chmod(0o644)
        path.write_text("".join(kept))


def described(project):
    """{(schema, relation): [(column, type), ...]} of all databases below the project."""
    tables = {}
    for path in project.glob("*.duckdb"):
        with duckdb.connect(str(path), read_only=True) as connection:
            rows = connection.execute(
                "select schema_name, table_name, column_name, data_type from duckdb_columns() "
                "where not internal order by schema_name, table_name, column_index"
            ).fetchall()
        for schema, table, column, kind in rows:
            tables.setdefault((schema.lower(), table.lower()), []).append((column, kind))
    return tables


class Count:
    def __init__(self):
        self.columns = self.known = self.typed = self.unbuilt = 0
        self.wrong, self.unknown = [], []


def compare(name, facts, tables, count):
    for node, relation in sorted(facts.items()):
        if "schema" not in relation or relation["materialized"] == "ephemeral":
            continue
        real = tables.get((relation["schema"].lower(), relation["alias"].lower()))
        if real is None:
            count.unbuilt += 1
            continue
        count.columns += len(real)
        inferred = [(column["name"], column["type"]) for column in relation["columns"]]
        if not relation["complete"]:
            count.unknown.append("%s %s: %s" % (name, node, relation.get("unknown")))
        elif [column.lower() for column, _ in inferred] != [column.lower() for column, _ in real]:
            count.wrong.append("%s %s: columns %s, but built %s" % (name, node, inferred, real))
            continue
        types = {column.lower(): kind for column, kind in real}
        for column, kind in inferred:
            actual = types.get(column.lower())
            if actual is None:
                count.wrong.append("%s %s.%s: there is no such column" % (name, node, column))
                continue
            count.known += relation["complete"]
            if not kind:
                count.unknown.append("%s %s.%s: type not known" % (name, node, column))
            elif kind != actual:
                count.wrong.append("%s %s.%s: inferred %s, but built %s" % (name, node, column, kind, actual))
            else:
                count.typed += 1
        if relation.get("sql_error"):
            count.wrong.append("%s %s: was built, but does not bind: %s" % (name, node, relation["sql_error"][:300]))


def one_project(options, source, count):
    with tempfile.TemporaryDirectory() as scratch:
        project = Path(scratch) / "projects" / source.name
        shutil.copytree(source, project)
        if (source.parent / "_packages").exists():
            (project.parent / "_packages").symlink_to(source.parent / "_packages")
        drop_missing_packages(project)
        env = {}
        if not (project / "profiles.yml").exists():
            from run_corpus import profiles_for

            env = profiles_for(project, Path(scratch))
        if any((project / name).exists() for name in ("packages.yml", "dependencies.yml")):
            run([options.floe, "dbt", "deps"], project, env)
        facts = infer(options.tool, project, env)
        build(options.floe, project, env)
        compare(source.name, facts, described(project), count)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--floe", required=True, type=os.path.abspath)
    parser.add_argument("--corpus", required=True, type=lambda text: Path(text).resolve())
    parser.add_argument("--only", default="")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--floor", type=float, default=0)
    options = parser.parse_args()
    options.tool = os.path.join(os.path.dirname(options.floe), "tests", "columns_dump")
    only = set(filter(None, options.only.split(",")))
    passed = failed = 0
    total = Count()
    for source in sorted((options.corpus / "projects").iterdir()):
        if source.name.startswith("_") or (only and source.name not in only):
            continue
        count = Count()
        try:
            one_project(options, source, count)
        except Exception as error:  # noqa: BLE001: the report names it and the run fails
            count.wrong.append("%s: %s" % (source.name, error))
        ok = not count.wrong
        passed, failed = passed + ok, failed + (not ok)
        print(
            "%-6s %-22s %4d built columns, %4d known, %4d with type, %d relations not built, %d wrong"
            % ("ok" if ok else "FAILED", source.name, count.columns, count.known, count.typed, count.unbuilt, len(count.wrong)),
            flush=True,
        )
        for line in count.wrong:
            print("    wrong: " + line)
        for line in count.unknown if options.list else []:
            print("    unknown: " + line)
        total.columns += count.columns
        total.typed += count.typed
    share = 100.0 * total.typed / max(total.columns, 1)
    print("types known of %.1f %% of %d built columns" % (share, total.columns))
    if share < options.floor:
        print("fewer than %.1f %%" % options.floor)
        failed += 1
    print("\n%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
