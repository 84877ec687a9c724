#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run_rules_gallery.py FLOE: docs/rules-gallery on a product that passes every rule and on one that breaks every rule.

One platform has all files of the gallery as custom rules. `good` must be clean; what each rule finds in `bad` is in
expected.txt, a line a finding: rule, severity, place, message. FLOE_UPDATE_GOLDEN=1 rewrites it. The table of other
checkers' checks in the gallery's README must have every line of checks.txt, and name rules and files that there are."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
GALLERY = HERE.parent.parent / "docs" / "rules-gallery"
UPDATE = os.environ.get("FLOE_UPDATE_GOLDEN") == "1"
MANIFEST = """apiVersion: floe.dev/v1
kind: Manifest
metadata:
  name: gallery-platform
  version: "1.0.0"
  scope: enterprise
  owner: platform@example.com
plugins:
  compute:
    type: duckdb
governance:
  custom_rules:
"""


def slugs():
    return sorted(path.stem for path in GALLERY.glob("*.sql"))


def headers(slug):
    """What, why and covers of a file."""
    lines = [line[3:] for line in (GALLERY / (slug + ".sql")).read_text("utf-8").splitlines() if line.startswith("-- ")]
    text = " ".join(lines)
    return re.match(r"(.+?) Why: (.+?) Covers: (.+?)( Needs column lineage.*)?$", text)


def run(floe, arguments, folder, root):
    environment = dict(os.environ, HOME=str(root), XDG_CACHE_HOME=str(root / "cache"), NO_COLOR="1")
    return subprocess.run([floe] + arguments, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)


def publish(floe, root):
    """Publishes the platform; returns what is wrong, and each code's slug."""
    platform = root / "platform"
    shutil.copytree(GALLERY, platform / "rules")
    manifest, names = MANIFEST, {}
    for number, slug in enumerate(slugs(), 101):
        names["X%d" % number] = slug
        manifest += "    - code: X%d\n      description: %s\n      sql_file: rules/%s.sql\n" % (
            number, json.dumps(headers(slug)[1]), slug)
    (platform / "manifest.yaml").write_text(manifest, "utf-8")
    done = run(floe, ["platform", "publish", "v1.0.0", "--registry", "oci-layout:../registry"], platform, root)
    return done.stderr if done.returncode else "", names


def findings(floe, root, product, names):
    """The findings in a product as lines of expected.txt, and the exit code."""
    shutil.copytree(HERE / product, root / product)
    done = run(floe, ["compile", "--format", "json"], root / product, root)
    try:
        found = json.loads(done.stdout)["diagnostics"]
    except ValueError:
        return [done.stdout + done.stderr], done.returncode
    lines = []
    for each in found:
        location = each.get("location") or {}
        place = "%s:%s" % (location.get("path", ""), location.get("start", {}).get("line", ""))
        lines.append("%s %s %s: %s" % (names.get(each["code"], each["code"]), each["severity"], place, each["message"]))
    return sorted(lines), done.returncode


def check_products(floe):
    wrong = []
    with tempfile.TemporaryDirectory(prefix="floe-gallery-") as folder:
        root = pathlib.Path(folder)
        problem, names = publish(floe, root)
        if problem:
            return ["the platform cannot be published:\n" + problem]
        lines, code = findings(floe, root, "good", names)
        if lines or code != 0:
            wrong.append("good: exit code %d\n  %s" % (code, "\n  ".join(lines)))
        lines, code = findings(floe, root, "bad", names)
    expected = HERE / "expected.txt"
    if UPDATE:
        expected.write_text("".join(line + "\n" for line in lines), "utf-8")
    before = expected.read_text("utf-8").splitlines() if expected.exists() else []
    wrong += ["bad: exit code %d" % code] if code != 1 else []
    wrong += ["bad: missing: " + line for line in before if line not in lines]
    wrong += ["bad: unexpected: " + line for line in lines if line not in before]
    fired = {line.split(" ")[0] for line in lines}
    wrong += ["nothing in bad breaks " + slug for slug in slugs() if slug not in fired and not headers(slug)[4]]
    return wrong


def check_page(floe):
    """Every check of the others is mapped to something that there is."""
    def known(code):
        return run(floe, ["explain", code], ".", HERE).returncode == 0

    page = (GALLERY / "README.md").read_text("utf-8")
    rows = {cells[1].strip(): cells[2] for cells in (line.split("|") for line in page.splitlines()) if len(cells) == 4}
    wrong = []
    for check in (HERE / "checks.txt").read_text("utf-8").split("\n"):
        if check and not rows.get(check, "").strip():
            wrong.append("README.md does not map " + check)
    for check, here in rows.items():
        files = re.findall(r"\]\(([a-z0-9-]+)\.sql\)", here)
        wrong += ["%s: there is no %s.sql" % (check, name) for name in files if name not in slugs()]
        wrong += ["%s: there is no rule %s" % (check, code) for code in re.findall(r"\b[A-Z]\d{3}\b", here)
                  if "built in" in here and not known(code)]
        for name in files:
            if name in slugs() and " " in check and check not in headers(name)[3].split("; "):
                wrong.append("%s.sql does not say that it covers %s" % (name, check))
    return wrong


def main():
    floe = os.path.abspath(sys.argv[1])
    wrong = ["%s.sql has no header" % slug for slug in slugs() if not headers(slug)]
    wrong = wrong or check_page(floe) + check_products(floe)
    for line in wrong:
        print(line)
    print("%d rules, %s" % (len(slugs()), "all as expected" if not wrong else "%d problems" % len(wrong)))
    return 1 if wrong else 77 if UPDATE else 0


if __name__ == "__main__":
    sys.exit(main())
