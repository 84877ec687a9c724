// SPDX-License-Identifier: Apache-2.0
// The sections of governance that a platform keeps as data, tightened by a data product: by the
// merge that a domain's manifest goes through (merge.h), not by a table of their own.
#pragma once

#include "core/config/data_product.h"
#include "core/platform/platform.h"
#include "diag/diagnostic.h"

#include <string>
#include <string_view>

namespace floe::core {

/// Puts the product's governance.classification, access_control, retention, cost and
/// quality_gates.by_classification on top of the platform's. What loosens is a P002 and leaves the
/// platform as it is; the provenance of what holds then names the product.
void tighten_data(Platform& platform, const config::DataProduct& product,
                  const diag::SourceMap& sources, diag::Sink& sink);

/// Checks what the product's governance refers to, once `platform` is tightened: layers, levels,
/// roles and tags there are (config::check_references). Only what is wrong in the product's own
/// files is told.
void check_product_references(const Platform& platform, const config::DataProduct& product,
                              diag::Sink& sink);

/// What of a product's sections this version of floe acts on.
value::Value effective_tightenings(const config::DataProduct& product);

/// Reports that a product tries to be looser than its platform (P002), with both places.
void report_product_loosening(const Platform& platform, const std::string& path, diag::Span span,
                              std::string_view tried, std::string_view required, diag::Sink& sink);

}  // namespace floe::core
