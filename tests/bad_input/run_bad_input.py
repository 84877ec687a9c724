#!/usr/bin/env python3
"""run_bad_input.py FLOE [NAME…]: hostile and broken input to the real binary.

Every case demands a documented exit code, a message that names the trouble, an end within its time, and that nothing of
the user's is lost. Cases that need what a machine does not offer (another user, a small file system) say so and are skipped."""
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

MANIFEST = """apiVersion: floe.dev/v1
kind: Manifest
metadata: {name: p, version: "1.0.0", scope: enterprise, owner: p@example.com}
plugins:
  compute: {type: duckdb}
data_architecture:
  pattern: medallion
  naming: {enforcement: strict}
governance:
  quality_gates: {block_on_failure: true}
"""
PRODUCT = """apiVersion: floe.dev/v1
kind: DataProduct
metadata:
  name: shop
  version: "1.0"
platform:
  ref: oci-layout:../registry:v1.0.0
transforms:
  - type: dbt
    path: models/
"""
MODELS = {
    "bronze_a": "select 1 as id",
    "silver_b": "select id from {{ ref('bronze_a') }}",
    "gold_c": "select id from {{ ref('silver_b') }}",
}
CASES = []


def case(function):
    CASES.append(function)
    return function


class Skip(Exception):
    """The machine does not offer what the case needs."""


class World:
    """One platform, one product, one binary."""

    def __init__(self, floe, root):
        self.floe, self.root = floe, root
        self.product = os.path.join(root, "product")
        self.env = dict(os.environ, HOME=root, XDG_CACHE_HOME=os.path.join(root, "cache"), NO_COLOR="1", CI="1")
        self.write("../platform/manifest.yaml", MANIFEST)
        self.write("floe.yaml", PRODUCT)
        for name, sql in MODELS.items():
            self.write("models/%s.sql" % name, sql + "\n")
        done = self.run("platform", "publish", "v1.0.0", "--registry", "oci-layout:../registry", folder="platform")
        assert done.returncode == 0, done.stderr

    def path(self, name):
        return os.path.normpath(os.path.join(self.product, name))

    def write(self, name, content):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as out:
            out.write(content if isinstance(content, bytes) else content.encode())

    def run(self, *args, folder="product", timeout=60, prefix=()):
        return subprocess.run([*prefix, self.floe, *args], cwd=os.path.join(self.root, folder), env=self.env,
                              capture_output=True, text=True, errors="replace", timeout=timeout)

    def expect(self, code, pattern, *args, **options):
        """Runs floe and demands the exit code and a message that matches, and no crash."""
        done = self.run(*args, **options)
        text = done.stdout + done.stderr
        assert done.returncode == code, "exit code %d instead of %d\n%s" % (done.returncode, code, text[-1500:])
        assert re.search(pattern, text, re.S), "no /%s/ in:\n%s" % (pattern, text[-1500:])
        assert "internal error" not in text, text[-1500:]
        return done


def yaml_case(name, content, code, pattern):
    def run(world):
        world.write("floe.yaml", content)
        world.expect(code, pattern, "compile", timeout=30)
    run.__name__ = name
    CASES.append(run)


yaml_case("yaml_empty", b"", 2, r"floe\.yaml")
yaml_case("yaml_binary", bytes(range(256)) * 64, 2, r"C001.*floe\.yaml:")
yaml_case("yaml_nul", PRODUCT.encode() + b"x-a: \"\x00\"\n", 2, r"C00[12].*floe\.yaml:11")
yaml_case("yaml_100_mb", b"x-a: " + b"a" * 100_000_000, 3, r"floe\.yaml.*(limit|MB)")
yaml_case("yaml_alias_bomb", "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    "%s: &%s [%s]\n" % (chr(98 + i), chr(98 + i), ",".join(["*" + chr(97 + i)] * 9)) for i in range(12)), 2, r"C005")
yaml_case("yaml_duplicate_keys", PRODUCT + "metadata: {name: again}\n", 2, r"C003.*metadata.*floe\.yaml:11:1")
yaml_case("yaml_tabs", PRODUCT.replace("  name: shop", "\tname: shop"), 2, r"(?i)tab")
yaml_case("yaml_not_utf8", PRODUCT.encode() + b"x-a: caf\xe9\n", 2, r"C001.*floe\.yaml:11")
yaml_case("yaml_deep_nesting", b"x-a: " + b"[" * 200_000, 2, r"C004|C002")
yaml_case("yaml_unknown_key", PRODUCT.replace("transforms:", "transform:"), 2, r"C010.*transform.*transforms")
yaml_case("yaml_two_documents", PRODUCT + "---\na: 1\n", 2, r"C008")
yaml_case("yaml_version_range", PRODUCT.replace("v1.0.0", "^1.0"), 2, r"exact|C025")


@case
def yaml_bom_and_crlf(world):
    world.write("floe.yaml", b"\xef\xbb\xbf" + PRODUCT.replace("\n", "\r\n").encode())
    world.expect(0, r"Compilation PASSED", "compile")


@case
def missing_floe_yaml(world):
    os.remove(world.path("floe.yaml"))
    world.expect(2, r"no floe\.yaml.*floe init", "compile")


@case
def missing_transform_folder(world):
    shutil.rmtree(world.path("models"))
    world.expect(2, r"models/?'? is no folder", "compile")


@case
def missing_registry(world):
    shutil.rmtree(world.path("../registry"))
    world.expect(3, r"registry", "compile")


@case
def missing_version(world):
    world.write("floe.yaml", PRODUCT.replace("v1.0.0", "v1.0.1"))
    world.expect(3, r"v1\.0\.1", "compile")


@case
def moved_tag_is_refused(world):
    world.expect(0, r"PASSED", "compile")
    world.write("../platform/manifest.yaml", MANIFEST.replace("owner: p@", "owner: q@"))
    shutil.rmtree(world.path("../registry"))
    done = world.run("platform", "publish", "v1.0.0", "--registry", "oci-layout:../registry", folder="platform")
    assert done.returncode == 0, done.stderr
    world.expect(4, r"sha256:.*sha256:", "compile")
    world.expect(4, r"sha256:", "run")


@case
def published_tag_is_immutable(world):
    world.write("../platform/manifest.yaml", MANIFEST.replace("owner: p@", "owner: q@"))
    world.expect(4, r"v1\.0\.0.*sha256:", "platform", "publish", "v1.0.0", "--registry", "oci-layout:../registry", folder="platform")


@case
def corrupt_blob_is_refused(world):
    blobs = world.path("../registry/blobs/sha256")
    for name in os.listdir(blobs):
        with open(os.path.join(blobs, name), "r+b") as blob:
            blob.write(b"#")
    world.expect(4, r"digest|sha256", "compile")


@case
def cycle_of_models(world):
    world.write("models/bronze_a.sql", "select id from {{ ref('gold_c') }}")
    world.expect(1, r"(?i)cycle.*bronze_a.*", "compile")


@case
def cycle_of_macros(world):
    world.write("macros/m.sql", "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}")
    world.write("models/bronze_a.sql", "select {{ a() }} as id")
    world.expect(1, r"(?i)(recursion|deep|nested)", "compile", timeout=30)


@case
def endless_recursion(world):
    world.write("macros/m.sql", "{% macro a(x) %}{{ a(x + 1) }}{% endmacro %}")
    world.write("models/bronze_a.sql", "select {{ a(0) }} as id")
    world.expect(1, r"bronze_a", "compile", timeout=30)


@case
def endless_loop(world):
    world.write("models/bronze_a.sql", "{% set n = namespace(i=0) %}{% for a in range(100000) %}{% for b in range(100000) %}"
                "{% set n.i = n.i + 1 %}{% endfor %}{% endfor %}select {{ n.i }} as id")
    world.expect(1, r"bronze_a", "compile", timeout=60)


@case
def huge_output(world):
    world.write("models/bronze_a.sql", "select '{{ 'x' * 10000000000 }}' as id, {{ 9 ** 9 ** 9 }} as n")
    world.expect(1, r"bronze_a", "compile", timeout=60)


@case
def unclosed_tag(world):
    world.write("models/bronze_a.sql", "select 1 as id\n{% if true %}\n")
    world.expect(1, r"models/bronze_a\.sql:", "compile")


@case
def nul_bytes_in_a_model(world):
    world.write("models/bronze_a.sql", b"select 1 as id -- \x00\x00\n")
    done = world.run("compile")
    assert done.returncode in (0, 1), done.stderr


@case
def names_that_end_a_statement(world):
    """Names go into SQL: what they say besides is not run, at the price of nothing but an error."""
    endless = "select count(*) from range(100000000000) a, range(100000000000) b; --"
    world.write("models/bronze_a.sql", "{{ config(alias='x\" as select 1; %s') }} select 1 as id" % endless)
    world.write("seeds/numbers.csv", 'id,"x"" int); %s"\n1,2\n' % endless)
    world.write("models/s.yml", "sources: [{name: raw, schema: 'r\"; %s', tables: [{name: t, columns: "
                "[{name: 'a\"b', data_type: 'int); %s'}]}]}]" % (endless, endless))
    world.write("models/bronze_s.sql", "select * from {{ source('raw', 't') }}")
    world.expect(1, r"'silver_b' would fail", "compile", timeout=30)


@case
def quotes_in_names(world):
    world.write("models/bronze_a.sql", "{{ config(alias='x\"y') }} select 1 as id")
    done = world.expect(1, r"unterminated quoted identifier", "compile", "--format", "json")
    assert json.loads(done.stdout)["diagnostics"], done.stdout


@case
def file_names_that_are_no_text(world):
    os.rename(world.path("models/bronze_a.sql").encode(), world.path("models").encode() + b"/bronze_\xff\xfe.sql")
    world.write("models/silver_b.sql", "select 1 as id")
    world.expect(0, r"\(1 row|bronze_", "query", "select name from models where name like 'bronze%'")
    world.expect(0, r"", "query", "select unnest(fqn) from dbt.models")


@case
def queries_that_need_too_much_memory(world):
    for sql in ("select list_sort(range(60000000))[1]", "select repeat('x', 2000000000)"):
        done = world.run("query", sql)
        assert done.returncode in (2, 3), "%d\n%s" % (done.returncode, done.stderr)
        assert "Out of Memory" in done.stderr or "too large" in done.stderr, done.stderr


@case
def models_that_need_too_much_memory_to_bind(world):
    world.write("models/bronze_a.sql", "select len(list_sort(range(100000000))) as id")
    done = world.run("compile", timeout=120)
    assert done.returncode in (0, 1), "%d\n%s" % (done.returncode, done.stderr)


@case
def unknown_ref(world):
    world.write("models/silver_b.sql", "select * from {{ ref('bronze_aa') }}")
    world.expect(1, r"bronze_aa.*models/silver_b\.sql:1.*`bronze_a`", "compile")


@case
def unknown_source(world):
    world.write("models/s.yml", "version: 2\nsources:\n  - name: crm\n    tables: [{name: people}]\n")
    world.write("models/bronze_a.sql", "select * from {{ source('crm', 'peple') }}")
    world.expect(1, r"peple.*people", "compile")


@case
def unknown_macro(world):
    world.write("macros/m.sql", "{% macro to_money(x) %}{{ x }}{% endmacro %}")
    world.write("models/bronze_a.sql", "select {{ to_mony('1') }} as id")
    world.expect(1, r"to_mony.*to_money", "compile")


@case
def known_names_pass(world):
    world.write("macros/m.sql", "{% macro twice(x) %}{{ x }} * 2{% endmacro %}")
    world.write("models/bronze_a.sql", "{% set columns = ['id'] %}{% set pick = namespace(n=1) %}\n"
                "{{ config(materialized='table') }}\n-- {{ var('given', 'x') }} {{ env_var('HOME') }} {{ target.name }} {{ this }}\n"
                "-- {{ invocation_id }} {{ run_started_at.strftime('%Y') }} {{ modules.datetime.date(2026, 1, 1) }} {{ tojson({}) }}\n"
                "-- {{ local_md5('a') }} {{ project_name }} {{ log('a') }} {{ is_incremental() }} {{ dbt.type_string() }} {{ adapter.quote('a') }}\n"
                "-- {{ dbt_version }} {{ fromjson('{}') }} {{ zip([1], [2]) | list }} {{ set([1]) | list }} {{ range(2) | list }} {{ flags.FULL_REFRESH }}\n"
                "-- {{ api.Column.create('a', 'int') }} {{ columns.append('b') }} {{ print('x') }} {{ builtins.ref('silver_z') }} {{ context.get('x') }}\n"
                "select {{ twice('1') }} as id\n")
    world.write("models/silver_z.sql", "select 1 as id")
    world.write("floe.yaml", PRODUCT)
    done = world.run("compile")
    assert "T040" not in done.stderr and "T041" not in done.stderr, done.stderr


@case
def unknown_var(world):
    world.write("models/bronze_a.sql", "select {{ var('start') }} as id")
    world.expect(1, r"start", "compile")


@case
def broken_properties(world):
    world.write("models/s.yml", "version: 2\nmodels:\n  - name: bronze_a\n   columns: []\n")
    world.expect(2, r"models/s\.yml:", "compile")


@case
def duplicate_models(world):
    world.write("models/other/bronze_a.sql", "select 2 as id")
    world.expect(1, r"bronze_a.*models/(other/)?bronze_a\.sql", "compile")


def give_up_root(world):
    """The prefix that runs floe as a user to whom permissions mean something; the world becomes that user's."""
    if os.geteuid() != 0:
        return ()
    if not shutil.which("setpriv"):
        raise Skip("runs as root without setpriv")
    os.chmod(world.root, 0o755)
    for folder, _, files in os.walk(world.root):
        os.chown(folder, 65534, 65534)
        for name in files:
            os.chown(os.path.join(folder, name), 65534, 65534)
    return ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


@case
def unreadable_folder(world):
    prefix = give_up_root(world)
    os.chmod(world.path("models"), 0)
    try:
        world.expect(3, r"models.*(?i:permission)", "compile", prefix=prefix)
    finally:
        os.chmod(world.path("models"), 0o755)


@case
def read_only_target(world):
    os.makedirs(world.path("target"), exist_ok=True)
    prefix = give_up_root(world)
    os.chmod(world.path("target"), 0o555)
    try:
        world.expect(3, r"target.*(?i:permission|read-only)", "run", prefix=prefix)
    finally:
        os.chmod(world.path("target"), 0o755)


@case
def full_disk(world):
    if os.geteuid() != 0:
        raise Skip("needs root to mount a small file system")
    small = world.path("target")
    os.makedirs(small, exist_ok=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", small], capture_output=True).returncode != 0:
        raise Skip("a small file system cannot be mounted here")
    try:
        world.write("models/bronze_a.sql", "select range as id, repeat('x', 100) as pad from range(100000)\n{{ config(materialized='table') }}")
        world.expect(3, r"(?i)no space|disk|could not write", "run")
    finally:
        subprocess.run(["umount", "-l", small], check=True)
    world.expect(0, r"", "run")


@case
def full_standard_output(world):
    done = subprocess.run("%s compile > /dev/full" % world.floe, shell=True, cwd=world.product, env=world.env,
                          capture_output=True, text=True, timeout=30)
    assert done.returncode == 3, done.returncode


@case
def corrupt_database(world):
    world.expect(0, r"", "run")
    database = world.path("target/shop.duckdb")
    with open(database, "r+b") as out:
        out.write(os.urandom(4096))
    done = world.expect(3, r"shop\.duckdb", "run")
    assert os.path.exists(database), "the corrupt file was removed"
    assert "Traceback" not in done.stderr


@case
def not_a_database(world):
    world.write("target/shop.duckdb", "this is no database\n" * 1000)
    world.expect(3, r"shop\.duckdb", "run")


SLOW_SQL = "{{ config(materialized='table') }}\nselect count(*) as id from range(3000000) a, range(1000) b where (a.range * b.range) % 7 = 3"


def start(world, *args):
    return subprocess.Popen([world.floe, *args], cwd=world.product, env=world.env, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, start_new_session=True)


def wait_for(condition, seconds=20):
    end = time.time() + seconds
    while time.time() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


@case
def two_processes_in_one_project(world):
    world.write("models/bronze_a.sql", SLOW_SQL)
    first = start(world, "run")
    try:
        assert wait_for(lambda: os.path.exists(world.path("target/shop.duckdb"))), "the first run did not start"
        world.expect(3, r"another floe process", "run")
    finally:
        first.kill()
        first.communicate()


@case
def interrupted_run(world):
    world.write("models/bronze_a.sql", SLOW_SQL)
    run = start(world, "run")
    assert wait_for(lambda: os.path.exists(world.path("target/shop.duckdb"))), "the run did not start"
    time.sleep(0.5)
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=30)
    assert run.returncode == 130, "exit code %d\n%s%s" % (run.returncode, out, err)
    world.write("models/bronze_a.sql", MODELS["bronze_a"])
    world.expect(0, r"", "run")


@case
def failing_sql_in_the_middle(world):
    world.write("models/silver_b.sql", "{{ config(pre_hook='select no_such_column from nowhere') }} select id from {{ ref('bronze_a') }}")
    world.write("models/silver_d.sql", "select id from {{ ref('bronze_a') }}")
    done = world.expect(1, r"nowhere", "run")
    text = done.stdout + done.stderr
    assert re.search(r"gold_c.*(?i:skip)|(?i:skip).*gold_c", text), text
    world.expect(0, r"1", "show", "silver_d")


@case
def failing_test_blocks(world):
    world.write("models/s.yml", "version: 2\nmodels:\n  - name: silver_b\n    columns:\n      - name: id\n        data_tests:\n"
                "          - accepted_values: {arguments: {values: [2]}}\n")
    world.expect(1, r"gold_c\s+skipped", "run")


@case
def killed_at_any_moment(world):
    world.write("models/bronze_a.sql", "{{ config(materialized='table') }}\nselect range as id, md5(range::varchar) as h from range(300000)")
    world.write("models/silver_b.sql", "{{ config(materialized='incremental', unique_key='id') }}\nselect id, h from {{ ref('bronze_a') }}")
    world.write("models/gold_c.sql", "{{ config(materialized='table') }}\nselect count(*) as n, count(distinct id) as ids from {{ ref('silver_b') }}")
    moments = random.Random(7)
    for _ in range(12):
        run = start(world, "run")
        time.sleep(moments.uniform(0.02, 0.9))
        try:
            os.killpg(run.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        run.communicate()
    world.expect(0, r"", "run")
    world.expect(0, r"300000.*300000", "show", "gold_c")


@case
def tampered_compile_results(world):
    world.expect(0, r"PASSED", "compile")
    world.write("models/stg_bad.sql", "select 1 as id")
    world.expect(1, r"N001", "run")
    for name in os.listdir(world.path("target")):
        path = world.path("target/" + name)
        if name.endswith(".json"):
            text = open(path, encoding="utf-8").read()
            world.write("target/" + name, text.replace('"passed": false', '"passed": true').replace('"exit_code":1', '"exit_code":0'))
    world.expect(1, r"N001", "compile")
    world.expect(1, r"N001", "run")
    world.write("dbt_project.yml", "name: shop\nversion: '1.0'\nprofile: shop\n")
    world.write("profiles.yml", "shop: {target: dev, outputs: {dev: {type: duckdb, path: dev.duckdb}}}\n")
    world.expect(1, r"N001", "dbt", "build", "--profiles-dir", ".")
    assert not os.path.exists(world.path("dev.duckdb")), "a refused project ran"


@case
def forged_memory_of_a_compile(world):
    world.write("models/stg_bad.sql", "select 1 as id")
    world.expect(1, r"N001", "compile")
    memories = [name for name in os.listdir(world.path("target")) if name.startswith(".compile-")]
    assert memories, "nothing was remembered"
    for name in memories:
        text = open(world.path("target/" + name), encoding="utf-8").read()
        forged = re.sub(r'"exit_code": ?1', '"exit_code":0', text)
        assert forged != text, text[-300:]
        world.write("target/" + name, forged)
    world.expect(1, r"N001", "compile")


@case
def unknown_option(world):
    world.expect(2, r"--selekt.*--select", "run", "--selekt", "x")


@case
def unknown_command(world):
    world.expect(2, r"compil.*compile", "compil")


def main():
    floe = os.path.abspath(sys.argv[1])
    wanted = sys.argv[2:]
    passed = failed = skipped = 0
    for function in CASES:
        if wanted and function.__name__ not in wanted:
            continue
        with tempfile.TemporaryDirectory(prefix="floe-bad-", ignore_cleanup_errors=True) as root:
            begin = time.time()
            try:
                function(World(floe, root))
                passed += 1
                print("ok      %-32s %.1f s" % (function.__name__, time.time() - begin), flush=True)
            except Skip as reason:
                skipped += 1
                print("skipped %-32s %s" % (function.__name__, reason), flush=True)
            except (AssertionError, subprocess.TimeoutExpired) as error:
                failed += 1
                print("FAILED  %-32s %s" % (function.__name__, error), flush=True)
    print("%d passed, %d failed, %d skipped" % (passed, failed, skipped))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
