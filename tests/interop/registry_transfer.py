# SPDX-License-Identifier: Apache-2.0
"""What floe publishes is read and copied by oras, crane and skopeo, and what they push and copy is read by floe: the
digest and every byte stay."""

import hashlib
import json
import os
import subprocess

from registry_kit import TAG, VERSION, accepted, consumer, cosign_verify, keys, on_both, publish, pulled, tool, use
from world import expect, tree

SKOPEO = ("--insecure-policy", "copy", "--preserve-digests", "--src-tls-verify=false", "--dest-tls-verify=false")
PLATFORM_TYPE = "application/vnd.floe.platform.v1"


def same_bytes(what, data, wanted):
    assert data == wanted, "%s gives other bytes: %s" % (what, hashlib.sha256(data).hexdigest())


def output_of(world, name, *args):
    """The bytes that a tool prints."""
    done = subprocess.run([tool(name), *args], env=world.env, capture_output=True, timeout=120)
    assert done.returncode == 0, "%s %s: %s" % (name, " ".join(args), done.stderr.decode("utf-8", "replace")[-2000:])
    return done.stdout


def oras_reads(world, registry):
    key = keys(world)
    digest = publish(world, registry, "oras/read", key)
    reference, manifest = registry.name("oras/read") + ":" + TAG, registry.manifest("oras/read")
    fetched = output_of(world, "oras", "manifest", "fetch", "--plain-http", reference)
    same_bytes("oras manifest fetch", fetched, manifest)
    folder = world.fresh("oras")
    use(world, "oras", "pull", "--plain-http", reference, "--output", folder)
    assert tree(folder) == tree(pulled(world, "oci://" + reference, digest)), sorted(tree(folder))
    found = json.loads(output_of(world, "oras", "discover", "--plain-http", "--format", "json", reference))
    kinds = {each["annotations"]["dev.sigstore.bundle.predicateType"] for each in found["referrers"]}
    assert len(kinds) == 4 and "https://sigstore.dev/cosign/sign/v1" in kinds, found
    tags = output_of(world, "oras", "repo", "tags", "--plain-http", registry.name("oras/read")).decode().split()
    assert TAG in tags, tags


def oras_copies(world, registry):
    key = keys(world)
    digest = publish(world, registry, "oras/copy", key)
    source = registry.name("oras/copy") + ":" + TAG
    plain = ("copy", "--from-plain-http", "--to-plain-http")
    use(world, "oras", *plain, source, registry.name("oras/alone") + ":" + TAG)
    assert registry.manifest("oras/alone") == registry.manifest("oras/copy")
    pulled(world, "oci://" + registry.name("oras/alone") + ":" + TAG, digest)
    use(world, "oras", *plain, "-r", source, registry.name("oras/whole") + ":" + TAG)
    whole = "oci://" + registry.name("oras/whole") + ":" + TAG
    pulled(world, whole, digest)
    expect(world.run("platform", "list", "--registry", whole.rpartition(":")[0]), 0, TAG)
    # The signature names where it was made: a mirror is only that for who says so.
    expect(world.run("platform", "verify", whole, "--key", key + ".pub"), 4, "oras/copy")
    accepted(world, whole, digest, key, signed_as=[registry.name("oras/copy")])
    folder = os.path.join(world.fresh("layout"), "layout")
    use(world, "oras", "copy", "-r", "--from-plain-http", "--to-oci-layout", source, folder + ":" + TAG)
    layout_is_read(world, folder, digest, key, registry.name("oras/copy"))


def layout_is_read(world, folder, digest, key=None, origin=None, name=":" + TAG):
    """floe reads an OCI layout, as a folder and as an archive, with its signatures if there are some."""
    archive = folder + ".tar"
    subprocess.run(["tar", "-cf", archive, "-C", folder, "."], check=True, timeout=60)
    for reference in ("oci-layout:" + folder + name, "file:" + archive + name):
        pulled(world, reference, digest)
        if key:
            accepted(world, reference, digest, key, signed_as=[origin])


def crane_reads_and_copies(world, registry):
    digest = publish(world, registry, "crane/read")
    source, manifest = registry.name("crane/read") + ":" + TAG, registry.manifest("crane/read")
    same_bytes("crane manifest", output_of(world, "crane", "manifest", source).rstrip(b"\n"), manifest)
    expect(use(world, "crane", "digest", source), 0, digest)
    expect(use(world, "crane", "ls", registry.name("crane/read")), 0, TAG)
    use(world, "crane", "validate", "--remote", source)
    use(world, "crane", "copy", source, registry.name("crane/copy") + ":" + TAG)
    same_bytes("crane copy", registry.manifest("crane/copy"), manifest)
    pulled(world, "oci://" + registry.name("crane/copy") + ":" + TAG, digest)
    use(world, "crane", "tag", source, TAG + "-rc.1")
    folder = os.path.join(world.fresh("layout"), "layout")
    use(world, "crane", "pull", "--format=oci", source, folder)
    layout_is_read(world, folder, digest, name="@" + digest)  # crane's layouts name no tag
    use(world, "crane", "push", folder, registry.name("crane/push") + ":" + TAG)
    same_bytes("crane push", registry.manifest("crane/push"), manifest)
    pulled(world, "oci://" + registry.name("crane/push") + ":" + TAG, digest)


def skopeo_reads_and_copies(world, registry):
    digest = publish(world, registry, "skopeo/read")
    source, manifest = "docker://" + registry.name("skopeo/read") + ":" + TAG, registry.manifest("skopeo/read")
    raw = output_of(world, "skopeo", "inspect", "--raw", "--tls-verify=false", source)
    same_bytes("skopeo inspect --raw", raw, manifest)
    use(world, "skopeo", *SKOPEO, source, "docker://" + registry.name("skopeo/copy") + ":" + TAG)
    same_bytes("skopeo copy", registry.manifest("skopeo/copy"), manifest)
    pulled(world, "oci://" + registry.name("skopeo/copy") + ":" + TAG, digest)
    folder = os.path.join(world.fresh("layout"), "layout")
    use(world, "skopeo", *SKOPEO, source, "oci:" + folder + ":" + TAG)
    layout_is_read(world, folder, digest)
    archive = os.path.join(world.fresh("archive"), "platform.tar")
    use(world, "skopeo", *SKOPEO, source, "oci-archive:" + archive + ":" + TAG)
    pulled(world, "file:%s:%s" % (archive, TAG), digest)
    name = "oci://" + registry.name("skopeo/import")
    expect(world.run("platform", "import", archive, "--registry", name), 0)
    same_bytes("what floe imported", registry.manifest("skopeo/import"), manifest)


def exports_are_read(world, registry):
    """What floe exports goes through oras and skopeo into another repository, where the signature still counts."""
    key = keys(world)
    digest = publish(world, registry, "export/from", key)
    manifest, origin = registry.manifest("export/from"), registry.name("export/from")
    archive = os.path.join(world.fresh("export"), "platform.tar")
    expect(world.run("platform", "export", "oci://%s:%s" % (origin, TAG), "--output", archive), 0)
    same_bytes(
        "oras of the archive",
        output_of(world, "oras", "manifest", "fetch", "--oci-layout", archive + ":" + TAG),
        manifest,
    )
    same_bytes(
        "skopeo of the archive",
        output_of(world, "skopeo", "inspect", "--raw", "oci-archive:%s:%s" % (archive, TAG)),
        manifest,
    )
    copied = registry.name("export/oras")
    use(
        world,
        "oras",
        *("copy", "-r", "--from-oci-layout", "--to-plain-http", archive + ":" + TAG, copied + ":" + TAG),
    )
    same_bytes("oras copy of the archive", registry.manifest("export/oras"), manifest)
    accepted(world, "oci://%s:%s" % (copied, TAG), digest, key, signed_as=[origin])
    cosign_verify(world, "cosign3", copied + ":" + TAG, key)
    copied = registry.name("export/skopeo")
    use(world, "skopeo", *SKOPEO, "oci-archive:%s:%s" % (archive, TAG), "docker://%s:%s" % (copied, TAG))
    same_bytes("skopeo copy of the archive", registry.manifest("export/skopeo"), manifest)
    imported = "oci://" + registry.name("export/floe")
    expect(world.run("platform", "import", archive, "--registry", imported), 0)
    accepted(world, imported + ":" + TAG, digest, key, signed_as=[origin])
    cosign_verify(world, "cosign3", imported[6:] + ":" + TAG, key)


def oras_publishes_a_platform(world, registry):
    """The files of a platform, pushed by oras, are a platform; other files are not."""
    publish(world, registry, "oras/ours")
    wanted = json.loads(registry.manifest("oras/ours"))
    folder = pulled(world, "oci://" + registry.name("oras/ours") + ":" + TAG, registry.digest("oras/ours"))
    files = ["%s:%s" % (each["annotations"]["org.opencontainers.image.title"], each["mediaType"])
             for each in wanted["layers"]]
    options = ["--artifact-type", PLATFORM_TYPE, "--annotation", "org.opencontainers.image.version=" + VERSION,
               "--annotation", "dev.floe.platform.name=platform"]
    theirs = registry.name("oras/theirs")
    use(world, "oras", "push", "--plain-http", *options, theirs + ":" + TAG, *files, cwd=folder)
    again = pulled(world, "oci://%s:%s" % (theirs, TAG), registry.digest("oras/theirs"))
    assert tree(again) == tree(folder)
    env = consumer(world)
    expect(world.run("platform", "list", "--registry", "oci://" + theirs, env=env), 0, TAG)
    product = world.product("oci://%s:%s" % (theirs, TAG))
    expect(world.run("init", "--platform=oci://%s:%s" % (theirs, TAG), env=env, cwd=product), 0)
    expect(world.run("compile", env=env, cwd=product), 0)
    other = registry.name("oras/other")
    use(world, "oras", "push", "--plain-http", other + ":" + TAG, files[0], cwd=folder)
    expect(world.run("platform", "pull", "oci://%s:%s" % (other, TAG), env=consumer(world)), (3, 4), "error: ")


def layouts_of_floe_are_pushed(world, registry):
    """The embedded registry of floe is an OCI layout: crane, oras and skopeo push from it."""
    folder = os.path.join(world.fresh("ours"), "layout")
    name = "oci-layout:" + folder
    expect(world.run("platform", "publish", TAG, "--registry", name, cwd=world.platform(VERSION)), 0)
    with open(os.path.join(folder, "index.json"), encoding="utf-8") as file:
        (entry,) = [each for each in json.load(file)["manifests"]]
    digest = entry["digest"]
    plain = ("copy", "--from-oci-layout", "--to-plain-http")
    use(world, "oras", *plain, folder + ":" + TAG, registry.name("layout/oras") + ":" + TAG)
    use(world, "skopeo", *SKOPEO, "oci:%s:%s" % (folder, TAG), "docker://%s:%s" % (registry.name("layout/skopeo"), TAG))
    use(world, "crane", "push", folder, registry.name("layout/crane") + ":" + TAG)
    for which in ("oras", "skopeo", "crane"):
        assert registry.digest("layout/" + which) == digest, which
        pulled(world, "oci://%s:%s" % (registry.name("layout/" + which), TAG), digest)


SCENARIOS = [
    scenario
    for check in (
        oras_reads,
        oras_copies,
        crane_reads_and_copies,
        skopeo_reads_and_copies,
        exports_are_read,
        oras_publishes_a_platform,
        layouts_of_floe_are_pushed,
    )
    for scenario in on_both(check)
]
