// SPDX-License-Identifier: Apache-2.0
// Names laid over a node's context: they win even over macros (unit-test overrides, batches).
#pragma once

#include "dbt/jinja/object.h"

#include <memory>
#include <string>
#include <unordered_map>

namespace floe::runtime {

class OverlayContext : public jinja::Context {
 public:
  explicit OverlayContext(jinja::ContextRef base) : base_(std::move(base)) {}
  /// Overrides a name, or with a package a macro of it.
  void set(const std::string& name, jinja::Value value);
  void set_in_package(const std::string& package, const std::string& name, jinja::Value value);
  std::optional<jinja::Value> lookup(jinja::Name name) const override;
  const jinja::ContextRef& base() const { return base_; }

 private:
  jinja::ContextRef base_;
  std::unordered_map<jinja::Name, jinja::Value> names_;
};

/// A callable that gives `value` whatever it is called with.
jinja::Value constant_function(std::string name, jinja::Value value);

}  // namespace floe::runtime
