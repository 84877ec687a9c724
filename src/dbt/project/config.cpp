// SPDX-License-Identifier: Apache-2.0
#include "dbt/project/config.h"

#include "base/text.h"
#include "dbt/context/convert.h"
#include "dbt/project/config_shapes.h"
#include "value/json.h"

#include <algorithm>

namespace floe::dbt {

namespace {

Value as_list_value(const Value& value) {
  if (value.is_list()) return value;
  Value list = Value::list();
  list.push(value);
  return list;
}

void append_items(Value& target, const Value& more) {
  if (!target.is_list()) target = as_list_value(target);
  if (more.is_list()) {
    for (const Value& item : more.as_list()) target.push(item);
  } else {
    target.push(more);
  }
}

/// grants: lists of roles by privilege; a key with "+" extends, a plain one replaces.
void append_by_key(Value& target, const Value& more) {
  for (value::Member& member : target.edit_map()) member.value = as_list_value(member.value);
  for (const value::Member& member : more.as_map()) {
    std::string key = member.key;
    const bool extend = key.starts_with('+');
    if (extend) key.erase(0, key.find_first_not_of('+'));
    Value* existing = target.edit(key);
    if (existing != nullptr && extend) {
      append_items(*existing, member.value);
    } else {
      target.set(key, as_list_value(member.value));
    }
  }
}

bool is_hook_key(std::string_view key) {
  return key == "pre-hook" || key == "post-hook" || key == "pre_hook" || key == "post_hook";
}

/// Keys with a fixed shape: what is missing gets its default.
void keep_shape(Value& target, const Value& shape) {
  Value kept = Value::map();
  kept.span = target.span;
  for (const value::Member& member : shape.as_map()) {
    const Value* given = target.find(member.key);
    kept.set(member.key, given == nullptr ? member.value : *given);
  }
  target = std::move(kept);
}

/// A hook given as text, JSON text or dict becomes a dict; false if it is none of these.
bool read_hook(Value& hook) {
  static const Value kDefaults = [] {
    Value defaults = Value::map();
    defaults.set("sql", "");
    defaults.set("transaction", true);
    defaults.set("index", nullptr);
    return defaults;
  }();
  if (hook.is_string()) {
    auto parsed = value::read_json(trim(hook.as_string()));
    Value dict = Value::map();
    if (parsed) {
      dict = std::move(*parsed);
    } else {
      dict.set("sql", hook);
    }
    dict.span = hook.span;
    hook = std::move(dict);
  }
  if (!read_as(hook, kHookShape)) return false;
  keep_shape(hook, kDefaults);
  return true;
}

/// A model's freshness counts only with build_after; its shape is filled up.
bool read_model_freshness(Value& freshness) {
  if (!freshness.is_map() || freshness.find("build_after") == nullptr) {
    freshness = Value();
    return true;
  }
  if (!read_as(freshness, kModelFreshnessShape)) return false;
  Value& after = *freshness.edit("build_after");
  if (after.find("count") == nullptr) after.set("count", nullptr);
  if (after.find("period") == nullptr) after.set("period", nullptr);
  if (after.find("updates_on") == nullptr) after.set("updates_on", "any");
  return true;
}

/// Makes of a value what dbt's config class makes of it; false if that is not possible.
bool read_field(const ConfigField& field, Value& value) {
  if (field.shape == &kHooksShape) {
    return value.is_list() &&
           std::all_of(value.edit_list().begin(), value.edit_list().end(), read_hook);
  }
  if (field.shape == &kModelFreshnessShape) return read_model_freshness(value);
  if (!read_as(value, *field.shape)) return false;
  if (value.is_map() && field.shape->kind == Shape::Kind::kObject) {
    keep_shape(value, field.fallback);
  }
  return true;
}

/// Lays a value over the one that is there; false if the two cannot be joined.
bool merge_field(const ConfigField& field, Value& slot, const Value& given) {
  switch (field.merge) {
    case ConfigMerge::kAppend: append_items(slot, given); return true;
    case ConfigMerge::kUpdate:
      if (given.is_map()) slot.update(given);
      return given.is_map();
    case ConfigMerge::kDictKeyAppend:
      if (!fits(given, kDict)) return false;
      append_by_key(slot, given);
      return true;
    case ConfigMerge::kClobber: slot = given; return true;
  }
  return true;
}

/// Adds a problem unless there is one at its path.
void add_problem(std::vector<ShapeProblem>& problems, ShapeProblem problem) {
  const bool known = std::any_of(problems.begin(), problems.end(), [&](const ShapeProblem& each) {
    return each.path == problem.path;
  });
  if (!known) problems.push_back(std::move(problem));
}

/// What is wrong with the value of a field: at least one problem.
void report_field(const ConfigField& field, const Value& value, diag::Span near,
                  std::vector<ShapeProblem>& problems) {
  const std::string path = "['" + std::string(field.name) + "']";
  std::vector<ShapeProblem> found = shape_problems(value, *field.shape);
  if (found.empty()) {
    found.push_back({"", python_repr(value) + " is not valid here", value.span, {}, {}});
  }
  for (ShapeProblem& problem : found) {
    problem.path = path + problem.path;
    if (!problem.span) problem.span = near;
    add_problem(problems, std::move(problem));
  }
}

bool is_true_in_python(const Value* value) {
  if (value == nullptr || value->empty()) return false;
  if (value->is_bool()) return value->as_bool();
  return !value->is_number() || value->as_double() != 0;
}

void check_docs_color(const Value& docs, std::vector<ShapeProblem>& problems) {
  const Value* color = docs.find("node_color");
  if (color == nullptr || color->empty() || is_docs_color(python_str(*color))) return;
  add_problem(problems, {"['docs']['node_color']",
                         "Invalid color name for docs.node_color: " + python_str(*color) +
                             ". It is neither a valid HTML color name nor a valid HEX code.",
                         color->span,
                         "an HTML color name, or # and 3 or 6 hexadecimal digits",
                         {}});
}

void check_schema_change(const Value& change, std::vector<ShapeProblem>& problems) {
  const std::string text = python_str(change);
  if (text == "append_new_columns" || text == "fail") return;
  add_problem(problems, {"['on_schema_change']",
                         "Invalid value for on_schema_change: " + text +
                             ". Models materialized as incremental with contracts enabled must set "
                             "on_schema_change to 'append_new_columns' or 'fail'",
                         change.span,
                         "'append_new_columns' or 'fail'",
                         {}});
}

void check_build_after(const Value& after, std::vector<ShapeProblem>& problems) {
  const bool counted = !after.find("count")->is_null();
  if (counted == !after.find("period")->is_null()) return;
  add_problem(problems, {"['freshness']['build_after']",
                         std::string("`freshness.build_after` must have a value for `") +
                             (counted ? "period` if a `count` is provided"
                                      : "count` if a `period` is provided"),
                         after.span,
                         "both `count` and `period`",
                         {}});
}

/// Rules that dbt's config classes have beyond the shapes of their fields.
void check_config_rules(const ConfigClass& fields, const Value& config,
                        std::vector<ShapeProblem>& problems) {
  const auto member = [&](std::ptrdiff_t place) -> const Value& {
    return config.as_map()[static_cast<std::size_t>(place)].value;
  };
  if (fields.docs < 0) return;
  check_docs_color(member(fields.docs), problems);
  if (is_true_in_python(member(fields.contract).find("enforced")) &&
      python_str(member(fields.materialized)) == "incremental") {
    check_schema_change(member(fields.on_schema_change), problems);
  }
  if (fields.model_freshness < 0) return;
  const Value* after = member(fields.model_freshness).find("build_after");
  if (after != nullptr) check_build_after(*after, problems);
}

}  // namespace

void merge_config(const ConfigClass& config_class, Value& config, const Value& partial,
                  ConfigFindings& findings) {
  for (const value::Member& member : partial.as_map()) {
    const std::string_view key = is_hook_key(member.key)
                                     ? (member.key.starts_with("pre") ? "pre-hook" : "post-hook")
                                     : std::string_view(member.key);
    const auto it = config_class.index.find(key);
    if (it == config_class.index.end()) {
      if (is_hook_key(key)) continue;  // only nodes have hooks
      config.set(std::string(key), member.value);
      continue;
    }
    Value& slot = config.edit_map()[it->second].value;
    const ConfigField& field = config_class.fields[it->second];
    findings.given |= std::uint64_t{1} << it->second;
    if (merge_field(field, slot, member.value) && read_field(field, slot)) continue;
    report_field(field, member.value, member.key_span, findings.problems);
    slot = field.fallback;
  }
  check_config_rules(config_class, config, findings.problems);
}

void check_config(const ConfigClass& config_class, const Value& config, ConfigFindings& findings) {
  for (std::size_t i = 0; i < config_class.fields.size(); ++i) {
    if ((findings.given >> i & 1) == 0) continue;  // defaults are fine
    const Value& value = config.as_map()[i].value;
    const ConfigField& field = config_class.fields[i];
    if (!fits(value, *field.shape)) report_field(field, value, {}, findings.problems);
  }
  if (config_class.fixed_materialization.empty()) return;
  const std::string fixed(config_class.fixed_materialization);
  const Value& materialized = *config.find("materialized");
  if (materialized.empty() || python_str(materialized) == fixed) return;
  add_problem(
      findings.problems,
      {"['materialized']", "A " + fixed + " must have a materialized value of '" + fixed + "'",
       materialized.span, "'" + fixed + "'", "remove the key"});
}

void merge_config_calls(Value& collected, const Value& call) {
  if (collected.as_map().empty()) {
    collected = call;
    return;
  }
  for (const value::Member& member : call.as_map()) {
    const std::string_view key = member.key;
    Value* existing = collected.edit(key);
    if (is_hook_key(key) || key == "tags" || key == "packages") {
      if (existing != nullptr) {
        append_items(*existing, member.value);
      } else {
        collected.set(member.key, as_list_value(member.value));
      }
    } else if (key == "quoting" || key == "column_types" || key == "meta" || key == "docs" ||
               key == "contract" || key == "snapshot_meta_column_names") {
      if (existing != nullptr && existing->is_map() && member.value.is_map()) {
        existing->update(member.value);
      } else {
        collected.set(member.key, member.value);
      }
    } else if (key == "grants" && member.value.is_map()) {
      if (existing != nullptr && existing->is_map()) {
        append_by_key(*existing, member.value);
      } else {
        Value grants = Value::map();
        for (const value::Member& grant : member.value.as_map()) {
          grants.set(grant.key, as_list_value(grant.value));
        }
        collected.set(member.key, std::move(grants));
      }
    } else {
      collected.set(member.key, member.value);
    }
  }
}

Value deep_merge_config(const Value& base, const Value& more) {
  Value merged = base;
  for (const value::Member& member : more.as_map()) {
    Value* known = merged.edit(member.key);
    if (known != nullptr && member.value.is_map() && known->is_map()) {
      *known = deep_merge_config(*known, member.value);
    } else if (known != nullptr && member.value.is_list() && known->is_list()) {
      Value joined = member.value;
      for (Value& item : known->edit_list()) joined.push(std::move(item));
      *known = std::move(joined);
    } else {
      merged.set(member.key, member.value);
    }
  }
  return merged;
}

}  // namespace floe::dbt
