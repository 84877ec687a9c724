// SPDX-License-Identifier: Apache-2.0
// Edits of what properties files say of a node: entries, descriptions, tests, config. Each makes
// the change in the tree or says why it can't.
#pragma once

#include "base/result.h"
#include "fix/project_folder.h"
#include "value/value.h"

#include <string>
#include <string_view>

namespace floe::fix {

/// The place of a node's entry; the file and entry are made where there are none.
struct EntryPlace {
  std::string path;
  std::string section;  // "models", "seeds", "snapshots", "sources"
  std::string name;
  std::string table;  // of a source
};

/// Finds the entry of a node, or makes one: in the properties file beside it that lists its kind,
/// else in a new file.
Result<EntryPlace> ensure_entry(Tree& tree, const ProjectFolder& folder, const dbt::Node& node);

/// The entry of a source's table.
EntryPlace source_entry(const ProjectFolder& folder, const dbt::SourceNode& source);

/// `key: value` for an entry (column "") or one of its columns that lacks the key. False: the key
/// is there already.
Result<bool> ensure_member(Tree& tree, const EntryPlace& place, std::string_view column,
                           std::string_view key, const value::Value& value);

/// The entry has this column.
Status ensure_column(Tree& tree, const EntryPlace& place, std::string_view column);

/// A data test of a column: `test` is its name, or a mapping of the name to its arguments.
Status add_column_test(Tree& tree, const EntryPlace& place, std::string_view column,
                       const value::Value& test);

/// `config: {key: value}` of an entry; a text that is there is replaced by a text.
Status set_config(Tree& tree, const EntryPlace& place, std::string_view key,
                  const value::Value& value);
/// `owner: ""` where the entry's meta is, or in its config. False: it has the key already.
Result<bool> ensure_owner(Tree& tree, const EntryPlace& place);
/// Takes a key out of an entry's config.
Status remove_config(Tree& tree, const EntryPlace& place, std::string_view key);
/// Whether the entry's config has the key.
bool has_config(const Tree& tree, const EntryPlace& place, std::string_view key);
/// What the entry's config says of a key as a text, or "".
std::string config_text(const Tree& tree, const EntryPlace& place, std::string_view key);

/// `key=value` in the config() call of a template, which is made where there is none.
Status set_config_call(Tree& tree, const std::string& path, std::string_view key,
                       const value::Value& value);

}  // namespace floe::fix
