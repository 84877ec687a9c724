// SPDX-License-Identifier: Apache-2.0
#include "core/platform/tighten_data.h"

#include "core/config/manifest.h"
#include "core/platform/effective.h"
#include "core/platform/inherit.h"
#include "value/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace floe::core {

namespace {

using value::Member;
using value::Schema;
using value::Value;

/// A section of governance and where a platform keeps it.
struct DataSection {
  std::string_view name;
  Value Platform::* value;
};

constexpr DataSection kDataSections[] = {
    {"classification", &Platform::classification},
    {"access_control", &Platform::access_control},
    {"retention", &Platform::retention},
    {"cost", &Platform::cost},
};

bool is_data_section(std::string_view name) {
  return std::any_of(std::begin(kDataSections), std::end(kDataSections),
                     [&](const DataSection& section) { return section.name == name; });
}

Value map_with(std::string_view key, Value value) {
  Value map = Value::map();
  map.set(std::string(key), std::move(value));
  return map;
}

Value classification_gates(const Platform& platform) {
  Value gates = Value::map();
  for (const auto& [level, gate] : platform.quality_gates.by_classification) gates.set(level, gate);
  return gates;
}

/// The sections as the platform has them, in a document like a manifest's.
Value platform_data(const Platform& platform) {
  Value governance = Value::map();
  for (const DataSection& section : kDataSections) {
    const Value& held = platform.*section.value;
    if (!held.empty()) governance.set(std::string(section.name), held);
  }
  Value gates = classification_gates(platform);
  if (!gates.empty()) {
    governance.set("quality_gates", map_with("by_classification", std::move(gates)));
  }
  return map_with("governance", std::move(governance));
}

/// The members of a mapping that are asked for, with the places of their keys.
template <class Wanted>
Value members_of(const Value& map, const Wanted& wanted) {
  Value out = Value::map();
  out.span = map.span;
  for (const Member& member : map.as_map()) {
    if (wanted(member.key)) out.edit_map().push_back(member);
  }
  return out;
}

/// The same sections as the product asks for them; empty if it does not.
Value product_data(const Value& tightenings) {
  const Value* asked = tightenings.find("governance");
  if (asked == nullptr || !asked->is_map()) return Value::map();
  Value governance = members_of(*asked, [](const std::string& key) {
    return is_data_section(key) || key == "quality_gates";
  });
  if (Value* gates = governance.edit("quality_gates")) {
    Value kept = Value::map();
    if (gates->is_map()) {
      kept = members_of(*gates, [](const std::string& key) { return key == "by_classification"; });
    }
    *gates = std::move(kept);
    if (gates->empty()) governance.erase("quality_gates");
  }
  if (governance.empty()) return Value::map();
  return map_with("governance", std::move(governance));
}

void take_data(const Value& merged, Platform& platform) {
  for (const DataSection& section : kDataSections) {
    const Value* found = merged.find_path("governance." + std::string(section.name));
    if (found != nullptr && found->is_map()) platform.*section.value = *found;
  }
  const Value* gates = merged.find_path("governance.quality_gates.by_classification");
  if (gates == nullptr || !gates->is_map()) return;
  for (const Member& member : gates->as_map()) {
    platform.quality_gates.by_classification[member.key] = member.value;
  }
}

/// `value` without the fields that have no effect.
Value effective_part(const Value& value, const Schema& schema) {
  if (!value.is_map()) return value;
  Value out = Value::map();
  out.span = value.span;
  for (const Member& member : value.as_map()) {
    const value::Field* field = schema.find(member.key);
    const Schema* below = field != nullptr ? &field->schema : schema.items.get();
    if (below != nullptr && !below->has_effect) continue;
    Member kept = member;
    if (below != nullptr) kept.value = effective_part(member.value, *below);
    out.edit_map().push_back(std::move(kept));
  }
  return out;
}

/// Whether what a platform requires at a path is the schema's default, which it does not set.
bool is_unset_default(const Platform& platform, const std::string& path,
                      std::string_view required) {
  if (platform.provenance.contains(path)) return false;
  const std::size_t dot = path.rfind('.');
  if (dot == std::string::npos) return false;
  const Schema* section =
      value::schema_at(config::manifest_schema(), std::string_view(path).substr(0, dot));
  const value::Field* field = section == nullptr ? nullptr : section->find(path.substr(dot + 1));
  if (field == nullptr || !field->fallback) return false;
  const Value& fallback = *field->fallback;
  return (fallback.is_string() && fallback.as_string() == required) ||
         (fallback.is_bool() && fallback.as_bool() == (required == "true"));
}

}  // namespace

void report_product_loosening(const Platform& platform, const std::string& path, diag::Span span,
                              std::string_view tried, std::string_view required, diag::Sink& sink) {
  sink.add({.code = "P002",
            .message = fmt::format("'{}' loosens a rule: tried {}, the platform requires {}", path,
                                   tried, required),
            .span = span,
            .platform = is_unset_default(platform, path, required) ? platform.tier() + " default"
                                                                   : platform.set_at(path),
            .help = "a data product may only be stricter than its platform",
            .owner = platform.owner});
}

void tighten_data(Platform& platform, const config::DataProduct& product,
                  const diag::SourceMap& sources, diag::Sink& sink) {
  const Value asked = product_data(product.tightenings);
  if (asked.empty()) return;
  const TierDocument upper{platform_data(platform), platform.provenance};
  const LowerTier lower{fmt::format("{} v{}", product.name, product.version), asked,
                        set_locations(asked, sources)};
  std::vector<Loosening> refused;
  TierDocument merged =
      put_tier(upper, lower, merge_rules_for(upper.document, lower.document, ""), refused);
  for (const Loosening& refusal : refused) {
    report_product_loosening(platform, refusal.path, refusal.span, refusal.tried, refusal.required,
                             sink);
  }
  take_data(merged.document, platform);
  for (auto& [path, set] : merged.provenance) {
    // Of a section that both write, what the product leaves out is still the platform's.
    const Value* above = upper.document.find_path(path);
    const bool is_shared = (above != nullptr && above->is_map()) || path == "governance" ||
                           path == "governance.quality_gates";
    if (set.tier == lower.name && !is_shared) platform.provenance[path] = std::move(set);
  }
}

void check_product_references(const Platform& platform, const config::DataProduct& product,
                              diag::Sink& sink) {
  if (platform.document.empty()) return;  // of floe's first schema version: layers are not known
  config::Manifest effective;
  effective.document = platform.document;
  Value governance = Value::map();
  if (const Value* held = platform.document.find("governance")) governance = *held;
  for (const DataSection& section : kDataSections) {
    const Value& held = platform.*section.value;
    if (!held.empty()) governance.set(std::string(section.name), held);
  }
  Value gates = Value::map();
  if (const Value* held = governance.find("quality_gates"); held != nullptr && held->is_map()) {
    gates = *held;
  }
  Value by_level = classification_gates(platform);
  if (const Value* asked =
          product.tightenings.find_path("governance.quality_gates.by_classification");
      asked != nullptr && asked->is_map()) {
    // The platform keeps no places of their keys.
    for (Member& gate : by_level.edit_map()) {
      for (const Member& own : asked->as_map()) {
        if (own.key == gate.key) gate.key_span = own.key_span;
      }
    }
  }
  gates.set("by_classification", std::move(by_level));
  governance.set("quality_gates", std::move(gates));
  governance.set("custom_rules", platform.custom_rules);
  effective.document.set("governance", std::move(governance));
  diag::Sink found;
  config::check_references(effective, found);
  // What the platform says itself was checked where it was compiled; it has no place here.
  for (const diag::Diagnostic& finding : found.take()) {
    if (finding.span) sink.add(finding);
  }
}

Value effective_tightenings(const config::DataProduct& product) {
  Value effective = effective_part(product.tightenings, config::data_product_schema());
  // The choice of a plugin leaves its settings as they are; put_tier would drop them.
  effective.erase("plugins");
  return effective;
}

}  // namespace floe::core
