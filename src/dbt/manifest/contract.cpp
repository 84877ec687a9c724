// SPDX-License-Identifier: Apache-2.0
#include "dbt/manifest/contract.h"

#include "base/hash.h"
#include "dbt/jinja/value.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::dbt {

namespace {

/// Python's repr of plain data.
void append_python(const Value* value, std::string& out) {
  if (value == nullptr || value->is_null()) {
    out += "None";
  } else if (value->is_bool()) {
    out += value->as_bool() ? "True" : "False";
  } else if (value->is_string()) {
    jinja::append_str_repr(value->as_string(), out);
  } else if (value->is_list()) {
    out += '[';
    for (std::size_t i = 0; i < value->as_list().size(); ++i) {
      if (i > 0) out += ", ";
      append_python(&value->as_list()[i], out);
    }
    out += ']';
  } else if (value->is_int()) {
    out += std::to_string(value->as_int());
  } else if (value->kind() == value::Kind::kFloat) {
    out += jinja::float_repr(value->as_double());
  }
}

/// A constraint as dbt's class prints itself, which is what its checksum is made of.
void append_constraint(const Value& constraint, bool model_level, std::string& out) {
  const Value empty = Value::list();
  const Value yes(true);
  const auto field = [&](std::string_view name, const Value* fallback) {
    const Value* found = constraint.find(name);
    return found == nullptr ? fallback : found;
  };
  const Value* type = constraint.find("type");
  const std::string kind = type != nullptr && type->is_string() ? type->as_string() : "";
  out += model_level ? "ModelLevelConstraint(" : "ColumnLevelConstraint(";
  out += fmt::format("type=<ConstraintType.{}: '{}'>", kind, kind);
  for (const std::string_view name : {"name", "expression"}) {
    out += fmt::format(", {}=", name);
    append_python(field(name, nullptr), out);
  }
  for (const std::string_view name : {"warn_unenforced", "warn_unsupported"}) {
    out += fmt::format(", {}=", name);
    append_python(field(name, &yes), out);
  }
  out += ", to=";
  append_python(field("to", nullptr), out);
  out += ", to_columns=";
  append_python(field("to_columns", &empty), out);
  if (model_level) {
    out += ", columns=";
    append_python(field("columns", &empty), out);
  }
  out += ')';
}

void append_constraints(const Value& constraints, bool model_level, std::string& out) {
  out += '[';
  bool first = true;
  if (constraints.is_list()) {
    for (const Value& constraint : constraints.as_list()) {
      if (!first) out += ", ";
      first = false;
      append_constraint(constraint, model_level, out);
    }
  }
  out += ']';
}

}  // namespace

bool contract_enforced(const Node& node) {
  const Value* enforced = node.config.find_path("contract.enforced");
  return enforced != nullptr && enforced->is_bool() && enforced->as_bool();
}

std::string contract_checksum(const Node& node) {
  if (node.type != ResourceType::kModel || !contract_enforced(node)) return {};
  std::vector<const Column*> columns;
  for (const auto& [key, column] : node.columns) columns.push_back(&column);
  std::stable_sort(columns.begin(), columns.end(),
                   [](const Column* a, const Column* b) { return a->name < b->name; });
  std::string state;
  for (const Column* column : columns) {
    state += "|" + column->name + column->data_type.value_or("None");
    append_constraints(column->constraints, false, state);
  }
  const std::string materialized = node.materialized();
  if (materialized == "table" || materialized == "incremental") {
    state += materialized;
    append_constraints(node.constraints, true, state);
  }
  return sha256_hex(state);
}

}  // namespace floe::dbt
