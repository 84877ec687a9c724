// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/product_package.h"

#include "base/hash.h"
#include "base/text.h"
#include "core/artifact/version.h"
#include "core/oci/manifest.h"
#include "core/oci/reference.h"
#include "value/json.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::artifact {

namespace {

constexpr std::string_view kProductFile = "product.json";
constexpr std::string_view kContractsFile = "contracts.json";
constexpr PartRule kProductRule{"application/vnd.floe.product-definition.v1+json", 16ull << 20};
constexpr PartRule kContractsRule{"application/vnd.floe.product-contracts.v1+json", 16ull << 20};
constexpr PartRule kDbtRule{"application/vnd.floe.product-dbt-manifest.v1+json", oci::kMaxBlob};
/// Of all files of a product together.
constexpr std::uint64_t kMaxProduct = 256ull << 20;

/// Whether the path is dbt/manifest.json or dbt/FOLDER/manifest.json, safe to be written below any
/// folder.
bool is_dbt_path(std::string_view path) {
  if (path.size() > 1024) return false;
  const std::vector<std::string_view> segments = split(path, '/');
  if (segments.size() < 2 || segments.front() != "dbt" || segments.back() != "manifest.json") {
    return false;
  }
  return std::all_of(segments.begin(), segments.end(), [](std::string_view segment) {
    return !segment.empty() && segment != "." && segment != ".." &&
           std::none_of(segment.begin(), segment.end(),
                        [](unsigned char c) { return c < 0x20 || c == 0x7f || c == '\\'; });
  });
}

std::optional<PartRule> product_part(std::string_view path) {
  if (path == kProductFile) return kProductRule;
  if (path == kContractsFile) return kContractsRule;
  if (is_dbt_path(path)) return kDbtRule;
  return std::nullopt;
}

oci::Annotations product_annotations(const Product& product) {
  return {{std::string(kProductNameAnnotation), product.name},
          {std::string(oci::kVersion), product.version},
          {std::string(kProductPlatformAnnotation), product.platform.reference},
          {std::string(kProductDigestAnnotation), product.platform.digest}};
}

/// The layers to fetch, with product.json as the first.
Result<std::vector<oci::Descriptor>> wanted_layers(const oci::Manifest& manifest,
                                                   ProductParts parts) {
  std::vector<oci::Descriptor> layers = FLOE_TRY(checked_layers(product_kind(), manifest));
  std::uint64_t total = 0;
  for (const oci::Descriptor& layer : layers) total += layer.size;
  if (total > kMaxProduct) return bad_artifact(product_kind(), "it is too large");
  for (const std::string_view needed : {kContractsFile, kProductFile}) {
    const auto found = std::find_if(layers.begin(), layers.end(), [&](const oci::Descriptor& each) {
      return each.annotation(oci::kTitle) == needed;
    });
    if (found == layers.end()) return bad_part(product_kind(), needed, "it is missing");
    std::rotate(layers.begin(), found, found + 1);
  }
  if (parts == ProductParts::kProduct) layers.resize(1);
  return layers;
}

Status check_dbt_manifest(std::string_view path, std::string_view json) {
  const auto document = value::read_json(json);
  if (!document) return bad_part(product_kind(), path, describe(document.error()));
  const value::Value* schema = document->find_path("metadata.dbt_schema_version");
  if (schema == nullptr || !schema->is_string()) {
    return bad_part(product_kind(), path, "it is no dbt manifest");
  }
  return {};
}

/// Fails if what a reader gets is not what was packed.
Status reads_back(const Product& product, const Package& package) {
  const FetchLayers fetch = [&](const std::vector<oci::Descriptor>& layers) {
    std::vector<std::string> contents;
    for (const oci::Descriptor& layer : layers) {
      contents.push_back(package.files.find(layer.annotation(oci::kTitle))->second);
    }
    return Result<std::vector<std::string>>(std::move(contents));
  };
  const auto back = unpack_product(package.manifest, fetch, ProductParts::kEverything);
  if (back && FLOE_TRY(product_json(back->product)) == FLOE_TRY(product_json(product))) return {};
  return fail(
      ErrorKind::kUsage,
      fmt::format("the data product cannot be carried unchanged by an artifact{}",
                  back ? "" : ": " + back.error().message),
      "look for unusual characters, numbers or very deep nesting in floe.yaml and contracts");
}

/// A tag of a version names another product: the repository is not this one's.
Status check_repository(const Product& product, oci::Registry& registry) {
  for (const std::string& tag : FLOE_TRY(registry.artifact_tags())) {
    const auto found = FLOE_TRY(registry.fetch_tagged(tag));
    const auto manifest = found ? oci::read_manifest(found->bytes) : Result<oci::Manifest>();
    if (!found || !manifest) continue;
    if (manifest->artifact_type == kProductType &&
        manifest->annotation(kProductNameAnnotation) == product.name) {
      return {};
    }
    return fail(ErrorKind::kUsage,
                fmt::format("{}:{} is no version of {}", registry.name(), tag, product.name),
                "publish every data product to a repository of its own");
  }
  return {};
}

}  // namespace

const ArtifactKind& product_kind() {
  static constexpr ArtifactKind kKind{"product", "its owner", kProductType, kProductNameAnnotation,
                                      product_part};
  return kKind;
}

Result<Package> pack_product(const Product& product, const Files& dbt_manifests,
                             const Origin& origin) {
  Files files;
  files[std::string(kProductFile)] = FLOE_TRY(product_json(product));
  files[std::string(kContractsFile)] = FLOE_TRY(contracts_json(product));
  std::uint64_t total = 0;
  for (const auto& [path, text] : dbt_manifests) {
    if (!is_dbt_path(path)) {
      return fail(ErrorKind::kUsage,
                  fmt::format("the dbt project of {} has a name that no artifact can hold", path),
                  "name its folder without control characters and backslashes");
    }
    std::string& settled = files[path] = FLOE_TRY(settled_dbt_manifest(text));
    total += settled.size();
    if (settled.size() > kDbtRule.max_size || total > kMaxProduct / 2) {
      return fail(
          ErrorKind::kUsage,
          fmt::format("{} is too large for an artifact: it has {} bytes", path, settled.size()),
          "split the data product into smaller ones");
    }
  }
  Package package =
      make_package(product_kind(), std::move(files), product_annotations(product), origin);
  FLOE_CHECK(reads_back(product, package));
  return package;
}

Result<PublishedProduct> unpack_product(std::string_view manifest_bytes, const FetchLayers& fetch,
                                        ProductParts parts) {
  const oci::Manifest manifest = FLOE_TRY(oci::read_manifest(manifest_bytes));
  const std::vector<oci::Descriptor> layers = FLOE_TRY(wanted_layers(manifest, parts));
  std::vector<std::string> contents = FLOE_TRY(fetch(layers));
  PublishedProduct out;
  out.product = FLOE_TRY(read_product(contents.at(0)));
  for (const auto& [key, expected] : product_annotations(out.product)) {
    if (manifest.annotation(key) != expected) {
      return bad_artifact(product_kind(),
                          fmt::format("its annotation {} is not what product.json says", key));
    }
  }
  for (std::size_t i = 1; i < layers.size(); ++i) {
    const std::string path = layers[i].annotation(oci::kTitle);
    if (path == kContractsFile) {
      FLOE_CHECK(check_contracts(out.product, contents[i]));
      continue;
    }
    FLOE_CHECK(check_dbt_manifest(path, contents[i]));
    out.dbt_manifests[path] = std::move(contents[i]);
  }
  out.digest = oci_digest(manifest_bytes);
  out.origin = {manifest.annotation(oci::kRevision), manifest.annotation(oci::kCreated)};
  return out;
}

std::optional<std::string> platform_of_product(std::string_view manifest) {
  const auto read = oci::read_manifest(manifest);
  if (!read || read->artifact_type != kProductType) return std::nullopt;
  const std::string digest = read->annotation(kProductDigestAnnotation);
  if (!oci::is_digest(digest)) return std::nullopt;
  return digest;
}

Status check_product_tag(std::string_view version, std::string_view tag) {
  if (tag == tag_of(version)) return {};
  return fail(
      ErrorKind::kUsage,
      fmt::format("'{}' is not the tag of this product: metadata.version of floe.yaml is {}", tag,
                  version),
      fmt::format("publish {}, or set metadata.version first", tag_of(version)));
}

Result<Published> publish_product(const Product& product, const Package& package,
                                  std::string_view tag, oci::Registry* registry, bool dry_run,
                                  const Signing& signing) {
  FLOE_CHECK(check_product_tag(product.version, tag));
  if (registry != nullptr) FLOE_CHECK(check_repository(product, *registry));
  const Publication publication{
      .kind = product_kind(),
      .package = package,
      .tag = std::string(tag),
      .read = [](std::string_view manifest, const FetchLayers& fetch) -> Status {
        FLOE_TRY(unpack_product(manifest, fetch, ProductParts::kEverything));
        return {};
      },
      .raise_hint = "raise metadata.version in floe.yaml and publish that version",
      .list_hint = "floe products list",
  };
  return publish_package(publication, registry, dry_run, signing);
}

}  // namespace floe::artifact
