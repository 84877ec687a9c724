// SPDX-License-Identifier: Apache-2.0
// Reading one published artifact: the cache first, then its registry; what a tag named before; and
// whether its signatures satisfy the trust policies. Platforms and products are loaded through it.
#pragma once

#include "base/files.h"
#include "base/result.h"
#include "core/cache/cache.h"
#include "core/oci/reference.h"
#include "core/oci/registry.h"
#include "core/trust/judge.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floe::artifact {

/// Where one artifact may come from, and what was read of it so far.
struct Source {
  oci::Reference reference;
  fs::path base;  // relative folders start here
  std::optional<core::Cache> cache;
  std::unique_ptr<oci::Registry> registry;     // null if it cannot be opened
  Error trouble;                               // why it is null
  std::optional<oci::TaggedManifest> fetched;  // what the tag named when it was asked
  bool read_registry = false;
};

/// Opens the cache and, if possible, the registry.
Source open_source(oci::Reference reference, const fs::path& base,
                   const oci::ClientSettings& client);

/// The repository as it can be named from any folder.
std::string absolute_repository(const Source& source);
/// The key under which the cache keeps what the tag named at first sight, the same from everywhere.
std::string tag_key(const oci::Reference& reference, const fs::path& base);

/// A manifest by digest. kEnvironment if it is neither cached nor to be had.
Result<std::string> stored_manifest(Source& source, const std::string& digest);
/// Blobs by digest and size: those of the cache, and the others from the registry, several at once.
Result<std::vector<std::string>> stored_blobs(Source& source,
                                              const std::vector<oci::Descriptor>& wanted);

/// kSecurity: the tag names `found`, and `expected` is `known_from` ("floe.lock").
tl::unexpected<Error> refuse_moved_tag(const oci::Reference& reference, const std::string& expected,
                                       const std::string& found, std::string_view known_from,
                                       std::string_view advice);

/// What the trust policies said of an artifact.
struct Verdict {
  std::string signer;                 // whose signature was accepted; "" if none was looked for
  std::vector<std::string> warnings;  // of policies that only warn
};

/// Judges the signatures of `artifact` as strictly as the strictest of the policies and `own`, the
/// artifact's own wish, want it. kSecurity if one that enforces is not content. Evidence comes from
/// the cache, and from the registry when that is not enough.
Result<Verdict> check_signatures(Source& source, const trust::Artifact& artifact,
                                 const std::vector<trust::TrustPolicy>& policies, trust::Mode own);

}  // namespace floe::artifact
