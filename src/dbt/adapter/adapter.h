// SPDX-License-Identifier: Apache-2.0
// `adapter` as templates see it while nodes run: dbt's adapter methods on a warehouse session.
#pragma once

#include "dbt/adapter/foreign_keys.h"
#include "dbt/adapter/warehouse.h"
#include "dbt/context/base_context.h"
#include "dbt/jinja/interp.h"

#include <functional>
#include <memory>
#include <string>

namespace floe::dbt {

/// What the adapter of one thread works with. It outlives the objects made from it.
struct AdapterHost {
  WarehouseSession& session;
  ForeignKeys& foreign_keys;
  std::shared_ptr<const Session> dbt;
  jinja::Interp& interp;
  Value project_quoting = Value::map();
  /// The context in which the adapter runs macros of its own (the root project's, no node).
  jinja::ContextRef operations;
  std::function<void(const Warning& warning)> warn;  // may be null
  Value project_flags = Value::map();                // `flags:` of dbt_project.yml
  /// Told when a relation is looked up in the cache, and then whether it is there; may be null.
  std::function<void()> lookup_begins;
  std::function<void(const Relation& wanted, bool found)> lookup_ends;
};

/// What adapter.execute() returns first: prints as its message.
jinja::Value adapter_response(std::string message, jinja::Value code = {},
                              jinja::Value rows_affected = {});
/// The response as run_results.json has it ({"_message": "OK"}).
Value adapter_response_data(const jinja::Value& response);

/// `adapter` for the templates of `package`.
jinja::Value make_adapter(AdapterHost& host, std::string package);

/// Runs a macro of the root project, or of dbt's own packages, with keyword arguments.
jinja::Value execute_macro(AdapterHost& host, std::string_view name,
                           std::vector<std::pair<jinja::Name, jinja::Value>> arguments);

/// The relation in the cache; the schema is listed first if nobody has. Throws DbtError when a name
/// differs only in case.
std::optional<Relation> get_relation(AdapterHost& host, const std::optional<std::string>& database,
                                     const std::string& schema, const std::string& identifier);
/// Lists a schema and remembers its relations.
void fill_cache(AdapterHost& host, const Relation& schema);
/// Creates the schema of a relation and commits.
void create_schema(AdapterHost& host, const Relation& relation);

}  // namespace floe::dbt
