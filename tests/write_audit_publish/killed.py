# SPDX-License-Identifier: Apache-2.0
"""Runs that are killed (SIGKILL) at every event they tell of: readers see the old version or the new one, whole."""
import json
import random
import subprocess
import time

from shop import Shop, expect

ROWS = 50000
NUMBERS = "select range::int as id, {{ var('version', 1) }}::int as version from range(%d)" % ROWS
MODELS = {
    "silver_numbers": "{{ config(materialized='table') }}\n" + NUMBERS + "\n",
    "gold_table": "{{ config(materialized='table') }}\nselect * from {{ ref('silver_numbers') }}\n",
    "gold_view": "{{ config(materialized='view') }}\nselect * from {{ ref('silver_numbers') }}\n",
    "gold_incremental": "{{ config(materialized='incremental') }}\nselect * from {{ ref('silver_numbers') }}\n"
                        "{% if is_incremental() %} where version > (select max(version) from {{ this }}) {% endif %}\n",
    # Published by a copy, as a table with foreign keys cannot be renamed: a swap that takes its time.
    "gold_keys": "{{ config(materialized='table') }}\nselect range::int as id from range(%d)\n" % ROWS,
    "gold_keyed": "{{ config(materialized='table') }}\n-- depends_on: {{ ref('gold_keys') }}\nselect id, version from {{ ref('silver_numbers') }}\n",
    "gold_after": "{{ config(materialized='table') }}\nselect max(version) as version from {{ ref('gold_table') }}\n",
}
KEYED = """
  - name: gold_keys
    config: {contract: {enforced: true}}
    columns: [{name: id, data_type: integer, constraints: [{type: primary_key}]}]
  - name: gold_keyed
    config: {contract: {enforced: true}}
    columns:
      - {name: id, data_type: integer, constraints: [{type: foreign_key, to: ref('gold_keys'), to_columns: [id]}], data_tests: [unique]}
      - {name: version, data_type: integer}
"""
SCHEMA = "models:" + "".join("\n  - {name: %s, columns: [{name: version, data_tests: [not_null]}]}" % name
                             for name in ("gold_table", "gold_view", "gold_incremental")) + KEYED
PORTS = {"table": "gold_table", "view": "gold_view", "incremental": "gold_incremental", "keyed": "gold_keyed"}
TESTS = {"tests/%s_good.sql" % model: "select * from {{ ref('%s') }} where version > 1000\n" % model for model in PORTS.values()}


def start(shop, version):
    return subprocess.Popen(shop.command("--log-format", "json", "run", "--threads", "2", "--vars", "{version: %d}" % version),
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True)


def is_event(line):
    try:
        return "node" in json.loads(line)
    except ValueError:
        return False


def killed_at(shop, version, event, delay):
    """Kills a run when it has told of so many events; whether it came that far."""
    run = start(shop, version)
    for line in run.stderr:
        event -= is_event(line)
        if event < 0:
            break
    time.sleep(delay)
    came = run.poll() is None
    run.kill()
    run.stderr.close()
    run.wait()
    return came


def seen(shop):
    """The version that each port shows; fails if one shows anything but a whole version."""
    versions = {}
    for port in ("gold_table", "gold_view", "gold_keyed"):
        found = shop.query("select min(version), max(version), count(*) from %s" % port)[0]
        assert found[0] == found[1] and found[2] == ROWS, "%s shows a half: versions %s to %s, %s rows" % (port, *found)
        versions[port] = found[0]
    found = shop.query("select max(version), count(*), count(distinct version) from gold_incremental")[0]
    assert found[1] == found[2] * ROWS, "gold_incremental shows a half: %s" % (found,)
    versions["gold_incremental"] = found[0]
    return versions


def test_runs_that_are_killed(floe):
    random.seed(20261129)
    with Shop(floe, MODELS, SCHEMA, PORTS, files=TESTS) as shop:
        shop.run("--vars", "{version: 1}")
        version, event, before = 1, 0, seen(shop)
        came = True
        while came:
            bad = event % 3 == 1
            version += 1
            asked = version + 1000 if bad else version
            delay = random.choice((0, 0, 0.001, 0.004, 0.02))
            came = killed_at(shop, asked, event, delay)
            after = seen(shop)
            for port, shown in after.items():
                allowed = (before[port],) if bad else (before[port], asked)
                assert shown in allowed, "%s shows version %s after event %d of a run that makes %d, and showed %s before" % (
                    port, shown, event, asked, before[port])
            before = after
            event += 1
            if event % 5 == 0:
                version += 1
                shop.run("--vars", "{version: %d}" % version)
                before = seen(shop)
                expect(set(before.values()), {version}, "the versions after an undisturbed run")
                expect([name for name in shop.relations() if "floe" in name or "dbt" in name], [], "what is left")
        assert event > 20, "only %d events" % event
        shop.run("--vars", "{version: %d}" % (version + 1))
        expect(seen(shop), dict.fromkeys(before, version + 1), "the versions in the end")
        expect(shop.query("from gold_after"), [(version + 1,)], "what is built on a port")

