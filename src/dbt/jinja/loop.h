// SPDX-License-Identifier: Apache-2.0
// The `loop` variable (internal).
#pragma once

#include "dbt/jinja/machine.h"

#include <optional>
#include <string>
#include <vector>

namespace floe::jinja {

class LoopObject : public Object {
 public:
  LoopObject(Machine& machine, const Node* node, Value iterable, IteratorPtr source, Frame* definer,
             int depth0);
  ~LoopObject() override;

  /// The next item of the loop; looks ahead only when the template asks (loop.last, loop.nextitem).
  bool advance(Value& out);

  std::string type_name() const override { return "LoopContext"; }
  std::string qualified_type_name() const override { return "jinja2.runtime.LoopContext"; }
  std::optional<Value> get_attr(Name name) override;
  bool callable() const override { return true; }
  Value call(CallContext& context, const Args& args) override;
  bool call_method(CallContext& context, Name name, const Args& args, Value& result) override;
  std::optional<std::size_t> length() override { return static_cast<std::size_t>(count()); }
  IteratorPtr iterate() override;
  bool truthy() override { return count() != 0; }
  std::string repr() override;

 private:
  std::int64_t count();
  bool peek();
  Value cycle(const Args& args) const;
  bool changed(const Args& args);

  Machine& machine_;
  const Node* node_;
  Value iterable_;
  IteratorPtr source_;
  Frame* definer_;
  Module* module_;
  int depth0_;
  std::int64_t index0_ = -1;
  std::optional<std::int64_t> length_;
  std::optional<Value> after_;
  bool exhausted_ = false;
  Value before_;
  Value current_;
  std::optional<std::vector<Value>> last_changed_;
};

}  // namespace floe::jinja
