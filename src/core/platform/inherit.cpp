// SPDX-License-Identifier: Apache-2.0
#include "core/platform/inherit.h"

#include "base/text.h"
#include "core/platform/access.h"
#include "core/platform/document.h"
#include "core/platform/effective.h"
#include "value/json.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::core {

namespace {

using value::Value;

const Value& list_at(const Value& document, std::string_view dotted) {
  static const Value kNone = Value::list();
  const Value* found = document.find_path(dotted);
  return found != nullptr && found->is_list() ? *found : kNone;
}

std::string text_of(const Value* value) {
  return value != nullptr && value->is_string() ? value->as_string() : "";
}

/// What a tier had set at a path, and those above it.
std::vector<Setting> settings_above(const TierDocument& upper, const std::string& path) {
  const auto found = upper.provenance.find(path);
  if (found == upper.provenance.end()) return {};
  const Provenance& set = found->second;
  std::vector<Setting> above = set.above;
  const Value* value = upper.document.find_path(path);
  above.push_back({set.tier, set.location, value == nullptr || value->is_map() ? Value() : *value});
  return above;
}

/// Setting the one gate sets the other (document.cpp).
void link_gates(const Value& lower, std::map<std::string, Provenance>& provenance) {
  const std::string base = "governance.quality_gates.";
  const Value* block = lower.find_path(base + "block_on_failure");
  const Value* action = lower.find_path(base + "on_failure");
  if (block != nullptr && action == nullptr && block->is_bool() && block->as_bool()) {
    const Provenance set = provenance[base + "block_on_failure"];
    Provenance& other = provenance[base + "on_failure"];
    other.tier = set.tier;
    other.location = set.location;
  }
}

/// Whether what a tier sets at a path is what holds there: it is not where it was refused, nor
/// where the higher tier asks for that and more.
bool is_effective(const std::string& path, const TierDocument& upper, const LowerTier& lower,
                  const Value& merged, const std::vector<Loosening>& refused) {
  const Value* above = upper.document.find_path(path);
  const Value* own = lower.document.find_path(path);
  const Value* now = merged.find_path(path);
  if (own == nullptr || now == nullptr) {  // an item of a list, which has a name
    return std::none_of(refused.begin(), refused.end(), [&](const Loosening& refusal) {
      return refusal.path == path || refusal.path.starts_with(path + ".");
    });
  }
  if (above == nullptr) return true;
  const std::string holds = value::canonical_json(*now);
  return holds == value::canonical_json(*own) || holds != value::canonical_json(*above);
}

std::string set_where(const TierDocument& upper, std::string_view path, const Platform& platform) {
  const Provenance* set = find_provenance(upper, path);
  if (set == nullptr) return platform.tier() + " default";
  return set->location.empty() ? set->tier + " default" : set->tier + ", set at " + set->location;
}

std::string tier_that_set(const TierDocument& upper, std::string_view path,
                          const Platform& platform) {
  const Provenance* set = find_provenance(upper, path);
  return set == nullptr ? platform.tier() : set->tier;
}

void report_refusal(const Loosening& refusal, const TierDocument& upper, const Platform& platform,
                    diag::Sink& sink) {
  diag::Diagnostic finding;
  finding.span = refusal.span;
  finding.platform =
      refusal.is_default ? platform.tier() + " default" : set_where(upper, refusal.path, platform);
  finding.owner = platform.owner;
  switch (refusal.why) {
    case Refused::kLoosened:
      finding.code = "P002";
      finding.message = fmt::format(
          "'{}' loosens a rule: tried {}, parent {} requires {}", refusal.path, refusal.tried,
          refusal.is_default ? platform.tier() : tier_that_set(upper, refusal.path, platform),
          refusal.required);
      finding.help = "a lower tier may only be stricter than what it inherits";
      break;
    case Refused::kPluginNotApproved:
      finding.code = "P001";
      finding.message =
          fmt::format("the plugin '{}' ({}) is not approved", refusal.tried, refusal.path);
      finding.expected = refusal.required;
      finding.help = "the parent lists under approved_plugins what a lower tier may choose";
      break;
    case Refused::kForeignNamespace:
      finding.code = "P004";
      finding.message = fmt::format("the namespace '{}' lies outside of the domain's '{}'",
                                    refusal.tried, refusal.required);
      finding.help = fmt::format("begin it with '{}.'", refusal.required);
      break;
  }
  sink.add(std::move(finding));
}

/// The entry of a domain in the enterprise platform's list, or nullptr.
const Value* registered_domain(const Value& document, const std::string& name) {
  for (const Value& domain : list_at(document, "domains").as_list()) {
    if (text_of(domain.find("name")) == name) return &domain;
  }
  return nullptr;
}

/// Where the enterprise platform lists its domains, it lists all of them.
void check_registration(const config::Manifest& manifest, const Platform& parent,
                        diag::Sink& sink) {
  const Value& domains = list_at(parent.document, "domains");
  if (domains.empty()) return;
  const Value* own = registered_domain(parent.document, manifest.domain_name);
  const auto span_of = [&](std::string_view path) {
    const Value* found = manifest.document.find_path(path);
    return found == nullptr ? diag::Span() : found->span;
  };
  if (own == nullptr) {
    std::vector<std::string> names;
    for (const Value& domain : domains.as_list()) names.push_back(text_of(domain.find("name")));
    sink.add({.code = "P005",
              .message = fmt::format("{} has no domain '{}'", parent.tier(), manifest.domain_name),
              .span = span_of("domain.name"),
              .expected = list_or(names),
              .platform = parent.set_at("domains"),
              .help = "the enterprise platform registers its domains",
              .owner = parent.owner});
    return;
  }
  const std::string space = text_of(own->find("namespace"));
  if (space.empty() || lies_in_namespace(manifest.domain_namespace, space)) return;
  sink.add({.code = "P005",
            .message = fmt::format("the domain '{}' has the namespace '{}', not '{}'",
                                   manifest.domain_name, space, manifest.domain_namespace),
            .span = span_of("domain.namespace"),
            .platform = parent.set_at("domains"),
            .owner = parent.owner});
}

/// `extra_policies` of a domain as a tier of its own.
LowerTier extra_policies(const TierDocument& upper, const Platform& platform, const Value& domain) {
  LowerTier tier;
  tier.name = fmt::format("{} (domain {})", platform.tier(), text_of(domain.find("name")));
  tier.document = Value::map();
  if (const Value* extra = domain.find("extra_policies")) tier.document.set("governance", *extra);
  const Provenance* listed = find_provenance(upper, "domains");
  for (const std::string& path : document_paths(tier.document)) {
    tier.locations[path] = listed == nullptr ? "" : listed->location;
  }
  return tier;
}

/// The manifest's own settings; its tests are no part of the platform.
LowerTier domain_tier(const config::Manifest& manifest, const diag::SourceMap& sources) {
  LowerTier tier{manifest.tier(), manifest.document, set_locations(manifest.document, sources)};
  std::erase_if(tier.locations, [](const auto& entry) {
    return entry.first == "tests" || entry.first.starts_with("tests.");
  });
  return tier;
}

/// Whether a grant of the parent allows all that one in a namespace does.
bool covers_namespace(const AccessGrant& given, const AccessGrant& asked, std::string_view layer) {
  const bool is_in = (given.name_space.empty() || glob_match(given.name_space, asked.name_space)) &&
                     (given.layer.empty() || given.layer == layer);
  // A namespace's grant is for all classifications.
  return is_in && given.level.empty() && (given.writes || !asked.writes);
}

/// The grants of a domain's own namespaces are grants like others: they lie within the parent's.
void check_namespace_grants(const config::Manifest& manifest, const Platform& parent,
                            const TierDocument& upper, diag::Sink& sink) {
  const AccessModel above(parent);
  if (!above.denies_by_default()) return;
  for (const Value& space : list_at(manifest.document, "catalog.namespaces").as_list()) {
    for (const Value& entry : list_at(space, "grants").as_list()) {
      AccessGrant asked;
      asked.role = text_of(entry.find("role"));
      asked.writes = text_of(entry.find("access")) == "READ_WRITE";
      asked.name_space = text_of(space.find("name"));
      const auto ways = above.inherited(asked.role);
      const bool is_covered = std::any_of(ways.begin(), ways.end(), [&](const auto& way) {
        return std::any_of(above.grants().begin(), above.grants().end(), [&](const auto& given) {
          return given.role == way.back() &&
                 covers_namespace(given, asked, text_of(space.find("layer")));
        });
      });
      if (is_covered) continue;
      report_refusal({Refused::kLoosened, "governance.access_control.grants",
                      fmt::format("{} for {}", asked.words(), asked.role), "a grant that allows it",
                      entry.span},
                     upper, parent, sink);
    }
  }
}

}  // namespace

const Provenance* find_provenance(const TierDocument& tier, std::string_view dotted_path) {
  std::string path(dotted_path);
  while (true) {
    const auto found = tier.provenance.find(path);
    if (found != tier.provenance.end()) return &found->second;
    const std::size_t dot = path.rfind('.');
    if (dot == std::string::npos) return nullptr;
    path.resize(dot);
  }
}

MergeRules merge_rules_for(const Value& document, const Value& lower, std::string own_namespace) {
  MergeRules rules{config::manifest_schema(), {}, std::move(own_namespace)};
  const std::string path = "governance.classification.levels";
  const Value& above = list_at(document, path);
  for (const Value& level : (above.empty() ? list_at(lower, path) : above).as_list()) {
    rules.levels.push_back(text_of(&level));
  }
  return rules;
}

TierDocument put_tier(const TierDocument& upper, const LowerTier& lower, const MergeRules& rules,
                      std::vector<Loosening>& refused) {
  TierDocument out;
  out.document = merge_tiers(upper.document, lower.document, rules, refused);
  const std::set<std::string> paths = document_paths(out.document);
  for (const auto& [path, set] : upper.provenance) {
    if (is_own_field(rules.schema, path) || !paths.contains(path)) continue;
    out.provenance[path] = set;
  }
  for (const auto& [path, location] : lower.locations) {
    if (!paths.contains(path)) continue;
    if (!is_own_field(rules.schema, path) &&
        !is_effective(path, upper, lower, out.document, refused)) {
      continue;
    }
    std::vector<Setting> above;
    if (!is_own_field(rules.schema, path)) above = settings_above(upper, path);
    out.provenance[path] = {lower.name, location, std::move(above)};
  }
  link_gates(lower.document, out.provenance);
  return out;
}

Platform inherit_platform(const config::Manifest& manifest, const Platform& parent,
                          const diag::SourceMap& sources, diag::Sink& sink) {
  check_registration(manifest, parent, sink);
  TierDocument upper{ordered_document(parent), parent.provenance};
  std::vector<Loosening> refused;
  if (const Value* domain = registered_domain(parent.document, manifest.domain_name)) {
    const LowerTier extra = extra_policies(upper, parent, *domain);
    // What is wrong with it is told where the parent is compiled.
    upper = put_tier(upper, extra, merge_rules_for(upper.document, extra.document, ""), refused);
    refused.clear();
  }
  const LowerTier lower = domain_tier(manifest, sources);
  const MergeRules rules =
      merge_rules_for(upper.document, lower.document, manifest.domain_namespace);
  TierDocument merged = put_tier(upper, lower, rules, refused);
  for (const Loosening& refusal : refused) report_refusal(refusal, upper, parent, sink);
  check_namespace_grants(manifest, parent, upper, sink);

  config::Manifest effective = manifest;
  effective.document = merged.document;
  config::check_references(effective, sink);
  Platform platform = make_platform(effective, sources);
  // What a pattern brings is in neither document.
  for (auto& [path, set] : platform.provenance) merged.provenance.try_emplace(path, set);
  platform.provenance = std::move(merged.provenance);
  platform.domain = Value::map();
  if (const Value* domain = manifest.document.find("domain")) platform.domain = *domain;
  platform.parents = {{parent.name, parent.version, parent.reference, parent.digest}};
  return platform;
}

void check_domains(const Platform& platform, diag::Sink& sink) {
  const TierDocument own{platform.document, platform.provenance};
  for (const Value& domain : list_at(platform.document, "domains").as_list()) {
    const LowerTier extra = extra_policies(own, platform, domain);
    std::vector<Loosening> refused;
    put_tier(own, extra, merge_rules_for(own.document, extra.document, ""), refused);
    for (const Loosening& refusal : refused) report_refusal(refusal, own, platform, sink);
  }
}

}  // namespace floe::core
