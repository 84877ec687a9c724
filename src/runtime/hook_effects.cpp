// SPDX-License-Identifier: Apache-2.0
#include "runtime/hook_effects.h"

#include "base/text.h"
#include "dbt/project/hooks.h"

#include <algorithm>
#include <array>

namespace floe::runtime {

namespace {

/// Words of SQL and of what is not read, in order.
std::vector<std::string> sql_words(std::string_view statement) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : statement) {
    const bool unread = c == dbt::kUnreadValue || c == dbt::kUnreadCall;
    if (is_word_character(c)) {
      word += c;
      continue;
    }
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
    if (unread) words.emplace_back(1, c);
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

/// Whether a statement makes relations anew or changes their columns.
bool alters_relations(const std::vector<std::string>& words) {
  static constexpr std::array<std::string_view, 5> kModifiers = {"or", "replace", "unique",
                                                                 "persistent", "recursive"};
  static constexpr std::array<std::string_view, 9> kOthers = {
      "index", "schema", "macro", "function", "type", "sequence", "secret", "temp", "temporary"};
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "alter") return true;
    if (words[i] != "create") continue;
    while (i + 1 < words.size() &&
           std::find(kModifiers.begin(), kModifiers.end(), words[i + 1]) != kModifiers.end()) {
      ++i;
    }
    const bool is_other = i + 1 < words.size() &&
                          std::find(kOthers.begin(), kOthers.end(), words[i + 1]) != kOthers.end();
    if (!is_other) return true;
  }
  return false;
}

/// A name that templates call to change relations: adapter.rename_relation(), create_table_as().
bool is_altering_call(std::string_view word) {
  static constexpr std::array<std::string_view, 7> kCalls = {
      "alter_column_type", "alter_relation_add_remove", "rename_relation",       "create_table_as",
      "create_view_as",    "sync_column_schemas",       "create_or_replace_view"};
  return std::any_of(kCalls.begin(), kCalls.end(),
                     [&](std::string_view call) { return contains(word, call); });
}

bool sets_something(const std::vector<std::string>& words) {
  if (words.size() < 2) return false;
  if (words[0] == "pragma") return !is_harmless_setting(words[1]);
  if (words[0] != "set" && words[0] != "reset") return false;
  std::size_t at = 1;
  while (at + 1 < words.size() &&
         (words[at] == "global" || words[at] == "session" || words[at] == "local")) {
    ++at;
  }
  return words[at] != "variable" && !is_harmless_setting(words[at]);
}

/// The names by which a macro is called: adapter.dispatch() leaves out what stands before "__".
std::vector<std::string> call_names(const std::string& macro) {
  std::vector<std::string> names{to_lower(macro)};
  const std::size_t prefix = macro.find("__");
  if (prefix != std::string::npos) names.push_back(to_lower(macro.substr(prefix + 2)));
  return names;
}

/// What of a template tells which relations it works on, if it does not name them.
bool is_a_list_of_relations(std::string_view word) {
  return word == "graph" || word == "results" || word == "schemas" ||
         word == "selected_resources" || word == "information_schema" ||
         word.starts_with("duckdb_");
}

}  // namespace

bool is_harmless_setting(std::string_view name) {
  static constexpr std::array<std::string_view, 34> kHarmless = {"threads",
                                                                 "worker_threads",
                                                                 "external_threads",
                                                                 "memory_limit",
                                                                 "max_memory",
                                                                 "temp_directory",
                                                                 "max_temp_directory_size",
                                                                 "preserve_insertion_order",
                                                                 "enable_progress_bar",
                                                                 "enable_progress_bar_print",
                                                                 "progress_bar_time",
                                                                 "enable_object_cache",
                                                                 "enable_external_access",
                                                                 "enable_http_metadata_cache",
                                                                 "checkpoint_threshold",
                                                                 "wal_autocheckpoint",
                                                                 "default_order",
                                                                 "default_null_order",
                                                                 "null_order",
                                                                 "secret_directory",
                                                                 "home_directory",
                                                                 "extension_directory",
                                                                 "custom_extension_repository",
                                                                 "autoinstall_known_extensions",
                                                                 "autoload_known_extensions",
                                                                 "allow_unsigned_extensions",
                                                                 "allowed_directories",
                                                                 "allowed_paths",
                                                                 "disabled_filesystems",
                                                                 "lock_configuration",
                                                                 "log_query_path",
                                                                 "access_mode",
                                                                 "partitioned_write_max_open_files",
                                                                 "http_timeout"};
  const std::string lower = to_lower(name);
  return lower.starts_with("s3_") || lower.starts_with("http_") || lower.starts_with("azure_") ||
         std::find(kHarmless.begin(), kHarmless.end(), lower) != kHarmless.end();
}

HookEffects::HookEffects(const dbt::Loaded& loaded) {
  read_macros(loaded.project);
  for (const auto& [id, node] : loaded.project.nodes) take_node(*node);
}

void HookEffects::read_macros(const dbt::Project& project) {
  for (const auto& [id, macro] : project.macros) {
    if (project.origin_of(macro->package_name) == dbt::PackageOrigin::kInternal) continue;
    for (std::string& name : call_names(macro->name)) {
      macros_[std::move(name)].push_back(macro.get());
    }
  }
}

/// What stands behind `insert into`, `merge into`, `update` and `copy`: a name, with what qualifies
/// it.
void HookEffects::take_filled(const std::vector<std::string>& words, Effect& effect) {
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const bool into = words[i] == "into";
    const bool update = words[i] == "update" && words[i + 1] != "set";  // on conflict do update set
    if (!into && !update && words[i] != "copy") continue;
    effect.fills_value = effect.fills_value || words[i + 1][0] == dbt::kUnreadValue;
    effect.fills_call = effect.fills_call || words[i + 1][0] == dbt::kUnreadCall;
    for (std::size_t at = i + 1; at < words.size() && at <= i + 3; ++at) {
      effect.filled.insert(words[at]);
    }
  }
}

void HookEffects::take(const dbt::TemplateSql& text, Effect& effect) const {
  for (const std::string& sql : text.texts) {
    for (const std::string& statement : dbt::sql_statements(sql)) {
      const std::vector<std::string> words = sql_words(statement);
      effect.alters = effect.alters || alters_relations(words);
      effect.adds_columns =
          effect.adds_columns || std::find(words.begin(), words.end(), "alter") != words.end();
      effect.sets = effect.sets || sets_something(words);
      take_filled(words, effect);
      effect.words.insert(words.begin(), words.end());
    }
  }
  for (const std::string& word : text.words) {
    effect.alters = effect.alters || is_altering_call(word);
    effect.adds_columns = effect.adds_columns || contains(word, "alter_");
    effect.words.insert(word);
  }
  effect.runs_unread = effect.runs_unread || text.runs_unread;
}

HookEffects::Effect HookEffects::effect_of(const std::string& sql) {
  Effect effect;
  const dbt::TemplateSql own = dbt::template_sql(sql);
  take(own, effect);
  for (const std::string& text : own.texts) {
    for (const std::string& statement : dbt::sql_statements(text)) {
      effect.runs_unread = effect.runs_unread || statement.front() == dbt::kUnreadValue;
    }
  }
  std::set<const dbt::Macro*> seen;
  std::vector<std::string> called(own.words.begin(), own.words.end());
  while (!called.empty()) {
    const std::string name = std::move(called.back());
    called.pop_back();
    const auto at = macros_.find(name);
    if (at == macros_.end()) continue;
    for (const dbt::Macro* macro : at->second) {
      if (!seen.insert(macro).second) continue;
      auto text = texts_.find(macro);
      if (text == texts_.end()) {
        text = texts_.emplace(macro, dbt::template_sql(macro->macro_sql)).first;
      }
      take(text->second, effect);
      called.insert(called.end(), text->second.words.begin(), text->second.words.end());
    }
  }
  return effect;
}

void HookEffects::note(const Effect& effect) {
  sets_ = sets_ || effect.sets;
  runs_unread_ = runs_unread_ || effect.runs_unread;
  filled_words_.insert(effect.filled.begin(), effect.filled.end());
  if (effect.fills_call) filled_words_.insert(effect.words.begin(), effect.words.end());
  if (!effect.alters) return;
  altering_words_.insert(effect.words.begin(), effect.words.end());
}

void HookEffects::take_node(const dbt::Node& node) {
  if (node.type == dbt::ResourceType::kOperation) {
    const Effect effect = effect_of(node.raw_code);
    note(effect);
    changes_any_ = changes_any_ ||
                   (effect.adds_columns &&
                    std::any_of(effect.words.begin(), effect.words.end(), is_a_list_of_relations));
    fills_any_ = fills_any_ || effect.fills_value;
    return;
  }
  const dbt::Value* header = node.config.find("sql_header");
  if (header != nullptr && header->is_string()) note(effect_of(header->as_string()));
  for (const dbt::Hook& hook : dbt::hooks_of(node)) {
    const Effect effect = effect_of(*hook.sql);
    note(effect);
    if (effect.alters || effect.runs_unread) changed_nodes_.insert(node.unique_id);
    if (effect.fills_value || effect.runs_unread) filled_nodes_.insert(node.unique_id);
  }
}

bool HookEffects::may_fill(const dbt::Node& node) const {
  if (node.materialized() == "view" || node.materialized() == "ephemeral") return false;
  return fills_any_ || filled_nodes_.contains(node.unique_id) ||
         filled_words_.contains(to_lower(node.name)) ||
         filled_words_.contains(to_lower(node.alias));
}

bool HookEffects::may_change(const dbt::Node& node) const {
  if (changed_nodes_.contains(node.unique_id)) return true;
  // What a run makes anew has its own columns again.
  const std::string how = node.materialized();
  if (changes_any_ && how != "view" && how != "table") return true;
  return altering_words_.contains(to_lower(node.name)) ||
         altering_words_.contains(to_lower(node.alias));
}

}  // namespace floe::runtime
