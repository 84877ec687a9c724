#!/usr/bin/env python3
"""bare_sql.py PROJECT DATABASE: runs what floe executed (target/run, target/compiled) in a bare DuckDB; prints the seconds.

Order and nodes are those of run_results.json. Seeds are read
by DuckDB itself. DATABASE has the file name that the project's database had, so that qualified names hold."""
import json
import os
import sys
import time

import duckdb


def statements(project):
    """(unique_id, SQL) in the order in which the nodes finished."""
    results = json.load(open(os.path.join(project, "target", "run_results.json")))["results"]
    nodes = json.load(open(os.path.join(project, "target", "manifest.json")))["nodes"]
    ran = [nodes[result["unique_id"]] for result in results if result["unique_id"] in nodes]
    for schema in sorted({node["schema"] for node in ran if node.get("relation_name")}):
        yield schema, 'create schema if not exists "%s"' % schema
    for result in results:
        node = nodes.get(result["unique_id"])
        if node is None or result["status"] == "skipped":
            continue
        kind, relation = node["resource_type"], node.get("relation_name")
        if kind == "seed":
            path = os.path.join(project, node["original_file_path"])
            yield node["unique_id"], "create or replace table %s as select * from read_csv('%s')" % (relation, path)
        elif kind == "model" and node["config"]["materialized"] == "view":
            yield node["unique_id"], "create or replace view %s as (%s)" % (relation, result["compiled_code"])
        elif kind in ("model", "snapshot"):
            yield node["unique_id"], "create or replace table %s as (%s)" % (relation, result["compiled_code"])
        elif kind == "test":
            yield node["unique_id"], "select count(*) from (%s)" % result["compiled_code"]


def main():
    project, database = sys.argv[1], sys.argv[2]
    if os.path.exists(database):
        os.remove(database)
    os.makedirs(os.path.dirname(database), exist_ok=True)
    todo = list(statements(project))
    start = time.perf_counter()
    connection = duckdb.connect(database)
    for _, sql in todo:
        connection.execute(sql).fetchall()
    connection.close()
    print(time.perf_counter() - start)


if __name__ == "__main__":
    main()
