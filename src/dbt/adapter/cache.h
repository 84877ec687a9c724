// SPDX-License-Identifier: Apache-2.0
// What relations exist, as dbt remembers it during a run: filled once a schema, kept up to date by
// what dbt creates, drops and renames.
#pragma once

#include "dbt/adapter/relation.h"

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace floe::dbt {

/// Thread-safe; names are compared without case.
class RelationsCache {
 public:
  bool has_schema(const std::optional<std::string>& database, const std::string& schema) const;
  void add_schema(const std::optional<std::string>& database, const std::string& schema);
  /// Forgets a schema and all that is in it.
  void drop_schema(const std::optional<std::string>& database, const std::string& schema);
  /// Adds a relation unless there is one of its name.
  void add(const Relation& relation);
  void drop(const Relation& relation);
  /// Throws DbtError when the new name is taken.
  void rename(const Relation& from, const Relation& to);
  std::optional<Relation> find(const std::optional<std::string>& database,
                               const std::string& schema, const std::string& identifier) const;
  bool empty() const;

 private:
  using Key = std::tuple<std::string, std::string, std::string>;
  static Key key_of(const Relation& relation);

  mutable std::mutex mutex_;
  std::set<std::pair<std::string, std::string>> schemas_;
  std::map<Key, Relation> relations_;
};

}  // namespace floe::dbt
