#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run_fix.py FLOE [PART OF A TEST'S NAME…]: `floe fix` and `floe migrate` on whole products.

A product runs under a platform without naming rules; then floe repairs it for one that has them, or migrates it, and it
runs again: every table must hold what it held before, under its new name."""
import hashlib
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import duckdb

HERE = pathlib.Path(__file__).resolve().parent
FLOE = str(pathlib.Path(sys.argv[1]).resolve()) if len(sys.argv) > 1 else "floe"
CORPUS = pathlib.Path(os.environ.get("FLOE_CORPUS", "/nowhere"))

HEAD = """apiVersion: floe.dev/v1
kind: Manifest
metadata: {{name: fix-platform, version: "{version}", scope: enterprise, owner: platform@shop.example}}
plugins: {{compute: {{type: duckdb}}}}
"""
LOOSE = HEAD.format(version="0.9.0") + "governance: {quality_gates: {minimum_test_coverage: 0, on_failure: warn}}\n"
STRICT = HEAD.format(version="1.0.0") + """data_architecture:
  pattern: medallion
  enforcement: warn
  naming: {enforcement: strict, case: snake_case, reserved: [user]}
  layers:
    gold: {materializations: [table, incremental]}
governance:
  quality_gates: {minimum_test_coverage: 0, on_failure: block, required_tests: [not_null_pk, unique_pk]}
  documentation: {enforcement: warn, require_model_descriptions: true, require_column_descriptions: true}
  ownership: {enforcement: warn, require_model_owner: true}
"""
FLOE_YAML = """apiVersion: floe.dev/v1
kind: DataProduct
metadata: {name: shop, version: "1.0"}
platform: {ref: "oci-layout:../registry:v0.9.0"}
transforms:
  - type: dbt
    path: .
"""

failures = []


def check(condition: bool, what: str) -> None:
    if not condition:
        failures.append(what)
        print(f"    FAILED: {what}")


class Product:
    """A product's folder with its platforms published beside it."""

    def __init__(self, folder: pathlib.Path, source: pathlib.Path | None, strict: str = STRICT) -> None:
        self.home = folder
        self.root = folder / "product"
        if source:
            shutil.copytree(source, self.root, symlinks=True)
        self.root.mkdir(exist_ok=True)
        if not (self.root / "floe.yaml").exists():
            (self.root / "floe.yaml").write_text(FLOE_YAML)
        for version, text in (("v0.9.0", LOOSE), ("v1.0.0", strict)):
            platform = folder / ("platform-" + version)
            platform.mkdir()
            (platform / "manifest.yaml").write_text(text)
            done = self.floe("platform", "publish", version, "--registry", "oci-layout:../registry", cwd=platform)
            check(done.returncode == 0, f"platform {version}: {done.stderr}")

    def floe(self, *words: str, cwd: pathlib.Path | None = None, env: dict | None = None,
             **user) -> subprocess.CompletedProcess:
        environment = {**os.environ, "XDG_CACHE_HOME": str(self.home / "cache"), "NO_COLOR": "1", **(env or {})}
        return subprocess.run([FLOE, *words], cwd=cwd or self.root, env=environment, capture_output=True, text=True,
                              timeout=300, **user)

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def read(self, path: str) -> str:
        return (self.root / path).read_text()

    def use_platform(self, version: str) -> None:
        text = re.sub(r"registry:v[0-9.]+", f"registry:{version}", self.read("floe.yaml"))
        (self.root / "floe.yaml").write_text(text)
        (self.root / "floe.lock").unlink(missing_ok=True)

    def files(self) -> dict[str, bytes]:
        """Everything of the product but what runs make."""
        found = {}
        for path in sorted(self.root.rglob("*")):
            relative = path.relative_to(self.root)
            if relative.parts[0] in ("target", "logs", ".git") or not path.is_file():
                continue
            found[str(relative)] = path.read_bytes()
        return found

    def run(self, *words: str) -> None:
        shutil.rmtree(self.root / "target", ignore_errors=True)
        done = self.floe("run", *words)
        check(done.returncode == 0, f"floe run: {done.stdout[-2000:]}{done.stderr[-2000:]}")

    def tables(self) -> dict[str, list]:
        """Every relation's rows by name."""
        found = {}
        for database in sorted((self.root / "target").glob("*.duckdb")):
            with duckdb.connect(str(database), read_only=True) as connection:
                rows = connection.execute("select table_schema, table_name from information_schema.tables "
                                          "where table_schema not like '%test__audit'").fetchall()
                for schema, name in rows:
                    cursor = connection.execute(f'select * from "{schema}"."{name}"')
                    columns = [each[0] for each in cursor.description]
                    stamps = [i for i, each in enumerate(columns) if each.startswith("dbt_")]
                    data = [tuple(v for i, v in enumerate(row) if i not in stamps) for row in cursor.fetchall()]
                    found[name] = [columns, sorted(data, key=repr)]
        return found

    def fix(self, *words: str) -> subprocess.CompletedProcess:
        return self.floe("fix", *words)


def same_tables(before: dict, after: dict, names: dict[str, str]) -> None:
    """Each table has the rows it had, under its new name; there is no other."""
    expected = {names.get(name, name): rows for name, rows in before.items()}
    check(len(before) > 0, "there are tables to compare")
    check(sorted(expected) == sorted(after), f"tables: {sorted(expected)} became {sorted(after)}")
    for name in expected:
        check(expected[name] == after.get(name), f"table {name}: {expected[name]} became {after.get(name)}")


def preview_and_write(product: Product, *words: str) -> str:
    """The diff comes first and changes nothing; writing gives exactly it; a second call has nothing to do."""
    untouched = product.files()
    shown = product.floe(*words)
    check(product.files() == untouched, "a preview changes nothing")
    check(shown.returncode == 1 and shown.stdout.startswith("diff --git a/"), f"a diff is shown: {shown.stdout[:300]} "
          f"{shown.stderr[:2000]} exit {shown.returncode}")
    patched = product.home / "patched"
    shutil.copytree(product.root, patched, ignore=shutil.ignore_patterns("target", "logs", ".git"))
    (product.home / "fix.patch").write_bytes(shown.stdout.encode())
    applied = subprocess.run(["git", "apply", "--unsafe-paths", "--directory=patched", "fix.patch"], cwd=product.home,
                             capture_output=True, text=True)
    check(applied.returncode == 0, f"the diff is one that git takes: {applied.stderr}")
    written = product.floe(*words, "--write")
    check(written.stdout == shown.stdout, "what is written is what was shown")
    check(written.returncode in (0, 1), f"written: {written.returncode} {written.stderr}")
    check("wrote " in written.stderr, f"it says what it wrote: {written.stderr}")
    by_patch = {name: text for name, text in Product.files(type("P", (), {"root": patched})()).items()}
    check(by_patch == product.files(), "git apply of the diff makes the same files")
    shutil.rmtree(patched)
    again = product.floe(*words)
    check(again.stdout == "", f"a second call proposes nothing: {again.stdout[:2000]}")
    return written.stderr


# --- the tests ---------------------------------------------------------------------------------------------------------

SHOP_NAMES = {"stg_orders": "bronze_orders", "stg_customers": "bronze_customers", "int_order_totals": "silver_order_totals",
              "customers": "gold_customers", "DailySales": "gold_daily_sales", "rawCountries": "raw_countries"}


def fixes_a_dbt_project(folder: pathlib.Path) -> None:
    product = Product(folder, HERE / "products/shop")
    product.run()
    before = product.tables()
    product.use_platform("v1.0.0")
    refused = product.floe("compile")
    check(refused.returncode == 1 and "N001" in refused.stderr, "the platform refuses the product as it is")
    product.floe("compile")
    said = preview_and_write(product, "fix")
    check("left for a human" in said, f"stubs are no descriptions: {said}")
    compiled = product.floe("compile")
    check(compiled.returncode == 0, f"the product passes now: {compiled.stdout}{compiled.stderr}")
    check("D001" in compiled.stderr, "the rules go on asking for descriptions")
    product.run()
    same_tables(before, product.tables(), SHOP_NAMES)
    everything = "\n".join(text.decode() for name, text in product.files().items() if not name.endswith(".csv"))
    for old in SHOP_NAMES:
        left = [line for line in everything.splitlines() if re.search(rf"\b{old}\b", line) and "KEPT" not in line]
        check(not left, f"nothing names {old} any more: {left}")
    for kept in ("{# ref('stg_orders') stays: KEPT #}", "# KEPT: a comment", "'stg_orders is text: KEPT'"):
        check(kept in everything, f"untouched: {kept}")
    # History: an incremental model and a snapshot keep their tables.
    check("snapshot customer_history" in product.read("snapshots/customer_history.sql"), "snapshots are renamed")
    check("alias='CustomerHistory'" in product.read("snapshots/customer_history.sql"), "and keep their tables")
    check("alias='order_log'" in product.read("models/marts/gold_order_log.sql"), "incremental models keep their tables")


def keeps_relations_when_asked(folder: pathlib.Path) -> None:
    product = Product(folder, HERE / "products/shop")
    product.run()
    before = product.tables()
    product.use_platform("v1.0.0")
    product.floe("compile")
    preview_and_write(product, "fix", "N001", "N002", "--keep-relations")
    product.use_platform("v0.9.0")
    product.run()
    same_tables(before, product.tables(), {})


def fixes_a_layered_product(folder: pathlib.Path) -> None:
    """A product without dbt_project.yml, in bronze, silver and gold."""
    product = Product(folder, HERE.parent / "cases/_fixtures/shop/product")
    product.write("floe.yaml", FLOE_YAML.replace("path: .", "path: models/") +
                  "output_ports:\n  - {name: customers, model: customer_list}\n")
    product.write("models/gold/customer_list.sql", "select customer from {{ ref('silver_orders') }} group by 1\n")
    product.write("models/gold/silver_late.sql", "select * from {{ ref(\"bronze_orders\") }}\n")
    product.run()
    before = product.tables()
    product.use_platform("v1.0.0")
    product.floe("compile")
    preview_and_write(product, "fix", "--rule", "N001", "A004", "A003")
    check("model: gold_customer_list" in product.read("floe.yaml"), "output ports follow")
    check((product.root / "models/silver/silver_late.sql").exists(), "models lie in their layer's folder")
    product.use_platform("v0.9.0")
    product.run()
    same_tables(before, product.tables(), {"customer_list": "gold_customer_list"})


KEYS = """name: shop
version: "1.0"
models:
  shop:
%s"""
GOLD_ORDERS = """select id, amount, count(*) over () as seen from (select id, amount from {{ ref('bronze_orders') }}
{% if is_incremental() %} where id > (select max(id) from {{ this }}) {% endif %})
"""
CONFIG_QUERY = ("select name, materialized, unique_key, tags, schema, config from all_nodes "
                "where resource_type = 'model' order by name")


def project_with_keys(folder: pathlib.Path, keys: str) -> Product:
    """gold_orders lies in the folder of silver: what dbt_project.yml says of it depends on that."""
    product = Product(folder, None, HEAD.format(version="1.0.0") + "data_architecture: {pattern: medallion, "
                      "naming: {enforcement: strict}}\ngovernance: {quality_gates: {minimum_test_coverage: 0}}\n")
    product.write("dbt_project.yml", KEYS % keys)
    product.write("models/bronze/bronze_orders.sql", "select range as id, range * 2 as amount from range({{ var('rows', 3) }})\n")
    product.write("models/silver/gold_orders.sql", GOLD_ORDERS)
    product.write("models/silver/silver_orders.sql", "select * from {{ ref('bronze_orders') }}\n")
    return product


def configs(product: Product) -> list:
    done = product.floe("query", CONFIG_QUERY, "--format", "json")
    check(done.returncode == 0, f"floe query: {done.stderr}")
    return done.stdout.splitlines()


HISTORY = "+materialized: incremental, +unique_key: id, +incremental_strategy: append, +on_schema_change: append_new_columns, +full_refresh: false"


def keeps_the_config_of_what_it_moves(folder: pathlib.Path) -> None:
    """Whatever dbt_project.yml says of a model by its place goes with it, and its table goes on as it was."""
    for number, keys in enumerate((
            "    silver: {gold_orders: {%s}}\n" % HISTORY,
            "    silver: {%s, +schema: g, +tags: [daily], +meta: {owner: me}, +grants: {select: [reader]}, "
            "+pre_hook: [\"select 'a' as \\\"b\\\"\", {sql: select 1, transaction: false}], +own_key: {a: [1, 'it''s']}, "
            "+persist_docs: {relation: false}, +column_types: {id: bigint}}\n" % HISTORY,
            "    +schema: g\n    silver: {gold_orders: {%s, +alias: orders_log}}\n    gold: {+schema: other, +unique_key: amount}\n" % HISTORY)):
        own = folder / str(number)
        own.mkdir()
        product = project_with_keys(own, keys)
        product.write("floe.yaml", FLOE_YAML)
        product.run()
        before, was = product.tables(), configs(product)
        product.use_platform("v1.0.0")
        said = preview_and_write(product, "fix", "A004")
        check((product.root / "models/gold/gold_orders.sql").exists(), f"{number}: it is moved: {said}")
        check("says materialized" in said, f"{number}: what it says itself is told: {said}")
        product.use_platform("v0.9.0")
        check(configs(product) == was, f"{number}: every model has the config it had: {was} became {configs(product)}")
        # The table goes on: rows of before stay, later ones are added.
        done = product.floe("run", "--vars", "{rows: 5}")
        check(done.returncode == 0, f"{number}: it runs: {done.stderr[-800:]}")
        name = "orders_log" if number == 2 else "gold_orders"
        rows = product.tables()[name][1]
        check(len(rows) == 5 and set(before[name][1]) <= set(rows), f"{number}: history is kept: {rows}")


def leaves_what_it_cannot_keep(folder: pathlib.Path) -> None:
    """A folder that adds what nothing takes away, a value that another environment computes otherwise."""
    for number, (keys, word) in enumerate((
            ("    gold: {+tags: [mart]}\n", "another config than before: tags"),
            ("    gold: {+own_key: 1}\n", "another config than before: own_key"),
            ("    gold: {+post_hook: select 1}\n", "another config than before: post-hook"),
            ("    silver: {+materialized: \"{{ 'table' if target.name == 'prod' else 'view' }}\"}\n", "materialized (which is computed)"),
            ("    gold: {+enabled: false}\n", "would get lost"))):
        own = folder / str(number)
        own.mkdir()
        product = project_with_keys(own, keys)
        product.write("floe.yaml", FLOE_YAML)
        product.use_platform("v1.0.0")
        product.floe("compile")
        untouched = product.files()
        done = product.fix("--write", "A004")
        check(done.returncode == 1 and "A004 gold_orders: left alone" in done.stderr and word in done.stderr, f"{keys}: {done.stderr}")
        check(product.files() == untouched, f"{keys}: nothing is written")


def migrates_incremental_models(folder: pathlib.Path) -> None:
    """A folder whose models part: each keeps what the folder, or a key of its own, said of it."""
    for number, keys in enumerate(("    gold: {gold_orders: {%s}}\n" % HISTORY, "    gold: {%s, +schema: g}\n" % HISTORY)):
        own = folder / str(number)
        own.mkdir()
        product = project_with_keys(own, keys)
        product.write("floe.yaml", FLOE_YAML)
        (product.root / "models/gold").mkdir()
        (product.root / "models/silver/gold_orders.sql").rename(product.root / "models/gold/gold_orders.sql")
        product.write("models/gold/gold_total.sql", "select id, amount from {{ ref('bronze_orders') }}\n")
        product.run()
        before = product.tables()
        product.use_platform("v1.0.0")
        product.floe("compile")
        names = {"bronze_orders": ("staging", "stg_orders"), "silver_orders": ("staging", "stg_orders_2"),
                 "gold_orders": ("core", "fact_orders"), "gold_total": ("staging", "stg_total")}
        entries = "".join("  - {model: %s, layer: %s, name: %s, folder: models/%s}\n" % (old, layer, new, layer)
                          for old, (layer, new) in names.items())
        (own / "plan.yaml").write_text("apiVersion: floe.dev/v1\nkind: MigrationPlan\nto: kimball\nmodels:\n" + entries)
        said = preview_and_write(product, "migrate", "apply", "../plan.yaml")
        check("fact_orders: says materialized" in said, f"{number}: told: {said}")
        product.use_platform("v0.9.0")
        done = product.floe("run", "--vars", "{rows: 5}")
        check(done.returncode == 0, f"{number}: it runs: {done.stderr[-800:]}")
        tables = product.tables()
        rows = tables["gold_orders"][1]  # history keeps its table by an alias
        check(len(rows) == 5 and set(before["gold_orders"][1]) <= set(rows), f"{number}: history is kept: {rows}")
        check("fact_orders" not in tables, f"{number}: and there is no other: {sorted(tables)}")


def rows_do_not_change_with_a_name(folder: pathlib.Path) -> None:
    """A model whose rows hold its own name keeps it; one that keeps its table, its table's."""
    product = Product(folder, HERE / "products/shop")
    product.write("macros/own.sql", "{% macro stamp() %}'{{ this.table }}' as made_by{% endmacro %}\n")
    product.write("models/staging/stg_named.sql", "select *, '{{ this.name }}' as made_by from {{ ref('stg_orders') }}\n")
    product.write("models/staging/stg_long.sql", "select *, {{ this.identifier | length }} as n from {{ ref('stg_orders') }}\n")
    product.write("models/staging/stg_whole.sql", "select *, '{{ this }}' as made_by from {{ ref('stg_orders') }}\n")
    product.write("models/staging/stg_macro.sql", "select *, {{ stamp() }} from {{ ref('stg_orders') }}\n")
    product.write("models/staging/stg_kept.sql", "{{ config(materialized='incremental') }}\n"
                  "select *, '{{ this.name }}' as made_by from {{ ref('stg_orders') }}\n")
    product.run()
    before = product.tables()
    product.use_platform("v1.0.0")
    product.floe("compile")
    said = product.fix("N001", "--write").stderr
    for name, word in (("stg_named", "this.name"), ("stg_long", "this.identifier"), ("stg_whole", "{{ this }}"), ("stg_macro", "this.table")):
        check(re.search(rf"N001 {name}: left alone.*as a value \(.*{re.escape(word)}", said) is not None, f"{name} is left alone: {said}")
    check("stg_kept: renamed to" in said, f"a table that keeps its name lets its model be renamed: {said}")
    names = dict(re.findall(r"N\d+ (\w+): renamed to '(\w+)'", said))
    product.use_platform("v0.9.0")
    product.run()
    same_tables(before, product.tables(), {old: new for old, new in names.items() if old in SHOP_NAMES})


def diffs_are_exact(folder: pathlib.Path) -> None:
    """Line ends of Windows, control characters, names with blanks: git applies what floe prints."""
    product = Product(folder, HERE / "products/shop")
    product.use_platform("v1.0.0")
    for name in ("models/staging/stg_orders.sql", "models/marts/customers.sql"):
        text = (product.root / name).read_bytes().replace(b"\r\n", b"\n")
        (product.root / name).write_bytes(text.replace(b"\n", b"\r\n"))
    (product.root / "models/marts/odd.sql").write_bytes(
        b"select 'a\x0cb\x1b' as odd -- form feed, escape\r\nfrom {{ ref('stg_orders') }}\r\n-- a\rb \xc2\x85\n")
    product.write("models/marts/more things/more.sql", "select * from {{ ref('stg_orders') }}")
    product.floe("compile")
    environment = {**os.environ, "XDG_CACHE_HOME": str(product.home / "cache")}
    shown = subprocess.run([FLOE, "fix", "N001"], cwd=product.root, env=environment, capture_output=True, timeout=300)
    check(b"\r\n" in shown.stdout and b"\x0c" in shown.stdout, f"bytes stay: {shown.stdout[:2000]!r} {shown.stderr[:500]!r}")
    patched = product.home / "patched"
    shutil.copytree(product.root, patched, ignore=shutil.ignore_patterns("target", "logs"))
    (product.home / "fix.patch").write_bytes(shown.stdout)
    applied = subprocess.run(["git", "apply", "--unsafe-paths", "--directory=patched", "fix.patch"], cwd=product.home,
                             capture_output=True, text=True)
    check(applied.returncode == 0, f"git takes it: {applied.stderr}")
    product.fix("N001", "--write")
    check(Product.files(type("P", (), {"root": patched})()) == product.files(), "git makes the same files")


def at_work(product: Product, *words: str, seconds: float, stop: int) -> subprocess.Popen:
    """floe, stopped so many seconds after it begins to write: git, which is asked last, says when that is."""
    tools = product.home / "tools"
    tools.mkdir(exist_ok=True)
    ready = product.home / "ready"
    ready.unlink(missing_ok=True)
    (tools / "git").write_text(f"#!/bin/sh\ntouch '{ready}'\nexit 128\n")
    (tools / "git").chmod(0o755)
    environment = {**os.environ, "XDG_CACHE_HOME": str(product.home / "cache"), "NO_COLOR": "1",
                   "PATH": f"{tools}:{os.environ['PATH']}"}
    process = subprocess.Popen([FLOE, *words], cwd=product.root, env=environment, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    while not ready.exists() and process.poll() is None:
        time.sleep(0.0005)
    time.sleep(seconds)
    process.send_signal(stop)
    process.said = process.communicate(timeout=120)[1]
    return process


def put(product: Product, files: dict[str, bytes]) -> None:
    for path in set(product.files()) - set(files):
        (product.root / path).unlink()
    for path, text in files.items():
        (product.root / path).parent.mkdir(parents=True, exist_ok=True)
        (product.root / path).write_bytes(text)


def killed_at_any_moment(folder: pathlib.Path) -> None:
    """Whatever ends floe while it writes: the next call leaves a project that is as before, or wholly changed."""
    moments = random.Random(7)
    product = Product(folder, HERE / "products/shop")
    product.use_platform("v1.0.0")
    product.floe("compile")
    (product.home / "profiles.yml").write_text("shop: {target: dev, outputs: {dev: {type: duckdb, path: shop.duckdb}}}\n")
    before = product.files()
    start = time.perf_counter()
    product.floe("fix", "--write")
    usual = time.perf_counter() - start
    after = product.files()
    check(before != after and len(set(after) - set(before)) > 3, "files are renamed")
    counts = {"before": 0, "after": 0, "half": 0}
    governed = 0
    for number in range(24):
        put(product, before)
        stop = (signal.SIGKILL, signal.SIGINT, signal.SIGKILL, signal.SIGTERM)[number % 4]
        # Writing takes a fraction of the call; what follows it is the last compile.
        process = at_work(product, "fix", "--write", seconds=moments.choice((0.02, 0.06, 0.3)) * moments.random() * usual, stop=stop)
        left = product.files()
        state = "before" if left == before else "after" if left == after else "half"
        counts[state] += 1
        if stop != signal.SIGKILL:
            check(state != "half", f"{stop}: nothing is left half done: {sorted(set(left) ^ set(before))} {process.said[-500:]}")
            wanted = (130, -stop) if state == "before" else (0, 1)
            check(process.returncode in wanted, f"{stop}: exit {process.returncode} with {state}: {process.said[-300:]}")
            continue
        if (product.root / ".floe-fix.journal").exists():
            for words in (("compile",), ("run",), ("dbt", "build", "--profiles-dir", "..")):
                refused = product.floe(*words)
                heard = refused.stdout + refused.stderr
                by_dbt = words[0] == "dbt" and "cut short" not in heard  # dbt's own mistakes come first
                governed += words[0] == "dbt" and not by_dbt
                check(refused.returncode == (2 if words[0] == "dbt" else 3) and (by_dbt or "cut short" in heard),
                      f"{words} on half a change: exit {refused.returncode} {heard[-400:]}")
            check(product.files() == left, "which changes nothing")
        said = product.fix()
        check(said.returncode == 1 or state == "after", f"floe fix: exit {said.returncode}: {said.stderr[-300:]}")
        now = product.files()
        check(now in (before, after), f"all or nothing: {sorted(set(now) ^ set(before))}")
        check(state != "half" or (now == before and "put" in said.stderr), f"half a change is put back, and told: {said.stderr[:300]}")
    check(counts["half"] >= 3 and governed > 0, f"some were caught at it: {counts}, {governed} by floe dbt")
    print(f"    {counts}")


def what_is_put_back_is_safe(folder: pathlib.Path) -> None:
    """Somebody edits files after a crash; a journal that is none; one that leads elsewhere."""
    product = Product(folder, HERE / "products/shop")
    product.use_platform("v1.0.0")
    product.floe("compile")
    before = product.files()
    for seconds in [each / 400 for each in range(1, 60)] * 3:
        put(product, before)
        at_work(product, "fix", "--write", seconds=seconds, stop=signal.SIGKILL)
        if (product.root / ".floe-fix.journal").exists():
            break
    half = product.files()
    check(".floe-fix.journal" in half, "a change is cut short")
    journal = half[".floe-fix.journal"]
    edited = "models/staging/stg_customers.sql"
    if edited not in half:
        edited = "models/staging/bronze_customers.sql"
    (product.root / edited).write_bytes(half[edited] + b"-- mine\n")
    mine = product.files()
    refused = product.fix()
    check(refused.returncode == 3 and edited in refused.stderr and "changed since" in refused.stderr, f"edited: {refused.stderr}")
    check(product.files() == mine, "what was edited since stays")
    (product.root / edited).write_bytes(half[edited])
    done = product.floe("migrate", "analyze", "--to", "kimball")
    check(product.files() == before and "put" in done.stderr, f"migrate puts it back, too: {done.stderr[:400]}")
    # Forged ones.
    digest = lambda body: body + hashlib.sha256(body).hexdigest().encode()
    field = lambda text: b"%d %s" % (len(text), text)
    head = b"floe change journal 1\n"
    evil = lambda path: digest(head + field(b"0") + b"".join(map(field, (path, b"", b"x", b"", b"511"))))
    outside = product.home / "outside.sql"
    for bad in (b"", b"nonsense", journal[:-1], journal[:200], journal.replace(b"ref", b"fer", 1), evil(b"../outside.sql"),
                evil(str(outside).encode()), evil(b".git/hooks/x.sql"), evil(b"models/../../outside.sql"), evil(b"run.sh"),
                digest(head + b"99999999999999999999 x"), digest(head + field(b"4000000000"))):
        (product.root / ".floe-fix.journal").write_bytes(bad)
        refused = product.fix()
        kept = product.files()
        check(kept.pop(".floe-fix.journal", None) in (bad, None) and kept == before and not outside.exists(), f"{bad[:80]!r} changes nothing")
        check(refused.returncode in (1, 2), f"{bad[:80]!r}: exit {refused.returncode}: {refused.stderr[:300]}")
        (product.root / ".floe-fix.journal").unlink(missing_ok=True)
    (product.root / "models/out").symlink_to(product.home)
    (product.root / ".floe-fix.journal").write_bytes(evil(b"models/out/outside.sql"))
    refused = product.fix()
    check(refused.returncode == 2 and not outside.exists(), f"through a link: {refused.returncode} {refused.stderr[:300]}")


def corpus_project(folder: pathlib.Path) -> None:
    source = CORPUS / "projects/jaffle_shop_duckdb"
    if not source.is_dir():
        print("    skipped: no projects in $FLOE_CORPUS")
        return
    product = Product(folder, source)
    product.run()
    before = product.tables()
    product.use_platform("v1.0.0")
    product.floe("compile")
    said = preview_and_write(product, "fix", "--rule", "N001")
    names = dict(re.findall(r"N001 (\w+): renamed to '(\w+)'", said))
    check(len(names) >= 3, f"models are renamed: {said}")
    product.use_platform("v0.9.0")
    product.run()
    same_tables(before, product.tables(), names)


def migrates_and_back(folder: pathlib.Path) -> None:
    product = Product(folder, HERE / "products/shop")
    product.use_platform("v1.0.0")
    product.floe("compile")
    preview_and_write(product, "fix")
    product.run()
    before = product.tables()
    analysis = product.floe("migrate", "analyze", "--to", "kimball")
    check(analysis.returncode == 0 and "decide:" in analysis.stdout, f"analysis: {analysis.stdout}{analysis.stderr}")
    untouched = product.files()
    generated = product.floe("migrate", "generate", "--to", "kimball", "--output", "../plan.yaml")
    check(generated.returncode == 0, f"generate: {generated.stderr}")
    check(product.files() == untouched, "generate leaves the product alone")
    plan = product.home / "plan.yaml"
    undecided = product.floe("migrate", "apply", "../plan.yaml", "--write")
    check(undecided.returncode == 2 and "to be decided" in undecided.stderr, f"decide first: {undecided.stderr}")
    check(product.files() == untouched, "nothing is written before all is decided")
    text = plan.read_text()
    names = {}
    for model in re.findall(r"- model: (\w+)", text):
        bare = re.sub(r"^(bronze|silver|gold)_", "", model)
        names[model] = ("stg_" if model.startswith("bronze_") else "fact_") + bare
    entries = "".join(f"  - model: {old}\n    name: {new}\n" for old, new in names.items())
    plan.write_text(text[:text.index("models:")] + "models:\n" + entries)
    said = preview_and_write(product, "migrate", "apply", "../plan.yaml")
    check("renamed to 'fact_customers'" in said, f"apply: {said}")
    done = product.floe("migrate", "apply", "../plan.yaml", "--write")
    check(done.returncode == 0 and "already" in done.stderr, f"a plan can be applied again: {done.stderr}")
    product.use_platform("v0.9.0")
    product.run()
    # What holds history has kept its table.
    kept = {"order_log"}
    same_tables(before, product.tables(), {old: new for old, new in names.items() if old not in kept})


def git_decides_what_may_be_lost(folder: pathlib.Path) -> None:
    product = Product(folder, HERE / "products/shop")
    product.use_platform("v1.0.0")
    product.floe("compile")
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com"]
    product.write(".gitignore", "target/\nlogs/\n")
    subprocess.run([*git, "init", "-q"], cwd=product.root, check=True)
    subprocess.run([*git, "add", "."], cwd=product.root, check=True)
    subprocess.run([*git, "commit", "-qm", "all"], cwd=product.root, check=True)
    with open(product.root / "models/staging/stg_orders.sql", "a", encoding="utf-8") as out:
        out.write("-- not committed\n")
    untouched = product.files()
    refused = product.fix("--write")
    check(refused.returncode == 2 and "models/staging/stg_orders.sql" in refused.stderr, f"dirty: {refused.stderr}")
    check(product.files() == untouched, "uncommitted changes are safe")
    product.write("notes.txt", "not touched, so it may be dirty")
    subprocess.run([*git, "commit", "-qam", "more"], cwd=product.root, check=True)
    written = product.fix("--write")
    check("wrote " in written.stderr, f"committed: {written.stderr}")
    dirty = product.fix("--write", "--allow-dirty")
    check(dirty.stdout == "", "nothing more")


def all_or_nothing(folder: pathlib.Path) -> None:
    product = Product(folder, HERE / "products/shop")
    product.use_platform("v1.0.0")
    product.floe("compile")
    untouched = product.files()
    # The last folder in the order of writing: what was written before it must come back.
    as_nobody = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
    if as_nobody:
        folder.chmod(0o755)
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, 65534, 65534, follow_symlinks=False)
    (product.root / "models/staging").chmod(0o555)
    try:
        failed = product.floe("fix", "--write", **as_nobody)
    finally:
        (product.root / "models/staging").chmod(0o755)
    check(failed.returncode == 3 and "put back" in failed.stderr, f"read-only: {failed.returncode} {failed.stderr[-500:]}")
    check(product.files() == untouched, "a folder that can't be written to: everything is as it was")
    # A folder in the way of a file fails for everybody.
    (product.root / "models/marts/gold_customers.sql").mkdir()
    blocked = product.fix("--write")
    check(blocked.returncode in (1, 3), f"in the way: {blocked.stderr}")
    (product.root / "models/marts/gold_customers.sql").rmdir()
    for path in list(product.files()):
        if path not in untouched:
            (product.root / path).unlink()
    for path, text in untouched.items():
        (product.root / path).write_bytes(text)
    # A model that a program makes under target/, which no copy has: only the product itself shows that it breaks.
    product.write("dbt_project.yml", product.read("dbt_project.yml").replace("[models]", "[models, target/made]"))
    product.write("target/made/made.sql", "select * from {{ ref('stg_orders') }}\n")
    before = product.files()
    check(product.floe("ls", "--quiet").returncode in (0, 1), "the product loads")
    refused = product.fix("--write")
    check(product.files() == before, "everything is put back")
    check(refused.returncode == 1 and "everything was put back" in refused.stderr and "T001" in refused.stderr,
          f"and floe says so: {refused.returncode} {refused.stderr[-600:]}")


def changes_meanwhile_are_not_lost(folder: pathlib.Path) -> None:
    """Somebody saves a file while floe is at work: git, asked last before writing, does it here."""
    product = Product(folder, HERE / "products/shop")
    product.use_platform("v1.0.0")
    product.floe("compile")
    tools = folder / "tools"
    tools.mkdir()
    git = tools / "git"
    git.write_text("#!/bin/sh\necho '-- saved meanwhile' >> models/staging/stg_orders.sql\nexit 128\n")
    git.chmod(0o755)
    path = f"{tools}:{os.environ['PATH']}"
    untouched = product.files()
    refused = product.floe("fix", "--write", env={"PATH": path})
    check(refused.returncode == 3 and "changed while floe was at work" in refused.stderr, f"said: {refused.stderr[-500:]}")
    untouched["models/staging/stg_orders.sql"] += b"-- saved meanwhile\n"
    check(product.files() == untouched, "nothing was written")


def links_and_packages_are_left_alone(folder: pathlib.Path) -> None:
    product = Product(folder, HERE / "products/shop")
    outside = folder / "outside.sql"
    outside.write_text("select * from {{ ref('stg_orders') }}\n")
    (product.root / "models/marts/linked.sql").symlink_to(outside)
    product.use_platform("v1.0.0")
    product.floe("compile")
    done = product.fix("--write")
    check(outside.read_text() == "select * from {{ ref('stg_orders') }}\n", "a link's target stays as it is")
    check((product.root / "models/staging/stg_orders.sql").exists(), "what it reads keeps its name")
    check("stg_orders: left alone" in done.stderr and "linked.sql" in done.stderr, f"and floe says why: {done.stderr}")
    check(product.floe("ls").returncode in (0, 1), "the project loads")


def bad_plans(folder: pathlib.Path) -> None:
    product = Product(folder, HERE / "products/shop")
    product.use_platform("v1.0.0")
    product.floe("compile")
    untouched = product.files()
    head = "apiVersion: floe.dev/v1\nkind: MigrationPlan\nto: medallion\nmodels:\n"
    entry = "  - {model: stg_orders, name: bronze_orders, folder: '%s'}\n"
    plans = {
        "unknown": (head + "  - {model: stg_order, name: x}\n", "did you mean 'stg_orders'"),
        "parent": (head + entry % "../../etc", "no folder inside"),
        "inner-parent": (head + entry % "models/../../x", "no folder inside"),
        "absolute": (head + entry % "/etc", "no folder inside"),
        "elsewhere": (head + entry % "macros/x", "in no folder of models"),
        "nul": (head + "  - {model: \"a\0b\"}\n", "NUL"),
        "name": (head + "  - {model: stg_orders, name: '../x'}\n", "name"),
        "no-name": (head + "  - {model: stg_orders}\n", "gives 'stg_orders' no name"),
        "twice": (head + "  - {model: stg_orders, name: a1}\n  - {model: stg_customers, name: a1}\n", "two models would"),
        "kind": ("apiVersion: floe.dev/v1\nkind: Manifest\n", "kind"),
        "to": (head.replace("medallion", "medalion") + entry % "models/x", "did you mean 'medallion'"),
        "empty": ("", ""),
        "huge": (head + "  - {model: m, name: n}\n" * 700_000, ""),
        "deep": (head + "[" * 5000, ""),
    }
    for name, (text, word) in plans.items():
        path = product.home / "plan.yaml"
        path.write_text(text)
        done = product.floe("migrate", "apply", "../plan.yaml", "--write")
        good = (1,) if name == "elsewhere" else (2, 3) if name == "huge" else (2,)
        check(done.returncode in good, f"plan {name}: exit {done.returncode}: {done.stderr[:500]}")
        check(word in done.stderr, f"plan {name} says '{word}': {done.stderr[:800]}")
        check(product.files() == untouched, f"plan {name} changes nothing")
    # A folder that is a link out of the product.
    (product.home / "elsewhere").mkdir()
    (product.root / "models/out").symlink_to(product.home / "elsewhere")
    (product.home / "plan.yaml").write_text(head + entry % "models/out")
    changed = (product.home / "elsewhere").stat().st_mtime_ns
    done = product.floe("migrate", "apply", "../plan.yaml", "--write")
    check(done.returncode == 1 and "through a link" in done.stderr, f"a link out: {done.stderr}")
    check((product.home / "elsewhere").stat().st_mtime_ns == changed, "nothing was written there, not for a moment")
    check(product.files() == untouched, "and nothing changed")
    missing = product.floe("migrate", "apply", "../no-plan.yaml")
    check(missing.returncode == 3 and "no-plan.yaml" in missing.stderr, f"missing: {missing.stderr}")


def main() -> int:
    tests = [fixes_a_dbt_project, keeps_relations_when_asked, fixes_a_layered_product, keeps_the_config_of_what_it_moves,
             leaves_what_it_cannot_keep, migrates_incremental_models, rows_do_not_change_with_a_name, diffs_are_exact,
             killed_at_any_moment, what_is_put_back_is_safe, corpus_project, migrates_and_back,
             git_decides_what_may_be_lost, all_or_nothing, changes_meanwhile_are_not_lost,
             links_and_packages_are_left_alone, bad_plans]
    wanted = sys.argv[2:]
    for test in tests:
        if wanted and not any(part in test.__name__ for part in wanted):
            continue
        print(f"  {test.__name__}")
        with tempfile.TemporaryDirectory(prefix="fix-test-") as folder:
            test(pathlib.Path(folder))
    print(f"{len(failures)} failures" if failures else "all as it should be")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
