# SPDX-License-Identifier: Apache-2.0
"""What somebody who may push, or who has the registry's disk, can do to a signed platform with the usual tools: floe
refuses it with exit code 4 in verify, init and compile, and is not kept from a good signature by a bad one."""

import json
import os

from registry_kit import (
    FAILS,
    TAG,
    Registry,
    accepted,
    attest,
    consumer,
    cosign_verify,
    keys,
    on_both,
    publish,
    sign,
    use,
)
from world import digest_in, expect, tree

PLAIN = ("copy", "--from-plain-http", "--to-plain-http")


def locked_product(world, reference):
    """A product that somebody without a trust policy began: it has a lock."""
    product = world.product(reference)
    expect(world.run("init", "--platform=" + reference, env=consumer(world), cwd=product), 0)
    return product


def refused_everywhere(world, reference, key, locked=None):
    """Exit code 4 for a user whose policy enforces the key: verify, init, and compile of a product without a lock and
    of one that has a lock; twice, since nothing may be left that a later run would take."""
    failures = []

    def check(what, *command, env=None, cwd=None):
        for _ in range(2):
            done = world.run(*command, env=env, cwd=cwd)
            if done.code != 4 or "error: " not in done.err:
                failures.append("%s: %s" % (what, done))

    check("verify --key", "platform", "verify", reference, "--key", key + ".pub", env=world.cache())
    check("verify", "platform", "verify", reference, env=consumer(world, key))
    fresh, bare = world.fresh("init"), world.product(reference)
    check("init", "init", ".", "--platform=" + reference, env=consumer(world, key), cwd=fresh)
    check("compile without a lock", "compile", env=consumer(world, key), cwd=bare)
    if locked:
        check("compile", "compile", env=consumer(world, key), cwd=locked)
    for folder in filter(None, (fresh, bare, locked)):
        left = set(tree(folder)) - {"floe.yaml", "models/a.sql"} - ({"floe.lock", ".gitignore"} if locked else set())
        if any(name.startswith(("floe.", "target/compiled")) for name in left):
            failures.append("%s holds %s" % (folder, sorted(left)))
    assert not failures, "%s is not refused:\n- %s" % (reference, "\n- ".join(failures))


def signed(world, registry_, repository, form="both"):
    """A signed platform with a product that uses it: its reference, the key, digest and product."""
    key = keys(world)
    digest = publish(world, registry_, repository, key, form)
    reference = "oci://%s:%s" % (registry_.name(repository), TAG)
    product = locked_product(world, reference)
    accepted(world, reference, digest, key)
    return reference, key, digest, product


def bit_flipped_in_storage(world):
    """The disk of the registry: blobs of the artifact, and its manifest."""
    own = Registry("fallback", world.registry(delete=True))  # repositories share their blobs
    reference, key, digest, product = signed(world, own, "tamper/flip")
    layers = json.loads(own.manifest("tamper/flip"))["layers"]
    for victim in (layers[0]["digest"], layers[4]["digest"], layers[-1]["digest"], digest):
        path = own.server.blob_path(victim)
        with open(path, "r+b") as file:
            data = file.read()
            file.seek(len(data) // 2)
            file.write(bytes([data[len(data) // 2] ^ 1]))
        refused_everywhere(world, reference, key, product)
        with open(path, "wb") as file:
            file.write(data)
    accepted(world, reference, digest, key)
    own.server.stop()


def older_version_at_a_newer_tag(world, shared):
    """crane tag: the signature of v1.2.3 is good, but not for v2.0.0."""
    for form in ("bundle", "classic"):
        repository = "tamper/tag-" + form
        _, key, _, _ = signed(world, shared, repository, form)
        use(world, "crane", "tag", shared.name(repository) + ":" + TAG, "v2.0.0")
        refused_everywhere(world, "oci://" + shared.name(repository) + ":v2.0.0", key)
        cosign_verify(world, "cosign3", shared.name(repository) + ":v2.0.0", key)  # it can't tell


def other_manifest_at_the_tag(world, shared):
    """Another platform of the same version, unsigned, takes the tag's place."""
    reference, key, digest, product = signed(world, shared, "tamper/replaced")
    other = publish(world, shared, "tamper/theirs", mark="with other rules")
    theirs, ours = (shared.name("tamper/" + name) + ":" + TAG for name in ("theirs", "replaced"))
    use(world, "crane", "copy", theirs, ours)
    assert shared.digest("tamper/replaced") == other
    refused_everywhere(world, reference, key)
    # A lock pins what was signed: that is taken, as long as it is there, and nothing else.
    expect(world.run("platform", "verify", reference, env=consumer(world), cwd=product), 4)
    expect(world.run("compile", env=consumer(world, key), cwd=product), 0)
    with open(os.path.join(product, "target", "compiled.json"), encoding="utf-8") as file:
        text = file.read()
    assert digest in text and other not in text, text[:2000]


def signature_removed(world, shared):
    """What cosign clean does, by hand: the tags of the formats and the referrers are gone."""
    for form in ("bundle", "classic"):
        repository = "tamper/removed-" + form
        reference, key, digest, product = signed(world, shared, repository, form)
        remove_signatures(shared, repository, digest, form)
        refused_everywhere(world, reference, key, product)


def remove_signatures(shared, repository, digest, form):
    tag = digest.replace(":", "-")
    if form == "classic":
        for suffix in (".sig", ".att"):
            # Each kind deletes what it is asked for only: docker-registry no tags, the other one no digest's tags.
            name = tag + suffix
            shared.delete(repository, shared.digest(repository, name) if shared.kind == "fallback" else name)
    elif shared.kind == "fallback":
        shared.delete(repository, shared.digest(repository, tag))
    else:
        for each in shared.referrers(repository, digest):
            shared.delete(repository, each["digest"])


def signed_by_a_foreign_key_only(world, shared):
    """The platform is published unsigned, and somebody else signs it, in every format."""
    key, foreign = keys(world), keys(world, "foreign")
    for which, classic in (("cosign2", True), ("cosign3", False)):
        repository = "tamper/foreign-" + which
        publish(world, shared, repository)
        reference = "oci://%s:%s" % (shared.name(repository), TAG)
        product = locked_product(world, reference)
        sign(world, which, shared, repository, foreign, classic)
        refused_everywhere(world, reference, key, product)


def a_foreign_signature_beside_a_good_one(world, shared):
    """One that nobody trusts takes nothing from one that is trusted."""
    for form in ("bundle", "classic"):
        repository, foreign = "tamper/beside-" + form, keys(world, "foreign")
        reference, key, digest, _ = signed(world, shared, repository, form)
        for which, classic in (("cosign2", True), ("cosign3", False)):
            sign(world, which, shared, repository, foreign, classic)
        accepted(world, reference, digest, key)


def an_attestation_is_no_signature(world, shared):
    """`cosign attest` alone: cosign takes it for a signature, floe does not."""
    for which, classic in (("cosign2", True), ("cosign3", False)):
        key, repository = keys(world), "tamper/attested-" + which
        publish(world, shared, repository)
        reference = "oci://%s:%s" % (shared.name(repository), TAG)
        product = locked_product(world, reference)
        attest(world, which, shared, repository, key, classic=classic)
        refused_everywhere(world, reference, key, product)
    cosign_verify(world, "cosign3", reference[6:], key)  # of the bundle


def a_bad_bundle_beside_a_good_classic_signature(world, shared):
    """Anybody who may push can put a bundle there; where cosign then refuses all, floe goes by the good one."""
    reference, key, digest, product = signed(world, shared, "tamper/hidden", "classic")
    cosign_verify(world, "cosign3", reference[6:], key)
    sign(world, "cosign3", shared, "tamper/hidden", keys(world, "foreign"))
    cosign_verify(world, "cosign3", reference[6:], key, codes=FAILS)
    accepted(world, reference, digest, key)
    expect(world.run("compile", env=consumer(world, key), cwd=product), 0)


def a_signature_of_another_repository(world, shared):
    """The artifact and its good signature are carried to another name: oras for bundles, the tags for the rest."""
    for form, which in (("bundle", None), ("classic", None), ("bundle", "cosign3"), ("classic", "cosign2")):
        name = "%s-%s" % (form, which or "floe")
        source, copy = "tamper/from-" + name, "tamper/to-" + name
        key = keys(world)
        publish(world, shared, source, None if which else key, None if which else form)
        if which:
            sign(world, which, shared, source, key, form == "classic")
        use(world, "oras", *PLAIN, "-r", shared.name(source) + ":" + TAG, shared.name(copy) + ":" + TAG)
        digest = shared.digest(source)
        if form == "classic":
            tag = ":" + digest.replace(":", "-") + ".sig"
            use(world, "crane", "copy", shared.name(source) + tag, shared.name(copy) + tag)
        reference = "oci://%s:%s" % (shared.name(copy), TAG)
        if which == "cosign3":  # its bundles name no repository: they are good wherever the artifact is
            accepted(world, reference, digest, key)
            continue
        product = locked_product(world, reference)
        refused_everywhere(world, reference, key, product)
        accepted(world, reference, digest, key, signed_as=[shared.name(source)])


def an_altered_artifact_with_a_good_signature(world, shared):
    """One annotation is changed and the signature re-attached to the new digest: it is about another one."""
    reference, key, digest, _ = signed(world, shared, "tamper/altered", "classic")
    manifest = json.loads(shared.manifest("tamper/altered"))
    manifest["annotations"]["com.example.note"] = "changed"
    data = json.dumps(manifest, separators=(",", ":")).encode()
    shared.put("tamper/altered", TAG, data)
    altered = shared.digest("tamper/altered")
    assert altered != digest
    signature = shared.manifest("tamper/altered", digest.replace(":", "-") + ".sig")
    shared.put("tamper/altered", altered.replace(":", "-") + ".sig", signature)
    refused_everywhere(world, reference, key)
    assert digest_in(expect(world.run("platform", "verify", reference, env=consumer(world)), 0)) == altered


SCENARIOS = [bit_flipped_in_storage] + [
    scenario
    for check in (
        older_version_at_a_newer_tag,
        other_manifest_at_the_tag,
        signature_removed,
        signed_by_a_foreign_key_only,
        a_foreign_signature_beside_a_good_one,
        an_attestation_is_no_signature,
        a_bad_bundle_beside_a_good_classic_signature,
        a_signature_of_another_repository,
        an_altered_artifact_with_a_good_signature,
    )
    for scenario in on_both(check)
]
