// SPDX-License-Identifier: Apache-2.0
// The way of an error through templates and macros, for people: the place where it came up, and
// every call that led there.
#pragma once

#include "dbt/jinja/error.h"
#include "diag/diagnostic.h"

#include <cstdint>
#include <optional>

namespace floe::dbt {

/// Sets the diagnostic's place to the innermost one that is known and adds a label for each caller.
/// `root` is where the text of the rendered template begins in the source map, if it is there.
void add_trace(diag::Diagnostic& diagnostic, const jinja::TemplateError& error,
               std::optional<std::uint32_t> root);

}  // namespace floe::dbt
