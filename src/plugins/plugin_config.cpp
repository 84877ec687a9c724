// SPDX-License-Identifier: Apache-2.0
#include "plugins/plugin_config.h"

#include "plugins/compute/duckdb/config_schema.h"
#include "plugins/transform_runtime/dbt/config_schema.h"
#include "value/json.h"
#include "value/json_schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace floe::plugins {

namespace {

struct PluginSchema {
  std::string_view kind;
  std::string_view type;
  std::string_view (*schema)();
};
constexpr PluginSchema kPluginSchemas[] = {
    {"compute", "duckdb", duckdb::config_schema},
    {"transform_runtime", "dbt", dbt_runtime::config_schema},
    {"transform_runtime", "spark", dbt_runtime::config_schema},
};

std::string_view code_of_keyword(std::string_view keyword) {
  if (keyword == "additionalProperties") return "C010";
  if (keyword == "type") return "C011";
  if (keyword == "required" || keyword == "dependentRequired") return "C012";
  if (keyword == "enum" || keyword == "const") return "C013";
  if (keyword == "uniqueItems") return "C015";
  return "C014";
}

/// "/attach/0/path" as people write it below "plugins.compute.config".
std::string dotted_path(std::string_view kind, const std::string& pointer) {
  std::string path = fmt::format("plugins.{}.config{}", kind, pointer);
  std::replace(path.begin(), path.end(), '/', '.');
  return path;
}

/// Our own schemas are correct: anything else is a mistake in floe.
value::CompiledSchema compiled_plugin_schema(const PluginSchema& plugin) {
  const auto document = value::read_json(plugin.schema());
  if (!document) throw std::logic_error(describe(document.error()));
  const auto schema = value::compile_json_schema(*document);
  if (!schema) throw std::logic_error(describe(schema.error()));
  return *schema;
}

}  // namespace

void check_plugin_configs(const core::Platform& platform, diag::Sink& sink) {
  for (const PluginSchema& plugin : kPluginSchemas) {
    const auto chosen = platform.plugins.find(std::string(plugin.kind));
    if (chosen == platform.plugins.end() || chosen->second.type != plugin.type) continue;
    const value::CompiledSchema schema = compiled_plugin_schema(plugin);
    for (const value::SchemaIssue& issue : validate(schema, chosen->second.config)) {
      sink.error(
          std::string(code_of_keyword(issue.keyword)),
          fmt::format("'{}' {}", dotted_path(plugin.kind, issue.instance_path), issue.message),
          issue.span);
    }
  }
}

}  // namespace floe::plugins
