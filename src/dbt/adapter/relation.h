// SPDX-License-Identifier: Apache-2.0
// dbt's Relation: a place in the database with quoting and include policies, and as a Jinja object.
#pragma once

#include "dbt/jinja/object.h"
#include "dbt/project/model.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace floe::dbt {

/// Whether each part of a relation's path is quoted (or included) when rendered.
struct RelationPolicy {
  bool database = true;
  bool schema = true;
  bool identifier = true;
  bool operator==(const RelationPolicy&) const = default;
};

/// Keeps the rows of a relation whose event-time column lies in [start, end).
struct EventTimeFilter {
  std::string field_name;
  std::string start;  // as Python prints the datetime; "" is open
  std::string end;
  bool operator==(const EventTimeFilter&) const = default;
};

/// What dbt-duckdb calls a DuckDBRelation.
struct Relation {
  std::optional<std::string> database;
  std::optional<std::string> schema;
  std::optional<std::string> identifier;
  /// "table", "view", "cte", "materialized_view", "external", "function", or "" when not known.
  std::string type;
  RelationPolicy include;
  RelationPolicy quote;
  bool dbt_created = false;
  std::optional<int> limit;
  std::optional<EventTimeFilter> event_time_filter;
  std::optional<std::string> external;  // what to render instead of the path
  std::optional<std::string> catalog;
  bool information_schema = false;  // an InformationSchema instead
  std::optional<std::string> information_schema_view;

  /// "db"."schema"."name" after the policies.
  std::string render() const;
  /// What {{ relation }} prints: render(), limited and filtered by event time.
  std::string to_text() const;
  Relation without_identifier() const;
  bool operator==(const Relation&) const = default;
};

/// "__dbt__cte__" + name.
std::string add_ephemeral_prefix(std::string_view name);

/// The relation of an ephemeral model: its CTE's name, unquoted.
Relation ephemeral_relation(std::string_view identifier);

/// The relation a model, seed, snapshot or test builds; quoting from the root project's `quoting`
/// (rendered dbt_project.yml) and the node's own.
Relation node_relation(const Node& node, const Value& project_quoting);
/// The relation of a source table; external locations are formatted (config and meta
/// `external_location`, `formatter`). Throws jinja::TemplateError for a bad format.
Relation source_relation(const SourceNode& source, const Value& project_quoting);

/// A text that is the same for all names of one relation: DuckDB does not tell cases apart.
std::string relation_key(std::string_view database, std::string_view schema,
                         std::string_view identifier);
std::string relation_key(const SourceNode& source);

/// A Relation in templates. Immutable.
class RelationObject : public jinja::Object {
 public:
  explicit RelationObject(Relation relation) : relation_(std::move(relation)) {}
  const Relation& relation() const { return relation_; }

  std::string type_name() const override {
    return relation_.information_schema ? "InformationSchema" : "DuckDBRelation";
  }
  std::optional<jinja::Value> get_attr(jinja::Name name) override;
  std::optional<jinja::Value> get_item(const jinja::Value& key) override;
  bool call_method(jinja::CallContext& context, jinja::Name name, const jinja::Args& args,
                   jinja::Value& result) override;
  std::span<const std::string_view> method_names() const override;
  std::optional<std::size_t> length() override { return std::nullopt; }
  bool truthy() override { return true; }
  std::string repr() override;
  std::string str() override { return relation_.to_text(); }
  bool equals(const jinja::Value& other) override;
  std::optional<std::uint64_t> hash() override;
  bool is_mapping() const override { return true; }

 private:
  bool call_reading_method(std::string_view name, const jinja::Args& args, jinja::Value& result);
  bool matches(const jinja::Args& args) const;

  Relation relation_;
};

inline jinja::Value relation_value(Relation relation) {
  return jinja::make_object<RelationObject>(std::move(relation));
}
/// The relation of a RelationObject, or null.
const Relation* as_relation(const jinja::Value& value);

/// The policy that a `quoting:` mapping gives ({database: false, …} over the default).
RelationPolicy policy_from(const Value& quoting, RelationPolicy base = {});

/// api.Relation: create(), scd_args(), add_ephemeral_prefix(), Table/View/… constants. Relations
/// it makes take `project_quoting` as their default policy.
jinja::Value relation_class(const Value& project_quoting);

}  // namespace floe::dbt
