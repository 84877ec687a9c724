// SPDX-License-Identifier: Apache-2.0
#include "core/platform/compare.h"

#include "base/text.h"
#include "core/config/manifest.h"
#include "core/platform/compare_data.h"
#include "core/platform/rules.h"
#include "value/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

namespace floe::core {

namespace {

using value::Value;
using Names = std::vector<std::string>;

bool holds_name(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string_view environment_type_name(EnvironmentType type) {
  switch (type) {
    case EnvironmentType::kDevelopment: return "development";
    case EnvironmentType::kPreview: return "preview";
    case EnvironmentType::kStaging: return "staging";
    case EnvironmentType::kProduction: return "production";
  }
  return "production";
}

/// Visits two platforms' rules (rules.h) and their other fields.
class Comparison {
 public:
  void enforcement(const std::string& path, Enforcement before, Enforcement after) {
    ordered(path, before, after, enforcement_name(before), enforcement_name(after));
  }
  void gate_action(const std::string& path, GateAction before, GateAction after) {
    ordered(path, before, after, gate_action_name(before), gate_action_name(after));
  }
  void flag(const std::string& path, bool before, bool after) {
    ordered(path, before, after, before ? "true" : "false", after ? "true" : "false");
  }
  void coverage(const std::string& path, double before, double after) {
    ordered(path, before, after, number_text(before), number_text(after));
  }
  void coverage(const std::string& path, std::optional<double> before,
                std::optional<double> after) {
    if (before == after) return;
    const std::string from = before ? number_text(*before) : "";
    const std::string to = after ? number_text(*after) : "";
    if (before.value_or(0) == after.value_or(0)) {
      return add(path, from, to, Direction::kChanged, Step::kPatch);
    }
    ordered(path, before.value_or(0), after.value_or(0), from, to);
  }
  void limit(const std::string& path, std::optional<std::int64_t> before,
             std::optional<std::int64_t> after) {
    constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::max();
    if (before == after) return;
    ordered(path, after.value_or(kNone), before.value_or(kNone),
            before ? std::to_string(*before) : "", after ? std::to_string(*after) : "");
  }
  void extend(const std::string& path, const Names& before, const Names& after) {
    names(path, before, after, {Direction::kTightened, Step::kMinor},
          {Direction::kLoosened, Step::kMinor});
  }
  void subset(const std::string& path, bool empty_is_all, const Names& before, const Names& after) {
    if (empty_is_all && before.empty() != after.empty()) {
      return add(path, join(before, ", "), join(after, ", "),
                 before.empty() ? Direction::kTightened : Direction::kLoosened, Step::kMinor);
    }
    names(path, before, after, {Direction::kLoosened, Step::kMinor},
          {Direction::kTightened, Step::kMinor});
  }
  void fixed(const std::string& path, const std::string& before, const std::string& after) {
    if (before == after) return;
    add(path, before, after,
        before.empty()  ? Direction::kTightened
        : after.empty() ? Direction::kLoosened
                        : Direction::kChanged,
        Step::kMinor);
  }

  void compatibility(const std::string& path, const std::string& before, const std::string& after) {
    const auto mode = [](const std::string& word) {
      return word.empty() ? std::nullopt : std::optional<Value>(word);
    };
    const auto was = mode(before);
    const auto is = mode(after);
    data(path, was ? &*was : nullptr, is ? &*is : nullptr, path, Step::kMinor);
  }

  /// A text without an order.
  void text(const std::string& path, const std::string& before, const std::string& after,
            Step step) {
    if (before == after) return;
    add(path, before, after,
        before.empty()  ? Direction::kAdded
        : after.empty() ? Direction::kRemoved
                        : Direction::kChanged,
        step);
  }
  /// Data; `schema_path` is where the manifest's schema describes it, "" if it does not.
  void data(const std::string& path, const Value& before, const Value& after,
            std::string_view schema_path, Step step) {
    const value::Schema* schema =
        schema_path.empty() ? nullptr : value::schema_at(config::manifest_schema(), schema_path);
    compare_data(data_, path, &before, &after, schema, step);
  }
  /// The same for data that is perhaps not there.
  void data(const std::string& path, const Value* before, const Value* after,
            std::string_view schema_path, Step step) {
    compare_data(data_, path, before, after,
                 value::schema_at(config::manifest_schema(), schema_path), step);
  }

  struct Meaning {
    Direction direction;
    Step step;
  };
  /// Lists of names: a change for each that came (`added`) or went, else for their order.
  void names(const std::string& path, const Names& before, const Names& after, Meaning added,
             Meaning removed) {
    if (before == after) return;
    const std::size_t known = changes_.size();
    for (const std::string& name : before) {
      if (!holds_name(after, name)) add(path, name, "", removed.direction, removed.step);
    }
    for (const std::string& name : after) {
      if (!holds_name(before, name)) add(path, "", name, added.direction, added.step);
    }
    if (changes_.size() == known) order(path, before, after, Step::kPatch);
  }
  void order(const std::string& path, const Names& before, const Names& after, Step step) {
    add(path, "[" + join(before, ", ") + "]", "[" + join(after, ", ") + "]", Direction::kChanged,
        step);
  }

  void added(const std::string& path, std::string what) {
    add(path, "", std::move(what), Direction::kAdded, Step::kMinor);
  }
  void removed(const std::string& path, std::string what) {
    add(path, std::move(what), "", Direction::kRemoved, Step::kMajor);
  }
  void add(const std::string& path, std::string before, std::string after, Direction direction,
           Step step) {
    changes_.push_back({path, std::move(before), std::move(after), direction, step});
  }

  void levels(Names names) { data_.levels = std::move(names); }
  std::vector<Change> take() { return std::move(changes_); }

 private:
  static std::string number_text(double number) { return fmt::format("{}", number); }

  /// Of a field whose greater value is the stricter one.
  template <class T>
  void ordered(const std::string& path, const T& before, const T& after, std::string_view from,
               std::string_view to) {
    if (before == after) return;
    add(path, std::string(from), std::string(to),
        before < after ? Direction::kTightened : Direction::kLoosened, Step::kMinor);
  }

  std::vector<Change> changes_;
  DataComparison data_{changes_, {}};
};

/// What a platform inherits from, as text.
std::string parent_text(const Platform& platform) {
  std::vector<std::string> tiers;
  for (const ParentTier& parent : platform.parents) {
    tiers.push_back(fmt::format("{} ({}, {})", parent.tier(), parent.reference, parent.digest));
  }
  return join(tiers, ", ");
}

void compare_identity(Comparison& to, const Platform& before, const Platform& after) {
  to.text("metadata.name", before.name, after.name, Step::kMinor);
  // The step that is judged, not one that asks for one.
  to.text("metadata.version", before.version, after.version, Step::kNone);
  to.text("metadata.scope", before.scope, after.scope, Step::kMinor);
  to.text("metadata.owner", before.owner, after.owner, Step::kPatch);
  to.text("metadata.description", before.description, after.description, Step::kPatch);
  to.text("parent.ref", parent_text(before), parent_text(after), Step::kPatch);
  to.data("domain", before.domain, after.domain, "", Step::kMinor);
}

void compare_plugins(Comparison& to, const Platform& before, const Platform& after) {
  for (const auto& [category, was] : before.plugins) {
    const std::string path = "plugins." + category;
    const auto found = after.plugins.find(category);
    if (found == after.plugins.end()) {
      to.removed(path, was.type);
      continue;
    }
    const PluginChoice& is = found->second;
    to.text(path + ".type", was.type, is.type, Step::kMajor);
    to.text(path + ".version", was.version, is.version, Step::kMinor);
    to.data(path + ".config", was.config, is.config, "", Step::kMinor);
    to.text(path + ".connection_secret_ref", was.connection_secret_ref, is.connection_secret_ref,
            Step::kPatch);
  }
  for (const auto& [category, is] : after.plugins) {
    if (!before.plugins.contains(category)) to.added("plugins." + category, is.type);
  }
}

void compare_approved_plugins(Comparison& to, const Platform& before, const Platform& after) {
  Names categories;
  for (const Platform* platform : {&before, &after}) {
    for (const auto& [category, types] : platform->approved_plugins) {
      if (!holds_name(categories, category)) categories.push_back(category);
    }
  }
  std::sort(categories.begin(), categories.end());
  const auto types_of = [](const Platform& platform, const std::string& category) {
    const auto found = platform.approved_plugins.find(category);
    return found == platform.approved_plugins.end() ? Names() : found->second;
  };
  for (const std::string& category : categories) {
    const std::string path = "approved_plugins." + category;
    const Names was = types_of(before, category);
    const Names is = types_of(after, category);
    to.names(path, was, is, {Direction::kAdded, Step::kMinor}, {Direction::kRemoved, Step::kMajor});
    // An empty list approves as little as none.
    const bool had = before.approved_plugins.contains(category);
    if (was.empty() && is.empty() && had != after.approved_plugins.contains(category)) {
      to.add(path, had ? "[]" : "", had ? "" : "[]", Direction::kChanged, Step::kPatch);
    }
  }
}

void compare_layer(Comparison& to, const std::string& path, const Layer& before,
                   const Layer& after) {
  to.names(path + ".prefix", before.prefixes, after.prefixes, {Direction::kLoosened, Step::kMinor},
           {Direction::kTightened, Step::kMinor});
  to.text(path + ".description", before.description, after.description, Step::kPatch);
  to.text(path + ".schema", before.schema, after.schema, Step::kMinor);
  to.text(path + ".catalog_namespace", before.catalog_namespace, after.catalog_namespace,
          Step::kMinor);
  visit_layer_rules(to, path, before, after);
  to.text(path + ".scd.default_type", before.scd_default_type, after.scd_default_type,
          Step::kMinor);
}

/// Pairs the entries of two lists by name; what is on one side only came or went. Their order
/// counts as `order_step`.
template <class T, class CompareOne>
void compare_named(Comparison& to, const std::string& path, const std::vector<T>& before,
                   const std::vector<T>& after, Step order_step, const CompareOne& compare_one) {
  const auto find = [](const std::vector<T>& list, const std::string& name) {
    return std::find_if(list.begin(), list.end(), [&](const T& each) { return each.name == name; });
  };
  Names common_before;
  Names common_after;
  for (const T& was : before) {
    const auto is = find(after, was.name);
    if (is == after.end()) {
      to.removed(path + "." + was.name, was.name);
      continue;
    }
    common_before.push_back(was.name);
    compare_one(path + "." + was.name, was, *is);
  }
  for (const T& is : after) {
    if (find(before, is.name) == before.end()) to.added(path + "." + is.name, is.name);
    else common_after.push_back(is.name);
  }
  if (common_before != common_after) to.order(path, common_before, common_after, order_step);
}

void compare_environment(Comparison& to, const std::string& path, const Environment& before,
                         const Environment& after) {
  to.text(path + ".type", std::string(environment_type_name(before.type)),
          std::string(environment_type_name(after.type)), Step::kMinor);
  to.text(path + ".schema_prefix", before.schema_prefix, after.schema_prefix, Step::kMinor);
  // Where services are, how large jobs are, who logs in how: free at any time.
  to.data(path + ".endpoints", before.endpoints, after.endpoints, "", Step::kPatch);
  const auto prefix = [](const Environment& environment) {
    const Value* found = environment.settings.find("namespace_prefix");
    return found != nullptr && found->is_string() ? found->as_string() : std::string();
  };
  to.text(path + ".namespace_prefix", prefix(before), prefix(after), Step::kMinor);
  if (prefix(before) != prefix(after)) {
    Value was = before.settings;
    Value is = after.settings;
    was.erase("namespace_prefix");
    is.erase("namespace_prefix");
    return to.data(path, was, is, "", Step::kPatch);
  }
  to.data(path, before.settings, after.settings, "", Step::kPatch);
}

void compare_governance(Comparison& to, const Platform& before, const Platform& after) {
  const std::string base = "governance.";
  const std::string gates = base + "quality_gates.";
  to.data(gates + "notify", Value::list(before.quality_gates.notify),
          Value::list(after.quality_gates.notify), "", Step::kPatch);
  const auto classified = [](const QualityGates& quality) {
    Value map = Value::map();
    for (const auto& [name, gate] : quality.by_classification) map.set(name, gate);
    return map;
  };
  to.data(gates + "by_classification", classified(before.quality_gates),
          classified(after.quality_gates), gates + "by_classification", Step::kMinor);
  const auto section = [&](const std::string& path, const Value& was, const Value& is) {
    to.data(path, was, is, path, Step::kMinor);
  };
  section(base + "classification", before.classification, after.classification);
  section(base + "access_control", before.access_control, after.access_control);
  section(base + "retention", before.retention, after.retention);
  section(base + "cost", before.cost, after.cost);
  section("data_architecture.data_vault", before.data_vault, after.data_vault);
  section(base + "custom_rules", before.custom_rules, after.custom_rules);
  const auto waivers = [](const Platform& platform) {
    Names texts;
    for (const Value& waiver : platform.waivers.as_list()) {
      texts.push_back(value::canonical_json(waiver));
    }
    return texts;
  };
  // An exception more is a demand less.
  to.names(base + "waivers", waivers(before), waivers(after), {Direction::kLoosened, Step::kMinor},
           {Direction::kTightened, Step::kMinor});
  section("catalog.namespaces", before.namespaces, after.namespaces);
  section("catalog.schema_registry", before.schema_registry, after.schema_registry);
}

Names levels_of(const Platform& platform) {
  Names names;
  const Value* levels = platform.classification.find("levels");
  if (levels == nullptr || !levels->is_list()) return names;
  for (const Value& level : levels->as_list()) {
    if (level.is_string()) names.push_back(level.as_string());
  }
  return names;
}

/// Sections that are read from the document alone.
void compare_document(Comparison& to, const Platform& before, const Platform& after) {
  // Artifacts of the first schema version have none: nothing is known of these sections then.
  if (before.document.empty() || after.document.empty()) return;
  static constexpr std::pair<std::string_view, Step> kSections[] = {
      {"domains", Step::kMinor},
      {"governance.security", Step::kMinor},
      {"governance.waivable", Step::kMinor},
      {"services", Step::kPatch}};
  for (const auto& [path, step] : kSections) {
    to.data(std::string(path), before.document.find_path(path), after.document.find_path(path),
            path, step);
  }
}

/// Whether two documents differ in whatever way.
bool same_document(const Platform& before, const Platform& after) {
  return value::canonical_json(before.document) == value::canonical_json(after.document);
}

/// Where values are set, as one change: a line more in a manifest moves all that follow.
void compare_provenance(Comparison& to, const Platform& before, const Platform& after) {
  // The tier's own version is told once, as metadata.version.
  const auto place = [](const Platform& platform, const Provenance& provenance) {
    const bool own = provenance.tier == platform.name + " v" + platform.version;
    return std::make_tuple(own, own ? "" : provenance.tier, provenance.location);
  };
  std::size_t moved = 0;
  for (const auto& [path, was] : before.provenance) {
    const auto is = after.provenance.find(path);
    if (is == after.provenance.end()) ++moved;
    else if (place(before, was) != place(after, is->second) || was.above != is->second.above)
      ++moved;
  }
  for (const auto& [path, is] : after.provenance) moved += before.provenance.contains(path) ? 0 : 1;
  if (moved == 0) return;
  to.add(
      "provenance", counted(before.provenance.size(), "place"),
      fmt::format("{}, {} of them not as before", counted(after.provenance.size(), "place"), moved),
      Direction::kChanged, Step::kPatch);
}

}  // namespace

std::vector<Change> compare_platforms(const Platform& before, const Platform& after) {
  Comparison to;
  to.levels(levels_of(after));
  compare_identity(to, before, after);
  compare_plugins(to, before, after);
  compare_approved_plugins(to, before, after);
  compare_named(to, "data_architecture.layers", before.layers, after.layers, Step::kMinor,
                [&](const std::string& path, const Layer& was, const Layer& is) {
                  compare_layer(to, path, was, is);
                });
  visit_rules(to, before, after);
  compare_governance(to, before, after);
  compare_named(to, "environments", before.environments, after.environments, Step::kPatch,
                [&](const std::string& path, const Environment& was, const Environment& is) {
                  compare_environment(to, path, was, is);
                });
  to.data("artifacts", before.artifacts, after.artifacts, "artifacts", Step::kPatch);
  compare_document(to, before, after);
  compare_provenance(to, before, after);
  std::vector<Change> changes = to.take();
  if (changes.empty() && !same_document(before, after)) {
    changes.push_back(
        {"manifest", "", "written in another way", Direction::kChanged, Step::kPatch});
  }
  return changes;
}

}  // namespace floe::core
