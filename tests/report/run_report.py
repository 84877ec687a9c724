#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run_report.py FLOE: reads target/report.html in a headless Chromium, and checks SARIF against its JSON Schema."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from browser import Browser

ROOT = Path(__file__).resolve().parents[2]
SARIF_SCHEMA = ROOT / ".deps/sarif/sarif-2.1.0.json"
FLOE = ""
HOSTILE = "<script>window.hit=1</script><img src=x onerror='window.hit=1'>\"'&</details></section>"

MANIFEST = """apiVersion: floe.dev/v1
kind: Manifest
metadata: {name: shop-platform, version: "1.0.0", scope: enterprise, owner: platform@example.com}
plugins: {compute: {type: duckdb}}
data_architecture:
  pattern: medallion
  naming: {enforcement: strict}
  layers:
    gold: {prefix: gold_, quality_gates: {minimum_coverage: 100}}
governance:
  quality_gates: {minimum_test_coverage: 10, enforcement: warn}
  classification:
    levels: [PUBLIC, RESTRICTED]
    propagation: warn
  waivers:
    - {rule: N001, nodes: "legacy*", reason: "moves in spring", owner: ana@example.com, expires: 9999-12-31}
"""
PRODUCT = """apiVersion: floe.dev/v1
kind: DataProduct
metadata: {name: shop, version: "1.0"}
platform: {ref: "oci-layout:../registry:v1.0.0"}
transforms: [{type: dbt, path: .}]
"""
MODELS = {
    "bronze_people": "select 1 as id, 'a@example.com' as email",
    "silver_people": "select id, upper(email) as mail from {{ ref('bronze_people') }}",
    "gold_people": "select mail, count(*) as people from {{ ref('silver_people') }} group by 1",
    "gold_alone": "select 1 as one",
    "legacy_people": "select 1 as id",
}
PROPERTIES = {
    "version": 2,
    "models": [
        {
            "name": "bronze_people",
            "description": HOSTILE,
            "columns": [
                {"name": "id", "data_tests": ["not_null"]},
                {"name": "email", "meta": {"floe": {"classification": "RESTRICTED"}}},
            ],
        },
        {"name": "gold_people", "columns": [{"name": "mail", "meta": {"floe": {"classification": "PUBLIC"}}}]},
        {"name": "gold_alone", "columns": [{"name": "one", "data_tests": ["unique"]}, {"name": HOSTILE}]},
    ],
}


def write(root, path, text):
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, encoding="utf-8")


class Shop:
    """A published platform and a product of it, in a folder of their own."""

    def __init__(self, models):
        self.folder = tempfile.TemporaryDirectory(prefix="floe-report-")
        self.root = Path(self.folder.name)
        self.env = dict(os.environ, HOME=self.folder.name, XDG_CACHE_HOME=self.folder.name + "/cache", NO_COLOR="1")
        write(self.root, "platform/manifest.yaml", MANIFEST)
        write(self.root, "product/floe.yaml", PRODUCT)
        write(self.root, "product/dbt_project.yml", 'name: shop\nversion: "1.0"\nprofile: shop\n')
        write(self.root, "product/models/schema.yml", json.dumps(PROPERTIES))
        for name, sql in models.items():
            write(self.root, "product/models/%s.sql" % name, sql)
        publish = ["platform", "publish", "v1.0.0", "--registry", "oci-layout:../registry"]
        done = self.floe("platform", *publish)
        assert done.returncode == 0, done.stderr

    def floe(self, folder, *arguments):
        return subprocess.run(
            [FLOE, *arguments], cwd=self.root / folder, env=self.env, capture_output=True, text=True, timeout=300
        )

    @property
    def page(self):
        return self.root / "product/target/report.html"


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not shutil.which("chromedriver"):
            raise unittest.SkipTest("chromium-driver is not installed")
        refused = dict(MODELS, nowhere="select 1 as id")
        cls.shop = Shop(refused)
        cls.addClassCleanup(cls.shop.folder.cleanup)
        done = cls.shop.floe("product", "compile", "--format", "json")
        assert done.returncode == 1, done.stderr
        cls.findings = json.loads(done.stdout)["diagnostics"]
        cls.browser = cls.enterClassContext(Browser())

    def setUp(self):
        self.browser.open(self.shop.page.as_uri())

    def count(self, selector):
        return self.browser.run("return document.querySelectorAll(arguments[0]).length", selector)

    def text(self, selector):
        return self.browser.run("return document.querySelector(arguments[0]).innerText", selector)

    def visible_rows(self):
        return self.browser.run(
            "return Array.from(document.querySelectorAll('#findings tbody tr')).filter(r => r.offsetHeight).length"
        )

    def test_shows_every_finding(self):
        self.assertEqual(self.text("#verdict"), "Refused")
        rows = self.browser.run(
            "return Array.from(document.querySelectorAll('#findings tbody tr'))"
            ".map(r => [r.className, r.cells[1].innerText, r.cells[2].innerText])"
        )
        self.assertEqual([row[:2] for row in rows], [[f["severity"], f["code"]] for f in self.findings])
        for row, finding in zip(rows, self.findings):
            self.assertIn(finding["message"].split("'")[0], row[2])
        waived = [row[2] for row in rows if "waived: until 9999-12-31 (ana@example.com): moves in spring" in row[2]]
        self.assertEqual(len(waived), 1, rows)

    def test_filters_findings(self):
        everything = self.visible_rows()
        self.assertEqual(everything, len(self.findings))
        errors = sum(f["severity"] == "error" for f in self.findings)
        self.assertTrue(0 < errors < everything)
        self.browser.click(".filters input[value=error]")
        self.assertEqual(self.visible_rows(), everything - errors)
        self.assertEqual(self.text("#shown"), "%d of %d" % (everything - errors, everything))
        self.browser.click(".filters input[value=error]")
        self.browser.type("#search", "NOWHERE")
        self.assertEqual(self.visible_rows(), sum("nowhere" in json.dumps(f) for f in self.findings))

    def test_says_how_far_each_layer_is_tested(self):
        rows = self.browser.run(
            "return Array.from(document.querySelectorAll('.coverage tbody tr'))"
            ".map(r => Array.from(r.cells).slice(0, 5).map(c => c.innerText))"
        )
        self.assertIn(["bronze", "1", "1 of 2", "50 %", "–"], rows)
        self.assertIn(["gold", "2", "1 of 3", "33.3 %", "100 %"], rows)
        self.assertEqual(self.count(".coverage .bar.short"), 1)
        self.assertEqual([row[1] for row in rows if row[0] == "in no layer"], ["2"])

    def test_draws_what_is_made_from_what(self):
        self.assertEqual(self.count(".graph .box"), 6)
        self.assertEqual(self.count(".graph path"), 2)
        lefts = self.browser.run(
            "return Object.fromEntries(Array.from(document.querySelectorAll('.graph .box'))"
            ".map(b => [b.querySelector('text').textContent, b.getBoundingClientRect().left]))"
        )
        self.assertLess(lefts["bronze_people"], lefts["silver_people"])
        self.assertLess(lefts["silver_people"], lefts["gold_people"])
        overlaps = self.browser.run(
            "const r = Array.from(document.querySelectorAll('.graph rect')).map(x => x.getBoundingClientRect());"
            "return r.filter((a, i) => r.some((b, k) => k > i && a.left < b.right && b.left < a.right"
            " && a.top < b.bottom && b.top < a.bottom)).length"
        )
        self.assertEqual(overlaps, 0)

    def test_a_click_shows_where_a_model_comes_from_and_its_columns(self):
        number = self.browser.run(
            "return Array.from(document.querySelectorAll('.box'))"
            ".find(b => b.querySelector('text').textContent === 'silver_people').dataset.n"
        )
        self.browser.click(".box[data-n='%s'] text" % number)
        lit = self.browser.run("return Array.from(document.querySelectorAll('.box.on text')).map(t => t.textContent).sort()")
        self.assertEqual(lit, ["bronze_people", "gold_people", "silver_people"])
        self.assertTrue(self.browser.run("return document.getElementById('n%s').open" % number))
        columns = self.text("#n%s" % number)
        self.assertIn("bronze_people.email (transform)", columns)
        self.assertIn("VARCHAR", columns)
        self.assertIn("RESTRICTED", columns)

    def test_what_users_write_is_text(self):
        self.assertIsNone(self.browser.run("return window.hit === undefined ? null : window.hit"))
        self.assertEqual(self.count("img"), 0)
        self.assertEqual(self.count("script"), 1)
        self.assertIn(HOSTILE, self.browser.run("return document.body.textContent"))

    def test_loads_nothing_and_fits_the_window(self):
        self.assertEqual(self.browser.run("return performance.getEntriesByType('resource').length"), 0)
        blocked = self.browser.run(
            "return fetch('http://127.0.0.1:9/').then(() => 'loaded', () => 'blocked')"  # by the page's own policy
        )
        self.assertEqual(blocked, "blocked")
        said = self.browser.complaints()
        self.assertTrue(any("Content Security Policy" in text for text in said), said)
        self.browser.open("about:blank")
        self.browser.open(self.shop.page.as_uri())
        self.assertEqual(self.browser.complaints(), [])
        self.assertLessEqual(*self.browser.run("return [document.documentElement.scrollWidth, window.innerWidth]"))
        self.assertGreater(len(self.browser.screenshot()), 20000)

    def test_can_be_read_without_scripts(self):
        self.browser.open("about:blank")
        self.browser.run(
            "const page = new DOMParser().parseFromString(arguments[0].replace(/<script>[^]*<\\/script>/, ''), 'text/html');"
            "document.replaceChild(document.importNode(page.documentElement, true), document.documentElement);",
            self.shop.page.read_text(encoding="utf-8"),
        )
        self.assertEqual(self.visible_rows(), len(self.findings))
        self.assertEqual(self.browser.run("return document.querySelector('.filters').offsetHeight"), 0)

    def test_the_same_product_gives_the_same_page(self):
        before = self.shop.page.read_bytes()
        self.shop.floe("product", "compile", "--no-cache")
        self.assertEqual(self.shop.page.read_bytes(), before)

    def test_comes_back_when_it_was_removed(self):
        self.shop.page.unlink()
        self.shop.floe("product", "compile")
        self.assertTrue(self.shop.page.exists())


class PassingPage(unittest.TestCase):
    def test_of_a_large_product(self):
        if not shutil.which("chromedriver"):
            self.skipTest("chromium-driver is not installed")
        models = {"silver_m%03d" % i: "select 1 as id" for i in range(40)}
        for i in range(40, 400):
            models["silver_m%03d" % i] = "select id from {{ ref('silver_m%03d') }}" % (i - 40)
        shop = Shop({**models, **{name: MODELS[name] for name in MODELS if name != "legacy_people"}})
        self.addCleanup(shop.folder.cleanup)
        shop.floe("product", "compile")
        with Browser() as browser:
            browser.open(shop.page.as_uri())
            self.assertEqual(browser.run("return document.querySelectorAll('.graph .box').length"), 404)
            self.assertEqual(browser.run("return document.querySelectorAll('.graph path').length"), 362)
            self.assertEqual(browser.run("return document.querySelector('#verdict').innerText"), "Passed")


class Sarif(unittest.TestCase):
    def test_is_valid_and_suppresses_what_is_waived(self):
        if not SARIF_SCHEMA.exists():
            self.skipTest("the schema of SARIF could not be downloaded")
        import jsonschema

        shop = Shop(dict(MODELS, nowhere="select 1 as id", gold_broken="select 1 as\nx from {{ ref('gone') }}"))
        self.addCleanup(shop.folder.cleanup)
        validator = jsonschema.Draft7Validator(json.loads(SARIF_SCHEMA.read_text(encoding="utf-8")))
        for broken in (True, False):
            if not broken:
                (shop.root / "product/models/gold_broken.sql").unlink()
            log = json.loads(shop.floe("product", "compile", "--format", "sarif").stdout)
            self.assertEqual([error.message for error in validator.iter_errors(log)], [])
            self.assertTrue(log["runs"][0]["results"])
        results = log["runs"][0]["results"]
        suppressed = [result for result in results if result.get("suppressions")]
        self.assertEqual([result["ruleId"] for result in suppressed], ["N001"])
        self.assertEqual(suppressed[0]["level"], "error")
        self.assertEqual(
            suppressed[0]["suppressions"],
            [
                {
                    "kind": "external",
                    "status": "accepted",
                    "justification": "until 9999-12-31 (ana@example.com): moves in spring",
                }
            ],
        )
        rules = log["runs"][0]["tool"]["driver"]["rules"]
        self.assertTrue(all(rule["shortDescription"]["text"] for rule in rules), rules)
        self.assertEqual([rules[r["ruleIndex"]]["id"] for r in results], [r["ruleId"] for r in results])

    def test_a_wrong_log_is_told(self):
        """That the schema is really used."""
        if not SARIF_SCHEMA.exists():
            self.skipTest("the schema of SARIF could not be downloaded")
        import jsonschema

        validator = jsonschema.Draft7Validator(json.loads(SARIF_SCHEMA.read_text(encoding="utf-8")))
        log = {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "floe"}}, "results": [{"level": "bad"}]}]}
        self.assertFalse(validator.is_valid(log))


if __name__ == "__main__":
    FLOE = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=1)
