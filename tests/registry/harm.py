# SPDX-License-Identifier: Apache-2.0
"""Scenarios with a registry that means harm (hostile.py): its documents, lists, challenges and tokens."""

import os
import re

import hostile
import servers
import wire
from world import check_blobs, expect, refused, report, tree

MEMORY = 64  # MiB
# What a careful client may take: odd, but nothing that reaches beyond its target.
HARMLESS = {
    "many_numbers",
    "many_lists",
    "title_backslash",
    "title_drive",
    "title_double_slash",
    "title_dot_part",
    "docker_schema_2",
    "index_nested",
    "digest_header_rubbish",
    "title_escape",
    "title_newline",
    "title_twice",
    "title_very_long",
    "title_many_parts",
    "title_slash_end",
}


def outside(world):
    """What a title that leaves its folder would make."""
    found = [name for name in ("/escaped.json", world.path("escaped.json")) if os.path.exists(name)]
    for where, _, names in os.walk(world.work):
        found += [os.path.join(where, name) for name in names if name in ("escaped.json", "..\\escaped.json")]
    return [path for path in found if "/in/" not in path]


def attempt(failures, label, check):
    try:
        check()
    except AssertionError as problem:
        failures.append("%s: %s" % (label, problem))


def judge(done, codes, reference):
    expect(done, codes)
    if done.code:
        refused(done, reference, codes)
    assert done.rss <= MEMORY, "too much memory: %s" % done


def hostile_manifests(world):
    """Each to the library and to floe: refused, in little time and memory, with nothing left behind."""
    failures = []
    with hostile.Hostile() as server:
        for name, prepare in hostile.manifests().items():
            codes = (0, 3, 4) if name in HARMLESS else (3, 4)

            def pull(prepare=prepare, codes=codes):
                server.clear()
                prepare(server)
                target = os.path.join(world.fresh("hostile"), "in", "target")
                done = world.tool("pull", server.reference(), target, env=world.cache(), timeout=40, measure=True)
                judge(done, codes, server.reference())
                assert not outside(world), "written outside of the target: %s" % outside(world)
                left = tree(target) if os.path.exists(target) else {}
                wrong = [name for name, content in left.items() if content not in server.blobs.values()]
                assert not wrong, "half files: %s\n%s" % (wrong[:5], done)

            def verify(prepare=prepare):
                server.clear()
                prepare(server)
                cache = world.cache()
                done = world.run("platform", "verify", server.reference(), env=cache, timeout=40, measure=True)
                judge(done, (3, 4), server.reference())
                check_blobs(cache["XDG_CACHE_HOME"])

            attempt(failures, "pull %s" % name, pull)
            attempt(failures, "verify %s" % name, verify)
    report(failures)


def many_layers(world):
    """10,000 layers of one blob are allowed, and cost one request for it and bounded memory."""
    with hostile.Hostile() as server:
        hostile.layers(server, 10_000)
        target = world.fresh("layers")
        done = world.tool("pull", server.reference(), target, env=world.cache(), timeout=60, measure=True)
        judge(done, (0, 3, 4), server.reference())
        count = len(tree(target))
        assert count == 10_000 or done.code, "%d files\n%s" % (count, done)
        assert len(server.seen(pattern="/blobs/")) <= 10_000
        done = world.run("platform", "verify", server.reference(), env=world.cache(), timeout=60, measure=True)
        judge(done, (3, 4), server.reference())


def hostile_lists(world):
    failures = []
    with hostile.Hostile() as server, hostile.Hostile() as other:
        elsewhere = other.url + "/v2/%s/tags/list" % hostile.REPOSITORY
        lists = {
            "endless tags": (hostile.endless_tags, (0, 3, 4)),
            "looping tags": (hostile.looping_tags, (0, 3, 4)),
            "many tags": (hostile.many_tags, (0, 3, 4)),
            "tiny tags": (hostile.tiny_tags, (0, 3, 4)),
            "strange tags": (hostile.strange_tags, (0, 3, 4)),
            "tags elsewhere": (lambda s: hostile.tags_link_to(s, elsewhere), (0, 3, 4)),
            "tags in a file": (lambda s: hostile.tags_link_to(s, "file:///etc/passwd"), (0, 3, 4)),
            "tags null": (lambda s: setattr(s, "tags", None), (0, 3, 4)),
            "tags text": (lambda s: setattr(s, "tags", "v1"), (3, 4)),
        }
        name = "oci://%s/%s" % (server.host, hostile.REPOSITORY)
        for label, (prepare, codes) in lists.items():
            for run in (
                lambda: world.tool("tags", name, timeout=60, measure=True),
                lambda: world.run("platform", "list", "--registry", name, timeout=60, measure=True),
            ):

                def check(run=run, prepare=prepare, codes=codes):
                    server.clear()
                    prepare(server)
                    done = run()
                    judge(done, codes, name + ":x")
                    assert "\x1b" not in done.text and "\nv9.9.9" not in done.out, (
                        "a tag breaks out: %r" % done.text[:500]
                    )
                    assert "\u202e" not in done.text, "a tag turns the text round"
                    count = len(server.seen(pattern="/tags/list"))
                    assert count <= 2000, "%d requests" % count

                attempt(failures, label, check)
        if other.seen():
            failures.append("the host of a Link was asked")
    report(failures)


def hostile_referrers(world):
    failures = []
    with hostile.Hostile() as server:
        subject = hostile.encode(hostile.artifact([]))
        good = {"mediaType": hostile.MANIFEST, "digest": "sha256:" + 64 * "c", "size": 100, "artifactType": "a/b"}
        lists = {
            "a million": hostile.referrers_million,
            "deep": lambda s: setattr(s, "referrers", b"[" * 100_000),
            "null": lambda s: setattr(s, "referrers", b"null"),
            "html": lambda s: setattr(s, "referrers", b"<html></html>"),
            "digest md5": lambda s: setattr(s, "referrers", [{**good, "digest": "md5:abc"}]),
            "digest path": lambda s: setattr(s, "referrers", [{**good, "digest": "sha256:../../x"}]),
            "size negative": lambda s: setattr(s, "referrers", [{**good, "size": -1}]),
            "the subject itself": lambda s: setattr(s, "referrers", [{**good, "digest": hostile.sha256(subject)}]),
        }
        for label, prepare in lists.items():

            def check(prepare=prepare):
                server.clear()
                server.manifest = subject
                prepare(server)
                judge(
                    world.tool("referrers", server.reference(), timeout=60, measure=True),
                    (0, 3, 4),
                    server.reference(),
                )

            attempt(failures, label, check)
    report(failures)


def challenges_that_cannot_be_met(world):
    failures = []
    with hostile.Hostile() as server:
        env = {
            "DOCKER_CONFIG": servers.docker_config(
                world.path("config/challenges"), {server.host: (servers.USER, servers.PASSWORD)}
            )
        }
        texts = {**hostile.challenges(), "a hundred": ['Bearer realm="x%d"' % number for number in range(100)]}
        for label, text in texts.items():

            def check(text=text):
                server.clear()
                hostile.challenge(server, text)
                done = world.tool(
                    "pull", server.reference(), world.fresh("target"), env=env, timeout=30, measure=True
                )
                judge(done, (3, 4), server.reference())
                assert len(server.seen()) <= 12, "%d requests" % len(server.seen())

            attempt(failures, label, check)
    report(failures)


def token_realms_elsewhere(world):
    """Passwords are for the registry's own host: a realm on another one gets nothing, least of all over plain HTTP."""
    failures = []
    certificates = servers.Certificates(world.servers_folder)
    with hostile.Hostile() as server, hostile.Hostile() as other, hostile.Hostile(
        tls=certificates.context()
    ) as secure:
        logins = {host: (servers.USER, servers.PASSWORD) for host in (server.host, secure.host)}
        tokens = {host: servers.IDENTITY_TOKEN for host in (server.host, secure.host)}
        for kind, auths in (("password", logins), ("identity token", tokens)):
            env = {
                "DOCKER_CONFIG": servers.docker_config(world.path("config/realms"), auths),
                "FLOE_REGISTRY_CA_FILE": certificates.ca,
            }
            for label, asked, realm in (
                ("another port", server, other.url + "/token"),
                ("another name", server, "http://localhost:%d/token" % other.server.port),
                ("the same port by name", server, "http://localhost:%d/token" % server.server.port),
                ("a user in it", server, "http://%s@%s/token" % (server.host, other.host)),
                ("another user in it", server, "http://a:" + "b@%s/token" % other.host),
                ("a backslash", server, "http://%s\\@%s/token" % (other.host, server.host)),
                ("a fragment", server, "http://%s#@%s/token" % (other.host, server.host)),
                ("a file", server, "file:///etc/passwd"),
                ("a private address", server, "http://10.255.255.1/token"),
                ("the metadata service", server, "http://169.254.169.254/token"),
                ("a long port", server, "http://127.0.0.1:%d/token" % (65536 + other.server.port)),
                ("https to http", secure, other.url + "/token"),
                ("https to http on the same port", secure, "http://%s/token" % secure.host),
            ):

                def check(asked=asked, realm=realm):
                    for each in (server, other, secure):
                        each.clear()
                    # With TLS wanted by a CA file, the plain ones would not be asked at all.
                    own = env if asked is secure else {"DOCKER_CONFIG": env["DOCKER_CONFIG"]}
                    hostile.challenge(
                        asked,
                        'Bearer realm="%s",service="x",scope="repository:%s:pull"' % (realm, hostile.REPOSITORY),
                    )
                    reference = "oci://%s/%s:v1.0.0" % (asked.host, hostile.REPOSITORY)
                    done = world.tool("pull", reference, world.fresh("target"), env=own, timeout=30, measure=True)
                    judge(done, (3, 4), reference)
                    assert not [r for r in other.seen() if r.header("Authorization")], "the password went elsewhere"
                    assert not [
                        r for r in other.seen() if servers.IDENTITY_TOKEN in r.target
                    ], "the token went elsewhere"
                    assert not other.seen("POST"), "a refresh token went elsewhere"
                    assert not other.seen(), "the other host was asked: %s" % other.seen()

                attempt(failures, "%s, %s" % (kind, label), check)
    report(failures)


def answers_that_are_no_tokens(world):
    failures = []
    with hostile.Hostile() as server:
        env = {
            "DOCKER_CONFIG": servers.docker_config(
                world.path("config/tokens"), {server.host: (servers.USER, servers.PASSWORD)}
            )
        }
        answers = {
            **hostile.token_answers(),
            "redirect": wire.Response(307, [("Location", "file:///etc/passwd")]),
            "server error": wire.Response(500, [], b"{}"),
            "refused": wire.Response(401, [], b"{}"),
        }
        for label, body in answers.items():

            def check(body=body):
                server.clear()
                hostile.challenge(
                    server,
                    'Bearer realm="%s/token",service="x",scope="repository:%s:pull"'
                    % (server.url, hostile.REPOSITORY),
                )

                def answer(exchange):
                    made = body() if callable(body) else body
                    exchange.send(made if isinstance(made, wire.Response) else wire.Response(200, [], made))

                server.on("GET|POST", "^/token", answer)
                done = world.tool(
                    "pull", server.reference(), world.fresh("target"), env=env, timeout=40, measure=True
                )
                judge(done, (3, 4), server.reference())
                assert not [r for r in server.seen() if r.header("X-Evil")], "a token made a header"
                assert len(server.seen()) <= 20, "%d requests" % len(server.seen())

            attempt(failures, label, check)
    report(failures)


def tokens_that_echo(world):
    """A registry that repeats what it was sent in its error does not get it into floe's output."""
    with hostile.Hostile() as server:
        env = {
            "DOCKER_CONFIG": servers.docker_config(
                world.path("config/echo"), {server.host: (servers.USER, servers.PASSWORD)}
            )
        }

        def echo(exchange):
            sent = exchange.request.header("Authorization")
            if not sent:
                exchange.send(wire.Response(401, [("WWW-Authenticate", 'Basic realm="x"')], b"{}"))
                return
            errors = hostile.encode({"errors": [{"code": "DENIED", "message": "not with %s" % sent, "detail": sent}]})
            exchange.send(wire.Response(403, [("Content-Type", "application/json")], errors))

        server.on("GET|HEAD|POST|PUT", "^/v2/", echo)
        done = refused(world.tool("pull", server.reference(), world.fresh("target"), env=env), server.reference())
        assert server.seen() and not [text for text in servers.planted() if text in done.text], (
            "the password is told: %s" % done
        )
        done = refused(world.run("platform", "verify", server.reference(), "-vv", env=env), server.reference())
        assert not [text for text in servers.planted() if text in done.text], "the password is told: %s" % done


def errors_with_control_characters(world):
    with hostile.Hostile() as server:
        for message in ("\x1b[2J\x1b]0;owned\x07", "a\r\nerror: all is well\r\n", "x" * 1_000_000, "\u202egnol"):
            server.clear()
            body = hostile.encode({"errors": [{"code": message, "message": message}]})
            server.on(
                "GET|HEAD",
                "^/v2/",
                lambda exchange: exchange.send(
                    wire.Response(400, [("Content-Type", "application/json")], body, reason="No")
                ),
            )
            done = refused(world.run("platform", "verify", server.reference()), server.reference(), 3)
            assert not re.search("^error: all is well", done.err, re.M), "a line of its own: %s" % done


SCENARIOS = [
    hostile_manifests,
    many_layers,
    hostile_lists,
    hostile_referrers,
    challenges_that_cannot_be_met,
    token_realms_elsewhere,
    answers_that_are_no_tokens,
    tokens_that_echo,
    errors_with_control_characters,
]
