# SPDX-License-Identifier: Apache-2.0
"""cosign verifies what floe signs and attests, in all formats, and floe what cosign signs and attests; key files of
each are read by the other."""

import os

from registry_kit import (
    FAILS,
    NOWHERE,
    PREDICATES,
    TAG,
    accepted,
    attest,
    consumer,
    cosign_verify,
    keys,
    on_both,
    publish,
    sign,
    tool,
    use,
)
from world import expect

SLSA = PREDICATES["slsaprovenance1"]


def bundles_of_floe(world, registry):
    check_signed_by_floe(world, registry, "bundle")


def classic_signatures_of_floe(world, registry):
    check_signed_by_floe(world, registry, "classic")


def both_formats_of_floe(world, registry):
    check_signed_by_floe(world, registry, "both")


def check_signed_by_floe(world, registry, form):
    """Each cosign takes the signature and each attestation, and neither by another key."""
    key, other = keys(world), keys(world, "other")
    repository = "signed/" + form
    digest = publish(world, registry, repository, key, form)
    reference = registry.name(repository) + ":" + TAG
    accepted(world, "oci://" + reference, digest, key)
    bundles = form != "classic"
    for which in ("cosign3", "cosign2"):
        cosign_verify(world, which, reference, key, bundles=bundles)
        cosign_verify(world, which, reference, other, bundles=bundles, codes=FAILS)
        for kind in PREDICATES:
            cosign_verify(world, which, reference, key, kind, bundles)
        cosign_verify(world, which, reference, other, SLSA, bundles, codes=FAILS)
    # Where all three are attested, a policy may want them.
    accepted(world, "oci://" + reference, digest, key, attestations=list(PREDICATES.values()))


def signed_afterwards_by_floe(world, registry):
    """`floe platform sign` of what cosign has signed already: both signatures stay good."""
    first, second = keys(world, "first"), keys(world, "second")
    for classic in (False, True):
        repository = "again/" + ("classic" if classic else "bundle")
        digest = publish(world, registry, repository)
        sign(world, "cosign3", registry, repository, first, classic)
        reference = registry.name(repository) + ":" + TAG
        form = "classic" if classic else "bundle"
        options = ["--key", second + ".key", "--signature-format", form]
        expect(world.run("platform", "sign", "oci://" + reference, *options), 0)
        for key in (first, second):
            accepted(world, "oci://" + reference, digest, key)
            cosign_verify(world, "cosign3", reference, key)
            cosign_verify(world, "cosign2", reference, key, bundles=not classic)


def check_signed_by_cosign(world, registry, which, classic):
    key, other = keys(world), keys(world, "other")
    repository = "%s/%s" % (which, "classic" if classic else "bundle")
    reference = "oci://" + registry.name(repository) + ":" + TAG
    digest = publish(world, registry, repository)
    expect(world.run("platform", "verify", reference, "--key", key + ".pub"), 4)
    sign(world, which, registry, repository, key, classic)
    accepted(world, reference, digest, key)
    expect(world.run("platform", "verify", reference, "--key", other + ".pub"), 4)
    expect(world.run("platform", "verify", reference, env=consumer(world, key, attestations=[SLSA])), 4, SLSA)
    attest(world, which, registry, repository, key, classic=classic)
    cosign_verify(world, which, reference[6:], key, "slsaprovenance1", bundles=not classic)
    accepted(world, reference, digest, key)
    accepted(world, reference, digest, key, attestations=[SLSA])
    done = world.run("platform", "verify", reference, "--key", key + ".pub")
    expect(done, 0, "Attested: " + SLSA)


def signed_by_cosign_2(world, registry):
    check_signed_by_cosign(world, registry, "cosign2", True)


def signed_by_cosign_3(world, registry):
    check_signed_by_cosign(world, registry, "cosign3", False)


def signed_by_cosign_3_as_before(world, registry):
    check_signed_by_cosign(world, registry, "cosign3", True)


def key_files(world):
    """Keys of floe are read by both cosigns, keys of both by floe; the wrong passphrase opens none."""
    ours = keys(world)
    with open(ours + ".pub", encoding="utf-8") as file:
        public = file.read()
    for which in ("cosign2", "cosign3"):
        done = use(world, which, "public-key", "--key", ours + ".key")
        assert done.out.strip() == public.strip(), done
        check_key_of_cosign(world, which)


def check_key_of_cosign(world, which):
    folder = world.fresh(which)
    theirs = os.path.join(folder, "theirs")
    use(world, which, "generate-key-pair", "--output-key-prefix", theirs, cwd=folder)
    layout = "oci-layout:" + os.path.join(folder, "layout")
    publishing = ("platform", "publish", TAG, "--registry", layout, "--key", theirs + ".key")
    wrong = world.run(*publishing, cwd=world.platform("1.2.3"), env={"COSIGN_PASSWORD": "not this one"})
    assert wrong.code != 0 and "password is wrong" in wrong.text, wrong
    expect(world.run(*publishing, cwd=world.platform("1.2.3")), 0)
    expect(world.run("platform", "verify", layout + ":" + TAG, "--key", theirs + ".pub"), 0)
    refused = world.execute(
        [tool(which), "public-key", "--key", keys(world) + ".key"], env={**NOWHERE, "COSIGN_PASSWORD": "not this one"}
    )
    assert refused.code != 0, refused


def everyone_signs_one_artifact(world, registry):
    """floe, cosign 2 and cosign 3 each by a key of their own: whoever trusts one of them, is content."""
    signers = {name: keys(world, name) for name in ("floe", "cosign2", "cosign3")}
    digest = publish(world, registry, "signed/all", signers["floe"], "both")
    for which in ("cosign2", "cosign3"):
        sign(world, which, registry, "signed/all", signers[which])
    for key in signers.values():
        accepted(world, "oci://" + registry.name("signed/all") + ":" + TAG, digest, key)
    foreign = keys(world, "foreign")
    done = world.run("platform", "verify", "oci://" + registry.name("signed/all") + ":" + TAG, "--key",
                     foreign + ".pub")
    expect(done, 4)


SCENARIOS = [
    scenario
    for check in (
        bundles_of_floe,
        classic_signatures_of_floe,
        both_formats_of_floe,
        signed_afterwards_by_floe,
        signed_by_cosign_2,
        signed_by_cosign_3,
        signed_by_cosign_3_as_before,
        everyone_signs_one_artifact,
    )
    for scenario in on_both(check)
] + [key_files]
