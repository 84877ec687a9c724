// SPDX-License-Identifier: Apache-2.0
// The shapes of metrics, semantic models and saved queries, and of what models and columns say for
// the semantic layer.
#pragma once

#include "dbt/project/shape.h"

namespace floe::dbt::property_shapes {

// --- Enumerations --------------------------------------------------------------------------------

inline constexpr std::string_view kDimensionTypes[] = {"categorical", "time"};
inline constexpr Shape kDimensionType = any_case(choice_of(kDimensionTypes));
inline constexpr std::string_view kEntityTypes[] = {"foreign", "natural", "primary", "unique"};
inline constexpr Shape kEntityType = any_case(choice_of(kEntityTypes));
inline constexpr std::string_view kMetricTypes[] = {"simple", "ratio", "cumulative", "derived",
                                                    "conversion"};
inline constexpr Shape kMetricType = any_case(choice_of(kMetricTypes));
inline constexpr std::string_view kAggregations[] = {
    "sum",     "min",        "max",    "count_distinct", "sum_boolean",
    "average", "percentile", "median", "count"};
inline constexpr Shape kAggregation = any_case(choice_of(kAggregations));
inline constexpr std::string_view kPeriodAggregations[] = {"first", "last", "average"};
inline constexpr Shape kPeriodAggregation = any_case(choice_of(kPeriodAggregations));
inline constexpr std::string_view kCalculations[] = {"conversions", "conversion_rate"};
inline constexpr Shape kCalculation = any_case(choice_of(kCalculations));
inline constexpr std::string_view kGranularities[] = {
    "nanosecond", "microsecond", "millisecond", "second",  "minute", "hour",
    "day",        "week",        "month",       "quarter", "year"};
inline constexpr Shape kGranularity = any_case(choice_of(kGranularities));

// --- Columns -------------------------------------------------------------------------------------

inline constexpr ShapeField kValidityFields[] = {{"is_start", kBoolean}, {"is_end", kBoolean}};
inline constexpr Shape kOptionalValidity = optional(object_of(kValidityFields));

inline constexpr ShapeField kColumnDimensionFields[] = {
    {"type", kDimensionType, kRequired},
    {"name", kOptionalText},
    {"description", kOptionalText},
    {"label", kOptionalText},
    {"is_partition", kBoolean},
    {"config", kDict},
    {"validity_params", kOptionalValidity},
};
inline constexpr Shape kColumnDimensionObject = object_of(kColumnDimensionFields);
inline constexpr const Shape* kColumnDimensionParts[] = {&kColumnDimensionObject, &kDimensionType};
inline constexpr Shape kColumnDimension = optional(one_of(kColumnDimensionParts));

inline constexpr ShapeField kColumnEntityFields[] = {
    {"type", kEntityType, kRequired}, {"name", kOptionalText}, {"description", kOptionalText},
    {"label", kOptionalText},         {"config", kDict},
};
inline constexpr Shape kColumnEntityObject = object_of(kColumnEntityFields);
inline constexpr const Shape* kColumnEntityParts[] = {&kColumnEntityObject, &kEntityType};
inline constexpr Shape kColumnEntity = optional(one_of(kColumnEntityParts));

// --- Semantics of models, metrics ----------------------------------------------------------------

inline constexpr ShapeField kMetricInputFields[] = {
    {"name", kText, kRequired},       {"filter", kOptionalTextOrTexts},   {"alias", kOptionalText},
    {"offset_window", kOptionalText}, {"offset_to_grain", kOptionalText},
};
inline constexpr Shape kMetricInputObject = object_of(kMetricInputFields);
inline constexpr const Shape* kMetricInputParts[] = {&kMetricInputObject, &kText};
inline constexpr Shape kMetricInput = one_of(kMetricInputParts);
inline constexpr Shape kOptionalMetricInput = optional(kMetricInput);
inline constexpr Shape kOptionalMetricInputs = optional(list_of(kMetricInput));

inline constexpr ShapeField kConstantPropertyFields[] = {{"base_property", kText, kRequired},
                                                         {"conversion_property", kText, kRequired}};
inline constexpr Shape kConstantProperty = object_of(kConstantPropertyFields);
inline constexpr Shape kConstantProperties = optional(list_of(kConstantProperty));

inline constexpr ShapeField kMetricDimensionFields[] = {
    {"name", kText, kRequired}, {"window_agg", kText, kRequired}, {"group_by", kTexts}};
inline constexpr Shape kMetricDimension = optional(object_of(kMetricDimensionFields));

inline constexpr const Shape* kTextOrIntegerParts[] = {&kText, &kInteger};
inline constexpr Shape kOptionalTextOrInteger = optional(one_of(kTextOrIntegerParts));

inline constexpr ShapeField kMetricFields[] = {
    {"name", kText, kRequired},
    {"type", kText},
    {"label", kOptionalText},
    {"description", kText},
    {"filter", kOptionalTextOrTexts},
    {"time_granularity", kOptionalText},
    {"config", kDict},
    {"hidden", kBoolean},
    {"agg", kOptionalText},
    {"percentile", kOptionalNumber},
    {"percentile_type", kOptionalText},
    {"join_to_timespine", kOptionalBoolean},
    {"fill_nulls_with", kOptionalInteger},
    {"expr", kOptionalTextOrInteger},
    {"non_additive_dimension", kMetricDimension},
    {"agg_time_dimension", kOptionalText},
    {"window", kOptionalText},
    {"grain_to_date", kOptionalText},
    {"period_agg", kText},
    {"input_metric", kOptionalMetricInput},
    {"numerator", kOptionalMetricInput},
    {"denominator", kOptionalMetricInput},
    {"input_metrics", kOptionalMetricInputs},
    {"entity", kOptionalText},
    {"calculation", kOptionalText},
    {"base_metric", kOptionalMetricInput},
    {"conversion_metric", kOptionalMetricInput},
    {"constant_properties", kConstantProperties},
};
inline constexpr Shape kMetric = object_of(kMetricFields);
inline constexpr Shape kOptionalMetrics = optional(list_of(kMetric));

inline constexpr ShapeField kMetricMeasureFields[] = {
    {"name", kText, kRequired},
    {"filter", kOptionalTextOrTexts},
    {"alias", kOptionalText},
    {"join_to_timespine", kBoolean},
    {"fill_nulls_with", kOptionalInteger},
};
inline constexpr Shape kMetricMeasureObject = object_of(kMetricMeasureFields);
inline constexpr const Shape* kMetricMeasureParts[] = {&kMetricMeasureObject, &kText};
inline constexpr Shape kMetricMeasure = one_of(kMetricMeasureParts);
inline constexpr Shape kOptionalMetricMeasure = optional(kMetricMeasure);

inline constexpr ShapeField kConversionFields[] = {
    {"base_measure", kMetricMeasure, kRequired},
    {"conversion_measure", kMetricMeasure, kRequired},
    {"entity", kText, kRequired},
    {"calculation", kText},
    {"window", kOptionalText},
    {"constant_properties", kConstantProperties},
};
inline constexpr Shape kConversion = optional(object_of(kConversionFields));

inline constexpr ShapeField kCumulativeFields[] = {
    {"window", kOptionalText}, {"grain_to_date", kOptionalText}, {"period_agg", kText}};
inline constexpr Shape kCumulative = optional(object_of(kCumulativeFields));

inline constexpr const Shape* kTextOrBooleanParts[] = {&kText, &kBoolean};
inline constexpr Shape kOptionalTextOrBoolean = optional(one_of(kTextOrBooleanParts));

inline constexpr ShapeField kTypeParamsFields[] = {
    {"measure", kOptionalMetricMeasure},
    {"numerator", kOptionalMetricInput},
    {"denominator", kOptionalMetricInput},
    {"expr", kOptionalTextOrBoolean},
    {"window", kOptionalText},
    {"grain_to_date", kOptionalText},
    {"metrics", kOptionalMetricInputs},
    {"conversion_type_params", kConversion},
    {"cumulative_type_params", kCumulative},
};
inline constexpr Shape kTypeParams = object_of(kTypeParamsFields);

/// A metric with `type_params`, as metrics were written first.
inline constexpr ShapeField kOldMetricFields[] = {
    {"name", kText, kRequired},
    {"type", kText},
    {"label", kText},
    {"description", kText},
    {"filter", kOptionalTextOrTexts},
    {"time_granularity", kOptionalText},
    {"config", kDict},
    {"type_params", kTypeParams, kRequired},
    {"meta", kDict},
    {"tags", kTexts},
};
inline constexpr Shape kOldMetric = object_of(kOldMetricFields);

inline constexpr ShapeField kDerivedEntityFields[] = {
    {"type", kText, kRequired}, {"name", kOptionalText}, {"description", kOptionalText},
    {"label", kOptionalText},   {"config", kDict},       {"expr", kText, kRequired},
};
inline constexpr Shape kDerivedEntity = object_of(kDerivedEntityFields);
inline constexpr Shape kDerivedEntities = list_of(kDerivedEntity);

inline constexpr ShapeField kDerivedDimensionFields[] = {
    {"type", kText, kRequired},
    {"name", kText},
    {"description", kOptionalText},
    {"label", kOptionalText},
    {"is_partition", kBoolean},
    {"config", kDict},
    {"validity_params", kOptionalValidity},
    {"expr", kText, kRequired},
    {"granularity", kOptionalText},
};
inline constexpr Shape kDerivedDimension = object_of(kDerivedDimensionFields);
inline constexpr Shape kDerivedDimensions = list_of(kDerivedDimension);

inline constexpr ShapeField kDerivedSemanticsFields[] = {{"entities", kDerivedEntities},
                                                         {"dimensions", kDerivedDimensions}};
inline constexpr Shape kDerivedSemantics = optional(object_of(kDerivedSemanticsFields));

inline constexpr ShapeField kMetaFields[] = {{"meta", kDict}};
inline constexpr Shape kMetaOnly = optional(object_of(kMetaFields));
inline constexpr ShapeField kModelSemanticsFields[] = {{"name", kOptionalText},
                                                       {"enabled", kBoolean},
                                                       {"group", kOptionalText},
                                                       {"config", kMetaOnly}};
inline constexpr Shape kModelSemanticsObject = object_of(kModelSemanticsFields);
inline constexpr const Shape* kModelSemanticsParts[] = {&kModelSemanticsObject, &kBoolean};
inline constexpr Shape kModelSemantics = optional(one_of(kModelSemanticsParts));

inline constexpr ShapeField kCustomGranularityFields[] = {{"name", kText, kRequired},
                                                          {"column_name", kOptionalText}};
inline constexpr Shape kCustomGranularity = object_of(kCustomGranularityFields);
inline constexpr Shape kCustomGranularities = list_of(kCustomGranularity);
inline constexpr ShapeField kTimeSpineFields[] = {{"standard_granularity_column", kText, kRequired},
                                                  {"custom_granularities", kCustomGranularities}};
inline constexpr Shape kTimeSpine = optional(object_of(kTimeSpineFields));

// --- Semantic models, saved queries --------------------------------------------------------------

inline constexpr ShapeField kElementConfigFields[] = {{"meta", kDict}};
inline constexpr Shape kElementConfig = open_object_of(kElementConfigFields);
inline constexpr ShapeField kEntityFields[] = {
    {"type", kEntityType, kRequired}, {"name", kText},
    {"description", kOptionalText},   {"label", kOptionalText},
    {"config", kElementConfig},       {"role", kOptionalText},
    {"expr", kOptionalText},
};
inline constexpr Shape kEntity = object_of(kEntityFields);
inline constexpr Shape kEntities = list_of(kEntity);

inline constexpr const Shape* kMeasureExprParts[] = {&kText, &kBoolean, &kInteger};
inline constexpr Shape kMeasureExpr = optional(one_of(kMeasureExprParts));
inline constexpr ShapeField kAggParamsFields[] = {{"percentile", kOptionalNumber},
                                                  {"use_discrete_percentile", kBoolean},
                                                  {"use_approximate_percentile", kBoolean}};
inline constexpr Shape kAggParams = optional(object_of(kAggParamsFields));
inline constexpr ShapeField kNonAdditiveFields[] = {{"name", kText, kRequired},
                                                    {"window_choice", kAggregation, kRequired},
                                                    {"window_groupings", kTexts}};
inline constexpr Shape kNonAdditive = optional(object_of(kNonAdditiveFields));
inline constexpr ShapeField kMeasureFields[] = {
    {"name", kText, kRequired},
    {"agg", kAggregation, kRequired},
    {"description", kOptionalText},
    {"label", kOptionalText},
    {"expr", kMeasureExpr},
    {"agg_params", kAggParams},
    {"non_additive_dimension", kNonAdditive},
    {"agg_time_dimension", kOptionalText},
    {"create_metric", kBoolean},
    {"config", kElementConfig},
};
inline constexpr Shape kMeasure = object_of(kMeasureFields);
inline constexpr Shape kMeasures = list_of(kMeasure);

inline constexpr ShapeField kDimensionParamsFields[] = {
    {"time_granularity", kGranularity, kRequired}, {"validity_params", kOptionalValidity}};
inline constexpr Shape kDimensionParams = optional(object_of(kDimensionParamsFields));
inline constexpr ShapeField kDimensionFields[] = {
    {"type", kDimensionType, kRequired}, {"name", kText},
    {"description", kOptionalText},      {"label", kOptionalText},
    {"is_partition", kBoolean},          {"config", kElementConfig},
    {"type_params", kDimensionParams},   {"expr", kOptionalText},
};
inline constexpr Shape kDimension = object_of(kDimensionFields);
inline constexpr Shape kDimensions = list_of(kDimension);

inline constexpr ShapeField kDefaultsFields[] = {{"agg_time_dimension", kOptionalText}};
inline constexpr Shape kDefaults = optional(object_of(kDefaultsFields));
inline constexpr ShapeField kSemanticModelFields[] = {
    {"name", kText, kRequired},        {"model", kText, kRequired}, {"config", kDict},
    {"description", kOptionalText},    {"label", kOptionalText},    {"defaults", kDefaults},
    {"entities", kEntities},           {"measures", kMeasures},     {"dimensions", kDimensions},
    {"primary_entity", kOptionalText},
};
inline constexpr Shape kSemanticModel = object_of(kSemanticModelFields);

inline constexpr ShapeField kQueryParamsFields[] = {
    {"metrics", kTexts},  {"group_by", kTexts},        {"where", kOptionalTextOrTexts},
    {"order_by", kTexts}, {"limit", kOptionalInteger},
};
inline constexpr Shape kQueryParams = object_of(kQueryParamsFields);
inline constexpr std::string_view kExportAs[] = {"table", "view"};
inline constexpr Shape kExportAsShape = any_case(choice_of(kExportAs));
inline constexpr ShapeField kExportConfigFields[] = {{"export_as", kExportAsShape, kRequired},
                                                     {"schema_name", kOptionalText},
                                                     {"alias", kOptionalText},
                                                     {"database", kOptionalText}};
inline constexpr Shape kExportConfig = object_of(kExportConfigFields);
inline constexpr ShapeField kExportFields[] = {{"name", kText, kRequired}, {"config", kDict}};
inline constexpr Shape kExport = object_of(kExportFields);
inline constexpr Shape kExports = list_of(kExport);
inline constexpr ShapeField kSavedQueryFields[] = {
    {"name", kText, kRequired},     {"query_params", kQueryParams, kRequired},
    {"description", kOptionalText}, {"label", kOptionalText},
    {"exports", kExports},          {"config", kDict},
    {"tags", kTextOrTexts},
};
inline constexpr Shape kSavedQuery = object_of(kSavedQueryFields);

}  // namespace floe::dbt::property_shapes
