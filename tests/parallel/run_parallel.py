#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run_parallel.py FLOE [MODELS]: parses, builds and builds again a generated project with many threads.

Every command must succeed, the build must have a result for each node, and no thread sanitizer may have anything to say: the
test is made for `make tsan`, and quick without. There MODELS can be 1000."""
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
GENERATOR = os.path.join(HERE, "..", "..", "bench", "generate_project.py")
FLOE = os.path.abspath(sys.argv[1])
MODELS = sys.argv[2] if len(sys.argv) > 2 else os.environ.get("FLOE_PARALLEL_MODELS", "60")


def run(folder, *words):
    done = subprocess.run([FLOE, "dbt"] + list(words) + ["--profiles-dir", "."], cwd=folder, capture_output=True, text=True)
    said = done.stdout + done.stderr
    if done.returncode != 0 or "ThreadSanitizer" in said:
        print("floe dbt %s ended with %d\n%s" % (" ".join(words), done.returncode, said[-8000:]))
        sys.exit(1)


def results(folder):
    return json.load(open(os.path.join(folder, "target", "run_results.json")))["results"]


def main():
    with tempfile.TemporaryDirectory(prefix="floe-parallel-") as work:
        folder = os.path.join(work, "project")
        subprocess.run([sys.executable, GENERATOR, MODELS, folder], check=True)
        run(folder, "parse")
        run(folder, "build", "--threads", "8")
        first = results(folder)
        run(folder, "build", "--threads", "8")  # incremental models meet their tables
        again = results(folder)
        models = [each for each in first if each["unique_id"].startswith("model.")]
        if len(models) != int(MODELS) or len(first) != len(again):
            print("%d of %s models, %d and %d results" % (len(models), MODELS, len(first), len(again)))
            return 1
        print("%s models, %d results: ok" % (MODELS, len(first)))
        return 0


if __name__ == "__main__":
    sys.exit(main())
