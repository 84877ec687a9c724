#!/usr/bin/env python3
"""run_rules.py FLOE [CODE…]: compiles the passing and the failing fixture of every rule with the real binary.

Each fixture is published and compiled in a folder of its own; what counts is the code in `floe compile --format json`."""
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
MANIFEST = """apiVersion: floe.dev/v1
kind: Manifest
metadata:
  name: fixture-platform
  version: "1.0.0"
  scope: enterprise
  owner: platform@example.com
plugins:
  compute:
    type: duckdb
"""
PRODUCT = """apiVersion: floe.dev/v1
kind: DataProduct
metadata:
  name: fixture
  version: "1.0"
platform:
  ref: oci-layout:../registry:v1.0.0
transforms:
  - type: dbt
    path: models/
"""


def read_case(path):
    """The sections of a case file as (kind, target, text) rows."""
    rows, kind, target, lines = [], None, "", []
    for line in open(path, encoding="utf-8"):
        match = re.match(r"^--- (manifest|both|pass|fail|publish)\s*(\S*)\s*$", line)
        if match:
            if kind:
                rows.append((kind, target, "".join(lines)))
            kind, target, lines = match.group(1), match.group(2), []
        else:
            lines.append(line)
    rows.append((kind, target, "".join(lines)))
    return rows


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)


def run(floe, args, cwd, env):
    return subprocess.run([floe] + args, cwd=cwd, env=env, capture_output=True, text=True, timeout=60)


def compile_fixture(floe, rows, which, root):
    """Builds one of the two fixtures below root; returns (exit code, codes found, raw output)."""
    env = dict(os.environ, HOME=root, XDG_CACHE_HOME=os.path.join(root, "cache"), NO_COLOR="1")
    manifest = MANIFEST + "".join(text for kind, _, text in rows if kind == "manifest")
    write(os.path.join(root, "platform", "manifest.yaml"), manifest)
    product = os.path.join(root, "product")
    write(os.path.join(product, "floe.yaml"), PRODUCT)
    for kind, target, text in rows:
        if kind in ("both", which):
            write(os.path.join(product, target), text)
    published = run(floe, ["platform", "publish", "v1.0.0", "--registry", "oci-layout:../registry"],
                    os.path.join(root, "platform"), env)
    if published.returncode != 0:
        return None, [], published.stdout + published.stderr
    for line in "".join(text for kind, _, text in rows if kind == "publish").split("\n"):
        if not line.strip():
            continue
        folder, version = line.split()
        published = run(floe, ["products", "publish", version], os.path.join(root, folder), env)
        if published.returncode != 0:
            return None, [], published.stdout + published.stderr
    done = run(floe, ["compile", "--format", "json"], product, env)
    try:
        codes = [d["code"] for d in json.loads(done.stdout)["diagnostics"]]
    except (ValueError, KeyError):
        return None, [], done.stdout + done.stderr
    return done.returncode, codes, done.stdout + done.stderr


def check(floe, code, path):
    """The complaints about one case file."""
    rows, wrong = read_case(path), []
    for which in ("fail", "pass"):
        with tempfile.TemporaryDirectory(prefix="floe-rule-") as root:
            exit_code, codes, text = compile_fixture(floe, rows, which, root)
        if exit_code is None:
            wrong.append("%s fixture could not be compiled: %s" % (which, text.strip()[-800:]))
        elif which == "fail" and (code not in codes or exit_code != 1):
            wrong.append("fail fixture: exit %s, codes %s: %s" % (exit_code, codes, text[-600:]))
        elif which == "pass" and (code in codes or exit_code != 0):
            wrong.append("pass fixture: exit %s, codes %s: %s" % (exit_code, codes, text[-600:]))
    return wrong


def main():
    floe = os.path.abspath(sys.argv[1])
    listed = json.loads(subprocess.run([floe, "rules", "--format", "json"], capture_output=True,
                                       text=True, check=True).stdout)
    # What C and P are about has no platform that could turn it off: tests/cases and the unit tests have those.
    codes = sys.argv[2:] or [rule["code"] for rule in listed["rules"] if rule["family"] not in ("C", "P")]
    passed = failed = 0
    for code in codes:
        path = os.path.join(HERE, code + ".case")
        wrong = check(floe, code, path) if os.path.exists(path) else ["there is no " + code + ".case"]
        passed, failed = (passed + 1, failed) if not wrong else (passed, failed + 1)
        print("%-6s %s" % (code, "ok" if not wrong else "FAILED"))
        for text in wrong:
            print("       " + text)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
