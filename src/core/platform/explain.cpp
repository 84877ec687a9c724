// SPDX-License-Identifier: Apache-2.0
#include "core/platform/explain.h"

namespace floe::core {

namespace {

using value::Member;
using value::Value;

std::vector<Setting> settings_of(const TierDocument& tier, const std::string& path,
                                 const Value& value) {
  const auto found = tier.provenance.find(path);
  if (found == tier.provenance.end()) return {};
  std::vector<Setting> chain = found->second.above;
  chain.push_back({found->second.tier, found->second.location, value});
  return chain;
}

void explain_below(const TierDocument& tier, const std::string& path, const Value& value,
                   std::vector<ExplainedValue>& out) {
  if (!value.is_map() || value.empty()) {
    out.push_back({path, value, settings_of(tier, path, value)});
    return;
  }
  for (const Member& member : value.as_map()) {
    explain_below(tier, path.empty() ? member.key : path + "." + member.key, member.value, out);
  }
}

}  // namespace

std::vector<ExplainedValue> explain_values(const TierDocument& tier, std::string_view dotted_path) {
  std::vector<ExplainedValue> out;
  const Value* found = dotted_path.empty() ? &tier.document : tier.document.find_path(dotted_path);
  if (found != nullptr) explain_below(tier, std::string(dotted_path), *found, out);
  return out;
}

}  // namespace floe::core
