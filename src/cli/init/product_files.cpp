// SPDX-License-Identifier: Apache-2.0
#include "cli/init/product_files.h"

#include "base/text.h"
#include "cli/init/example.h"
#include "core/config/schemas.h"
#include "value/json.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

namespace floe::cli {

namespace {

/// What editors complete and check floe.yaml with.
constexpr std::string_view kProductSchema = ".floe/data-product.schema.json";

/// A YAML scalar that is read back as this text, whatever it holds.
std::string quoted_yaml(const std::string& text) { return value::write_json(value::Value(text)); }

/// The materialization that models of the layer name themselves; "" where dbt's default will do.
std::string materialization_of(const core::Layer* layer) {
  if (layer == nullptr || layer->materializations.empty()) return "";
  const auto& allowed = layer->materializations;
  if (std::find(allowed.begin(), allowed.end(), "view") != allowed.end()) return "";
  const bool table = std::find(allowed.begin(), allowed.end(), "table") != allowed.end();
  return table ? "table" : allowed.front();
}

std::string model_sql(const ExampleModel& model) {
  const std::string materialized = materialization_of(model.layer);
  if (materialized.empty()) return model.sql;
  return fmt::format("{{{{ config(materialized='{}') }}}}\n\n{}", materialized, model.sql);
}

std::string column_yaml(const ExampleColumn& column, const std::string& classification) {
  std::string text = fmt::format("      - name: {}\n        description: {}\n", column.name,
                                 quoted_yaml(column.description));
  if (!classification.empty()) {
    text += fmt::format("        config: {{meta: {{floe: {{classification: {}}}}}}}\n",
                        quoted_yaml(classification));
  }
  text += "        data_tests:\n";
  for (const std::string& test : column.tests) text += fmt::format("          - {}\n", test);
  return text;
}

std::string model_yaml(const ExampleModel& model, const std::string& owner) {
  std::string text = fmt::format("  - name: {}\n    description: {}\n", model.name,
                                 quoted_yaml(model.description));
  std::vector<std::string> own;  // what only floe reads
  if (model.slowly_changing_1) own.emplace_back("scd_type: 1");
  if (model.retention_days) own.push_back(fmt::format("retention_days: {}", *model.retention_days));
  if (!owner.empty() || !own.empty()) {
    text += "    config:\n      meta:\n";
    if (!owner.empty()) text += fmt::format("        owner: {}\n", quoted_yaml(owner));
    if (!own.empty()) text += fmt::format("        floe: {{{}}}\n", join(own, ", "));
  }
  text += "    columns:\n";
  for (const ExampleColumn& column : model.columns) {
    text += column_yaml(column, model.classification);
  }
  return text;
}

std::string folder_of(const ExampleModel& model) {
  return model.layer == nullptr ? "models" : "models/" + model.layer->name;
}

ProductFile seed_csv(const Example& example) {
  const ExampleColumns& c = example.columns;
  return {fmt::format("seeds/{}.csv", example.seed),
          fmt::format("{},{},{},{},{}\n"
                      "1,100,shipped,19.90,2026-01-05\n"
                      "2,101,placed,45.00,2026-01-06\n"
                      "3,100,returned,12.50,2026-01-09\n"
                      "4,102,shipped,8.75,2026-01-12\n"
                      "5,101,shipped,30.00,2026-02-01\n",
                      c.order_id, c.customer_id, c.status, c.amount, c.ordered_on)};
}

ProductFile seed_yaml(const Example& example) {
  return {fmt::format("seeds/{}.yml", example.seed),
          fmt::format("version: 2\n\nseeds:\n  - name: {}\n"
                      "    description: Example orders. Replace them by a source of your own.\n",
                      example.seed)};
}

}  // namespace

std::string product_name(std::string_view folder_name) {
  std::string name;
  for (const char c : to_lower(folder_name)) {
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (allowed) name += c;
    else if (!name.empty() && name.back() != '-') name += '-';
  }
  name = name.substr(0, 63);
  while (!name.empty() && name.back() == '-') name.pop_back();
  return name.empty() ? "data-product" : name;
}

ProductFile product_yaml(const std::string& name, const std::string& reference,
                         const std::string& transform_path) {
  return {"floe.yaml",
          fmt::format("# yaml-language-server: $schema={3}\n"
                      "# What this data product is. The platform's rules are inherited from "
                      "platform.ref.\n"
                      "apiVersion: floe.dev/v1\n"
                      "kind: DataProduct\n"
                      "metadata:\n"
                      "  name: {0}\n"
                      "  version: \"1.0\"\n"
                      "\n"
                      "platform:\n"
                      "  ref: {1}\n"
                      "\n"
                      "# Who is called when the data is wrong.\n"
                      "ownership:\n"
                      "  team: {0}\n"
                      "\n"
                      "transforms:\n"
                      "  - type: dbt\n"
                      "    path: {2}\n"
                      "\n"
                      "schedule:\n"
                      "  cron: \"0 6 * * *\"\n",
                      name, quoted_yaml(reference), transform_path, kProductSchema)};
}

ProductFile product_schema() {
  const config::FileFormat* format = config::find_file_format("data-product");
  return {std::string(kProductSchema), format == nullptr ? "" : config::json_schema_text(*format)};
}

ProductFile product_gitignore() { return {".gitignore", "/target/\n/logs/\n/dbt_packages/\n"}; }

std::vector<ProductFile> example_project(const core::Platform& platform, const std::string& owner) {
  const Example example = plan_example(platform);
  const std::string model_owner = platform.ownership.require_model_owner ? owner : "";
  std::vector<ProductFile> files{seed_csv(example), seed_yaml(example)};
  std::map<std::string, std::string> properties;  // by folder
  for (const ExampleModel& model : example.models) {
    const std::string folder = folder_of(model);
    files.push_back({folder + "/" + model.name + ".sql", model_sql(model)});
    properties[folder] += model_yaml(model, model_owner);
  }
  for (const auto& [folder, models] : properties) {
    const std::string name = folder.substr(folder.rfind('/') + 1);
    files.push_back({fmt::format("{}/{}.yml", folder, name), "version: 2\n\nmodels:\n" + models});
  }
  return files;
}

}  // namespace floe::cli
