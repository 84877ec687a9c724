#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What floe writes as a data contract is one: run_contracts.py FLOE

Every contract below is exported by floe, and checked against the JSON Schema that the Open Data Contract Standard publishes (the
PyPI package open-data-contract-standard). What the standard's own files look like, floe must read; what it refuses, floe refuses.
"""

import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile

SKIPPED = 77

SHORT_FORMS = {
    "columns": """columns:
  - {name: order_id, type: bigint, primary_key: true, required: true, unique: true, description: Key}
  - {name: total, type: "decimal(10,2)", classification: internal, tags: [money], renamed_from: amount}
  - {name: place, type: geography}
  - {name: at, type: timestamp}
  - {name: note, x-owner: me}
""",
    "promises": """id: c-1
name: promises
version: 2.0.0
status: draft
description: "What: it is for"
sla: {freshness: 90m, availability: 99.5, quality: "99%"}
compatibility: full_transitive
support: [{channel: "#orders", url: "https://chat.example.com/orders"}]
tags: [gold, "yes"]
x-since: 2026-01-01
x-deep: {a: [1, 2.5, true, null]}
""",
    "empty": "{}\n",
    "headed": "apiVersion: floe.dev/v1\nkind: DataContract\ncolumns: [{name: a}]\n",
}

# The standard's features, in documents of its three minor versions.
ODCS = {
    "v30": """apiVersion: v3.0.2
kind: DataContract
id: 53581432-6c55-4ba2-a65f-72344a91553a
name: seller_payments
version: 1.1.0
status: active
domain: seller
dataProduct: payments
tenant: acme
description: {purpose: Views built on top of the seller tables., limitations: None, usage: Predict sales}
tags: ['transactions']
servers:
  - {server: warehouse, type: postgres, host: db.example.com, port: 5432, database: pypl, schema: edw}
schema:
  - name: tbl
    physicalName: tbl_1
    physicalType: table
    description: Provides core payment metrics
    dataGranularityDescription: one row a payment
    tags: ['finance']
    properties:
      - name: transaction_date
        logicalType: date
        physicalType: date
        required: false
        partitioned: true
        partitionKeyPosition: 1
        transformSourceObjects: [table_name_1]
        transformLogic: sel t1.txn_dt as txn_ref_dt
        examples: ["2022-10-03", "2020-01-28"]
        customProperties: [{property: anonymizationStrategy, value: none}]
      - name: id
        primaryKey: true
        primaryKeyPosition: 1
        logicalType: string
        physicalType: varchar(18)
        logicalTypeOptions: {maxLength: 18}
        required: true
        unique: true
        classification: restricted
        quality:
          - {rule: nullCheck, metric: nullValues, mustBe: 0, description: never null, dimension: completeness, severity: error}
      - name: address
        logicalType: object
        properties:
          - {name: street, logicalType: string}
          - {name: zip, logicalType: array, items: {logicalType: string}}
price: {priceAmount: 9.95, priceCurrency: USD, priceUnit: megabyte}
team:
  - {username: ceastwood, role: Data Scientist, dateIn: "2022-08-02"}
roles:
  - {role: reader, access: read}
slaProperties:
  - {property: latency, value: 4, unit: d, element: tab1.txn_ref_dt}
  - {property: frequency, value: 1, valueExt: 1, unit: d}
support:
  - {channel: "#help", tool: slack, url: "https://chat.example.com/help"}
customProperties:
  - {property: refRulesetName, value: gcsc.ruleset.name}
contractCreatedTs: "2022-11-15T02:59:43+00:00"
""",
    "v31": """apiVersion: v3.1.0
kind: DataContract
id: orders
name: orders
version: 1.0.0
status: active
schema:
  - id: orders_obj
    name: orders
    relationships:
      - {type: foreignKey, from: orders.customer_id, to: customers.id}
    properties:
      - {id: o1, name: order_id, logicalType: integer, physicalType: bigint, logicalTypeOptions: {format: i64}}
      - name: customer_id
        logicalType: integer
        relationships: [{to: customers.id}]
      - {name: at, logicalType: timestamp, logicalTypeOptions: {timezone: true}}
  - name: customers
    properties: [{name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1}]
team: {name: sales, members: [{username: ada, role: owner}]}
""",
    "v32": """apiVersion: v3.2.0
kind: DataContract
id: orders
version: 1.0.0
schema:
  - name: orders
    properties:
      - {name: state, logicalType: string, enum: [{value: open}, {value: closed}], deprecated: true}
      - {name: attributes, logicalType: map, map: {key: {logicalType: string}, value: {logicalType: integer}}}
""",
}

REFUSED = {
    "unknown-key": "apiVersion: v3.1.0\nkind: DataContract\nid: a\nversion: '1'\nstatus: active\ncolumns: []\n",
    "no-id": "apiVersion: v3.1.0\nkind: DataContract\nversion: '1'\nstatus: active\n",
    "number-version": "apiVersion: v3.1.0\nkind: DataContract\nid: a\nversion: 1\nstatus: active\n",
    "unknown-version": "apiVersion: v5.0.0\nkind: DataContract\nid: a\nversion: '1'\nstatus: active\n",
    "wrong-kind": "apiVersion: v3.1.0\nkind: Contract\nid: a\nversion: '1'\nstatus: active\n",
    "unnamed-column": "apiVersion: v3.1.0\nkind: DataContract\nid: a\nversion: '1'\nschema: [{name: t, properties: [{logicalType: string}]}]\n",
    "unknown-type": "apiVersion: v3.1.0\nkind: DataContract\nid: a\nversion: '1'\nschema: [{name: t, properties: [{name: a, logicalType: int}]}]\n",
    "sla-without-value": "apiVersion: v3.1.0\nkind: DataContract\nid: a\nversion: '1'\nslaProperties: [{property: latency}]\n",
}


def validator():
    """A check against the standard's schema, or None where the packages are missing."""
    try:
        import jsonschema
        found = importlib.util.find_spec("open_data_contract_standard")
    except ImportError:
        return None
    if found is None:
        return None
    schema = json.loads((pathlib.Path(found.origin).parent / "schema.json").read_text())
    return jsonschema.Draft201909Validator(schema)


def export(floe, path, form):
    environment = {**os.environ, "NO_COLOR": "1"}
    return subprocess.run([floe, "contracts", "export", path.name, "--format", form], cwd=path.parent, env=environment,
                          capture_output=True, text=True, timeout=60)


def complaints(floe, standard, folder):
    import yaml
    for name, text in {**SHORT_FORMS, **ODCS}.items():
        path = folder / f"{name}.yaml"
        path.write_text(text)
        written = {form: export(floe, path, form) for form in ("odcs", "json")}
        for form, done in written.items():
            if done.returncode != 0:
                yield f"{name} cannot be exported as {form}: {done.stderr}"
        if any(done.returncode for done in written.values()):
            continue
        document = json.loads(written["json"].stdout)
        for error in standard.iter_errors(document):
            yield f"{name}: {'/'.join(map(str, error.absolute_path))}: {error.message[:300]}"
        if yaml.safe_load(written["odcs"].stdout) != document:
            yield f"{name}: YAML and JSON differ:\n{written['odcs'].stdout}"
        if name in ODCS and document != yaml.safe_load(text):
            yield f"{name}: floe changed a document of the standard"
        # What was written reads back as the same.
        again = folder / f"{name}-again.yaml"
        again.write_text(written["odcs"].stdout)
        if export(floe, again, "odcs").stdout != written["odcs"].stdout:
            yield f"{name}: exported again, it is another one"
    for name, text in REFUSED.items():
        path = folder / f"{name}.yaml"
        path.write_text(text)
        if standard.is_valid(yaml.safe_load(text)):
            yield f"{name}: the standard allows it"
        done = export(floe, path, "odcs")
        if done.returncode != 2 or "error[C0" not in done.stderr or name + ".yaml:" not in done.stderr:
            yield f"{name}: exit code {done.returncode}, {done.stderr}"


def main():
    floe = str(pathlib.Path(sys.argv[1]).resolve())
    standard = validator()
    if standard is None:
        print("skipped: jsonschema or open-data-contract-standard is missing (scripts/setup installs them)")
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="floe-contracts-") as folder:
        found = list(complaints(floe, standard, pathlib.Path(folder)))
    for line in found:
        print(line)
    print(f"{len(SHORT_FORMS) + len(ODCS)} contracts written, {len(REFUSED)} refused, {len(found)} complaints")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
