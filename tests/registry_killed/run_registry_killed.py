#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run_registry_killed.py FLOE [KILLS [SEED]]: floe is killed (SIGKILL) at any moment of publishing and pulling.

Afterwards there is either nothing or everything: a tag is absent or its manifest and all its blobs are there and
whole; every blob in the cache is whole, a lock file is absent or right. The same command once more succeeds. Half
of the kills hit `platform publish` into an empty repository, the others `init` and `platform pull` into an empty
cache, some of them while another floe fills the same cache. The phases that were reached are counted and printed."""

import collections
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "registry"))

import servers  # noqa: E402
import world as worlds  # noqa: E402

KILLS = int(sys.argv[2]) if len(sys.argv) > 2 else 200
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else 20261128
LANES = 5  # kills at a time


class Kills:
    def __init__(self, world):
        self.world, self.random = world, random.Random(SEED)
        self.registry, self.lock = world.registry(), threading.Lock()
        self.counts, self.failures, self.killed, self.leftovers = collections.Counter(), [], 0, 0
        self.platform = world.platform(mark="to be published")
        self.digest = worlds.digest_in(self.publish("usual"))
        start = time.monotonic()
        self.publish("usual-2")
        self.publish_time = time.monotonic() - start
        start = time.monotonic()
        self.pull("init", world.fresh("product"), world.cache())
        self.pull_time = time.monotonic() - start

    def reference(self, repository):
        return "oci://%s/killed/%s" % (self.registry.host, repository)

    def publish(self, repository):
        return worlds.expect(self.world.run(*self.publish_command(repository), cwd=self.platform), 0, "(?i)published")

    def publish_command(self, repository):
        return ["platform", "publish", "v1.0.0", "--registry", self.reference(repository)]

    def pull_command(self, how):
        reference = self.reference("usual") + ":v1.0.0"
        return ["init", "--platform", reference] if how == "init" else ["platform", "pull", reference]

    def pull(self, how, folder, env):
        return worlds.expect(self.world.run(*self.pull_command(how), cwd=folder, env=env), 0, self.digest)

    def kill(self, command, cwd, usual, env=None):
        """Starts floe, kills it after a random time; whether it was still running."""
        run = subprocess.Popen(
            [self.world.floe, *command],
            cwd=cwd,
            env={**self.world.env, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        # The last part of a publish is waiting, to read the tag back: most kills hit what comes before it.
        time.sleep(self.random.uniform(0.002, (0.6 if self.random.random() < 0.7 else 1.05) * usual))
        running = run.poll() is None
        if running:
            run.send_signal(signal.SIGKILL)
        run.wait()
        with self.lock:
            self.killed += running
        return running

    def stored(self, repository):
        """What the registry has of a repository: the phase that publishing reached, the tag being whole."""
        folder = os.path.join(self.registry.root, "docker/registry/v2/repositories/killed", repository)
        digest = self.registry.tag_digest("killed/" + repository, "v1.0.0")
        if digest is None:
            revisions, layers = ("%s/%s/sha256" % (folder, kind) for kind in ("_manifests/revisions", "_layers"))
            if os.path.isdir(revisions) and os.listdir(revisions):
                return "manifest without tag"
            count = len(os.listdir(layers)) if os.path.isdir(layers) else 0
            return "some blobs" if count else "nothing stored"
        assert digest == self.digest, "the tag names %s instead of %s" % (digest, self.digest)
        manifest = json.loads(self.content(digest))
        for blob in manifest["layers"] + [manifest["config"]]:
            assert len(self.content(blob["digest"])) == blob["size"]
            link = os.path.join(folder, "_layers", *blob["digest"].split(":"), "link")
            assert os.path.exists(link), "the tag is there, its blob %s is not" % blob["digest"]
        return "tag and everything"

    def content(self, digest):
        with open(self.registry.blob_path(digest), "rb") as file:
            data = file.read()
        assert "sha256:" + hashlib.sha256(data).hexdigest() == digest, "%s is not whole in the registry" % digest
        return data

    def publish_round(self, number):
        repository = "p%d" % number
        running = self.kill(self.publish_command(repository), self.platform, self.publish_time)
        self.count("publish %s: %s" % ("killed" if running else "ended", self.stored(repository)))
        assert worlds.digest_in(self.publish(repository)) == self.digest
        assert self.stored(repository) == "tag and everything"

    def pull_round(self, number):
        how = ("init", "pull")[number // 2 % 2]
        folder, env = self.world.fresh("product"), self.world.cache()
        beside = None
        if self.random.random() < 0.25:
            beside = subprocess.Popen(
                [self.world.floe, *self.pull_command("pull")],
                cwd=self.world.fresh("beside"),
                env={**self.world.env, **env},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
        running = self.kill(self.pull_command(how), folder, self.pull_time, env)
        if beside:
            error = beside.communicate(timeout=60)[1]
            assert beside.returncode == 0, "the one beside it: exit code %d\n%s" % (beside.returncode, error.decode())
        count = worlds.check_blobs(env["XDG_CACHE_HOME"])
        lock = os.path.join(folder, "floe.lock")
        locked = os.path.exists(lock)
        if locked:
            with open(lock, encoding="utf-8") as file:
                assert self.digest in file.read(), "half a lock file"
        phase = (
            "lock written"
            if locked
            else "nothing cached" if count == 0 else "some blobs" if count < 11 else "all blobs"
        )
        self.count(
            "%s %s: %s%s" % (how, "killed" if running else "ended", phase, ", with another" if beside else ""),
            sum(not name.isalnum() for name in os.listdir(self.blobs(env))) if count else 0,
        )
        if number % 3 == 0 and count:
            self.damage(env)
        self.pull(how, folder, env)
        assert worlds.check_blobs(env["XDG_CACHE_HOME"]) >= 11
        if how == "init" and number % 4 == 0:
            worlds.expect(self.world.run("compile", "--offline", cwd=folder, env=env), 0, "PASSED")
        shutil.rmtree(folder)
        shutil.rmtree(env["XDG_CACHE_HOME"])

    def blobs(self, env):
        return os.path.join(env["XDG_CACHE_HOME"], "floe", "blobs", "sha256")

    def damage(self, env):
        """Half a blob in the cache, as a power cut leaves it: it must not be believed."""
        path = os.path.join(self.blobs(env), self.random.choice(sorted(os.listdir(self.blobs(env)))))
        os.truncate(path, os.path.getsize(path) // 2)

    def round(self, number):
        try:
            (self.publish_round if number % 2 == 0 else self.pull_round)(number)
        except (AssertionError, OSError, ValueError, KeyError) as problem:
            self.failures.append("kill %d: %s" % (number, problem))

    def run(self):
        with ThreadPoolExecutor(LANES) as pool:
            for future in [pool.submit(self.round, number) for number in range(KILLS)]:
                future.result()

    def count(self, phase, leftovers=0):
        with self.lock:
            self.counts[phase] += 1
            self.leftovers += leftovers


def main():
    with tempfile.TemporaryDirectory(prefix="floe-killed-") as root:
        world = worlds.World(sys.argv[1], root)
        kills = Kills(world)
        start = time.monotonic()
        kills.run()
        servers.stop_all()
        print(
            "%d of %d runs killed while they ran, in %.0f s (a publish takes %.0f ms, a pull %.0f ms)"
            % (kills.killed, KILLS, time.monotonic() - start, kills.publish_time * 1000, kills.pull_time * 1000)
        )
        for phase, count in sorted(kills.counts.items()):
            print("%5d  %s" % (count, phase))
        print("%5d  temporary files that kills left in caches" % kills.leftovers)
        if kills.killed < KILLS // 2:
            kills.failures.append("only %d runs could be killed" % kills.killed)
        for failure in kills.failures[:5]:
            print("FAILED  " + failure)
        print("%d passed, %d failed" % (KILLS - len(kills.failures), len(kills.failures)))
    return 1 if kills.failures else 0


if __name__ == "__main__":
    sys.exit(main())
