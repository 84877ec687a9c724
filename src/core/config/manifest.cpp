// SPDX-License-Identifier: Apache-2.0
#include "core/config/manifest.h"

#include "base/text.h"
#include "core/config/fields.h"
#include "core/config/references.h"
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

diag::Span span_at(const Value& document, std::string_view path) {
  const Value* found = document.find_path(path);
  return found == nullptr ? diag::Span() : found->span;
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
  const auto defaults = core::pattern_layers(manifest_text(document, "data_architecture.pattern"));
  std::map<std::string, std::string> layer_of;  // by prefix
  const Value::Map& written = manifest_members(document, "data_architecture.layers");
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
  const std::vector<std::string> names = manifest_layers(document);
  std::vector<std::string> sources = names;
  sources.emplace_back("source");
  for (const Member& member : manifest_members(document, "data_architecture.layers")) {
    for (const Value& upstream : manifest_items(member.value, "may_depend_on")) {
      check_known_name(upstream, sources, "layer", sink);
    }
    const Value* chosen = member.value.find_path("scd.default_type");
    const Value::List& allowed = manifest_items(member.value, "scd.types_allowed");
    if (chosen != nullptr && !allowed.empty() &&
        std::find(allowed.begin(), allowed.end(), *chosen) == allowed.end()) {
      sink.add({.code = "C028",
                .message = fmt::format(
                    "layer '{}' begins with a history type that it does not allow", member.key),
                .span = chosen->span});
    }
  }
  for (const Value& layer : manifest_items(document, "governance.classification.required_for")) {
    check_known_name(layer, names, "layer", sink);
  }
  for (const Value& layer : manifest_items(document, "governance.contracts.required_for_layers")) {
    check_known_name(layer, names, "layer", sink);
  }
  for (const Value& space : manifest_items(document, "catalog.namespaces")) {
    if (const Value* layer = space.find("layer")) check_known_name(*layer, names, "layer", sink);
  }
  check_prefixes(document, sink);
}

void check_classification(const Value& document, diag::Sink& sink) {
  const std::vector<std::string> levels = manifest_levels(document);
  if (levels.empty()) return;
  const auto check = [&](const Value* level) {
    if (level != nullptr) check_known_name(*level, levels, "classification level", sink);
  };
  check(document.find_path("governance.classification.default_level"));
  for (const Member& tag : manifest_members(document, "governance.classification.tags")) {
    check(tag.value.find("level"));
  }
  for (const Value& hint : manifest_items(document, "governance.classification.auto_detect")) {
    check(hint.find("level"));
  }
  check_known_keys(document, "governance.quality_gates.by_classification", levels,
                   "classification level", sink);
}

void check_plugins(const Value& document, diag::Sink& sink) {
  for (const Member& plugin : manifest_members(document, "plugins")) {
    const Value* type = plugin.value.find("type");
    const Value::List& approved = manifest_items(document, "approved_plugins." + plugin.key);
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
  const std::string mode = manifest_text(*signing, "mode");
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
  manifest.name = manifest_text(document, "metadata.name");
  manifest.version = manifest_text(document, "metadata.version");
  const std::string scope = manifest_text(document, "metadata.scope");
  if (scope == "domain") manifest.scope = scope;
  manifest.owner = manifest_text(document, "metadata.owner");
  manifest.description = manifest_text(document, "metadata.description");
  manifest.parent_ref = manifest_text(document, "parent.ref");
  manifest.domain_name = manifest_text(document, "domain.name");
  manifest.domain_namespace = manifest_text(document, "domain.namespace");
  for (const Value& owner : manifest_items(document, "domain.owners")) {
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
  check_idle_classification(manifest.document, sink);
  check_custom_rules(manifest.document, sink);
  check_allowed_types(manifest.document, sink);
  check_access_control(manifest.document, sink);
  check_retention(manifest.document, sink);
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
