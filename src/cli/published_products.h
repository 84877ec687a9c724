// SPDX-License-Identifier: Apache-2.0
// What the `floe products` commands share: where data products are published.
#pragma once

#include "base/result.h"
#include "cli/command.h"
#include "cli/registry.h"
#include "core/artifact/product_package.h"
#include "core/oci/registry.h"

#include <memory>
#include <string>

namespace floe::cli {

/// --registry R, of the product's own repository.
Option product_registry_option();

/// The repository of the data product whose folder this is, or that the command line names. The
/// first that is set: --registry, FLOE_PRODUCT_REGISTRY, NAME below `products.registry` of the
/// user's configuration, products/NAME below the repository of the platform in floe.yaml. kUsage if
/// none is set or one is wrong.
Result<RegistryChoice> product_registry_of_command(const Args& args);

/// The repository of any product whose versions are where this platform's are: NAME below
/// `products.registry` of the user's configuration, else products/NAME below the repository of the
/// platform. `root` is the folder that a relative platform reference starts from.
Result<RegistryChoice> repository_of_product(const std::string& name,
                                             const std::string& platform_reference,
                                             const fs::path& root);

/// The repository of the product in `root` itself: FLOE_PRODUCT_REGISTRY before those.
Result<RegistryChoice> own_product_registry(const std::string& name,
                                            const std::string& platform_reference,
                                            const fs::path& root);

/// Opens such a repository to read; kEnvironment with what to do if nothing was published there.
Result<std::unique_ptr<oci::Registry>> open_published(const RegistryChoice& choice,
                                                      const Args& args);

/// The product that a manifest of this repository holds. kSecurity if `tag` is the tag of another
/// version; "" for a manifest that was named by its digest.
Result<artifact::PublishedProduct> fetch_product(oci::Registry& registry,
                                                 const std::string& manifest,
                                                 const std::string& tag);

}  // namespace floe::cli
