// SPDX-License-Identifier: Apache-2.0
// Where a node's relation lies: runs generate_database_name(), generate_schema_name() and
// generate_alias_name() of the project, and renders the relation's full name.
#pragma once

#include "dbt/jinja/interp.h"
#include "dbt/project/loader.h"
#include "dbt/project/node_object.h"

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace floe::dbt {

class NameGenerator {
 public:
  explicit NameGenerator(Loader& loader);

  /// Sets database, schema, alias and relation_name of a node from its config. False if the
  /// project's macro gives it no schema.
  bool apply(Node& node, const Value& config);

 private:
  struct Known {
    NodeObject::Reads reads;
    std::string text;
  };
  struct Component {
    std::string name;  // "schema"
    jinja::Value macro;
    jinja::ContextRef context;
    std::unordered_map<std::string, std::pair<jinja::Value, jinja::ContextRef>> by_package;
    /// Results by macro and custom name, each with what the macro read from the node it was for.
    std::map<std::pair<const void*, std::string>, std::vector<Known>> known;
  };
  Component make_component(std::string name);
  jinja::ContextRef macro_context(const jinja::Value& macro);
  std::string alias(const Node& node, const Value* custom);
  std::optional<std::string> generate(Component& component, const Node& node, const Value* custom);

  Loader& loader_;
  std::shared_ptr<const jinja::MapContext> base_;
  jinja::Interp interp_;
  Component database_;
  Component schema_;
  Component alias_;
  bool failed_ = false;  // the last macro raised
  bool plain_aliases_;   // dbt's own macro makes them: known without running it
};

/// Does the node build a relation, so that it has a relation_name?
bool builds_relation(const Node& node);

}  // namespace floe::dbt
