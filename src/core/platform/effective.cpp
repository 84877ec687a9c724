// SPDX-License-Identifier: Apache-2.0
#include "core/platform/effective.h"

#include "core/platform/document.h"
#include "core/platform/patterns.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace floe::core {

namespace {

using value::Member;
using value::Value;

/// Reads one section: each function leaves its target alone if the field is not there.
class SectionReader {
 public:
  explicit SectionReader(const Value* section) : section_(section) {}

  SectionReader at(std::string_view path) const {
    return SectionReader(section_ == nullptr ? nullptr : section_->find_path(path));
  }
  bool has(std::string_view path) const { return find(path) != nullptr; }

  void text(std::string_view path, std::string& target) const {
    const Value* found = find(path);
    if (found != nullptr && found->is_string()) target = found->as_string();
  }
  void flag(std::string_view path, bool& target) const {
    const Value* found = find(path);
    if (found != nullptr && found->is_bool()) target = found->as_bool();
  }
  void number(std::string_view path, double& target) const {
    const Value* found = find(path);
    if (found != nullptr && found->is_number()) target = found->as_double();
  }
  /// A list of texts, or one text as a list of one; numbers become text.
  void texts(std::string_view path, std::vector<std::string>& target) const {
    const Value* found = find(path);
    if (found == nullptr) return;
    std::vector<std::string> texts;
    const auto add = [&](const Value& item) {
      if (item.is_string()) texts.push_back(item.as_string());
      if (item.is_int()) texts.push_back(std::to_string(item.as_int()));
    };
    if (found->is_list()) {
      std::for_each(found->as_list().begin(), found->as_list().end(), add);
    } else {
      add(*found);
    }
    target = std::move(texts);
  }
  void map(std::string_view path, Value& target) const {
    const Value* found = find(path);
    if (found != nullptr && found->is_map()) target = *found;
  }
  void list(std::string_view path, Value& target) const {
    const Value* found = find(path);
    if (found != nullptr && found->is_list()) target = *found;
  }
  void enforcement(std::string_view path, Enforcement& target) const {
    std::string word;
    text(path, word);
    if (word == "off") target = Enforcement::kOff;
    if (word == "warn") target = Enforcement::kWarn;
    if (word == "strict") target = Enforcement::kStrict;
  }
  void gate_action(std::string_view path, GateAction& target) const {
    std::string word;
    text(path, word);
    if (word == "notify") target = GateAction::kNotify;
    if (word == "warn") target = GateAction::kWarn;
    if (word == "block") target = GateAction::kBlock;
  }
  /// Members that are keys of the file, not comments of its writer.
  std::vector<const Member*> members() const {
    std::vector<const Member*> members;
    if (section_ == nullptr || !section_->is_map()) return members;
    for (const Member& member : section_->as_map()) {
      if (!member.key.starts_with("x-")) members.push_back(&member);
    }
    return members;
  }

 private:
  const Value* find(std::string_view path) const {
    return section_ == nullptr ? nullptr : section_->find_path(path);
  }
  const Value* section_;
};

void read_plugins(const SectionReader& document, Platform& platform) {
  for (const Member* member : document.at("plugins").members()) {
    const SectionReader plugin(&member->value);
    PluginChoice& chosen = platform.plugins[member->key];
    plugin.text("type", chosen.type);
    plugin.text("version", chosen.version);
    plugin.map("config", chosen.config);
    plugin.text("connection_secret_ref", chosen.connection_secret_ref);
  }
  for (const Member* member : document.at("approved_plugins").members()) {
    document.at("approved_plugins").texts(member->key, platform.approved_plugins[member->key]);
  }
}

void read_layer(const SectionReader& written, Layer& layer) {
  written.texts("prefix", layer.prefixes);
  written.text("description", layer.description);
  written.text("schema", layer.schema);
  written.text("catalog_namespace", layer.catalog_namespace);
  written.texts("materializations", layer.materializations);
  written.texts("may_depend_on", layer.may_depend_on);
  written.texts("quality_gates.required_tests", layer.required_tests);
  double coverage = 0;
  written.number("quality_gates.minimum_coverage", coverage);
  if (written.has("quality_gates.minimum_coverage")) layer.minimum_coverage = coverage;
  written.flag("quality_gates.required_documentation", layer.required_documentation);
  written.texts("scd.types_allowed", layer.scd_types_allowed);
  std::vector<std::string> default_type;
  written.texts("scd.default_type", default_type);
  if (!default_type.empty()) layer.scd_default_type = default_type.front();
}

/// A layer that no pattern knows reads itself and all layers before it; the first reads sources.
std::vector<std::string> usual_dependencies(const std::vector<Layer>& before,
                                            const std::string& name) {
  std::vector<std::string> names;
  if (before.empty()) names.emplace_back("source");
  for (const Layer& layer : before) names.push_back(layer.name);
  names.push_back(name);
  return names;
}

void read_architecture(const SectionReader& document, Platform& platform) {
  const SectionReader section = document.at("data_architecture");
  section.text("pattern", platform.pattern);
  section.enforcement("enforcement", platform.architecture_enforcement);
  section.map("data_vault", platform.data_vault);
  platform.layers = pattern_layers(platform.pattern);
  for (const Member* member : section.at("layers").members()) {
    const SectionReader written(&member->value);
    auto found = std::find_if(platform.layers.begin(), platform.layers.end(),
                              [&](const Layer& layer) { return layer.name == member->key; });
    if (found == platform.layers.end()) {
      Layer added;
      added.name = member->key;
      added.may_depend_on = usual_dependencies(platform.layers, member->key);
      found = platform.layers.insert(platform.layers.end(), std::move(added));
    }
    read_layer(written, *found);
  }
  const SectionReader naming = section.at("naming");
  naming.enforcement("enforcement", platform.naming.enforcement);
  naming.text("case", platform.naming.case_style);
  double length = 0;
  naming.number("max_length", length);
  if (naming.has("max_length")) platform.naming.max_length = static_cast<std::int64_t>(length);
  naming.texts("reserved", platform.naming.reserved);
  NamingPatterns& patterns = platform.naming.patterns;
  naming.text("patterns.models", patterns.models);
  naming.text("patterns.columns", patterns.columns);
  naming.text("patterns.sources", patterns.sources);
  naming.text("patterns.seeds", patterns.seeds);
  naming.text("patterns.snapshots", patterns.snapshots);
}

void read_quality_gates(const SectionReader& section, QualityGates& gates) {
  section.enforcement("enforcement", gates.enforcement);
  section.number("minimum_test_coverage", gates.minimum_test_coverage);
  section.flag("count_inferred_columns", gates.count_inferred_columns);
  section.texts("required_tests", gates.required_tests);
  section.flag("block_on_failure", gates.block_on_failure);
  gates.on_failure = GateAction::kWarn;
  section.gate_action("on_failure", gates.on_failure);
  // A lower tier may have set the one and a higher one the other: the stricter counts.
  if (gates.block_on_failure) gates.on_failure = GateAction::kBlock;
  gates.block_on_failure = gates.on_failure == GateAction::kBlock;
  Value notify = Value::list();
  section.list("notify", notify);
  gates.notify = std::move(notify.as_list());
  for (const Member* member : section.at("by_classification").members()) {
    gates.by_classification[member->key] = member->value;
  }
}

/// Asking for something without saying how strictly means strictly.
void read_enforcement_of(const SectionReader& section, bool asks, Enforcement& enforcement) {
  if (asks) enforcement = Enforcement::kStrict;
  section.enforcement("enforcement", enforcement);
}

void read_governance(const SectionReader& document, Platform& platform) {
  const SectionReader section = document.at("governance");
  read_quality_gates(section.at("quality_gates"), platform.quality_gates);
  Documentation& documentation = platform.documentation;
  const SectionReader described = section.at("documentation");
  described.flag("require_model_descriptions", documentation.require_model_descriptions);
  described.flag("require_column_descriptions", documentation.require_column_descriptions);
  described.flag("require_source_descriptions", documentation.require_source_descriptions);
  described.flag("require_port_descriptions", documentation.require_port_descriptions);
  described.flag("require_exposure_descriptions", documentation.require_exposure_descriptions);
  read_enforcement_of(
      described,
      documentation.require_model_descriptions || documentation.require_column_descriptions ||
          documentation.require_source_descriptions || documentation.require_port_descriptions ||
          documentation.require_exposure_descriptions,
      documentation.enforcement);
  const SectionReader owned = section.at("ownership");
  owned.flag("require_product_owner", platform.ownership.require_product_owner);
  owned.flag("require_model_owner", platform.ownership.require_model_owner);
  owned.flag("require_port_owner", platform.ownership.require_port_owner);
  read_enforcement_of(owned,
                      platform.ownership.require_product_owner ||
                          platform.ownership.require_model_owner ||
                          platform.ownership.require_port_owner,
                      platform.ownership.enforcement);
  section.at("sql").enforcement("enforcement", platform.sql_enforcement);
  section.at("sql").enforcement("errors", platform.sql_errors);
  const SectionReader agreed = section.at("contracts");
  agreed.enforcement("enforcement", platform.contracts.enforcement);
  agreed.flag("required_for_output_ports", platform.contracts.required_for_output_ports);
  agreed.texts("required_for_layers", platform.contracts.required_for_layers);
  agreed.text("compatibility", platform.contracts.compatibility);
  section.map("classification", platform.classification);
  section.map("access_control", platform.access_control);
  section.map("retention", platform.retention);
  section.map("cost", platform.cost);
  section.flag("include_hub_packages", platform.include_hub_packages);
  section.list("custom_rules", platform.custom_rules);
  section.list("waivers", platform.waivers);
}

EnvironmentType environment_type(const std::string& word) {
  if (word == "preview") return EnvironmentType::kPreview;
  if (word == "staging") return EnvironmentType::kStaging;
  if (word == "production") return EnvironmentType::kProduction;
  return EnvironmentType::kDevelopment;
}

void read_environments(const SectionReader& document, Platform& platform) {
  for (const Member* member : document.at("environments").members()) {
    const SectionReader written(&member->value);
    Environment& environment = platform.environments.emplace_back();
    environment.name = member->key;
    std::string type;
    written.text("type", type);
    environment.type = environment_type(type);
    written.text("schema_prefix", environment.schema_prefix);
    written.map("endpoints", environment.endpoints);
    if (member->value.is_map()) environment.settings = member->value;
    for (const char* told : {"type", "schema_prefix", "endpoints"}) {
      environment.settings.erase(told);
    }
  }
}

void record_provenance(const config::Manifest& manifest, const diag::SourceMap& sources,
                       Platform& platform) {
  for (auto& [path, location] : set_locations(manifest.document, sources)) {
    // The tests are of the manifest, not of the platform: another test is no other version.
    if (path == "tests" || path.starts_with("tests.")) continue;
    platform.provenance[path] = {manifest.tier(), location};
  }
  // What a pattern brings was set where the pattern was chosen.
  const auto pattern = platform.provenance.find("data_architecture.pattern");
  if (pattern == platform.provenance.end()) return;
  const Provenance chosen = pattern->second;
  for (const Layer& layer : pattern_layers(platform.pattern)) {
    const std::string path = "data_architecture.layers." + layer.name;
    for (const char* field : {".prefix", ".may_depend_on", ".description"}) {
      platform.provenance.try_emplace(path + field, chosen);
    }
    platform.provenance.try_emplace(path, chosen);
  }
  platform.provenance.try_emplace("data_architecture.layers", chosen);
}

}  // namespace

namespace {

/// Calls `visit(path, span)` for each key of a manifest's document and for each item that has a
/// name; the span is that of the key or name.
using PathVisitor = std::function<void(const std::string& path, diag::Span span)>;

void walk_paths(const Value& value, const value::Schema* schema, const std::string& path,
                const PathVisitor& visit) {
  const auto below = [&](const std::string& key) { return path.empty() ? key : path + "." + key; };
  if (value.is_list() && schema != nullptr && !schema->unique_field.empty()) {
    for (const Value& item : value.as_list()) {
      const Value* name = item.find(schema->unique_field);
      if (name != nullptr && name->is_string()) visit(below(name->as_string()), name->span);
    }
  }
  if (!value.is_map()) return;
  for (const Member& member : value.as_map()) {
    const value::Field* field = schema == nullptr ? nullptr : schema->find(member.key);
    const value::Schema* inner = field != nullptr    ? &field->schema
                                 : schema != nullptr ? schema->items.get()
                                                     : nullptr;
    visit(below(member.key), member.key_span);
    walk_paths(member.value, inner, below(member.key), visit);
  }
}

}  // namespace

std::map<std::string, std::string> set_locations(const value::Value& document,
                                                 const diag::SourceMap& sources) {
  std::map<std::string, std::string> locations;
  walk_paths(
      document, &config::manifest_schema(), "", [&](const std::string& path, diag::Span span) {
        const auto position = sources.locate(span);
        if (!position) return;
        locations[path] = fmt::format("{}:{}:{}", position->path, position->line, position->column);
      });
  return locations;
}

std::set<std::string> document_paths(const value::Value& document) {
  std::set<std::string> paths;
  walk_paths(document, &config::manifest_schema(), "",
             [&](const std::string& path, diag::Span) { paths.insert(path); });
  return paths;
}

Platform make_platform(const config::Manifest& manifest, const diag::SourceMap& sources) {
  Platform platform;
  platform.name = manifest.name;
  platform.version = manifest.version;
  platform.scope = manifest.scope;
  platform.owner = manifest.owner;
  platform.description = manifest.description;
  const SectionReader document(&manifest.document);
  read_plugins(document, platform);
  read_architecture(document, platform);
  read_governance(document, platform);
  read_environments(document, platform);
  document.list("catalog.namespaces", platform.namespaces);
  document.map("catalog.schema_registry", platform.schema_registry);
  document.map("artifacts", platform.artifacts);
  record_provenance(manifest, sources, platform);
  platform.document = effective_document(manifest.document, platform);
  return platform;
}

}  // namespace floe::core
