// SPDX-License-Identifier: Apache-2.0
// A compiled data product as an OCI artifact: what other products' input ports resolve from.
#pragma once

#include "base/result.h"
#include "core/artifact/kind.h"
#include "core/artifact/product.h"
#include "core/artifact/publish_package.h"

#include <optional>
#include <string>
#include <string_view>

namespace floe::artifact {

inline constexpr std::string_view kProductType = "application/vnd.floe.product.v1";
inline constexpr std::string_view kProductNameAnnotation = "dev.floe.product.name";
/// The platform that the product was compiled against: reference and digest.
inline constexpr std::string_view kProductPlatformAnnotation = "dev.floe.product.platform";
inline constexpr std::string_view kProductDigestAnnotation = "dev.floe.product.platform.digest";

/// What product artifacts are: product.json, contracts.json, and for each transform
/// dbt/manifest.json or dbt/FOLDER/manifest.json.
const ArtifactKind& product_kind();

/// A dbt manifest.json without what differs from run to run, still one that dbt's tools read: times
/// and ids of the invocation and its environment are gone from `metadata`, `created_at` is 0 and
/// `root_path` null. kUsage if it is no dbt manifest.
Result<std::string> settled_dbt_manifest(std::string_view json);

/// Packs a product with the manifests of its transforms, path → text as dbt writes it; the same
/// bytes for the same product, project and origin. Checks that it reads back as the same product.
Result<Package> pack_product(const Product& product, const Files& dbt_manifests,
                             const Origin& origin);

/// What to fetch of a product.
enum class ProductParts {
  kProduct,     // product.json alone
  kEverything,  // contracts and dbt manifests, too
};

/// A product out of an artifact.
struct PublishedProduct {
  Product product;
  std::string digest;
  Origin origin;
  Files dbt_manifests;  // kEverything: path → text
};

/// The product of an artifact, read with distrust: kSecurity for artifacts of another type, damaged
/// ones, and those whose annotations and files disagree.
Result<PublishedProduct> unpack_product(std::string_view manifest, const FetchLayers& fetch,
                                        ProductParts parts);

/// The platform's digest in a product's manifest; nothing if it is no product.
std::optional<std::string> platform_of_product(std::string_view manifest);

/// Refuses (kUsage) a tag that is not that of the product's version: "v1.0" for "1.0".
Status check_product_tag(std::string_view version, std::string_view tag);

/// Publishes under `tag` as publish_package does. A repository holds one product: one with another
/// is refused (kUsage).
Result<Published> publish_product(const Product& product, const Package& package,
                                  std::string_view tag, oci::Registry* registry, bool dry_run,
                                  const Signing& signing = {});

}  // namespace floe::artifact
