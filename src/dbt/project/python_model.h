// SPDX-License-Identifier: Apache-2.0
// Finds what a Python model references: dbt.ref(), dbt.source(), dbt.config() with literals.
#pragma once

#include "dbt/project/loader.h"

#include <cstddef>
#include <string_view>
#include <vector>

namespace floe::dbt {

/// A call of dbt in Python code, outside of comments and strings.
struct PythonCallPlace {
  std::string_view function;  // "ref", "source", "config", "config.get", "config.meta_get"
  std::size_t begin = 0;      // of "dbt."
  std::size_t open = 0;       // of "("
  std::size_t end = 0;        // of ")"; npos if there is none
};
std::vector<PythonCallPlace> python_calls(std::string_view text);

/// Adds refs, sources and config of a Python model to its node. False, with a diagnostic, if the
/// file is not a dbt Python model.
bool read_python_model(Loader& loader, Node& node, const diag::Source& source);

}  // namespace floe::dbt
