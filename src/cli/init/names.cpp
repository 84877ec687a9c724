// SPDX-License-Identifier: Apache-2.0
#include "cli/init/names.h"

#include "base/text.h"
#include "policy/facts.h"

#include <algorithm>
#include <functional>

namespace floe::cli {

namespace {

bool name_is_allowed(const core::Naming& naming, const std::string& pattern,
                     const std::string& name) {
  const bool reserved =
      std::any_of(naming.reserved.begin(), naming.reserved.end(),
                  [&](const std::string& word) { return to_lower(word) == to_lower(name); });
  const bool too_long =
      naming.max_length && static_cast<std::int64_t>(utf8_length(name)) > *naming.max_length;
  return !reserved && !too_long && (pattern.empty() || policy::pattern_matches(pattern, name));
}

std::string in_style(const core::Naming& naming, const std::string& name) {
  return naming.case_style.empty() ? name : policy::to_case(name, naming.case_style);
}

/// The first candidate that is allowed; the first of all if none is (floe compile says why then).
std::string first_allowed(const std::vector<std::string>& candidates,
                          const std::function<bool(const std::string&)>& allowed) {
  const auto found = std::find_if(candidates.begin(), candidates.end(), allowed);
  return found == candidates.end() ? candidates.front() : *found;
}

std::string column_name(const core::Platform& platform, const std::string& base) {
  std::vector<std::string> candidates;
  for (const std::string& name : {base, "example_" + base, base + "_value"}) {
    candidates.push_back(in_style(platform.naming, name));
  }
  return first_allowed(candidates, [&](const std::string& name) {
    return name_is_allowed(platform.naming, platform.naming.patterns.columns, name);
  });
}

}  // namespace

ExampleColumns example_columns(const core::Platform& platform) {
  const auto name = [&](const char* base) { return column_name(platform, base); };
  return {name("order_id"),   name("customer_id"), name("status"),       name("amount"),
          name("ordered_on"), name("order_count"), name("total_amount"), name("first_order_on")};
}

std::string example_model_name(const core::Platform& platform, const std::string& prefix,
                               const std::vector<std::string>& nouns) {
  std::vector<std::string> candidates;
  for (const std::string& noun : nouns) {
    candidates.push_back(prefix + in_style(platform.naming, noun));
    candidates.push_back(prefix + in_style(platform.naming, "example_" + noun));
  }
  return first_allowed(candidates, [&](const std::string& name) {
    return name_is_allowed(platform.naming, platform.naming.patterns.models, name);
  });
}

std::string example_seed_name(const core::Platform& platform) {
  std::vector<std::string> candidates;
  for (const char* name :
       {"raw_orders", "example_orders", "seed_orders", "orders", "sample_orders"}) {
    candidates.push_back(in_style(platform.naming, name));
  }
  return first_allowed(candidates, [&](const std::string& name) {
    return platform.layer_of(name) == nullptr &&
           name_is_allowed(platform.naming, platform.naming.patterns.seeds, name);
  });
}

}  // namespace floe::cli
