# SPDX-License-Identifier: Apache-2.0
"""What readers of a port see, run by run."""
import datetime
import json
import os
import re

import duckdb

from shop import BAD, GOOD, ORDERS, Shop, expect, expect_said

NOT_NEGATIVE = "select * from {{ ref('%s') }} where amount < 0\n"
KEEPS = r"output port 'orders' was not published: .*; readers still see the version of \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"


def of_kind(floe, config, more="", **extra):
    """A product with one port over the raw orders, tested for negative amounts, and something built on it."""
    return Shop(floe, {
        "silver_orders": ORDERS,
        "gold_orders": "{{ config(%s) }}\nselect order_id, customer, amount from {{ ref('silver_orders') }}%s\n" % (config, more),
        "gold_total": "{{ config(materialized='table') }}\nselect sum(amount)::int as total from {{ ref('gold_orders') }}\n",
    }, "models: [{name: gold_orders, columns: [{name: order_id, data_tests: [unique, not_null]}]}]\n", {"orders": "gold_orders"},
        **{"files": {"tests/not_negative.sql": NOT_NEGATIVE % "gold_orders"}, **extra})


ROWS = "from gold_orders order by order_id"


def test_a_table_keeps_its_last_good_version(floe):
    with of_kind(floe, "materialized='table'") as shop:
        shop.run()
        shop.orders(BAD)
        said = shop.run(code=1)
        expect_said(said, KEEPS, r"1 of 3 checks failed \(not_negative\)", r"gold_orders__floe_staged", r"drop table \"shop\"",
                    r"- model +gold_total")
        expect(shop.query(ROWS), GOOD, "the port after a bad run")
        expect(shop.query("from gold_total"), [(60,)], "what is built on it")
        expect(shop.query("from gold_orders__floe_staged order by 1"), BAD, "the refused rows")
        # The SQL of the failing test shows them.
        with open(os.path.join(shop.path, "target/compiled/shop/tests/not_negative.sql")) as file:
            expect(shop.query(file.read()), [(2, "bob", -20)], "the failing test's compiled SQL")
        expect_said(shop.run(code=1), KEEPS, r"1 of 3 checks failed \(not_negative\)")
        expect(shop.query(ROWS), GOOD, "the port after a second bad run")
        shop.orders(GOOD + [(3, "eve", 5)])
        shop.run("--resume")
        expect(shop.query(ROWS), GOOD + [(3, "eve", 5)], "the port after a good run")
        expect(shop.query("from gold_total"), [(65,)], "what is built on it, after a good run")
        expect(shop.relations(), {"silver_orders": "table", "gold_orders": "table", "gold_total": "table", "raw_orders": "table"},
               "what is left")


def test_a_bad_increment_is_not_seen(floe):
    only_new = "{% if is_incremental() %} where order_id > (select max(order_id) from {{ this }}){% endif %}"
    with of_kind(floe, "materialized='incremental', indexes=[{'columns': ['customer']}]", "\n" + only_new) as shop:
        shop.run()
        index = "select table_name, is_unique, expressions::varchar from duckdb_indexes()"
        indexes = shop.query(index)
        expect(len(indexes), 1, "indexes")
        shop.orders(GOOD + [(3, "eve", -5)])
        expect_said(shop.run(code=1), KEEPS)
        expect(shop.query(ROWS), GOOD, "the port after a bad increment")
        expect(shop.query("from gold_orders__floe_staged order by 1"), GOOD + [(3, "eve", -5)], "the refused rows")
        # The increment is made anew on the good version: the bad row comes in good, and the old rows are not read again.
        shop.orders([(1, "ann", 99), (2, "bob", 99), (3, "eve", 5)])
        shop.run()
        expect(shop.query(ROWS), GOOD + [(3, "eve", 5)], "the port after a good increment")
        expect(shop.query(index), indexes, "its indexes")
        shop.orders([(7, "kim", -1)])
        shop.run("--full-refresh", code=1)
        expect(shop.query(ROWS), GOOD + [(3, "eve", 5)], "the port after a bad full refresh")
        shop.orders([(7, "kim", 1)])
        shop.run("--full-refresh")
        expect(shop.query(ROWS), [(7, "kim", 1)], "the port after a good full refresh")
        expect(shop.query(index), indexes, "its indexes after a full refresh")


def test_a_table_that_adds_to_itself_keeps_its_rows(floe):
    more = " union all select order_id, customer, amount from {{ this }}"
    in_macro = {"files": {"tests/not_negative.sql": NOT_NEGATIVE % "gold_orders",
                          "macros/kept.sql": "{% macro kept() %}{% if load_relation(this) is not none %}" + more + "{% endif %}{% endmacro %}"}}
    for code, extra in (("{% if load_relation(this) is not none %}" + more + "{% endif %}", {}), ("{{ kept() }}", in_macro)):
        with of_kind(floe, "materialized='table'", code, **extra) as shop:
            shop.write("models/schema.yml", "models: [{name: gold_orders, columns: [{name: order_id, data_tests: [not_null]}]}]\n")
            shop.run()
            shop.orders([(3, "eve", 5)])
            shop.run()
            expect(shop.query(ROWS), GOOD + [(3, "eve", 5)], "the port after a second good run")
            shop.orders([(4, "kim", -5)])
            shop.run(code=1)
            expect(shop.query(ROWS), GOOD + [(3, "eve", 5)], "the port after a bad run")


def test_a_seed_and_a_port_named_in_other_case_keep_their_last_good_version(floe):
    with of_kind(floe, "materialized='table'") as shop:
        with open(os.path.join(shop.path, "floe.yaml")) as file:
            product = file.read()
        shop.write("floe.yaml", product.replace("model: gold_orders", "model: GOLD_ORDERS") + "  - {name: raw, model: raw_orders}\n")
        shop.write("tests/raw_not_negative.sql", NOT_NEGATIVE % "raw_orders")
        shop.run()
        shop.orders(BAD)
        shop.run(code=1)
        expect(shop.query(ROWS), GOOD, "the port in other case after a bad run")
        expect(shop.query("from raw_orders order by order_id"), GOOD, "the seed after a bad run")


def test_a_view_keeps_the_rows_it_showed(floe):
    with of_kind(floe, "materialized='view'") as shop:
        shop.run()
        expect(shop.relations()["gold_orders"], "view", "the port")
        shop.orders(BAD)
        expect_said(shop.run(code=1), KEEPS + ", its rows kept in a table until the view is published again")
        expect(shop.query(ROWS), GOOD, "the port after a bad run")
        expect(shop.query("from silver_orders order by 1"), BAD, "what it would show")
        shop.run(code=1)
        expect(shop.query(ROWS), GOOD, "the port after a second bad run")
        shop.orders([(5, "kim", 1)])
        shop.run()
        expect(shop.query(ROWS), [(5, "kim", 1)], "the port after a good run")
        expect(shop.relations()["gold_orders"], "view", "the port after a good run")
        # What it shows is built, but not the view: nobody has tested what it would show.
        shop.orders(BAD)
        expect_said(shop.run("--select", "raw_orders", "silver_orders"), "output port 'orders' is a view of what this run built")
        expect(shop.query(ROWS), [(5, "kim", 1)], "the port when only what it shows was built")
        shop.orders(GOOD)
        shop.run()
        expect(shop.query(ROWS), GOOD, "the port in the end")
        # Nothing below it is built: only its text is tested and swapped.
        expect("is a view of" in shop.run("--select", "gold_orders"), False, "a view that is built alone is said to be held")
        expect(shop.relations()["gold_orders"], "view", "the port that was built alone")


def test_a_view_can_become_a_table_and_back(floe):
    with of_kind(floe, "materialized='view'") as shop:
        for kind in ("view", "table", "incremental", "view"):
            shop.write("models/gold_orders.sql", "{{ config(materialized='%s') }}\nselect order_id, customer, amount "
                       "from {{ ref('silver_orders') }}\n" % kind)
            shop.orders(BAD)
            before = shop.query(ROWS) if os.path.exists(shop.database) and "gold_orders" in shop.relations() else None
            shop.run(code=1)
            if before is not None:
                expect(shop.query(ROWS), before, "the port before it is a %s" % kind)
            shop.orders([(len(kind), kind, 1)])
            shop.run("--full-refresh")
            expect(shop.query(ROWS), [(len(kind), kind, 1)], "the port as a %s" % kind)
            expect(shop.relations()["gold_orders"], kind if kind == "view" else "table", "its kind")


def test_a_first_version_that_fails_is_not_there(floe):
    with of_kind(floe, "materialized='table'") as shop:
        shop.orders(BAD)
        expect_said(shop.run(code=1), r"output port 'orders' was not published: .*; it has no earlier version: there is nothing to read yet")
        expect("gold_orders" in shop.relations(), False, "a port that never was good is there")
        shop.orders(GOOD)
        shop.run()
        expect(shop.query(ROWS), GOOD, "the first version")


def test_a_model_that_fails_leaves_the_port_alone(floe):
    for kind in ("table", "incremental", "view"):
        with of_kind(floe, "materialized='%s'" % kind) as shop:
            shop.run()
            shop.write("models/gold_orders.sql", "{{ config(materialized='%s') }}\nselect order_id, customer, error(customer) as amount "
                       "from {{ ref('silver_orders') }}\n" % kind)
            said = shop.run(code=1)
            if kind != "view":  # a view fails when it is read
                expect_said(said, r"output port 'orders' was not published: its model was not built; readers still see the version of")
                expect([name for name in shop.relations() if "floe" in name], [], "what is left")
            expect(shop.query(ROWS), GOOD, "the port")


def test_what_is_left_out_is_tested_all_the_same(floe):
    with of_kind(floe, "materialized='table'") as shop:
        shop.run()
        shop.orders(BAD)
        said = shop.run("--exclude", "not_negative", code=1)
        expect_said(said, "1 test of output ports run although they were not selected", KEEPS)
        expect(shop.query(ROWS), GOOD, "the port")
        shop.write("floe.yaml", open(os.path.join(shop.path, "floe.yaml")).read().replace(
            "path: models/", "path: models/, exclude: [not_negative]"))
        shop.run(code=1)
        expect(shop.query(ROWS), GOOD, "the port of a product that leaves the test out")


SIBLINGS = {
    "silver_orders": ORDERS,
    "gold_customers": "{{ config(materialized='table') }}\nselect distinct customer from {{ ref('silver_orders') }} where amount <> 13\n",
    "gold_orders": "{{ config(materialized='table') }}\nselect * from {{ ref('silver_orders') }}\n",
    "gold_report": "{{ config(materialized='table') }}\nselect customer, count(*)::int as orders from {{ ref('gold_orders') }} group by 1\n",
}
SIBLINGS_SCHEMA = """models:
  - name: gold_orders
    columns:
      - name: customer
        data_tests: [{relationships: {arguments: {to: ref('gold_customers'), field: customer}}}]
  - name: gold_report
    columns:
      - name: customer
        data_tests: [{relationships: {arguments: {to: ref('gold_customers'), field: customer}}}]
"""


def test_ports_that_are_tested_with_each_other_are_published_together(floe):
    with Shop(floe, SIBLINGS, SIBLINGS_SCHEMA, {"orders": "gold_orders", "customers": "gold_customers"}) as shop:
        for threads in ("1", "4"):
            shop.orders(GOOD)
            shop.run("--threads", threads)
            shop.orders([(9, "eve", 13)])  # an order without its customer
            said = shop.run("--threads", threads, code=1)
            expect_said(said, "output port 'orders' was not published", "output port 'customers' was not published")
            expect(shop.query("select customer from gold_orders order by 1"), [("ann",), ("bob",)], "orders")
            expect(shop.query("from gold_customers order by 1"), [("ann",), ("bob",)], "customers")
            shop.orders([(9, "eve", 14)])
            shop.run("--threads", threads)
            expect(shop.query("select customer from gold_orders"), [("eve",)], "orders after a good run")
            expect(shop.query("from gold_customers"), [("eve",)], "customers after a good run")
        # One of them is not built: what compares them cannot run, and the other one is not published untested.
        shop.write("models/gold_customers.sql", "{{ config(materialized='table') }}\nselect error('no') as customer from {{ ref('silver_orders') }}\n")
        shop.orders([(3, "kim", 1)])
        expect_said(shop.run(code=1), r"output port 'orders' was not published: 1 of 1 check did not run \(relationships_gold_orders",
                    "output port 'customers' was not published: its model was not built")
        expect(shop.query("select customer from gold_orders"), [("eve",)], "orders whose customers were not built")


def test_a_test_that_needs_what_is_built_on_the_port_comes_after(floe):
    """A report on customers is tested against them: it is built on the new version, so it cannot be a part of its audit."""
    models = dict(SIBLINGS, gold_report="{{ config(materialized='table') }}\nselect customer || case when customer = 'eve' then '?' "
                  "else '' end as customer from {{ ref('gold_customers') }}\n")
    with Shop(floe, models, SIBLINGS_SCHEMA, {"customers": "gold_customers"}) as shop:
        shop.run()
        shop.orders([(9, "eve", 14)])
        said = shop.run(code=1)
        expect("was not published" in said, False, "the port is refused for what is built on it")
        expect(shop.query("from gold_customers"), [("eve",)], "the port")
        expect(shop.query("from gold_report"), [("eve?",)], "what is built on it")
        # When the report is not built, there is nothing to wait for: the test is a part of the audit.
        shop.orders([(9, "kim", 14)])
        expect_said(shop.run("--select", "raw_orders", "silver_orders", "gold_customers", code=1), "output port 'customers' was not published")
        expect(shop.query("from gold_customers"), [("eve",)], "the port that was built alone")


def test_contracts_keys_and_hooks(floe):
    """Constraints, foreign keys from and to other tables, comments and hooks are as they would be without a port."""
    schema = """models:
  - name: gold_customers
    description: who buys
    config: {contract: {enforced: true}, persist_docs: {relation: true, columns: true}}
    columns:
      - {name: customer, data_type: varchar, description: by name, constraints: [{type: not_null}, {type: primary_key}], data_tests: [unique]}
  - name: gold_orders
    config: {contract: {enforced: true}}
    columns:
      - {name: order_id, data_type: integer, constraints: [{type: primary_key}], data_tests: [unique]}
      - name: customer
        data_type: varchar
        constraints: [{type: foreign_key, to: ref('gold_customers'), to_columns: [customer]}]
      - {name: amount, data_type: integer, constraints: [{type: check, expression: amount < 1000}]}
"""
    models = dict(SIBLINGS,
                  gold_orders="{{ config(materialized='table', post_hook=\"insert into hooked select count(*) from {{ this }}\") }}\n"
                              "-- depends_on: {{ ref('gold_customers') }}\nselect order_id::integer as order_id, customer, amount::integer as amount "
                              "from {{ ref('silver_orders') }}\n")
    with Shop(floe, models, schema, {"orders": "gold_orders", "customers": "gold_customers"},
              files={"tests/not_negative.sql": NOT_NEGATIVE % "gold_orders",
                     "dbt_project.yml": "name: shop\nversion: '1.0'\nprofile: shop\non-run-start: create table if not exists hooked(n int)\n"}) as shop:
        # Refused rows refer to nothing, so that the table which their model refers to can be built anew.
        shop.orders(BAD)
        shop.run(code=1)
        shop.run("--select", "gold_customers")
        shop.orders(GOOD)
        shop.run()
        shop.run()
        constraints = shop.query("select table_name, constraint_type, constraint_text from duckdb_constraints() where table_name like 'gold%' order by all")
        expect([row[1] for row in constraints if row[0] == "gold_orders"], ["CHECK", "FOREIGN KEY", "NOT NULL", "PRIMARY KEY"], "constraints")
        expect(shop.query("select comment from duckdb_tables() where table_name = 'gold_customers'"), [("who buys",)], "the comment")
        shop.orders(BAD)
        expect_said(shop.run(code=1), KEEPS)
        expect(shop.query(ROWS), GOOD, "orders after a bad run")
        shop.orders([(5, "kim", 5000)])  # against the contract
        expect_said(shop.run(code=1), "CHECK constraint failed", "output port 'orders' was not published: its model was not built")
        expect(shop.query(ROWS), GOOD, "orders after a breach of contract")
        shop.orders([(5, "kim", 5)])
        shop.run()
        expect(shop.query(ROWS), [(5, "kim", 5)], "orders after a good run")
        expect(shop.query("select table_name, constraint_type, constraint_text from duckdb_constraints() where table_name like 'gold%' order by all"),
               constraints, "constraints in the end")
        expect(shop.query("from hooked"), [(2,), (2,), (2,), (2,), (1,)], "what the hook saw")


def test_versions_and_the_view_of_the_latest(floe):
    """Each version of a model is published by itself; the view without version points at the published latest one."""
    schema = """models:
  - name: gold_orders
    latest_version: 2
    config: {latest_version_pointer: {enabled: true}}
    columns: [{name: order_id, data_tests: [unique]}]
    versions: [{v: 1}, {v: 2}]
"""
    models = {
        "silver_orders": ORDERS,
        "gold_orders_v1": "{{ config(materialized='table') }}\nselect order_id from {{ ref('silver_orders') }}\n",
        "gold_orders_v2": "{{ config(materialized='table') }}\nselect * from {{ ref('silver_orders') }}\n",
    }
    with Shop(floe, models, schema, {"orders": "gold_orders"}, files={"tests/not_negative.sql": NOT_NEGATIVE % "gold_orders"}) as shop:
        shop.run()
        expect(shop.relations()["gold_orders"], "view", "what points at the latest version")
        expect(shop.query(ROWS), GOOD, "the latest version")
        shop.orders(BAD + [(3, "eve", 1)])
        expect_said(shop.run(code=1), KEEPS)
        expect(shop.query(ROWS), GOOD, "the latest version after a bad run")
        expect(shop.query("from gold_orders_v1 order by 1"), [(1,), (2,), (3,)], "the version that passed")
        shop.orders([(7, "kim", 1)])
        shop.run()
        expect(shop.query(ROWS), [(7, "kim", 1)], "the latest version after a good run")


def test_batches_are_published_together(floe):
    config = "materialized='incremental', incremental_strategy='microbatch', event_time='day', batch_size='day', begin='%s', lookback=3"
    models = {
        "silver_days": "{{ config(materialized='table', event_time='day') }}\nselect order_id, amount, current_date - 2 + order_id::int as day "
                       "from {{ ref('raw_orders') }}\n",
        "gold_orders": "{{ config(%s) }}\nselect order_id, amount, day from {{ ref('silver_days') }}\n" % config,
    }
    today = datetime.datetime.now(datetime.timezone.utc).date()
    models["gold_orders"] = models["gold_orders"] % (today - datetime.timedelta(days=2))
    rows = "select order_id, amount from gold_orders order by 1"
    with Shop(floe, models, "models: [{name: gold_orders, columns: [{name: order_id, data_tests: [unique]}]}]\n", {"orders": "gold_orders"},
              files={"tests/not_negative.sql": NOT_NEGATIVE % "gold_orders"}) as shop:
        shop.orders([(0, "ann", 1), (1, "bob", 2), (2, "eve", 3)])
        shop.run()
        expect(shop.query(rows), [(0, 1), (1, 2), (2, 3)], "the port")
        shop.orders([(0, "ann", 5), (1, "bob", 6), (2, "eve", -7)])
        expect_said(shop.run(code=1), KEEPS)
        expect(shop.query(rows), [(0, 1), (1, 2), (2, 3)], "the port after bad batches")
        shop.orders([(0, "ann", 5), (1, "bob", 6), (2, "eve", 7)])
        shop.run()
        expect(shop.query(rows), [(0, 5), (1, 6), (2, 7)], "the port after good batches")


def test_a_run_whose_hook_fails_leaves_the_ports_alone(floe):
    for kind in ("table", "view"):
        with of_kind(floe, "materialized='%s'" % kind) as shop:
            shop.run()
            shop.orders(BAD)
            shop.write("dbt_project.yml", "name: shop\nversion: '1.0'\nprofile: shop\nflags: {skip_nodes_if_on_run_start_fails: true}\n"
                       "on-run-start: select error('no')\n")
            expect_said(shop.run(code=1), "output port 'orders' was not published: its model was not built; readers still see the version of")
            expect(shop.query(ROWS), GOOD, "the port")


def test_names_that_are_taken_are_not_touched(floe):
    with of_kind(floe, "materialized='table'") as shop:
        shop.write("models/gold_orders__floe_staged.sql", "{{ config(materialized='table') }}\nselect 'mine' as whose\n")
        shop.run()
        shop.orders(BAD)
        expect_said(shop.run(code=1), "output port 'orders' keeps its last good version")
        expect(shop.query(ROWS), GOOD, "the port")
        expect(shop.query("from gold_orders__floe_staged"), [("mine",)], "the model of that name")


def test_many_ports_at_once(floe):
    """Ports of all kinds that are tested with their neighbours, on many threads."""
    kinds = ("table", "view", "incremental")
    models = {"silver_orders": ORDERS}
    schema = "models:\n"
    files = {}
    for n in range(24):
        models["gold_%d" % n] = "{{ config(materialized='%s', unique_key='order_id') }}\nselect order_id, customer, amount from {{ ref('%s') }}\n" % (
            kinds[n % 3], "silver_orders" if n < 12 else "gold_%d" % (n - 12))
        schema += ("  - name: gold_%d\n    columns:\n      - name: order_id\n        data_tests: [unique, not_null, "
                   "{relationships: {arguments: {to: ref('gold_%d'), field: order_id}}}]\n" % (n, (n + 7) % 24))
        files["tests/not_negative_%d.sql" % n] = NOT_NEGATIVE % ("gold_%d" % n)
    everywhere = " union all ".join("select %d as n, order_id, customer, amount from gold_%d" % (n, n) for n in range(24))
    with Shop(floe, models, schema, {"p%d" % n: "gold_%d" % n for n in range(24)}, files=files) as shop:
        for amount in (1, 2, 3):
            shop.orders([(1, "ann", amount), (2, "bob", amount)])
            shop.run("--threads", "8")
            expect(shop.query("select amount, count(*) from (%s) group by 1" % everywhere), [(amount, 48)], "all ports")
            shop.orders([(1, "ann", -amount), (2, "bob", amount)])
            said = shop.run("--threads", "8", code=1)
            expect(said.count("was not published"), 24, "ports that were not published")
            expect(shop.query("select amount, count(*) from (%s) group by 1" % everywhere), [(amount, 48)], "all ports after a bad run")


def test_a_swap_that_the_database_refuses(floe):
    """A table that floe does not build refers to the port: it cannot be replaced, and nothing is built on what nobody sees."""
    schema = """models:
  - name: gold_customers
    config: {contract: {enforced: true}}
    columns: [{name: customer, data_type: varchar, constraints: [{type: primary_key}], data_tests: [unique]}]
"""
    models = {"silver_orders": ORDERS, "gold_customers": SIBLINGS["gold_customers"],
              "gold_report": "{{ config(materialized='table') }}\nselect count(*)::int as customers from {{ ref('gold_customers') }}\n"}
    with Shop(floe, models, schema, {"customers": "gold_customers"}) as shop:
        shop.run()
        with duckdb.connect(shop.database) as database:
            database.execute("create table visits(customer varchar references gold_customers(customer))")
        shop.orders([(9, "eve", 1)])
        expect_said(shop.run(code=1), r"output port 'customers' was not published: the database refused the swap: [^;]*visits",
                    "readers still see the version of", "gold_customers__floe_staged", r"- model +gold_report")
        expect(shop.query("from gold_customers order by 1"), [("ann",), ("bob",)], "the port")
        expect(shop.query("from gold_report"), [(2,)], "what is built on it")
        with duckdb.connect(shop.database) as database:
            database.execute("drop table visits")
        shop.run("--resume")
        expect(shop.query("from gold_customers"), [("eve",)], "the port after the obstacle is gone")
        expect(shop.query("from gold_report"), [(1,)], "what is built on it, then")


def normal(value):
    """Artifacts without what differs from run to run."""
    if isinstance(value, dict):
        return {key: normal(item) for key, item in value.items()
                if key not in ("timing", "execution_time", "thread_id", "generated_at", "invocation_id", "created_at", "metadata", "elapsed_time",
                               "invocation_started_at")}
    if isinstance(value, list):
        return [normal(item) for item in value]
    return re.sub(r"/\S*floe-wap-\w+", "[TMP]", value) if isinstance(value, str) else value


def test_artifacts_are_those_of_a_product_without_ports(floe):
    only_new = "{% if is_incremental() %} where order_id > (select max(order_id) from {{ this }}){% endif %}"
    found = []
    for ports in (True, False):
        with of_kind(floe, "materialized='incremental'", "\n" + only_new) as shop:
            if not ports:
                text = open(os.path.join(shop.path, "floe.yaml")).read()
                shop.write("floe.yaml", text[:text.index("output_ports")])
            shop.run("--threads", "1")
            shop.run("--threads", "1")
            artifacts = {}
            for name in ("run_results.json", "manifest.json"):
                with open(os.path.join(shop.path, "target", name)) as file:
                    artifacts[name] = normal(json.load(file))
            artifacts["run_results.json"]["results"].sort(key=lambda result: result["unique_id"])
            compiled = {}
            for folder, _, names in os.walk(os.path.join(shop.path, "target/compiled")):
                for name in names:
                    compiled[name] = open(os.path.join(folder, name)).read()
            artifacts["compiled"] = compiled
            found.append(artifacts)
    for name, with_ports in found[0].items():
        expect(with_ports, found[1][name], name)


def test_results_for_programs(floe):
    with of_kind(floe, "materialized='table'") as shop:
        shop.run()
        shop.orders(BAD)
        said = shop.run("--format", "json", "--quiet", code=1)
        port = json.loads(said[said.index("{"):])["ports"][0]
        version = port.pop("version_of")
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", version), version
        expect(port, {"port": "orders", "model": "model.shop.gold_orders", "status": "refused", "relation": '"shop"."main"."gold_orders"',
                      "readable": True, "staged": '"shop"."main"."gold_orders__floe_staged"', "failed": ["test.shop.not_negative"]}, "ports[0]")
        expect(shop.query("select strftime(published_at, '%Y-%m-%d %H:%M:%S UTC') from floe.publications where table_name = 'gold_orders'"),
               [(version,)], "floe.publications")


def test_a_run_that_stops_early_publishes_nothing(floe):
    with of_kind(floe, "materialized='table'") as shop:
        shop.run()
        shop.write("tests/silver_not_empty.sql", "select 1 from {{ ref('silver_orders') }} having count(*) > 2")
        shop.write("tests/slow.sql", "select 1 from range(40000) a, range(40000) b, {{ ref('gold_orders') }} having sum(a.range * b.range) < 0")
        shop.orders(GOOD + [(3, "eve", 1), (4, "kim", -1)])
        said = shop.run("--fail-fast", code=1)
        expect_said(said, "output port 'orders' was not published")
        expect(shop.query(ROWS), GOOD, "the port")


def test_gates_that_warn_do_not_hold_anything_back(floe):
    with of_kind(floe, "materialized='table'", gates="    on_failure: warn") as shop:
        shop.run()
        shop.orders(BAD)
        said = shop.run()
        expect("output port" in said, False, "a port that nothing blocks is spoken of")
        expect(shop.query(ROWS), BAD, "the port")
        expect(shop.query("select count(*) from duckdb_schemas() where schema_name = 'floe'"), [(0,)], "floe's own schema")
    # The product's own gate is stricter.
    product = "quality:\n  gates:\n    - {name: many, scope: {models: [gold_orders]}, checks: [{type: row_count, min: 2}], on_failure: block}\n"
    with of_kind(floe, "materialized='table'", gates="    on_failure: warn", product=product) as shop:
        shop.run()
        shop.orders(BAD[:1])
        expect_said(shop.run(code=1), r"many: row_count at least 2", KEEPS)
        expect(shop.query(ROWS), GOOD, "the port that the product's gate blocks")


# floe's own engine in the part of a dbt executable: on a copy of the project, as floe hands a platform's products on to dbt.
DBT = """#!/bin/sh
rm -rf "%(root)s/plain"; cp -rL "%(path)s/target/floe" "%(root)s/plain"
command="$1"
for word; do
  shift
  case "$word" in */target/floe/project) word="%(root)s/plain/project";; */target/floe) word="%(root)s/plain";; esac
  set -- "$@" "$word"
done
cd "%(root)s/plain/project"
"%(floe)s" dbt "$@"; code=$?
[ ! -e "%(root)s/kill" ] || [ "$command" = parse ] || kill -9 $PPID
exit $code
"""


def test_through_dbt_the_table_is_put_back(floe):
    """A dbt executable builds where readers see it: floe copies the table before, and puts it back; also what a killed run had copied."""
    with of_kind(floe, "materialized='table'", plugins=", transform_runtime: {type: dbt}") as shop:
        shop.write("../bin/dbt", DBT % {"root": shop.root, "path": shop.path, "floe": floe})
        os.chmod(os.path.join(shop.root, "bin/dbt"), 0o755)
        env = {"PATH": os.path.join(shop.root, "bin") + os.pathsep + os.environ["PATH"]}
        shop.run(env=env)
        shop.orders(BAD)
        expect_said(shop.run(code=1, env=env), "output port 'orders' keeps its last good version")
        expect(shop.query(ROWS), GOOD, "the port")
        shop.write("../kill", "")
        shop.run(code=-9, env=env)
        expect(shop.query(ROWS), BAD, "the port after dbt was done and floe killed")
        os.remove(os.path.join(shop.root, "kill"))
        expect_said(shop.run(code=1, env=env), "output port 'orders' keeps its last good version")
        expect(shop.query(ROWS), GOOD, "the port after the next run")
        shop.orders([(1, "kim", 1)])
        shop.run(env=env)
        expect(shop.query(ROWS), [(1, "kim", 1)], "the port after a good run")
        expect(shop.query("select count(*) from duckdb_schemas() where schema_name = 'floe_last_good'"), [(0,)], "schemas of copies")
        # A view has nothing that could be copied.
        shop.write("models/gold_orders.sql", "{{ config(materialized='view') }}\nselect * from {{ ref('silver_orders') }}\n")
        expect_said(shop.run(env=env), "output port 'orders' shows its new version before it is tested: dbt builds it")
