// SPDX-License-Identifier: Apache-2.0
// Where in the project's files a failure comes from: the way of an error through macros, or the
// place in a model that made the SQL which the database refused.
#pragma once

#include "dbt/jinja/error.h"
#include "runtime/state.h"

#include <optional>

namespace floe::runtime {

/// The place as a diagnostic without message; nothing if it is not known, or if the request has no
/// sources.
std::optional<diag::Diagnostic> failure_place(const jinja::TemplateError& error,
                                              const dbt::Node& node, const Worker& worker);

/// Where in `statement` DuckDB's message points ("LINE 3: …" and a caret): a byte, or nothing.
std::optional<std::size_t> refused_byte(std::string_view message, std::string_view statement);

}  // namespace floe::runtime
