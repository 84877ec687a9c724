// SPDX-License-Identifier: Apache-2.0
// The models of a new product's example, before they become files.
#pragma once

#include "cli/init/names.h"
#include "core/platform/platform.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace floe::cli {

struct ExampleColumn {
  std::string name;
  std::string description;
  std::vector<std::string> tests;  // YAML of each, in flow style
};

struct ExampleModel {
  std::string name;
  const core::Layer* layer = nullptr;  // nullptr: the platform has no layers
  std::string description;
  std::string sql;
  std::vector<ExampleColumn> columns;
  bool slowly_changing_1 = false;  // must say meta.floe.scd_type: 1
  std::string classification;      // of every column; "" where the platform asks for none
  std::optional<std::int64_t> retention_days;
};

struct Example {
  std::string seed;
  ExampleColumns columns;
  std::vector<ExampleModel> models;
};

/// One model for each layer (more where the layer's kind needs it: a fact with its dimension, a
/// hub with its satellite), each reading only what its layer may read.
Example plan_example(const core::Platform& platform);

}  // namespace floe::cli
