// SPDX-License-Identifier: Apache-2.0
#include "dbt/project/config_builder.h"

#include "base/text.h"

#include <algorithm>
#include <bit>

namespace floe::dbt {

std::string_view project_config_key(ResourceType type, bool corrected_analysis_fqns) {
  switch (type) {
    case ResourceType::kSeed: return "seeds";
    case ResourceType::kSnapshot: return "snapshots";
    case ResourceType::kSource: return "sources";
    case ResourceType::kTest: return "data_tests";
    case ResourceType::kMetric: return "metrics";
    case ResourceType::kSemanticModel: return "semantic-models";
    case ResourceType::kSavedQuery: return "saved-queries";
    case ResourceType::kExposure: return "exposures";
    case ResourceType::kUnitTest: return "unit_tests";
    case ResourceType::kFunction: return "functions";
    case ResourceType::kAnalysis: return corrected_analysis_fqns ? "analyses" : "models";
    default: return "models";
  }
}

namespace {

/// The key whose levels dbt compares as they are written: not always the one it reads. Functions
/// take the models' this way, and two keys are looked for under names that they do not have.
std::string_view unrendered_config_key(ResourceType type, bool corrected_analysis_fqns) {
  switch (type) {
    case ResourceType::kFunction: return "models";
    case ResourceType::kSemanticModel: return "semantic_models";
    case ResourceType::kSavedQuery: return "saved_queries";
    default: return project_config_key(type, corrected_analysis_fqns);
  }
}

}  // namespace

ConfigBuilder::ConfigBuilder(const std::vector<PackageConfig>& packages,
                             bool corrected_analysis_fqns)
    : root_(packages.front().name), corrected_analysis_fqns_(corrected_analysis_fqns) {
  for (const PackageConfig& package : packages) {
    auto& by_type = trees_[package.name];
    for (int i = 0; i < 16; ++i) {
      const auto type = static_cast<ResourceType>(i);
      by_type[i] = {package.rendered.find(project_config_key(type, corrected_analysis_fqns)),
                    package.unrendered.find(unrendered_config_key(type, corrected_analysis_fqns))};
    }
  }
}

const Value* ConfigBuilder::tree(ResourceType type, const std::string& package,
                                 bool rendered) const {
  const auto found = trees_.find(package);
  if (found == trees_.end()) return nullptr;
  const Trees& trees = found->second.at(static_cast<int>(type));
  const Value* value = rendered ? trees.rendered : trees.unrendered;
  return value != nullptr && value->is_map() ? value : nullptr;
}

namespace {

/// The levels of a config tree from the root down the fqn.
std::vector<const Value*> levels_of(const Value* tree, const std::vector<std::string>& fqn) {
  std::vector<const Value*> levels;
  if (tree == nullptr) return levels;
  levels.push_back(tree);
  for (const std::string& step : fqn) {
    tree = tree->find(step);
    if (tree == nullptr || !tree->is_map()) break;
    levels.push_back(tree);
  }
  return levels;
}

/// The configs of one level: "+key", and "key" unless its value is a folder.
Value level_config(const Value& level) {
  Value result = Value::map();
  for (const value::Member& member : level.as_map()) {
    if (member.key.starts_with('+')) {
      result.set(std::string(trim(std::string_view(member.key).substr(1))), member.value);
    } else if (!member.value.is_map()) {
      result.set(member.key, member.value);
    }
  }
  return result;
}

void append_bytes(std::string& out, std::uint64_t number) {
  out.append(reinterpret_cast<const char*>(&number), sizeof number);
}

/// Appends a value so that different ones differ. False if it knows where it stood: then it belongs
/// to one file, and is not for others.
bool append_value(std::string& out, const Value& value) {
  if (value.span) return false;
  out += static_cast<char>(value.kind());
  out += value.quoted ? 'q' : '-';
  switch (value.kind()) {
    case value::Kind::kNull: return true;
    case value::Kind::kBool: out += value.as_bool() ? '1' : '0'; return true;
    case value::Kind::kInt:
      append_bytes(out, static_cast<std::uint64_t>(value.as_int()));
      return true;
    case value::Kind::kFloat:
      append_bytes(out, std::bit_cast<std::uint64_t>(value.as_double()));
      return true;
    case value::Kind::kString:
    case value::Kind::kTimestamp:
      append_bytes(out, value.as_string().size());
      out += value.as_string();
      return true;
    case value::Kind::kList:
      append_bytes(out, value.as_list().size());
      return std::all_of(value.as_list().begin(), value.as_list().end(),
                         [&](const Value& item) { return append_value(out, item); });
    case value::Kind::kMap:
      append_bytes(out, value.as_map().size());
      return std::all_of(value.as_map().begin(), value.as_map().end(),
                         [&](const value::Member& member) {
                           if (member.key_span) return false;
                           append_bytes(out, member.key.size());
                           out += member.key;
                           out += static_cast<char>(member.key_kind);
                           return append_value(out, member.value);
                         });
  }
  return true;
}

/// What a config is made from as text, if another node's can be made from the same.
std::optional<std::string> made_from(char what, ResourceType type,
                                     const std::vector<const Value*>& own, const Value& call,
                                     const Value* patch, const std::vector<const Value*>& root) {
  if (patch != nullptr && patch->is_map() && !patch->empty()) return std::nullopt;
  std::string text = {what, static_cast<char>(type)};
  for (const auto* levels : {&own, &root}) {
    append_bytes(text, levels->size());
    for (const Value* level : *levels) append_bytes(text, reinterpret_cast<std::uintptr_t>(level));
  }
  if (!append_value(text, call)) return std::nullopt;
  return text;
}

}  // namespace

std::optional<ConfigMemory::Config> ConfigMemory::find(const std::string& made_from) const {
  const std::lock_guard lock(mutex_);
  const auto found = configs_.find(made_from);
  if (found == configs_.end()) return std::nullopt;
  return found->second;
}

void ConfigMemory::add(std::string made_from, Config config) {
  const std::lock_guard lock(mutex_);
  configs_.try_emplace(std::move(made_from), std::move(config));
}

ConfigBuilder::Levels ConfigBuilder::levels(ResourceType type, const std::string& package,
                                            const std::vector<std::string>& fqn,
                                            bool rendered) const {
  Levels levels;
  levels.own = levels_of(tree(type, package, rendered), fqn);
  if (package != root_) levels.root = levels_of(tree(type, root_, rendered), fqn);
  return levels;
}

Value ConfigBuilder::build(ResourceType type, const std::string& package,
                           const std::vector<std::string>& fqn, const Value& call,
                           const Value* patch, ConfigFindings& findings) const {
  const Levels from = levels(type, package, fqn, true);
  const auto key = made_from('r', type, from.own, call, patch, from.root);
  if (!key) return merged(type, from, call, patch, findings);
  if (auto known = memory_->find(*key)) {
    findings.given |= known->given;
    return std::move(known->config);
  }
  ConfigFindings found;
  Value config = merged(type, from, call, patch, found);
  // What is wrong is told of every node, each with its own place.
  if (found.problems.empty()) memory_->add(*key, {config, found.given});
  findings.given |= found.given;
  for (ShapeProblem& problem : found.problems) findings.problems.push_back(std::move(problem));
  return config;
}

Value ConfigBuilder::merged(ResourceType type, const Levels& levels, const Value& call,
                            const Value* patch, ConfigFindings& findings) const {
  const ConfigClass& fields = config_class(type);
  Value config = fields.defaults;
  const auto merge_levels = [&](const std::vector<const Value*>& all) {
    for (const Value* level : all) merge_config(fields, config, level_config(*level), findings);
  };
  merge_levels(levels.own);
  if (patch != nullptr && patch->is_map()) merge_config(fields, config, *patch, findings);
  merge_config(fields, config, call, findings);
  merge_levels(levels.root);
  check_config(fields, config, findings);
  if (type == ResourceType::kTest) {
    Value& stored_as = *config.edit("store_failures_as");
    Value& stored = *config.edit("store_failures");
    if (stored_as.is_null()) {
      if (stored.is_bool()) stored_as = Value(stored.as_bool() ? "table" : "ephemeral");
    } else {
      stored = Value(!(stored_as.is_string() && stored_as.as_string() == "ephemeral"));
    }
  }
  return config;
}

Value ConfigBuilder::build_unrendered(ResourceType type, const std::string& package,
                                      const std::vector<std::string>& fqn, const Value& call,
                                      const Value* patch) const {
  const Levels from = levels(type, package, fqn, false);
  auto key = made_from('u', type, from.own, call, patch, from.root);
  if (key) {
    if (auto known = memory_->find(*key)) return std::move(known->config);
  }
  Value config = Value::map();
  for (const Value* level : from.own) config.update(level_config(*level));
  if (patch != nullptr && patch->is_map()) config.update(*patch);
  config.update(call);
  for (const Value* level : from.root) config.update(level_config(*level));
  if (key) memory_->add(std::move(*key), {config});
  return config;
}

}  // namespace floe::dbt
