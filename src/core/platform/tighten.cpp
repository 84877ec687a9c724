// SPDX-License-Identifier: Apache-2.0
#include "core/platform/tighten.h"

#include "base/text.h"
#include "core/config/manifest.h"
#include "core/platform/rules.h"
#include "core/platform/strictness.h"
#include "core/platform/tighten_data.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::core {

namespace {

using value::Member;
using value::Value;

std::string number_words(double number) { return fmt::format("{:g}", number); }

/// The names of a list; numbers become text, as in a manifest ("scd.types_allowed: [1, 2]").
std::vector<std::pair<std::string, const Value*>> asked_names(const Value& list) {
  std::vector<std::pair<std::string, const Value*>> names;
  for (const Value& item : list.as_list()) {
    if (item.is_string()) names.emplace_back(item.as_string(), &item);
    if (item.is_int()) names.emplace_back(std::to_string(item.as_int()), &item);
  }
  return names;
}

bool is_among(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Visits the fields a product may tighten (rules.h); paths are those of the manifest.
class Tightener {
 public:
  Tightener(Platform& platform, const config::DataProduct& product, const diag::SourceMap& sources,
            diag::Sink& sink)
      : platform_(platform), product_(product), sources_(sources), sink_(sink) {}

  void enforcement(const std::string& path, Enforcement& target) {
    const Value* asked = find(path);
    if (asked == nullptr || !asked->is_string()) return;
    const std::string& word = asked->as_string();
    const Enforcement wanted = word == "strict" ? Enforcement::kStrict
                               : word == "warn" ? Enforcement::kWarn
                                                : Enforcement::kOff;
    if (wanted < target) return loosened(path, *asked, word, enforcement_name(target));
    take(path, *asked, target, wanted);
  }

  void gate_action(const std::string& path, GateAction& target) {
    const Value* asked = find(path);
    if (asked == nullptr || !asked->is_string()) return;
    const std::string& word = asked->as_string();
    const GateAction wanted = word == "block"  ? GateAction::kBlock
                              : word == "warn" ? GateAction::kWarn
                                               : GateAction::kNotify;
    if (wanted < target) return loosened(path, *asked, word, gate_action_name(target));
    take(path, *asked, target, wanted);
  }

  void flag(const std::string& path, bool& target) {
    const Value* asked = find(path);
    if (asked == nullptr || !asked->is_bool()) return;
    if (!asked->as_bool() && target) return loosened(path, *asked, "false", "true");
    take(path, *asked, target, asked->as_bool());
  }

  /// A percentage that may only go up.
  void coverage(const std::string& path, double& target) {
    const Value* asked = find(path);
    if (asked == nullptr || !asked->is_number()) return;
    if (asked->as_double() < target) {
      return loosened(path, *asked, number_words(asked->as_double()),
                      "at least " + number_words(target));
    }
    take(path, *asked, target, asked->as_double());
  }

  /// A limit that may only go down.
  void limit(const std::string& path, std::optional<std::int64_t>& target) {
    const Value* asked = find(path);
    if (asked == nullptr || !asked->is_int()) return;
    if (target && asked->as_int() > *target) {
      return loosened(path, *asked, std::to_string(asked->as_int()),
                      fmt::format("at most {}", *target));
    }
    take(path, *asked, target, std::optional(asked->as_int()));
  }

  void coverage(const std::string& path, std::optional<double>& target) {
    double wanted = target.value_or(0);
    coverage(path, wanted);
    if (wanted > target.value_or(0)) target = wanted;
  }

  /// Names that are added to those of the platform.
  void extend(const std::string& path, std::vector<std::string>& target) {
    const Value* asked = find(path);
    if (asked == nullptr || !asked->is_list()) return;
    std::vector<std::string> wanted = target;
    for (const auto& [name, item] : asked_names(*asked)) {
      if (!is_among(wanted, name)) wanted.push_back(name);
    }
    take(path, *asked, target, wanted);
  }

  /// Names that may only be fewer; an empty target stands for all.
  void subset(const std::string& path, bool empty_is_all, std::vector<std::string>& target) {
    const Value* asked = find(path);
    if (asked == nullptr || !asked->is_list()) return;
    std::vector<std::string> wanted;
    for (const auto& [name, item] : asked_names(*asked)) {
      if (!is_among(target, name) && !(empty_is_all && target.empty())) {
        return loosened(path, *item, name, "only " + list_and(target));
      }
      wanted.push_back(name);
    }
    if (empty_is_all && wanted.empty() && !target.empty()) {
      return loosened(path, *asked, "any", "only " + list_and(target));
    }
    take(path, *asked, target, wanted);
  }

  /// A mode whose guarantees include those of the platform's.
  void compatibility(const std::string& path, std::string& target) {
    const Value* asked = find(path);
    if (asked == nullptr || !asked->is_string()) return;
    const value::Schema* schema = value::schema_at(config::manifest_schema(), path);
    const Value held(target.empty() ? "none" : target);
    const auto order = compare_strictness(*schema, {}, &held, asked);
    if (!order || *order < 0) return loosened(path, *asked, asked->as_string(), held.as_string());
    take(path, *asked, target, asked->as_string());
  }

  /// A text that may be set where the platform sets none.
  void fixed(const std::string& path, std::string& target) {
    const Value* asked = find(path);
    if (asked == nullptr || !asked->is_string()) return;
    if (!target.empty() && asked->as_string() != target) {
      return loosened(path, *asked, asked->as_string(), target);
    }
    take(path, *asked, target, asked->as_string());
  }

  /// What names begin with is the platform's: it says which layer a model is in.
  void prefixes(const std::string& path, const std::vector<std::string>& held) {
    const Value* asked = find(path);
    if (asked == nullptr) return;
    Value wanted = Value::list();
    if (asked->is_list()) wanted = *asked;
    else wanted.push(*asked);
    std::vector<std::string> names;
    for (const auto& [name, item] : asked_names(wanted)) names.push_back(name);
    if (names == held) return;
    loosened(path, *asked, join(names, ", "), held.empty() ? "none" : join(held, ", "));
  }

  void plugins();
  void layers();
  void custom_rules();

  /// Whether the product says something at a path.
  bool asks(const std::string& path) const { return find(path) != nullptr; }

 private:
  const Value* find(const std::string& path) const { return product_.tightenings.find_path(path); }

  template <class T>
  void take(const std::string& path, const Value& asked, T& target, const T& wanted) {
    if (wanted == target) return;
    target = wanted;
    tell(path, asked);
  }

  /// That the product sets what is at a path.
  void tell(const std::string& path, const Value& asked) {
    Provenance& told = platform_.provenance[path];
    told.tier = fmt::format("{} v{}", product_.name, product_.version);
    const auto position = sources_.locate(asked.span);
    told.location =
        position ? fmt::format("{}:{}:{}", position->path, position->line, position->column) : "";
  }

  void loosened(const std::string& path, const Value& asked, std::string_view tried,
                std::string_view required) {
    report_product_loosening(platform_, path, asked.span, tried, required, sink_);
  }

  Platform& platform_;
  const config::DataProduct& product_;
  const diag::SourceMap& sources_;
  diag::Sink& sink_;
};

void Tightener::plugins() {
  const Value* chosen = find("plugins");
  if (chosen == nullptr || !chosen->is_map()) return;
  for (const Member& member : chosen->as_map()) {
    const Value* type = member.value.find("type");
    if (type == nullptr || !type->is_string()) continue;
    PluginChoice& ours = platform_.plugins[member.key];
    if (type->as_string() == ours.type) continue;
    const std::vector<std::string>& approved = platform_.approved_plugins[member.key];
    if (std::find(approved.begin(), approved.end(), type->as_string()) != approved.end()) {
      take("plugins." + member.key + ".type", *type, ours.type, type->as_string());
      continue;
    }
    sink_.add({.code = "P001",
               .message =
                   fmt::format("the {} plugin '{}' is not approved", member.key, type->as_string()),
               .span = type->span,
               .expected = approved.empty() ? ours.type : list_or(approved),
               .platform = platform_.set_at(approved.empty() ? "plugins." + member.key + ".type"
                                                             : "approved_plugins." + member.key),
               .help = approved.empty() ? "remove it: the platform decides for everybody" : "",
               .owner = platform_.owner});
  }
}

void Tightener::layers() {
  const Value* section = find("data_architecture.layers");
  if (section == nullptr || !section->is_map()) return;
  for (const Member& member : section->as_map()) {
    const auto layer =
        std::find_if(platform_.layers.begin(), platform_.layers.end(),
                     [&](const Layer& candidate) { return candidate.name == member.key; });
    const std::string path = "data_architecture.layers." + member.key;
    if (layer == platform_.layers.end()) {
      Value name(member.key);
      name.span = member.key_span;
      std::vector<std::string> names;
      for (const Layer& known : platform_.layers) names.push_back(known.name);
      loosened(path, name, "a layer of its own", "only " + list_and(names));
      continue;
    }
    visit_layer_rules(*this, path, *layer);
    prefixes(path + ".prefix", layer->prefixes);
    fixed(path + ".schema", layer->schema);
    fixed(path + ".catalog_namespace", layer->catalog_namespace);
  }
}

/// A product's own rules come beside the platform's, which stay what they are.
void Tightener::custom_rules() {
  const Value* asked = find("governance.custom_rules");
  if (asked == nullptr || !asked->is_list()) return;
  const auto& known = platform_.custom_rules.as_list();
  for (const Value& rule : asked->as_list()) {
    const Value* code = rule.find("code");
    if (code == nullptr || !code->is_string()) continue;
    const std::string path = "governance.custom_rules." + code->as_string();
    const bool taken = std::any_of(known.begin(), known.end(), [&](const Value& other) {
      const Value* its = other.find("code");
      return its != nullptr && *its == *code;
    });
    if (taken) {
      sink_.add({.code = "P002",
                 .message = fmt::format("rule {} is the platform's", code->as_string()),
                 .span = code->span,
                 .platform = platform_.set_at(path),
                 .help = "a data product adds rules under codes of its own, such as X900",
                 .owner = platform_.owner});
      continue;
    }
    platform_.product_rules.push_back(code->as_string());
    tell(path, *code);
  }
  for (const Value& rule : asked->as_list()) {
    const Value* code = rule.find("code");
    if (code != nullptr && code->is_string() &&
        is_among(platform_.product_rules, code->as_string())) {
      platform_.custom_rules.push(rule);
    }
  }
}

/// As in a manifest: asking for something without saying how strictly means strictly.
void enforce_what_is_asked(Tightener& tightener, Platform& platform) {
  const auto asked = [&](const std::string& section) {
    return tightener.asks("governance." + section) &&
           !tightener.asks("governance." + section + ".enforcement");
  };
  if (platform.documentation.enforcement == Enforcement::kOff && asked("documentation")) {
    platform.documentation.enforcement = Enforcement::kStrict;
  }
  if (platform.ownership.enforcement == Enforcement::kOff && asked("ownership")) {
    platform.ownership.enforcement = Enforcement::kStrict;
  }
}

}  // namespace

void tighten_platform(Platform& platform, const config::DataProduct& product,
                      const diag::SourceMap& sources, diag::Sink& sink) {
  if (product.tightenings.empty()) return;
  Tightener tightener(platform, product, sources, sink);
  tightener.plugins();
  visit_rules(tightener, platform);
  tightener.layers();
  tightener.custom_rules();
  enforce_what_is_asked(tightener, platform);
  tighten_data(platform, product, sources, sink);
  check_product_references(platform, product, sink);
}

}  // namespace floe::core
