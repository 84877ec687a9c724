# SPDX-License-Identifier: Apache-2.0
"""The section `registry` of bench/run: floe and its registry client beside oras and cosign, on one docker-registry of
this machine as Debian configures it. Each of its requests costs more than the client's part, so the client's own wall
time shows better on a registry that keeps everything in memory: pushes and pulls of few files are measured there, too.

What is compared runs in turns, a repository and a cache of its own for each run, after one run that does not count.
CPU, wall and memory are those of the whole process with its children. The targets are printed, not enforced."""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(ROOT, "tests", "registry"), os.path.join(ROOT, "tests", "interop")]

import registry_kit  # noqa: E402
import servers  # noqa: E402

MANIFEST = """apiVersion: floe.dev/v1
kind: Manifest
metadata: {name: bench, version: "1.0.0", scope: enterprise}
plugins:
  compute: {type: duckdb}
"""
PRODUCT = """apiVersion: floe.dev/v1
kind: DataProduct
metadata: {name: shop, version: "1.0"}
platform: {ref: "%s"}
transforms: [{type: dbt, path: models/}]
"""
# A small process that runs commands: the high-water mark of a child begins with its parent's.
RUNNER = """import os, sys, time
for line in sys.stdin:
    cwd, env, args = eval(line)
    start = time.perf_counter()
    child = os.fork()
    if child == 0:
        os.chdir(cwd)
        null = os.open('/dev/null', os.O_RDWR)
        log = os.open(env['BENCH_LOG'], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(null, 0), os.dup2(log, 1), os.dup2(log, 2)
        os.execvpe(args[0], args, env)
    _, status, used = os.wait4(child, 0)
    wall = time.perf_counter() - start
    cost = (os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024)
    print(repr(cost), flush=True)
"""


class Runner:
    def __init__(self, env):
        self.env = env
        self.process = subprocess.Popen([sys.executable, "-S", "-E", "-c", RUNNER], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def run(self, args, cwd, env):
        """(CPU s, wall s, peak MiB) of a command that must succeed."""
        whole = {**self.env, **env}
        self.process.stdin.write(repr((cwd, whole, args)) + "\n")
        self.process.stdin.flush()
        code, cpu, wall, rss = eval(self.process.stdout.readline())
        if code != 0:
            with open(whole["BENCH_LOG"], encoding="utf-8", errors="replace") as log:
                raise RuntimeError("%s ended with %d: %s" % (" ".join(args), code, log.read()[-2000:]))
        return cpu, wall, rss

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


class Bench:
    """The registry, the programs, and what was measured: {label: [(cpu, wall, rss), ...]}."""

    def __init__(self, floe, work, runs, big_runs):
        self.floe, self.work, self.runs, self.big_runs = floe, work, runs, big_runs
        self.oci_tool = os.environ.get("OCI_TOOL", os.path.join(os.path.dirname(floe), "oci_tool"))
        self.registry = servers.DockerRegistry(work, remembers=True)
        foreign = ("FLOE_", "DOCKER_", "COSIGN_", "REGISTRY_")
        env = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        env.update(HOME=self.fresh("home"), XDG_CACHE_HOME=self.fresh("cache"), COSIGN_PASSWORD="of the bench",
                   BENCH_LOG=os.path.join(work, "log"), **registry_kit.NOWHERE)
        self.runner = Runner(env)
        self.measured, self.count, self.rows = {}, 0, []

    def fresh(self, name):
        return tempfile.mkdtemp(prefix=name + "-", dir=self.work)

    def new(self, registry=None):
        """A repository that nobody has used, as oras and cosign name it."""
        self.count += 1
        return "%s/bench/%d" % ((registry or self.registry).host, self.count)

    def once(self, args, cwd=None, env=None):
        return self.runner.run(args, cwd or self.work, env or {})

    def turns(self, title, runs, contestants):
        """contestants: {label: function that gives (args, cwd, env)}. A tool that is missing is said to be."""
        print("  %s" % title, flush=True)
        able = {}
        for label, prepare in contestants.items():
            try:
                self.once(*prepare())  # warm-up
                able[label] = prepare
            except servers.Skip as reason:
                print("    %-36s skipped: %s" % (label, reason))
        results = {label: [] for label in able}
        for _ in range(runs):
            for label, prepare in able.items():
                results[label].append(self.once(*prepare()))
        for label, values in results.items():
            cpu, wall, rss = (statistics.median(value[i] for value in values) for i in range(3))
            print("    %-36s cpu %6.1f ms  wall %7.1f ms (%.1f-%.1f)  rss %5.1f MiB" % (
                label, cpu * 1000, wall * 1000, min(v[1] for v in values) * 1000, max(v[1] for v in values) * 1000,
                rss), flush=True)
            self.measured[(title, label)] = (cpu, wall, max(value[2] for value in values))

    def ratio(self, title, own, peer, goal, what=("cpu", "wall")):
        """A row of the table: own as a multiple of the peer's. goal None: no target, for comparison."""
        for each in what:
            index = ("cpu", "wall").index(each)
            if (title, own) in self.measured and (title, peer) in self.measured:
                value = self.measured[(title, own)][index] / max(self.measured[(title, peer)][index], 1e-6)
                self.rows.append(("%s: %s vs %s (%s)" % (title, own, peer, each), value, goal))

    def memory(self, title, own, goal=25):
        if (title, own) in self.measured:
            self.rows.append(("%s: %s (peak MiB)" % (title, own), self.measured[(title, own)][2], goal))


def platform_folder(bench):
    folder = bench.fresh("platform")
    with open(os.path.join(folder, "manifest.yaml"), "w", encoding="utf-8") as file:
        file.write(MANIFEST)
    return folder


def make_files(bench, count, size):
    """A folder with files of random bytes; returns it and their names."""
    folder, source = bench.fresh("files"), random.Random(1)
    names = ["part/%04d.json" % i for i in range(count)]
    os.mkdir(os.path.join(folder, "part"))
    for name in names:
        with open(os.path.join(folder, name), "wb") as file:
            file.write(source.randbytes(size))
    return folder, names


def push_and_pull(bench, title, folder, names, runs, platform, goal, registry=None):
    """oci_tool and oras push and pull the same files; `platform`: floe's own commands, too."""
    pushers = {
        "oci_tool push": lambda: ([bench.oci_tool, "push", "oci://%s:v1" % bench.new(registry), *names], folder, {}),
        "oras push": lambda: (
            [registry_kit.tool("oras"), "push", "--plain-http", bench.new(registry) + ":v1", *names], folder, {}),
    }
    name = bench.new(registry) + ":v1.0.0"
    if platform:
        pushers["floe platform publish"] = lambda: (
            [bench.floe, "platform", "publish", "v1.0.0", "--registry", "oci://" + bench.new(registry)], platform, {})
        bench.once([bench.floe, "platform", "publish", "v1.0.0", "--registry", "oci://" + name[:-7]], platform)
    else:
        bench.once([bench.oci_tool, "push", "oci://" + name, *names], folder)
    push, pull = "push of " + title, "pull of " + title
    bench.turns(push, runs, pushers)

    def target():
        return bench.fresh("target")

    pullers = {
        "oci_tool pull": lambda: ([bench.oci_tool, "pull", "oci://" + name, target()], None, {}),
        "oras pull": lambda: ([registry_kit.tool("oras"), "pull", "--plain-http", name, "-o", target()], None, {}),
    }
    if platform:
        pullers["floe platform pull"] = lambda: (
            [bench.floe, "platform", "pull", "oci://" + name], None, {"XDG_CACHE_HOME": target()})
    bench.turns(pull, runs, pullers)
    for each, word, own in ((push, "push", "publish"), (pull, "pull", "pull")):
        bench.ratio(each, "oci_tool " + word, "oras " + word, goal)
        bench.memory(each, "oci_tool " + word)
        bench.ratio(each, "floe platform " + own, "oras " + word, None)
        bench.memory(each, "floe platform " + own)


def in_memory(bench):
    """The same ten files on a registry that answers at once."""
    try:
        registry = servers.ReferrersRegistry(bench.work, os.path.join(ROOT, "build", "go"))
    except servers.Skip as reason:
        print("  10 files, registry in memory: skipped: %s" % reason)
        return
    with registry:
        title, runs = "10 files, registry in memory", bench.runs * 2
        push_and_pull(bench, title, *make_files(bench, 10, 200), runs, None, 0.7, registry)


def make_key(bench):
    prefix = os.path.join(bench.fresh("keys"), "bench")
    bench.once([bench.floe, "platform", "keygen", "--output-key-prefix", prefix])
    return prefix


def verifying(bench, platform, key):
    """What floe signed and attested: floe reads every file of the artifact as well, cosign does not."""
    for form, which in (("bundle", "cosign3"), ("classic", "cosign2")):
        name, title = bench.new(), "verify by a key, " + form
        bench.once([bench.floe, "platform", "publish", "v1.0.0", "--registry", "oci://" + name, "--key", key + ".key",
                    "--signature-format", form], platform)
        verify = [bench.floe, "platform", "verify", "oci://%s:v1.0.0" % name, "--key", key + ".pub"]
        options = ["verify", "--insecure-ignore-tlog", "--key", key + ".pub", name + ":v1.0.0"]
        bench.turns(title, bench.runs * 2, {
            "floe platform verify": lambda: (verify, None, {"XDG_CACHE_HOME": bench.fresh("cache")}),
            which + " verify": lambda: ([registry_kit.tool(which), *options], None, {}),
        })
        bench.ratio(title, "floe platform verify", which + " verify", 0.3, ("cpu",))
        bench.ratio(title, "floe platform verify", which + " verify", None, ("wall",))
        bench.memory(title, "floe platform verify")


def signed_publishing(bench, platform, key):
    """floe signs and attests three things, compiles and tests before; one of the others signs, one attests as well."""
    title, (folder, names) = "publish, signed", make_files(bench, 10, 200)
    predicate = os.path.join(folder, "predicate.json")
    with open(predicate, "w", encoding="utf-8") as file:
        json.dump({"result": "PASSED"}, file)

    def others(attest):
        name = bench.new() + ":v1"
        sign = "%s %%s --use-signing-config=false --tlog-upload=false --key %s.key %%s -y %s" % (
            registry_kit.tool("cosign3"), key, name)
        push = "%s push --plain-http %s %s" % (registry_kit.tool("oras"), name, " ".join(names))
        steps = [push, sign % ("sign", "")]
        kinds = ["https://example.com/%d" % i for i in range(3)] if attest else []
        steps += [sign % ("attest", "--predicate %s --type %s" % (predicate, kind)) for kind in kinds]
        return ["sh", "-c", " && ".join(steps)], folder, {}

    bench.turns(title, bench.runs, {
        "floe, signed and attested": lambda: ([bench.floe, "platform", "publish", "v1.0.0", "--registry",
                                               "oci://" + bench.new(), "--key", key + ".key"], platform, {}),
        "oras push, cosign3 sign": lambda: others(False),
        "oras push, cosign3 sign, 3 attest": lambda: others(True),
    })
    for peer in ("oras push, cosign3 sign", "oras push, cosign3 sign, 3 attest"):
        bench.ratio(title, "floe, signed and attested", peer, None)
    # The passphrase of a key file alone takes 64 MiB: cosign's format wants it so.
    bench.memory(title, "floe, signed and attested", None)


def warm_compile(bench, platform):
    """Requests that the registry sees of a compile when all is locked and cached."""
    name = "oci://" + bench.new()
    bench.once([bench.floe, "platform", "publish", "v1.0.0", "--registry", name], platform)
    product = bench.fresh("product")
    os.mkdir(os.path.join(product, "models"))
    for path, text in (("floe.yaml", PRODUCT % (name + ":v1.0.0")), ("models/a.sql", "select 1 as id\n")):
        with open(os.path.join(product, path), "w", encoding="utf-8") as file:
            file.write(text)

    def requests(*args):
        before = bench.registry.log().count("http.request.method")
        bench.once([bench.floe, *args], product)
        return bench.registry.log().count("http.request.method") - before

    init = requests("init", "--platform=v1.0.0")
    if init == 0:
        raise RuntimeError("the registry's log shows no request of floe init")
    requests("compile")
    bench.rows.append(("warm compile: requests at the registry (init made %d)" % init, requests("compile"), 0))


def print_rows(bench):
    print("\n  registry: floe as a multiple of its peer")
    for label, value, goal in bench.rows:
        word = "" if goal is None else "met" if value <= goal else "MISSED"
        print("  %-6s %-84s %7.2f%s" % (word, label, value, "" if goal is None else "  (<= %s)" % goal))


def run(floe, work, quick):
    """Measures, and prints the table."""
    bench = Bench(floe, work, 3 if quick else 7, 1 if quick else 3)
    print("\nregistry: docker-registry on loopback, load average %.1f" % os.getloadavg()[0])
    try:
        platform, key = platform_folder(bench), make_key(bench)
        push_and_pull(bench, "10 files", *make_files(bench, 10, 200), bench.runs, platform, 0.7)
        in_memory(bench)
        verifying(bench, platform, key)
        signed_publishing(bench, platform, key)
        warm_compile(bench, platform)
        if not quick:
            push_and_pull(bench, "1,000 files of 50 KB", *make_files(bench, 1000, 50_000), bench.big_runs, None, 0.8)
        print_rows(bench)
        print("  load average at the end %.1f" % os.getloadavg()[0])
    finally:
        bench.runner.stop()
        bench.registry.stop()
