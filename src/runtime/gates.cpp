// SPDX-License-Identifier: Apache-2.0
#include "runtime/gates.h"

#include "base/hash.h"
#include "base/text.h"
#include "runtime/gate_checks.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace floe::runtime {

namespace {

using value::Value;

/// What a platform's or product's word for on_failure does.
GateEffect effect_named(std::string_view action) {
  return {.block = action == "block", .notify = action == "notify"};
}

/// Both effects: whichever blocks, blocks; whichever notifies, notifies.
GateEffect stricter(GateEffect a, GateEffect b) {
  return {.block = a.block || b.block, .notify = a.notify || b.notify};
}

std::vector<std::string> texts_of(const Value* value) {
  std::vector<std::string> texts;
  if (value == nullptr) return texts;
  if (value->is_string()) texts.push_back(value->as_string());
  if (!value->is_list()) return texts;
  for (const Value& item : value->as_list()) {
    if (item.is_string()) texts.push_back(item.as_string());
  }
  return texts;
}

bool any_matches(const std::vector<std::string>& patterns, const std::string& text) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return glob_match(pattern, text); });
}

/// Whether a gate is about a node: layer, tags and models of its scope all have to agree.
bool in_scope(const config::Gate& gate, const dbt::Node& node, const core::Platform& platform) {
  const std::vector<std::string> layers = texts_of(gate.scope.find("layer"));
  const std::vector<std::string> tags = texts_of(gate.scope.find("tags"));
  const std::vector<std::string> models = texts_of(gate.scope.find("models"));
  if (!layers.empty()) {
    const core::Layer* layer = platform.layer_of(node.name);
    if (layer == nullptr || !any_matches(layers, layer->name)) return false;
  }
  if (!tags.empty() && std::none_of(node.tags.begin(), node.tags.end(),
                                    [&](const auto& tag) { return any_matches(tags, tag); })) {
    return false;
  }
  return models.empty() || any_matches(models, node.name);
}

/// A name for use in identifiers and file names.
std::string plain_name(std::string_view text) {
  std::string name;
  for (const char c : to_lower(text)) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (word) {
      name += c;
    } else if (!name.empty() && name.back() != '_') {
      name += '_';
    }
  }
  while (name.ends_with('_')) name.pop_back();
  return name;
}

/// `ref('orders')` or `ref('orders', v=2)` for a node.
std::string ref_call(const dbt::Node& node) {
  std::string call = fmt::format("ref('{}', '{}'", node.package_name, node.name);
  if (node.version.is_int()) call += fmt::format(", v={}", node.version.as_int());
  if (node.version.is_string()) call += fmt::format(", v='{}'", node.version.as_string());
  return call + ")";
}

/// The config of a data test with all keys that dbt writes.
Value test_config(std::string_view severity) {
  Value config = Value::map();
  config.set("enabled", true);
  config.set("alias", nullptr);
  config.set("schema", "dbt_test__audit");
  config.set("database", nullptr);
  config.set("tags", Value::list());
  config.set("meta", Value::map());
  config.set("group", nullptr);
  config.set("materialized", "test");
  config.set("severity", severity);
  config.set("store_failures", nullptr);
  config.set("store_failures_as", nullptr);
  config.set("where", nullptr);
  config.set("limit", nullptr);
  config.set("fail_calc", "count(*)");
  config.set("warn_if", "!= 0");
  config.set("error_if", "!= 0");
  return config;
}

/// Nodes that a check's own SQL refers to: the names in its ref('…') calls.
std::vector<const dbt::Node*> referenced(const std::string& sql, const dbt::Project& project) {
  std::set<std::string> names;
  for (std::size_t at = sql.find("ref("); at != std::string::npos; at = sql.find("ref(", at + 1)) {
    const std::size_t end = sql.find(')', at);
    const std::string_view inside = std::string_view(sql).substr(at + 4, end - at - 4);
    for (const std::string_view part : split(inside, ',')) {
      const std::string_view word = trim(part);
      if (word.size() > 2 && (word[0] == '\'' || word[0] == '"')) {
        names.emplace(word.substr(1, word.size() - 2));
      }
    }
  }
  std::vector<const dbt::Node*> nodes;
  for (const auto& [id, node] : project.nodes) {
    if (node->is_refable() && names.count(node->name) > 0) nodes.push_back(node.get());
  }
  return nodes;
}

/// One check of a gate on one model, as a singular data test.
std::unique_ptr<dbt::Node> gate_test(const dbt::Project& project, const config::Gate& gate,
                                     const GateCheck& check, const dbt::Node& model,
                                     std::string_view severity) {
  auto test = std::make_unique<dbt::Node>();
  const std::string digest = xxh128_hex(gate.name + "\n" + check.sql).substr(0, 8);
  test->type = dbt::ResourceType::kTest;
  test->package_name = project.name;
  test->name =
      fmt::format("gate_{}_{}_{}_{}", plain_name(gate.name), check.type, model.name, digest);
  test->unique_id = fmt::format("test.{}.{}", project.name, test->name);
  test->alias = test->name;
  test->path = fmt::format("gates/{}.sql", test->name);
  test->original_file_path = test->path;
  test->root_path = project.root;
  test->fqn = {project.name, "gates", test->name};
  test->database = model.database;
  test->schema = model.schema + "_dbt_test__audit";
  test->description = fmt::format("{}: {}", gate.name, check.summary);
  test->config = test_config(severity);
  test->docs = Value::map();
  test->docs.set("show", true);
  test->docs.set("node_color", nullptr);
  test->attached_node = model.unique_id;
  test->span = gate.span;
  test->raw_code = replace_all(check.sql, "{model}", "{{ " + ref_call(model) + " }}");
  test->checksum = {"sha256", sha256_hex(test->raw_code)};
  std::set<std::string> parents = {model.unique_id};
  for (const dbt::Node* node : referenced(test->raw_code, project)) parents.insert(node->unique_id);
  test->depends_on_nodes.assign(parents.begin(), parents.end());
  for (const std::string& id : parents) {
    const dbt::Node* node = project.find_node(id);
    dbt::RefArgs ref;
    ref.name = node->name;
    ref.package = node->package_name;
    ref.version = node->version;
    test->refs.push_back(std::move(ref));
  }
  return test;
}

/// The models, seeds and snapshots that a test looks at.
std::vector<const dbt::Node*> tested_nodes(const dbt::Node& test, const dbt::Project& project) {
  std::vector<const dbt::Node*> nodes;
  for (const std::string& id : test.depends_on_nodes) {
    const dbt::Node* node = project.find_node(id);
    if (node != nullptr && node->is_refable()) nodes.push_back(node);
  }
  return nodes;
}

std::vector<GateCheck> read_checks(const config::Gate& gate, diag::Sink& sink) {
  std::vector<GateCheck> checks;
  if (!gate.checks.is_list()) return checks;
  for (const Value& entry : gate.checks.as_list()) {
    std::optional<GateCheck> check = read_gate_check(entry, gate.name, sink);
    if (check) checks.push_back(std::move(*check));
  }
  return checks;
}

/// The effect of a gate's own checks. The product can only be stricter than its platform.
GateEffect gate_effect(const config::Gate& gate, GateEffect platform) {
  if (gate.on_failure.empty()) return platform;
  return stricter(effect_named(gate.on_failure), {platform.block, platform.notify});
}

bool platform_sets(const core::Platform& platform, std::string_view field) {
  const auto it = platform.provenance.find("governance.quality_gates." + std::string(field));
  return it != platform.provenance.end() && !it->second.location.empty();
}

}  // namespace

GateEffect platform_effect(const core::Platform& platform, const config::DataProduct& product) {
  const core::QualityGates& gates = platform.quality_gates;
  // Without a word from the platform a failing test is what it is for dbt.
  GateEffect effect;
  if (platform_sets(platform, "on_failure") || gates.block_on_failure) {
    effect = effect_named(core::gate_action_name(gates.on_failure));
    effect.block = effect.block || gates.block_on_failure;
  }
  const Value* action = product.tightenings.find_path("governance.quality_gates.on_failure");
  if (action != nullptr && action->is_string()) {
    effect = stricter(effect, effect_named(action->as_string()));
  }
  const Value* block = product.tightenings.find_path("governance.quality_gates.block_on_failure");
  if (block != nullptr && block->is_bool() && block->as_bool()) effect.block = true;
  return effect;
}

GatePlan plan_gates(const core::Platform& platform, const config::DataProduct& product,
                    dbt::Project& project, diag::Sink& sink) {
  GatePlan plan;
  const GateEffect usual = platform_effect(platform, product);
  for (auto& [id, node] : project.nodes) {
    if (node->type != dbt::ResourceType::kTest) continue;
    GateEffect effect = usual;
    for (const dbt::Node* tested : tested_nodes(*node, project)) {
      for (const config::Gate& gate : product.gates) {
        const bool says = !gate.on_failure.empty() && in_scope(gate, *tested, platform);
        if (says) effect = stricter(effect, effect_named(gate.on_failure));
      }
    }
    if (!effect.block) node->config.set("severity", "warn");
    plan.effects.emplace(id, effect);
  }
  std::vector<std::unique_ptr<dbt::Node>> added;
  for (const config::Gate& gate : product.gates) {
    const GateEffect effect = gate_effect(gate, usual);
    for (const GateCheck& check : read_checks(gate, sink)) {
      for (const auto& [id, node] : project.nodes) {
        const bool own = node->is_refable() && project.is_own(node->package_name) &&
                         node->materialized() != "ephemeral";
        if (!own || !in_scope(gate, *node, platform)) continue;
        added.push_back(gate_test(project, gate, check, *node, effect.block ? "ERROR" : "warn"));
        plan.effects.emplace(added.back()->unique_id, effect);
        plan.gate_tests.emplace(added.back()->unique_id, added.back()->description);
      }
    }
  }
  for (std::unique_ptr<dbt::Node>& test : added) {
    const std::string id = test->unique_id;
    project.nodes.emplace(id, std::move(test));
  }
  return plan;
}

void check_gates(const config::DataProduct& product, diag::Sink& sink) {
  for (const config::Gate& gate : product.gates) read_checks(gate, sink);
}

}  // namespace floe::runtime
