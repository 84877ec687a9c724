// SPDX-License-Identifier: Apache-2.0
// What another version of its platform would say of a data product: for `floe upgrade`, `floe
// platform impact` and `floe platform test --against`.
#pragma once

#include "base/files.h"
#include "base/result.h"
#include "cli/policy_tests.h"
#include "core/platform/platform.h"

#include <string>
#include <vector>

namespace floe::cli {

/// What a platform says of a product.
struct ProductVerdict {
  std::string product;  // its name, as far as floe.yaml gives one
  bool passed = false;
  std::vector<TestFinding> findings;  // warnings and errors
};

/// The products that a folder names: itself, or those directly below it; kUsage if there is none.
Result<std::vector<fs::path>> products_in(const fs::path& folder);

/// Compiles the product in `folder` against a platform. Neither floe.yaml nor floe.lock is changed,
/// and nothing is reported.
Result<ProductVerdict> judge_product(const fs::path& folder, const core::Platform& platform);

/// What two platforms say of one product.
struct VersionEffect {
  ProductVerdict before;
  ProductVerdict after;
  std::vector<TestFinding> added;    // findings that only the second one has
  std::vector<TestFinding> removed;  // … only the first one

  /// Whether the product passes now and would not any more.
  bool breaks() const { return before.passed && !after.passed; }
};

Result<VersionEffect> compare_verdicts(const fs::path& folder, const core::Platform& before,
                                       const core::Platform& after);

}  // namespace floe::cli
