# SPDX-License-Identifier: Apache-2.0
"""Scenarios of publishing through the fault proxy: a push that is said to have worked is there and whole, a failed
one left no tag, and an answer that was lost is found out."""

import itertools
import os

import faults
import hostile
import servers
import wire
from broken import BLOB, MANIFEST, UPLOAD
from usage import FILES, move_tag, plain, repository
from world import digest_in, expect, refused, report, tree

NUMBERS = itertools.count(1)


def push_once(world, proxy, label, method, pattern, fault, times, codes, failures, env=None):
    """Pushes something new through the proxy; the tag is there and whole exactly if that is what was said."""
    proxy.clear()
    number = next(NUMBERS)
    name = "broken/push-%d" % number
    reference = repository(proxy, name) + ":v1"
    files = {**FILES, "number": b"%d" % number}
    try:
        rule = proxy.on(method, pattern, fault, times)
        done = world.tool("push", reference, *files, cwd=world.files(**files), env=env, timeout=40)
        assert rule.used, "the fault was never asked for: %s" % done
        expect(done, codes)
        if done.code:
            refused(done, reference, codes)
        proxy.clear()
        there = plain(world).tag_digest(name, "v1")
        if done.code == 0:
            target = world.fresh("target")
            expect(world.tool("pull", reference, target), 0)
            assert tree(target) == files, "not what was pushed"
        elif times is None:
            assert there is None, "a failed push left a tag: %s" % done
    except AssertionError as problem:
        failures.append("push with %s: %s" % (label, problem))


def publishing_survives_passing_trouble(world):
    failures = []
    steps = {
        "upload POST": ("POST", UPLOAD),
        "blob": ("PUT|PATCH", UPLOAD),
        "manifest": ("PUT", MANIFEST),
        "blob HEAD": ("HEAD", BLOB),
    }
    with faults.Proxy(plain(world).host) as proxy:
        for step, (method, pattern) in steps.items():
            for label, fault, times in (
                ("429", faults.status(429, 0), 2),
                ("503", faults.status(503), 2),
                ("500", faults.status(500), 1),
                ("a reset before", faults.reset_request_head(), 1),
                ("a reset after", faults.reset_after_request(), 1),
                ("a reset in the answer", faults.cut_head("middle"), 1),
                ("no answer", faults.cut_head("none", True), 1),
            ):
                push_once(world, proxy, "%s at %s" % (label, step), method, pattern, fault, times, 0, failures)
        for where in ("none", "first", "middle", "last"):
            for step in ("blob", "manifest"):
                push_once(
                    world,
                    proxy,
                    "a reset in the request (%s) at %s" % (where, step),
                    *steps[step],
                    faults.reset_request_body(where),
                    1,
                    0,
                    failures
                )
    report(failures)


def publishing_tells_lasting_trouble(world):
    failures = []
    with faults.Proxy(plain(world).host) as proxy, hostile.Hostile() as other:

        def elsewhere(response):
            return response.set("Location", other.url + "/v2/x/blobs/uploads/1?_state=a")

        for label, method, pattern, fault in (
            ("503 at uploads", "POST", UPLOAD, faults.status(503)),
            ("503 at blobs", "PUT|PATCH", UPLOAD, faults.status(503)),
            ("503 at the manifest", "PUT", MANIFEST, faults.status(503)),
            ("DIGEST_INVALID", "PUT", MANIFEST, faults.status(400, body=b'{"errors":[{"code":"DIGEST_INVALID"}]}')),
            ("403", "POST", UPLOAD, faults.status(403)),
            ("a full disk", "PUT|PATCH", UPLOAD, faults.status(507)),
            ("no Location", "POST", UPLOAD, faults.header("Location", None)),
            ("a Location of another scheme", "POST", UPLOAD, faults.header("Location", "file:///etc/passwd")),
            ("a Location elsewhere", "POST", UPLOAD, faults.change(elsewhere)),
            ("a login page", "POST", UPLOAD, faults.html_page()),
            ("204", "PUT", MANIFEST, faults.status(204, body=b"")),
            ("resets at the manifest", "PUT", MANIFEST, faults.reset_request_head()),
        ):
            push_once(world, proxy, label, method, pattern, fault, None, (3, 4), failures)
        sent = [r.headers for r in other.seen() if r.header("Authorization")]
        assert not sent, sent
        push_once(
            world,
            proxy,
            "another digest in the answer",
            "PUT",
            MANIFEST,
            faults.header("Docker-Content-Digest", "sha256:" + 64 * "a"),
            1,
            (0, 3, 4),
            failures,
        )
    report(failures)


def blobs_that_another_one_writes_do_no_harm(world):
    """docker-registry calls a manifest's digest invalid while somebody else writes one of its blobs."""
    busy = faults.status(400, body=b'{"errors":[{"code":"DIGEST_INVALID","message":"as if"}]}')
    with faults.Proxy(plain(world).host) as proxy:
        for number, pattern in enumerate((MANIFEST + "sha256", MANIFEST + "v")):
            rule = proxy.on("PUT", pattern, busy, 2)
            expect(world.publish(repository(proxy, "broken/busy-%d" % number)), 0)
            assert rule.used == 2, proxy.seen()
            assert plain(world).tag_digest("broken/busy-%d" % number, "v1.0.0")


def a_tag_that_is_not_kept_is_told(world):
    """The registry says 201 to everything and forgets it: reading back shows it."""

    def pretended(exchange, answer):
        exchange.send(
            wire.Response(201, [("Docker-Content-Digest", hostile.sha256(exchange.read())), ("Location", "/v2/x")])
        )

    with faults.Proxy(plain(world).host) as proxy:
        name = repository(proxy, "broken/forgotten")
        proxy.on("PUT", MANIFEST, pretended, None)
        refused(world.publish(name), name + ":v1.0.0")
        proxy.clear()
        proxy.on("PUT", MANIFEST + "v", pretended, None)
        refused(world.publish(name), name + ":v1.0.0")
        assert plain(world).tag_digest("broken/forgotten", "v1.0.0") is None


def uploads_elsewhere_get_no_credentials(world):
    registry = world.registry(users={servers.USER: servers.PASSWORD_HASH})
    with faults.Proxy(registry.host) as proxy, hostile.Hostile() as other:
        env = {
            "DOCKER_CONFIG": servers.docker_config(
                world.path("config/uploads"), {proxy.host: (servers.USER, servers.PASSWORD)}
            )
        }
        proxy.on(
            "POST", UPLOAD, faults.change(lambda r: r.set("Location", other.url + "/v2/x/blobs/uploads/1")), None
        )
        reference = repository(proxy, "broken/elsewhere") + ":v1"
        refused(world.tool("push", reference, *FILES, cwd=world.files(**FILES), env=env), reference)
        assert not [r for r in other.seen() if r.header("Authorization")], "credentials went to another host"
        assert registry.tag_digest("broken/elsewhere", "v1") is None
    registry.stop()


def a_lost_answer_is_found_out(world):
    """The tag was written, but the answer never came: floe finds its own digest and says published; another one,
    refused."""
    with faults.Proxy(plain(world).host) as proxy:
        name = repository(proxy, "broken/lost")
        proxy.on("PUT", MANIFEST + "v", faults.reset_after_request())
        expect(world.publish(name), 0)
        proxy.clear()
        other = repository(plain(world), "broken/lost")

        def overtaken(exchange, answer):  # somebody else's manifest gets there first, and ours is lost
            expect(world.publish(other, "2.0.0", mark="theirs"), 0)
            exchange.reset()

        proxy.on("PUT", MANIFEST + "v2", overtaken)
        done = world.publish(name, "2.0.0", mark="ours")
        refused(done, name + ":v2.0.0", 4, "sha256:[0-9a-f]{64}.*sha256:[0-9a-f]{64}")


def overwritten_just_after_is_told(world):
    """Another writer that saw no tag either overwrites ours, at once or between the two looks at it: who imports is
    not told that it worked."""
    tar = os.path.join(world.fresh("export"), "platform.tar")
    source = repository(plain(world), "broken/overwritten-source")
    ours = digest_in(expect(world.publish(source, mark="ours"), 0))
    expect(world.run("platform", "export", source + ":v1.0.0", "--output", tar), 0)
    with faults.Proxy(plain(world).host) as proxy:
        for when in ("at-once", "later"):
            name = "broken/overwritten-" + when
            theirs = digest_in(expect(world.publish(repository(plain(world), name + "-other"), mark="theirs"), 0))

            def overwritten(exchange, answer):
                seen = answer()
                move_tag(plain(world), name, "v1.0.0", theirs)
                exchange.send(seen)

            def written(exchange, answer):
                proxy.on("HEAD", MANIFEST + "v", overwritten)
                exchange.send(answer())

            proxy.clear()
            proxy.on("PUT", MANIFEST + "v", overwritten if when == "at-once" else written)
            done = world.run("platform", "import", tar, "--registry", repository(proxy, name))
            refused(done, repository(proxy, name) + ":v1.0.0", 4, ours, theirs)


def uploads_in_pieces_are_taken_up_again(world):
    """Large blobs go in pieces. Where a connection breaks, the registry says how much it has: the rest follows, and
    nothing goes twice without asking."""
    content, kept = bytes(range(256)) * (40 << 12), {}

    def half_kept(exchange, answer):
        body = exchange.read()
        half = body[: len(body) // 2]
        request = exchange.request
        start = int(request.header("Content-Range").split("-")[0])
        headers = [pair for pair in request.headers if pair[0].lower() not in ("content-range", "content-length")]
        headers.append(("Content-Range", "%d-%d" % (start, start + len(half) - 1)))
        shorter = wire.Request("PATCH", request.target, headers, request.connection)
        stored = wire.forward(shorter, half, plain(world).host)
        kept.update(Location=stored.header("Location"), Range=stored.header("Range"))
        exchange.reset()

    with faults.Proxy(plain(world).host) as proxy:
        proxy.on("PATCH", UPLOAD, half_kept, 1, after=1)
        proxy.on("GET", UPLOAD, lambda exchange, answer: exchange.send(wire.Response(204, list(kept.items()))), None)
        name = "broken/pieces"
        folder = world.files(**{"large.bin": content})
        expect(world.tool("push", repository(proxy, name) + ":v1", "large.bin", cwd=folder), 0)
        mib = [int(r.header("Content-Range").split("-")[0]) / (1 << 20) for r in proxy.seen("PATCH", UPLOAD)]
        assert mib == [0, 16, 24], "pieces from %s MiB" % mib
        target = world.fresh("pulled")
        expect(world.tool("pull", repository(plain(world), name) + ":v1", target), 0)
        assert tree(target) == {"large.bin": content}
        # "0-0" is what a registry says that has nothing, or one byte.
        for number, fault in enumerate((faults.reset_request_body(), faults.status(503))):
            proxy.clear()
            proxy.on("PATCH", UPLOAD, fault)
            expect(world.tool("push", repository(proxy, name + "-%d" % number) + ":v1", "large.bin", cwd=folder), 0)


SCENARIOS = [
    publishing_survives_passing_trouble,
    publishing_tells_lasting_trouble,
    blobs_that_another_one_writes_do_no_harm,
    a_tag_that_is_not_kept_is_told,
    uploads_elsewhere_get_no_credentials,
    a_lost_answer_is_found_out,
    overwritten_just_after_is_told,
    uploads_in_pieces_are_taken_up_again,
]
