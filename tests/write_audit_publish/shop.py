# SPDX-License-Identifier: Apache-2.0
"""A platform that blocks and a data product with output ports of every kind, for the tests beside this file."""
import os
import re
import shutil
import subprocess
import tempfile

import duckdb

MANIFEST = """apiVersion: floe.dev/v1
kind: Manifest
metadata: {name: shop-platform, version: "1.0.0", scope: enterprise, owner: platform@shop.example}
plugins: {compute: {type: duckdb}%s}
data_architecture: {pattern: medallion, naming: {enforcement: strict}}
governance:
  quality_gates:
    minimum_test_coverage: 0
%s
"""
PRODUCT = """apiVersion: floe.dev/v1
kind: DataProduct
metadata: {name: shop, version: "1.0"}
platform: {ref: "oci-layout:../registry:v1.0.0"}
transforms: [{type: dbt, path: models/}]
"""
ORDERS = "{{ config(materialized='table') }}\nselect order_id, customer, amount from {{ ref('raw_orders') }}\n"
GOOD = [(1, "ann", 40), (2, "bob", 20)]
BAD = [(1, "ann", 40), (2, "bob", -20)]  # amounts must not be negative


class Shop:
    """A published platform and a product that follows it, in a folder of their own."""

    def __init__(self, floe, models, schema, ports, gates="    on_failure: block", product="", files=None, plugins=""):
        self.floe = floe
        self.root = tempfile.mkdtemp(prefix="floe-wap-")
        self.path = os.path.join(self.root, "product")
        self.database = os.path.join(self.path, "target", "shop.duckdb")
        write(self.root, "platform/manifest.yaml", MANIFEST % (plugins, gates))
        write(self.path, "floe.yaml", PRODUCT + "output_ports:\n" + "".join(
            "  - {name: %s, model: %s}\n" % (name, model) for name, model in ports.items()) + product)
        for name, sql in models.items():
            write(self.path, "models/%s.sql" % name, sql)
        write(self.path, "models/schema.yml", schema)
        for name, text in (files or {}).items():
            write(self.path, name, text)
        self.orders(GOOD)
        done = subprocess.run([floe, "platform", "publish", "v1.0.0", "--registry", "oci-layout:../registry"],
                              cwd=os.path.join(self.root, "platform"), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def __enter__(self):
        return self

    def __exit__(self, *error):
        shutil.rmtree(self.root, ignore_errors=True)

    def write(self, name, text):
        write(self.path, name, text)

    def orders(self, rows):
        self.write("seeds/raw_orders.csv", "order_id,customer,amount\n" + "".join("%s,%s,%s\n" % row for row in rows))

    def command(self, *words):
        return [self.floe, "-C", self.path, *words]

    def run(self, *words, code=0, verb="run", env=None):
        """Runs floe; returns what it said on stderr and stdout."""
        done = subprocess.run(self.command(verb, *words), capture_output=True, text=True, timeout=300,
                              env={**os.environ, **(env or {})})
        said = done.stderr + done.stdout
        assert done.returncode == code, "floe %s %s: exit code %d, not %d\n%s" % (verb, words, done.returncode, code, said)
        return said

    def query(self, sql):
        """What another program reads: a connection of its own, read only."""
        with duckdb.connect(self.database, read_only=True) as database:
            return database.sql(sql).fetchall()

    def relations(self):
        """Tables and views by name, but floe's own."""
        return dict(self.query("select table_name, case when table_type = 'VIEW' then 'view' else 'table' end from "
                               "information_schema.tables where table_schema <> 'floe' order by all"))


def write(folder, name, text):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


def expect(actual, wanted, what):
    assert actual == wanted, "%s: expected %r, found %r" % (what, wanted, actual)


def expect_said(said, *patterns):
    for pattern in patterns:
        assert re.search(pattern, said), "expected to be told %r:\n%s" % (pattern, said)
