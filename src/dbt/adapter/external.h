// SPDX-License-Identifier: Apache-2.0
// The options and locations of dbt-duckdb's external materialization.
#pragma once

#include "dbt/jinja/value.h"

#include <string>

namespace floe::dbt {

/// The text of COPY's options; missing ones follow from the location's extension.
std::string write_options(const std::string& location, const jinja::Value& options);
/// The path or glob that reads back what was written.
std::string read_location(const std::string& location, const jinja::Value& options);

}  // namespace floe::dbt
