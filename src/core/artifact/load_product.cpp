// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/load_product.h"

#include "base/text.h"
#include "core/artifact/version.h"
#include "core/cache/cache.h"
#include "core/oci/registry.h"
#include "core/trust/evidence.h"
#include "core/trust/judge.h"

#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace floe::artifact {

namespace {

/// One load: what is asked for and where it may come from.
struct ProductLoad {
  oci::Reference reference;
  fs::path base;
  std::optional<core::Cache> cache;
  std::unique_ptr<oci::Registry> registry;  // null if it cannot be opened
  Error trouble;                            // why it is null
  bool is_absent = false;                   // it is null because there is none
  std::optional<oci::TaggedManifest> fetched;
  bool read_registry = false;
};

/// A folder that is no image layout holds no products; anything else that is wrong is trouble.
bool is_absent_layout(const oci::Reference& reference, const fs::path& base) {
  const fs::path path = oci::resolve_path(reference, base).repository;
  std::error_code error;
  if (reference.transport == oci::Transport::kLayout) {
    return !fs::exists(path / "oci-layout", error) && !error;
  }
  return reference.transport == oci::Transport::kFile && !fs::exists(path, error) && !error;
}

ProductLoad start_product_load(const oci::Reference& reference, const fs::path& base,
                               const core::LoadSettings& settings) {
  ProductLoad load;
  load.reference = reference;
  load.base = base;
  load.cache = core::Cache::of_user();
  load.is_absent = is_absent_layout(reference, base);
  if (load.is_absent) {
    load.trouble = {ErrorKind::kEnvironment,
                    fmt::format("nothing is published at {}", oci::repository_name(reference)), "",
                    nullptr};
    return load;
  }
  auto registry = oci::open_registry(reference, base, oci::Access::kRead, settings.client);
  if (registry) load.registry = std::move(*registry);
  else load.trouble = registry.error();
  return load;
}

/// The key under which the cache keeps what a tag named at first sight, the same from every folder.
std::string product_tag_key(const ProductLoad& load) {
  oci::Reference absolute = oci::resolve_path(load.reference, load.base);
  absolute.digest.clear();
  if (absolute.transport != oci::Transport::kRegistry) {
    std::error_code error;
    const fs::path path = fs::weakly_canonical(absolute.repository, error);
    if (!error) absolute.repository = path.string();
  }
  return oci::to_string(absolute);
}

Result<std::vector<std::string>> product_blobs(ProductLoad& load,
                                               const std::vector<oci::Descriptor>& wanted) {
  std::vector<std::string> out;
  for (const oci::Descriptor& each : wanted) {
    auto bytes = load.cache ? load.cache->blob(each.digest, oci::kMaxBlob) : std::nullopt;
    if (!bytes) {
      if (!load.registry) return tl::unexpected(load.trouble);
      bytes = FLOE_TRY(load.registry->fetch_blob(each));
      load.read_registry = true;
      // A cache that cannot be written costs time, not correctness: the bytes are checked either
      // way.
      if (load.cache && !load.cache->put_blob(*bytes)) load.cache.reset();
    }
    if (bytes->size() != each.size) {
      return fail(ErrorKind::kSecurity, "a layer of the artifact has another size than it claims");
    }
    out.push_back(std::move(*bytes));
  }
  return out;
}

Result<std::string> product_manifest(ProductLoad& load, const std::string& digest) {
  if (load.fetched && load.fetched->descriptor.digest == digest) {
    load.read_registry = true;
    if (load.cache && !load.cache->put_blob(load.fetched->bytes)) load.cache.reset();
    return load.fetched->bytes;
  }
  if (load.cache) {
    if (auto bytes = load.cache->blob(digest, oci::kMaxManifest)) return std::move(*bytes);
  }
  if (!load.registry) return tl::unexpected(load.trouble);
  std::string bytes = FLOE_TRY(load.registry->fetch_manifest(digest));
  load.read_registry = true;
  if (load.cache && !load.cache->put_blob(bytes)) load.cache.reset();
  return bytes;
}

tl::unexpected<Error> refuse_moved_product(const ProductLoad& load, const std::string& expected,
                                           const std::string& found, std::string_view known_from) {
  return fail(ErrorKind::kSecurity,
              fmt::format("the tag {} has moved: it names other content than before\n"
                          "  expected: {} ({})\n  found:    {}",
                          oci::to_string(load.reference), expected, known_from, found),
              "a published version never changes, so the registry may have been tampered with: ask "
              "the product's owner");
}

/// The digest to load; nothing if there is no such version.
Result<std::optional<std::string>> product_digest(ProductLoad& load, const std::string& pin,
                                                  const std::optional<std::string>& seen) {
  if (!load.reference.digest.empty()) return std::optional(load.reference.digest);
  const bool asks = load.registry && (pin.empty() || load.registry->is_local());
  if (asks) load.fetched = FLOE_TRY(load.registry->fetch_tagged(load.reference.tag));
  if (!load.fetched) {
    // What is pinned still holds if it is cached, wherever it has gone.
    if (!pin.empty()) return std::optional(pin);
    if (load.registry || load.is_absent) return std::optional<std::string>();
    return tl::unexpected(load.trouble);
  }
  const std::string& current = load.fetched->descriptor.digest;
  if (!pin.empty() && pin != current) return refuse_moved_product(load, pin, current, "floe.lock");
  if (pin.empty() && seen && *seen != current) {
    return refuse_moved_product(load, *seen, current, "seen before on this machine");
  }
  return std::optional(current);
}

/// Evidence from the cache, or with `fresh` from the registry; nothing new if it cannot be asked.
std::vector<trust::Evidence> product_evidence(ProductLoad& load, const std::string& digest,
                                              bool fresh, std::string& trouble) {
  if (!fresh) {
    const auto text = load.cache ? load.cache->evidence(digest) : std::nullopt;
    return text ? trust::read_evidence(*text).value_or(std::vector<trust::Evidence>())
                : std::vector<trust::Evidence>();
  }
  if (!load.registry) {
    trouble = describe(load.trouble);
    return {};
  }
  std::vector<std::string> ignored;
  auto found = trust::collect_evidence(*load.registry, digest, ignored);
  if (!found) {
    trouble = describe(found.error());
    return {};
  }
  if (load.cache) static_cast<void>(load.cache->put_evidence(digest, write_evidence(*found)));
  return std::move(*found);
}

/// As strictly as the policies of user and machine want it for this repository.
Status check_product_signatures(ProductLoad& load, const std::string& digest,
                                const std::vector<trust::TrustPolicy>& policies,
                                LoadedProduct& loaded) {
  const Product& product = loaded.published.product;
  const trust::Artifact artifact{
      digest, oci::repository_name(oci::resolve_path(load.reference, load.base)),
      load.reference.transport != oci::Transport::kRegistry, product.name, product.version};
  for (const trust::TrustPolicy& policy : policies) {
    const trust::TrustRule rule = trust::rule_for(policy, artifact.repository);
    if (rule.mode == trust::Mode::kOff) continue;
    std::string trouble;
    trust::Judgement judgement =
        trust::judge(artifact, product_evidence(load, digest, false, trouble), rule);
    if (!judgement.accepted) {
      judgement = trust::judge(artifact, product_evidence(load, digest, true, trouble), rule);
    }
    if (judgement.accepted) {
      if (loaded.signer.empty()) loaded.signer = judgement.signer;
      continue;
    }
    if (!trouble.empty()) {
      judgement.rejections.push_back("its signatures cannot be read now: " + trouble);
    }
    Error error = refusal(artifact, oci::to_string(load.reference), judgement, rule, policy.source);
    if (rule.mode == trust::Mode::kEnforce) return tl::unexpected<Error>(std::move(error));
    loaded.warnings.push_back(std::move(error.message));
  }
  return {};
}

Status check_product_version(const ProductLoad& load, const Product& product) {
  const std::string& tag = load.reference.tag;
  const bool is_version = tag.size() > 1 && tag[0] == 'v' && tag[1] >= '0' && tag[1] <= '9';
  if (!is_version || tag == tag_of(product.version)) return {};
  return fail(ErrorKind::kSecurity,
              fmt::format("{} holds version {} of product {}", oci::to_string(load.reference),
                          product.version, product.name),
              "the registry may have been tampered with: ask the product's owner");
}

Result<std::optional<LoadedProduct>> load_named_product(ProductLoad& load, const std::string& pin,
                                                        const core::LoadSettings& settings) {
  const bool has_tag = !load.reference.tag.empty() && load.reference.digest.empty();
  const std::string key = product_tag_key(load);
  const std::optional<std::string> seen =
      load.cache && has_tag ? load.cache->tag_digest(key) : std::nullopt;
  const auto digest = FLOE_TRY(product_digest(load, pin, seen));
  if (!digest) return std::optional<LoadedProduct>();
  const std::string manifest = FLOE_TRY(product_manifest(load, *digest));
  LoadedProduct loaded;
  loaded.published = FLOE_TRY(unpack_product(
      manifest, [&](const auto& layers) { return product_blobs(load, layers); },
      ProductParts::kProduct));
  FLOE_CHECK(check_product_version(load, loaded.published.product));
  FLOE_CHECK(check_product_signatures(load, *digest, settings.trust, loaded));
  loaded.from_cache = !load.read_registry;
  if (load.cache && has_tag && seen != *digest) {
    static_cast<void>(load.cache->record_tag(key, *digest));
  }
  return std::optional(std::move(loaded));
}

}  // namespace

Result<std::optional<LoadedProduct>> load_product(const oci::Reference& reference,
                                                  const fs::path& base, const std::string& pin,
                                                  const core::LoadSettings& settings) {
  ProductLoad load = start_product_load(reference, base, settings);
  auto loaded = load_named_product(load, pin, settings);
  if (loaded) return loaded;
  return tl::unexpected(oci::naming(oci::to_string(reference), std::move(loaded.error())));
}

Result<std::vector<std::string>> product_tags(const oci::Reference& repository,
                                              const fs::path& base,
                                              const core::LoadSettings& settings) {
  ProductLoad load = start_product_load(repository, base, settings);
  if (load.is_absent) return std::vector<std::string>();
  if (!load.registry) {
    return tl::unexpected(oci::naming(oci::repository_name(repository), std::move(load.trouble)));
  }
  return load.registry->artifact_tags();
}

}  // namespace floe::artifact
