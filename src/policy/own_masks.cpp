// SPDX-License-Identifier: Apache-2.0
#include "policy/own_masks.h"

#include "base/text.h"
#include "dbt/columns/defined_names.h"
#include "dbt/columns/template_sql.h"
#include "dbt/project/hooks.h"
#include "policy/facts.h"

#include <algorithm>

namespace floe::policy {

namespace {

bool is_own_macro(const dbt::Project& project, const dbt::Macro& macro) {
  return project.origin_of(macro.package_name) == dbt::PackageOrigin::kLocal;
}

/// Visits a macro by its id, and all that it calls.
template <typename Visit>
void visit_macros(const dbt::Project& project, std::vector<std::string> todo, Visit visit) {
  std::set<std::string> seen;
  while (!todo.empty()) {
    const std::string id = std::move(todo.back());
    todo.pop_back();
    const auto at = project.macros.find(id);
    if (at == project.macros.end() || !seen.insert(id).second) continue;
    visit(*at->second);
    for (const std::string& next : at->second->depends_on_macros) todo.push_back(next);
  }
}

}  // namespace

OwnMasks::OwnMasks(const dbt::Project& project, const std::set<std::string, std::less<>>& masks)
    : project_(project) {
  if (masks.empty()) return;
  for (const auto& [id, macro] : project.macros) {
    if (is_own_macro(project, *macro)) local_.emplace(macro->name, macro.get());
  }
  for (const auto& [id, macro] : project.macros) {
    if (!masks.contains(to_lower(macro->name))) continue;
    if (const dbt::Macro* by = deciding(*macro)) {
      refused_.emplace(id, by);
    } else {
      approved_.insert(id);
    }
  }
}

/// The product's macro that decides what a mask renders, or null: the mask itself, one that it
/// calls, or one that takes the place of such a one by its name or by dispatch.
const dbt::Macro* OwnMasks::deciding(const dbt::Macro& mask) const {
  const dbt::Macro* found = nullptr;
  visit_macros(project_, {mask.unique_id}, [&](const dbt::Macro& macro) {
    if (found != nullptr) return;
    if (is_own_macro(project_, macro)) {
      found = &macro;
      return;
    }
    std::vector<std::string> names = {project_.adapter_type + "__" + macro.name,
                                      "default__" + macro.name};
    // What the mask itself is called by, the node says: its own name means the product's macro
    // there or the package's.
    if (&macro != &mask) names.push_back(macro.name);
    for (const std::string& name : names) {
      if (const auto at = local_.find(name); at != local_.end()) found = at->second;
    }
  });
  return found;
}

namespace {

/// Collects definitions of approved functions.
class DefinitionFinder {
 public:
  explicit DefinitionFinder(const std::set<std::string, std::less<>>& masks) : masks_(masks) {}

  /// `has_offsets`: the text is what `span` begins with.
  void take_sql(std::string_view sql, const std::string& file, diag::Span span, bool has_offsets) {
    take_text(sql, file, span, has_offsets);
    // What Jinja puts together stands in no line.
    for (const std::string& text : dbt::template_sql(sql).texts) take_text(text, file, span, false);
  }

  void take_text(std::string_view sql, const std::string& file, diag::Span span, bool has_offsets) {
    for (const dbt::DefinedName& defined : dbt::defined_names(sql)) {
      if (defined.is_type) continue;
      diag::Span place = span;
      if (has_offsets && span) {
        place.begin += static_cast<std::uint32_t>(defined.at);
        place.end = place.begin + 6;  // "create"
      }
      take_name(defined.name, file, place);
    }
  }

  void take_name(const std::string& name, const std::string& file, diag::Span place) {
    if (masks_.contains(name)) found.try_emplace(name, FunctionDefinition{file, place});
  }

  void take_node(const dbt::Node& node) {
    const bool is_file =
        node.type == dbt::ResourceType::kModel || node.type == dbt::ResourceType::kSnapshot;
    take_sql(node.raw_code, node.original_file_path, node.span, is_file);
    for (const dbt::Hook& hook : dbt::hooks_of(node)) {
      const diag::Span place = hook.span          ? hook.span
                               : node.config_span ? node.config_span
                                                  : node.span;
      take_sql(*hook.sql, node.original_file_path, place, false);
    }
  }

  FunctionDefinitions found;

 private:
  const std::set<std::string, std::less<>>& masks_;
};

}  // namespace

FunctionDefinitions redefined_masks(const dbt::Project& project,
                                    const std::set<std::string, std::less<>>& masks) {
  DefinitionFinder finder(masks);
  if (masks.empty()) return {};
  for (const auto& [id, macro] : project.macros) {
    if (!is_own_macro(project, *macro)) continue;
    finder.take_sql(macro->macro_sql, macro->original_file_path, macro->span, true);
  }
  const auto is_local = [&](const dbt::Node& node) {
    return project.origin_of(node.package_name) == dbt::PackageOrigin::kLocal;
  };
  for (const auto& [id, node] : project.nodes) {
    if (is_local(*node)) finder.take_node(*node);
  }
  for (const auto& [id, function] : project.functions) {
    if (!is_local(*function)) continue;
    for (const std::string& name : {to_lower(function->name), to_lower(function->alias)}) {
      finder.take_name(name, function->original_file_path, function->span);
    }
  }
  return std::move(finder.found);
}

bool OwnMasks::refuses(std::string_view mask) const {
  const auto is_called = [&](const std::string& id) {
    return to_lower(project_.macros.find(id)->second->name) == to_lower(mask);
  };
  return std::none_of(approved_.begin(), approved_.end(), is_called) &&
         std::any_of(refused_.begin(), refused_.end(),
                     [&](const auto& refused) { return is_called(refused.first); });
}

std::vector<std::pair<const dbt::Macro*, const dbt::Macro*>> OwnMasks::used_by(
    const dbt::Node& node) const {
  std::vector<std::pair<const dbt::Macro*, const dbt::Macro*>> used;
  if (refused_.empty()) return used;
  visit_macros(project_, node.depends_on_macros, [&](const dbt::Macro& macro) {
    const auto at = refused_.find(macro.unique_id);
    if (at != refused_.end()) used.emplace_back(&macro, at->second);
  });
  std::sort(used.begin(), used.end(),
            [](const auto& a, const auto& b) { return a.first->unique_id < b.first->unique_id; });
  return used;
}

}  // namespace floe::policy
