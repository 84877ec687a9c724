// SPDX-License-Identifier: Apache-2.0
// What governance.access_control and catalog.namespaces refer to.
#include "base/text.h"
#include "core/config/references.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace floe::config {

namespace {

using value::Member;
using value::Value;

const std::string kAccess = "governance.access_control";

std::vector<std::string> access_keys(const Value& document, const std::string& path) {
  std::vector<std::string> names;
  for (const Member& member : manifest_members(document, path)) {
    if (!member.key.starts_with("x-")) names.push_back(member.key);
  }
  return names;
}

void check_optional_name(const Value& entry, std::string_view key,
                         const std::vector<std::string>& known, std::string_view what,
                         diag::Sink& sink) {
  const Value* name = entry.find(key);
  if (name != nullptr && !known.empty()) check_known_name(*name, known, what, sink);
}

/// The namespaces there can be: those of the catalog, and what lies in a registered domain's.
struct NamespacesThereAre {
  std::vector<std::string> names;
  std::vector<std::string> domains;
  std::map<std::string, std::string> layer_of;

  explicit NamespacesThereAre(const Value& document) {
    for (const Value& space : manifest_items(document, "catalog.namespaces")) {
      const std::string name = manifest_text(space, "name");
      names.push_back(name);
      layer_of[name] = manifest_text(space, "layer");
    }
    for (const Value& domain : manifest_items(document, "domains")) {
      const std::string space = manifest_text(domain, "namespace");
      if (!space.empty()) domains.push_back(space);
    }
  }

  std::vector<std::string> matching(const std::string& pattern) const {
    std::vector<std::string> found;
    for (const std::string& name : names) {
      if (glob_match(pattern, name)) found.push_back(name);
    }
    return found;
  }

  bool lies_in_domain(const std::string& pattern) const {
    return std::any_of(domains.begin(), domains.end(), [&](const std::string& domain) {
      return pattern == domain || pattern.starts_with(domain + ".") || glob_match(pattern, domain);
    });
  }
};

/// A grant in a namespace that no table of the layer is in allows nothing.
void check_grant_place(const Value& grant, const NamespacesThereAre& spaces, diag::Sink& sink) {
  const Value* pattern = grant.find("namespace");
  if (pattern == nullptr || !pattern->is_string() || spaces.names.empty()) return;
  const std::vector<std::string> matched = spaces.matching(pattern->as_string());
  if (matched.empty()) {
    if (spaces.lies_in_domain(pattern->as_string())) return;
    const std::string near = nearest(pattern->as_string(), spaces.names);
    sink.add({.code = "C027",
              .message = fmt::format("there is no namespace '{}'", pattern->as_string()),
              .span = pattern->span,
              .expected = list_or(spaces.names),
              .help = near.empty() ? "list it under catalog.namespaces"
                                   : fmt::format("did you mean '{}'?", near)});
    return;
  }
  const Value* layer = grant.find("layer");
  if (layer == nullptr || !layer->is_string()) return;
  const bool can_be = std::any_of(matched.begin(), matched.end(), [&](const std::string& name) {
    const std::string& of = spaces.layer_of.at(name);
    return of.empty() || of == layer->as_string();
  });
  if (can_be) return;
  sink.add({.code = "C028",
            .message = fmt::format("the grant is for layer '{}' in namespace '{}', which holds "
                                   "another layer",
                                   layer->as_string(), pattern->as_string()),
            .span = layer->span ? layer->span : grant.span,
            .labels = {{pattern->span, "the namespace"}},
            .help = "remove one of the two: the grant allows nothing"});
}

/// Two entries that say different things of the same; `where` names what makes them the same.
void check_contradicting(const Value::List& entries, const std::vector<std::string_view>& where,
                         std::string_view says, std::string_view what, diag::Sink& sink) {
  std::map<std::vector<std::string>, const Value*> seen;
  for (const Value& entry : entries) {
    std::vector<std::string> key;
    for (const std::string_view field : where) key.push_back(manifest_text(entry, field));
    const auto [first, is_new] = seen.try_emplace(std::move(key), &entry);
    const std::string text = manifest_text(entry, says);
    const std::string before = manifest_text(*first->second, says);
    if (is_new || text == before) continue;  // the same twice is C015
    const Value* said = entry.find(says);
    sink.add({.code = "C028",
              .message = fmt::format("two {} of role '{}' contradict each other: {} and {}", what,
                                     manifest_text(entry, "role"), before, text),
              .span = said != nullptr && said->span ? said->span : entry.span,
              .labels = {{first->second->span, "the other one"}},
              .help = "keep the one that is meant"});
  }
}

void check_masks(const Value& document, diag::Sink& sink) {
  const std::vector<std::string> tags = access_keys(document, "governance.classification.tags");
  const std::vector<std::string> levels = manifest_levels(document);
  const Value::List& masks = manifest_items(document, kAccess + ".column_masks");
  for (const Value& mask : masks) {
    check_optional_name(mask, "tag", tags, "tag", sink);
    check_optional_name(mask, "classification", levels, "classification level", sink);
    if (!mask.is_map() || mask.find("tag") != nullptr || mask.find("classification") != nullptr) {
      continue;
    }
    sink.add({.code = "C012",
              .message = "a column mask needs 'tag' or 'classification'",
              .span = mask.span,
              .help = "say which columns it masks"});
  }
  check_contradicting(masks, {"role", "tag", "classification"}, "mask", "masks", sink);
}

/// A circle that begins at `role`, as "a inherits b inherits a"; "" if there is none.
std::string inheritance_circle(const std::map<std::string, std::vector<std::string>>& inherits,
                               const std::string& role) {
  std::map<std::string, std::string> reached_from;
  std::vector<std::string> open = {role};
  for (std::size_t i = 0; i < open.size(); ++i) {
    const std::string here = open[i];
    const auto next = inherits.find(here);
    if (next == inherits.end()) continue;
    for (const std::string& name : next->second) {
      if (name == role) {
        std::vector<std::string> way = {role};
        for (std::string at = here; at != role; at = reached_from.at(at)) way.push_back(at);
        way.push_back(role);
        std::reverse(way.begin(), way.end());
        return join(way, " inherits ");
      }
      if (reached_from.emplace(name, here).second) open.push_back(name);
    }
  }
  return "";
}

void check_inheritance(const Value& document, const std::vector<std::string>& roles,
                       diag::Sink& sink) {
  std::map<std::string, std::vector<std::string>> inherits;
  for (const Member& role : manifest_members(document, kAccess + ".roles")) {
    for (const Value& name : manifest_items(role.value, "inherits")) {
      check_known_name(name, roles, "role", sink);
      if (name.is_string()) inherits[role.key].push_back(name.as_string());
    }
  }
  std::vector<std::string> told;  // one circle is one mistake
  for (const Member& role : manifest_members(document, kAccess + ".roles")) {
    const std::string circle = inheritance_circle(inherits, role.key);
    if (circle.empty() || std::find(told.begin(), told.end(), role.key) != told.end()) continue;
    for (const std::string_view name : split_words(circle)) told.emplace_back(name);
    sink.add({.code = "C028",
              .message = fmt::format("roles inherit in a circle: {}", circle),
              .span = role.key_span,
              .help = "remove one of these 'inherits'"});
  }
}

void check_roles_named(const Value& document, const std::vector<std::string>& roles,
                       diag::Sink& sink) {
  if (roles.empty()) return;
  for (const char* section : {".grants", ".row_filters", ".column_masks"}) {
    for (const Value& entry : manifest_items(document, kAccess + section)) {
      check_optional_name(entry, "role", roles, "role", sink);
    }
  }
  for (const Value& space : manifest_items(document, "catalog.namespaces")) {
    for (const Value& grant : manifest_items(space, "grants")) {
      check_optional_name(grant, "role", roles, "role", sink);
    }
  }
  for (const Member& group : manifest_members(document, kAccess + ".groups")) {
    if (!group.value.is_list()) continue;
    for (const Value& role : group.value.as_list()) check_known_name(role, roles, "role", sink);
  }
}

}  // namespace

void check_access_control(const Value& document, diag::Sink& sink) {
  const std::vector<std::string> roles = access_keys(document, kAccess + ".roles");
  const std::vector<std::string> layers = manifest_layers(document);
  const std::vector<std::string> levels = manifest_levels(document);
  const NamespacesThereAre spaces(document);
  check_roles_named(document, roles, sink);
  check_inheritance(document, roles, sink);
  const Value::List& grants = manifest_items(document, kAccess + ".grants");
  for (const Value& grant : grants) {
    if (const Value* layer = grant.find("layer")) check_known_name(*layer, layers, "layer", sink);
    check_optional_name(grant, "classification", levels, "classification level", sink);
    check_grant_place(grant, spaces, sink);
  }
  check_contradicting(grants, {"role", "namespace", "layer", "classification"}, "access", "grants",
                      sink);
  check_masks(document, sink);
  check_known_keys(document, "catalog.schema_registry.required_columns", layers, "layer", sink);
  for (const Member& layer : manifest_members(document, "data_architecture.layers")) {
    check_optional_name(layer.value, "catalog_namespace", spaces.names, "namespace", sink);
  }
}

}  // namespace floe::config
