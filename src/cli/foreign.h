// SPDX-License-Identifier: Apache-2.0
// When a dbt executable runs a project instead of floe's own engine, and how it is started.
#pragma once

#include "base/result.h"
#include "cli/enforce.h"
#include "core/platform/platform.h"
#include "dbt/project/model.h"
#include "runtime/foreign_dbt.h"

#include <string>
#include <string_view>
#include <vector>

namespace floe::cli {

/// plugins.transform_runtime of a platform.
struct RuntimeChoice {
  std::string type = "native";  // native, dbt, spark
  std::string executable;       // "" is dbt on PATH

  bool is_foreign() const { return type != "native"; }
};

RuntimeChoice runtime_choice(const core::Platform& platform);

/// The Python models among `ids`: the native engine has no Python.
std::vector<std::string> python_models(const dbt::Project& project,
                                       const std::vector<std::string>& ids);

/// The executable that runs `python` models (or everything, if there are none to name).
Result<fs::path> foreign_executable(const RuntimeChoice& choice,
                                    const std::vector<std::string>& python);

/// How to start dbt for a transform of a product: with the profile that floe generated for it.
Result<runtime::ForeignPlace> foreign_place(const OpenProduct& opened,
                                            const CompiledTransform& compiled,
                                            const RuntimeChoice& choice,
                                            const std::vector<std::string>& python);

}  // namespace floe::cli
