// SPDX-License-Identifier: Apache-2.0
#include "dbt/adapter/cache.h"

#include "base/text.h"
#include "dbt/context/base_context.h"

#include <fmt/format.h>

namespace floe::dbt {

namespace {

std::pair<std::string, std::string> schema_key(const std::optional<std::string>& database,
                                               const std::string& schema) {
  return {to_lower(database.value_or("")), to_lower(schema)};
}

}  // namespace

RelationsCache::Key RelationsCache::key_of(const Relation& relation) {
  return {to_lower(relation.database.value_or("")), to_lower(relation.schema.value_or("")),
          to_lower(relation.identifier.value_or(""))};
}

bool RelationsCache::has_schema(const std::optional<std::string>& database,
                                const std::string& schema) const {
  const std::lock_guard lock(mutex_);
  return schemas_.contains(schema_key(database, schema));
}

void RelationsCache::add_schema(const std::optional<std::string>& database,
                                const std::string& schema) {
  const std::lock_guard lock(mutex_);
  schemas_.insert(schema_key(database, schema));
}

void RelationsCache::drop_schema(const std::optional<std::string>& database,
                                 const std::string& schema) {
  const std::lock_guard lock(mutex_);
  const auto wanted = schema_key(database, schema);
  schemas_.erase(wanted);
  std::erase_if(relations_, [&](const auto& entry) {
    return std::get<0>(entry.first) == wanted.first && std::get<1>(entry.first) == wanted.second;
  });
}

void RelationsCache::add(const Relation& relation) {
  const std::lock_guard lock(mutex_);
  schemas_.insert(schema_key(relation.database, relation.schema.value_or("")));
  relations_.try_emplace(key_of(relation), relation);
}

void RelationsCache::drop(const Relation& relation) {
  const std::lock_guard lock(mutex_);
  relations_.erase(key_of(relation));
}

void RelationsCache::rename(const Relation& from, const Relation& to) {
  const std::lock_guard lock(mutex_);
  const Key new_key = key_of(to);
  if (relations_.contains(new_key)) {
    throw DbtError(
        "Internal Error",
        fmt::format("Internal error: a relation named {} is already cached", to.render()));
  }
  schemas_.insert(schema_key(to.database, to.schema.value_or("")));
  const auto old = relations_.find(key_of(from));
  if (old == relations_.end()) {
    // A temporary relation that nobody listed.
    relations_.try_emplace(new_key, to);
    return;
  }
  Relation renamed = old->second;
  renamed.database = to.database;
  renamed.schema = to.schema;
  renamed.identifier = to.identifier;
  relations_.erase(old);
  relations_.try_emplace(new_key, std::move(renamed));
}

std::optional<Relation> RelationsCache::find(const std::optional<std::string>& database,
                                             const std::string& schema,
                                             const std::string& identifier) const {
  const std::lock_guard lock(mutex_);
  const auto at =
      relations_.find({to_lower(database.value_or("")), to_lower(schema), to_lower(identifier)});
  if (at == relations_.end()) return std::nullopt;
  return at->second;
}

bool RelationsCache::empty() const {
  const std::lock_guard lock(mutex_);
  return relations_.empty() && schemas_.empty();
}

}  // namespace floe::dbt
