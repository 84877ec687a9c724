#!/usr/bin/env python3
"""run_story.py FLOE: the main job from first to last on the architecture record's own two files.

manifest.yaml and floe.yaml are the record's, verbatim but for the registry, which is an OCI layout folder; twelve small
models lie under models/, and there is no dbt_project.yml. The product must be refused because of stg_payments in the
record's own words, and run after the rename."""
import os
import shutil
import subprocess
import sys
import tempfile

MANIFEST = '''apiVersion: floe.dev/v1
kind: Manifest
metadata:
  name: acme-data-platform
  version: "1.2.3"
  scope: enterprise

plugins:
  compute:
    type: duckdb        # Set ONCE, inherited by all pipelines
  orchestrator:
    type: dagster
  catalog:
    type: polaris
  semantic_layer:
    type: cube
  ingestion:
    type: dlt

data_architecture:
  pattern: medallion
  naming:
    enforcement: strict  # off | warn | strict

governance:
  quality_gates:
    minimum_test_coverage: 80
    block_on_failure: true
'''
PRODUCT = '''apiVersion: floe.dev/v1
kind: DataProduct
metadata:
  name: customer-analytics
  version: "1.0"

platform:
  ref: oci-layout:../registry:v1.2.3

# Data engineers ONLY define transforms and schedules
# All platform concerns are inherited
transforms:
  - type: dbt
    path: models/

schedule:
  cron: "0 6 * * *"
'''
ROOTS = {
    "bronze_customers": "select * from (values (1, 'DE'), (2, 'AT'), (3, 'DE')) as t(customer_id, country)",
    "bronze_orders": "select * from (values (10, 1, 20), (11, 1, 30), (12, 3, 5)) as t(order_id, customer_id, amount)",
    "bronze_products": "select * from (values (7, 'beans'), (8, 'mugs')) as t(product_id, kind)",
    "bronze_shipments": "select * from (values (10, true), (12, false)) as t(order_id, arrived)",
    "stg_payments": "select * from (values (10, 20), (11, 30)) as t(order_id, paid)",
}
MODELS = {
    "silver_customers": "select customer_id, country from {{ ref('bronze_customers') }}",
    "silver_orders": "select order_id, customer_id, amount from {{ ref('bronze_orders') }}",
    "silver_payments": "select order_id, paid from {{ ref('stg_payments') }}",
    "silver_shipments": "select order_id, arrived from {{ ref('bronze_shipments') }}",
    "gold_revenue": "select customer_id, sum(amount) as amount from {{ ref('silver_orders') }} group by customer_id",
    "gold_paid": "select order_id, paid from {{ ref('silver_payments') }}",
    "gold_countries": "select country, count(*) as customers from {{ ref('silver_customers') }} group by country",
}
COLUMNS = {
    "bronze_customers": ["customer_id", "country"], "bronze_orders": ["order_id", "customer_id", "amount"],
    "bronze_products": ["product_id", "kind"], "bronze_shipments": ["order_id", "arrived"],
    "stg_payments": ["order_id", "paid"], "silver_customers": ["customer_id", "country"],
    "silver_orders": ["order_id", "customer_id", "amount"], "silver_payments": ["order_id", "paid"],
    "silver_shipments": ["order_id", "arrived"], "gold_revenue": ["customer_id", "amount"],
    "gold_paid": ["order_id", "paid"], "gold_countries": ["country", "customers"],
}
REFUSED = '''[1/4] Loading platform artifacts from oci-layout:../registry:v1.2.3
      ✓ Platform version: 1.2.3
      ✓ Compute: duckdb
      ✓ Architecture: medallion (strict enforcement)

[2/4] Validating transforms
      ✓ 12 dbt models found

[3/4] Enforcing naming conventions
'''


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)


class Story:
    """Runs floe below one folder and counts what holds."""

    def __init__(self, floe, root):
        self.floe, self.root = floe, root
        self.env = dict(os.environ, HOME=root, XDG_CACHE_HOME=os.path.join(root, "cache"), NO_COLOR="1")
        self.passed = self.failed = 0

    def run(self, folder, *args):
        return subprocess.run([self.floe, *args], cwd=os.path.join(self.root, folder), env=self.env,
                              capture_output=True, text=True, timeout=120)

    def check(self, what, holds, done=None):
        self.passed, self.failed = (self.passed + 1, self.failed) if holds else (self.passed, self.failed + 1)
        print("%s  %s" % ("ok    " if holds else "FAILED", what))
        if not holds and done is not None:
            print("exit code %d\n--- stdout\n%s--- stderr\n%s" % (done.returncode, done.stdout, done.stderr))


def write_product(root):
    product = os.path.join(root, "product")
    write(os.path.join(product, "floe.yaml"), PRODUCT)
    for name, sql in {**ROOTS, **MODELS}.items():
        write(os.path.join(product, "models", name + ".sql"), sql + "\n")
    schema = "version: 2\nmodels:\n"
    for name, columns in COLUMNS.items():
        schema += "  - name: %s\n    columns:\n" % name
        schema += "".join("      - {name: %s, data_tests: [not_null]}\n" % column for column in columns)
    write(os.path.join(product, "models", "schema.yml"), schema)
    return product


def rename_payments(product):
    models = os.path.join(product, "models")
    os.rename(os.path.join(models, "stg_payments.sql"), os.path.join(models, "bronze_payments.sql"))
    for name in ("silver_payments.sql", "schema.yml"):
        path = os.path.join(models, name)
        text = open(path, encoding="utf-8").read().replace("stg_payments", "bronze_payments")
        write(path, text)


def tell(story):
    write(os.path.join(story.root, "platform", "manifest.yaml"), MANIFEST)
    done = story.run("platform", "platform", "compile")
    story.check("the platform compiles", done.returncode == 0, done)
    done = story.run("platform", "platform", "publish", "v1.2.3", "--registry", "oci-layout:../registry")
    story.check("it is published", done.returncode == 0 and "oci-layout:../registry:v1.2.3" in done.stdout, done)
    done = story.run("platform", "platform", "publish", "v1.2.3", "--registry", "oci-layout:../registry")
    story.check("the same content again is fine", done.returncode == 0 and "already published" in done.stdout.lower(), done)
    if shutil.which("skopeo"):
        raw = subprocess.run(["skopeo", "inspect", "--raw", "oci:%s/registry:v1.2.3" % story.root],
                             capture_output=True, text=True)
        story.check("skopeo reads the artifact", "application/vnd.floe.platform.v1" in raw.stdout)
    else:
        print("skipped: skopeo is not installed")

    product = write_product(story.root)
    done = story.run("product", "init", "--platform=v1.2.3")
    story.check("init pins the platform", done.returncode == 0 and os.path.exists(os.path.join(product, "floe.lock")), done)
    story.check("init overwrites nothing", open(os.path.join(product, "floe.yaml"), encoding="utf-8").read() == PRODUCT)
    done = story.run("product", "compile")
    story.check("the product is refused: exit code 1", done.returncode == 1, done)
    story.check("in the record's words", done.stdout.startswith(REFUSED) and all(line in done.stdout.splitlines() for line in (
        "      ✓ bronze_customers: valid",
        "      ✗ ERROR: 'stg_payments' violates naming convention",
        "              Expected: bronze_*, silver_*, or gold_* prefix",
        "[4/4] Compilation FAILED")), done)
    story.check("the finding says where and why", "error[N001]" in done.stderr and "models/stg_payments.sql:1:1" in done.stderr, done)
    done = story.run("product", "run")
    story.check("nothing refused runs", done.returncode == 1 and not os.path.exists(os.path.join(product, "target", "customer-analytics.duckdb")), done)

    rename_payments(product)
    done = story.run("product", "compile")
    story.check("after the rename it passes", done.returncode == 0, done)
    done = story.run("product", "run")
    story.check("and runs", done.returncode == 0, done)
    done = story.run("product", "show", "gold_countries")
    story.check("its tables can be read", done.returncode == 0 and "DE" in done.stdout, done)


def main():
    floe = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="floe-story-") as root:
        story = Story(floe, root)
        tell(story)
    print("%d passed, %d failed" % (story.passed, story.failed))
    return 1 if story.failed else 0


if __name__ == "__main__":
    sys.exit(main())
