// SPDX-License-Identifier: Apache-2.0
// The fast path of reading a model: SQL whose only Jinja is ref(), source() and config() with
// literal arguments needs no interpreter.
#pragma once

#include "dbt/project/model.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace floe::dbt {

/// What was found; offsets in spans are relative to the text.
struct StaticSql {
  std::vector<RefArgs> refs;
  std::vector<SourceArgs> sources;  // each once
  std::vector<std::pair<std::string, Value>> configs;
  diag::Span config_span;
};

/// Reads the text if it is simple enough; false means that it must be rendered. The language is the
/// one of dbt's static parser: no statements, no `{{-`, no numbers in config().
bool read_static_sql(std::string_view text, StaticSql& result);

/// The same for the inside of one {{ }}: "ref('a')" or "source('a', 'b')".
bool read_static_expression(std::string_view expression, StaticSql& result);

}  // namespace floe::dbt
