// SPDX-License-Identifier: Apache-2.0
#include "core/platform/document.h"

#include "base/text.h"

#include <algorithm>

namespace floe::core {

namespace {

using value::Member;
using value::Value;

/// The mapping at a dotted path, made where it is not there.
Value& section_at(Value& document, std::string_view dotted) {
  Value* at = &document;
  for (const std::string_view name : split(dotted, '.')) {
    Value* next = at->edit(name);
    if (next == nullptr || !next->is_map()) next = &at->set(std::string(name), Value::map());
    at = next;
  }
  return *at;
}

void set_if_absent(Value& section, std::string_view key, Value value) {
  if (section.find(key) == nullptr) section.set(std::string(key), std::move(value));
}

/// Members in the order of `names`, then the others.
Value in_order_of(const std::vector<std::string>& names, const Value& members) {
  Value out = Value::map();
  out.span = members.span;
  const auto& all = members.as_map();
  for (const std::string& name : names) {
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const Member& member) { return member.key == name; });
    if (found != all.end()) out.edit_map().push_back(*found);
  }
  for (const Member& member : all) {
    if (std::find(names.begin(), names.end(), member.key) == names.end()) {
      out.edit_map().push_back(member);
    }
  }
  return out;
}

std::vector<std::string> layer_order(const Platform& platform) {
  std::vector<std::string> names;
  for (const Layer& layer : platform.layers) names.push_back(layer.name);
  return names;
}

void fill_layers(Value& document, const Platform& platform) {
  if (platform.layers.empty()) return;
  Value& layers = section_at(document, "data_architecture.layers");
  for (const Layer& layer : platform.layers) {
    Value* written = layers.edit(layer.name);
    if (written == nullptr || !written->is_map()) written = &layers.set(layer.name, Value::map());
    set_if_absent(*written, "prefix", Value::texts(layer.prefixes));
    if (!layer.description.empty()) set_if_absent(*written, "description", layer.description);
    set_if_absent(*written, "may_depend_on", Value::texts(layer.may_depend_on));
  }
  layers = in_order_of(layer_order(platform), layers);
}

void fill_rules(Value& document, const Platform& platform) {
  const auto word = [](Enforcement enforcement) { return Value(enforcement_name(enforcement)); };
  set_if_absent(section_at(document, "data_architecture"), "enforcement",
                word(platform.architecture_enforcement));
  set_if_absent(section_at(document, "data_architecture.naming"), "enforcement",
                word(platform.naming.enforcement));
  Value& gates = section_at(document, "governance.quality_gates");
  set_if_absent(gates, "enforcement", word(platform.quality_gates.enforcement));
  // Of the two the stricter one counts for both.
  gates.set("block_on_failure", platform.quality_gates.block_on_failure);
  gates.set("on_failure", gate_action_name(platform.quality_gates.on_failure));
  if (platform.documentation.enforcement != Enforcement::kOff) {
    set_if_absent(section_at(document, "governance.documentation"), "enforcement",
                  word(platform.documentation.enforcement));
  }
  if (platform.ownership.enforcement != Enforcement::kOff) {
    set_if_absent(section_at(document, "governance.ownership"), "enforcement",
                  word(platform.ownership.enforcement));
  }
}

}  // namespace

Value effective_document(const Value& written, const Platform& platform) {
  static constexpr std::string_view kFileOnly[] = {"apiVersion", "kind",   "metadata",
                                                   "parent",     "domain", "tests"};
  Value document = Value::map();
  if (written.is_map()) {
    for (const Member& member : written.as_map()) {
      const bool concerns_file =
          std::find(std::begin(kFileOnly), std::end(kFileOnly), member.key) != std::end(kFileOnly);
      if (!concerns_file && !member.key.starts_with("x-")) document.edit_map().push_back(member);
    }
  }
  set_if_absent(document, "approved_plugins", Value::map());
  fill_layers(document, platform);
  fill_rules(document, platform);
  return document;
}

Value ordered_document(const Platform& platform) {
  Value document = platform.document;
  if (const Value* found = document.find_path("data_architecture.layers");
      found != nullptr && found->is_map()) {
    section_at(document, "data_architecture.layers") =
        in_order_of(layer_order(platform), Value(*found));
  }
  std::vector<std::string> names;
  for (const Environment& environment : platform.environments) names.push_back(environment.name);
  if (const Value* found = document.find("environments"); found != nullptr && found->is_map()) {
    document.set("environments", in_order_of(names, Value(*found)));
  }
  return document;
}

}  // namespace floe::core
