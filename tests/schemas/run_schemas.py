#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks schemas/: fresh, valid JSON Schema, and of one mind with the loader. Usage: run_schemas.py FLOE

FLOE_UPDATE_GOLDEN=1 rewrites schemas/ first.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = ROOT / "schemas"
SEED = ROOT / "tests/unit/core/data/seed"


def floe(binary, *arguments):
    done = subprocess.run([binary, *arguments], capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        sys.exit(f"floe {' '.join(arguments)} failed:\n{done.stderr}")
    return done.stdout


def stale_schemas(binary, names):
    update = os.environ.get("FLOE_UPDATE_GOLDEN") == "1"
    problems = []
    for name in names:
        path = SCHEMAS / f"{name}.schema.json"
        text = floe(binary, "schema", name)
        if update:
            SCHEMAS.mkdir(exist_ok=True)
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            problems.append(f"{path.relative_to(ROOT)} is not what `floe schema {name}` prints")
    committed = {path.name.removesuffix(".schema.json") for path in SCHEMAS.glob("*.schema.json")}
    problems += [f"schemas/{name}.schema.json: floe knows no such format" for name in committed - set(names)]
    return problems


def mistaken_schemas(names):
    """What the schemas say about the seed's files and about broken ones."""
    try:
        import jsonschema
        import yaml
    except ImportError as missing:
        print(f"skipped checking schemas with documents: {missing}")
        return []
    validators = {}
    problems = []
    for name in names:
        schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        validators[name] = jsonschema.Draft202012Validator(schema)
    seed = {"manifest": "manifest.yaml", "data-product": "floe.yaml"}
    for name, file in seed.items():
        document = yaml.safe_load((SEED / file).read_text())
        problems += [f"seed {file}: {error.message}" for error in validators[name].iter_errors(document)]
        document["metadta"] = {}
        if validators[name].is_valid(document):
            problems.append(f"{name}: an unknown key is accepted")
        del document["metadta"]
        document["x-mine"] = 1
        if not validators[name].is_valid(document):
            problems.append(f"{name}: a key that begins with x- is refused")
    return problems


def main():
    binary = sys.argv[1]
    names = [line.split()[0] for line in floe(binary, "schema").splitlines()]
    problems = stale_schemas(binary, names) or mistaken_schemas(names)
    for problem in problems:
        print(problem)
    if problems:
        print("rewrite with: FLOE_UPDATE_GOLDEN=1 python3 tests/schemas/run_schemas.py FLOE")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
