#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run_lineage.py FLOE: compiles the labelled models of labelled.txt as one data product and compares what the platform
says of their columns with the labels."""
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
MANIFEST = """apiVersion: floe.dev/v1
kind: Manifest
metadata: {name: labelled, version: "1.0.0", scope: enterprise, owner: platform@example.com}
plugins: {compute: {type: duckdb}}
governance:
  sql: {enforcement: off}
  classification:
    levels: [PUBLIC, INTERNAL, CONFIDENTIAL, RESTRICTED]
    propagation: strict
    declassify_with: [sha256, md5, mask_email, own_mask, own_sha, shout]
"""
PRODUCT = """apiVersion: floe.dev/v1
kind: DataProduct
metadata: {name: labelled, version: "1.0"}
platform: {ref: "oci-layout:../registry:v1.0.0"}
transforms: [{type: dbt, path: .}]
"""
PROJECT = """name: labelled
version: "1.0"
profile: labelled
on-run-start:
  - create or replace macro shout(x) as x
  - create or replace macro countif(x) as max(x)
  - create or replace macro get_mail(i) as (select max(email) from main.people where id = i)
  - create or replace macro twice_removed(i) as get_mail(i) || ''
models:
  labelled:
    cases:
      +meta: {floe: {classification: PUBLIC}}
"""
BASES = {
    "people": "select 1 as id, 'a@acme.com' as email, 'Ann' as name, 'DE' as country, 10.5 as salary, 2 as boss_id, "
    "['a'] as tags, {'city': 'Bonn', 'zip': '53111'} as address",
    "orders": "select 1 as order_id, 1 as person_id, 9.99 as amount, 'x' as note, timestamp '2026-01-01' as ordered_at",
}
LEVELS = {"email": "RESTRICTED", "salary": "RESTRICTED", "name": "CONFIDENTIAL", "address": "RESTRICTED", "note": "RESTRICTED"}
PACKAGES = """packages: [{git: "https://git.example.com/masks.git", revision: v1}]
"""
# The platform's mask comes from a repository; of the product's own macros only the SQL counts.
MASKS = """{% macro mask_email(column) %}regexp_replace({{ column }}, '.*@', '***@'){% endmacro %}
"""
SOURCES = """sources:
  - name: crm
    tables:
      - name: people
        columns: [{name: id}, {name: email, meta: {floe: {classification: RESTRICTED}}}]
"""
MACROS = """{% macro own_mask(column) %}{{ column }}{% endmacro %}
{% macro own_sha(column) %}sha256({{ column }}){% endmacro %}
{% macro shorten(column) %}left({{ column }}, 3){% endmacro %}
"""


def labelled():
    """[(name, kind, {columns}, sql)]"""
    cases, sql = [], []
    for line in open(os.path.join(HERE, "labelled.txt"), encoding="utf-8"):
        head = re.match(r"^== (\w+) \| (none|lost|unknown|whole) ?(.*)$", line)
        if head:
            sql = []
            names = head.group(3).split(", ") if "," in head.group(3) else head.group(3).split()
            if "Their Mail" in head.group(3):
                names = ["Their Mail"]
            cases.append((head.group(1), head.group(2), {name.lower() for name in names}, sql))
        elif not line.startswith("#"):
            sql.append(line)
    return [(name, kind, columns, "".join(lines)) for name, kind, columns, lines in cases]


def write(root, path, text):
    path = os.path.join(root, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def build(root, cases):
    write(root, "platform/manifest.yaml", MANIFEST)
    write(root, "product/floe.yaml", PRODUCT)
    write(root, "product/dbt_project.yml", PROJECT)
    write(root, "product/macros/own.sql", MACROS)
    write(root, "product/packages.yml", PACKAGES)
    write(root, "product/dbt_packages/masks/dbt_project.yml", "{name: masks, version: '1.0.0'}")
    write(root, "product/dbt_packages/masks/macros/masks.sql", MASKS)
    write(root, "product/models/base/sources.yml", SOURCES)
    write(root, "product/models/base/open_people.sql", "select * from {{ source('crm', 'people') }}")
    properties = {"version": 2, "models": []}
    for name, sql in BASES.items():
        write(root, "product/models/base/%s.sql" % name, sql)
        columns = re.findall(r"(?:as) (\w+)(?:,|$)", sql)
        properties["models"].append(
            {
                "name": name,
                "columns": [
                    {"name": column, "meta": {"floe": {"classification": LEVELS.get(column, "PUBLIC")}}} for column in columns
                ],
            }
        )
    for name, kind, columns, sql in cases:
        sql = re.sub(r"\b(from|join|,) people\b(?! as)", r"\1 {{ ref('people') }} as people", sql)
        sql = re.sub(r"\b(from|join|,) people as", r"\1 {{ ref('people') }} as", sql)
        sql = re.sub(r"(\bfrom|\bjoin|,) orders as", r"\1 {{ ref('orders') }} as", sql)
        sql = re.sub(r"(\bfrom|\bjoin|,) orders\b", r"\1 {{ ref('orders') }} as orders", sql)
        write(root, "product/models/cases/%s.sql" % name, sql)
        if kind == "unknown":
            properties["models"].append({"name": name, "columns": [{"name": column} for column in sorted(columns)]})
    write(root, "product/models/schema.yml", json.dumps(properties))


def findings(floe, root):
    env = dict(os.environ, HOME=root, XDG_CACHE_HOME=os.path.join(root, "cache"), NO_COLOR="1")
    publish = ["platform", "publish", "v1.0.0", "--registry", "oci-layout:../registry"]
    subprocess.run([floe, *publish], cwd=os.path.join(root, "platform"), env=env, check=True, capture_output=True)
    done = subprocess.run(
        [floe, "compile", "--format", "json"], cwd=os.path.join(root, "product"), env=env, capture_output=True, text=True
    )
    return json.loads(done.stdout)["diagnostics"], done.stderr


def main():
    floe = os.path.abspath(sys.argv[1])
    cases = labelled()
    with tempfile.TemporaryDirectory(prefix="floe-labelled-") as root:
        build(root, cases)
        diagnostics, stderr = findings(floe, root)
    told, others = {}, []
    for finding in diagnostics:
        column = re.match(r"column '([^']*)' of '([^']*)'", finding["message"])
        if finding["code"] in ("G003", "G007") and column:
            told.setdefault(column.group(2), {}).setdefault(finding["code"], set()).add(column.group(1).lower())
        elif finding["code"] == "G007" and (whole := re.match(r"'(\w+)' is PUBLIC as a whole", finding["message"])):
            told.setdefault(whole.group(1), {})["G007"] = {"*"}
        else:
            others.append("%s %s" % (finding["code"], finding["message"]))
    passed = failed = 0
    for name, kind, columns, _ in cases:
        want = {"lost": {"G003": columns}, "unknown": {"G007": columns}, "whole": {"G007": {"*"}}, "none": {}}[kind]
        got = told.get(name, {})
        passed, failed = (passed + 1, failed) if got == want else (passed, failed + 1)
        if got != want:
            print("FAILED %s: expected %s, got %s" % (name, want, got))
    for text in others:
        print("FAILED: " + text)
    if stderr.strip() and not diagnostics:
        print(stderr)
    failed += len(others)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or len(cases) < 60 else 0


if __name__ == "__main__":
    sys.exit(main())
