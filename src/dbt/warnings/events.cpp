// SPDX-License-Identifier: Apache-2.0
#include "dbt/warnings/events.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace floe::dbt {

namespace {

struct EventRow {
  std::string_view name;
  std::string_view code;
};

constexpr EventRow kEvents[] = {
#define FLOE_EVENT(name, code) {#name, code},
#include "dbt/warnings/events.def"
#undef FLOE_EVENT
};

constexpr std::string_view kV2Names[] = {
#define FLOE_V2_NAME(name) #name,
#include "dbt/warnings/v2_names.def"
#undef FLOE_V2_NAME
};

/// Deprecations that dbt tells each time, outside of its register.
constexpr std::array<std::string_view, 8> kUncounted = {"AdapterDeprecationWarning",
                                                        "BehaviorChangeEvent",
                                                        "CollectFreshnessReturnSignature",
                                                        "DeprecationsSummary",
                                                        "GetMetaKeyWarning",
                                                        "InternalDeprecation",
                                                        "SpacesInResourceNameDeprecation",
                                                        "TestsConfigDeprecation"};

constexpr std::array<std::string_view, 16> kMerelyLogged = {
    "AdapterEventWarning",
    "BehaviorChangeEvent",
    "FreshnessConfigProblem",
    "GetMetaKeyWarning",
    "InvalidDisabledTargetInTestNode",
    "LogFreshnessResult",
    "LogTestResult",
    "MFConverterIssue",
    "MicrobatchModelNoEventTimeInputs",
    "Note",
    "RunResultWarning",
    "RunResultWarningMessage",
    "SelectExcludeIgnoredWithSelectorWarning",
    "SemanticValidationFailure",
    "SpacesInResourceNameDeprecation",
    "WarnStateTargetEqual"};

/// The first code whose text always begins with the event's name.
constexpr std::string_view kFirstNamedCode = "D022";

const EventRow* find_event(std::string_view name) {
  const auto* const at = std::lower_bound(
      std::begin(kEvents), std::end(kEvents), name,
      [](const EventRow& row, std::string_view wanted) { return row.name < wanted; });
  return at != std::end(kEvents) && at->name == name ? at : nullptr;
}

}  // namespace

std::string_view event_code(std::string_view name) {
  const EventRow* row = find_event(name);
  return row == nullptr ? std::string_view() : row->code;
}

bool is_event_name(std::string_view name) { return find_event(name) != nullptr; }

bool is_v2_event_name(std::string_view name) {
  return std::binary_search(std::begin(kV2Names), std::end(kV2Names), name);
}

bool is_deprecation(std::string_view name) { return event_code(name).starts_with('D'); }

bool is_counted_deprecation(std::string_view name) {
  return is_deprecation(name) &&
         std::find(kUncounted.begin(), kUncounted.end(), name) == kUncounted.end();
}

bool is_always_named(std::string_view name) {
  return is_deprecation(name) && event_code(name) >= kFirstNamedCode && name != "GetMetaKeyWarning";
}

bool is_merely_logged(std::string_view name) {
  return std::find(kMerelyLogged.begin(), kMerelyLogged.end(), name) != kMerelyLogged.end();
}

}  // namespace floe::dbt
