// SPDX-License-Identifier: Apache-2.0
#include "cli/published_products.h"

#include "cli/platform.h"
#include "cli/product.h"
#include "core/artifact/version.h"

#include <fmt/core.h>

#include <cstdlib>

namespace floe::cli {

namespace {

constexpr const char* kRegistryVariable = "FLOE_PRODUCT_REGISTRY";
constexpr std::string_view kUserKey = "products.registry";

/// What floe.yaml at or above the current folder says of where its product may be.
struct ProductPlace {
  std::string name;
  std::string platform;  // reference
  fs::path root;
};

Result<std::optional<ProductPlace>> product_place() {
  if (!in_product(".")) return std::optional<ProductPlace>();
  const OpenProduct opened = FLOE_TRY(open_product("."));
  const std::string reference = FLOE_TRY(platform_reference(opened, {}));
  if (opened.product.name.empty() || reference.empty()) return std::optional<ProductPlace>();
  return std::optional(ProductPlace{opened.product.name, reference, opened.root});
}

/// The repository `name` below another one.
Result<RegistryChoice> repository_below(const RegistryChoice& choice, const std::string& name) {
  std::string text = oci::repository_name(choice.repository);
  while (text.ends_with('/')) text.pop_back();
  return parse_registry(text + "/" + name, choice.base, choice.from);
}

bool is_missing_layout(const RegistryChoice& choice) {
  if (choice.repository.transport != oci::Transport::kLayout) return false;
  const fs::path folder = oci::resolve_path(choice.repository, choice.base).repository;
  std::error_code error;
  return !fs::exists(folder / "oci-layout", error) && !error;
}

/// products/NAME beside the versions of the product's platform.
Result<RegistryChoice> repository_beside_platform(const ProductPlace& place) {
  oci::Reference platform = FLOE_TRY(oci::parse_reference(place.platform));
  platform.tag.clear();
  platform.digest.clear();
  const RegistryChoice choice{std::move(platform), place.root, "floe.yaml"};
  if (choice.repository.transport == oci::Transport::kFile) {
    return fail(ErrorKind::kUsage,
                fmt::format("the platform is in an archive, {}: no registry follows from that",
                            oci::repository_name(choice.repository)),
                "name one with --registry oci-layout:./products");
  }
  // A folder made here would be in the way of the platform's own registry.
  if (is_missing_layout(choice)) {
    return fail(ErrorKind::kEnvironment,
                fmt::format("there is no registry at {}, where the platform comes from",
                            oci::repository_name(choice.repository)),
                "check the path, or name another registry with --registry");
  }
  return repository_below(choice, "products/" + place.name);
}

}  // namespace

Option product_registry_option() {
  return {.name = "registry",
          .takes = Takes::kValue,
          .value_name = "REPOSITORY",
          .help = "Where the product is published: oci-layout:FOLDER or oci://host/repository"};
}

Result<RegistryChoice> repository_of_product(const std::string& name,
                                             const std::string& platform_reference,
                                             const fs::path& root) {
  if (const auto of_user = FLOE_TRY(registry_of_user(kUserKey))) {
    return repository_below(*of_user, name);
  }
  return repository_beside_platform({name, platform_reference, root});
}

Result<RegistryChoice> own_product_registry(const std::string& name,
                                            const std::string& platform_reference,
                                            const fs::path& root) {
  const char* variable = std::getenv(kRegistryVariable);
  if (variable != nullptr && *variable != '\0') {
    return parse_registry(variable, root, kRegistryVariable);
  }
  return repository_of_product(name, platform_reference, root);
}

Result<RegistryChoice> product_registry_of_command(const Args& args) {
  const fs::path here = fs::current_path();
  if (const auto text = args.value("registry")) return parse_registry(*text, here, "--registry");
  const char* variable = std::getenv(kRegistryVariable);
  if (variable != nullptr && *variable != '\0') {
    return parse_registry(variable, here, kRegistryVariable);
  }
  const std::optional<ProductPlace> place = FLOE_TRY(product_place());
  if (!place) {
    return fail(ErrorKind::kUsage, "no registry is set, and no floe.yaml here says which product",
                "name the product's repository with --registry, or go to the product's folder");
  }
  return repository_of_product(place->name, place->platform, place->root);
}

Result<std::unique_ptr<oci::Registry>> open_published(const RegistryChoice& choice,
                                                      const Args& args) {
  if (is_missing_layout(choice)) {
    const std::string name = oci::repository_name(FLOE_TRY(seen_from(choice, fs::current_path())));
    return fail(ErrorKind::kEnvironment,
                fmt::format("nothing is published at {}: it is no OCI image layout", name),
                "check the path; `floe products publish v1.0` in the product's folder makes one");
  }
  return open_chosen(choice, oci::Access::kRead, args);
}

Result<artifact::PublishedProduct> fetch_product(oci::Registry& registry,
                                                 const std::string& manifest,
                                                 const std::string& tag) {
  auto published = artifact::unpack_product(
      manifest, [&](const auto& layers) { return registry.fetch_blobs(layers); },
      artifact::ProductParts::kProduct);
  if (!published) {
    const std::string name = registry.name() + (tag.empty() ? "" : ":" + tag);
    return tl::unexpected(oci::naming(name, std::move(published.error())));
  }
  const std::string& version = published->product.version;
  const bool is_version = tag.size() > 1 && tag[0] == 'v' && tag[1] >= '0' && tag[1] <= '9';
  if (!is_version || tag == artifact::tag_of(version)) return std::move(*published);
  return fail(ErrorKind::kSecurity,
              fmt::format("{}:{} holds version {}", registry.name(), tag, version),
              "the registry may have been tampered with: ask the product's owner");
}

}  // namespace floe::cli
