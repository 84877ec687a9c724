# SPDX-License-Identifier: Apache-2.0
"""What the registry part of the interop suite shares: the tools of others, two kinds of registries, and floe as a
consumer with a trust policy."""

import hashlib
import json
import os
import shutil
import sys
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "registry"))

import servers  # noqa: E402
from world import digest_in, expect  # noqa: E402

VERSION = "1.2.3"
TAG = "v" + VERSION
ACCEPT = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json"
# Nothing that cosign could ask is reachable, as in an air gap; an empty root is what it wants to be given then.
NOWHERE = {"TUF_MIRROR": "http://127.0.0.1:9", "COSIGN_YES": "true"}
EMPTY_ROOT = {
    "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    "tlogs": [],
    "certificateAuthorities": [],
    "ctlogs": [],
    "timestampAuthorities": [],
}
FAILS = tuple(range(1, 128))  # exit codes of a refusal by a tool of others
PREDICATES = {
    "slsaprovenance1": "https://slsa.dev/provenance/v1",
    "https://in-toto.io/attestation/test-result/v0.1": "https://in-toto.io/attestation/test-result/v0.1",
    "spdxjson": "https://spdx.dev/Document",
}


def tools_folder():
    """Where `scripts/setup --interop` puts the tools that are written in Go."""
    default = os.path.join(os.path.dirname(os.path.dirname(HERE)), ".deps", "interop-go", "bin")
    return os.environ.get("FLOE_INTEROP_GO", default)


def tool(name):
    """The path of a tool; Skip if it is not here."""
    if name == "skopeo":
        found = shutil.which(name)
        where = "skopeo is not installed (scripts/setup)"
    else:
        found = shutil.which(os.path.join(tools_folder(), name))
        where = "%s has no %s (scripts/setup --interop)" % (tools_folder(), name)
    if not found:
        raise servers.Skip(where)
    return found


def use(world, name, *args, codes=0, cwd=None):
    """Runs a tool of others and demands one of these exit codes."""
    return expect(world.execute([tool(name), *args], env=NOWHERE, cwd=cwd, timeout=120), codes)


class Registry:
    """A registry of one of the two kinds: `fallback` has no referrers API, `referrers` has it."""

    def __init__(self, kind, server):
        self.kind, self.server, self.host = kind, server, server.host

    def name(self, repository):
        """As the tools of others name a repository."""
        return "%s/%s" % (self.host, repository)

    def manifest(self, repository, reference=TAG):
        """The bytes of a manifest."""
        url = "http://%s/v2/%s/manifests/%s" % (self.host, repository, reference)
        with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept": ACCEPT}), timeout=20) as answer:
            return answer.read()

    def digest(self, repository, reference=TAG):
        return "sha256:" + hashlib.sha256(self.manifest(repository, reference)).hexdigest()

    def put(self, repository, reference, data, kind="application/vnd.oci.image.manifest.v1+json"):
        """Stores a manifest, as anybody who may push can."""
        url = "http://%s/v2/%s/manifests/%s" % (self.host, repository, reference)
        request = urllib.request.Request(url, data, {"Content-Type": kind}, method="PUT")
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status

    def referrers(self, repository, digest):
        """What the referrers API lists."""
        url = "http://%s/v2/%s/referrers/%s" % (self.host, repository, digest)
        with urllib.request.urlopen(url, timeout=20) as answer:
            return json.load(answer)["manifests"]

    def delete(self, repository, digest):
        """Deletes a manifest with all its tags."""
        url = "http://%s/v2/%s/manifests/%s" % (self.host, repository, digest)
        with urllib.request.urlopen(urllib.request.Request(url, method="DELETE"), timeout=20) as answer:
            return answer.status


def registry(world, kind):
    """The registry of a kind that all scenarios share, each with repositories of its own."""
    with world.lock:
        known = world.__dict__.setdefault("interop_registries", {})
        if kind not in known:
            if kind == "fallback":
                server = world.registry(delete=True)
            else:
                server = servers.ReferrersRegistry(world.servers_folder, world.build_folder())
            known[kind] = Registry(kind, server)
        return known[kind]


def on_both(check):
    """The scenario for a registry without the referrers API and for one with it."""
    scenarios = []
    for kind in ("fallback", "referrers"):

        def scenario(world, kind=kind):
            check(world, registry(world, kind))

        scenario.__name__ = "%s[%s]" % (check.__name__, kind)
        scenarios.append(scenario)
    return scenarios


def keys(world, name="team"):
    """Path prefix of a key pair that floe made: PREFIX.key, PREFIX.pub."""
    prefix = os.path.join(world.fresh("keys"), name)
    expect(world.run("platform", "keygen", "--output-key-prefix", prefix), 0)
    return prefix


def publish(world, registry_, repository, key=None, form=None, version=VERSION, mark=""):
    """floe publishes; returns the digest."""
    options = (["--key", key + ".key"] if key else []) + (["--signature-format", form] if form else [])
    name = "oci://" + registry_.name(repository)
    folder = world.platform(version, mark)
    done = world.run("platform", "publish", "v" + version, "--registry", name, *options, cwd=folder)
    return digest_in(expect(done, 0, "Published"))


def sign(world, which, registry_, repository, key, classic=False, digest=None):
    """`which` cosign signs by key."""
    subject = "%s@%s" % (registry_.name(repository), digest or registry_.digest(repository))
    use(world, which, "sign", *signing_options(which, classic), "--key", key + ".key", "-y", subject)


def attest(world, which, registry_, repository, key, kind="slsaprovenance1", classic=False):
    """`which` cosign attests something of this kind."""
    predicate = os.path.join(world.fresh("predicate"), "predicate.json")
    with open(predicate, "w", encoding="utf-8") as file:
        json.dump(
            {"buildDefinition": {"buildType": "https://example.com/build"}, "runDetails": {"builder": {"id": "x"}}},
            file,
        )
    subject = "%s@%s" % (registry_.name(repository), registry_.digest(repository))
    options = signing_options(which, classic) + ["--predicate", predicate, "--type", kind]
    use(world, which, "attest", *options, "--key", key + ".key", "-y", subject)


def signing_options(which, classic):
    """Without these cosign asks the public services, key or not."""
    options = ["--tlog-upload=false"]
    if which == "cosign3":
        options.append("--use-signing-config=false")
        if classic:
            options.append("--new-bundle-format=false")
    return options


def cosign_verify(world, which, reference, key, kind=None, bundles=True, codes=0):
    """`which` cosign verifies the signature, or an attestation of this kind."""
    options = ["verify"] if kind is None else ["verify-attestation", "--type", kind]
    options += ["--insecure-ignore-tlog", "--key", key + ".pub"]
    if which == "cosign2" and bundles:
        root = os.path.join(world.fresh("root"), "trusted_root.json")
        with open(root, "w", encoding="utf-8") as file:
            json.dump(EMPTY_ROOT, file)
        options += ["--trusted-root", root] + (["--new-bundle-format"] if kind else [])
    return use(world, which, *options, reference, codes=codes)


def consumer(world, key=None, **rule):
    """The environment of a user with an empty cache, and a trust policy that enforces signatures by the key; without
    a key one who trusts everything."""
    home = world.fresh("home")
    env = {"HOME": home, "XDG_CONFIG_HOME": os.path.join(home, ".config"), **world.cache()}
    if key:
        policy = {"version": 1, "rules": [{"match": "*", "keys": [key + ".pub"], **rule}]}
        os.makedirs(os.path.join(home, ".config", "floe"))
        with open(os.path.join(home, ".config", "floe", "trust.yaml"), "w", encoding="utf-8") as file:
            json.dump(policy, file)  # JSON is YAML
    return env


def accepted(world, reference, digest, key, **rule):
    """floe takes the platform: by its key, by an enforcing policy, and in a product from init to compile."""
    if not rule:
        expect(world.run("platform", "verify", reference, "--key", key + ".pub", env=world.cache()), 0, digest)
    env = consumer(world, key, **rule)
    expect(world.run("platform", "verify", reference, env=env), 0, digest, "Signature: verified")
    product = world.product(reference)
    expect(world.run("init", "--platform=" + reference, env=env, cwd=product), 0)
    expect(world.run("compile", env=env, cwd=product), 0)


def pulled(world, reference, digest, env=None):
    """floe pulls and checks what is there, with this digest; returns the folder with the files."""
    env = env or consumer(world)
    folder = os.path.join(world.fresh("pulled"), "files")
    expect(world.run("platform", "pull", reference, "--output", folder, env=env), 0, digest)
    expect(world.run("platform", "verify", reference, env=env), 0, digest, "Files: 10")
    return folder
