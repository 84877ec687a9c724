// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/product_package.h"

#include "core/oci/manifest.h"
#include "core/oci/reference.h"

namespace floe::artifact {

std::optional<std::string> platform_of_product(std::string_view manifest) {
  const auto read = oci::read_manifest(manifest);
  if (!read || read->artifact_type != kProductType) return std::nullopt;
  const auto digest = read->annotations.find(kProductDigestAnnotation);
  if (digest == read->annotations.end() || !oci::is_digest(digest->second)) return std::nullopt;
  return digest->second;
}

}  // namespace floe::artifact
