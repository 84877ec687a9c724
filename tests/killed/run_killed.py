#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run_killed.py FLOE [KILLS [SEED]]: builds of incremental models that are killed (SIGKILL) at any moment.

A project with every incremental strategy of DuckDB, a microbatch model, a snapshot and a table is built; more rows arrive,
and a second build is killed after some time, again and again on the same database or on a fresh copy of it. The build that
then runs undisturbed must succeed and end in the state of a build that nobody killed: the same rows, and nothing left that
is no model's. That is what dbt gives: each model is one transaction, and what was committed is not new any more."""
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import duckdb

FLOE = os.path.abspath(sys.argv[1])
KILLS = int(sys.argv[2]) if len(sys.argv) > 2 else 24
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else 20261128
ROWS = 20000  # a multiple of 5,000: a day

INCREMENTAL = """{{{{ config(materialized='incremental', {config}) }}}}
select id, day, amount, amount * 2 as twice from {{{{ ref('events') }}}}
{{% if is_incremental() %}} where id > (select coalesce(max(id), -1) from {{{{ this }}}}) {more} {{% endif %}}
"""


def incremental(config, more=""):
    return INCREMENTAL.format(config=config, more=more)


FILES = {
    "dbt_project.yml": "name: shop\nversion: '1.0'\nprofile: shop\nvars: {rows: 0}\n",
    "profiles.yml": "shop: {target: dev, outputs: {dev: {type: duckdb, path: shop.duckdb, threads: 3}}}\n",
    "models/events.sql": "{{ config(materialized='table') }}\nselect range as id, date '2026-01-01' + (range // 5000)::int as day,\n"
                         "  (range * 7919) % 1000 as amount, md5(range::varchar) as code from range({{ var('rows') }})\n",
    "models/appended.sql": incremental("incremental_strategy='append'"),
    "models/replaced.sql": incremental("incremental_strategy='delete+insert', unique_key='id'", "or id % 5 = 0 "),
    "models/merged.sql": incremental("incremental_strategy='merge', unique_key='id'", "or id % 3 = 0 "),
    "models/usual.sql": incremental("unique_key=['id', 'day']", "or id % 4 = 0 "),
    "models/by_day.sql": "{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='day', batch_size='day',\n"
                         "  begin='2026-01-01', lookback=2) }}\nselect id, day, amount from {{ ref('events') }}\n",
    "models/events.yml": "models:\n  - name: events\n    config: {event_time: day}\n"
                         "  - name: appended\n    columns: [{name: id, data_tests: [unique, not_null]}]\n",
    "models/total.sql": "{{ config(materialized='table') }}\n" + "\nunion all\n".join(
        "select '%s' as model, count(*) as n, sum(amount) as amount from {{ ref('%s') }}" % (name, name)
        for name in ("appended", "replaced", "merged", "usual", "by_day")),
    "snapshots/history.yml": "snapshots:\n  - name: history\n    relation: ref('amounts')\n"
                             "    config: {unique_key: id, strategy: check, check_cols: [amount], hard_deletes: new_record}\n",
    "models/amounts.sql": "{{ config(materialized='table') }}\nselect id % 1000 as id, max(amount + {{ var('rows') }}) as amount\n"
                          "from {{ ref('events') }} where id % 1000 > {{ var('rows') // 200 }} group by 1\n",
}


def command(rows):
    return [FLOE, "dbt", "-q", "build", "--profiles-dir", ".", "--vars", "{rows: %d}" % rows,
            "--event-time-start", "2026-01-01", "--event-time-end", "2026-01-%02d" % (2 + rows // 5000)]


def build(folder, rows):
    done = subprocess.run(command(rows), cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError("exit code %d\n%s%s" % (done.returncode, done.stdout[-3000:], done.stderr[-3000:]))


def kill_after(folder, rows, seconds):
    run = subprocess.Popen(command(rows), cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    time.sleep(seconds)
    finished = run.poll() is not None
    if not finished:
        os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    return finished


def state(folder):
    """What is in the database: relations, their columns and rows, but for the moments that a snapshot notes."""
    with duckdb.connect(os.path.join(folder, "shop.duckdb"), read_only=True) as connection:
        relations = connection.execute("select table_schema || '.' || table_name, table_type from information_schema.tables order by 1").fetchall()
        content = {}
        for name, kind in relations:
            columns = [row[0] for row in connection.execute("describe %s" % name).fetchall()]
            kept = [c for c in columns if c not in ("dbt_valid_from", "dbt_updated_at", "dbt_scd_id", "dbt_valid_to")]
            if "dbt_valid_to" in columns:
                kept.append("dbt_valid_to is null")
            content[name, kind] = columns, connection.execute(
                "select count(*), sum(hash(%s)::hugeint) from %s" % (", ".join(kept), name)).fetchone()
    return content


def main():
    moments = random.Random(SEED)
    with tempfile.TemporaryDirectory(prefix="floe-killed-") as work:
        first = os.path.join(work, "first")
        for path, text in FILES.items():
            os.makedirs(os.path.dirname(os.path.join(first, path)), exist_ok=True)
            with open(os.path.join(first, path), "w", encoding="utf-8") as file:
                file.write(text)
        build(first, ROWS)
        wanted_folder = os.path.join(work, "wanted")
        shutil.copytree(first, wanted_folder)
        start = time.perf_counter()
        build(wanted_folder, 2 * ROWS)
        usual = time.perf_counter() - start
        wanted = state(wanted_folder)
        assert len(wanted) == 9, sorted(wanted)
        failures, killed, folder = 0, 0, None
        for number in range(KILLS):
            if folder is None or moments.random() < .6:
                folder = os.path.join(work, "run-%d" % number)
                shutil.copytree(first, folder)
            seconds = moments.uniform(0.01, 1.1) * usual
            killed += not kill_after(folder, 2 * ROWS, seconds)
            if number + 1 < KILLS and moments.random() < .3:
                continue  # and once more on what is left
            try:
                build(folder, 2 * ROWS)
                found = state(folder)
                differing = [name for name in set(wanted) | set(found) if wanted.get(name) != found.get(name)]
                assert not differing, "other contents: %s" % [(n, wanted.get(n), found.get(n)) for n in differing]
            except (AssertionError, duckdb.Error) as problem:
                failures += 1
                print("FAILED kill %d after %.3f s: %s" % (number, seconds, problem), flush=True)
            shutil.rmtree(folder)
            folder = None
        assert killed > KILLS // 3, "only %d of %d builds could be killed" % (killed, KILLS)
        print("%d builds killed, %d ended by themselves; the next build made good of all but %d" % (killed, KILLS - killed, failures))
        print("%d passed, %d failed" % (KILLS - failures, failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
