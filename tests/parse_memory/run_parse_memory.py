#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run_parse_memory.py FLOE [STEPS [SEED]]: a parse from memory writes what a parse of everything writes.

A project is edited at random (models, functions, properties, macros, seeds, vars, environment, profile; changed, added, deleted,
renamed, broken and mended); after each edit `floe dbt parse` in the folder with the memory must exit, say and write what
it does in a copy without one, but for times and ids. Then: warnings that a date or other options change, damaged memories
and artifacts, several processes at once, and kills at any moment."""
import datetime
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
GENERATOR = os.path.join(HERE, "..", "..", "bench", "generate_project.py")
ARTIFACTS = ["manifest.json", "graph_summary.json", "semantic_manifest.json"]
FLOE = os.path.abspath(sys.argv[1])
STEPS = int(sys.argv[2]) if len(sys.argv) > 2 else 40
FUNCTION = """  - name: add_%d
    arguments: [{name: a, data_type: integer}]
    returns: {data_type: integer}
    overloads: [{defined_in: add_%d_text, arguments: [{name: a, data_type: varchar}]}]
"""
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else 20260131


def plain(text, folder):
    text = re.sub(r'"(generated_at|invocation_id|invocation_started_at|run_started_at|_invocation_id)": "[^"]*"', "", text)
    text = re.sub(r'"created_at": [0-9.e+]+', "", text)
    return re.sub(r"\d\d:\d\d:\d\d", "", text).replace(folder, "")


class Bench:
    """The project under edit, and a fresh copy of it for every check."""

    def __init__(self, work):
        self.work, self.project, self.random = work, os.path.join(work, "project"), random.Random(SEED)
        self.env, self.vars, self.number = {}, {}, 0
        subprocess.run([sys.executable, GENERATOR, "30", self.project], check=True)
        self.write("models/marts/by_env.sql", "select {{ env_var('SUFFIX', '1') }} as a, '{{ var('flavour', 'x') }}' as b\n")
        for number in range(2):
            self.write("functions/add_%d.sql" % number, "select a + %d" % number)
            self.write("functions/add_%d_text.sql" % number, "select a || '%d'" % number)
        self.write("functions/functions.yml", "functions:\n" + "".join(FUNCTION % (number, number) for number in range(2)))
        self.write("models/marts/by_function.sql", "select {{ function('add_0') }}(1) as a\n")

    def path(self, name):
        return os.path.join(self.project, name)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as out:
            out.write(text)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def files(self, ending, folder="models"):
        found = []
        for base, _, names in os.walk(self.path(folder)):
            found += [os.path.relpath(os.path.join(base, name), self.project) for name in names if name.endswith(ending)]
        return sorted(found)

    def parse(self, folder, *more):
        command = [FLOE, "dbt", "parse", "--profiles-dir", "."] + list(more)
        if self.vars:
            command += ["--vars", str(self.vars)]
        done = subprocess.run(command, cwd=folder, env=dict(os.environ, **self.env), capture_output=True, text=True)
        texts = {}
        for name in ARTIFACTS:
            path = os.path.join(folder, "target", name)
            texts[name] = plain(open(path, encoding="utf-8").read(), folder) if os.path.exists(path) else None
        return {"exit": done.returncode, "out": plain(done.stdout, folder), "err": plain(done.stderr, folder), **texts}

    def fresh(self):
        copy = os.path.join(self.work, "fresh")
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.project, copy, ignore=shutil.ignore_patterns("target", "logs"))
        return self.parse(copy, "--no-partial-parse")

    def check(self, what):
        for _ in range(2):  # the second from what the first one left
            got, want = self.parse(self.project), self.fresh()
            if got["exit"] != 0:  # a failed parse leaves the artifacts of the last good one
                got, want = ({k: v for k, v in each.items() if k not in ARTIFACTS} for each in (got, want))
            for key in want:
                if got[key] != want[key]:
                    for side, each in (("memory", got), ("fresh", want)):
                        with open(os.path.join(self.work, side + ".txt"), "w") as out:
                            out.write(str(each[key]))
                    print("FAILED after %s: %s differs (compare memory.txt, fresh.txt in %s)" % (what, key, self.work))
                    return False
        return True

    # Edits: each returns what it did.

    def edit(self):
        self.number += 1
        edits = [self.text] * 6 + [self.comment] * 3 + [self.config, self.add, self.delete, self.rename, self.properties,
                                   self.describe, self.macro, self.variable, self.environment, self.project_file,
                                   self.profile, self.seed, self.touch, self.same_size, self.break_model, self.two,
                                   self.function, self.call, self.deprecate]
        return self.random.choice(edits)()

    def model(self):
        return self.random.choice([name for name in self.files(".sql") if "broken" not in name])

    def text(self):
        name = self.model()
        self.write(name, self.read(name) + "union all select * from (select %d as id) -- \"\\\u00e4\t{{ 1 + 1 }}\n" % self.number)
        return "new text in " + name

    def comment(self):
        name = self.model()
        self.write(name, "-- %d\n" % self.number + self.read(name))
        return "a comment in " + name

    def two(self):
        return self.comment() + " and " + self.text()

    def same_size(self):
        name = self.model()
        text = self.read(name)
        self.write(name, text.replace("select", "SELECT") if "select" in text else text.replace("SELECT", "select"))
        return "other letters in " + name

    def config(self):
        name = self.model()
        self.write(name, "{{ config(tags=['t%d'], meta={'n': %d}) }}\n" % (self.number, self.number) + self.read(name))
        return "a config in " + name

    def add(self):
        name = "models/marts/added_%d.sql" % self.number
        parent = os.path.basename(self.random.choice([each for each in self.files(".sql") if "marts" not in each]))[:-4]
        self.write(name, "select * from {{ ref('%s') }}\n" % parent)
        return "a new " + name

    def delete(self):
        names = self.files(".sql", "models/marts")
        name = self.random.choice(names)
        os.remove(self.path(name))
        return "deleting " + name

    def rename(self):
        name = self.random.choice(self.files(".sql", "models/marts"))
        other = name[:-4] + "_r%d.sql" % self.number
        os.rename(self.path(name), self.path(other))
        return "renaming " + name

    def properties(self):
        name = self.random.choice(self.files(".yml"))
        text = self.read(name)
        if self.random.random() < .5:
            text = text.replace("data_tests: [not_null]", "data_tests: [unique]", 1)
        else:
            text = text.replace("data_tests: [unique, not_null]", "data_tests: [not_null]", 1)
        self.write(name, text)
        return "tests in " + name

    def describe(self):
        self.write("models/docs.md", "{%% docs about %%}\nMade %d times.\n{%% enddocs %%}\n" % self.number)
        return "a docs block"

    def macro(self):
        self.write("macros/money.sql", self.read("macros/money.sql") + "{%% macro extra_%d() %%}x{%% endmacro %%}\n" % self.number)
        return "a macro"

    def variable(self):
        self.vars = self.random.choice([{}, {"flavour": "v%d" % self.number}, {"min_amount": 3}])
        return "vars %s" % self.vars

    def environment(self):
        self.env = self.random.choice([{}, {"SUFFIX": str(self.number)}, {"DBT_ENV_CUSTOM_ENV_TEAM": "t%d" % self.number}])
        return "environment %s" % self.env

    def project_file(self):
        self.write("dbt_project.yml", self.read("dbt_project.yml").replace("min_amount: ", "min_amount: 1", 1))
        return "dbt_project.yml"

    def profile(self):
        self.write("profiles.yml", re.sub(r"path: \w+", "path: bench%d" % self.number, self.read("profiles.yml")))
        return "profiles.yml"

    def seed(self):
        name = self.random.choice(self.files(".csv", "seeds"))
        self.write(name, self.read(name) + "%d,placed,1.00,2025-01-01\n" % (1000 + self.number))
        return "a row of " + name

    def function(self):
        name = self.random.choice(self.files(".sql", "functions"))
        self.write(name, self.read(name) + " + %d" % self.number)
        return "another body of " + name

    def call(self):
        name = self.model()
        self.write(name, self.read(name) + "-- {{ function('add_%d') }}\n" % self.random.randrange(2))
        return "a call in " + name

    def touch(self):
        name = self.model()
        os.utime(self.path(name), (1, 1))
        return "the times of " + name

    def deprecate(self):
        described = "fct_"  # twice would be an error, and stay one
        names = [os.path.basename(each)[:-4] for each in self.files(".sql", "models/marts")]
        name = self.random.choice([each for each in names if not each.startswith(described)] + ["nobody"])
        day = self.random.choice(["2020-01-01", "2199-01-01"])
        self.write("models/marts/old.yml", "models:\n  - {name: %s, deprecation_date: %s}\n" % (name, day))
        return "deprecating %s by %s" % (name, day)

    def break_model(self):
        name = "models/marts/broken.sql"
        if os.path.exists(self.path(name)):
            os.remove(self.path(name))
            return "mending"
        self.write(name, self.random.choice(["select {{ ref('nobody') }}", "{% if %}", "select {{ nothing_known() }}"]))
        return "breaking"


def warnings(bench):
    """What is warned of depends on the day and on the options, not only on the files."""
    def told(*options):
        return bench.parse(bench.project, *options)["err"]

    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=4)
    bench.write("models/marts/retired.sql", "select 1 as id\n")
    bench.write("models/marts/reader.sql", "select * from {{ ref('retired') }}\n")
    bench.write("models/marts/old.yml", "models:\n  - {name: retired, deprecation_date: '%s'}\n" % end.isoformat())
    if "UpcomingReferenceDeprecation" not in told() or "UpcomingReferenceDeprecation" not in told():
        print("FAILED: a date to come is not warned of")
        return False
    silent = ["--warn-error-options", "{silence: [UpcomingReferenceDeprecation, DeprecatedModel, DeprecatedReference]}"]
    if "Deprecat" in told(*silent):
        print("FAILED: what is to be silent is told")
        return False
    while datetime.datetime.now(datetime.timezone.utc) <= end:
        time.sleep(.2)
    said = told()
    if "DeprecatedModel" not in said or "DeprecatedReference" not in said or "Upcoming" in said:
        print("FAILED: the date is past and not told")
        return False
    if bench.parse(bench.project, "--warn-error-options", "{error: [DeprecatedModel]}")["exit"] != 2:
        print("FAILED: a remembered warning is no error")
        return False
    return bench.check("a date")


def damage(bench):
    """Whatever is wrong with what lies in target/, it is not believed."""
    for name in [".parse-memory"] + ARTIFACTS:
        for way in ("flip", "cut", "empty", "gone", "folder"):
            bench.parse(bench.project)
            path = os.path.join(bench.project, "target", name)
            data = bytearray(open(path, "rb").read())
            os.remove(path)
            if way == "flip":
                data[bench.random.randrange(len(data) // 2, len(data))] ^= 1
            if way == "cut":
                data = data[:len(data) // 2]
            if way == "empty":
                data = b""
            if way == "folder" and name == ".parse-memory":
                os.mkdir(path)
            elif way not in ("gone", "folder"):
                open(path, "wb").write(data)
            fine = bench.check("%s %s" % (way, name))
            if os.path.isdir(path):
                os.rmdir(path)
            if not fine:
                return False
    return True


def used(bench):
    """The memory answers where it may: nothing changed, or texts of models."""
    log = bench.path("logs/dbt.log")

    def told():
        if os.path.exists(log):
            os.remove(log)
        bench.parse(bench.project)
        found = re.findall(r"Partial parsing enabled: 0 files deleted, 0 files added, (\d+) files changed", bench.read("logs/dbt.log"))
        return [int(each) for each in found]

    names = bench.random.sample(bench.files(".sql", "models/marts"), 2)
    bench.write("macros/used.sql", "{% macro used() %}{% endmacro %}\n")
    steps = [("a macro", []), ("nothing", [0]), ("one model", [1]), ("two models", [2]), ("nothing", [0])]
    for what, want in steps:
        for name in names[:sum(want)]:
            bench.write(name, bench.read(name) + "-- %s\n" % what)
        got = told()
        if got != want:
            print("FAILED: after a change of %s the memory told %s, not %s" % (what, got, want))
            return False
    return True


def together(bench):
    """Several at once, and some of them killed, leave a whole state."""
    for round_number in range(8):
        bench.edit() if round_number % 2 else bench.comment()
        command = [FLOE, "dbt", "parse", "--profiles-dir", "."]
        running = [subprocess.Popen(command, cwd=bench.project, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                   for _ in range(3)]
        if round_number >= 3:
            time.sleep(bench.random.random() * .08)
            for each in running[round_number % 2:]:
                each.send_signal(signal.SIGKILL)
        for each in running:
            each.wait()
        if not bench.check("several processes"):
            return False
    return True


def main():
    with tempfile.TemporaryDirectory(prefix="floe-parse-memory-") as work:
        bench = Bench(work)
        fine = bench.check("nothing") and used(bench)
        for _ in range(STEPS):
            fine = fine and bench.check(bench.edit())
        broken = bench.path("models/marts/broken.sql")
        if os.path.exists(broken):
            os.remove(broken)
        fine = fine and warnings(bench) and damage(bench) and together(bench)
        if not fine:
            kept = tempfile.mkdtemp(prefix="floe-parse-memory-kept-")
            shutil.copytree(work, kept, dirs_exist_ok=True)
            print("kept in " + kept)
        print("%d edits, seed %d: %s" % (STEPS, SEED, "ok" if fine else "FAILED"))
        return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
