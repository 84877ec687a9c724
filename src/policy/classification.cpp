// SPDX-License-Identifier: Apache-2.0
#include "policy/classification.h"

#include "base/text.h"
#include "dbt/adapter/relation.h"
#include "policy/facts.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::policy {

using value::Value;

namespace {

bool member_flag(const Value& map, std::string_view key) {
  const Value* flag = map.find(key);
  return flag != nullptr && flag->is_bool() && flag->as_bool();
}

std::string classification_in(const Value& meta) { return text_at(meta, "floe.classification"); }

}  // namespace

ClassificationScheme::ClassificationScheme(const core::Platform& platform) {
  const Value& from = platform.classification;
  levels = texts_of(from.find("levels"));
  default_level = level_of(text_at(from, "default_level"));
  for (std::string& layer : texts_of(from.find("required_for"))) {
    required_layers.insert(std::move(layer));
  }
  for (const std::string& name : texts_of(from.find("declassify_with"))) {
    masks.insert(to_lower(name));
  }
  if (const Value* map = from.find("tags"); map != nullptr && map->is_map()) {
    for (const auto& member : map->as_map()) {
      tags[member.key] = {level_of(text_at(member.value, "level")),
                          member_flag(member.value, "requires_masking_in_non_prod")};
    }
  }
}

bool has_classification(const core::Platform& platform, std::string_view name) {
  const Value* items = platform.classification.find(name);
  return items != nullptr && !items->empty();
}

core::Enforcement propagation_of(const core::Platform& platform) {
  const std::string text = text_at(platform.classification, "propagation");
  if (text == "warn") return core::Enforcement::kWarn;
  return text == "strict" ? core::Enforcement::kStrict : core::Enforcement::kOff;
}

int ClassificationScheme::level_of(std::string_view name) const {
  const auto at = std::find(levels.begin(), levels.end(), name);
  return at == levels.end() ? -1 : static_cast<int>(at - levels.begin());
}

std::string ClassificationScheme::level_name(int level) const {
  return level < 0 ? "no level" : levels.at(static_cast<std::size_t>(level));
}

std::string declared_classification(const dbt::Column& column) {
  const std::string own = classification_in(column.meta);
  if (!own.empty()) return own;
  const Value* meta = column.config.find("meta");
  return meta == nullptr ? std::string() : classification_in(*meta);
}

diag::Span named_column_span(const dbt::Node& node, std::string_view column) {
  for (const auto& [key, declared] : node.columns) {
    if (to_lower(declared.name) == to_lower(column)) return column_span(node, declared);
  }
  return node.patch_span ? node.patch_span : node.span;
}

ColumnClasses::ColumnClasses(const dbt::Project& project, const dbt::ColumnFacts* facts,
                             ClassificationScheme scheme)
    : project_(project),
      scheme_(std::move(scheme)),
      own_masks_(project, scheme_.masks),
      redefined_(redefined_masks(project, scheme_.masks)) {
  note_twins();
  // What flows in before what it flows into: a class needs those of all its origins.
  std::vector<std::pair<std::string, bool>> stack;
  std::set<std::string> seen;
  for (const auto& [id, source] : project.sources) stack.emplace_back(id, false);
  for (const auto& [id, node] : project.nodes) {
    if (node->is_refable()) stack.emplace_back(id, false);
  }
  while (!stack.empty()) {
    const auto [id, leave] = stack.back();
    stack.pop_back();
    if (leave) {
      add(id, facts);
      continue;
    }
    if (!seen.insert(id).second) continue;
    stack.emplace_back(id, true);
    for (std::string& origin : origins_of(id, facts)) stack.emplace_back(std::move(origin), false);
  }
}

/// Finds the sources that are one relation with another source, or with what the project builds.
void ColumnClasses::note_twins() {
  std::map<std::string, std::vector<std::string>> ids;
  for (const auto& [id, source] : project_.sources) {
    ids[dbt::relation_key(*source)].push_back(id);
  }
  for (const auto& [id, node] : project_.nodes) {
    if (!node->is_refable() || node->materialized() == "ephemeral") continue;
    const auto at = ids.find(dbt::relation_key(node->database, node->schema, node->identifier()));
    if (at != ids.end()) at->second.push_back(id);
  }
  for (const auto& [key, same] : ids) {
    for (const std::string& id : same) {
      if (same.size() > 1 && project_.sources.contains(id)) twins_[id] = same;
    }
  }
}

std::vector<std::string> ColumnClasses::origins_of(const std::string& id,
                                                   const dbt::ColumnFacts* facts) const {
  std::set<std::string> origins;
  if (const dbt::Node* node = project_.find_node(id)) {
    origins.insert(node->depends_on_nodes.begin(), node->depends_on_nodes.end());
  }
  // What SQL names itself it does not depend on, for dbt.
  if (const dbt::RelationColumns* known = facts == nullptr ? nullptr : facts->find(id)) {
    for (const dbt::InferredColumn& column : known->columns) {
      for (const dbt::Flow& flow : column.flows) origins.insert(flow.from.node);
    }
    origins.insert(known->passes_through.begin(), known->passes_through.end());
    origins.insert(known->hard_coded.begin(), known->hard_coded.end());
  }
  if (const auto at = twins_.find(id); at != twins_.end()) {
    for (const std::string& twin : at->second) {
      if (!project_.sources.contains(twin)) origins.insert(twin);
    }
  }
  return {origins.begin(), origins.end()};
}

/// A column of a source is as sensitive as that of the same relation by another name.
void ColumnClasses::add_twins(const std::string& id) {
  const auto at = twins_.find(id);
  if (at == twins_.end()) return;
  auto& own = classes_[id];
  const int general = others_.at(id).declared;
  const auto raise = [&](const std::string& twin, const std::string& column, int level) {
    const auto [found, is_new] = own.try_emplace(column);
    ColumnClass& same = found->second;
    if (is_new) {
      same.declared = general;
      same.fallback = scheme_.default_level;
    }
    if (level <= std::max(same.declared, same.inherited)) return;
    same.inherited = level;
    same.via = dbt::Flow{{twin, column}, dbt::FlowKind::kCopy, {}};
  };
  for (const std::string& twin : at->second) {
    if (twin == id) continue;
    const auto source = project_.sources.find(twin);
    if (source == project_.sources.end()) {
      for (const auto& [name, column] : of(twin)) raise(twin, name, column.level());
      continue;
    }
    for (const auto& [key, column] : source->second->columns) {
      raise(twin, to_lower(column.name),
            std::max(declared_level(column), general_level(nullptr, source->second.get())));
    }
  }
}

/// What a column says itself, its tags included.
int ColumnClasses::declared_level(const dbt::Column& column) const {
  int level = scheme_.level_of(declared_classification(column));
  for (const std::string& tag : column.tags) {
    const auto at = scheme_.tags.find(tag);
    if (at != scheme_.tags.end()) level = std::max(level, at->second.level);
  }
  return level;
}

int ColumnClasses::general_level(const dbt::Node* node, const dbt::SourceNode* source) const {
  if (node != nullptr) {
    const Value* meta = find_meta(*node, "floe.classification");
    return meta != nullptr && meta->is_string() ? scheme_.level_of(meta->as_string()) : -1;
  }
  const std::string own = classification_in(source->meta);
  return scheme_.level_of(own.empty() ? classification_in(source->source_meta) : own);
}

const FunctionDefinition* ColumnClasses::redefined(std::string_view function) const {
  const auto at = redefined_.find(function);
  return at == redefined_.end() ? nullptr : &at->second;
}

bool ColumnClasses::is_masked(const dbt::Flow& flow) const {
  return std::any_of(flow.functions.begin(), flow.functions.end(), [&](const std::string& name) {
    return scheme_.masks.contains(name) && redefined(name) == nullptr;
  });
}

void ColumnClasses::add_flows(const dbt::InferredColumn& column, ColumnClass& own) const {
  own.unknown = !column.unknown.empty();
  for (const dbt::Flow& flow : column.flows) {
    if (is_masked(flow) || flow.kind == dbt::FlowKind::kFilter) continue;
    const ColumnClass* origin = find(flow.from.node, flow.from.column);
    const int reckoned =
        origin != nullptr ? origin->greatest() : others_of(flow.from.node).greatest();
    if (reckoned > own.possible) {
      own.possible = reckoned;
      own.unsure = flow.from;
    }
    if (origin == nullptr) continue;
    own.tags.insert(origin->tags.begin(), origin->tags.end());
    if (origin->level() <= own.inherited) continue;
    own.inherited = origin->level();
    own.via = flow;
  }
}

/// What may flow into columns, named or not, where the SQL does not tell.
void ColumnClasses::add_doubts(const dbt::Node& node, const dbt::RelationColumns* known,
                               int general) {
  // What is none of the project's may be anything.
  const int top = static_cast<int>(scheme_.levels.size()) - 1;
  const int greatest =
      known != nullptr && known->reads_elsewhere ? top : greatest_input(node, known);
  for (auto& [name, own] : classes_[node.unique_id]) {
    if (!own.unknown || own.possible >= greatest) continue;
    own.possible = greatest;
    own.unsure.reset();
  }
  if (known != nullptr && known->complete) return;
  OtherColumns& others = others_[node.unique_id];
  others.declared = general;
  if (known == nullptr || known->is_opaque()) {
    others.possible = greatest;
    return;
  }
  for (const std::string& id : known->passes_through) {
    others.possible = std::max(others.possible, others_of(id).greatest());
  }
}

void ColumnClasses::add(const std::string& unique_id, const dbt::ColumnFacts* facts) {
  auto& classes = classes_[unique_id];
  const dbt::Node* node = project_.find_node(unique_id);
  const auto source = project_.sources.find(unique_id);
  const bool is_source = source != project_.sources.end();
  if (node == nullptr && !is_source) return;
  for (const auto& [key, column] : node != nullptr ? node->columns : source->second->columns) {
    ColumnClass& own = classes[to_lower(column.name)];
    own.declared = declared_level(column);
    for (const std::string& tag : column.tags) {
      if (scheme_.tags.contains(tag)) own.tags.insert(tag);
    }
  }
  const dbt::RelationColumns* known = facts == nullptr ? nullptr : facts->find(unique_id);
  if (known != nullptr) {
    for (const dbt::InferredColumn& column : known->columns) {
      add_flows(column, classes[to_lower(column.name)]);
    }
    for (auto& [name, own] : classes) {
      if (!is_source && !known->complete && known->find(name) == nullptr) own.unknown = true;
    }
  }
  const bool is_query = node != nullptr && node->type != dbt::ResourceType::kSeed;
  // Nobody has looked at the SQL: of what a model declares nothing is shown.
  if (facts == nullptr && is_query) {
    for (auto& [name, own] : classes) own.unknown = true;
  }
  const int general = general_level(node, is_source ? source->second.get() : nullptr);
  for (auto& [name, own] : classes) {
    if (own.declared < 0) own.declared = general;
    own.fallback = scheme_.default_level;
  }
  if (is_query && (facts == nullptr || known != nullptr)) add_doubts(*node, known, general);
  if (is_source) {
    others_[unique_id].declared = general;
    add_twins(unique_id);
  }
}

OtherColumns ColumnClasses::others_of(std::string_view unique_id) const {
  const auto at = others_.find(unique_id);
  return at == others_.end() ? OtherColumns{} : at->second;
}

const std::map<std::string, ColumnClass>& ColumnClasses::of(std::string_view unique_id) const {
  static const std::map<std::string, ColumnClass> kNone;
  const auto at = classes_.find(unique_id);
  return at == classes_.end() ? kNone : at->second;
}

const ColumnClass* ColumnClasses::find(std::string_view unique_id, std::string_view column) const {
  const auto& classes = of(unique_id);
  const auto at = classes.find(to_lower(column));
  return at == classes.end() ? nullptr : &at->second;
}

int ColumnClasses::greatest_input(const dbt::Node& node, const dbt::RelationColumns* known) const {
  int level = -1;
  std::vector<std::string> parents = node.depends_on_nodes;
  if (known != nullptr) {
    parents.insert(parents.end(), known->hard_coded.begin(), known->hard_coded.end());
  }
  for (const std::string& parent : parents) {
    for (const auto& [name, column] : of(parent)) level = std::max(level, column.greatest());
    level = std::max(level, others_of(parent).greatest());
  }
  return level;
}

std::string ColumnClasses::name_of(const std::string& unique_id) const {
  if (const dbt::Node* node = project_.find_node(unique_id)) return node->name;
  const auto source = project_.sources.find(unique_id);
  if (source == project_.sources.end()) return unique_id;
  return source->second->source_name + "." + source->second->name;
}

std::string ColumnClasses::path(const std::string& unique_id, const std::string& column) const {
  std::string text = name_of(unique_id) + "." + column;
  const ColumnClass* at = find(unique_id, column);
  // Each step leads to a node before: the graph has no cycles.
  while (at != nullptr && at->via && at->inherited > at->declared) {
    const dbt::Flow& flow = *at->via;
    text += fmt::format(" <- {}.{}", name_of(flow.from.node), flow.from.column);
    if (!flow.functions.empty()) text += fmt::format(" ({})", join(flow.functions, ", "));
    at = find(flow.from.node, flow.from.column);
  }
  return text;
}

}  // namespace floe::policy
