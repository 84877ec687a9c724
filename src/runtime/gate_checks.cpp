// SPDX-License-Identifier: Apache-2.0
#include "runtime/gate_checks.h"

#include "base/text.h"
#include "dbt/adapter/duckdb.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace floe::runtime {

namespace {

using value::Value;

/// Reads the settings of one check and collects what is wrong with them.
class CheckSettings {
 public:
  CheckSettings(const Value& settings, std::string_view type, std::string_view gate,
                diag::Sink& sink)
      : settings_(settings), type_(type), gate_(gate), sink_(sink) {}

  void problem(const std::string& what, const std::string& help = {}) {
    sink_.error("C041", fmt::format("gate '{}', check {}: {}", gate_, type_, what), settings_.span,
                help);
    ok_ = false;
  }

  /// Every key must be one of these.
  void allow(std::vector<std::string> keys) {
    if (!settings_.is_map()) return problem("its settings must be a mapping");
    for (const value::Member& member : settings_.as_map()) {
      if (member.key == "type" || member.key.starts_with("x-")) continue;
      if (std::find(keys.begin(), keys.end(), member.key) != keys.end()) continue;
      const std::string near = nearest(member.key, keys);
      problem(fmt::format("there is no setting '{}'", member.key),
              near.empty() ? fmt::format("it takes {}", list_and(keys))
                           : fmt::format("did you mean '{}'?", near));
    }
  }

  std::optional<double> number(const char* key) {
    const Value* value = settings_.find(key);
    if (value == nullptr) return std::nullopt;
    if (value->is_number() && std::isfinite(value->as_double())) return value->as_double();
    problem(fmt::format("'{}' must be a number", key));
    return std::nullopt;
  }

  std::string text(const char* key, bool required) {
    const Value* value = settings_.find(key);
    if (value != nullptr && value->is_string() && !value->as_string().empty()) {
      return value->as_string();
    }
    if (value != nullptr) problem(fmt::format("'{}' must be text", key));
    if (value == nullptr && required) problem(fmt::format("it needs '{}'", key));
    return {};
  }

  /// `column` or `columns`, quoted.
  std::vector<std::string> columns() {
    std::vector<std::string> names;
    const Value* several = settings_.find("columns");
    if (several != nullptr && several->is_list()) {
      for (const Value& item : several->as_list()) {
        if (item.is_string()) names.push_back(dbt::quote_identifier(item.as_string()));
      }
    } else if (const std::string one = text("column", false); !one.empty()) {
      names.push_back(dbt::quote_identifier(one));
    }
    if (names.empty()) problem("it needs 'column' or 'columns'");
    return names;
  }

  const Value& value() const { return settings_; }
  bool ok() const { return ok_; }

 private:
  const Value& settings_;
  std::string_view type_;
  std::string_view gate_;
  diag::Sink& sink_;
  bool ok_ = true;
};

std::string number_text(double number) {
  if (number == std::floor(number) && std::abs(number) < 1e15) {
    return fmt::format("{}", static_cast<std::int64_t>(number));
  }
  return fmt::format("{}", number);
}

/// "at least 1 and at most 10", and the SQL condition that breaks it.
struct Bounds {
  std::string words;
  std::string broken;
};

Bounds read_bounds(CheckSettings& settings, const std::string& expression) {
  const std::optional<double> least = settings.number("min");
  const std::optional<double> most = settings.number("max");
  Bounds bounds;
  if (!least && !most) settings.problem("it needs 'min' or 'max'");
  if (least && most && *least > *most) settings.problem("'min' is above 'max'");
  if (least) {
    bounds.words = "at least " + number_text(*least);
    bounds.broken = fmt::format("{} < {}", expression, number_text(*least));
  }
  if (most) {
    bounds.words += (least ? " and at most " : "at most ") + number_text(*most);
    bounds.broken += fmt::format("{}{} > {}", least ? " or " : "", expression, number_text(*most));
  }
  return bounds;
}

void read_row_count(CheckSettings& settings, GateCheck& check) {
  settings.allow({"min", "max"});
  const Bounds bounds = read_bounds(settings, "row_count");
  check.summary = "row_count " + bounds.words;
  check.sql =
      fmt::format("select row_count from (select count(*) as row_count from {{model}}) where {}",
                  bounds.broken);
}

void read_null_percentage(CheckSettings& settings, GateCheck& check) {
  settings.allow({"column", "max"});
  const std::string column = settings.text("column", true);
  const std::optional<double> most = settings.number("max");
  if (!most || *most < 0 || *most > 100) settings.problem("'max' must be a percentage");
  const std::string percent = number_text(most.value_or(0));
  check.summary = fmt::format("null_percentage of {} at most {}", column, percent);
  check.sql = fmt::format(
      "select null_percentage from (select 100.0 * count(*) filter (where {} is null) / "
      "greatest(count(*), 1) as null_percentage from {{model}}) where null_percentage > {}",
      dbt::quote_identifier(column), percent);
}

void read_freshness(CheckSettings& settings, GateCheck& check) {
  settings.allow({"column", "max_age"});
  const std::string column = settings.text("column", true);
  const std::string age = settings.text("max_age", true);
  const std::optional<double> seconds = parse_age(age);
  if (!seconds) settings.problem("'max_age' must be a time such as 24h, 1h30m or 2d");
  check.summary = fmt::format("freshness of {} within {}", column, age);
  // epoch() reads a timestamp without zone as UTC, as dbt's source freshness does.
  check.sql = fmt::format(
      "select latest from (select max({}) as latest from {{model}}) "
      "where latest is null or epoch(now()) - epoch(latest) > {}",
      dbt::quote_identifier(column), number_text(seconds.value_or(0)));
}

void read_unique(CheckSettings& settings, GateCheck& check) {
  settings.allow({"column", "columns"});
  const std::vector<std::string> columns = settings.columns();
  const std::string list = join(columns, ", ");
  check.summary = "unique " + replace_all(list, "\"", "");
  check.sql = fmt::format(
      "select {}, count(*) as occurrences from {{model}} where {} is not null group by {} "
      "having count(*) > 1",
      list, join(columns, " is not null and "), list);
}

void read_accepted_range(CheckSettings& settings, GateCheck& check) {
  settings.allow({"column", "min", "max"});
  const std::string column = settings.text("column", true);
  const std::string quoted = dbt::quote_identifier(column);
  const Bounds bounds = read_bounds(settings, quoted);
  check.summary = fmt::format("accepted_range of {} {}", column, bounds.words);
  check.sql = fmt::format("select {} from {{model}} where {}", quoted, bounds.broken);
}

void read_sql(CheckSettings& settings, GateCheck& check) {
  if (settings.value().is_string()) {
    check.sql = settings.value().as_string();
  } else {
    settings.allow({"query", "sql", "description"});
    const bool other = settings.value().find("sql") != nullptr;
    check.sql = settings.text(other ? "sql" : "query", true);
    check.summary = settings.text("description", false);
  }
  check.sql = std::string(trim(check.sql));
  while (check.sql.ends_with(';'))
    check.sql = std::string(trim(check.sql.substr(0, check.sql.size() - 1)));
  if (check.sql.empty()) settings.problem("its query is empty");
  if (check.summary.empty()) check.summary = "sql";
}

struct CheckReader {
  std::string_view type;
  void (*read)(CheckSettings&, GateCheck&);
};

constexpr CheckReader kCheckReaders[] = {
    {"row_count", read_row_count},           {"null_percentage", read_null_percentage},
    {"freshness", read_freshness},           {"unique", read_unique},
    {"accepted_range", read_accepted_range}, {"sql", read_sql},
};

/// The type of an entry and its settings: {type: x, …} or {x: …}.
struct CheckEntry {
  std::string type;
  const Value* settings = nullptr;
};

CheckEntry check_entry(const Value& entry) {
  if (!entry.is_map()) return {};
  const Value* type = entry.find("type");
  if (type != nullptr && type->is_string()) return {type->as_string(), &entry};
  if (entry.size() != 1) return {};
  return {entry.as_map()[0].key, &entry.as_map()[0].value};
}

}  // namespace

std::optional<double> parse_age(std::string_view text) {
  struct Unit {
    std::string_view name;
    double seconds;
  };
  static constexpr Unit kUnits[] = {{"ms", 0.001}, {"s", 1},     {"m", 60},
                                    {"h", 3600},   {"d", 86400}, {"w", 604800}};
  const bool iso = text.starts_with('P');
  const std::string lower = to_lower(text.substr(iso ? 1 : 0));
  std::string_view rest = lower;
  double seconds = 0;
  while (!rest.empty()) {
    if (iso && rest[0] == 't') rest.remove_prefix(1);
    std::int64_t number = 0;
    const auto [stopped, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (error != std::errc() || number < 0) return std::nullopt;
    rest.remove_prefix(static_cast<std::size_t>(stopped - rest.data()));
    const auto unit = std::find_if(std::begin(kUnits), std::end(kUnits),
                                   [&](const Unit& known) { return rest.starts_with(known.name); });
    if (unit == std::end(kUnits)) return std::nullopt;
    rest.remove_prefix(unit->name.size());
    seconds += static_cast<double>(number) * unit->seconds;
  }
  if (seconds <= 0) return std::nullopt;
  return seconds;
}

std::optional<GateCheck> read_gate_check(const Value& entry, std::string_view gate,
                                         diag::Sink& sink) {
  const auto [type, settings] = check_entry(entry);
  if (settings == nullptr) {
    sink.error("C041", fmt::format("gate '{}': a check is a mapping with its type", gate),
               entry.span, "for example {type: row_count, min: 1}");
    return std::nullopt;
  }
  std::vector<std::string> known;
  for (const CheckReader& reader : kCheckReaders) {
    known.emplace_back(reader.type);
    if (reader.type != type) continue;
    GateCheck check;
    check.type = type;
    CheckSettings reading(*settings, type, gate, sink);
    reader.read(reading, check);
    if (!reading.ok()) return std::nullopt;
    return check;
  }
  const std::string near = nearest(type, known);
  sink.error("C041", fmt::format("gate '{}': there is no check '{}'", gate, type), entry.span,
             near.empty() ? fmt::format("checks are {}", list_and(known))
                          : fmt::format("did you mean '{}'?", near));
  return std::nullopt;
}

}  // namespace floe::runtime
