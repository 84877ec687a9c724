#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run_interop.py FLOE [PART...]: unmodified tools of others over floe: dagster-dbt, Cosmos, dbt-bouncer, dbt-core's own
classes, dbt-core with floe as its parser, and dbt executables run by floe; oras, crane, skopeo and cosign beside floe
on registries of this machine.

Off by default, because the tools are large: FLOE_INTEROP=1 turns it on, `scripts/setup --interop` installs the pinned
packages into .deps/interop-NAME (and --peers dbt-core into .deps/peers). FLOE_INTEROP_DIR names another folder that
holds interop-NAME and peers, FLOE_INTEROP_GO the one with oras, crane, cosign2 and cosign3 (default
.deps/interop-go/bin). A part whose packages are not there is skipped, and said to be.

Exit codes: 0 every part that could run is as it should be, 1 a part is not, 77 nothing could run."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
DEPS = Path(os.environ.get("FLOE_INTEROP_DIR", HERE.parents[1] / ".deps"))
TIMEOUT = 900

PLATFORM = """apiVersion: floe.dev/v1
kind: Manifest
metadata: {name: corner-platform, version: "1.0.0", scope: enterprise}
plugins:
  compute: COMPUTE
  transform_runtime: {type: RUNTIME}
"""
PRODUCT = """apiVersion: floe.dev/v1
kind: DataProduct
metadata: {name: corner-shop, version: "1.0"}
platform: {ref: "oci-layout:../registry:v1.0.0"}
transforms: [{type: dbt, path: .}]
"""


class Wrong(Exception):
    """A part is not as it should be."""


class Skipped(Exception):
    """A part cannot run here."""


def python_of(name):
    python = DEPS / name / "bin" / "python"
    if not python.exists():
        option = "--peers" if name == "peers" else "--interop"
        raise Skipped("%s is not installed (scripts/setup %s)" % (python.parent.parent, option))
    return python


def run(command, folder, **environment):
    made = subprocess.run([str(word) for word in command], cwd=folder, capture_output=True, text=True, timeout=TIMEOUT,
                          env=dict(os.environ, DBT_SEND_ANONYMOUS_USAGE_STATS="false", **environment))
    return made.returncode, made.stdout + made.stderr


def check(command, folder, expected=0, **environment):
    code, text = run(command, folder, **environment)
    if code != expected:
        raise Wrong("%s ended with %d:\n%s" % (" ".join(map(str, command)), code, text[-3000:]))
    return text


def result_of(text):
    lines = [line for line in text.splitlines() if line.startswith("RESULT ")]
    if not lines:
        raise Wrong("no result:\n" + text[-3000:])
    return json.loads(lines[-1][len("RESULT "):])


def expect(what, got, wanted):
    if got != wanted:
        raise Wrong("%s is %r, expected %r" % (what, got, wanted))


class Part:
    """A copy of the project to work in, and floe under the name of dbt."""

    def __init__(self, floe, work):
        self.floe = floe
        self.project = work / "project"
        shutil.copytree(HERE / "project", self.project)
        self.dbt = work / "bin" / "dbt"
        self.dbt.parent.mkdir()
        self.dbt.symlink_to(floe)
        self.work = work

    def dagster(self):
        python = python_of("interop-dagster")
        check([self.dbt, "parse"], self.project)
        got = result_of(check([python, HERE / "in_dagster.py", self.project, self.dbt], self.work))
        expect("dagster's result", got, {"success": True, "materialized": ["customers", "raw_orders", "stg_orders"],
                                         "passed": 3, "failed": 0})
        (self.project / "seeds" / "raw_orders.csv").write_text("order_id,customer_id,amount\n1,1,10\n1,2,5\n")
        got = result_of(check([python, HERE / "in_dagster.py", self.project, self.dbt], self.work))
        expect("what dagster recorded of a failure", got, {"success": False, "materialized": ["raw_orders", "stg_orders"],
                                                           "passed": 1, "failed": 1})

    def airflow(self):
        python = python_of("interop-airflow")
        environment = {"AIRFLOW_HOME": str(self.work / "airflow"), "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
                       "DO_NOT_TRACK": "1", "CORNER_SHOP_DB": str(self.work / "shop.duckdb"),
                       "SHOP_PROJECT": str(self.project), "SHOP_DBT": str(self.dbt)}
        (self.work / "airflow" / "dags").mkdir(parents=True)
        shutil.copy(HERE / "in_airflow.py", self.work / "airflow" / "dags" / "shop.py")
        airflow = [python, "-m", "airflow"]
        check(airflow + ["db", "migrate"], self.work, **environment)
        text = check(airflow + ["dags", "test", "shop"], self.work, **environment)
        for task in ("raw_orders_seed", "stg_orders.run", "stg_orders.test", "customers.run", "customers.test"):
            if "end task task_id=%s " % task not in text:
                raise Wrong("cosmos ran no task %s:\n%s" % (task, text[-3000:]))
        if "Marking run" not in text or "successful" not in text:
            raise Wrong("the dag did not succeed:\n" + text[-3000:])

    def artifacts(self):
        python = python_of("peers")
        self.make_artifacts()
        expect("dbt-core's findings", result_of(check([python, HERE / "in_dbt.py", self.project / "target"], self.work)), [])

    def bouncer(self):
        python = python_of("interop-bouncer")
        self.make_artifacts()
        (self.project / "dbt-bouncer.yml").write_text(
            "manifest_checks:\n  - name: check_model_description_populated\n  - name: check_model_has_unique_test\n"
            "catalog_checks:\n  - name: check_columns_are_all_documented\n    include: ^models/stg\n"
            "run_results_checks:\n  - name: check_run_results_max_execution_time\n    max_execution_time_seconds: 60\n")
        code, text = run([python.parent / "dbt-bouncer", "--config-file", "dbt-bouncer.yml"], self.project)
        if "Done. SUCCESS=" not in text:
            raise Wrong("dbt-bouncer could not read floe's artifacts:\n" + text[-3000:])

    def parser(self):
        dbt = python_of("peers").parent / "dbt"
        parser = "%s dbt parse" % self.floe
        text = check([dbt, "--use-v2-parser", "--v2-parser", parser, "build"], self.project)
        if "PASS=6 " not in text:
            raise Wrong("dbt-core with floe as its parser:\n" + text[-2000:])

    def runtime(self):
        dbt = python_of("peers").parent / "dbt"
        product = self.make_product("dbt", "{type: duckdb}")
        check([self.floe, "run"], product, FLOE_DBT_EXECUTABLE=str(dbt))
        text = check([self.floe, "show", "customers"], product)
        if "30" not in text:
            raise Wrong("what dbt built is not there:\n" + text)
        (product / "models" / "more.py").write_text(
            'def model(dbt, session):\n    return dbt.ref("stg_orders")\n')
        check([self.floe, "run", "--select", "more"], product, FLOE_DBT_EXECUTABLE=str(dbt))
        check([self.floe, "run", "--select", "more"], product, expected=3, FLOE_DBT_EXECUTABLE="/no/such/dbt")

    def spark(self):
        dbt = python_of("interop-spark").parent / "dbt"
        if shutil.which("java") is None:
            raise Skipped("Spark needs java")
        product = self.make_product("spark", "{type: spark, config: {method: session, host: NA, schema: shop}}")
        project = product / "dbt_project.yml"
        project.write_text(project.read_text() + "models: {+file_format: parquet}\nseeds: {+file_format: parquet}\n")
        text = check([self.floe, "run", "--format", "json"], product, FLOE_DBT_EXECUTABLE=str(dbt))
        expect("success on Spark", json.loads(text[text.index("{\n"):text.rindex("}") + 1])["success"], True)

    def engine2(self):
        dbt = python_of("interop-dbt2").parent / "dbt"
        product = self.make_product("dbt", "{type: duckdb}")
        # The last version that can be installed parses; to build it lacks a driver that it would download. What
        # counts is that the readings agree and that its results are read.
        code, text = run([self.floe, "run"], product, FLOE_DBT_EXECUTABLE=str(dbt))
        if code not in (0, 1) or "1 seed, 2 models, 3 tests" not in text:
            raise Wrong("dbt v2 under floe ended with %d:\n%s" % (code, text[-2000:]))

    def registry(self):
        sys.path.insert(0, str(HERE))
        import registry_part  # it needs what only this part needs
        if registry_part.run(str(self.floe)):
            raise Wrong("scenarios above failed")

    def make_artifacts(self):
        check([self.dbt, "build"], self.project)
        results = (self.project / "target" / "run_results.json").read_text()
        check([self.dbt, "source", "freshness"], self.project)
        check([self.dbt, "docs", "generate"], self.project)
        (self.project / "target" / "run_results.json").write_text(results)

    def make_product(self, runtime, compute):
        platform = self.work / "platform"
        platform.mkdir()
        (platform / "manifest.yaml").write_text(PLATFORM.replace("RUNTIME", runtime).replace("COMPUTE", compute))
        environment = {"XDG_CACHE_HOME": str(self.work / "cache")}
        os.environ.update(environment)
        check([self.floe, "platform", "compile"], platform)
        check([self.floe, "platform", "publish", "v1.0.0", "--registry", "oci-layout:../registry"], platform)
        (self.project / "floe.yaml").write_text(PRODUCT)
        check([self.floe, "init", "--platform=v1.0.0"], self.project)
        return self.project


PARTS = ["artifacts", "parser", "runtime", "dagster", "airflow", "bouncer", "engine2", "spark", "registry"]


def main():
    if os.environ.get("FLOE_INTEROP") != "1":
        print("skipped: FLOE_INTEROP=1 is not set")
        return 77
    floe = Path(sys.argv[1]).absolute()
    ran = failed = 0
    for name in sys.argv[2:] or PARTS:
        with tempfile.TemporaryDirectory(prefix="floe-interop-") as work:
            try:
                getattr(Part(floe, Path(work)), name)()
                ran += 1
                print("%-10s fine" % name)
            except Skipped as why:
                print("%-10s skipped: %s" % (name, why))
            except (Wrong, subprocess.TimeoutExpired) as why:
                ran += 1
                failed += 1
                print("%-10s WRONG: %s" % (name, why))
        sys.stdout.flush()
    return 77 if ran == 0 else int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
