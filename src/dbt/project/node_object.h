// SPDX-License-Identifier: Apache-2.0
// A node as templates see it while a project is loaded: `model`, and the `node` argument of
// generate_schema_name() and its kin.
#pragma once

#include "dbt/jinja/object.h"
#include "dbt/project/model.h"

namespace floe::dbt {

/// A view of a node; it must outlive the object. Counts its reads, so that callers can tell whether
/// a result depends on the node.
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
  std::size_t reads() const { return reads_; }

 private:
  const Node* node_;
  std::size_t reads_ = 0;
};

/// A config as templates see it: attributes, items and get().
jinja::Value config_object(const Value& config);

}  // namespace floe::dbt
