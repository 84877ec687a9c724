#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run_registry_races.py FLOE [ROUNDS [SEED]]: two writers publish different contents under one tag at the same
moment.

docker-registry, like all registries without immutable tags, lets the last one win. So no writer may be told
"published" (exit code 0) while the tag keeps the other one's content: it reads the tag back for a while and is
refused (4) otherwise. In a third of the rounds the two just start together; in the others a proxy holds both at the
PUT of the tag and lets them go at once, or one of them some milliseconds later. The outcomes are counted and
printed."""

import collections
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "registry"))

import faults  # noqa: E402
import servers  # noqa: E402
import world as worlds  # noqa: E402

ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 300
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else 20261128
LANES = 12  # rounds at a time: most of a round is waiting
KINDS = ("together", "held at the tag", "held, one later")


def repository(number):
    """Where a round is: not too many in one, since a publish looks at all versions before it."""
    return "races/platform-%d" % (number // 20)


def late_gate(milliseconds):
    """Holds two writers until both are there; the one that came second goes on some milliseconds after the first."""
    barrier = threading.Barrier(2)

    def fault(exchange, answer):
        exchange.read()
        try:
            if barrier.wait(1.0) == 0:
                time.sleep(milliseconds / 1000)
        except threading.BrokenBarrierError:
            pass  # the other one was refused before it came this far
        exchange.send(answer())

    return fault


class Races:
    def __init__(self, world):
        self.world = world
        self.registry = world.registry()
        self.random = random.Random(SEED)
        self.plan = [(number, KINDS[number % len(KINDS)], self.random.uniform(0, 40)) for number in range(ROUNDS)]
        self.counts, self.failures, self.lock = collections.Counter(), [], threading.Lock()
        self.proxies = threading.local()
        done = worlds.expect(world.publish("oci://%s/%s" % (self.registry.host, repository(0)), "0.1.0"), 0)
        assert self.registry.tag_digest(repository(0), "v0.1.0") == worlds.digest_in(done)

    def writer(self, number, version, mark, host):
        command = [
            self.world.floe,
            "platform",
            "publish",
            "v" + version,
            "--registry",
            "oci://%s/%s" % (host, repository(number)),
        ]
        return subprocess.Popen(
            command,
            cwd=self.world.platform(version, mark),
            env=self.world.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def round(self, number, kind, milliseconds):
        version, host = "1.0.%d" % number, self.registry.host
        if kind != "together":
            if not hasattr(self.proxies, "own"):
                self.proxies.own = faults.Proxy(self.registry.host)
            self.proxies.own.clear()
            self.proxies.own.on("PUT", "/manifests/v", late_gate(milliseconds if "later" in kind else 0), None)
            host = self.proxies.own.host
        writers = [self.writer(number, version, mark, host) for mark in ("ours", "theirs")]
        ended = []
        for writer in writers:
            out, err = writer.communicate(timeout=60)
            ended.append(worlds.Done(["floe"], writer.returncode, out, err, 0))
        self.judge(number, kind, version, ended)

    def judge(self, number, kind, version, ended):
        stays = self.registry.tag_digest(repository(number), "v" + version)
        told = [
            "published" if done.code == 0 else "refused" if done.code == 4 else "exit code %d" % done.code
            for done in ended
        ]
        problems = []
        for done in ended:
            if done.code == 0 and worlds.digest_in(done) != stays:
                problems.append("told published, but the tag has %s: %s" % (stays, done))
            elif done.code == 4 and not all(word in done.err for word in ("v" + version, "sha256:", "hint: ")):
                problems.append("the refusal says too little: %s" % done)
            elif done.code not in (0, 4):
                problems.append("neither published nor refused: %s" % done)
        if stays is None:
            problems.append("the tag names nothing")
        with self.lock:
            self.counts[kind, " and ".join(sorted(told))] += 1
            if problems:
                self.failures.append("round %d, %s: %s" % (number, kind, "\n".join(problems)))

    def run(self):
        with ThreadPoolExecutor(LANES) as pool:
            for future in [pool.submit(self.round, *entry) for entry in self.plan]:
                future.result()


def main():
    with tempfile.TemporaryDirectory(prefix="floe-races-") as root:
        world = worlds.World(sys.argv[1], root)
        races = Races(world)
        start = time.monotonic()
        races.run()
        servers.stop_all()
        print("%d races of two writers in %.0f s" % (ROUNDS, time.monotonic() - start))
        for (kind, told), count in sorted(races.counts.items()):
            print("%5d  %s: %s" % (count, kind, told))
        for failure in races.failures[:5]:
            print("FAILED  " + failure)
        print("%d passed, %d failed" % (ROUNDS - len(races.failures), len(races.failures)))
    return 1 if races.failures else 0


if __name__ == "__main__":
    sys.exit(main())
