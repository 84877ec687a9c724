// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "policy/facts.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::policy {

namespace {

/// What is missing, in words; empty if the requirement is met.
std::string missing_key_test(const Context& context, const dbt::Node& model,
                             std::string_view test) {
  const auto key = primary_key(context, model);
  if (key.empty()) return {};  // Q004 speaks of it
  if (test == "unique" && key.size() > 1 &&
      has_test(context, model, "unique_combination_of_columns")) {
    return {};
  }
  std::vector<std::string> bare;
  for (const std::string& column : key) {
    if (!has_test(context, model, test, column)) bare.push_back(column);
  }
  if (test == "unique" && key.size() > 1 && bare.size() < key.size()) return {};
  if (bare.empty()) return {};
  return fmt::format("a {} test on {}", test, list_and(bare));
}

std::string missing_freshness(const Context& context, const dbt::Node& model) {
  for (const std::string& id : model.depends_on_nodes) {
    const auto it = context.project.sources.find(id);
    if (it == context.project.sources.end()) continue;
    const value::Value& freshness = it->second->freshness;
    const bool set = freshness.is_map() && (freshness.find("warn_after") != nullptr ||
                                            freshness.find("error_after") != nullptr);
    if (!set) {
      return fmt::format("a freshness on source '{}.{}'", it->second->source_name,
                         it->second->name);
    }
  }
  return {};
}

std::string missing_documentation(const dbt::Node& model) {
  if (!is_documentation(model.description)) return "a description of the model";
  for (const auto& [name, column] : model.columns) {
    if (!is_documentation(column.description)) return "a description of column " + name;
  }
  return {};
}

std::string missing_relationship(const Context& context, const dbt::Node& model) {
  for (const std::string& id : model.depends_on_nodes) {
    const dbt::Node* parent = context.project.find_node(id);
    if (parent == nullptr || !parent->is_refable()) continue;
    if (!parent->name.starts_with("dim_")) continue;
    const auto& tests = context.tests_on(model.unique_id);
    const bool tested = std::any_of(tests.begin(), tests.end(), [&](const dbt::Node* test) {
      return test->test_metadata && test->test_metadata->name == "relationships" &&
             std::find(test->depends_on_nodes.begin(), test->depends_on_nodes.end(), id) !=
                 test->depends_on_nodes.end();
    });
    if (!tested) return fmt::format("a relationships test to {}", parent->name);
  }
  return {};
}

std::string missing_scd_tests(const Context& context, const dbt::Node& model) {
  const bool historic = std::any_of(model.columns.begin(), model.columns.end(),
                                    [](const auto& c) { return c.first == "effective_from"; });
  if (!historic || !model.name.starts_with("dim_")) return {};
  for (const char* column : {"effective_from", "is_current"}) {
    if (!has_test(context, model, "not_null", column)) {
      return fmt::format("a not_null test on {}", column);
    }
  }
  return {};
}

std::string missing_for(const Context& context, const dbt::Node& model, const std::string& name) {
  if (name == "not_null_pk") return missing_key_test(context, model, "not_null");
  if (name == "unique_pk") return missing_key_test(context, model, "unique");
  if (name == "freshness") return missing_freshness(context, model);
  if (name == "documentation") return missing_documentation(model);
  if (name == "referential_integrity") return missing_relationship(context, model);
  if (name == "scd_validation") return missing_scd_tests(context, model);
  return has_test(context, model, name) ? std::string() : fmt::format("a {} test", name);
}

void check_required_test(const Context& context, Report& report) {
  for (const dbt::Node* model : context.models) {
    const core::Layer* layer = context.platform.layer_of(model->name);
    const auto demand = [&](const std::string& name, std::string_view setting) {
      const std::string missing = missing_for(context, *model, name);
      if (missing.empty()) return;
      diag::Diagnostic finding;
      finding.message = fmt::format("model '{}' lacks the required test {}", model->name, name);
      finding.span = model->patch_span ? model->patch_span : model->span;
      finding.node = model->unique_id;
      finding.expected = missing;
      finding.help =
          model->patch_path.empty()
              ? fmt::format("add '{}' to a properties file and the test there", model->name)
              : "add it to the model's entry in the properties file";
      report.finding(std::move(finding), setting);
    };
    const auto& general = context.platform.quality_gates.required_tests;
    for (const std::string& name : general) {
      demand(name, "governance.quality_gates.required_tests");
    }
    if (layer == nullptr) continue;
    for (const std::string& name : layer->required_tests) {
      if (std::find(general.begin(), general.end(), name) != general.end()) continue;
      demand(name,
             fmt::format("data_architecture.layers.{}.quality_gates.required_tests", layer->name));
    }
  }
}

}  // namespace

extern const Rule rule_required_test;
const Rule rule_required_test = {
    "Q003",
    "required-test",
    Governs::kQuality,
    "every model has the tests its platform or layer requires",
    R"(The platform names the tests that no model goes without:

- `not_null_pk`, `unique_pk`: the primary key is tested so;
- `freshness`: every source that the model reads declares a freshness;
- `documentation`: the model and its columns are described;
- `referential_integrity`: a model that reads a dimension has a `relationships` test for it;
- `scd_validation`: a type 2 dimension tests `effective_from` and `is_current` for not_null;
- any other name: a data test of that name is attached to the model.

Bad: `gold_customers` without a `unique` test on its key where `unique_pk` is required. Good: `data_tests: [not_null, unique]` on the key.

Set by `governance.quality_gates.required_tests` and `data_architecture.layers.<layer>.quality_gates.required_tests`. The key is
`meta.floe.primary_key`, a primary_key constraint, or the columns that carry both tests.
)",
    check_required_test,
};

}  // namespace floe::policy
