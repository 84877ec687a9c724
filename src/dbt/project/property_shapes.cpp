// SPDX-License-Identifier: Apache-2.0
// dbt's classes for entries of properties files (dbt-core's Unparsed…), one declaration each. What
// is open there is open here: further keys are only deprecated.
#include "dbt/project/property_shapes.h"

#include "dbt/project/config_shapes.h"
#include "dbt/project/semantic_shapes.h"

namespace floe::dbt {

namespace property_shapes {

// --- Parts ---------------------------------------------------------------------------------------

constexpr Shape kOptionalDocs = optional(kDocsShape);

constexpr const Shape* kTestParts[] = {&kDict, &kText};
constexpr Shape kTest = one_of(kTestParts);
constexpr Shape kTests = list_of(kTest);
constexpr Shape kOptionalTests = optional(kTests);

constexpr const Shape* kVersionParts[] = {&kInteger, &kNumber, &kText};
constexpr Shape kVersionName = one_of(kVersionParts);
constexpr Shape kOptionalVersionName = optional(kVersionName);
constexpr Shape kVersionNames = list_of(kVersionName);
constexpr Shape kOptionalVersionNames = optional(kVersionNames);

// --- Columns -------------------------------------------------------------------------------------

/// An empty text counts as none.
bool is_column_granularity(std::string_view text) {
  return text.empty() || fits(Value(text), kGranularity);
}
constexpr Shape kColumnGranularity =
    optional(text_like(is_column_granularity, "a granularity such as 'day' or 'month'"));

constexpr ShapeField kColumnFields[] = {
    {"name", kText, kRequired},
    {"description", kText},
    {"meta", kDict},
    {"data_type", kOptionalText},
    {"constraints", kDicts},
    {"docs", kDocsShape},
    {"config", kDict},
    {"data_tests", kTests},
    {"tests", kTests},
    {"quote", kOptionalBoolean},
    {"tags", kTexts},
    {"granularity", kColumnGranularity},
    {"dimension", kColumnDimension},
    {"entity", kColumnEntity},
    {"_extra", kDict},
};
constexpr Shape kColumn = open_object_of(kColumnFields);
constexpr Shape kColumns = list_of(kColumn);
constexpr Shape kOptionalColumns = optional(kColumns);

// --- Models, seeds, snapshots, analyses, tests, macros -------------------------------------------

constexpr std::string_view kAllWords[] = {"all", "*"};
constexpr Shape kAllWord = choice_of(kAllWords);
constexpr const Shape* kIncludedParts[] = {&kAllWord, &kTexts};
constexpr Shape kIncluded = one_of(kIncludedParts);
constexpr ShapeField kIncludeFields[] = {{"include", kIncluded, kRequired}, {"exclude", kTexts}};
constexpr Shape kInclude = object_of(kIncludeFields);
constexpr const Shape* kVersionColumnParts[] = {&kInclude, &kColumn};
constexpr Shape kVersionColumn = one_of(kVersionColumnParts);
constexpr Shape kVersionColumns = list_of(kVersionColumn);

constexpr ShapeField kVersionFields[] = {
    {"v", kVersionName, kRequired},
    {"defined_in", kOptionalText},
    {"description", kText},
    {"access", kOptionalText},
    {"config", kDict},
    {"constraints", kDicts},
    {"docs", kDocsShape},
    {"data_tests", kOptionalTests},
    {"tests", kOptionalTests},
    {"columns", kVersionColumns},
    {"deprecation_date", kOptionalText},
};
constexpr Shape kVersion = object_of(kVersionFields);
constexpr Shape kVersions = list_of(kVersion);

constexpr ShapeField kModelFields[] = {
    {"name", kText, kRequired},
    {"description", kText},
    {"meta", kDict},
    {"data_type", kOptionalText},
    {"constraints", kDicts},
    {"docs", kDocsShape},
    {"config", kDict},
    {"data_tests", kTests},
    {"tests", kTests},
    {"columns", kColumns},
    {"quote_columns", kOptionalBoolean},
    {"access", kOptionalText},
    {"latest_version", kOptionalVersionName},
    {"versions", kVersions},
    {"deprecation_date", kOptionalText},
    {"time_spine", kTimeSpine},
    {"semantic_model", kModelSemantics},
    {"primary_entity", kOptionalText},
    {"agg_time_dimension", kOptionalText},
    {"metrics", kOptionalMetrics},
    {"derived_semantics", kDerivedSemantics},
    {"_extra", kDict},
};
constexpr Shape kModel = open_object_of(kModelFields);

/// Seeds and snapshots.
constexpr ShapeField kNodeFields[] = {
    {"name", kText, kRequired},
    {"description", kText},
    {"meta", kDict},
    {"data_type", kOptionalText},
    {"constraints", kDicts},
    {"docs", kDocsShape},
    {"config", kDict},
    {"data_tests", kTests},
    {"tests", kTests},
    {"columns", kColumns},
    {"quote_columns", kOptionalBoolean},
    {"access", kOptionalText},
    {"_extra", kDict},
};
constexpr Shape kNode = open_object_of(kNodeFields);

constexpr ShapeField kPlainColumnFields[] = {
    {"name", kText, kRequired},
    {"description", kText},
    {"meta", kDict},
    {"data_type", kOptionalText},
    {"constraints", kDicts},
    {"docs", kDocsShape},
    {"config", kDict},
    {"_extra", kDict},
};
constexpr Shape kPlainColumn = open_object_of(kPlainColumnFields);
constexpr Shape kPlainColumns = list_of(kPlainColumn);

constexpr ShapeField kAnalysisFields[] = {
    {"name", kText, kRequired},
    {"description", kText},
    {"meta", kDict},
    {"data_type", kOptionalText},
    {"constraints", kDicts},
    {"docs", kDocsShape},
    {"config", kDict},
    {"columns", kPlainColumns},
    {"access", kOptionalText},
    {"_extra", kDict},
};
constexpr Shape kAnalysis = open_object_of(kAnalysisFields);

/// Singular data tests are described with the keys of a column.
constexpr Shape kSingularTest = kPlainColumn;

constexpr ShapeField kMacroArgumentFields[] = {
    {"name", kText, kRequired}, {"type", kOptionalText}, {"description", kText}};
constexpr Shape kMacroArgument = object_of(kMacroArgumentFields);
constexpr Shape kMacroArguments = list_of(kMacroArgument);
constexpr ShapeField kMacroFields[] = {
    {"name", kText, kRequired},
    {"description", kText},
    {"meta", kDict},
    {"data_type", kOptionalText},
    {"constraints", kDicts},
    {"docs", kDocsShape},
    {"config", kDict},
    {"arguments", kMacroArguments},
    {"_extra", kDict},
};
constexpr Shape kMacro = open_object_of(kMacroFields);

constexpr ShapeField kReturnsFields[] = {{"data_type", kText, kRequired},
                                         {"description", kOptionalText}};
constexpr Shape kReturns = object_of(kReturnsFields);
constexpr Shape kOptionalReturns = optional(kReturns);
constexpr ShapeField kFunctionArgumentFields[] = {{"name", kText, kRequired},
                                                  {"data_type", kText, kRequired},
                                                  {"description", kOptionalText},
                                                  {"default_value", kAny}};
constexpr Shape kFunctionArgument = object_of(kFunctionArgumentFields);
constexpr Shape kFunctionArguments = list_of(kFunctionArgument);
constexpr ShapeField kOverloadFields[] = {{"defined_in", kText, kRequired},
                                          {"arguments", kFunctionArguments},
                                          {"returns", kOptionalReturns},
                                          {"description", kOptionalText}};
constexpr Shape kOverload = object_of(kOverloadFields);
constexpr Shape kOverloads = list_of(kOverload);
constexpr ShapeField kFunctionFields[] = {
    {"name", kText, kRequired},   {"returns", kReturns, kRequired},
    {"description", kText},       {"meta", kDict},
    {"data_type", kOptionalText}, {"constraints", kDicts},
    {"docs", kDocsShape},         {"config", kDict},
    {"access", kOptionalText},    {"arguments", kFunctionArguments},
    {"overloads", kOverloads},    {"_extra", kDict},
};
constexpr Shape kFunction = open_object_of(kFunctionFields);

// --- Sources -------------------------------------------------------------------------------------

constexpr ShapeField kQuotingFields[] = {{"database", kOptionalBoolean},
                                         {"schema", kOptionalBoolean},
                                         {"identifier", kOptionalBoolean},
                                         {"column", kOptionalBoolean}};
constexpr Shape kQuoting = object_of(kQuotingFields);
constexpr Shape kOptionalQuoting = optional(kQuoting);

constexpr ShapeField kPartitionFields[] = {{"name", kText},
                                           {"description", kText},
                                           {"data_type", kText},
                                           {"meta", kDict},
                                           {"_extra", kDict}};
constexpr Shape kPartitionObject = open_object_of(kPartitionFields);
constexpr const Shape* kPartitionParts[] = {&kPartitionObject, &kText};
constexpr Shape kPartition = one_of(kPartitionParts);
constexpr Shape kPartitions = optional(list_of(kPartition));
constexpr ShapeField kExternalFields[] = {
    {"location", kOptionalText},   {"file_format", kOptionalText},
    {"row_format", kOptionalText}, {"tbl_properties", kOptionalText},
    {"partitions", kPartitions},   {"_extra", kDict},
};
constexpr Shape kExternal = optional(open_object_of(kExternalFields));

constexpr ShapeField kTableFields[] = {
    {"name", kText, kRequired},
    {"description", kText},
    {"meta", kDict},
    {"data_type", kOptionalText},
    {"constraints", kDicts},
    {"docs", kDocsShape},
    {"config", kDict},
    {"data_tests", kTests},
    {"tests", kTests},
    {"columns", kColumns},
    {"loaded_at_field", kOptionalText},
    {"loaded_at_field_present", kOptionalBoolean},
    {"loaded_at_query", kOptionalText},
    {"identifier", kOptionalText},
    {"quoting", kQuoting},
    {"freshness", kSourceFreshnessShape},
    {"external", kExternal},
    {"tags", kTexts},
    {"_extra", kDict},
};
constexpr Shape kTable = open_object_of(kTableFields);
constexpr Shape kTables = list_of(kTable);

constexpr ShapeField kSourceFields[] = {
    {"name", kText, kRequired},
    {"description", kText},
    {"meta", kDict},
    {"database", kOptionalText},
    {"schema", kOptionalText},
    {"loader", kText},
    {"quoting", kQuoting},
    {"freshness", kSourceFreshnessShape},
    {"loaded_at_field", kOptionalText},
    {"loaded_at_field_present", kOptionalBoolean},
    {"loaded_at_query", kOptionalText},
    {"tables", kTables},
    {"tags", kTexts},
    {"config", kDict},
    {"unrendered_database", kOptionalText},
    {"unrendered_schema", kOptionalText},
};
constexpr Shape kSource = object_of(kSourceFields);

/// What a source with `overrides` says about tables of another package.
constexpr ShapeField kTablePatchFields[] = {
    {"name", kText, kRequired},
    {"description", kOptionalText},
    {"meta", kOptionalDict},
    {"data_type", kOptionalText},
    {"docs", kOptionalDocs},
    {"loaded_at_field", kOptionalText},
    {"loaded_at_field_present", kOptionalBoolean},
    {"loaded_at_query", kOptionalText},
    {"identifier", kOptionalText},
    {"quoting", kQuoting},
    {"freshness", kSourceFreshnessShape},
    {"external", kExternal},
    {"tags", kOptionalTexts},
    {"data_tests", kOptionalTests},
    {"tests", kOptionalTests},
    {"columns", kOptionalColumns},
};
constexpr Shape kTablePatch = object_of(kTablePatchFields);
constexpr Shape kTablePatches = optional(list_of(kTablePatch));
constexpr ShapeField kSourcePatchFields[] = {
    {"name", kText, kRequired},
    {"overrides", kText, kRequired},
    {"path", kAny},
    {"config", kDict},
    {"description", kOptionalText},
    {"meta", kOptionalDict},
    {"database", kOptionalText},
    {"schema", kOptionalText},
    {"loader", kOptionalText},
    {"quoting", kOptionalQuoting},
    {"freshness", kSourceFreshnessShape},
    {"loaded_at_field", kOptionalText},
    {"loaded_at_field_present", kOptionalBoolean},
    {"loaded_at_query", kOptionalText},
    {"tables", kTablePatches},
    {"tags", kOptionalTexts},
};
constexpr Shape kSourcePatch = object_of(kSourcePatchFields);

// --- Exposures, groups ---------------------------------------------------------------------------

constexpr ShapeField kOwnerFields[] = {
    {"email", kOptionalTextOrTexts}, {"name", kOptionalText}, {"_extra", kDict}};
constexpr Shape kOwner = open_object_of(kOwnerFields);

constexpr std::string_view kExposureTypes[] = {"dashboard", "notebook", "analysis", "ml",
                                               "application"};
constexpr Shape kExposureType = choice_of(kExposureTypes);
constexpr std::string_view kMaturities[] = {"low", "medium", "high"};
constexpr Shape kMaturity = optional(choice_of(kMaturities));

constexpr ShapeField kExposureFields[] = {
    {"name", kText, kRequired},
    {"type", kExposureType, kRequired},
    {"owner", kOwner, kRequired},
    {"description", kText},
    {"label", kOptionalText},
    {"maturity", kMaturity},
    {"meta", kDict},
    {"tags", kTexts},
    {"url", kOptionalText},
    {"depends_on", kTexts},
    {"config", kDict},
};
constexpr Shape kExposure = object_of(kExposureFields);

constexpr ShapeField kGroupFields[] = {{"name", kText, kRequired},
                                       {"owner", kOwner, kRequired},
                                       {"description", kOptionalText},
                                       {"config", kDict}};
constexpr Shape kGroup = object_of(kGroupFields);

// --- Unit tests ----------------------------------------------------------------------------------

constexpr const Shape* kRowsParts[] = {&kText, &kDicts};
constexpr Shape kRows = optional(one_of(kRowsParts));
constexpr std::string_view kFormats[] = {"csv", "dict", "sql"};
constexpr Shape kFormat = choice_of(kFormats);
constexpr ShapeField kGivenFields[] = {
    {"input", kText, kRequired}, {"rows", kRows}, {"format", kFormat}, {"fixture", kOptionalText}};
constexpr Shape kGivenInput = object_of(kGivenFields);
constexpr Shape kGiven = list_of(kGivenInput);
constexpr ShapeField kExpectFields[] = {
    {"rows", kRows}, {"format", kFormat}, {"fixture", kOptionalText}};
constexpr Shape kExpect = object_of(kExpectFields);
constexpr ShapeField kOverridesFields[] = {{"macros", kDict}, {"vars", kDict}, {"env_vars", kDict}};
constexpr Shape kOverrides = optional(object_of(kOverridesFields));
constexpr ShapeField kTestedVersionsFields[] = {{"include", kOptionalVersionNames},
                                                {"exclude", kOptionalVersionNames}};
constexpr Shape kTestedVersions = optional(object_of(kTestedVersionsFields));
constexpr ShapeField kUnitTestFields[] = {
    {"name", kText, kRequired},
    {"model", kText, kRequired},
    {"given", kGiven, kRequired},
    {"expect", kExpect, kRequired},
    {"description", kText},
    {"overrides", kOverrides},
    {"config", kDict},
    {"versions", kTestedVersions},
};
constexpr Shape kUnitTest = object_of(kUnitTestFields);

struct EntryShape {
  std::string_view key;
  const Shape* shape;
};

constexpr EntryShape kEntryShapes[] = {
    {"models", &kModel},
    {"seeds", &kNode},
    {"snapshots", &kNode},
    {"analyses", &kAnalysis},
    {"data_tests", &kSingularTest},
    {"macros", &kMacro},
    {"functions", &kFunction},
    {"sources", &kSource},
    {"exposures", &kExposure},
    {"groups", &kGroup},
    {"metrics", &kMetric},
    {"semantic_models", &kSemanticModel},
    {"saved_queries", &kSavedQuery},
    {"unit_tests", &kUnitTest},
};

}  // namespace property_shapes

const Shape* entry_shape(std::string_view key, const Value& entry) {
  if (key == "sources" && entry.find("overrides") != nullptr) return &property_shapes::kSourcePatch;
  if (key == "metrics" && entry.find("type_params") != nullptr) return &property_shapes::kOldMetric;
  for (const property_shapes::EntryShape& each : property_shapes::kEntryShapes) {
    if (each.key == key) return each.shape;
  }
  return nullptr;
}

}  // namespace floe::dbt
