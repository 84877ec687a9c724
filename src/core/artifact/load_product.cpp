// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/load_product.h"

#include "core/artifact/source.h"
#include "core/artifact/version.h"

#include <fmt/core.h>

#include <utility>

namespace floe::artifact {

namespace {

/// A folder that is no image layout holds no products; anything else that is wrong is trouble.
bool is_absent_layout(const oci::Reference& reference, const fs::path& base) {
  const fs::path path = oci::resolve_path(reference, base).repository;
  std::error_code error;
  if (reference.transport == oci::Transport::kLayout) {
    return !fs::exists(path / "oci-layout", error) && !error;
  }
  return reference.transport == oci::Transport::kFile && !fs::exists(path, error) && !error;
}

/// A source without a registry where there is nothing that could be one.
Source open_products(const oci::Reference& reference, const fs::path& base,
                     const core::LoadSettings& settings) {
  if (!is_absent_layout(reference, base)) return open_source(reference, base, settings.client);
  Source source;
  source.reference = reference;
  source.base = base;
  source.cache = core::Cache::of_user();
  source.trouble = {ErrorKind::kEnvironment,
                    fmt::format("nothing is published at {}", oci::repository_name(reference)), "",
                    nullptr};
  return source;
}

/// The digest to load; nothing if there is no such version.
Result<std::optional<std::string>> product_digest(Source& source, const std::string& pin,
                                                  const std::optional<std::string>& seen) {
  const oci::Reference& reference = source.reference;
  if (!reference.digest.empty()) return std::optional(reference.digest);
  const bool asks = source.registry && (pin.empty() || source.registry->is_local());
  if (asks) source.fetched = FLOE_TRY(source.registry->fetch_tagged(reference.tag));
  if (!source.fetched) {
    // What is pinned still holds if it is cached, wherever it has gone.
    if (!pin.empty()) return std::optional(pin);
    if (source.registry || is_absent_layout(reference, source.base)) {
      return std::optional<std::string>();
    }
    return tl::unexpected(source.trouble);
  }
  const std::string& current = source.fetched->descriptor.digest;
  const bool is_pinned = !pin.empty();
  const std::string known = is_pinned ? pin : seen.value_or(current);
  if (known == current) return std::optional(current);
  return refuse_moved_tag(reference, known, current,
                          is_pinned ? "floe.lock" : "seen before on this machine",
                          "ask the product's owner");
}

Status check_product_version(const oci::Reference& reference, const Product& product) {
  const std::string& tag = reference.tag;
  const bool is_version = tag.size() > 1 && tag[0] == 'v' && tag[1] >= '0' && tag[1] <= '9';
  if (!is_version || tag == tag_of(product.version)) return {};
  return fail(ErrorKind::kSecurity,
              fmt::format("{} holds version {} of product {}", oci::to_string(reference),
                          product.version, product.name),
              "the registry may have been tampered with: ask the product's owner");
}

Result<std::optional<LoadedProduct>> load_named_product(Source& source, const std::string& pin,
                                                        const core::LoadSettings& settings) {
  const bool has_tag = !source.reference.tag.empty() && source.reference.digest.empty();
  const std::string key = tag_key(source.reference, source.base);
  const std::optional<std::string> seen =
      source.cache && has_tag ? source.cache->tag_digest(key) : std::nullopt;
  const auto digest = FLOE_TRY(product_digest(source, pin, seen));
  if (!digest) return std::optional<LoadedProduct>();
  const std::string manifest = FLOE_TRY(stored_manifest(source, *digest));
  LoadedProduct loaded;
  loaded.published = FLOE_TRY(unpack_product(
      manifest, [&](const auto& layers) { return stored_blobs(source, layers); },
      ProductParts::kProduct));
  const Product& product = loaded.published.product;
  FLOE_CHECK(check_product_version(source.reference, product));
  const trust::Artifact judged{*digest, absolute_repository(source),
                               source.reference.transport != oci::Transport::kRegistry,
                               product.name, product.version};
  Verdict verdict = FLOE_TRY(check_signatures(source, judged, settings.trust, trust::Mode::kOff));
  loaded.signer = std::move(verdict.signer);
  loaded.warnings = std::move(verdict.warnings);
  if (source.cache && has_tag && seen != *digest) {
    static_cast<void>(source.cache->record_tag(key, *digest));
  }
  return std::optional(std::move(loaded));
}

}  // namespace

Result<std::optional<LoadedProduct>> load_product(const oci::Reference& reference,
                                                  const fs::path& base, const std::string& pin,
                                                  const core::LoadSettings& settings) {
  Source source = open_products(reference, base, settings);
  auto loaded = load_named_product(source, pin, settings);
  if (loaded) return loaded;
  return tl::unexpected(oci::naming(oci::to_string(reference), std::move(loaded.error())));
}

Result<std::vector<std::string>> product_tags(const oci::Reference& repository,
                                              const fs::path& base,
                                              const core::LoadSettings& settings) {
  if (is_absent_layout(repository, base)) return std::vector<std::string>();
  Source source = open_source(repository, base, settings.client);
  if (!source.registry) {
    return tl::unexpected(oci::naming(oci::repository_name(repository), std::move(source.trouble)));
  }
  return source.registry->artifact_tags();
}

}  // namespace floe::artifact
