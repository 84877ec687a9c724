// SPDX-License-Identifier: Apache-2.0
// What stands between a compiled platform and its publication: its tests, and whether its version
// says enough about what changes.
#pragma once

#include "base/result.h"
#include "cli/platform.h"

namespace floe::cli {

/// Runs the policy tests; kViolation with the failing ones if one fails. Mistakes in them are in
/// the manifest's sink, and the result is empty.
Result<artifact::TestedPolicies> pass_policy_tests(const CompiledManifest& compiled,
                                                   const Output& output);

/// Compares with the newest release in the registry that is older; kUsage if the version
/// understates what changes.
Status pass_version_step(const CompiledManifest& compiled, oci::Registry& registry);

}  // namespace floe::cli
