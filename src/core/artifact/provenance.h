// SPDX-License-Identifier: Apache-2.0
// What floe attests about a platform or product that it publishes: where it comes from, what it was
// made of, and that its tests passed. No clock and no machine get into it: the same inputs attest
// the same.
#pragma once

#include "core/artifact/origin.h"
#include "core/artifact/product.h"
#include "core/artifact/signing.h"
#include "core/platform/platform.h"

#include <map>
#include <string>
#include <vector>

namespace floe::artifact {

/// A file that something was compiled from: path in its folder → SHA-256 in hex.
using Inputs = std::map<std::string, std::string>;

/// Names of the policy tests that were run.
struct TestedPolicies {
  std::vector<std::string> passed;
};

/// SLSA provenance v1.0: the commit, floe's version, the inputs' digests.
Attestation provenance(const core::Platform& platform, const Origin& origin, const Inputs& inputs);

/// The same for a data product, with the platform among what it was made of.
Attestation product_provenance(const Product& product, const Origin& origin, const Inputs& inputs);

/// The policy tests and that they passed (in-toto test-result v0.1).
Attestation test_result(const core::Platform& platform, const Inputs& inputs,
                        const TestedPolicies& tests);

/// SPDX 2.3 of what went into the platform: floe, the inputs, the plugins that it chooses.
Attestation bill_of_materials(const core::Platform& platform, const Origin& origin,
                              const Inputs& inputs);

}  // namespace floe::artifact
