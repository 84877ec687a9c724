#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Records what a dbt command line makes of a small project, as JSON that can be compared.

    record.py PROJECT [--dbt "dbt"] [-o GOLDEN.json]

The project is copied to a fresh folder. steps.json in it lists the commands to run (default: [["build"]]); between them
{"write": {PATH: TEXT}}, {"edit": {PATH: [OLD, NEW]}} and {"remove": [PATH]} change files, {"keep": FOLDER} copies the
artifacts of target/ there, for --state; {"show": [PATH]} records the texts of files, {"semantic": true} what
semantic_manifest.json says. {"run": [ARGUMENT...], "env": {NAME:
VALUE}, "brief": true} is a command with a different environment, of which only the outcome is recorded; with "words":
false without the messages of results; with "events": true also the names of the warnings in its JSON log, and how often
it met each deprecation; with "manifest": [SECTION] parts of the manifest it writes. Goldens are made with dbt-core, never
with floe."""
import argparse
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

NODE_FIELDS = ["alias", "schema", "database", "fqn", "config", "tags", "meta", "description", "columns", "refs", "group",
               "access", "version", "latest_version", "relation_name", "path", "original_file_path", "checksum",
               "test_metadata", "column_name", "attached_node", "file_key_name", "unrendered_config", "contract",
               "constraints", "primary_key", "functions"]
FUNCTION_FIELDS = NODE_FIELDS + ["language", "docs", "patch_path", "build_path", "compiled_path", "sources", "arguments",
                                 "returns", "overloads"]
OTHER_FIELDS = {"sources": ["schema", "database", "identifier", "relation_name", "tags", "meta", "description",
                            "freshness", "loaded_at_field", "config", "columns"],
                "exposures": ["owner", "type", "tags", "meta", "label", "depends_on"],
                "unit_tests": ["model", "given", "expect", "overrides", "config", "depends_on"],
                "metrics": ["type", "type_params", "filter", "label", "tags", "meta", "depends_on"],
                "semantic_models": ["model", "entities", "measures", "dimensions", "defaults", "primary_entity",
                                    "node_relation", "depends_on", "config"],
                "saved_queries": ["query_params", "exports", "label", "depends_on"],
                "groups": ["owner"]}
MAPS = ["parent_map", "child_map", "group_map", "selectors"]


def digest(text):
    return hashlib.sha256((text or "").encode()).hexdigest()[:12]


def scrub(value, root):
    """Folders and the clock differ from run to run."""
    if isinstance(value, str):
        value = value.replace(root, "<ROOT>")
        value = re.sub(r"\bLINE \d+:", "LINE n:", value)
        return re.sub(r"dbt_tmp_[0-9a-f_]+|__dbt_tmp\d+", "__dbt_tmp", value)
    if isinstance(value, list):
        return [scrub(item, root) for item in value]
    if isinstance(value, dict):
        return {key: scrub(item, root) for key, item in value.items()}
    return value


def node_record(node, root):
    fields = FUNCTION_FIELDS if node["resource_type"] == "function" else NODE_FIELDS
    record = {field: node[field] for field in fields if field in node}
    record["raw_code"] = digest(node.get("raw_code"))
    record["depends_on"] = {kind: sorted(ids) for kind, ids in node.get("depends_on", {}).items()}
    if node.get("compiled_code") is not None:
        record["compiled_code"] = node["compiled_code"]
    return scrub(record, root)


def semantic_record(path, root):
    """Its resources are in the order in which files were read."""
    semantic = scrub(json.loads(path.read_text()), root)
    for section in ("semantic_models", "metrics", "saved_queries"):
        semantic[section].sort(key=lambda resource: resource["name"])
    return semantic


def manifest_record(path, root):
    manifest = json.loads(path.read_text())
    record = {section: {key: node_record(node, root) for key, node in sorted(manifest[section].items())}
              for section in ("nodes", "functions")}
    for section, fields in OTHER_FIELDS.items():
        record[section] = {key: scrub({f: entry.get(f) for f in fields}, root)
                           for key, entry in sorted(manifest[section].items())}
    for name in MAPS:
        record[name] = {key: sorted(ids) if isinstance(ids, list) else ids
                        for key, ids in sorted(manifest[name].items())}
    record["disabled"] = sorted(manifest["disabled"])
    record["disabled_functions"] = {key: [node_record(node, root) for node in nodes]
                                    for key, nodes in manifest["disabled"].items() if key.startswith("function.")}
    own = [m for m in manifest["macros"].values() if not m["package_name"].startswith("dbt")]
    record["macros"] = {m["unique_id"]: {"depends_on": sorted(m["depends_on"]["macros"]), "sql": digest(m["macro_sql"]),
                                         "description": m["description"], "arguments": m["arguments"]} for m in own}
    return record


def results_record(path, root):
    if not path.exists():
        return {}
    record = {}
    for result in json.loads(path.read_text())["results"]:
        message = result["message"] if result["status"] not in ("success", "pass", "skipped") else None
        record[result["unique_id"]] = {
            "status": result["status"], "failures": result["failures"],
            "message": scrub(re.sub(r"\s+", " ", message), root) if message else None,
            "relation_name": result["relation_name"]}
        if result.get("overload_results"):
            record[result["unique_id"]]["overloads"] = result["overload_results"]
    return record


def database_record(path):
    import duckdb
    connection = duckdb.connect(str(path), read_only=True)
    connection.execute("set TimeZone = 'UTC'")
    record = {}
    tables = connection.execute("select table_schema, table_name, table_type from information_schema.tables "
                                "where table_catalog = current_database() order by 1, 2").fetchall()
    for schema, name, kind in tables:
        columns = connection.execute("select column_name, data_type from information_schema.columns "
                                     "where table_catalog = current_database() and table_schema = ? and table_name = ? "
                                     "order by ordinal_position", [schema, name]).fetchall()
        shown = ", ".join('cast("%s" as varchar)' % column.replace('"', '""') for column, _ in columns
                          if not re.match(r"dbt_(updated_at|valid_from|valid_to|scd_id)$", column))
        entry = {"type": kind, "columns": [list(column) for column in columns]}
        try:
            rows = connection.execute('select %s from "%s"."%s"' % (shown or "1", schema, name)).fetchall()
            entry["rows"] = sorted((list(row) for row in rows), key=lambda row: [str(cell) for cell in row])
        except duckdb.Error as error:
            entry["error"] = str(error).split("\n")[0]
        record[schema + "." + name] = entry
    connection.close()
    return record


def change_files(step, root):
    for name, text in step.get("write", {}).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    for name, (old, new) in step.get("edit", {}).items():
        text = (root / name).read_text()
        if old not in text:
            raise SystemExit("%s: there is no %r to edit" % (name, old))
        (root / name).write_text(text.replace(old, new))
    for name in step.get("remove", []):
        (root / name).unlink()
    if "keep" in step:
        shutil.rmtree(root / step["keep"], ignore_errors=True)
        (root / step["keep"]).mkdir(parents=True)
        for file in (root / "target").glob("*.json"):
            shutil.copy(file, root / step["keep"])


def events_record(output):
    """The warnings of a JSON log by name, and the counts of its summary of deprecations."""
    names, counts = set(), {}
    for line in output.splitlines():
        try:
            message = json.loads(line)
        except ValueError:
            continue
        if message["info"]["level"] == "warn":
            names.add(message["info"]["name"])
        for entry in message["data"].get("summaries", []):
            counts[entry["event_name"]] = entry["occurrences"]
    return {"warnings": sorted(names), "deprecations": counts}


def run_step(step, root, command):
    env, brief, events, words, sections = {}, False, False, True, []
    if isinstance(step, dict):
        change_files(step, root)
        if "show" in step:
            return {"files": {name: (root / name).read_text() if (root / name).exists() else None
                              for name in step["show"]}}
        if "semantic" in step:
            return {"semantic_manifest": semantic_record(root / "target" / "semantic_manifest.json", str(root))}
        if "run" not in step:
            return None
        env, brief, events = step.get("env", {}), step.get("brief", False), step.get("events", False)
        words, sections = step.get("words", True), step.get("manifest", [])
        step = step["run"]
    results = root / "target" / "run_results.json"
    if step[0] != "retry":
        results.unlink(missing_ok=True)
    environment = dict(os.environ, TZ="UTC", DBT_SEND_ANONYMOUS_USAGE_STATS="false", DBT_USE_COLORS="false",
                       FEATURE_TEST_VALUE="from the environment", **env)
    options = ["--log-format", "json"] if events else []
    done = subprocess.run(shlex.split(command) + options + step + ["--profiles-dir", str(root)], cwd=root,
                          env=environment, capture_output=True, text=True, timeout=900)
    record = {"args": step, "exit_code": done.returncode}
    if events:
        record["events"] = events_record(done.stdout)
    if not brief or step[0] not in ("ls", "list"):
        record["results"] = results_record(results, str(root))
    if not words:
        for result in record["results"].values():
            del result["message"]
    if step[0] in ("ls", "list") and done.returncode == 0:
        record["listed"] = [line for line in done.stdout.splitlines() if not re.match(r"(\x1b\[0m)?\d\d:\d\d:\d\d ", line)]
    if sections:
        manifest = manifest_record(root / "target" / "manifest.json", str(root))
        record["manifest"] = {section: manifest[section] for section in sections}
    if done.returncode >= 2 and os.environ.get("FLOE_SHOW_OUTPUT"):
        print(done.stdout + done.stderr)
    for file in sorted(root.glob("*.duckdb")) if not brief else []:
        record["relations"] = database_record(file)
    return record


def record_project(project, command):
    steps = [["build"]]
    if (project / "steps.json").exists():
        steps = json.loads((project / "steps.json").read_text())
    with tempfile.TemporaryDirectory(prefix="feature-") as scratch:
        root = Path(scratch).resolve() / project.name
        shutil.copytree(project, root, ignore=shutil.ignore_patterns("target", "logs", "dbt_packages", "*.duckdb"))
        if not (root / "profiles.yml").exists():
            (root / "profiles.yml").write_text(json.dumps({"feature": {"target": "dev", "outputs": {
                "dev": {"type": "duckdb", "path": "dev.duckdb", "schema": "main", "threads": 2}}}}))
        if (root / "packages.yml").exists():
            run_step(["deps"], root, command)
        record = {"steps": [made for made in (run_step(step, root, command) for step in steps) if made]}
        manifest = root / "target" / "manifest.json"
        if manifest.exists():
            record["manifest"] = manifest_record(manifest, str(root))
    return record


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path)
    parser.add_argument("--dbt", default="dbt")
    parser.add_argument("-o", "--out", type=Path)
    options = parser.parse_args()
    text = json.dumps(record_project(options.project.resolve(), options.dbt), indent=1, sort_keys=True) + "\n"
    if options.out:
        options.out.write_text(text)
    else:
        print(text)


if __name__ == "__main__":
    main()
