// SPDX-License-Identifier: Apache-2.0
// Facts about a project that several rules ask for: layers, primary keys, coverage, expectations in
// words.
#pragma once

#include "policy/rule.h"

#include <string>
#include <unordered_map>
#include <vector>

namespace floe::policy {

/// "bronze_*, silver_*, or gold_* prefix", from the layers of the platform.
std::string expected_prefixes(const core::Platform& platform);

/// What a node reads, seen through nodes that belong to no layer (unprefixed snapshots, ephemeral
/// helpers): the layered nodes and the source tables behind it.
struct LayeredInput {
  const dbt::Node* node = nullptr;          // a node that carries a layer prefix, or
  const dbt::SourceNode* source = nullptr;  // a source table
  const core::Layer* layer = nullptr;       // of `node`
  std::string through;                      // unlayered nodes on the way, " via x"
};
std::vector<LayeredInput> layered_inputs(const Context& context, const dbt::Node& node);

/// The layer a model without a layer prefix most likely belongs to, judged by what it reads.
const core::Layer* likely_layer(const Context& context, const dbt::Node& node);

/// The name the node would have in that layer: a foreign prefix such as stg_ is dropped.
std::string name_in_layer(const std::string& name, const core::Layer& layer);

/// Declared primary key columns: a primary_key constraint of the model or a column, or
/// meta.floe.primary_key / meta.primary_key. Empty if none is declared.
std::vector<std::string> declared_primary_key(const dbt::Node& node);

/// The declared primary key, else the columns that carry both a unique and a not_null test.
std::vector<std::string> primary_key(const Context& context, const dbt::Node& node);

/// The columns a generic test speaks of, as written: its own, and those its arguments name.
std::vector<std::string> columns_of_test(const dbt::Node& test);

/// Whether dbt itself has a test of that name.
bool is_test_of_dbt(std::string_view name);

/// Whether a test by the name of one of dbt's (or of dbt_utils' unique_combination_of_columns) is
/// that, not one of the product's own. Other names may be anybody's.
bool is_genuine_test(const dbt::Project& project, const dbt::TestMetadata& test);

/// Whether a test is a genuine one of that name, on `column` ("" = any column).
bool is_test_of(const Context& context, const dbt::Node& test, std::string_view test_name,
                std::string_view column);
/// Whether an enabled, genuine test of that name is attached to the node, on `column` ("" = any
/// column). Tests of packages count by their plain name ("unique_combination_of_columns").
bool has_test(const Context& context, const dbt::Node& node, std::string_view test_name,
              std::string_view column = {});

/// Which of a node's known columns something tests. Known are the declared columns, those a test
/// names and, if the platform wants them counted, those that its SQL has; a model of which nothing
/// is known counts as one column that is not covered.
struct ColumnCoverage {
  std::vector<std::string> covered;
  std::vector<std::string> uncovered;
  bool columns_unknown = false;
  std::size_t total() const { return covered.size() + uncovered.size(); }
};
ColumnCoverage column_coverage(const Context& context, const dbt::Node& node);

/// The same of all models of a context, found once: many rules ask.
struct CoverageOfModels {
  explicit CoverageOfModels(const Context& context);
  std::unordered_map<const dbt::Node*, ColumnCoverage> found;
};
/// The coverage of one of `context.models`.
const ColumnCoverage& model_coverage(const Context& context, const dbt::Node& model);

/// 100 if there is nothing to cover.
double percent(std::size_t part, std::size_t whole);
/// "83.3 %", without a trailing ".0".
std::string percent_text(double value);

/// Whether a text documents something: not empty and no placeholder such as "TBD".
bool is_documentation(std::string_view text);

/// meta as a model declares it: node.meta, else config.meta.
const value::Value* find_meta(const dbt::Node& node, std::string_view dotted);

/// What a value says of `path`, or null.
const value::Value* value_at(const value::Value& map, std::string_view dotted);
/// The text at `path`, or "".
std::string text_at(const value::Value& map, std::string_view dotted);
/// A list of texts, or a text as a list of one.
std::vector<std::string> texts_of(const value::Value* value);

/// The place of a column: its `name:` in the properties file, else the node.
diag::Span column_span(const dbt::Node& node, const dbt::Column& column);

/// Whether `text` matches a platform pattern as a whole (RE2-like syntax, bounded effort). A
/// pattern that is not valid matches everything: the manifest was refused for it.
bool pattern_matches(const std::string& pattern, std::string_view text);

/// Whether `name` is in "snake_case", "camelCase" or "PascalCase"; any other style matches all.
bool in_case(std::string_view name, std::string_view style);
/// `name` in that style.
std::string to_case(std::string_view name, std::string_view style);

}  // namespace floe::policy
