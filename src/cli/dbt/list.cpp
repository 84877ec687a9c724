// SPDX-License-Identifier: Apache-2.0
// `floe dbt list`: what a selector selects, as names, selectors, paths or JSON.
#include "base/text.h"
#include "cli/dbt/commands.h"
#include "dbt/manifest/write_manifest.h"
#include "value/json.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::cli {

namespace {

using dbt::Member;
using dbt::ResourceType;

const std::vector<ResourceType> kListed = {
    ResourceType::kModel,    ResourceType::kSnapshot,   ResourceType::kSeed,
    ResourceType::kTest,     ResourceType::kSource,     ResourceType::kExposure,
    ResourceType::kMetric,   ResourceType::kSavedQuery, ResourceType::kSemanticModel,
    ResourceType::kUnitTest, ResourceType::kFunction};

std::string version_text(const value::Value& version, std::string_view sign) {
  if (version.is_null()) return {};
  return std::string(sign) +
         (version.is_string() ? version.as_string() : value::write_json(version));
}

std::string as_selector(const Member& member) {
  const std::string dotted = member.package_name() + "." + member.name();
  switch (member.type) {
    case ResourceType::kSource:
      return fmt::format("source:{}.{}.{}", member.package_name(), member.source->source_name,
                         member.name());
    case ResourceType::kExposure: return "exposure:" + dotted;
    case ResourceType::kMetric: return "metric:" + dotted;
    case ResourceType::kSavedQuery: return "saved_query:" + dotted;
    case ResourceType::kSemanticModel: return "semantic_model:" + dotted;
    case ResourceType::kUnitTest: {
      const value::Value* version = member.resource->data.find("version");
      return "unit_test:" + dotted + (version == nullptr ? "" : version_text(*version, "_v"));
    }
    default: return join(member.fqn(), ".");
  }
}

std::string as_name(const Member& member) {
  if (member.source != nullptr) return member.source->source_name + "." + member.name();
  return member.name() + (member.node == nullptr ? "" : version_text(member.node->version, ".v"));
}

const std::vector<std::string_view> kUsualKeys = {
    "alias",  "name",          "package_name", "depends_on",         "direct_parents", "tags",
    "config", "resource_type", "source_name",  "original_file_path", "unique_id"};

/// What only `ls` tells of a model: the nodes it reads itself.
Result<value::Value> with_direct_parents(const dbt::Node& node, dbt::JsonWriter& json) {
  value::Value object = FLOE_TRY(value::read_json(json.text()));
  object.set("direct_parents", value::Value::texts(node.depends_on_nodes));
  return object;
}

/// The manifest's object of a member.
Result<value::Value> manifest_object(const Member& member) {
  if (member.resource != nullptr) return member.resource->data;
  dbt::JsonWriter json;
  if (member.node != nullptr) {
    dbt::write_node(json, *member.node);
    if (member.type == ResourceType::kModel) return with_direct_parents(*member.node, json);
  } else {
    dbt::write_source(json, *member.source);
  }
  return value::read_json(json.text());
}

Result<std::string> as_json(const Member& member, const std::vector<std::string>& keys) {
  dbt::JsonWriter json;
  json.begin_object();
  // The commonest request needs no look at the rest of the object.
  if (keys.size() == 1 && keys[0] == "unique_id") {
    json.member("unique_id", member.unique_id());
    json.end_object();
    return json.take();
  }
  const value::Value object = FLOE_TRY(manifest_object(member));
  if (keys.empty()) {
    for (const value::Member& entry : object.as_map()) {
      if (std::find(kUsualKeys.begin(), kUsualKeys.end(), entry.key) != kUsualKeys.end()) {
        json.member(entry.key, entry.value);
      }
    }
  }
  for (const std::string& key : keys) {
    const bool nested = key.find('.') != std::string::npos;
    const value::Value* found = nested ? object.find_path(key) : object.find(key);
    if (found != nullptr && (!nested || !found->is_null())) json.member(key, *found);
  }
  json.end_object();
  return json.take();
}

Result<std::string> list_line(const Member& member, const std::string& output,
                              const std::vector<std::string>& keys) {
  if (output == "name") return as_name(member);
  if (output == "path") return member.original_file_path();
  if (output == "json") return as_json(member, keys);
  return as_selector(member);
}

Result<int> list_nodes(DbtTask& task) {
  const DbtCall& call = task.call();
  if (call.args.has("models") && (call.args.has("select") || call.args.has("resource-type"))) {
    return fail(ErrorKind::kUsage, "--models goes neither with --select nor with --resource-type",
                "--models means models only; use --select");
  }
  FLOE_TRY(task.link());
  std::vector<ResourceType> all = kListed;
  all.push_back(ResourceType::kAnalysis);
  const std::vector<ResourceType> types =
      call.args.has("models") ? std::vector{ResourceType::kModel} : task.wanted_types(all, kListed);
  const dbt::Selection selection = FLOE_TRY(task.select(types, true));
  if (selection.nodes.empty()) {
    FLOE_CHECK(task.console().warn({"NoNodesSelected", "No nodes selected!"}));
  }
  std::vector<std::string> keys;
  for (const std::string& word : call.args.values("output-keys")) {
    for (const std::string_view key : split_words(word)) keys.emplace_back(key);
  }
  const std::string output = call.args.value_or("output", "selector");
  for (const std::uint32_t i : selection.nodes.members()) {
    task.console().result(FLOE_TRY(list_line(task.graph().member(i), output, keys)));
  }
  FLOE_CHECK(task.write_manifest());
  return kDbtFine;
}

}  // namespace

int dbt_list(DbtTask& task) {
  const Result<int> done = list_nodes(task);
  return done ? *done : task.report(done.error());
}

}  // namespace floe::cli
