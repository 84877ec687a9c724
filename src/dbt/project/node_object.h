// SPDX-License-Identifier: Apache-2.0
// A node as templates see it while a project is loaded: `model`, and the `node` argument of
// generate_schema_name() and its kin.
#pragma once

#include "dbt/jinja/object.h"
#include "dbt/project/model.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace floe::dbt {

/// A view of a node; it must outlive the object. Remembers what is read from it, so that callers
/// can tell what a result depends on.
class NodeObject : public jinja::Object {
 public:
  explicit NodeObject(const Node& node) : node_(&node) {}
  std::string type_name() const override { return "ModelNode"; }
  std::optional<jinja::Value> get_attr(jinja::Name name) override;
  std::optional<jinja::Value> get_item(const jinja::Value& key) override;
  bool call_method(jinja::CallContext& context, jinja::Name name, const jinja::Args& args,
                   jinja::Value& result) override;
  bool is_mapping() const override { return true; }
  bool truthy() override { return true; }
  std::optional<bool> contains(const jinja::Value& item) override;

  /// What was read: the texts by their names; nothing if something other than a text was.
  using Reads = std::vector<std::pair<jinja::Name, std::string>>;
  const std::optional<Reads>& reads() const { return reads_; }

 private:
  const Node* node_;
  std::optional<Reads> reads_ = Reads();
};

/// Would a template read the same from this node?
bool reads_same(const Node& node, const NodeObject::Reads& reads);

/// A config as templates see it: attributes, items and get().
jinja::Value config_object(const Value& config);

}  // namespace floe::dbt
