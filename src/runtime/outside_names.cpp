// SPDX-License-Identifier: Apache-2.0
#include "runtime/outside_names.h"

#include "base/text.h"
#include "dbt/columns/defined_names.h"
#include "dbt/columns/template_sql.h"
#include "dbt/project/hooks.h"

#include <algorithm>

namespace floe::runtime {

OutsideNames::OutsideNames(const dbt::Loaded& loaded) {
  for (const char* key : {"extensions", "plugins"}) {
    const dbt::Value* entries = loaded.profile.credentials.find(key);
    any_ = any_ || (entries != nullptr && !entries->is_null() && !entries->empty());
  }
  const dbt::Project& project = loaded.project;
  for (const auto& [id, macro] : project.macros) {
    if (project.origin_of(macro->package_name) == dbt::PackageOrigin::kInternal) continue;
    read_sql(macro->macro_sql);
  }
  for (const auto& [id, node] : project.nodes) {
    read_sql(node->raw_code);
    const dbt::Value* header = node->config.find("sql_header");
    if (header != nullptr && header->is_string()) read_sql(header->as_string());
    for (const dbt::Hook& hook : dbt::hooks_of(*node)) read_sql(*hook.sql);
  }
  for (const auto& [id, function] : project.functions) {
    for (const std::string& name : {to_lower(function->name), to_lower(function->alias)}) {
      names_.insert(name);
      if (!dbt::is_sql_expression(function->raw_code)) queries_.insert(name);
      texts_.emplace_back(name, to_lower(function->raw_code));
    }
  }
  take_callers();
}

void OutsideNames::take_sql(std::string_view sql) {
  const std::size_t before = texts_.size();
  read_sql(sql);
  if (texts_.size() > before) take_callers();
}

void OutsideNames::read_sql(std::string_view sql) {
  for (const std::string& text : dbt::template_sql(sql).texts) {
    any_ = any_ || dbt::loads_extension(text) || dbt::may_define_more(text);
    for (dbt::DefinedName& defined : dbt::defined_names(text)) {
      any_ = any_ || defined.name.empty();  // a template makes the name
      if (defined.name.empty()) continue;
      if (!defined.is_expression) queries_.insert(defined.name);
      texts_.emplace_back(defined.name, to_lower(std::string_view(text).substr(defined.at)));
      names_.insert(std::move(defined.name));
    }
  }
}

/// A function that calls one that may read relations may read them, too.
void OutsideNames::take_callers() {
  for (bool has_changed = true; has_changed;) {
    has_changed = false;
    for (const auto& [name, text] : texts_) {
      if (queries_.contains(name)) continue;
      const bool calls =
          std::any_of(queries_.begin(), queries_.end(),
                      [&](const std::string& query) { return contains(text, query); });
      if (!calls) continue;
      queries_.insert(name);
      has_changed = true;
    }
  }
}

bool OutsideNames::may_call(std::string_view sql) const {
  std::size_t begin = 0;
  while (begin < sql.size()) {
    std::size_t end = begin;
    while (end < sql.size() && is_word_character(sql[end])) ++end;
    // A quote may close the name.
    const std::size_t next = sql.find_first_not_of(" \t\r\n\"", end);
    const bool is_call = next != std::string_view::npos && sql[next] == '(';
    if (end > begin && is_call && names_.contains(to_lower(sql.substr(begin, end - begin))))
      return true;
    begin = end + 1;
  }
  return false;
}

bool OutsideNames::may_exist(std::string_view name) const {
  return any_ || names_.contains(to_lower(name));
}

namespace {

/// What stands between two texts; nothing if they are not there.
std::string_view between(std::string_view text, std::string_view before, std::string_view after) {
  std::size_t begin = text.find(before);
  if (begin == std::string_view::npos) return {};
  begin += before.size();
  const std::size_t end = text.find(after, begin);
  return end == std::string_view::npos ? std::string_view() : text.substr(begin, end - begin);
}

}  // namespace

bool is_certain_failure(std::string_view complaint, const OutsideNames& outside) {
  const std::string_view text = trim(complaint);
  if (text.starts_with("Catalog Error: ")) {
    const bool is_type = text.starts_with("Catalog Error: Type with name ");
    const bool is_function = between(text, "Catalog Error: ", " with name ").ends_with("Function");
    if (!is_type && !is_function) return false;
    const std::string_view name = between(text, " with name ", " does not exist!");
    return !name.empty() && !outside.may_exist(name);
  }
  // A function of the same name may take other arguments.
  const std::string_view unfit =
      between(text, "No function matches the given name and argument types '", "(");
  if (!unfit.empty()) return !outside.may_exist(unfit);
  // What hooks attach is not there yet.
  if (text.starts_with("Binder Error: Catalog ")) return false;
  static constexpr std::string_view kOfTheQuery[] = {
      "Parser Error: ",          "Binder Error: ",       "Conversion Error: ",
      "Not implemented Error: ", "Out of Range Error: ", "Invalid Input Error: "};
  return std::any_of(std::begin(kOfTheQuery), std::end(kOfTheQuery),
                     [&](std::string_view kind) { return text.starts_with(kind); });
}

}  // namespace floe::runtime
