// SPDX-License-Identifier: Apache-2.0
#include "policy/facts.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include "base/text.h"
#include "dbt/manifest/contract.h"

#include <fmt/core.h>
#include <pcre2.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <set>

namespace floe::policy {

using core::Layer;
using dbt::Node;
using value::Value;

std::string expected_prefixes(const core::Platform& platform) {
  std::vector<std::string> prefixes;
  for (const Layer& layer : platform.layers) {
    for (const std::string& prefix : layer.prefixes) prefixes.push_back(prefix + "*");
  }
  return list_or(prefixes) + " prefix";
}

namespace {

/// The layer of a node that may stand in one: sources of data outside the layers have none, nor
/// have functions, whatever they are called.
const Layer* layer_of_node(const Context& context, const Node& node) {
  return node.type == dbt::ResourceType::kFunction ? nullptr : context.platform.layer_of(node.name);
}

void collect_inputs(const Context& context, const Node& node, const std::string& through,
                    std::set<std::string>& seen, std::vector<LayeredInput>& out) {
  for (const std::string& id : node.depends_on_nodes) {
    if (!seen.insert(id).second) continue;
    if (const auto it = context.project.sources.find(id); it != context.project.sources.end()) {
      out.push_back({nullptr, it->second.get(), nullptr, through});
      continue;
    }
    const Node* parent = context.project.find_node(id);
    if (parent == nullptr || parent->type == dbt::ResourceType::kSeed) continue;
    if (const Layer* layer = layer_of_node(context, *parent)) {
      out.push_back({parent, nullptr, layer, through});
    } else if (through.size() < 4096) {
      collect_inputs(context, *parent, through + " via " + parent->name, seen, out);
    }
  }
}

}  // namespace

std::vector<LayeredInput> layered_inputs(const Context& context, const Node& node) {
  std::vector<LayeredInput> inputs;
  std::set<std::string> seen{node.unique_id};
  collect_inputs(context, node, "", seen, inputs);
  return inputs;
}

const Layer* likely_layer(const Context& context, const Node& node) {
  const std::vector<Layer>& layers = context.platform.layers;
  if (layers.empty()) return nullptr;
  std::size_t index = 0;
  for (const LayeredInput& input : layered_inputs(context, node)) {
    if (input.layer == nullptr) continue;
    const auto at = static_cast<std::size_t>(input.layer - layers.data());
    index = std::max(index, std::min(at + 1, layers.size() - 1));
  }
  return &layers[index];
}

std::string name_in_layer(const std::string& name, const Layer& layer) {
  static constexpr std::array kForeign = {"stg_", "staging_", "raw_",  "src_",  "base_", "int_",
                                          "dim_", "fct_",     "fact_", "mart_", "agg_",  "rpt_"};
  std::string_view stem = name;
  for (const std::string_view prefix : kForeign) {
    if (stem.size() > prefix.size() && stem.starts_with(prefix)) {
      stem.remove_prefix(prefix.size());
      break;
    }
  }
  const std::string prefix = layer.prefixes.empty() ? "" : layer.prefixes.front();
  return prefix + std::string(stem);
}

const Value* find_meta(const Node& node, std::string_view dotted) {
  if (const Value* found = node.meta.find_path(dotted)) return found;
  const Value* meta = node.config.find("meta");
  return meta == nullptr ? nullptr : meta->find_path(dotted);
}

namespace {

void add_key_columns(const Value* columns, std::vector<std::string>& out) {
  if (columns == nullptr) return;
  if (columns->is_string()) out.push_back(columns->as_string());
  if (!columns->is_list()) return;
  for (const Value& column : columns->as_list()) {
    if (column.is_string()) out.push_back(column.as_string());
  }
}

bool is_primary_key_constraint(const Value& constraint) {
  const Value* type = constraint.find("type");
  return type != nullptr && type->is_string() && type->as_string() == "primary_key";
}

}  // namespace

std::vector<std::string> declared_primary_key(const Node& node) {
  std::vector<std::string> key;
  for (const std::string_view path : {"floe.primary_key", "primary_key"}) {
    if (key.empty()) add_key_columns(find_meta(node, path), key);
  }
  if (!key.empty()) return key;
  if (node.constraints.is_list()) {
    for (const Value& constraint : node.constraints.as_list()) {
      if (is_primary_key_constraint(constraint)) add_key_columns(constraint.find("columns"), key);
    }
  }
  for (const auto& [name, column] : node.columns) {
    if (!column.constraints.is_list()) continue;
    const auto& list = column.constraints.as_list();
    if (std::any_of(list.begin(), list.end(), is_primary_key_constraint)) key.push_back(name);
  }
  return key;
}

std::vector<std::string> columns_of_test(const Node& test) {
  std::vector<std::string> columns;
  if (!test.column_name.empty()) columns.push_back(test.column_name);
  if (!test.test_metadata) return columns;
  static constexpr std::array kColumnArguments = {"column_name", "combination_of_columns",
                                                  "column_list", "columns"};
  for (const std::string_view argument : kColumnArguments) {
    add_key_columns(test.test_metadata->kwargs.find(argument), columns);
  }
  return columns;
}

bool is_test_of_dbt(std::string_view name) {
  static constexpr std::array<std::string_view, 4> kOfDbt = {"not_null", "unique",
                                                             "accepted_values", "relationships"};
  return std::find(kOfDbt.begin(), kOfDbt.end(), name) != kOfDbt.end();
}

bool is_genuine_test(const dbt::Project& project, const dbt::TestMetadata& test) {
  if (test.name == "unique_combination_of_columns") {
    return test.namespace_ && project.origin_of(*test.namespace_) != dbt::PackageOrigin::kLocal;
  }
  return !is_test_of_dbt(test.name) || !test.namespace_ || *test.namespace_ == "dbt";
}

bool is_test_of(const Context& context, const Node& test, std::string_view test_name,
                std::string_view column) {
  return test.test_metadata && test.test_metadata->name == test_name &&
         (column.empty() || to_lower(test.column_name) == to_lower(column)) &&
         is_genuine_test(context.project, *test.test_metadata);
}

bool has_test(const Context& context, const Node& node, std::string_view test_name,
              std::string_view column) {
  const auto& tests = context.tests_on(node.unique_id);
  return std::any_of(tests.begin(), tests.end(), [&](const Node* test) {
    return is_test_of(context, *test, test_name, column);
  });
}

std::vector<std::string> primary_key(const Context& context, const Node& node) {
  std::vector<std::string> key = declared_primary_key(node);
  if (!key.empty()) return key;
  for (const Node* test : context.tests_on(node.unique_id)) {
    if (!test->test_metadata || test->test_metadata->name != "unique") continue;
    if (!test->column_name.empty() && has_test(context, node, "not_null", test->column_name)) {
      key.push_back(test->column_name);
    }
  }
  return key;
}

namespace {

/// The columns that the `expect` rows of a model's unit tests name.
void add_unit_tested_columns(const Context& context, const Node& node, std::set<std::string>& out) {
  const auto found = context.unit_tests_of.find(node.unique_id);
  if (found == context.unit_tests_of.end()) return;
  for (const dbt::Resource* test : found->second) {
    const Value* rows = test->data.find_path("expect.rows");
    if (rows == nullptr || !rows->is_list()) continue;
    for (const Value& row : rows->as_list()) {
      if (!row.is_map()) continue;
      for (const auto& member : row.as_map()) out.insert(to_lower(member.key));
    }
  }
}

}  // namespace

ColumnCoverage column_coverage(const Context& context, const Node& node) {
  std::set<std::string> tested;
  for (const Node* test : context.tests_on(node.unique_id)) {
    for (const std::string& name : columns_of_test(*test)) tested.insert(to_lower(name));
  }
  add_unit_tested_columns(context, node, tested);
  const bool contract = dbt::contract_enforced(node);

  const dbt::RelationColumns* inferred =
      context.columns != nullptr && context.platform.quality_gates.count_inferred_columns
          ? context.columns->find(node.unique_id)
          : nullptr;
  // Where the SQL says which columns there are, no others count: tests may name any.
  const bool is_certain = inferred != nullptr && inferred->complete && !inferred->columns.empty();
  const auto may_exist = [&](const std::string& name) {
    return !is_certain || inferred->find(name) != nullptr;
  };

  ColumnCoverage coverage;
  std::set<std::string> known;  // in lower case: a column written twice is one
  for (const auto& [name, column] : node.columns) {
    const std::string plain = to_lower(name);
    if (!may_exist(plain) || !known.insert(plain).second) continue;
    const bool constrained = contract && !column.constraints.empty();
    const bool hit = constrained || tested.count(plain) > 0;
    (hit ? coverage.covered : coverage.uncovered).push_back(name);
  }
  if (inferred != nullptr) {
    for (const dbt::InferredColumn& column : inferred->columns) {
      const std::string name = to_lower(column.name);
      if (!known.insert(name).second) continue;
      (tested.count(name) > 0 ? coverage.covered : coverage.uncovered).push_back(column.name);
    }
  }
  for (const std::string& name : tested) {
    if (may_exist(name) && known.insert(name).second) coverage.covered.push_back(name);
  }
  if (known.empty()) {
    coverage.columns_unknown = true;
    coverage.uncovered.push_back("(no column declared)");
  }
  return coverage;
}

CoverageOfModels::CoverageOfModels(const Context& context) {
  found.reserve(context.models.size());
  for (const Node* model : context.models) found.emplace(model, column_coverage(context, *model));
}

const ColumnCoverage& model_coverage(const Context& context, const Node& model) {
  return context.coverage->found.at(&model);
}

double percent(std::size_t part, std::size_t whole) {
  return whole == 0 ? 100.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

std::string percent_text(double value) {
  // Rounded down, so that 79.97 never reads as the 80 it fails to reach.
  const double shown = static_cast<double>(static_cast<std::int64_t>(value * 10 + 1e-9)) / 10;
  std::string text = fmt::format("{:.1f}", shown);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text + " %";
}

bool is_documentation(std::string_view text) {
  static constexpr std::array kPlaceholders = {
      "tbd", "todo", "fixme", "n/a",         "na",    "none",        "xxx",        "-",
      "?",   "...",  "tba",   "coming soon", "to do", "description", "placeholder"};
  std::string plain = to_lower(trim(text));
  while (!plain.empty() && plain.back() == '.' && plain != "...") plain.pop_back();
  return !plain.empty() &&
         std::find(kPlaceholders.begin(), kPlaceholders.end(), plain) == kPlaceholders.end();
}

const value::Value* value_at(const value::Value& map, std::string_view dotted) {
  const value::Value* found = map.find_path(dotted);
  return found == nullptr || found->is_null() ? nullptr : found;
}

std::string text_at(const value::Value& map, std::string_view dotted) {
  const value::Value* found = value_at(map, dotted);
  return found != nullptr && found->is_string() ? found->as_string() : "";
}

std::vector<std::string> texts_of(const value::Value* value) {
  std::vector<std::string> texts;
  if (value == nullptr) return texts;
  if (value->is_string()) texts.push_back(value->as_string());
  if (!value->is_list()) return texts;
  for (const value::Value& item : value->as_list()) {
    if (item.is_string()) texts.push_back(item.as_string());
  }
  return texts;
}

diag::Span column_span(const Node& node, const dbt::Column& column) {
  if (column.span) return column.span;
  return node.patch_span ? node.patch_span : node.span;
}

namespace {

/// A platform's pattern, compiled; null if it is not valid.
struct CompiledPattern {
  std::unique_ptr<pcre2_code, decltype(&pcre2_code_free)> code{nullptr, &pcre2_code_free};
  std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)> match{nullptr,
                                                                            &pcre2_match_data_free};
};

/// Rules ask for the same few patterns name after name: compiling takes longer than matching.
const CompiledPattern& compiled_pattern(const std::string& pattern) {
  constexpr std::size_t kMostKept = 64;
  thread_local std::map<std::string, CompiledPattern> kept;
  if (const auto found = kept.find(pattern); found != kept.end()) return found->second;
  if (kept.size() >= kMostKept) kept.clear();
  CompiledPattern& made = kept[pattern];
  int error = 0;
  PCRE2_SIZE at = 0;
  made.code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                                PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED, &error, &at,
                                nullptr));
  if (made.code) {
    made.match.reset(pcre2_match_data_create_from_pattern(made.code.get(), nullptr));
  }
  return made;
}

}  // namespace

bool pattern_matches(const std::string& pattern, std::string_view text) {
  thread_local const std::unique_ptr<pcre2_match_context, decltype(&pcre2_match_context_free)>
      limits(
          [] {
            pcre2_match_context* context = pcre2_match_context_create(nullptr);
            pcre2_set_match_limit(context, 100'000);
            return context;
          }(),
          &pcre2_match_context_free);
  const CompiledPattern& compiled = compiled_pattern(pattern);
  if (!compiled.code) return true;
  return pcre2_match(compiled.code.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), 0,
                     0, compiled.match.get(), limits.get()) >= 0;
}

bool in_case(std::string_view name, std::string_view style) {
  if (style == "snake_case") return pattern_matches("[a-z][a-z0-9]*(_[a-z0-9]+)*", name);
  if (style == "camelCase") return pattern_matches("[a-z][a-zA-Z0-9]*", name);
  if (style == "PascalCase") return pattern_matches("[A-Z][a-zA-Z0-9]*", name);
  return true;
}

std::string to_case(std::string_view name, std::string_view style) {
  std::vector<std::string> words(1);
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool upper = c >= 'A' && c <= 'Z';
    const bool word = upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    const bool after_lower = i > 0 && name[i - 1] >= 'a' && name[i - 1] <= 'z';
    if (!word || (upper && after_lower)) words.emplace_back();
    if (word) words.back() += c;
  }
  std::erase(words, "");
  for (std::size_t i = 0; i < words.size(); ++i) {
    words[i] = to_lower(words[i]);
    if (style == "PascalCase" || (style == "camelCase" && i > 0)) {
      words[i][0] = to_upper(words[i].substr(0, 1))[0];
    }
  }
  return join(words, style == "snake_case" ? "_" : "");
}

}  // namespace floe::policy
