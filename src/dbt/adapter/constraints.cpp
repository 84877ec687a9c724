// SPDX-License-Identifier: Apache-2.0
#include "dbt/adapter/constraints.h"

#include "base/text.h"
#include "dbt/context/base_context.h"
#include "dbt/jinja/object.h"

#include <fmt/format.h>

#include <set>

namespace floe::dbt {

namespace {

using JValue = jinja::Value;

std::string field(const JValue& constraint, std::string_view key) {
  const JValue value = constraint.get(key);
  return value.is_nothing() ? std::string() : value.to_str();
}

std::string field_list(const JValue& constraint, std::string_view key) {
  const JValue value = constraint.get(key);
  if (value.is_nothing()) return {};
  std::vector<std::string> names;
  for (const JValue& item : jinja::collect(value)) names.push_back(item.to_str());
  return join(names, ", ");
}

/// DuckDB takes no catalog in front of the table that a foreign key refers to.
std::string without_database(const std::string& target) {
  const auto parts = split(target, '.');
  if (parts.size() <= 2) return target;
  return target.substr(parts[0].size() + 1);
}

std::string constraint_type(const JValue& constraint) {
  static const std::set<std::string, std::less<>> kTypes = {"check",       "not_null",    "unique",
                                                            "primary_key", "foreign_key", "custom"};
  const std::string type = constraint.is_dict() ? field(constraint, "type") : std::string();
  if (!kTypes.contains(type)) {
    throw DbtError("Validation Error",
                   fmt::format("Could not parse constraint: {}", constraint.to_str()));
  }
  return type;
}

std::string foreign_key_target(const JValue& constraint, const std::string& expression) {
  const std::string to = field(constraint, "to");
  const std::string columns = field_list(constraint, "to_columns");
  if (!to.empty() && !columns.empty()) {
    return fmt::format("{} ({})", without_database(to), columns);
  }
  return expression;
}

}  // namespace

std::optional<std::string> render_column_constraint(const JValue& constraint) {
  const std::string type = constraint_type(constraint);
  const std::string expression = field(constraint, "expression");
  std::string text;
  if (type == "check") {
    if (expression.empty()) return std::nullopt;
    text = fmt::format("check ({})", expression);
  } else if (type == "not_null") {
    text = "not null " + expression;
  } else if (type == "unique") {
    text = "unique " + expression;
  } else if (type == "primary_key") {
    text = "primary key " + expression;
  } else if (type == "foreign_key") {
    const std::string target = foreign_key_target(constraint, expression);
    text = "references " + (target.empty() ? "None" : target);
  } else {
    if (expression.empty()) return std::nullopt;
    text = expression;
  }
  return std::string(trim(text));
}

std::optional<std::string> render_model_constraint(const JValue& constraint) {
  const std::string type = constraint_type(constraint);
  const std::string expression = field(constraint, "expression");
  const std::string name = field(constraint, "name");
  const std::string prefix = name.empty() ? "" : fmt::format("constraint {} ", name);
  const std::string columns = field_list(constraint, "columns");
  if (type == "check") {
    if (expression.empty()) return std::nullopt;
    return fmt::format("{}check ({})", prefix, expression);
  }
  if (type == "unique" || type == "primary_key") {
    return fmt::format("{}{}{} ({})", prefix, type == "unique" ? "unique" : "primary key",
                       expression.empty() ? "" : " " + expression, columns);
  }
  if (type == "foreign_key") {
    const std::string target = foreign_key_target(constraint, expression);
    if (target.empty()) return std::nullopt;
    return fmt::format("{}foreign key ({}) references {}", prefix, columns, target);
  }
  if (type == "custom" && !expression.empty()) return prefix + expression;
  return std::nullopt;
}

JValue render_columns_constraints(const JValue& columns) {
  JValue list = JValue::list();
  for (const auto& entry : columns.as_dict()) {
    const JValue& column = entry.value;
    const std::string name = field(column, "name");
    std::string text =
        fmt::format("{} {}", column.get("quote").truthy() ? "\"" + name + "\"" : name,
                    column.get("data_type").to_str());
    const JValue constraints = column.get("constraints");
    if (!constraints.is_nothing()) {
      for (const JValue& constraint : jinja::collect(constraints)) {
        if (const auto rendered = render_column_constraint(constraint)) text += " " + *rendered;
      }
    }
    list.append(JValue(text));
  }
  return list;
}

JValue render_model_constraints(const JValue& constraints) {
  JValue list = JValue::list();
  for (const JValue& constraint : jinja::collect(constraints)) {
    if (const auto rendered = render_model_constraint(constraint)) list.append(JValue(*rendered));
  }
  return list;
}

}  // namespace floe::dbt
