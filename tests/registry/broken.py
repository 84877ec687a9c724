# SPDX-License-Identifier: Apache-2.0
"""Scenarios with the fault proxy: what breaks for a moment is tried again, what stays broken or lies is refused,
and neither leaves anything half done."""

import os
import time

import faults
import hostile
import servers
from usage import FILES, plain, repository
from world import check_blobs, expect, refused, report, tree

BLOB, MANIFEST, UPLOAD = r"/blobs/sha256:", r"/manifests/", r"/blobs/uploads"


class Pulls:
    """An artifact behind a proxy, to be pulled through whatever the proxy does to it."""

    def __init__(self, world, name):
        self.world, self.proxy = world, faults.Proxy(plain(world).host)
        self.repository = repository(self.proxy, "broken/" + name)
        self.reference = self.repository + ":v1"
        expect(world.tool("push", self.reference, *FILES, cwd=world.files(**FILES)), 0)
        self.platform = self.repository + "-platform"
        self.published = False
        self.failures = []

    def attempt(self, label, check):
        """Runs one check with a clean proxy; failures are collected, so that one run names them all."""
        self.proxy.clear()
        try:
            check()
        except AssertionError as problem:
            self.failures.append("%s: %s" % (label, problem))

    def pull(
        self, label, method, pattern, fault, times=None, codes=(3, 4), patterns=(), after=0, seconds=30, env=None
    ):
        """Pulls with oci_tool; all files must arrive if it says so, and never a part of one."""

        def check():
            rule = self.proxy.on(method, pattern, fault, times, after)
            target = os.path.join(self.world.fresh("target"), "files")
            done = self.world.tool(
                "pull",
                self.reference,
                target,
                env={**self.world.cache(), **(env or {})},
                timeout=seconds,
                measure=True,
            )
            assert rule.used, "the fault was never asked for: %s %s" % (done, self.proxy.seen())
            self.judge(done, codes, patterns, self.reference)
            found = tree(target) if os.path.exists(target) else {}
            assert found.items() <= FILES.items(), "half files: %s\n%s" % (sorted(found), done)
            assert done.code or found == FILES, "not all files: %s\n%s" % (sorted(found), done)

        self.attempt("pull with " + label, check)

    def verify(self, label, method, pattern, fault, times=None, codes=(3, 4), patterns=(), seconds=30, env=None):
        """Verifies a platform with floe; the cache holds whole blobs only."""

        def check():
            if not self.published:
                expect(self.world.publish(self.platform), 0)
                self.published = True
                self.proxy.clear()
            rule = self.proxy.on(method, pattern, fault, times)
            cache = self.world.cache()
            done = self.world.run(
                "platform",
                "verify",
                self.platform + ":v1.0.0",
                env={**cache, **(env or {})},
                timeout=seconds,
                measure=True,
            )
            assert rule.used, "the fault was never asked for: %s %s" % (done, self.proxy.seen())
            self.judge(done, codes, patterns, self.platform + ":v1.0.0")
            check_blobs(cache["XDG_CACHE_HOME"])

        self.attempt("verify with " + label, check)

    def both(self, *args, **options):
        self.pull(*args, **options)
        self.verify(*args, **options)

    @staticmethod
    def judge(done, codes, patterns, reference):
        expect(done, codes, *patterns)
        if done.code:
            refused(done, reference, codes)
        assert done.rss is None or done.rss <= 64, "too much memory: %s" % done

    def finish(self):
        self.proxy.stop()
        report(self.failures)


def passing_trouble_is_tried_again(world):
    pulls = Pulls(world, "passing")
    for pattern in (BLOB, MANIFEST):
        for code in (429, 500, 502, 503, 504):
            pulls.pull("status %d twice on %s" % (code, pattern), None, pattern, faults.status(code), 2, 0)
        for label, fault in (
            ("reset at once", faults.reset_request_head()),
            ("head cut at its first byte", faults.cut_head("first")),
            ("no head", faults.cut_head("none", clean=True)),
            ("head cut", faults.cut_head()),
            ("head cut at its last byte", faults.cut_head("last")),
        ):
            pulls.pull("%s on %s" % (label, pattern), None, pattern, fault, 1, 0)
        for where in ("none", "first", "middle", "last"):
            for clean in (False, True):
                label = "body cut (%s, %s) on %s" % (where, "FIN" if clean else "RST", pattern)
                pulls.pull(label, "GET", pattern, faults.cut_body(where, clean), 1, 0)
    pulls.verify("503 twice", None, BLOB, faults.status(503), 2, 0)
    pulls.verify("a reset", None, MANIFEST, faults.reset_request_head(), 1, 0)
    pulls.finish()


def downloads_are_taken_up_again(world):
    """After a broken connection only the rest is asked for; servers that do ranges wrongly do no harm."""
    pulls = Pulls(world, "ranges")
    big, size = hostile.sha256(FILES["middle.bin"]), len(FILES["middle.bin"])
    half = faults.cut_body("middle", clean=True)
    pulls.pull("a broken download", "GET", big, half, 1, 0)
    asked = [request.header("Range") for request in pulls.proxy.seen("GET", big)]
    if asked != [None, "bytes=%d-" % (size // 2)]:
        pulls.failures.append("asked for %s" % asked)
    for label, then in (
        ("the whole instead of a range", faults.ignore_range()),
        ("416", faults.status(416)),
        ("another range", faults.wrong_range("bytes 0-%d/%d" % (size - 1, size))),
        ("a rubbish range", faults.wrong_range("bytes x-y/z")),
        ("no range", faults.wrong_range(None)),
        ("a claimed range", faults.wrong_range("bytes %d-%d/%d" % (size // 2, size - 1, size))),
    ):
        pulls.pull(label, "GET", big, faults.in_turn(half, then), None, (0, 4) if "claimed" in label else 0)
    pulls.pull("a bit flipped in the rest", "GET", big, faults.in_turn(half, faults.bit_flip()), None, (0, 4))
    pulls.finish()


def retry_after_is_honoured(world):
    pulls = Pulls(world, "later")
    for label, value, least in (
        ("seconds", 1, 0.9),
        ("a date", "date:3", 1.5),
        ("rubbish", "soon", 0),
        ("negative", "-5", 0),
    ):
        start = time.monotonic()
        pulls.pull(
            "Retry-After in " + label, "GET", BLOB, faults.status(429, value), 1, 0, env={"FLOE_RETRY_SCALE": "1"}
        )
        seconds = time.monotonic() - start
        if seconds < least:
            pulls.failures.append("Retry-After in %s: over after %.2f s" % (label, seconds))
        if seconds > least + 6:
            pulls.failures.append("Retry-After in %s: over after %.2f s only" % (label, seconds))
    pulls.finish()


def a_day_of_retry_after_is_not_waited_for(world):
    pulls = Pulls(world, "day")
    pulls.both("Retry-After of a day", "GET", BLOB, faults.status(429, 86400), None, 3, seconds=60)
    pulls.both("a huge Retry-After", "GET", BLOB, faults.status(503, 10**30), None, 3, seconds=60)
    pulls.finish()


def lasting_trouble_is_told(world):
    pulls = Pulls(world, "lasting")
    for pattern in (BLOB, MANIFEST):
        pulls.both("status 503 for ever on " + pattern, None, pattern, faults.status(503), None, 3, ("503",))
        pulls.both("status 429 for ever on " + pattern, None, pattern, faults.status(429), None, 3, ("429",))
        pulls.pull("resets for ever on " + pattern, None, pattern, faults.reset_request_head(), None, 3)
        pulls.pull("bodies that are cut on " + pattern, "GET", pattern, faults.cut_body(clean=True), None, 3)
        pulls.pull("status 418 on " + pattern, None, pattern, faults.status(418), None, 3, ("418",))
        pulls.pull("status 403 on " + pattern, None, pattern, faults.status(403), None, 3)
        pulls.pull("status 204 on " + pattern, None, pattern, faults.status(204, body=b""), None, (3, 4))
        pulls.pull("garbage on " + pattern, None, pattern, faults.garbage(), None, 3)
        pulls.pull("a login page on " + pattern, None, pattern, faults.html_page(), None, (3, 4))
        for how in ("size", "short", "no end"):
            # A blob that has come whole, by its digest, is one however its connection ends.
            codes = (0, 3, 4) if how == "no end" and pattern == BLOB else (3, 4)
            fault = faults.broken_chunks(how)
            pulls.pull("broken chunks (%s) on %s" % (how, pattern), "GET", pattern, fault, None, codes)
    pulls.finish()


def attempts_are_counted(world):
    """A server in trouble is not hammered: a handful of attempts a request, and none where asking again cannot
    help."""
    pulls = Pulls(world, "count")
    for fault, most in (
        (faults.status(503), 8),
        (faults.status(404), 2),
        (faults.status(403), 2),
        (faults.status(400), 2),
    ):
        pulls.proxy.clear()
        pulls.proxy.on(None, MANIFEST, fault, None)
        world.tool("pull", pulls.reference, world.fresh("target"))
        count = len(pulls.proxy.seen(pattern=MANIFEST))
        assert 1 <= count <= most, "%d requests" % count
    pulls.finish()


def wrong_bytes_are_refused(world):
    pulls = Pulls(world, "wrong")
    digests = ("sha256:[0-9a-f]{64}.*sha256:[0-9a-f]{64}",)
    for where in ("first", "middle", "last"):
        pulls.both("a flipped bit (%s) in blobs" % where, "GET", BLOB, faults.bit_flip(where), None, 4, digests)
        pulls.pull("a bit flipped once (%s)" % where, "GET", BLOB, faults.bit_flip(where), 1, (0, 4))
    pulls.both("a flipped bit in the manifest", "GET", MANIFEST, faults.bit_flip(), None, (3, 4))
    pulls.both("other content in blobs", "GET", BLOB, faults.other_content(b'{"evil":1}'), None, 4)
    pulls.both("other content under its own digest", "GET", BLOB, faults.other_content(b'{"evil":1}', True), None, 4)
    pulls.both("blobs that are empty", "GET", BLOB, faults.other_content(b""), None, (3, 4))
    pulls.both(
        "another digest of the manifest",
        None,
        MANIFEST,
        faults.header("Docker-Content-Digest", "sha256:" + 64 * "a"),
        None,
        (3, 4),
    )
    pulls.pull("no digest of the manifest", None, MANIFEST, faults.header("Docker-Content-Digest", None), None, 0)
    pulls.pull(
        "another digest of blobs",
        None,
        BLOB,
        faults.header("Docker-Content-Digest", "sha256:" + 64 * "a"),
        None,
        (0, 4),
    )
    pulls.pull("no media type", None, MANIFEST, faults.header("Content-Type", None), None, (0, 3, 4))
    for pattern in (BLOB, MANIFEST):
        for by in (1, 1000, -1, -5, 10**12):
            codes = (0, 3, 4) if by > 0 and pattern == BLOB else (3, 4)  # the blob has come whole, by its digest
            fault = faults.lying_length(by)
            pulls.pull("a length off by %d on %s" % (by, pattern), "GET", pattern, fault, None, codes)
        for text in ("-1", "abc", "", "99999999999999999999999", "7, 8"):
            pulls.pull(
                "Content-Length: %s on %s" % (text, pattern),
                "GET",
                pattern,
                faults.length_header(text),
                None,
                (0, 3, 4),
            )
    pulls.finish()


def pinned_digests_hold(world):
    """A reference by digest is held against the bytes, whatever the server says about them."""
    pulls = Pulls(world, "pinned")
    digest = plain(world).tag_digest("broken/pinned", "v1")
    pulls.reference = pulls.repository + "@" + digest
    other = hostile.encode(hostile.artifact([]))
    for label, fault in (
        ("a flipped bit", faults.bit_flip()),
        ("another manifest", faults.other_content(other, True)),
        ("another one under the same digest", faults.other_content(other)),
    ):
        pulls.pull(label, "GET", MANIFEST, fault, None, 4, (digest,))
    pulls.finish()


def slow_servers_are_given_up(world):
    """With a time-out of a second; the pace of a download is measured over some seconds, and tried again some
    times."""
    pulls = Pulls(world, "slow")
    env = {"FLOE_REGISTRY_TIMEOUT": "1", "FLOE_RETRY_SCALE": "0"}
    pulls.pull("a body that stalls once", "GET", BLOB, faults.stall(), 1, 0, seconds=20, env=env)
    pulls.pull("a manifest that stalls once", "GET", MANIFEST, faults.stall(), 1, 0, seconds=20, env=env)
    for pattern in (BLOB, MANIFEST):
        pulls.pull(
            "a head that never comes on " + pattern, "GET", pattern, faults.delay(300), None, 3, seconds=40, env=env
        )
    pulls.finish()


def stalling_bodies_are_given_up(world):
    pulls = Pulls(world, "stalling")
    env = {"FLOE_REGISTRY_TIMEOUT": "1", "FLOE_RETRY_SCALE": "0"}
    pulls.pull("a manifest that stalls", "GET", MANIFEST, faults.stall(), None, 3, seconds=90, env=env)
    pulls.pull("blobs that stall", "GET", BLOB, faults.stall("first"), None, 3, seconds=90, env=env)
    pulls.finish()


def trickling_heads_are_given_up(world):
    pulls = Pulls(world, "trickling")
    pulls.pull(
        "a head of a byte a second",
        "GET",
        BLOB,
        faults.slow_head(1.0),
        None,
        3,
        seconds=90,
        env={"FLOE_REGISTRY_TIMEOUT": "1", "FLOE_RETRY_SCALE": "0"},
    )
    pulls.finish()


def a_byte_at_a_time_is_given_up(world):
    """Every attempt brings one byte more: that is no progress that deserves another attempt for ever."""
    pulls = Pulls(world, "bytewise")
    pulls.pull("a byte an attempt", "GET", BLOB, faults.cut_body("first", clean=True), None, (0, 3), seconds=60)
    count = len(pulls.proxy.seen("GET", BLOB))
    if count > 1000:
        pulls.failures.append("%d requests for three blobs" % count)
    pulls.finish()


def redirects(world):
    pulls = Pulls(world, "redirected")
    with hostile.Hostile() as other:
        for content in FILES.values():
            other.blob(content)

        def elsewhere(exchange):
            return "%s/v2/%s%s" % (
                other.url,
                hostile.REPOSITORY,
                exchange.request.target[exchange.request.target.index("/blobs/") :],
            )

        pulls.pull("blobs on another host", "GET", BLOB, faults.redirect(elsewhere), None, 0)
        assert other.seen("GET"), "the other host was not asked"
        for code in (301, 302, 303, 307, 308):
            pulls.pull(
                "a relative redirect (%d)" % code,
                "GET",
                BLOB,
                faults.redirect(lambda exchange: exchange.request.target, code),
                1,
                0,
            )
    for label, fault in (("a loop", faults.redirect_loop()), ("an endless chain", faults.redirect_chain())):
        for pattern in (BLOB, MANIFEST):
            pulls.both("%s of redirects on %s" % (label, pattern), "GET|HEAD", pattern, fault, None, (3, 4))
            if len(pulls.proxy.seen(pattern=pattern)) > 200:
                pulls.failures.append("%d requests in %s" % (len(pulls.proxy.seen(pattern=pattern)), label))
    for location in (
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "gopher://127.0.0.1:1/x",
        "dict://127.0.0.1:1/x",
        "http://",
        "http://[::",
        "//",
        "",
        "javascript:alert(1)",
        "http://127.0.0.1:1/%zz",
        "http://127.0.0.1:99999/",
        "http://user:" + "x@127.0.0.1:1/",
        "a" * 100_000,
        "\x01\x02",
    ):
        for pattern in (BLOB, MANIFEST):
            pulls.pull(
                "a redirect to %.40r on %s" % (location, pattern),
                "GET|HEAD",
                pattern,
                faults.redirect(location),
                None,
                (3, 4),
                seconds=20,
            )
    pulls.pull("a redirect without Location", "GET", BLOB, faults.status(302), None, (3, 4))
    pulls.finish()


def redirects_take_no_credentials_along(world):
    """Blobs may be elsewhere, passwords and tokens stay; neither does https become http."""
    registry = world.registry(users={servers.USER: servers.PASSWORD_HASH})
    with faults.Proxy(registry.host) as basic, hostile.Hostile() as other, servers.BearerFront(
        plain(world).host, {servers.USER: servers.PASSWORD}
    ) as bearer, faults.Proxy(bearer.host) as front:
        logins = {server.host: (servers.USER, servers.PASSWORD) for server in (basic, bearer, front)}
        env = {"DOCKER_CONFIG": servers.docker_config(world.path("config/redirects"), logins)}
        bearer.url = front.url  # tokens are fetched from the host that the client knows
        for content in FILES.values():
            other.blob(content)
        for proxy in (basic, front):
            reference = repository(proxy, "broken/login") + ":v1"
            expect(world.tool("push", reference, *FILES, cwd=world.files(**FILES), env=env), 0)
            proxy.on(
                "GET",
                BLOB,
                faults.redirect(
                    lambda exchange: "%s/v2/%s%s"
                    % (
                        other.url,
                        hostile.REPOSITORY,
                        exchange.request.target[exchange.request.target.index("/blobs/") :],
                    )
                ),
                None,
            )
            other.server.forget()
            expect(world.tool("pull", reference, world.fresh("target"), env=env), 0)
            assert other.seen("GET", BLOB), "the other host was not asked"
            sent = [r.headers for r in other.seen() if r.header("Authorization") or r.header("Cookie")]
            assert not sent, "credentials went along: %s" % sent
    registry.stop()


def no_way_from_https_to_http(world):
    certificates = servers.Certificates(world.servers_folder)
    with faults.Proxy(plain(world).host, tls=certificates.context()) as secure, hostile.Hostile() as open_one:
        env = {"FLOE_REGISTRY_CA_FILE": certificates.ca}
        reference = repository(secure, "broken/downgrade") + ":v1"
        expect(world.tool("push", reference, *FILES, cwd=world.files(**FILES), env=env), 0)
        for content in FILES.values():
            open_one.blob(content)
        for pattern in (BLOB, MANIFEST):
            secure.clear()
            secure.on(
                "GET|HEAD",
                pattern,
                faults.redirect(
                    lambda exchange: "%s/v2/%s/blobs/%s"
                    % (open_one.url, hostile.REPOSITORY, exchange.request.target.split("/")[-1])
                ),
                None,
            )
            refused(world.tool("pull", reference, world.fresh("target"), env=env), reference)
        assert not open_one.seen(), "asked over plain HTTP: %s" % open_one.seen()
        assert open_one.server.connections == 0


def floods_are_cut_off(world):
    """Heads and bodies without end cost neither memory nor time."""
    pulls = Pulls(world, "floods")
    for pattern in (BLOB, MANIFEST):
        pulls.both("huge headers on " + pattern, "GET|HEAD", pattern, faults.huge_headers(), None, (3, 4), seconds=60)
        fault = faults.endless_body(first=b'{"a":"')
        pulls.both("an endless body on " + pattern, "GET", pattern, fault, None, (3, 4), seconds=60)
        taken = fault.sent >> 20
        if taken > 400:
            pulls.failures.append("%d MB of an endless body on %s were taken" % (taken, pattern))
        pulls.pull(
            "an endless error on " + pattern, "GET", pattern, faults.endless_body(500), None, (3, 4), seconds=60
        )
    pulls.finish()


SCENARIOS = [
    passing_trouble_is_tried_again,
    downloads_are_taken_up_again,
    retry_after_is_honoured,
    a_day_of_retry_after_is_not_waited_for,
    lasting_trouble_is_told,
    attempts_are_counted,
    wrong_bytes_are_refused,
    pinned_digests_hold,
    slow_servers_are_given_up,
    stalling_bodies_are_given_up,
    trickling_heads_are_given_up,
    a_byte_at_a_time_is_given_up,
    redirects,
    redirects_take_no_credentials_along,
    no_way_from_https_to_http,
    floods_are_cut_off,
]
