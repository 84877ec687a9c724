// SPDX-License-Identifier: Apache-2.0
// The files of a new data product: small, on the platform's own layers, passing its rules.
#pragma once

#include "core/platform/platform.h"

#include <string>
#include <vector>

namespace floe::cli {

/// A file to be written: path relative to the product's folder, with '/'.
struct ProductFile {
  std::string path;
  std::string text;
};

/// A DNS label made from any folder name; "data-product" if nothing of it can be used.
std::string product_name(std::string_view folder_name);

/// floe.yaml for a new product. `transform_path` is "models/", or "." for an existing dbt project.
ProductFile product_yaml(const std::string& name, const std::string& reference,
                         const std::string& transform_path);

/// The JSON Schema that the first line of floe.yaml points editors to.
ProductFile product_schema();

/// .gitignore of a product.
ProductFile product_gitignore();

/// A seed, and a model with tests and descriptions for each layer of the platform.
std::vector<ProductFile> example_project(const core::Platform& platform, const std::string& owner);

}  // namespace floe::cli
