// SPDX-License-Identifier: Apache-2.0
#include "core/contract/compare.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <set>

namespace floe::contract {

std::optional<Compatibility> parse_compatibility(std::string_view word) {
  Compatibility mode;
  constexpr std::string_view kTransitive = "_transitive";
  if (word.empty() || word == "none") return mode;
  if (word.ends_with(kTransitive)) {
    mode.transitive = true;
    word.remove_suffix(kTransitive.size());
  }
  mode.backward = word == "backward" || word == "full";
  mode.forward = word == "forward" || word == "full";
  if (mode.is_none()) return std::nullopt;
  return mode;
}

Compatibility both(const Compatibility& a, const Compatibility& b) {
  return {a.backward || b.backward, a.forward || b.forward, a.transitive || b.transitive};
}

std::string compatibility_name(const Compatibility& mode) {
  if (mode.is_none()) return "none";
  const char* name = !mode.forward ? "backward" : !mode.backward ? "forward" : "full";
  return std::string(name) + (mode.transitive ? "_transitive" : "");
}

namespace {

/// What is known of each kind of change.
struct ChangeMeaning {
  ChangeKind kind;
  std::string_view name;
  bool breaks_backward;
  bool breaks_forward;
};

// The table that `floe explain breaking-change` shows. A column that was added breaks forward only
// if it is required.
constexpr std::array kMeanings = std::to_array<ChangeMeaning>({
    {ChangeKind::kTableAdded, "table-added", false, true},
    {ChangeKind::kTableRemoved, "table-removed", true, false},
    {ChangeKind::kColumnAdded, "column-added", false, false},
    {ChangeKind::kColumnRemoved, "column-removed", true, false},
    {ChangeKind::kColumnRenamed, "column-renamed", true, true},
    {ChangeKind::kTypeWidened, "type-widened", true, false},
    {ChangeKind::kTypeNarrowed, "type-narrowed", false, true},
    {ChangeKind::kTypeChanged, "type-changed", true, true},
    {ChangeKind::kTypeUnclear, "type-unclear", true, true},
    {ChangeKind::kRequired, "required", false, true},
    {ChangeKind::kNullable, "nullable", true, false},
    {ChangeKind::kUnique, "unique", false, true},
    {ChangeKind::kNotUnique, "not-unique", true, false},
    {ChangeKind::kKeyAdded, "key-added", true, true},
    {ChangeKind::kKeyRemoved, "key-removed", true, true},
    {ChangeKind::kClassification, "classification", false, false},
    {ChangeKind::kPromiseTightened, "promise-tightened", false, true},
    {ChangeKind::kPromiseLoosened, "promise-loosened", true, false},
});

const ChangeMeaning& meaning_of(ChangeKind kind) {
  return *std::find_if(kMeanings.begin(), kMeanings.end(),
                       [&](const ChangeMeaning& row) { return row.kind == kind; });
}

/// Collects the changes of one pair of contracts.
class ContractComparison {
 public:
  void add(ChangeKind kind, std::string column, std::string before, std::string after,
           diag::Span span) {
    const ChangeMeaning& meaning = meaning_of(kind);
    changes_.push_back({kind, table_, std::move(column), std::move(before), std::move(after),
                        meaning.breaks_backward, meaning.breaks_forward, span});
  }
  /// A column whose absence is noticed breaks who is written for it.
  void added_column(const Column& column) {
    add(ChangeKind::kColumnAdded, column.name, "", column.type_text(), column.span);
    changes_.back().breaks_forward = column.required;
  }
  void in_table(std::string name) { table_ = std::move(name); }
  std::vector<ContractChange> take() { return std::move(changes_); }

 private:
  std::string table_;
  std::vector<ContractChange> changes_;
};

void compare_column_types(ContractComparison& to, const Column& before, const Column& after) {
  const std::string& was = before.type_text();
  const std::string& is = after.type_text();
  const auto add = [&](ChangeKind kind) { to.add(kind, after.name, was, is, after.type_span); };
  if (was.empty() && is.empty()) return;
  // A type that is promised no longer, or was not before.
  if (is.empty()) return add(ChangeKind::kTypeWidened);
  if (was.empty()) return add(ChangeKind::kTypeNarrowed);
  switch (compare_types(before.type(), after.type())) {
    case TypeStep::kSame: return;
    case TypeStep::kWidened: return add(ChangeKind::kTypeWidened);
    case TypeStep::kNarrowed: return add(ChangeKind::kTypeNarrowed);
    case TypeStep::kChanged: return add(ChangeKind::kTypeChanged);
    case TypeStep::kUnknown: return add(ChangeKind::kTypeUnclear);
  }
}

void compare_columns(ContractComparison& to, const Column& before, const Column& after) {
  if (to_lower(before.name) != to_lower(after.name)) {
    to.add(ChangeKind::kColumnRenamed, after.name, before.name, after.name, after.span);
  }
  compare_column_types(to, before, after);
  if (before.required != after.required) {
    to.add(after.required ? ChangeKind::kRequired : ChangeKind::kNullable, after.name,
           before.required ? "required" : "nullable", after.required ? "required" : "nullable",
           after.span);
  }
  if (before.unique != after.unique) {
    to.add(after.unique ? ChangeKind::kUnique : ChangeKind::kNotUnique, after.name,
           before.unique ? "unique" : "not unique", after.unique ? "unique" : "not unique",
           after.span);
  }
  if (before.primary_key != after.primary_key) {
    to.add(after.primary_key ? ChangeKind::kKeyAdded : ChangeKind::kKeyRemoved, after.name,
           before.primary_key ? "in the key" : "", after.primary_key ? "in the key" : "",
           after.span);
  }
  if (before.classification != after.classification) {
    to.add(ChangeKind::kClassification, after.name, before.classification, after.classification,
           after.span);
  }
}

/// The columns of a table by lower-case name and by id: contracts come from elsewhere and may be
/// long.
struct ColumnIndex {
  std::map<std::string, const Column*, std::less<>> by_name;
  std::map<std::string, const Column*, std::less<>> by_id;

  explicit ColumnIndex(const Table& table) {
    for (const Column& each : table.columns) {
      by_name.emplace(to_lower(each.name), &each);
      if (!each.id.empty()) by_id.emplace(each.id, &each);
    }
  }
  static const Column* in(const std::map<std::string, const Column*, std::less<>>& map,
                          const std::string& key) {
    const auto found = map.find(key);
    return found == map.end() ? nullptr : found->second;
  }
  /// The column that `after` is the continuation of, or nullptr.
  const Column* earlier(const Column& after) const {
    if (!after.renamed_from.empty()) {
      if (const Column* found = in(by_name, to_lower(after.renamed_from))) return found;
    }
    if (!after.id.empty()) {
      if (const Column* found = in(by_id, after.id)) return found;
    }
    return in(by_name, to_lower(after.name));
  }
};

void compare_tables(ContractComparison& to, const Table& before, const Table& after) {
  // A contract that lists no columns promises none; there is nothing to compare with.
  if (!before.has_columns && !after.has_columns) return;
  const ColumnIndex index(before);
  std::set<const Column*> continued;
  for (const Column& column : after.columns) {
    const Column* earlier = index.earlier(column);
    if (earlier == nullptr || !continued.insert(earlier).second) {
      to.added_column(column);
    } else {
      compare_columns(to, *earlier, column);
    }
  }
  for (const Column& column : before.columns) {
    if (continued.contains(&column)) continue;
    to.add(ChangeKind::kColumnRemoved, column.name, column.type_text(), "", after.span);
  }
}

/// One promise; `higher_is_tighter`: 99.9 % promises more than 99 %, 1h more than 6h.
template <class T, class Words>
void compare_promise(ContractComparison& to, const char* name, const std::optional<T>& before,
                     const std::optional<T>& after, bool higher_is_tighter, diag::Span span,
                     const Words& words) {
  if (before == after) return;
  const std::string was = before ? fmt::format("{} {}", name, words(*before)) : "";
  const std::string is = after ? fmt::format("{} {}", name, words(*after)) : "";
  const bool loosened = !after || (before && (*after < *before) == higher_is_tighter);
  to.add(loosened ? ChangeKind::kPromiseLoosened : ChangeKind::kPromiseTightened, "", was, is,
         span);
}

void compare_service_levels(ContractComparison& to, const Contract& before, const Contract& after) {
  const auto percent = [](double number) { return fmt::format("{:g} %", number); };
  const auto place = [&](diag::Span span) { return span ? span : after.span; };
  compare_promise(to, "freshness", before.sla.freshness, after.sla.freshness, false,
                  place(after.sla.freshness_span), duration_words);
  compare_promise(to, "availability", before.sla.availability, after.sla.availability, true,
                  place(after.sla.availability_span), percent);
  compare_promise(to, "quality", before.sla.quality, after.sla.quality, true,
                  place(after.sla.quality_span), percent);
}

}  // namespace

std::string_view change_name(ChangeKind kind) { return meaning_of(kind).name; }

std::vector<ContractChange> compare_contracts(const Contract& before, const Contract& after) {
  ContractComparison to;
  std::set<const Table*> continued;
  const bool single = before.tables.size() == 1 && after.tables.size() == 1;
  for (const Table& table : after.tables) {
    to.in_table(table.name);
    // With one table on each side, its name is the port's business.
    const auto found = std::find_if(before.tables.begin(), before.tables.end(),
                                    [&](const Table& t) { return single || t.name == table.name; });
    if (found == before.tables.end()) {
      to.add(ChangeKind::kTableAdded, "", "", table.name, table.span);
      continue;
    }
    continued.insert(&*found);
    compare_tables(to, *found, table);
  }
  for (const Table& table : before.tables) {
    if (continued.contains(&table)) continue;
    to.in_table(table.name);
    to.add(ChangeKind::kTableRemoved, "", table.name, "", after.span);
  }
  to.in_table("");
  compare_service_levels(to, before, after);
  return to.take();
}

bool is_breaking(const ContractChange& change, const Compatibility& mode) {
  return (mode.backward && change.breaks_backward) || (mode.forward && change.breaks_forward);
}

std::string change_text(const ContractChange& change) {
  const std::string column = fmt::format("column '{}'", change.column);
  const auto with = [](const std::string& text) { return text.empty() ? "none" : text; };
  const std::string step = fmt::format("{} → {}", with(change.before), with(change.after));
  switch (change.kind) {
    case ChangeKind::kTableAdded: return fmt::format("table '{}' was added", change.table);
    case ChangeKind::kTableRemoved: return fmt::format("table '{}' was removed", change.table);
    case ChangeKind::kColumnAdded: {
      const std::string type = change.after.empty() ? "" : fmt::format(" ({})", change.after);
      return fmt::format("{}{}{} was added", change.breaks_forward ? "required " : "", column,
                         type);
    }
    case ChangeKind::kColumnRemoved: return column + " was removed";
    case ChangeKind::kColumnRenamed:
      return fmt::format("column '{}' was renamed to '{}'", change.before, change.after);
    case ChangeKind::kTypeWidened:
      return fmt::format("the type of {} was widened: {}", column, step);
    case ChangeKind::kTypeNarrowed:
      return fmt::format("the type of {} was narrowed: {}", column, step);
    case ChangeKind::kTypeChanged: return fmt::format("the type of {} changed: {}", column, step);
    case ChangeKind::kTypeUnclear:
      return fmt::format("the type of {} is another one, and floe does not know both: {}", column,
                         step);
    case ChangeKind::kRequired: return column + " may no longer be null";
    case ChangeKind::kNullable: return column + " may be null now";
    case ChangeKind::kUnique: return column + " is unique now";
    case ChangeKind::kNotUnique: return column + " is no longer unique";
    case ChangeKind::kKeyAdded: return column + " became part of the primary key";
    case ChangeKind::kKeyRemoved: return column + " is no longer part of the primary key";
    case ChangeKind::kClassification:
      return fmt::format("the classification of {} changed: {}", column, step);
    case ChangeKind::kPromiseTightened: return fmt::format("more is promised: {}", step);
    case ChangeKind::kPromiseLoosened: return fmt::format("less is promised: {}", step);
  }
  return "";
}

}  // namespace floe::contract
