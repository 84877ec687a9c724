// SPDX-License-Identifier: Apache-2.0
#include "runtime/overlay.h"

namespace floe::runtime {

namespace {

using JValue = jinja::Value;

/// A package's macros with some of them replaced.
class PackageOverlay : public jinja::Object {
 public:
  explicit PackageOverlay(JValue base) : base_(std::move(base)) {}
  std::string type_name() const override { return "MacroNamespace"; }
  void set(const std::string& name, JValue value) { names_[name] = std::move(value); }
  std::optional<JValue> get_attr(jinja::Name name) override { return get_item(name.value()); }
  std::optional<JValue> get_item(const JValue& key) override {
    const auto at = names_.find(key.str_or(""));
    if (at != names_.end()) return at->second;
    jinja::Object* base = base_.as_object();
    return base == nullptr ? std::nullopt : base->get_item(key);
  }
  bool is_mapping() const override { return true; }

 private:
  JValue base_;
  std::unordered_map<std::string, JValue> names_;
};

}  // namespace

void OverlayContext::set(const std::string& name, JValue value) {
  names_[jinja::Name(name)] = std::move(value);
}

void OverlayContext::set_in_package(const std::string& package, const std::string& name,
                                    JValue value) {
  const jinja::Name key(package);
  auto at = names_.find(key);
  if (at == names_.end()) {
    const auto base = base_->lookup(key);
    at = names_.emplace(key, jinja::make_object<PackageOverlay>(base.value_or(JValue::none())))
             .first;
  }
  if (auto* overlay = at->second.as<PackageOverlay>()) overlay->set(name, std::move(value));
}

std::optional<JValue> OverlayContext::lookup(jinja::Name name) const {
  const auto at = names_.find(name);
  return at != names_.end() ? at->second : base_->lookup(name);
}

JValue constant_function(std::string name, JValue value) {
  return jinja::native(std::move(name),
                       [value](jinja::CallContext&, const jinja::Args&) { return value; });
}

}  // namespace floe::runtime
