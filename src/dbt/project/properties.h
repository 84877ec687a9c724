// SPDX-License-Identifier: Apache-2.0
// Properties files: what their entries share, and the steps for each kind of entry.
#pragma once

#include "dbt/project/generic_tests.h"
#include "dbt/project/loader.h"
#include "dbt/project/node_builder.h"

#include <functional>

namespace floe::dbt {

/// One properties file while it is worked on.
struct PropertiesStep {
  Loader& loader;
  const ProjectFile& file;
  const Value& data;
  jinja::ContextRef context;  // var(), env_var(), target
  ParseWorker& worker;
  GenericTestBuilder& tests;

  const PackageConfig& package() const { return *file.package; }
  std::string patch_path() const { return file.package->name + "://" + file.original; }
};

/// An entry of a list of a properties file: rendered, and as written.
struct PropertiesEntry {
  Value data;
  const Value* written = nullptr;
  std::string name;
  diag::Span name_span;
};

/// The entries under a key, checked to be dicts with a name, and rendered. Bad ones are reported
/// and left out.
std::vector<PropertiesEntry> entries_of(PropertiesStep& step, const std::string& key);

/// The columns of an entry as they go into the manifest.
std::vector<std::pair<std::string, Column>> columns_of(Loader& loader, const Value* columns,
                                                       const std::string& owner);
Column column_of(Loader& loader, const Value& column, const std::string& owner);
/// Constraints with all their keys, those of models with `columns`; bad ones are reported and left
/// out. `place` is what they are on, in words.
Value constraints_of(Loader& loader, const Value* given, bool model_level, const std::string& place,
                     const std::string& owner);

/// Moves `tests` to `data_tests` here and in columns.
void rename_tests(Loader& loader, Value& entry);

/// Text of a member, or "".
std::string text_member(const Value& map, std::string_view key);
/// A member that is a map, or an empty one.
Value map_member(const Value& map, std::string_view key);
/// A member as a list of texts: a text counts as a list of one.
std::vector<std::string> texts_member(const Value& map, std::string_view key);

/// Looks for a node among the disabled ones.
std::vector<Node*> find_disabled(Loader& loader, const std::string& name,
                                 const std::optional<std::string>& package,
                                 std::optional<ResourceType> type);

void patch_models(PropertiesStep& step);
/// Seeds, snapshots, analyses, functions.
void patch_nodes(PropertiesStep& step, const std::string& key);
void patch_singular_tests(PropertiesStep& step);
void patch_macros(PropertiesStep& step);
void read_groups(PropertiesStep& step);
void read_exposures(PropertiesStep& step);
void read_semantics(PropertiesStep& step);  // semantic models, metrics, saved queries
void read_unit_tests(PropertiesStep& step);
void collect_sources(PropertiesStep& step);

/// Gives a function what only functions have: arguments, returns, overloads. The functions of the
/// overloads' files are taken out of the project.
void set_function_properties(PropertiesStep& step, Node& function, const Value& entry);

/// Fills loader.refs with all enabled models, seeds and snapshots.
void rebuild_refs(Loader& loader);

}  // namespace floe::dbt
