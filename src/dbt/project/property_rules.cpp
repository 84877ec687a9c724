// SPDX-License-Identifier: Apache-2.0
// What dbt refuses in entries of properties files beyond their shapes.
#include "base/text.h"
#include "dbt/context/convert.h"
#include "dbt/jinja/modules/modules.h"
#include "dbt/project/property_shapes.h"

#include <algorithm>

namespace floe::dbt {

bool same_version(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) return a.as_double() == b.as_double();
  return a == b;
}

namespace {

/// Collects the problems of one entry.
class EntryRules {
 public:
  explicit EntryRules(const Value& entry) : entry_(entry) {}

  std::vector<ShapeProblem> take() { return std::move(problems_); }

  void check_model() {
    check_date(entry_, "");
    check_versions();
    check_time_spine();
  }

  void check_owner(const char* title) {
    const Value& owner = *entry_.find("owner");
    const auto missing = [&](const char* key) {
      const Value* value = owner.find(key);
      return value == nullptr || value->is_null();
    };
    if (!missing("name") || !missing("email")) return;
    add("['owner']", std::string(title) + " owner must have at least one of 'name' or 'email'.",
        owner.span, "a `name` or an `email`");
  }

  /// dbt steps through `versions` whatever has them.
  void check_odd_versions() {
    const Value* versions = entry_.find("versions");
    if (versions == nullptr || versions->is_list() || versions->is_map() || versions->is_string()) {
      return;
    }
    add("['versions']", python_repr(*versions) + " is not a list", versions->span);
  }

  void check_macro() {
    const Value* docs = entry_.find_path("config.docs");
    if (docs == nullptr || docs->is_null()) return;
    if (!docs->is_map()) {
      add("['config']['docs']", python_repr(*docs) + " is not of type 'object'", docs->span);
      return;
    }
    for (const value::Member& member : docs->as_map()) {
      if (member.key == "show" || member.key == "node_color") continue;
      add("['config']['docs']", "'" + member.key + "' was unexpected", member.key_span);
    }
  }

  void check_source() {
    const auto check = [&](const Value& table) {
      const Value* field = table.find("loaded_at_field");
      if (field == nullptr || !field->is_string() || !field->as_string().empty()) return;
      add("", "loaded_at_field cannot be an empty string.", field->span, "the name of a column",
          "remove the key, or make it null");
    };
    check(entry_);
    check_source_config(entry_, "");
    for (const Value& table : items_of(entry_, "tables")) {
      check(table);
      check_source_config(table, "['tables']");
    }
  }

  void check_metric() {
    check_metric_name();
    if (entry_.find("type_params") != nullptr) return;
    const Value* type = entry_.find("type");
    if (type == nullptr) {
      add("", "a metric without `type_params` needs a `type`", entry_.span, {}, "add `type`");
    } else if (type->as_string() == "simple" && is_null("agg")) {
      add("", "Simple metrics must have an agg param.", type->span, {},
          "add `agg`, or `type_params` with a `measure`");
    }
  }

  void check_unit_test() {
    const Value* versions = entry_.find("versions");
    if (versions == nullptr || !versions->is_map()) return;
    const auto given = [&](const char* key) {
      const Value* value = versions->find(key);
      return value != nullptr && !value->empty();
    };
    if (!given("include") || !given("exclude")) return;
    add("['versions']", "Unit tests can not both include and exclude versions.", versions->span);
  }

 private:
  static const Value::List& items_of(const Value& map, const char* key) {
    static const Value::List kNone;
    const Value* list = map.find(key);
    return list != nullptr && list->is_list() ? list->as_list() : kNone;
  }

  bool is_null(const char* key) const {
    const Value* value = entry_.find(key);
    return value == nullptr || value->is_null();
  }

  void add(std::string path, std::string message, diag::Span span, std::string expected = {},
           std::string help = {}) {
    problems_.push_back({std::move(path), std::move(message), span ? span : entry_.span,
                         std::move(expected), std::move(help)});
  }

  void check_date(const Value& map, const std::string& path) {
    const Value* date = map.find("deprecation_date");
    if (date == nullptr || !date->is_string() || is_date(date->as_string())) return;
    add(path + "['deprecation_date']", python_repr(*date) + " is not a date", date->span,
        "a date such as 2030-01-31");
  }

  /// Dates are free text for dbt: figures, names of months and days, and a few words.
  static bool is_date(std::string_view text) {
    static constexpr std::string_view kWords =
        " jan january feb february mar march apr april may jun june jul july aug august sep sept "
        "september oct october nov november dec december mon monday tue tues tuesday wed wednesday "
        "thu thur thurs thursday fri friday sat saturday sun sunday ";
    static constexpr std::string_view kFillers =
        " am pm a p t z utc gmt at on and ad m d h s st nd rd th of hour hours minute minutes "
        "second seconds ";
    bool says_something = false;
    for (std::size_t at = 0, end = 0; at < text.size(); at = end) {
      const bool digit = is_digit(text[at]);
      const bool letter = is_letter(text[at]);
      for (end = at + 1; end < text.size() &&
                         ((digit && is_digit(text[end])) || (letter && is_letter(text[end])));) {
        ++end;
      }
      const std::string word = " " + to_lower(text.substr(at, end - at)) + " ";
      if (digit || (letter && contains(kWords, word))) {
        says_something = true;
      } else if (letter ? !contains(kFillers, word)
                        : !contains(" -/.,:;+'()\t\n", word.substr(1, 1))) {
        return false;
      }
    }
    const bool iso = text.size() >= 10 && text[4] == '-' && text[7] == '-';
    return says_something && (!iso || jinja::datetime_from_iso(std::string(text.substr(0, 10))));
  }

  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

  void check_versions() {
    const Value::List& versions = items_of(entry_, "versions");
    std::vector<std::string> seen;
    for (std::size_t i = 0; i < versions.size(); ++i) {
      const std::string path = "['versions'][" + std::to_string(i) + "]";
      const Value& v = *versions[i].find("v");
      const std::string text = python_str(v);
      if (std::find(seen.begin(), seen.end(), text) != seen.end()) {
        add(path + "['v']",
            "Found duplicate version: '" + text + "' in versions list of model '" + name() + "'",
            v.span);
      }
      seen.push_back(text);
      check_date(versions[i], path);
      check_include(versions[i], path + "['columns']");
    }
    const Value* latest = entry_.find("latest_version");
    if (latest == nullptr || latest->empty() || (latest->is_number() && latest->as_double() == 0) ||
        find_version(*latest) != nullptr) {
      return;
    }
    add("['latest_version']",
        "latest_version: " + python_str(*latest) + " is not one of model '" + name() +
            "' versions: [" + join(seen, ", ") + "]",
        latest->span);
  }

  void check_include(const Value& version, const std::string& path) {
    int rules = 0;
    for (const Value& column : items_of(version, "columns")) {
      const Value* include = column.find("include");
      if (include == nullptr || column.find("name") != nullptr) continue;
      if (++rules > 1) {
        add(path, "version can have at most one include/exclude element", column.span);
      }
      if (include->is_list() && !items_of(column, "exclude").empty()) {
        add(path, "exclude can only be specified if include is one of ('all', '*')", column.span);
      }
    }
  }

  const Value* find_version(const Value& v) const {
    for (const Value& each : items_of(entry_, "versions")) {
      if (same_version(*each.find("v"), v)) return &each;
    }
    return nullptr;
  }

  std::string name() const { return python_str(*entry_.find("name")); }

  void check_time_spine() {
    const Value* spine = entry_.find("time_spine");
    if (spine == nullptr || !spine->is_map()) return;
    const Value* latest = entry_.find("latest_version");
    const Value* version = latest == nullptr ? nullptr : find_version(*latest);
    std::vector<const Value*> columns;
    for (const Value& column : items_of(entry_, "columns")) columns.push_back(&column);
    if (version != nullptr) {
      for (const Value& column : items_of(*version, "columns")) columns.push_back(&column);
    }
    const auto column_of = [&](const Value& wanted) -> const Value* {
      const Value* found = nullptr;
      for (const Value* column : columns) {
        const Value* known = column->find("name");
        if (known != nullptr && *known == wanted) found = column;
      }
      return found;
    };
    const Value& standard = *spine->find("standard_granularity_column");
    const Value* column = column_of(standard);
    if (column == nullptr) {
      add("['time_spine']",
          "Time spine standard granularity column must be defined on the model. Got invalid column "
          "name '" +
              standard.as_string() + "' for model '" + name() + "'",
          standard.span, {}, "declare the column under `columns`, with its `granularity`");
      return;
    }
    if (const Value* granularity = column->find("granularity");
        granularity == nullptr || granularity->empty()) {
      add("['time_spine']",
          "Time spine standard granularity column must have a granularity defined. Please add one "
          "for column '" +
              standard.as_string() + "' in model '" + name() + "'.",
          column->span);
    }
    for (const Value& custom : items_of(*spine, "custom_granularities")) {
      const Value* own = custom.find("column_name");
      const Value& wanted = own == nullptr || own->empty() ? *custom.find("name") : *own;
      if (column_of(wanted) != nullptr) continue;
      add("['time_spine']",
          "Time spine custom granularity columns do not exist in the model. Columns not found: " +
              python_repr(wanted),
          wanted.span);
    }
  }

  void check_source_config(const Value& owner, const std::string& path) {
    const Value* meta = owner.find_path("config.meta");
    if (meta != nullptr && !meta->is_map()) {
      add(path + "['config']['meta']", python_repr(*meta) + " is not of type 'object'", meta->span);
    }
    const Value* freshness = owner.find_path("config.freshness");
    if (freshness == nullptr || freshness->is_null() || freshness->is_map()) return;
    add(path + "['config']['freshness']", python_repr(*freshness) + " is not of type 'object'",
        freshness->span);
  }

  void check_metric_name() {
    const Value& given = *entry_.find("name");
    const std::string& text = given.as_string();
    std::vector<std::string> faults;
    if (contains(text, " ")) faults.emplace_back("cannot contain spaces");
    if (utf8_length(text) > 250) faults.emplace_back("cannot contain more than 250 characters");
    if (text.empty() || !is_letter(text[0])) faults.emplace_back("must begin with a letter");
    const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
      return is_letter(c) || is_digit(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80;
    });
    if (!plain) faults.emplace_back("must contain only letters, numbers and underscores");
    if (faults.empty()) return;
    add("['name']", "The metric name '" + text + "' is invalid.  It " + join(faults, ", "),
        given.span);
  }

  const Value& entry_;
  std::vector<ShapeProblem> problems_;
};

}  // namespace

std::vector<ShapeProblem> entry_rule_problems(std::string_view key, const Value& entry) {
  EntryRules rules(entry);
  if (key == "models") rules.check_model();
  if (key == "exposures") rules.check_owner("Exposure");
  if (key == "groups") rules.check_owner("Group");
  if (key == "sources" && entry.find("overrides") == nullptr) rules.check_source();
  if (key == "metrics") rules.check_metric();
  if (key == "unit_tests") rules.check_unit_test();
  if (key == "macros") rules.check_macro();
  if (key != "models") rules.check_odd_versions();
  return rules.take();
}

}  // namespace floe::dbt
