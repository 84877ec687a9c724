// SPDX-License-Identifier: Apache-2.0
// A data product opened to be asked about, whatever rules it breaks: `floe query`, `floe lineage`.
// No rule is enforced, nothing is locked or written.
#pragma once

#include "cli/product.h"
#include "cli/report.h"

#include <memory>
#include <string_view>
#include <vector>

namespace floe::cli {

struct ReadableProduct {
  ProductOptions options;
  OpenProduct opened;
  core::Platform platform;
  std::vector<TransformProject> transforms;
};

/// Opens the product around the working folder with its platform. What is wrong with floe.yaml is
/// printed, and the failure says so.
Result<std::unique_ptr<ReadableProduct>> open_readable(const Args& args, const Output& output,
                                                       std::string_view command);

/// Loads one of its dbt projects; kViolation, after its findings were printed, if dbt would refuse
/// it.
Result<dbt::Loaded> load_readable(const ReadableProduct& product, const TransformProject& transform,
                                  const Output& output);

}  // namespace floe::cli
