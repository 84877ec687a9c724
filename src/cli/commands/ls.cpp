// SPDX-License-Identifier: Apache-2.0
// `floe ls`: the nodes of a data product.
#include "base/table.h"
#include "base/term.h"
#include "cli/run/run_product.h"
#include "value/json.h"

#include <fmt/core.h>
#include <unistd.h>

namespace floe::cli {

namespace {

using dbt::ResourceType;
using value::Value;

const std::vector<ResourceType> kListedTypes = {
    ResourceType::kModel,  ResourceType::kSnapshot, ResourceType::kSeed,    ResourceType::kTest,
    ResourceType::kSource, ResourceType::kExposure, ResourceType::kUnitTest};

std::string member_layer(const dbt::Member& member, const core::Platform& platform) {
  const core::Layer* layer =
      member.type == ResourceType::kModel ? platform.layer_of(member.name()) : nullptr;
  return layer == nullptr ? "" : layer->name;
}

Value member_value(const dbt::Member& member, const core::Platform& platform) {
  Value object = Value::map();
  object.set("unique_id", member.unique_id());
  object.set("kind", dbt::resource_type_name(member.type));
  object.set("name", member.name());
  if (const std::string layer = member_layer(member, platform); !layer.empty()) {
    object.set("layer", layer);
  }
  if (member.node != nullptr && !member.node->materialized().empty()) {
    object.set("materialized", member.node->materialized());
  }
  object.set("path", member.original_file_path());
  object.set("depends_on", Value::texts(member.depends_on()));
  return object;
}

std::vector<std::string> member_row(const dbt::Member& member, const core::Platform& platform) {
  return {std::string(dbt::resource_type_name(member.type)), member.name(),
          member_layer(member, platform), member.node == nullptr ? "" : member.node->materialized(),
          member.original_file_path()};
}

int run_ls(const Args& args) {
  Output output = output_of(args);
  output.quiet = true;
  int exit_code = 0;
  const auto ready = prepare_product(args, output, "list", exit_code);
  if (!ready) return exit_code;
  const bool json = args.value_or("format", "text") == "json";
  Value list = Value::list();
  std::vector<std::vector<std::string>> rows;
  for (const CompiledTransform& compiled : ready->compiled.transforms) {
    const dbt::Graph graph(compiled.loaded.project);
    const auto ids = select_in_transform(args, output, compiled, graph, kListedTypes);
    if (!ids) return report_error(output, ids.error());
    for (const std::string& id : *ids) {
      const dbt::Member& member = graph.member(*graph.find(id));
      if (json) {
        list.push(member_value(member, ready->compiled.platform));
      } else {
        rows.push_back(member_row(member, ready->compiled.platform));
      }
    }
  }
  if (json) {
    print_line(value::write_json(list, 2));
    return 0;
  }
  TableOptions options;
  options.lines = false;
  options.width = is_terminal(STDOUT_FILENO) ? static_cast<std::size_t>(output.width) : 0;
  options.color = output.color_out;
  print(format_table({{"kind"}, {"name"}, {"layer"}, {"materialized"}, {"file"}}, rows, options));
  return 0;
}

}  // namespace

const Command command_ls = {
    .path = "ls",
    .summary = "List the models, seeds, snapshots, tests and sources of a data product",
    .details = "",
    .options = {select_option(), exclude_option(), environment_option(), vars_option(),
                format_option()},
    .positionals = {},
    .run = run_ls,
};

}  // namespace floe::cli
