// SPDX-License-Identifier: Apache-2.0
#include "dbt/graph/select.h"
#include "dbt/manifest/read_manifest.h"
#include "dbt/manifest/write_manifest.h"
#include "targets.h"
#include "value/json.h"

#include <string>

namespace floe::fuzz {

namespace {

void select(const dbt::Project& project, const dbt::Graph& graph, const std::string& words,
            const dbt::PreviousState& state) {
  dbt::SelectOptions options;
  options.state = &state;
  const auto spec =
      dbt::parse_selection(std::vector<std::string>{words}, {}, dbt::IndirectSelection::kEager);
  if (spec) static_cast<void>(dbt::select_nodes(project, graph, *spec, options));
}

}  // namespace

void manifest(std::string_view data) {
  const Result<value::Value> json = value::read_json(data);
  if (!json) return;
  const Result<dbt::Project> project = dbt::project_of_manifest(*json);
  if (!project) return;
  const dbt::Graph graph(*project);
  static_cast<void>(graph.find_cycle());
  dbt::PreviousState state;
  state.manifest = *json;
  for (const char* words : {"state:modified+", "+tag:a,config.materialized:view", "@source:*"}) {
    select(*project, graph, words, state);
  }
  static_cast<void>(dbt::manifest_json(*project, dbt::make_graph_maps(*project), {}));
}

}  // namespace floe::fuzz
