// SPDX-License-Identifier: Apache-2.0
// A compiled data product as an OCI artifact: what other products' input ports resolve from.
#pragma once

#include "base/result.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace floe::artifact {

inline constexpr std::string_view kProductType = "application/vnd.floe.product.v1";
inline constexpr std::string_view kProductNameAnnotation = "dev.floe.product.name";
/// The platform that the product was compiled against: reference and digest.
inline constexpr std::string_view kProductPlatformAnnotation = "dev.floe.product.platform";
inline constexpr std::string_view kProductDigestAnnotation = "dev.floe.product.platform.digest";

/// The platform's digest in a product's manifest; nothing if it is no product.
std::optional<std::string> platform_of_product(std::string_view manifest);

}  // namespace floe::artifact
