// SPDX-License-Identifier: Apache-2.0
// Constraints of contracts as DDL text.
#pragma once

#include "dbt/jinja/value.h"

#include <optional>
#include <string>

namespace floe::dbt {

/// The text after a column's type for one of its constraints (a dict), or nothing.
std::optional<std::string> render_column_constraint(const jinja::Value& constraint);
/// A table constraint, or nothing.
std::optional<std::string> render_model_constraint(const jinja::Value& constraint);
/// `name type constraint…` of every column of a model's `columns` dict.
jinja::Value render_columns_constraints(const jinja::Value& columns);
jinja::Value render_model_constraints(const jinja::Value& constraints);

}  // namespace floe::dbt
