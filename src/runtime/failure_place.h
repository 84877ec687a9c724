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

/// The place in the node's file that made a byte of its compiled code; nothing if it is not known:
/// the node must be the one that the worker compiled last, and the request have sources.
std::optional<diag::Span> code_place(const dbt::Node& node, const Worker& worker, std::size_t byte);

/// The place in the node's file that DuckDB's complaint about a statement with the node's compiled
/// code points to, under the same conditions.
std::optional<diag::Span> complaint_place(const dbt::DbtError& error, const dbt::Node& node,
                                          const Worker& worker);

/// Where in `statement` DuckDB's message points ("LINE 3: …" and a caret): a byte, or nothing.
std::optional<std::size_t> refused_byte(std::string_view message, std::string_view statement);

}  // namespace floe::runtime
