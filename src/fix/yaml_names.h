// SPDX-License-Identifier: Apache-2.0
// Where YAML files name nodes: properties, dbt_project.yml, selectors.yml, floe.yaml.
#pragma once

#include "fix/project_folder.h"
#include "fix/rename.h"
#include "fix/yaml_edit.h"

#include <vector>

namespace floe::fix {

/// The edits that rename nodes in one of the project's YAML files.
std::vector<TextEdit> yaml_name_edits(const YamlText& yaml, const std::string& path,
                                      const ProjectFolder& folder, const Names& names);

/// The same for floe.yaml: output ports, gates, selections. `paths`: files that move, relative to
/// the dbt project.
std::vector<TextEdit> product_name_edits(const YamlText& yaml, const ProjectFolder& folder,
                                         const Names& names);

/// What of floe.yaml takes the node by a pattern (`stg_*`) that its new name does not fit, in
/// words;
/// "" if nothing does.
std::string pattern_that_loses(const YamlText& yaml, const std::string& from,
                               const std::string& to);

/// A selector in command-line form (`+stg_orders,tag:nightly`) with new names.
std::string renamed_selector(std::string_view text, const ProjectFolder& folder,
                             const Names& names);

}  // namespace floe::fix
