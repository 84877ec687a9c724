// SPDX-License-Identifier: Apache-2.0
#include "policy/waivers.h"

#include "base/text.h"
#include "policy/active.h"
#include "policy/rule.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>

namespace floe::policy {

namespace {

using value::Value;

constexpr std::string_view kWaiversPath = "governance.waivers";

std::string waiver_text(const Value& waiver, std::string_view key) {
  const Value* found = waiver.find(key);
  return found != nullptr && found->is_string() ? found->as_string() : "";
}

/// YYYY-MM-DD: as texts in the order of time.
bool is_over(const Value& waiver, std::string_view today) {
  return waiver_text(waiver, "expires") < today;
}

/// The custom rule of a code, or nullptr.
const Value* custom_rule(const core::Platform& platform, std::string_view code) {
  const auto& rules = platform.custom_rules.as_list();
  const auto found = std::find_if(rules.begin(), rules.end(), [&](const Value& rule) {
    return waiver_text(rule, "code") == code;
  });
  return found == rules.end() ? nullptr : &*found;
}

const Rule* rule_of_code(std::string_view code) {
  const Rule* rule = find_rule(code);
  return rule != nullptr && rule->code == code ? rule : nullptr;
}

std::vector<std::string> waivable_codes(const core::Platform& platform) {
  std::vector<std::string> codes;
  for (const Rule* rule : all_rules()) codes.emplace_back(rule->code);
  for (const Value& rule : platform.custom_rules.as_list()) {
    codes.push_back(waiver_text(rule, "code"));
  }
  return codes;
}

bool is_strict_in(const core::Platform& parent, std::string_view code) {
  if (const Value* rule = custom_rule(parent, code)) {
    return waiver_text(*rule, "severity") != "warning";
  }
  const Rule* rule = rule_of_code(code);
  return rule != nullptr && is_active(parent, *rule) &&
         severity_of(parent, rule->governs) == diag::Severity::kError;
}

bool lets_waive(const core::Platform& parent, std::string_view code) {
  const Value* patterns = parent.document.find_path("governance.waivable");
  if (patterns == nullptr || !patterns->is_list()) return false;
  return std::any_of(patterns->as_list().begin(), patterns->as_list().end(),
                     [&](const Value& pattern) {
                       return pattern.is_string() && glob_match(pattern.as_string(), code);
                     });
}

void check_waiver(const Value& waiver, const core::Platform& platform, const core::Platform* parent,
                  std::string_view today, diag::Sink& sink) {
  const std::string code = waiver_text(waiver, "rule");
  const Value* named = waiver.find("rule");
  const diag::Span span = named == nullptr ? waiver.span : named->span;
  if (rule_of_code(code) == nullptr && custom_rule(platform, code) == nullptr) {
    const Rule* named_by_slug = find_rule(code);
    const std::string near = named_by_slug != nullptr ? std::string(named_by_slug->code)
                                                      : nearest(code, waivable_codes(platform));
    sink.error("P006", fmt::format("there is no rule '{}' to waive", code), span,
               near.empty() ? "`floe rules` lists them" : fmt::format("did you mean '{}'?", near));
    return;
  }
  if (parent != nullptr && is_strict_in(*parent, code) && !lets_waive(*parent, code)) {
    sink.add({.code = "P007",
              .message = fmt::format("{} cannot be waived here: {} enforces it strictly", code,
                                     parent->tier()),
              .span = span,
              .platform = parent->set_at("governance.waivable"),
              .help = "only the parent can waive it, or list it under governance.waivable",
              .owner = parent->owner});
    return;
  }
  if (!is_over(waiver, today)) return;
  const Value* expires = waiver.find("expires");
  sink.warning("P008",
               fmt::format("the waiver of {} expired on {}", code, waiver_text(waiver, "expires")),
               expires == nullptr ? span : expires->span, "remove it, or agree on another day");
}

/// A pattern that no rule's code fits lets nobody waive anything.
void check_waivable(const Value* patterns, const core::Platform& platform, diag::Sink& sink) {
  if (patterns == nullptr || !patterns->is_list()) return;
  const std::vector<std::string> codes = waivable_codes(platform);
  for (const Value& pattern : patterns->as_list()) {
    if (!pattern.is_string()) continue;
    const bool fits = std::any_of(codes.begin(), codes.end(), [&](const std::string& code) {
      return glob_match(pattern.as_string(), code);
    });
    // Own rules of the domains below are not known here.
    if (fits || pattern.as_string().starts_with("X")) continue;
    const Rule* named_by_slug = find_rule(pattern.as_string());
    const std::string near = named_by_slug != nullptr ? std::string(named_by_slug->code)
                                                      : nearest(pattern.as_string(), codes);
    sink.error("P006", fmt::format("no rule has the code '{}'", pattern.as_string()), pattern.span,
               near.empty() ? "`floe rules` lists them" : fmt::format("did you mean '{}'?", near));
  }
}

/// The name in a unique_id: "bronze_orders" of "model.sales.bronze_orders".
std::string_view name_in_id(std::string_view unique_id) {
  const std::vector<std::string_view> parts = split(unique_id, '.');
  return parts.size() < 3 ? unique_id : parts[2];
}

bool covers(const Value& waiver, std::string_view product, const diag::Diagnostic& finding) {
  if (waiver_text(waiver, "rule") != finding.code) return false;
  const std::string of_product = waiver_text(waiver, "product");
  if (!of_product.empty() && !glob_match(of_product, product)) return false;
  const std::string nodes = waiver_text(waiver, "nodes");
  return nodes.empty() || (!finding.node.empty() && (glob_match(nodes, name_in_id(finding.node)) ||
                                                     glob_match(nodes, finding.node)));
}

void waive(const Value& waiver, diag::Diagnostic& finding) {
  finding.waiver = {waiver_text(waiver, "expires"), waiver_text(waiver, "owner"),
                    waiver_text(waiver, "reason"), finding.severity};
  finding.severity = diag::Severity::kNote;
}

diag::Diagnostic expired_finding(const Value& waiver, const core::Platform& platform) {
  diag::Diagnostic finding;
  finding.code = "P008";
  finding.severity = diag::Severity::kWarning;
  finding.message = fmt::format("the waiver of {} expired on {}: it waives nothing any more",
                                waiver_text(waiver, "rule"), waiver_text(waiver, "expires"));
  finding.platform = platform.set_at(kWaiversPath);
  finding.notes.push_back(fmt::format("it was granted because: {} ({})",
                                      waiver_text(waiver, "reason"), waiver_text(waiver, "owner")));
  finding.help = "comply with the rule, or ask the platform team for another waiver";
  finding.owner = platform.owner;
  return finding;
}

}  // namespace

std::string utc_today() {
  return fmt::format(
      "{:%Y-%m-%d}",
      fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
}

void check_waivers(const config::Manifest& manifest, const core::Platform& platform,
                   const core::Platform* parent, std::string_view today, diag::Sink& sink) {
  const auto check_all = [&](const Value* waivers) {
    if (waivers == nullptr || !waivers->is_list()) return;
    for (const Value& waiver : waivers->as_list()) {
      check_waiver(waiver, platform, parent, today, sink);
    }
  };
  check_all(manifest.document.find_path(kWaiversPath));
  check_waivable(manifest.document.find_path("governance.waivable"), platform, sink);
  // An enterprise platform may waive for one domain alone.
  const Value* domains = manifest.document.find("domains");
  if (domains == nullptr || !domains->is_list()) return;
  for (const Value& domain : domains->as_list()) {
    check_all(domain.find_path("extra_policies.waivers"));
  }
}

void apply_waivers(const core::Platform& platform, std::string_view product, std::string_view today,
                   std::vector<diag::Diagnostic>& findings) {
  const auto& waivers = platform.waivers.as_list();
  if (waivers.empty()) return;
  std::set<std::size_t> expired;
  for (diag::Diagnostic& finding : findings) {
    for (std::size_t i = 0; i < waivers.size(); ++i) {
      if (finding.severity == diag::Severity::kNote) break;
      if (!covers(waivers[i], product, finding)) continue;
      if (is_over(waivers[i], today)) expired.insert(i);
      else waive(waivers[i], finding);
    }
  }
  for (const std::size_t i : expired) findings.push_back(expired_finding(waivers[i], platform));
}

}  // namespace floe::policy
