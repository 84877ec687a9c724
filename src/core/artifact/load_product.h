// SPDX-License-Identifier: Apache-2.0
// Loads a published product that another one reads: registry or cache, digests checked, pins
// obeyed, signatures verified, as platforms are (core/platform/load.h).
#pragma once

#include "base/files.h"
#include "base/result.h"
#include "core/artifact/product_package.h"
#include "core/oci/reference.h"
#include "core/platform/load.h"

#include <optional>
#include <string>
#include <vector>

namespace floe::artifact {

/// A product and how it was come by.
struct LoadedProduct {
  PublishedProduct published;
  std::string signer;  // whose signature was verified; "" if none was
  std::vector<std::string> warnings;
};

/// Loads the version that `reference` names by tag, digest or both; relative folders start from
/// `base`. Nothing if there is no such repository or version. `pin`: the digest that floe.lock has
/// for it, or "". A tag that shows another digest than the pin, or than it had when this machine
/// saw it first, is refused (kSecurity), and so is content of another version than its tag. What is
/// pinned and cached needs no network.
Result<std::optional<LoadedProduct>> load_product(const oci::Reference& reference,
                                                  const fs::path& base, const std::string& pin,
                                                  const core::LoadSettings& settings);

/// The tags of a repository of products; empty if there is none.
Result<std::vector<std::string>> product_tags(const oci::Reference& repository,
                                              const fs::path& base,
                                              const core::LoadSettings& settings);

}  // namespace floe::artifact
