#!/usr/bin/env python3
"""generate_project.py N FOLDER: writes a dbt project of N models that builds on DuckDB without packages.

3 in 10 models stage a seed, 4 in 10 join staged models, 3 in 10 are marts (tables, every sixth incremental); about three
data tests a model, macros with dispatch, vars, docs blocks. Deterministic for a given N."""
import os
import random
import sys

STATUSES = ["placed", "shipped", "returned", "completed"]
COLUMNS = ["id", "status", "amount", "created_at"]
PROJECT = """name: bench
version: '1.0.0'
config-version: 2
profile: bench
model-paths: [models]
seed-paths: [seeds]
macro-paths: [macros]
vars:
  min_amount: 0
models:
  bench:
    staging: {+materialized: view, +tags: [staging]}
    intermediate: {+materialized: view}
    marts: {+materialized: table, +tags: [marts]}
"""
PROFILE = """bench:
  target: dev
  outputs:
    dev: {type: duckdb, path: bench.duckdb, threads: 4}
"""
MACROS = """{% macro to_money(column, scale=2) -%} cast({{ column }} as decimal(18, {{ scale }})) {%- endmacro %}
{% macro divide(a, b) -%} {{ return(adapter.dispatch('divide', 'bench')(a, b)) }} {%- endmacro %}
{% macro default__divide(a, b) -%} ({{ a }}) / nullif({{ b }}, 0) {%- endmacro %}
"""


class Project:
    """The files of one project, written as they are made."""

    def __init__(self, count, folder):
        self.count, self.folder, self.random = count, folder, random.Random(count)

    def write(self, path, text):
        path = os.path.join(self.folder, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)

    def seeds(self):
        names = []
        for number in range(max(4, min(40, self.count // 40))):
            rows = ["%d,%s,%.2f,2025-%02d-%02d" % (row, self.random.choice(STATUSES), self.random.uniform(1, 900),
                                                   self.random.randint(1, 12), self.random.randint(1, 28))
                    for row in range(200)]
            names.append("raw_%02d" % number)
            self.write("seeds/%s.csv" % names[-1], ",".join(COLUMNS) + "\n" + "\n".join(rows) + "\n")
        return names

    def properties(self, layer, names):
        for start in range(0, len(names), 20):
            text = "version: 2\nmodels:\n"
            for name in names[start:start + 20]:
                text += "  - name: %s\n    description: \"{{ doc('about') }} Model %s.\"\n    columns:\n" % (name, name)
                for column in COLUMNS:
                    tests = {"id": ["unique", "not_null"]}.get(column, ["not_null"] if self.random.random() < .35 else [])
                    text += "      - name: %s\n        description: The %s of the row.\n" % (column, column)
                    text += "        data_tests: [%s]\n" % ", ".join(tests) if tests else ""
            self.write("models/%s/_%s_%03d.yml" % (layer, layer, start // 20), text)

    def staging(self, count, seeds):
        names = ["stg_%04d" % number for number in range(count)]
        for number, name in enumerate(names):
            self.write("models/staging/%s.sql" % name,
                       "with source as (\n    select * from {{ ref('%s') }}\n)\n\nselect id, lower(status) as status,\n"
                       "    {{ to_money('amount') }} as amount, {{ dbt.date_trunc('day', 'created_at') }} as created_at\n"
                       "from source\nwhere amount >= {{ var('min_amount') }}\n" % seeds[number % len(seeds)])
        self.properties("staging", names)
        return names

    def joins(self, layer, prefix, count, parents):
        names = ["%s_%04d" % (prefix, number) for number in range(count)]
        for number, name in enumerate(names):
            reads = self.random.sample(parents, min(self.random.choice([1, 1, 2, 2, 3]), len(parents)))
            head = ""
            if layer == "marts" and number % 6 == 0:
                head = "{{ config(materialized='incremental', unique_key='id') }}\n"
            ctes = ",\n".join("t%d as (\n    select * from {{ ref('%s') }}\n)" % pair for pair in enumerate(reads))
            body = "select t0.id, t0.status, {{ divide('t0.amount', '%d') }} as amount, t0.created_at\nfrom t0\n" % len(reads)
            body += "".join("left join t%d on t0.id = t%d.id\n" % (i, i) for i in range(1, len(reads)))
            if head:
                body += "{% if is_incremental() %}where t0.created_at >= (select max(created_at) from {{ this }}){% endif %}\n"
            self.write("models/%s/%s.sql" % (layer, name), head + "with " + ctes + "\n" + body)
        self.properties(layer, names)
        return names

    def build(self):
        self.write("dbt_project.yml", PROJECT)
        self.write("profiles.yml", PROFILE)
        self.write("macros/money.sql", MACROS)
        self.write("models/docs.md", "{% docs about %}\nMade for measuring.\n{% enddocs %}\n")
        staged = self.staging(max(1, self.count * 3 // 10), self.seeds())
        joined = self.joins("intermediate", "int", self.count * 4 // 10, staged)
        self.joins("marts", "fct", self.count - len(staged) - len(joined), (joined or staged)[-200:])


if __name__ == "__main__":
    Project(int(sys.argv[1]), sys.argv[2]).build()
