// SPDX-License-Identifier: Apache-2.0
#include "dbt/adapter/relation.h"

#include "base/text.h"
#include "dbt/adapter/call_args.h"
#include "dbt/context/convert.h"
#include "dbt/jinja/format.h"
#include "dbt/jinja/interp.h"

#include <fmt/format.h>

#include <set>

namespace floe::dbt {

namespace {

using jinja::Args;
using jinja::CallContext;
using JValue = jinja::Value;

std::string quoted_part(std::string_view text) { return fmt::format("\"{}\"", text); }

JValue optional_value(const std::optional<std::string>& text) {
  return text ? JValue(*text) : JValue::none();
}

JValue policy_value(const RelationPolicy& policy) {
  return JValue::dict({{"database", JValue(policy.database)},
                       {"schema", JValue(policy.schema)},
                       {"identifier", JValue(policy.identifier)}});
}

JValue path_value(const Relation& relation) {
  return JValue::dict({{"database", optional_value(relation.database)},
                       {"schema", optional_value(relation.schema)},
                       {"identifier", optional_value(relation.identifier)}});
}

/// A part of a path given by a template: text or None.
std::optional<std::string> path_part(const JValue& value, std::string_view part) {
  if (value.is_none()) return std::nullopt;
  if (value.is_str()) return value.as_str();
  throw DbtError("Compilation Error",
                 fmt::format("Got an invalid path {}: {}", part, value.to_str()));
}

void merge_policy(const JValue& given, RelationPolicy& policy) {
  if (!given.is_dict()) return;
  for (const auto& entry : given.as_dict()) {
    const std::string key = entry.key.str_or("");
    if (key == "database") policy.database = entry.value.truthy();
    if (key == "schema") policy.schema = entry.value.truthy();
    if (key == "identifier") policy.identifier = entry.value.truthy();
  }
}

void merge_path(const JValue& given, Relation& relation) {
  if (!given.is_dict()) return;
  for (const auto& entry : given.as_dict()) {
    const std::string key = entry.key.str_or("");
    if (key == "database") relation.database = path_part(entry.value, key);
    if (key == "schema") relation.schema = path_part(entry.value, key);
    if (key == "identifier") relation.identifier = path_part(entry.value, key);
  }
}

std::string relation_type(const JValue& value) {
  static const std::set<std::string, std::less<>> kTypes = {
      "table",     "view",     "cte",           "materialized_view",
      "ephemeral", "external", "pointer_table", "function"};
  if (value.is_nothing()) return {};
  std::string type = value.to_str();
  if (!kTypes.contains(type)) {
    throw DbtError("Validation Error", fmt::format("'{}' is not a valid RelationType", type));
  }
  return type;
}

/// Applies the keyword arguments of create() or incorporate().
void apply_fields(const std::vector<std::pair<jinja::Name, JValue>>& fields, Relation& relation) {
  for (const auto& [name, value] : fields) {
    const std::string_view key = name.view();
    if (key == "path") merge_path(value, relation);
    else if (key == "database") relation.database = path_part(value, key);
    else if (key == "schema") relation.schema = path_part(value, key);
    else if (key == "identifier") relation.identifier = path_part(value, key);
    else if (key == "type") relation.type = relation_type(value);
    else if (key == "quote_policy") merge_policy(value, relation.quote);
    else if (key == "include_policy") merge_policy(value, relation.include);
    else if (key == "dbt_created") relation.dbt_created = value.truthy();
    else if (key == "limit" && value.is_int()) relation.limit = static_cast<int>(value.as_int());
    else if (key == "external" && value.is_str()) relation.external = value.as_str();
    else if (key == "catalog" && value.is_str()) relation.catalog = value.as_str();
  }
}

/// include() and quote(): database, schema, identifier by position or name.
RelationPolicy changed_policy(RelationPolicy policy, std::string_view method, const Args& args) {
  const jinja::Signature signature(
      std::string(method),
      {{"database", JValue::none()}, {"schema", JValue::none()}, {"identifier", JValue::none()}});
  const std::vector<JValue> bound = signature.bind(args);
  if (!bound[0].is_none()) policy.database = bound[0].truthy();
  if (!bound[1].is_none()) policy.schema = bound[1].truthy();
  if (!bound[2].is_none()) policy.identifier = bound[2].truthy();
  return policy;
}

Relation information_schema_of(const Relation& relation, const Args& args) {
  Relation result;
  result.information_schema = true;
  result.type = "view";
  result.database = relation.database;
  result.identifier = "INFORMATION_SCHEMA";
  result.include = relation.include;
  result.include.database = relation.database.has_value();
  result.include.schema = false;
  result.include.identifier = true;
  result.quote = relation.quote;
  result.quote.identifier = false;
  const JValue view = argument(args, 0, "view_name");
  if (view.is_str()) result.information_schema_view = view.as_str();
  return result;
}

bool part_matches(const Relation& relation, const std::optional<std::string>& part, bool quoted,
                  const std::string& wanted) {
  if (!part) return false;
  if (relation.dbt_created && !quoted) return to_lower(*part) == to_lower(wanted);
  return *part == wanted;
}

JValue scd_args(const Args& args) {
  JValue list = JValue::list();
  const JValue key = argument(args, 0, "primary_key");
  if (key.is_list()) {
    for (const JValue& item : key.items()) list.append(item);
  } else {
    list.append(key);
  }
  list.append(argument(args, 1, "updated_at"));
  return list;
}

JValue relation_dict(const Relation& relation) {
  JValue dict = JValue::dict();
  dict.set("path", path_value(relation));
  dict.set("type", relation.type.empty() ? JValue::none() : JValue(relation.type));
  dict.set("quote_character", JValue("\""));
  dict.set("include_policy", policy_value(relation.include));
  dict.set("quote_policy", policy_value(relation.quote));
  dict.set("dbt_created", JValue(relation.dbt_created));
  return dict;
}

JValue function_config(const JValue& model) {
  if (model.get("resource_type").str_or("") != "function") return JValue::none();
  const JValue config = model.get("config");
  const bool python = model.get("language").str_or("") == "python";
  const auto check = [&](bool given, const char* message) {
    if (!given) throw DbtError("Runtime Error", message);
  };
  check(model.get("language").truthy(), "A `language` is required for functions");
  check(config.get("type").truthy(), "A `type` is required for functions");
  check(!python || !config.get("runtime_version").is_nothing(),
        "A `runtime_version` is required for python functions");
  check(!python || !config.get("entry_point").is_nothing(),
        "An `entry_point` is required for python functions");
  return JValue::dict({{"language", model.get("language")},
                       {"type", config.get("type")},
                       {"runtime_version", config.get("runtime_version")},
                       {"entry_point", config.get("entry_point")}});
}

std::string limited_text(const Relation& relation) {
  std::string rendered = relation.render();
  if (!relation.limit) return rendered;
  if (*relation.limit == 0) return fmt::format("(select * from {} where false limit 0)", rendered);
  return fmt::format("(select * from {} limit {})", rendered, *relation.limit);
}

std::string event_time_text(const Relation& relation, const std::string& rendered) {
  const EventTimeFilter& filter = *relation.event_time_filter;
  std::string condition;
  if (!filter.start.empty()) condition = fmt::format("{} >= '{}'", filter.field_name, filter.start);
  if (!filter.end.empty()) {
    if (!condition.empty()) condition += " and ";
    condition += fmt::format("{} < '{}'", filter.field_name, filter.end);
  }
  if (condition.empty()) return rendered;
  return fmt::format("(select * from {} where {})", rendered, condition);
}

/// string.Template.substitute: $name and ${name}, $$ is a dollar.
std::string substitute_template(const std::string& text, const JValue& values) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$') {
      out.push_back(text[i]);
      continue;
    }
    if (i + 1 < text.size() && text[i + 1] == '$') {
      out.push_back('$');
      ++i;
      continue;
    }
    const bool braced = i + 1 < text.size() && text[i + 1] == '{';
    std::size_t begin = i + (braced ? 2 : 1);
    std::size_t end = begin;
    while (end < text.size() && is_word_character(text[end])) ++end;
    const std::string name = text.substr(begin, end - begin);
    if (name.empty() || (braced && (end >= text.size() || text[end] != '}'))) {
      jinja::raise_value_error("Invalid placeholder in string");
    }
    if (!values.has(name)) jinja::raise(jinja::ErrorType::kKeyError, "'" + name + "'");
    out += values.get(name).to_str();
    i = braced ? end : end - 1;
  }
  return out;
}

/// The names that an external location may use: the source's own and everything in its meta.
JValue source_fields(const SourceNode& source) {
  JValue fields = JValue::dict();
  fields.set("name", JValue(source.name));
  fields.set("identifier", JValue(source.identifier));
  fields.set("schema", JValue(source.schema));
  fields.set("database", JValue(source.database));
  JValue tags = JValue::list();
  for (const std::string& tag : source.tags) tags.append(JValue(tag));
  fields.set("tags", tags);
  for (const auto& member : source.meta.as_map()) fields.set(member.key, to_jinja(member.value));
  static const std::set<std::string, std::less<>> kOwn = {
      "enabled",         "event_time", "freshness", "loaded_at_field",
      "loaded_at_query", "meta",       "tags",      "loader"};
  for (const auto& member : source.config.as_map()) {
    if (!kOwn.contains(member.key)) fields.set(member.key, to_jinja(member.value));
  }
  return fields;
}

std::string external_location(const std::string& location, const JValue& fields) {
  const std::string formatter = fields.get("formatter").str_or("newstyle");
  std::string text;
  if (formatter == "newstyle") {
    jinja::Interp interp;
    text = jinja::format_map(interp, location, fields);
  } else if (formatter == "oldstyle") {
    text = jinja::format_percent(JValue(location), fields).to_str();
  } else if (formatter == "template") {
    text = substitute_template(location, fields);
  } else {
    jinja::raise_value_error(
        fmt::format("Formatter {} not recognized. Must be one of 'newstyle', 'oldstyle', or "
                    "'template'.",
                    formatter));
  }
  if (!contains(text, "(") && !text.starts_with('\'')) text = "'" + text + "'";
  return text;
}

/// api.Relation in templates.
class RelationClass : public jinja::Object {
 public:
  explicit RelationClass(RelationPolicy quote) : quote_(quote) {}
  std::string type_name() const override { return "RelationProxy"; }

  std::optional<JValue> get_attr(jinja::Name name) override {
    const std::string_view key = name.view();
    if (key == "Table") return JValue("table");
    if (key == "View") return JValue("view");
    if (key == "CTE") return JValue("cte");
    if (key == "External") return JValue("external");
    if (key == "MaterializedView") return JValue("materialized_view");
    if (key == "PointerTable") return JValue("pointer_table");
    if (key == "Function") return JValue("function");
    return std::nullopt;
  }

  std::span<const std::string_view> method_names() const override {
    static constexpr std::string_view kNames[] = {"create",
                                                  "scd_args",
                                                  "add_ephemeral_prefix",
                                                  "get_relation_type",
                                                  "get_default_quote_policy",
                                                  "get_default_include_policy"};
    return kNames;
  }

  bool call_method(CallContext&, jinja::Name name, const Args& args, JValue& result) override {
    const std::string_view key = name.view();
    if (key == "create") result = create(args);
    else if (key == "scd_args") result = scd_args(args);
    else if (key == "add_ephemeral_prefix")
      result = JValue(add_ephemeral_prefix(argument(args, 0, "name").to_str()));
    else if (key == "get_relation_type") result = JValue(relation_type(argument(args, 0, "value")));
    else if (key == "get_default_quote_policy" || key == "get_default_include_policy")
      result = policy_value({});
    else return false;
    return true;
  }

 private:
  JValue create(const Args& args) const {
    Relation relation;
    relation.quote = quote_;
    static constexpr std::array<std::string_view, 3> kParts = {"database", "schema", "identifier"};
    for (std::size_t i = 0; i < args.size() && i < 3; ++i) {
      apply_fields({{jinja::Name(kParts[i]), args[i]}}, relation);
    }
    if (args.size() > 3) relation.type = relation_type(args[3]);
    apply_fields(args.keyword, relation);
    return relation_value(std::move(relation));
  }

  RelationPolicy quote_;
};

}  // namespace

std::string Relation::render() const {
  if (external) return *external;
  std::string out;
  auto add = [&](const std::optional<std::string>& part, bool included, bool quoted) {
    if (!included || !part) return;
    if (!out.empty()) out.push_back('.');
    out += quoted ? quoted_part(*part) : *part;
  };
  add(database, include.database, quote.database);
  add(schema, include.schema, quote.schema);
  add(identifier, include.identifier, quote.identifier);
  if (information_schema_view) {
    if (!out.empty()) out.push_back('.');
    out += *information_schema_view;
  }
  return out;
}

std::string Relation::to_text() const {
  if (type == "function") return render();
  std::string rendered = limited_text(*this);
  return event_time_filter ? event_time_text(*this, rendered) : rendered;
}

Relation Relation::without_identifier() const {
  Relation copy = *this;
  copy.include.identifier = false;
  copy.identifier.reset();
  return copy;
}

std::string add_ephemeral_prefix(std::string_view name) {
  return fmt::format("__dbt__cte__{}", name);
}

Relation ephemeral_relation(std::string_view identifier) {
  Relation relation;
  relation.type = "cte";
  relation.identifier = add_ephemeral_prefix(identifier);
  relation.quote.identifier = false;
  return relation;
}

RelationPolicy policy_from(const Value& quoting, RelationPolicy base) {
  auto apply = [&](const char* key, bool& part) {
    const Value* value = quoting.find(key);
    if (value != nullptr && value->is_bool()) part = value->as_bool();
  };
  apply("database", base.database);
  apply("schema", base.schema);
  apply("identifier", base.identifier);
  return base;
}

Relation node_relation(const Node& node, const Value& project_quoting) {
  Relation relation;
  relation.database = node.database;
  if (node.has_schema) relation.schema = node.schema;
  relation.identifier = node.identifier();
  relation.quote = policy_from(project_quoting);
  if (const Value* own = node.config_value("quoting")) {
    relation.quote = policy_from(*own, relation.quote);
  }
  return relation;
}

std::string relation_key(std::string_view database, std::string_view schema,
                         std::string_view identifier) {
  return to_lower(fmt::format("{}\n{}\n{}", database, schema, identifier));
}

std::string relation_key(const SourceNode& source) {
  return relation_key(source.database, source.schema, source.identifier);
}

Relation source_relation(const SourceNode& source, const Value& project_quoting) {
  Relation relation;
  relation.database = source.database;
  relation.schema = source.schema;
  relation.identifier = source.identifier;
  relation.quote = policy_from(source.quoting, policy_from(project_quoting));
  const JValue fields = source_fields(source);
  if (const JValue location = fields.get("external_location");
      location.is_str() && !fields.has("plugin")) {
    relation.external = external_location(location.as_str(), fields);
  }
  return relation;
}

std::optional<JValue> RelationObject::get_attr(jinja::Name name) {
  const std::string_view key = name.view();
  const Relation& r = relation_;
  if (key == "database") return optional_value(r.database);
  if (key == "schema") return optional_value(r.schema);
  if (key == "identifier" || key == "table" || key == "name") return optional_value(r.identifier);
  if (key == "type") return r.type.empty() ? JValue::none() : JValue(r.type);
  if (key == "is_table") return JValue(r.type == "table");
  if (key == "is_view") return JValue(r.type == "view");
  if (key == "is_cte") return JValue(r.type == "cte");
  if (key == "is_materialized_view") return JValue(r.type == "materialized_view");
  if (key == "is_pointer") return JValue(r.type == "pointer_table");
  if (key == "is_function") return JValue(r.type == "function");
  if (key == "can_be_renamed" || key == "can_be_replaced") return JValue(false);
  if (key == "path") return path_value(r);
  if (key == "quote_policy") return policy_value(r.quote);
  if (key == "include_policy") return policy_value(r.include);
  if (key == "quote_character") return JValue("\"");
  if (key == "dbt_created") return JValue(r.dbt_created);
  if (key == "limit") return r.limit ? JValue(*r.limit) : JValue::none();
  if (key == "external") return optional_value(r.external);
  if (key == "catalog") return optional_value(r.catalog);
  if (key == "require_alias") return JValue(false);
  if (key == "information_schema_view") return optional_value(r.information_schema_view);
  if (key == "Table") return JValue("table");
  if (key == "View") return JValue("view");
  if (key == "CTE") return JValue("cte");
  if (key == "External") return JValue("external");
  if (key == "MaterializedView") return JValue("materialized_view");
  if (key == "PointerTable") return JValue("pointer_table");
  if (key == "Function") return JValue("function");
  return std::nullopt;
}

std::optional<JValue> RelationObject::get_item(const JValue& key) {
  return key.is_str() ? get_attr(jinja::Name(key.as_str())) : std::nullopt;
}

std::span<const std::string_view> RelationObject::method_names() const {
  static constexpr std::string_view kNames[] = {"incorporate",
                                                "replace",
                                                "include",
                                                "quote",
                                                "replace_path",
                                                "without_identifier",
                                                "information_schema",
                                                "information_schema_only",
                                                "render",
                                                "render_limited",
                                                "render_event_time_filtered",
                                                "get",
                                                "matches",
                                                "quoted",
                                                "to_dict",
                                                "scd_args",
                                                "add_ephemeral_prefix",
                                                "get_function_config",
                                                "get_function_macro_name"};
  return kNames;
}

bool RelationObject::call_method(CallContext&, jinja::Name name, const Args& args, JValue& result) {
  const std::string_view key = name.view();
  Relation changed = relation_;
  if (key == "incorporate" || key == "replace") {
    apply_fields(args.keyword, changed);
  } else if (key == "include") {
    changed.include = changed_policy(changed.include, key, args);
  } else if (key == "quote") {
    changed.quote = changed_policy(changed.quote, key, args);
  } else if (key == "replace_path") {
    apply_fields(args.keyword, changed);
  } else if (key == "without_identifier") {
    changed = relation_.without_identifier();
  } else if (key == "information_schema" || key == "information_schema_only") {
    changed = information_schema_of(relation_, args);
  } else {
    return call_reading_method(key, args, result);
  }
  result = relation_value(std::move(changed));
  return true;
}

bool RelationObject::call_reading_method(std::string_view key, const Args& args, JValue& result) {
  if (key == "render") {
    result = JValue(relation_.render());
  } else if (key == "render_limited") {
    result = JValue(limited_text(relation_));
  } else if (key == "render_event_time_filtered") {
    result = JValue(relation_.event_time_filter ? event_time_text(relation_, relation_.render())
                                                : relation_.render());
  } else if (key == "get") {
    const std::string wanted = argument(args, 0, "key").to_str();
    if (wanted == "metadata") {
      result = JValue::dict({{"type", JValue(type_name())}});
    } else {
      result = get_attr(jinja::Name(wanted)).value_or(argument(args, 1, "default"));
    }
  } else if (key == "matches") {
    result = JValue(matches(args));
  } else if (key == "quoted") {
    result = JValue(quoted_part(argument(args, 0, "identifier").to_str()));
  } else if (key == "to_dict") {
    result = relation_dict(relation_);
  } else if (key == "scd_args") {
    result = scd_args(args);
  } else if (key == "add_ephemeral_prefix") {
    result = JValue(add_ephemeral_prefix(argument(args, 0, "name").to_str()));
  } else if (key == "get_function_config") {
    result = function_config(argument(args, 0, "model"));
  } else if (key == "get_function_macro_name") {
    const JValue config = argument(args, 0, "config");
    result = JValue(fmt::format("{}_function_{}", config.get("type").to_str(),
                                config.get("language").to_str()));
  } else {
    return false;
  }
  return true;
}

bool RelationObject::matches(const Args& args) const {
  const Relation& r = relation_;
  struct Part {
    std::string_view name;
    const std::optional<std::string>& value;
    bool quoted;
  };
  const std::array<Part, 3> parts = {Part{"database", r.database, r.quote.database},
                                     Part{"schema", r.schema, r.quote.schema},
                                     Part{"identifier", r.identifier, r.quote.identifier}};
  bool asked = false;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const JValue wanted = argument(args, i, parts[i].name);
    if (wanted.is_nothing()) continue;
    asked = true;
    if (!part_matches(r, parts[i].value, parts[i].quoted, wanted.to_str())) return false;
  }
  if (!asked) {
    throw DbtError("Runtime Error", "Tried to match relation, but no search path was passed!");
  }
  return true;
}

std::string RelationObject::repr() {
  return fmt::format("<{} {}>", type_name(), relation_.render());
}

bool RelationObject::equals(const JValue& other) {
  const Relation* right = as_relation(other);
  return right != nullptr && *right == relation_;
}

std::optional<std::uint64_t> RelationObject::hash() { return JValue(relation_.render()).hash(); }

const Relation* as_relation(const JValue& value) {
  const auto* object = value.as<RelationObject>();
  return object == nullptr ? nullptr : &object->relation();
}

JValue relation_class(const Value& project_quoting) {
  return jinja::make_object<RelationClass>(policy_from(project_quoting));
}

}  // namespace floe::dbt
