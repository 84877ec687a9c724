// SPDX-License-Identifier: Apache-2.0
#include "fix/plan.h"

#include "base/text.h"
#include "core/config/fields.h"
#include "core/config/migration_plan.h"
#include "fix/fix_names.h"
#include "fix/folder_keys.h"
#include "fix/yaml_edit.h"
#include "value/yaml.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::fix {

using value::Value;

namespace {

/// `present`: the layer that it is in; "" if in none.
std::string folder_in_layer(const core::Platform& target, const std::string& path,
                            const std::string& present, const core::Layer& layer) {
  if (!present.empty() && present != layer.name) {
    std::vector<std::string> parts;
    for (const std::string_view part : split(path, '/')) parts.emplace_back(part);
    for (std::size_t i = parts.size() - 1; i-- > 0;) {
      if (parts[i] != present) continue;
      parts[i] = layer.name;
      return folder_of(join(parts, "/"));
    }
  }
  const std::string moved = path_in_layer(path, target, layer);
  return moved.empty() ? "" : folder_of(moved);
}

void plan_config(PlannedModel& planned, const Placement& place) {
  const auto& allowed = place.layer->materializations;
  const std::string current = place.node->materialized();
  if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), current) == allowed.end()) {
    planned.materialized = sound_materialization(current, allowed);
    if (planned.materialized.empty() && planned.decide.empty()) {
      planned.decide =
          fmt::format("it is {}, and {} allows {}: whether rows may be lost or doubled", current,
                      place.layer->name, list_or(allowed));
    }
  }
  const Value* schema = place.node->config.find("schema");
  const bool names_one = schema != nullptr && schema->is_string();
  const bool is_layers =
      names_one && place.present != nullptr &&
      (schema->as_string() == place.present->schema || schema->as_string() == place.present->name);
  // A schema that only the file's folder sets goes with the folder.
  const bool is_own = place.node->config_call_dict.find("schema") != nullptr;
  if (is_layers && is_own && !place.layer->schema.empty() &&
      schema->as_string() != place.layer->schema) {
    planned.schema = place.layer->schema;
  }
}

}  // namespace

std::vector<PlannedModel> plan_models(const policy::Context& context,
                                      const core::Platform& target) {
  std::vector<PlannedModel> models;
  for (const Placement& place : place_models(context, target)) {
    PlannedModel planned;
    planned.model = place.node->name;
    planned.project = context.project.name;
    planned.present = place.present == nullptr ? "" : place.present->name;
    planned.why = place.why;
    planned.decide = place.open;
    if (place.layer != nullptr) planned.layer = place.layer->name;
    planned.name = place.name;
    if (!place.is_decided()) planned.choices = place.names;
    if (place.layer != nullptr) {
      planned.folder =
          folder_in_layer(target, place.node->original_file_path, planned.present, *place.layer);
      plan_config(planned, place);
    }
    // Versions of a model are one entry.
    const bool known = std::any_of(models.begin(), models.end(), [&](const PlannedModel& other) {
      return other.model == planned.model;
    });
    if (!known) models.push_back(std::move(planned));
  }
  return models;
}

std::string plan_text(const MigrationPlan& plan) {
  std::string out = fmt::format(
      "# Made by `floe migrate generate`. Read it, edit it, then: floe migrate apply FILE\n"
      "# Where it says `decide:`, write `name:` (and `folder:`, `config:`) as it should be and "
      "remove `decide:`.\n"
      "apiVersion: floe.dev/v1\n"
      "kind: MigrationPlan\n"
      "product: {}\n"
      "from: {}\n"
      "to: {}\n",
      scalar_text(plan.product), scalar_text(plan.from), scalar_text(plan.to));
  if (plan.models.empty()) return out + "models: []\n";
  const bool several = std::any_of(
      plan.models.begin(), plan.models.end(),
      [&](const PlannedModel& each) { return each.project != plan.models.front().project; });
  Value models = Value::list();
  for (const PlannedModel& planned : plan.models) {
    Value entry = Value::map();
    entry.set("model", planned.model);
    if (several) entry.set("project", planned.project);
    if (!planned.present.empty()) entry.set("from_layer", planned.present);
    if (!planned.layer.empty()) entry.set("layer", planned.layer);
    if (!planned.name.empty()) entry.set("name", planned.name);
    if (!planned.folder.empty()) entry.set("folder", planned.folder);
    Value config = Value::map();
    if (!planned.materialized.empty()) config.set("materialized", planned.materialized);
    if (!planned.schema.empty()) config.set("schema", planned.schema);
    if (!config.empty()) entry.set("config", std::move(config));
    if (!planned.why.empty()) entry.set("why", planned.why);
    if (!planned.decide.empty()) entry.set("decide", planned.decide);
    if (!planned.choices.empty()) entry.set("choices", Value::texts(planned.choices));
    models.push(std::move(entry));
  }
  Value tail = Value::map();
  tail.set("models", std::move(models));
  for (const std::string& line : block_lines(tail)) out += line + "\n";
  return out;
}

namespace {

std::string plan_member(const Value& entry, std::string_view key) {
  const Value* found = entry.find(key);
  return found != nullptr && found->is_string() ? found->as_string() : "";
}

/// A folder inside the project, written plainly.
bool is_inner_folder(std::string_view folder) {
  if (folder.empty() || folder.starts_with('/') || contains(folder, "\\")) return false;
  for (std::string_view part :
       split(folder.ends_with('/') ? folder.substr(0, folder.size() - 1) : folder, '/')) {
    const bool hidden = part.empty() || part.starts_with('.');
    const bool odd = std::any_of(part.begin(), part.end(), [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || c == ':' || c == '*' || c == '?';
    });
    if (hidden || odd) return false;
  }
  return true;
}

PlannedModel read_planned(const Value& entry, diag::Sink& sink) {
  PlannedModel planned;
  planned.span = entry.find("model")->span;
  planned.model = plan_member(entry, "model");
  planned.project = plan_member(entry, "project");
  planned.present = plan_member(entry, "from_layer");
  planned.layer = plan_member(entry, "layer");
  if (const Value* layer = entry.find("layer")) planned.layer_span = layer->span;
  planned.name = plan_member(entry, "name");
  planned.folder = plan_member(entry, "folder");
  planned.why = plan_member(entry, "why");
  planned.decide = plan_member(entry, "decide");
  if (const Value* config = entry.find("config")) {
    planned.materialized = plan_member(*config, "materialized");
    planned.schema = plan_member(*config, "schema");
  }
  if (planned.name.empty() && entry.find("decide") == nullptr) {
    sink.error("C045", fmt::format("the plan gives '{}' no name", planned.model), planned.span,
               "write name: with the name it gets; the one it has, if it keeps it");
  }
  if (!planned.folder.empty() && !is_inner_folder(planned.folder)) {
    sink.error("C045", fmt::format("'{}' is no folder inside the dbt project", planned.folder),
               entry.find("folder")->span,
               "folders are relative to the dbt project, as models/staging");
  }
  if (!planned.folder.empty() && !planned.folder.ends_with('/')) planned.folder += '/';
  return planned;
}

}  // namespace

MigrationPlan read_plan(const diag::Source& source, diag::Sink& sink) {
  MigrationPlan plan;
  const Value document = value::read_yaml(source, {}, sink);
  if (sink.has_errors() || !config::check_kind(document, "MigrationPlan", sink)) return plan;
  if (!value::check_schema(document, config::migration_plan_schema(), sink)) return plan;
  plan.product = plan_member(document, "product");
  plan.from = plan_member(document, "from");
  plan.to = plan_member(document, "to");
  for (const Value& entry : document.find("models")->as_list()) {
    plan.models.push_back(read_planned(entry, sink));
  }
  std::map<std::pair<std::string, std::string>, const PlannedModel*> models;
  for (const PlannedModel& planned : plan.models) {
    const auto [other, is_new] =
        models.emplace(std::pair(planned.project, planned.model), &planned);
    if (is_new) continue;
    sink.add({.code = "C045",
              .message = fmt::format("'{}' is in the plan twice", planned.model),
              .span = planned.span,
              .labels = {{other->second->span, "the other entry"}},
              .help = "remove one of the two"});
  }
  std::map<std::string, const PlannedModel*> targets;
  for (const PlannedModel& planned : plan.models) {
    if (planned.name.empty()) continue;
    const auto [other, is_new] = targets.emplace(to_lower(planned.name), &planned);
    if (is_new || other->second->project != planned.project) continue;
    sink.add({.code = "C045",
              .message = fmt::format("two models would be called '{}'", planned.name),
              .span = planned.span,
              .labels = {{other->second->span, "the other one"}},
              .help = "give one of them another name"});
  }
  return plan;
}

void place_in_layers(MigrationPlan& plan, const core::Platform& target,
                     const std::vector<const dbt::Project*>& projects, diag::Sink& sink) {
  std::vector<std::string> layers;
  for (const core::Layer& layer : target.layers) layers.push_back(layer.name);
  for (PlannedModel& planned : plan.models) {
    if (planned.layer.empty()) continue;
    const core::Layer* layer = target.find_layer(planned.layer);
    if (layer == nullptr) {
      const std::string near = nearest(planned.layer, layers);
      sink.error(
          "C045",
          fmt::format("the plan puts '{}' into the layer '{}', which {} does not have",
                      planned.model, planned.layer, plan.to),
          planned.layer_span,
          near.empty() ? "it has " + list_and(layers) : fmt::format("did you mean '{}'?", near));
      continue;
    }
    if (!planned.folder.empty() || !planned.decide.empty()) continue;
    for (const dbt::Project* project : projects) {
      if (!planned.project.empty() && planned.project != project->name) continue;
      for (const auto& [id, node] : project->nodes) {
        if (node->type != dbt::ResourceType::kModel || node->package_name != project->name)
          continue;
        if (node->name != planned.model && node->name != planned.name) continue;
        planned.folder = folder_in_layer(target, node->original_file_path, planned.present, *layer);
      }
    }
  }
}

void check_plan_models(const MigrationPlan& plan, const std::vector<const dbt::Project*>& projects,
                       diag::Sink& sink) {
  for (const PlannedModel& planned : plan.models) {
    std::vector<std::string> known;
    bool found = false;
    for (const dbt::Project* project : projects) {
      if (!planned.project.empty() && planned.project != project->name) continue;
      for (const auto& [id, node] : project->nodes) {
        const bool is_own =
            node->type == dbt::ResourceType::kModel && node->package_name == project->name;
        if (!is_own) continue;
        known.push_back(node->name);
        found = found || node->name == planned.model || node->name == planned.name;
      }
    }
    if (found) continue;
    const std::string near = nearest(planned.model, known);
    sink.error("C045", fmt::format("the plan names '{}', which is no model", planned.model),
               planned.span,
               near.empty() ? "remove the entry, or make the plan anew with floe migrate generate"
                            : fmt::format("did you mean '{}'?", near));
  }
}

namespace {

/// Entries that a step may look at.
std::vector<const PlannedModel*> open_entries(const MigrationPlan& plan,
                                              const policy::Context& context) {
  std::vector<const PlannedModel*> entries;
  for (const PlannedModel& planned : plan.models) {
    const bool here = planned.project.empty() || planned.project == context.project.name;
    if (here && planned.decide.empty() && !planned.name.empty()) entries.push_back(&planned);
  }
  return entries;
}

bool plan_names(Tree& tree, const ProjectFolder& folder,
                const std::vector<const PlannedModel*>& entries, const std::string& label,
                const FixOptions& options, Round& round) {
  Names names;
  for (const PlannedModel* planned : entries) {
    if (planned->model == planned->name || folder.named(planned->model).empty()) continue;
    if (options.barred.contains({label, planned->model})) continue;
    names[planned->model] = planned->name;
  }
  const NameIndex index(tree, folder);
  drop_obstructed(tree, folder, index, options, names,
                  [&](const std::string& name, const std::string& reason) {
                    round.refusals.push_back({label, name, reason});
                  });
  if (names.empty()) return false;
  Tree changed_tree = tree;
  auto moves = rename_with_aliases(changed_tree, folder, index, names, options.keep_relations);
  if (!moves) {
    for (const auto& [name, target] : names) {
      round.refusals.push_back({label, name, moves.error().message});
    }
    return false;
  }
  tree = std::move(changed_tree);
  round.moves = std::move(*moves);
  round.names = names;
  for (const auto& [name, target] : names) {
    round.fixes.push_back({label, name, fmt::format("renamed to '{}'", target), false});
  }
  return true;
}

bool plan_folders(Tree& tree, const ProjectFolder& folder,
                  const std::vector<const PlannedModel*>& entries, const std::string& label,
                  const FixOptions& options, Round& round) {
  const auto& roots = folder.loaded.root().model_paths;
  std::vector<std::pair<const PlannedModel*, const dbt::Node*>> moved;
  Tree tried = tree;  // one by one shows which of them can't be made
  for (const PlannedModel* planned : entries) {
    if (planned->folder.empty() || options.barred.contains({label, planned->name})) continue;
    const bool in_models = std::any_of(roots.begin(), roots.end(), [&](const std::string& root) {
      return planned->folder.starts_with(root + "/");
    });
    for (const dbt::Node* node : folder.named(planned->name)) {
      const std::string path = folder.file_of(*node);
      const std::string target =
          folder.prefix + planned->folder + path.substr(folder_of(path).size());
      if (path == target || round.moves.size() >= options.limit) continue;
      const Status done =
          in_models ? tried.move({{path, target}})
                    : Status(fail(ErrorKind::kUsage,
                                  fmt::format("{} is in no folder of models", planned->folder)));
      if (!done) {
        round.refusals.push_back({label, planned->name, done.error().message});
        continue;
      }
      round.moves[path] = target;
      moved.emplace_back(planned, node);
    }
  }
  if (round.moves.empty()) return false;
  Tree changed_tree = tree;
  const std::vector<FolderKey> keys = move_folder_keys(changed_tree, folder, round.moves);
  if (const Status done = changed_tree.move(round.moves); !done) {
    // Each of them could be made by itself.
    round.refusals.push_back({label, "", done.error().message});
    round.moves.clear();
    round.fixes.clear();
    return false;
  }
  tree = std::move(changed_tree);
  for (const auto& [planned, node] : moved) {
    const auto target = round.moves.find(folder.file_of(*node));
    if (target == round.moves.end()) continue;
    round.fixes.push_back(
        {label, planned->name, fmt::format("moved to {}", target->second), false});
  }
  for (const FolderKey& key : keys) {
    round.fixes.push_back(
        {label, "dbt_project.yml", fmt::format("{} is {} now", key.from, key.to), false});
  }
  return !round.fixes.empty();
}

void plan_configs(Tree& tree, const ProjectFolder& folder,
                  const std::vector<const PlannedModel*>& entries, const std::string& label,
                  const FixOptions& options, Round& round) {
  for (const PlannedModel* planned : entries) {
    if (options.barred.contains({label, planned->name})) continue;
    for (const dbt::Node* node : folder.named(planned->name)) {
      for (const auto& [key, wanted] :
           {std::pair<std::string, std::string>{"materialized", planned->materialized},
            {"schema", planned->schema}}) {
        const Value* current = node->config.find(key);
        const bool is_so =
            current != nullptr && current->is_string() && current->as_string() == wanted;
        if (wanted.empty() || is_so || round.fixes.size() >= options.limit) continue;
        tree.checkpoint();
        const Status done = set_model_config(tree, folder, *node, key, wanted);
        if (!done) {
          tree.rollback();
          round.refusals.push_back({label, planned->name, done.error().message});
          continue;
        }
        round.fixes.push_back(
            {label, planned->name, fmt::format("{} is {}", key, wanted), false, {key}});
      }
    }
  }
}

}  // namespace

Round plan_round(Tree& tree, const policy::Context& context, const ProjectFolder& folder,
                 const MigrationPlan& plan, const FixOptions& options) {
  Round round;
  const auto entries = open_entries(plan, context);
  if (plan_names(tree, folder, entries, plan.label, options, round)) return round;
  if (plan_folders(tree, folder, entries, plan.label, options, round)) return round;
  plan_configs(tree, folder, entries, plan.label, options, round);
  return round;
}

}  // namespace floe::fix
