# SPDX-License-Identifier: Apache-2.0
"""Scenarios of ordinary use: publishing, pulling and listing, logging in, TLS, skopeo, caches, tags that move,
deleting."""

import hashlib
import itertools
import json
import os
import re
import shutil
import subprocess
import urllib.request

import faults
import servers
from world import check_blobs, digest_in, expect, read_json, refused, tree

FILES = {"manifest.json": b'{"a":1}', "middle.bin": bytes(range(256)) * 800, "one.txt": b"x"}


def plain(world):
    """A docker-registry that all scenarios may use, each with a repository of its own."""
    with world.lock:
        if not hasattr(world, "plain"):
            world.plain = world.registry(delete=True)
    return world.plain


def repository(registry, name):
    return "oci://%s/%s" % (registry.host, name)


def push_and_pull(world, reference, env=None):
    """Pushes FILES with oci_tool and pulls them again into an empty folder."""
    done = expect(world.tool("push", reference, *FILES, cwd=world.files(**FILES), env=env), 0)
    target = world.fresh("pulled")
    expect(world.tool("pull", reference, target, env=env), 0)
    assert tree(target) == FILES, sorted(tree(target))
    return done


def publish_pull_list_verify(world):
    registry = plain(world)
    name = repository(registry, "usage/happy")
    done = expect(world.publish(name), 0, "Published " + re.escape(name) + ":v1.0.0")
    digest = digest_in(done)
    assert registry.tag_digest("usage/happy", "v1.0.0") == digest, done
    expect(world.publish(name), 0, "Already published", digest)
    expect(world.publish(name, "1.1.0"), 0)
    env = world.cache()
    expect(world.run("platform", "list", "--registry", name, env=env), 0, r"v1\.0\.0.*v1\.1\.0|v1\.1\.0.*v1\.0\.0")
    expect(world.run("platform", "verify", name + ":v1.0.0", env=env), 0, "Verified")
    expect(world.run("platform", "pull", name + ":v1.0.0", env=env, cwd=world.fresh("pull")), 0, digest)
    assert check_blobs(env["XDG_CACHE_HOME"]) > 5
    refused(world.run("platform", "verify", name + ":v9.9.9", env=env), name + ":v9.9.9", 3)
    refused(
        world.run("platform", "list", "--registry", repository(registry, "usage/nowhere"), env=env),
        repository(registry, "usage/nowhere:x"),
        3,
    )


def push_pull_tags_copy(world):
    registry = plain(world)
    name = repository(registry, "usage/tool")
    push_and_pull(world, name + ":v1")
    push_and_pull(world, name + ":v2")
    expect(world.tool("tags", name), 0, "v1.*v2")
    digest = digest_in(expect(world.tool("resolve", name + ":v1"), 0))
    assert digest == registry.tag_digest("usage/tool", "v1")
    expect(world.tool("copy", name + ":v1", repository(registry, "usage/copied") + ":v1"), 0)
    assert registry.tag_digest("usage/copied", "v1") == digest
    target = world.fresh("pulled")
    expect(world.tool("pull", name + "@" + digest, target), 0)
    assert tree(target) == FILES


def copy_between_registries_and_layouts(world):
    name, other = repository(plain(world), "usage/copy"), world.registry()
    push_and_pull(world, name + ":v1")
    digest = plain(world).tag_digest("usage/copy", "v1")
    expect(world.tool("copy", name + ":v1", repository(other, "there") + ":v1"), 0)
    assert other.tag_digest("there", "v1") == digest
    folder = world.fresh("layout")
    expect(world.tool("copy", name + ":v1", "oci-layout:" + folder + "/l:v1"), 0)
    check_blobs(folder)
    expect(world.tool("copy", "oci-layout:" + folder + "/l:v1", repository(other, "back") + ":v1"), 0)
    assert other.tag_digest("back", "v1") == digest
    other.stop()


def export_and_import(world):
    registry, other = plain(world), world.registry()
    name = repository(registry, "usage/export")
    digest = digest_in(expect(world.publish(name), 0))
    tar = os.path.join(world.fresh("export"), "platform.tar")
    expect(world.run("platform", "export", name + ":v1.0.0", "--output", tar), 0)
    expect(world.run("platform", "import", tar, "--registry", repository(other, "imported")), 0)
    assert other.tag_digest("imported", "v1.0.0") == digest
    again = world.run("platform", "import", tar, "--registry", repository(other, "imported"))
    expect(again, 0, "Already there", digest)
    raw = subprocess.run(["skopeo", "inspect", "--raw", "oci-archive:" + tar], capture_output=True, timeout=60)
    assert "sha256:" + hashlib.sha256(raw.stdout).hexdigest() == digest, raw.stderr
    other.stop()


def other_content_is_refused(world):
    registry = plain(world)
    name = repository(registry, "usage/immutable")
    first = digest_in(expect(world.publish(name, mark="first"), 0))
    done = refused(world.publish(name, mark="second"), name + ":v1.0.0", 4, first)
    assert len(set(re.findall(r"sha256:[0-9a-f]{64}", done.text))) == 2, "both digests: %s" % done
    assert registry.tag_digest("usage/immutable", "v1.0.0") == first
    dry = world.run(
        "platform", "publish", "v1.0.0", "--registry", name, "--dry-run", cwd=world.platform(mark="third")
    )
    refused(dry, name + ":v1.0.0", 4)


def dry_run_writes_nothing(world):
    with faults.Proxy(plain(world).host) as proxy:
        name = repository(proxy, "usage/dry")
        expect(world.run("platform", "publish", "v1.0.0", "--registry", name, "--dry-run", cwd=world.platform()), 0)
        assert not [request for request in proxy.seen() if request.method not in ("GET", "HEAD")], proxy.seen()


def tls_with_a_private_ca(world):
    ours, foreign = servers.Certificates(world.servers_folder), servers.Certificates(world.servers_folder, "foreign")
    registry = world.registry(tls=ours)
    reference = repository(registry, "tls") + ":v1.0.0"
    right = {"FLOE_REGISTRY_CA_FILE": ours.ca}
    push_and_pull(world, repository(registry, "tls/tool") + ":v1", env=right)
    expect(world.publish(repository(registry, "tls"), env=right), 0)
    expect(world.run("platform", "verify", reference, env={**right, **world.cache()}), 0)
    expect(world.run("platform", "verify", reference, "--ca-file", ours.ca, env=world.cache()), 0)
    refused(
        world.run("platform", "verify", reference, env={"FLOE_REGISTRY_CA_FILE": foreign.ca, **world.cache()}),
        reference,
        4,
        "certificate",
    )
    for file in ("/nowhere/ca.pem", os.devnull):  # wrong configuration is told as such
        env = {"FLOE_REGISTRY_CA_FILE": file, **world.cache()}
        expect(world.run("platform", "verify", reference, env=env), 2, "error: .*" + file, "hint: .*CA_FILE")
    refused(
        world.publish(repository(registry, "tls/not"), env={"FLOE_REGISTRY_CA_FILE": foreign.ca}),
        repository(registry, "tls/not:x"),
        (3, 4),
    )
    assert registry.tag_digest("tls/not", "v1.0.0") is None
    registry.stop()


def basic_authentication(world):
    users = {servers.USER: servers.PASSWORD_HASH, "eve": servers.HELPER_HASH}
    registry = world.registry(users=users)
    name = repository(registry, "basic")
    logged_in = {
        "DOCKER_CONFIG": servers.docker_config(
            world.path("config/basic"), {registry.host: (servers.USER, servers.PASSWORD)}
        )
    }
    refused(world.publish(name), name + ":v1.0.0", 3, "(?i)log|credential|auth")
    push_and_pull(world, name + "/tool:v1", env=logged_in)
    expect(world.publish(name, env=logged_in), 0)
    variables = {
        "FLOE_REGISTRY": name,
        "FLOE_REGISTRY_USERNAME": servers.USER,
        "FLOE_REGISTRY_PASSWORD": servers.PASSWORD,
    }
    expect(world.run("platform", "verify", name + ":v1.0.0", env={**variables, **world.cache()}), 0)
    wrong = {**variables, "FLOE_REGISTRY_PASSWORD": servers.HELPER_PASSWORD}
    refused(world.run("platform", "verify", name + ":v1.0.0", env={**wrong, **world.cache()}), name + ":v1.0.0", 3)
    helper = servers.credential_helper(world.path("config/helper"), {registry.host: ("eve", servers.HELPER_PASSWORD)})
    path = {"PATH": helper + os.pathsep + world.env["PATH"]}
    for label, options in (("one", {"helpers": {registry.host: "test"}}), ("store", {"store": "test"})):
        config = servers.docker_config(world.path("config/basic-" + label), **options)
        expect(
            world.run("platform", "verify", name + ":v1.0.0", env={**path, **world.cache(), "DOCKER_CONFIG": config}),
            0,
        )
    with open(os.path.join(helper, "asked"), encoding="utf-8") as file:
        assert set(file.read().splitlines()) == {"get " + registry.host}
    missing = servers.docker_config(world.path("config/basic-missing"), helpers={registry.host: "absent"})
    refused(
        world.run("platform", "verify", name + ":v1.0.0", env={**world.cache(), "DOCKER_CONFIG": missing}),
        name + ":v1.0.0",
        3,
        "docker-credential-absent|[Ll]og",
    )
    registry.stop()


def credentials_stay_with_their_host(world):
    """What is configured for one host, in a file or in the environment, is never sent to another one."""
    registry = world.registry(users={servers.USER: servers.PASSWORD_HASH})
    with faults.Proxy(registry.host) as proxy:
        name = repository(proxy, "foreign")
        config = servers.docker_config(
            world.path("config/foreign"),
            {registry.host: (servers.USER, servers.PASSWORD), "127.0.0.1": (servers.USER, servers.PASSWORD)},
        )
        variables = {
            "FLOE_REGISTRY": repository(registry, "foreign"),
            "FLOE_REGISTRY_USERNAME": servers.USER,
            "FLOE_REGISTRY_PASSWORD": servers.PASSWORD,
            "DOCKER_CONFIG": config,
        }
        refused(world.run("platform", "verify", name + ":v1.0.0", env=variables), name + ":v1.0.0", 3)
        assert not [
            request for request in proxy.seen() if request.header("Authorization")
        ], "credentials sent elsewhere"
    registry.stop()


def bearer_tokens(world):
    for key in ("token", "access_token"):
        with servers.BearerFront(plain(world).host, {servers.USER: servers.PASSWORD}, key=key) as front:
            name = repository(front, "bearer/" + key.replace("_", "-"))
            env = {
                "DOCKER_CONFIG": servers.docker_config(
                    world.path("config/bearer"), {front.host: (servers.USER, servers.PASSWORD)}
                )
            }
            push_and_pull(world, name + "/tool:v1", env=env)
            expect(world.publish(name, env=env), 0)
            expect(world.run("platform", "list", "--registry", name, env=env), 0, r"v1\.0\.0")
            refused(world.run("platform", "verify", name + ":v1.0.0", env=world.cache()), name + ":v1.0.0", 3)
            leaked = [
                r for r in front.server.seen(pattern="^/v2/") if (r.header("Authorization") or "").startswith("Basic")
            ]
            assert not leaked, "the password went to the registry: %s" % leaked
            expect(world.tool("copy", name + "/tool:v1", name + "/copy:v1", env=env), 0)


def bearer_token_expires(world):
    """Tokens that run out in the middle of an upload are fetched again."""
    with servers.BearerFront(plain(world).host, {servers.USER: servers.PASSWORD}) as front:
        env = {
            "DOCKER_CONFIG": servers.docker_config(
                world.path("config/expires"), {front.host: (servers.USER, servers.PASSWORD)}
            )
        }
        numbers, answer = itertools.count(1), front.server.answer

        def expiring(exchange):
            if exchange.request.target.startswith("/v2/") and next(numbers) in (4, 12):
                front.revoke()
            answer(exchange)

        front.server.answer = expiring
        push_and_pull(world, repository(front, "bearer/expires") + ":v1", env=env)
        assert len(front.server.seen(pattern="^/token")) >= 3, front.server.requests


def anonymous_bearer_tokens(world):
    name = repository(plain(world), "bearer/public")
    expect(world.publish(name), 0)
    with servers.BearerFront(plain(world).host, anonymous=True) as front:
        expect(world.run("platform", "verify", repository(front, "bearer/public") + ":v1.0.0", env=world.cache()), 0)
        assert not [r for r in front.server.seen(pattern="^/token") if r.header("Authorization")]


def identity_token(world):
    with servers.BearerFront(plain(world).host, {servers.USER: servers.PASSWORD}) as front:
        name = repository(front, "bearer/identity")
        config = servers.docker_config(world.path("config/identity"), {front.host: servers.IDENTITY_TOKEN})
        expect(world.publish(name, env={"DOCKER_CONFIG": config}), 0)
        assert front.server.seen("POST", "^/token"), "no refresh_token was used"
        helper = servers.credential_helper(
            world.path("config/identity-helper"), {front.host: ("<token>", servers.IDENTITY_TOKEN)}
        )
        config = servers.docker_config(world.path("config/identity-store"), store="test")
        env = {"DOCKER_CONFIG": config, "PATH": helper + os.pathsep + world.env["PATH"], **world.cache()}
        expect(world.run("platform", "verify", name + ":v1.0.0", env=env), 0)


def skopeo_reads_and_writes(world):
    assert shutil.which("skopeo"), "skopeo is missing: scripts/setup installs it"
    registry = plain(world)
    name = repository(registry, "usage/skopeo")
    digest = digest_in(expect(world.publish(name), 0))
    docker = "docker://" + name[len("oci://") :]

    def skopeo(*args):
        done = subprocess.run(["skopeo", *args], capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    raw = skopeo("inspect", "--raw", "--tls-verify=false", docker + ":v1.0.0")
    assert "sha256:" + hashlib.sha256(raw).hexdigest() == digest
    layout = os.path.join(world.fresh("skopeo"), "layout")
    skopeo("copy", "--src-tls-verify=false", docker + ":v1.0.0", "oci:%s:v1.0.0" % layout)
    assert read_json(os.path.join(layout, "index.json"))["manifests"][0]["digest"] == digest
    expect(world.run("platform", "verify", "oci-layout:%s:v1.0.0" % layout, env=world.cache()), 0, digest)
    skopeo("copy", "--dest-tls-verify=false", "oci:%s:v1.0.0" % layout, docker + "-back:v1.0.0")
    expect(world.run("platform", "verify", name + "-back:v1.0.0", env=world.cache()), 0, digest)


def pull_through_cache(world):
    name = repository(plain(world), "usage/mirrored")
    digest = digest_in(expect(world.publish(name), 0))
    mirror = world.registry(cache_of=plain(world).url)
    reference = repository(mirror, "usage/mirrored") + ":v1.0.0"
    # It answers 500 to who asks for a blob that it is fetching for somebody else: that takes real pauses.
    env = {**world.cache(), "FLOE_RETRY_SCALE": "1"}
    expect(world.run("platform", "verify", reference, env=env), 0, digest)
    refused(
        world.publish(repository(mirror, "usage/mirrored"), "2.0.0"), repository(mirror, "usage/mirrored:x"), (3, 4)
    )
    mirror.stop()


def referrers_with_the_api_and_without(world):
    def attach(registry, name):
        subject = repository(registry, name) + ":v1"
        folder = world.files(subject=b"subject", one=b'{"n":1}', two=b'{"n":2}')
        expect(world.tool("push", subject, "subject", cwd=folder), 0)
        expect(world.tool("attach", subject, "application/vnd.floe.one", "one", cwd=folder), 0)
        expect(world.tool("attach", subject, "application/vnd.floe.two", "two", cwd=folder), 0)
        everything = expect(world.tool("referrers", subject), 0)
        assert len(set(re.findall("sha256:[0-9a-f]{64}", everything.out))) >= 2, everything
        return subject

    subject = attach(plain(world), "usage/referred")
    one = expect(world.tool("referrers", subject, "application/vnd.floe.one"), 0)
    assert len(set(re.findall("sha256:[0-9a-f]{64}", one.out))) == 1, one
    digest = plain(world).tag_digest("usage/referred", "v1")
    index = plain(world).tag_digest("usage/referred", digest.replace(":", "-"))
    with open(plain(world).blob_path(index), encoding="utf-8") as file:
        types = [entry["artifactType"] for entry in json.load(file)["manifests"]]
    assert types == ["application/vnd.floe.one", "application/vnd.floe.two"], types
    with servers.ReferrersRegistry(world.servers_folder, world.build_folder()) as registry:
        attach(registry, "usage/referred")


def referrers_fallback_keeps_concurrent_ones(world):
    """Eight writers at once on a registry without the API: none of their entries is lost."""
    name = repository(plain(world), "usage/crowd") + ":v1"
    folder = world.files(subject=b"subject", **{"f%d" % n: b'{"n":%d}' % n for n in range(8)})
    env = {**world.env, "FLOE_RETRY_SCALE": "1"}  # the pause before reading back is one of those that it scales
    expect(world.tool("push", name, "subject", cwd=folder), 0)
    running = [
        subprocess.Popen(
            [world.tool_path(), "attach", name, "application/vnd.floe.n%d" % n, "f%d" % n],
            cwd=folder,
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for n in range(8)
    ]
    codes = [(process.communicate(timeout=60)[1], process.returncode)[1] for process in running]
    found = expect(world.tool("referrers", name), 0)
    count = len(set(re.findall("sha256:[0-9a-f]{64}", found.out)))
    assert codes == [0] * 8 and count >= 8, "exit codes %s, %d referrers" % (codes, count)


def warm_compile_makes_no_request(world):
    with faults.Proxy(plain(world).host) as proxy:
        name = repository(proxy, "usage/warm")
        expect(world.publish(name), 0)
        product, env = world.product(name + ":v1.0.0"), world.cache()
        expect(world.run("init", cwd=product, env=env), 0)
        assert os.path.exists(os.path.join(product, "floe.lock"))
        proxy.server.forget()
        for _ in range(2):
            expect(world.run("compile", cwd=product, env=env), 0, "PASSED")
        expect(world.run("compile", "--offline", cwd=product, env=env), 0, "PASSED")
        assert proxy.server.connections == 0 and not proxy.seen(), proxy.seen()
        refused(world.run("compile", "--offline", cwd=product, env=world.cache()), name + ":v1.0.0", 3, "(?i)offline")
        refused(
            world.run("platform", "list", "--registry", name, "--offline", env=env), name + ":x", 3, "(?i)offline"
        )
        assert proxy.server.connections == 0, proxy.seen()


def server_gone(world):
    registry = world.registry()
    name = repository(registry, "gone")
    expect(world.publish(name), 0)
    product, env = world.product(name + ":v1.0.0"), world.cache()
    expect(world.run("init", cwd=product, env=env), 0)
    registry.stop()
    expect(world.run("compile", cwd=product, env=env), 0, "PASSED")
    shutil.rmtree(os.path.join(product, "target"))
    expect(world.run("compile", cwd=product, env=env), 0, "PASSED")
    refused(world.run("compile", cwd=product, env=world.cache()), name + ":v1.0.0", 3)
    blobs = os.path.join(env["XDG_CACHE_HOME"], "floe", "blobs", "sha256")
    for blob in os.listdir(blobs):
        with open(os.path.join(blobs, blob), "r+b") as file:
            file.write(b"?")
    shutil.rmtree(os.path.join(product, "target"))
    refused(world.run("compile", cwd=product, env=env), name + ":v1.0.0", (3, 4))
    registry.start()
    expect(world.run("compile", cwd=product, env=env), 0, "PASSED")
    check_blobs(blobs)
    registry.stop()


def moved_tag_is_refused(world):
    registry = plain(world)
    name = repository(registry, "usage/moved")
    first = digest_in(expect(world.publish(name, mark="first"), 0))
    product, env = world.product(name + ":v1.0.0"), world.cache()
    expect(world.run("init", cwd=product, env=env), 0)
    second = digest_in(expect(world.publish(name + "-other", mark="second"), 0))
    expect(world.tool("copy", name + "-other:v1.0.0", name + ":v1.0.0"), (0, 4))
    move_tag(registry, "usage/moved", "v1.0.0", second)
    assert registry.tag_digest("usage/moved", "v1.0.0") == second
    both = "(?s)%s.*%s|%s.*%s" % (first, second, second, first)
    # This machine has seen the tag, so it keeps to that or tells; only who has neither cache nor lock cannot know.
    refused(world.run("platform", "verify", name + ":v1.0.0", env=env), name + ":v1.0.0", 4, both)
    for command in (["platform", "pull", name + ":v1.0.0"], ["init", "elsewhere", "--platform", name + ":v1.0.0"]):
        done = expect(world.run(*command, env=env, cwd=world.fresh("seen")), (0, 4))
        assert done.code == 4 or (first in done.text and second not in done.text), done
    # The lock names the bytes: it holds with them in the cache or on the server, or the move is told.
    fresh = world.cache()
    done = world.run("compile", cwd=product, env=fresh)
    expect(done, (0, 4))
    if done.code == 4:
        refused(done, name + ":v1.0.0", 4, both)
    done = expect(world.run("init", cwd=product, env=world.cache()), (0, 4))
    assert done.code == 4 or (first in done.text and second not in done.text), done
    refused(world.run("platform", "verify", name + ":v1.0.0", cwd=product, env=world.cache()), name + ":v1.0.0", 4, both)
    lock = open(os.path.join(product, "floe.lock"), encoding="utf-8").read()
    assert first in lock and second not in lock


def move_tag(registry, name, tag, digest):
    """Lets a tag name another manifest that the repository's storage holds, as an attacker with push rights would."""
    with open(registry.blob_path(digest), "rb") as file:
        body = file.read()

    def send(method, path, data=None):
        headers = {"Content-Type": json.loads(body).get("mediaType", "")} if data else {}
        request = urllib.request.Request("%s/v2/%s/%s" % (registry.url, name, path), data, headers, method=method)
        urllib.request.urlopen(request, timeout=30).close()

    for layer in json.loads(body)["layers"] + [json.loads(body)["config"]]:
        send("POST", "blobs/uploads/?mount=%s&from=%s-other" % (layer["digest"], name))
    send("PUT", "manifests/" + tag, body)


def deleting(world):
    """docker-registry deletes manifests, not tags, and only where it is set up for that."""
    for allowed, registry in ((True, plain(world)), (False, world.registry(delete=False))):
        name = repository(registry, "usage/delete")
        push_and_pull(world, name + ":v1")
        digest = registry.tag_digest("usage/delete", "v1")
        refused(world.tool("delete", name + ":v1"), name + ":v1", 3)
        expect(world.tool("resolve", name + ":v1"), 0, digest)
        if allowed:
            attached = world.files(note=b"{}")
            expect(world.tool("attach", name + ":v1", "application/vnd.floe.note", "note", cwd=attached), 0)
            referrer = digest_in(expect(world.tool("referrers", name + ":v1"), 0))
            expect(world.tool("delete", name + "@" + referrer), 0)
            left = expect(world.tool("referrers", name + ":v1"), 0)
            assert referrer not in left.text, "what was deleted is still listed: %s" % left
            expect(world.tool("delete", name + "@" + digest), 0)
            refused(world.tool("resolve", name + ":v1"), name + ":v1", 3)
            refused(world.tool("pull", name + "@" + digest, world.fresh("target")), name + ":v1", 3)
        else:
            refused(world.tool("delete", name + "@" + digest), name + ":v1", 3)
            expect(world.tool("resolve", name + ":v1"), 0, digest)
            registry.stop()


SCENARIOS = [
    publish_pull_list_verify,
    push_pull_tags_copy,
    copy_between_registries_and_layouts,
    export_and_import,
    other_content_is_refused,
    dry_run_writes_nothing,
    tls_with_a_private_ca,
    basic_authentication,
    credentials_stay_with_their_host,
    bearer_tokens,
    bearer_token_expires,
    anonymous_bearer_tokens,
    identity_token,
    skopeo_reads_and_writes,
    pull_through_cache,
    referrers_with_the_api_and_without,
    referrers_fallback_keeps_concurrent_ones,
    warm_compile_makes_no_request,
    server_gone,
    moved_tag_is_refused,
    deleting,
]
