// SPDX-License-Identifier: Apache-2.0
// The shapes of what stands inside configs, and of what properties files give in the same form.
#pragma once

#include "dbt/project/shape.h"

namespace floe::dbt {

inline constexpr ShapeField kDocsFields[] = {{"show", kBoolean}, {"node_color", kOptionalText}};
inline constexpr Shape kDocsShape = object_of(kDocsFields);

inline constexpr ShapeField kContractFields[] = {{"enforced", kBoolean}, {"alias_types", kBoolean}};
inline constexpr Shape kContractShape = object_of(kContractFields);

inline constexpr ShapeField kHookFields[] = {
    {"sql", kText, kRequired}, {"transaction", kBoolean}, {"index", kOptionalInteger}};
inline constexpr Shape kHookShape = object_of(kHookFields);
inline constexpr Shape kHooksShape = list_of(kHookShape);

inline constexpr std::string_view kPeriods[] = {"minute", "hour", "day"};
inline constexpr Shape kPeriodShape = optional(choice_of(kPeriods));
inline constexpr ShapeField kTimeFields[] = {{"count", kOptionalInteger}, {"period", kPeriodShape}};
inline constexpr Shape kTimeShape = optional(object_of(kTimeFields));
inline constexpr ShapeField kSourceFreshnessFields[] = {
    {"warn_after", kTimeShape}, {"error_after", kTimeShape}, {"filter", kOptionalText}};
inline constexpr Shape kSourceFreshnessShape = optional(object_of(kSourceFreshnessFields));

inline constexpr std::string_view kUpdatesOn[] = {"all", "any"};
inline constexpr Shape kUpdatesOnShape = choice_of(kUpdatesOn);
inline constexpr ShapeField kBuildAfterFields[] = {
    {"count", kOptionalInteger}, {"period", kPeriodShape}, {"updates_on", kUpdatesOnShape}};
inline constexpr Shape kBuildAfterShape = open_object_of(kBuildAfterFields);
inline constexpr ShapeField kModelFreshnessFields[] = {
    {"build_after", kBuildAfterShape, kRequired}};
inline constexpr Shape kModelFreshnessShape = optional(open_object_of(kModelFreshnessFields));

inline constexpr ShapeField kPointerFields[] = {{"enabled", kOptionalBoolean},
                                                {"alias", kOptionalText}};
inline constexpr Shape kPointerShape = object_of(kPointerFields);

inline constexpr ShapeField kSnapshotColumnFields[] = {{"dbt_valid_to", kOptionalText},
                                                       {"dbt_valid_from", kOptionalText},
                                                       {"dbt_scd_id", kOptionalText},
                                                       {"dbt_updated_at", kOptionalText},
                                                       {"dbt_is_deleted", kOptionalText}};
inline constexpr Shape kSnapshotColumnsShape = object_of(kSnapshotColumnFields);

inline constexpr ShapeField kCacheFields[] = {{"enabled", kBoolean}};
inline constexpr Shape kCacheShape = object_of(kCacheFields);

inline constexpr std::string_view kAccessTypes[] = {"private", "protected", "public"};
inline constexpr Shape kAccessShape = choice_of(kAccessTypes);
inline constexpr std::string_view kConfigurationChanges[] = {"apply", "continue", "fail"};
inline constexpr Shape kConfigurationChangeShape = choice_of(kConfigurationChanges);
inline constexpr std::string_view kOnErrors[] = {"skip_children", "continue"};
inline constexpr Shape kOnErrorShape = optional(choice_of(kOnErrors));
inline constexpr std::string_view kExportTypes[] = {"table", "view"};
inline constexpr Shape kExportTypeShape = optional(any_case(choice_of(kExportTypes)));
inline constexpr std::string_view kFunctionTypes[] = {"scalar", "aggregate", "table"};
inline constexpr Shape kFunctionTypeShape = choice_of(kFunctionTypes);
inline constexpr ShapeField kSnowflakeFields[] = {{"quote_args", kBoolean}};
inline constexpr Shape kSnowflakeShape = object_of(kSnowflakeFields);
inline constexpr std::string_view kVolatilities[] = {"deterministic", "stable",
                                                     "non-deterministic"};
inline constexpr Shape kVolatilityShape = optional(choice_of(kVolatilities));

/// "warn" or "error", in any case.
bool is_severity(std::string_view text);
inline constexpr Shape kSeverityShape = text_like(is_severity, "'warn' or 'error'");

/// A color for the docs site: an HTML name, or # with 3 or 6 hexadecimal digits.
bool is_docs_color(std::string_view text);

}  // namespace floe::dbt
