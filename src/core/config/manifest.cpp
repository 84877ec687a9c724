// SPDX-License-Identifier: Apache-2.0
#include "core/config/manifest.h"

#include "base/text.h"
#include "core/config/fields.h"
#include "core/config/secrets.h"
#include "core/platform/patterns.h"
#include "value/yaml.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace floe::config {

namespace {

using value::Member;
using value::Value;

std::string text_at(const Value& document, std::string_view path) {
  const Value* found = document.find_path(path);
  return found != nullptr && found->is_string() ? found->as_string() : "";
}

diag::Span span_at(const Value& document, std::string_view path) {
  const Value* found = document.find_path(path);
  return found == nullptr ? diag::Span() : found->span;
}

/// The members of a mapping at a path; none if there is no such mapping.
const Value::Map& members_at(const Value& document, std::string_view path) {
  static const Value::Map kNone;
  const Value* found = document.find_path(path);
  return found != nullptr && found->is_map() ? found->as_map() : kNone;
}

const Value::List& items_at(const Value& document, std::string_view path) {
  static const Value::List kNone;
  const Value* found = document.find_path(path);
  return found != nullptr && found->is_list() ? found->as_list() : kNone;
}

/// The key `name` of the top level, to point at.
diag::Span key_span(const Value& document, std::string_view name) {
  for (const Member& member : document.as_map()) {
    if (member.key == name) return member.key_span;
  }
  return {};
}

void check_tier(const Manifest& manifest, diag::Sink& sink) {
  const Value& document = manifest.document;
  const diag::Span scope = span_at(document, "metadata.scope");
  const bool is_domain = manifest.scope == "domain";
  for (const char* section : {"parent", "domain"}) {
    const bool given = document.find(section) != nullptr;
    if (given == is_domain) continue;
    sink.add({.code = "C024",
              .message = is_domain ? fmt::format("scope 'domain' needs '{}'", section)
                                   : fmt::format("'{}' is for scope 'domain'", section),
              .span = is_domain ? scope : key_span(document, section),
              .help = is_domain ? "a domain tier says what it inherits from (parent.ref) and which "
                                  "domain it is (domain.name, domain.namespace)"
                                : "an enterprise platform inherits from nothing; set "
                                  "metadata.scope to domain, or remove the section"});
  }
  if (is_domain && document.find("domains") != nullptr) {
    sink.add({.code = "C024",
              .message = "'domains' is for scope 'enterprise'",
              .span = key_span(document, "domains"),
              .help = "the enterprise platform registers the domains"});
  }
}

/// Reports a text that is none of `known`.
void check_known(const Value& name, const std::vector<std::string>& known, std::string_view what,
                 diag::Sink& sink) {
  if (!name.is_string()) return;
  const std::string& text = name.as_string();
  if (std::find(known.begin(), known.end(), text) != known.end()) return;
  const std::string near = nearest(text, known);
  sink.add({.code = "C027",
            .message = fmt::format("there is no {} '{}'", what, text),
            .span = name.span,
            .expected = list_or(known),
            .help = near.empty() ? "" : fmt::format("did you mean '{}'?", near)});
}

/// Names of the pattern's layers and of those the manifest adds.
std::vector<std::string> layer_names(const Value& document) {
  std::vector<std::string> names;
  for (const core::Layer& layer :
       core::pattern_layers(text_at(document, "data_architecture.pattern"))) {
    names.push_back(layer.name);
  }
  for (const Member& member : members_at(document, "data_architecture.layers")) {
    if (std::find(names.begin(), names.end(), member.key) == names.end()) {
      names.push_back(member.key);
    }
  }
  return names;
}

/// Prefixes of a layer as written: one text or a list.
std::vector<const Value*> written_prefixes(const Value& layer) {
  std::vector<const Value*> prefixes;
  const Value* prefix = layer.find("prefix");
  if (prefix == nullptr) return prefixes;
  if (prefix->is_string()) prefixes.push_back(prefix);
  if (prefix->is_list()) {
    for (const Value& item : prefix->as_list()) {
      if (item.is_string()) prefixes.push_back(&item);
    }
  }
  return prefixes;
}

void check_prefixes(const Value& document, diag::Sink& sink) {
  const auto defaults = core::pattern_layers(text_at(document, "data_architecture.pattern"));
  std::map<std::string, std::string> layer_of;  // by prefix
  const Value::Map& written = members_at(document, "data_architecture.layers");
  const auto own_prefixes = [&](const std::string& layer) {
    return std::any_of(written.begin(), written.end(), [&](const Member& member) {
      return member.key == layer && member.value.find("prefix") != nullptr;
    });
  };
  for (const core::Layer& layer : defaults) {
    if (own_prefixes(layer.name)) continue;
    for (const std::string& prefix : layer.prefixes) layer_of[prefix] = layer.name;
  }
  for (const Member& member : written) {
    const auto prefixes = written_prefixes(member.value);
    const bool has_default =
        std::any_of(defaults.begin(), defaults.end(),
                    [&](const core::Layer& layer) { return layer.name == member.key; });
    if (prefixes.empty() && !has_default && member.value.is_map() &&
        member.value.find("prefix") == nullptr) {
      sink.add(
          {.code = "C012",
           .message = fmt::format("'data_architecture.layers.{}.prefix' is missing", member.key),
           .span = member.key_span,
           .help = "a layer that the pattern does not know needs a prefix: models are "
                   "recognized by it"});
    }
    for (const Value* prefix : prefixes) {
      const auto [entry, is_new] = layer_of.try_emplace(prefix->as_string(), member.key);
      if (is_new || entry->second == member.key) continue;
      sink.add({.code = "C028",
                .message = fmt::format("the prefix '{}' belongs to layer '{}' and to layer '{}'",
                                       prefix->as_string(), entry->second, member.key),
                .span = prefix->span,
                .help = "give each layer prefixes of its own"});
    }
  }
}

void check_layers(const Value& document, diag::Sink& sink) {
  const std::vector<std::string> names = layer_names(document);
  std::vector<std::string> sources = names;
  sources.emplace_back("source");
  for (const Member& member : members_at(document, "data_architecture.layers")) {
    for (const Value& upstream : items_at(member.value, "may_depend_on")) {
      check_known(upstream, sources, "layer", sink);
    }
    const Value* chosen = member.value.find_path("scd.default_type");
    const Value::List& allowed = items_at(member.value, "scd.types_allowed");
    if (chosen != nullptr && !allowed.empty() &&
        std::find(allowed.begin(), allowed.end(), *chosen) == allowed.end()) {
      sink.add({.code = "C028",
                .message = fmt::format(
                    "layer '{}' begins with a history type that it does not allow", member.key),
                .span = chosen->span});
    }
  }
  for (const Value& layer : items_at(document, "governance.classification.required_for")) {
    check_known(layer, names, "layer", sink);
  }
  for (const Value& layer : items_at(document, "governance.contracts.required_for_layers")) {
    check_known(layer, names, "layer", sink);
  }
  for (const Member& member : members_at(document, "governance.retention.layers")) {
    Value name(member.key);
    name.span = member.key_span;
    check_known(name, names, "layer", sink);
  }
  for (const Value& space : items_at(document, "catalog.namespaces")) {
    if (const Value* layer = space.find("layer")) check_known(*layer, names, "layer", sink);
  }
  check_prefixes(document, sink);
}

void check_classification(const Value& document, diag::Sink& sink) {
  std::vector<std::string> levels;
  for (const Value& level : items_at(document, "governance.classification.levels")) {
    if (level.is_string()) levels.push_back(level.as_string());
  }
  if (levels.empty()) return;
  const auto check = [&](const Value* level) {
    if (level != nullptr) check_known(*level, levels, "classification level", sink);
  };
  const auto check_keys = [&](std::string_view path) {
    for (const Member& member : members_at(document, path)) {
      Value name(member.key);
      name.span = member.key_span;
      check(&name);
    }
  };
  check(document.find_path("governance.classification.default_level"));
  for (const Member& tag : members_at(document, "governance.classification.tags")) {
    check(tag.value.find("level"));
  }
  for (const Value& hint : items_at(document, "governance.classification.auto_detect")) {
    check(hint.find("level"));
  }
  for (const Value& grant : items_at(document, "governance.access_control.grants")) {
    check(grant.find("classification"));
  }
  for (const Value& mask : items_at(document, "governance.access_control.column_masks")) {
    check(mask.find("classification"));
  }
  check_keys("governance.quality_gates.by_classification");
  check_keys("governance.retention.classifications");
}

void check_roles(const Value& document, diag::Sink& sink) {
  std::vector<std::string> roles;
  for (const Member& role : members_at(document, "governance.access_control.roles")) {
    roles.push_back(role.key);
  }
  if (roles.empty()) return;
  for (const char* section : {"grants", "row_filters", "column_masks"}) {
    for (const Value& entry :
         items_at(document, std::string("governance.access_control.") + section)) {
      if (const Value* role = entry.find("role")) check_known(*role, roles, "role", sink);
    }
  }
  for (const Member& group : members_at(document, "governance.access_control.groups")) {
    if (!group.value.is_list()) continue;
    for (const Value& role : group.value.as_list()) check_known(role, roles, "role", sink);
  }
}

void check_plugins(const Value& document, diag::Sink& sink) {
  for (const Member& plugin : members_at(document, "plugins")) {
    const Value* type = plugin.value.find("type");
    const Value::List& approved = items_at(document, "approved_plugins." + plugin.key);
    if (type == nullptr || !type->is_string() || approved.empty()) continue;
    if (std::find(approved.begin(), approved.end(), *type) != approved.end()) continue;
    sink.add({.code = "C028",
              .message = fmt::format("'plugins.{}.type' is '{}', which approved_plugins.{} lacks",
                                     plugin.key, type->as_string(), plugin.key),
              // An inherited choice has no place in this file.
              .span = type->span ? type->span : approved.front().span,
              .labels = {{approved.front().span, "the approved ones begin here"}},
              .help = "what a platform chooses itself is approved, too: add it to the list"});
  }
}

void check_gates(const Value& document, diag::Sink& sink) {
  const Value* block = document.find_path("governance.quality_gates.block_on_failure");
  const Value* action = document.find_path("governance.quality_gates.on_failure");
  if (block == nullptr || action == nullptr || !block->is_bool() || !action->is_string()) return;
  if (block->as_bool() && action->as_string() != "block") {
    sink.add({.code = "C028",
              .message = fmt::format("on_failure is '{}' although block_on_failure is true",
                                     action->as_string()),
              .span = action->span,
              .labels = {{block->span, "set to true here"}},
              .help = "remove one of the two"});
  }
}

void check_signing(const Value& document, diag::Sink& sink) {
  const Value* signing = document.find_path("artifacts.signing");
  if (signing == nullptr) return;
  const std::string mode = text_at(*signing, "mode");
  const std::string_view needed = mode == "key"        ? "key_ref"
                                  : mode == "keyless"  ? "identity"
                                  : mode == "external" ? "command"
                                                       : "";
  if (needed.empty() || signing->find(needed) != nullptr) return;
  sink.add({.code = "C012",
            .message = fmt::format("'artifacts.signing.{}' is missing", needed),
            .span = span_at(*signing, "mode"),
            .help = fmt::format("mode '{}' needs it", mode)});
}

void fill_identity(Manifest& manifest) {
  const Value& document = manifest.document;
  manifest.name = text_at(document, "metadata.name");
  manifest.version = text_at(document, "metadata.version");
  const std::string scope = text_at(document, "metadata.scope");
  if (scope == "domain") manifest.scope = scope;
  manifest.owner = text_at(document, "metadata.owner");
  manifest.description = text_at(document, "metadata.description");
  manifest.parent_ref = text_at(document, "parent.ref");
  manifest.domain_name = text_at(document, "domain.name");
  manifest.domain_namespace = text_at(document, "domain.namespace");
  for (const Value& owner : items_at(document, "domain.owners")) {
    if (owner.is_string()) manifest.domain_owners.push_back(owner.as_string());
  }
  manifest.metadata_span = span_at(document, "metadata");
  manifest.version_span = span_at(document, "metadata.version");
  manifest.parent_ref_span = span_at(document, "parent.ref");
}

}  // namespace

void check_references(const Manifest& manifest, diag::Sink& sink) {
  check_layers(manifest.document, sink);
  check_classification(manifest.document, sink);
  check_roles(manifest.document, sink);
  check_plugins(manifest.document, sink);
}

Manifest read_manifest(const diag::Source& source, diag::Sink& sink) {
  Manifest manifest;
  const std::size_t before = sink.errors();
  manifest.document = value::read_yaml(source, {}, sink);
  if (sink.errors() > before || !check_kind(manifest.document, "Manifest", sink)) {
    manifest.document = Value();
    return manifest;
  }
  value::check_schema(manifest.document, manifest_schema(), sink);
  report_credentials(manifest.document, sink);
  fill_identity(manifest);
  check_tier(manifest, sink);
  if (manifest.scope != "domain") check_references(manifest, sink);
  check_gates(manifest.document, sink);
  check_signing(manifest.document, sink);
  report_idle_rules(manifest.document, manifest_schema(),
                    {"data_architecture", "governance", "catalog"}, sink);
  return manifest;
}

}  // namespace floe::config
