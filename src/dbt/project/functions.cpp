// SPDX-License-Identifier: Apache-2.0
// What properties files say about functions: arguments, return types and overloads.
#include "dbt/context/convert.h"
#include "dbt/project/linker.h"
#include "dbt/project/properties.h"
#include "dbt/project/resource_data.h"

#include <algorithm>

namespace floe::dbt {

namespace {

Value function_arguments_of(const Value& owner) {
  Value arguments = Value::list();
  const Value* given = owner.find("arguments");
  if (given == nullptr || !given->is_list()) return arguments;
  for (const Value& each : given->as_list()) {
    Value argument = Value::map();
    for (const char* key : {"name", "data_type", "description", "default_value"}) {
      argument.set(key, member_or_null(each, key));
    }
    arguments.push(std::move(argument));
  }
  return arguments;
}

Value function_returns_of(const Value& owner) {
  const Value* given = owner.find("returns");
  if (given == nullptr || !given->is_map()) return {};
  Value returns = Value::map();
  returns.set("data_type", member_or_null(*given, "data_type"));
  returns.set("description", member_or_null(*given, "description"));
  return returns;
}

bool same_reference(const RefArgs& a, const RefArgs& b) {
  return a.name == b.name && a.package == b.package && a.version == b.version;
}
bool same_reference(const SourceArgs& a, const SourceArgs& b) {
  return a.source_name == b.source_name && a.table_name == b.table_name;
}
bool same_reference(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return a == b;
}

template <class List>
void add_missing_references(List& list, const List& more) {
  for (const auto& each : more) {
    const auto same = [&](const auto& known) { return same_reference(known, each); };
    if (std::none_of(list.begin(), list.end(), same)) list.push_back(each);
  }
}

/// Takes the function of an overload's file out of the project: it becomes a part of `root`.
std::unique_ptr<Node> take_overload(PropertiesStep& step, const Node& root, const Value& overload) {
  Loader& loader = step.loader;
  const std::string name = text_member(overload, "defined_in");
  const std::string id = "function." + root.package_name + "." + name;
  const auto bad = [&](const std::string& what, std::string help) {
    loader.error("T037", what, overload.span, std::move(help), root.unique_id);
    return nullptr;
  };
  if (name == root.name) {
    return bad("Function '" + root.name + "' cannot list itself in overloads (defined_in: '" +
                   name + "').",
               "each overload has a file of its own");
  }
  auto found = loader.project.functions.extract(id);
  if (!found.empty()) {
    loader.overload_owners[id] = root.unique_id;
    return std::move(found.mapped());
  }
  const auto owner = loader.overload_owners.find(id);
  if (owner != loader.overload_owners.end()) {
    return bad(
        "Function overload '" + name + "' (defined_in) is already used by '" + owner->second + "'.",
        "each overload file can only belong to one function");
  }
  return bad("Function overload '" + name + "' (defined_in) not found.",
             "write its body into functions/" + name + ".sql");
}

void add_overloads(PropertiesStep& step, Node& root, const Value& overloads) {
  Value absorbed = Value::list();
  for (const Value& each : overloads.as_list()) {
    const std::unique_ptr<Node> file = take_overload(step, root, each);
    if (file == nullptr) continue;
    Value overload = Value::map();
    overload.set("defined_in", member_or_null(each, "defined_in"));
    overload.set("arguments", function_arguments_of(each));
    overload.set("returns", function_returns_of(each));
    overload.set("description", member_or_null(each, "description"));
    overload.set("raw_body", file->raw_code);
    overload.set("compiled_body", nullptr);
    absorbed.push(std::move(overload));
    add_missing_references(root.refs, file->refs);
    add_missing_references(root.sources, file->sources);
    add_missing_references(root.functions, file->functions);
  }
  root.overloads = std::move(absorbed);
}

}  // namespace

void set_function_properties(PropertiesStep& step, Node& function, const Value& entry) {
  function.arguments = function_arguments_of(entry);
  function.returns = function_returns_of(entry);
  const Value* overloads = entry.find("overloads");
  if (overloads != nullptr && overloads->is_list() && !overloads->empty()) {
    add_overloads(step, function, *overloads);
  }
}

void check_functions(Loader& loader) {
  for (const auto& [id, function] : loader.project.functions) {
    const diag::Span span = function->patch_span ? function->patch_span : function->span;
    if (function->language == "javascript") {
      loader.error(
          "T037",
          "Function '" + function->name + "' uses JavaScript, which is not supported on 'duckdb'.",
          function->span, "write it in SQL", id);
    }
    bool defaulted = false;
    for (const Value& argument : function->arguments.as_list()) {
      const bool has_default = !member_or_null(argument, "default_value").is_null();
      if (defaulted && !has_default) {
        loader.error("T037",
                     "Non-defaulted argument '" + text_member(argument, "name") +
                         "' of function '" + function->name +
                         "' comes after a defaulted argument. Non-defaulted arguments cannot come "
                         "after defaulted arguments.",
                     span, "move the arguments with a default to the end", id);
        break;
      }
      defaulted = defaulted || has_default;
    }
  }
}

}  // namespace floe::dbt
