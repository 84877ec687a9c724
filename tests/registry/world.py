# SPDX-License-Identifier: Apache-2.0
"""What the registry suites share: a place to work in, floe and oci_tool run in it, and what must hold after each
run."""

import collections
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

import servers
import wire

LANES = 4  # scenarios at a time
MANIFEST = """apiVersion: floe.dev/v1
kind: Manifest
metadata: {name: platform, version: "%s", scope: enterprise, owner: platform@example.com, description: "%s"}
plugins:
  compute: {type: duckdb}
"""
PRODUCT = """apiVersion: floe.dev/v1
kind: DataProduct
metadata: {name: shop, version: "1.0"}
platform:
  ref: %s
transforms:
  - type: dbt
    path: models/
"""
# Runs a command and says what it cost: as the child of a small process, since a child's high-water mark
# begins with its parent's.
MEASURE = """import os, resource, subprocess, sys
code = subprocess.call(sys.argv[2:])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
open(sys.argv[1], 'w').write('%d %d' % (code, used.ru_maxrss))
"""


class Done:
    """How a run ended. `rss` in MiB if it was measured."""

    def __init__(self, args, code, out, err, seconds, rss=None):
        self.args, self.code, self.out, self.err, self.seconds, self.rss = args, code, out, err, seconds, rss
        self.text = out + err

    def __str__(self):
        rss = "" if self.rss is None else ", %.0f MiB" % self.rss
        return "%s: exit code %d after %.1f s%s\n%s" % (
            " ".join(self.args),
            self.code,
            self.seconds,
            rss,
            self.text[-2500:],
        )


class World:
    """Folders below one root: floe/ holds all that floe may write, servers/ and config/ what is the tests' own."""

    def __init__(self, floe, root):
        self.floe, self.root = os.path.abspath(floe), root
        self.work, self.servers_folder = self.folder("floe"), self.folder("servers")
        self.outputs, self.lock = [], threading.Lock()
        self.registries = []
        self.env = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("FLOE_", "REGISTRY_", "DOCKER_", "COSIGN_"))
            and not key.lower().endswith("_proxy")
            and key not in ("SSL_CERT_FILE", "SSL_CERT_DIR")
        }
        self.env.update(
            HOME=self.folder("floe/home"),
            XDG_CACHE_HOME=self.folder("floe/cache"),
            NO_COLOR="1",
            CI="1",
            DOCKER_CONFIG=servers.docker_config(self.path("config/none")),
            FLOE_RETRY_SCALE="0.01",
            FLOE_REGISTRY_TIMEOUT="3",
            COSIGN_PASSWORD=servers.KEY_PASSPHRASE,
        )

    def path(self, *parts):
        return os.path.join(self.root, *parts)

    def folder(self, *parts):
        os.makedirs(self.path(*parts), exist_ok=True)
        return self.path(*parts)

    def fresh(self, name):
        """A new folder for floe to write in."""
        return tempfile.mkdtemp(prefix=name + "-", dir=self.work)

    def build_folder(self):
        """Where what was built for tests may stay: the build's folder, beside floe."""
        return os.path.join(os.path.dirname(self.floe), "tests", "registry")

    def tool_path(self):
        here = os.path.dirname(self.floe)
        found = [
            path
            for path in (os.path.join(here, "oci_tool"), os.path.join(here, "tests", "oci_tool"))
            if os.path.exists(path)
        ]
        assert found, "oci_tool is not built: build all targets"
        return found[0]

    def registry(self, **options):
        """A docker-registry whose storage is searched for secrets at the end."""
        registry = servers.DockerRegistry(self.servers_folder, **options)
        self.registries.append(registry)
        return registry

    def run(self, *args, env=None, cwd=None, timeout=60, measure=False):
        """Runs floe with these arguments; kills it and fails when the time is over."""
        return self.execute([self.floe, *args], env, cwd, timeout, measure)

    def tool(self, *args, env=None, cwd=None, timeout=60, measure=False):
        """Runs oci_tool."""
        return self.execute([self.tool_path(), *args], env, cwd, timeout, measure)

    def execute(self, command, env=None, cwd=None, timeout=60, measure=False):
        whole, note = list(command), None
        if measure:
            handle, note = tempfile.mkstemp(prefix="cost-", dir=self.folder("config"))
            os.close(handle)
            whole = [sys.executable, "-S", "-E", "-c", MEASURE, note, *command]
        start = time.monotonic()
        process = subprocess.Popen(
            whole,
            cwd=cwd or self.work,
            env={**self.env, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        late = False
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            late = True
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
        code, rss = process.returncode, None
        if measure and not late:
            with open(note, encoding="utf-8") as file:
                code, rss = (int(number) for number in file.read().split())
            rss /= 1024
        done = Done(
            [os.path.basename(command[0]), *command[1:]],
            code,
            out.decode("utf-8", "replace"),
            err.decode("utf-8", "replace"),
            time.monotonic() - start,
            rss,
        )
        with self.lock:
            self.outputs.append(done)
        assert not late, "not over after %d s: %s" % (timeout, done)
        assert code >= 0 and code < 128, "killed by a signal: %s" % done
        assert code != 70 and "internal error" not in done.text, "a crash: %s" % done
        return done

    def platform(self, version="1.0.0", mark=""):
        """A folder with the smallest manifest that compiles; `mark` makes its content another one."""
        folder = self.fresh("platform")
        with open(os.path.join(folder, "manifest.yaml"), "w", encoding="utf-8") as file:
            file.write(MANIFEST % (version, mark))
        return folder

    def product(self, reference):
        folder = self.fresh("product")
        os.mkdir(os.path.join(folder, "models"))
        for name, text in (("floe.yaml", PRODUCT % reference), ("models/a.sql", "select 1 as id\n")):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        return folder

    def files(self, **contents):
        """A folder with these files, for oci_tool push; returns it."""
        folder = self.fresh("files")
        for name, content in contents.items():
            with open(os.path.join(folder, name), "wb") as file:
                file.write(content)
        return folder

    def publish(self, repository, version="1.0.0", mark="", env=None, **options):
        return self.run(
            "platform",
            "publish",
            "v" + version,
            "--registry",
            repository,
            cwd=self.platform(version, mark),
            env=env,
            **options,
        )

    def cache(self):
        """An environment with an empty cache of its own."""
        return {"XDG_CACHE_HOME": self.fresh("cache")}


def digest_in(done):
    """The digest that a run printed last."""
    found = re.findall(r"sha256:[0-9a-f]{64}", done.text)
    assert found, "no digest in: %s" % done
    return found[-1]


def expect(done, codes, *patterns):
    """Demands one of these exit codes and all these patterns in the output."""
    codes = codes if isinstance(codes, (tuple, list, set)) else (codes,)
    assert done.code in codes, "wanted exit code %s\n%s" % (" or ".join(map(str, codes)), done)
    for pattern in patterns:
        assert re.search(pattern, done.text, re.S), "no /%s/ in: %s" % (pattern, done)
    return done


def refused(done, reference, codes=(3, 4), *patterns):
    """A refusal as the documentation promises it: the exit code, an error that names the reference and, from floe,
    advice."""
    expect(done, codes, *patterns)
    named = re.sub(r"^oci://|:[^/:]*$|@.*$", "", reference)
    if done.args[0] != "floe":
        named = named.split("/")[0]  # the library knows the host; what was asked for is the caller's to say
    own = done.args[0] != "floe" and re.search(
        "artifact's manifest is not valid|layer's title|cannot (create folder|write) ", done.err
    )  # read by the program, not the library
    assert own or named in done.err, "the error does not name %s: %s" % (named, done)
    assert "error: " in done.err, "no error: %s" % done
    if done.args[0] == "floe":
        assert "hint: " in done.err, "no advice: %s" % done
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", done.text), "raw control characters: %r" % done.text[-500:]
    assert len(done.text) < 20_000, "%d characters of output" % len(done.text)
    return done


def report(failures):
    """Fails with the first of the collected failures."""
    more = "" if len(failures) <= 12 else "\n- and %d more" % (len(failures) - 12)
    assert not failures, "%d of its checks:\n- %s%s" % (len(failures), "\n- ".join(failures[:12]), more)


def check_blobs(folder):
    """Every cached blob is whole: its SHA-256 is its name. Returns how many there are."""
    count = 0
    for where, _, names in os.walk(folder):
        for name in names:
            if os.path.basename(where) == "sha256" and re.fullmatch("[0-9a-f]{64}", name):
                with open(os.path.join(where, name), "rb") as file:
                    found = hashlib.sha256(file.read()).hexdigest()
                assert found == name, "half a blob in the cache: %s" % os.path.join(where, name)
                count += 1
    return count


def tree(folder):
    """{relative path: content} of all files, whatever their names."""
    found = {}
    for where, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(where, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, folder)] = file.read()
    return found


def find_secrets(world):
    """Where a planted secret turned up: all output, all files that floe may have written, all that registries hold."""
    secrets = [text.encode() for text in servers.planted()]
    found = []
    for done in world.outputs:
        found += ["output of %s" % " ".join(done.args) for text in secrets if text in done.text.encode()]
    for folder in [world.work] + [registry.root for registry in world.registries]:
        for where, _, names in os.walk(folder):
            for name in names:
                try:
                    with open(os.path.join(where, name), "rb") as file:
                        data = file.read()
                except OSError:
                    continue
                found += [os.path.join(where, name) for text in secrets if text in data or text in os.fsencode(name)]
    return sorted(set(found))


def run_one(function, world):
    """How a scenario went: "ok", "skipped" or "FAILED", after printing it."""
    start = time.monotonic()
    try:
        function(world)
        went, more = "ok", ""
    except servers.Skip as reason:
        went, more = "skipped", ": %s" % reason
    except AssertionError as problem:
        went, more = "FAILED", ": %s" % problem
    except Exception:  # a mistake in the scenario is a failure like any other: the others go on
        went, more = "FAILED", ":\n%s" % traceback.format_exc(limit=-3)
    print("%-7s %s (%.1f s)%s" % (went, function.__name__, time.monotonic() - start, more), flush=True)
    return went


def run_scenarios(scenarios, floe, chosen, prefix):
    """Runs scenarios (functions of a World), some at a time since most of them wait, and prints how they went;
    returns the exit code."""
    root = tempfile.mkdtemp(prefix=prefix)
    world = World(floe, root)
    wanted = [function for function in scenarios if not chosen or any(name in function.__name__ for name in chosen)]
    with ThreadPoolExecutor(LANES) as pool:
        went = collections.Counter(pool.map(lambda function: run_one(function, world), wanted))
        found = end_of_scenarios(world)  # servers end with the threads that started them
    passed, failed, skipped = went["ok"] + 2 - len(found), went["FAILED"] + len(found), went["skipped"]
    for problem in found:
        print("FAILED  " + problem)
    if failed:
        print("servers' logs are kept in %s" % world.servers_folder)
    else:
        shutil.rmtree(root, ignore_errors=True)
    print("%d skipped" % skipped)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


def end_of_scenarios(world):
    """Stops the servers; what is wrong with all scenarios together."""
    servers.stop_all()
    secrets = find_secrets(world)
    found = ["no_planted_secret_anywhere: %s" % "\n  ".join(secrets[:20])] if secrets else []
    if wire.TROUBLE:
        found.append("the_servers_themselves: %s" % "\n  ".join(wire.TROUBLE[:5]))
    print("%d runs searched for %d forms of secrets" % (len(world.outputs), len(servers.planted())))
    return found


def read_json(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)
