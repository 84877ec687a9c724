// SPDX-License-Identifier: Apache-2.0
#include "core/platform/compare_data.h"

#include "core/platform/strictness.h"
#include "value/json.h"

#include <algorithm>
#include <map>
#include <set>

namespace floe::core {

namespace {

using value::Merge;
using value::Schema;
using value::Value;

/// Members that tell people something and decide nothing.
bool is_remark(std::string_view key) {
  static constexpr std::string_view kRemarks[] = {"description", "owner", "owners", "help"};
  return key.starts_with("x-") ||
         std::find(std::begin(kRemarks), std::end(kRemarks), key) != std::end(kRemarks);
}

bool is_empty_data(const Value* value) {
  return value == nullptr || ((value->is_map() || value->is_list()) && value->empty());
}

bool same_data(const Value& a, const Value& b) {
  return value::canonical_json(a) == value::canonical_json(b);
}

/// One place of the data, with what is known of it.
struct Place {
  DataComparison& comparison;
  std::string path;
  const Schema* schema;
  Step step;

  Merge merge() const { return schema == nullptr ? Merge::kOverride : schema->merge; }

  void change(const Value* before, const Value* after, Direction direction, Step least) const {
    const bool texts =
        (before == nullptr || before->is_string()) && (after == nullptr || after->is_string());
    const auto words = [&](const Value* value) -> std::string {
      if (value == nullptr) return "";
      // An empty text is there; in quotes it can be told from none.
      return texts && !value->empty() ? value->as_string() : value::canonical_json(*value);
    };
    comparison.changes.push_back({path, words(before), words(after), direction, least});
  }

  /// A change without an order: as far as it can have one, it came or went.
  void unordered(const Value* before, const Value* after) const {
    change(before, after,
           before == nullptr  ? Direction::kAdded
           : after == nullptr ? Direction::kRemoved
                              : Direction::kChanged,
           step);
  }

  void ordered(const Value* before, const Value* after, bool tightened) const {
    change(before, after, tightened ? Direction::kTightened : Direction::kLoosened, Step::kMinor);
  }
};

/// An entry of a list or mapping that came or went.
void entry_change(const Place& entry, Merge container, const Value* before, const Value* after) {
  const bool added = before == nullptr;
  switch (container) {
    case Merge::kExtend: return entry.ordered(before, after, added);
    case Merge::kIntersect: return entry.ordered(before, after, !added);
    case Merge::kNamespaced:
      return entry.change(before, after, added ? Direction::kAdded : Direction::kRemoved,
                          added ? Step::kMinor : Step::kMajor);
    default: return entry.unordered(before, after);
  }
}

void compare_leaf(const Place& place, const Value* before, const Value* after,
                  const std::optional<Value>& fallback) {
  const Value* effective_before = before == nullptr && fallback ? &*fallback : before;
  const Value* effective_after = after == nullptr && fallback ? &*fallback : after;
  const auto order = place.schema == nullptr
                         ? std::nullopt
                         : compare_strictness(*place.schema, place.comparison.levels,
                                              effective_before, effective_after);
  if (order && *order != 0) return place.ordered(before, after, *order > 0);
  // The default, written down or left out.
  const bool same_effect =
      (order && *order == 0) || (effective_before != nullptr && effective_after != nullptr &&
                                 same_data(*effective_before, *effective_after));
  if (same_effect) return place.change(before, after, Direction::kChanged, Step::kPatch);
  place.unordered(before, after);
}

void compare_place(const Place& place, const Value* before, const Value* after,
                   const std::optional<Value>& fallback = std::nullopt);

/// Whether a field came or went that answers what its section asks for (Schema::answering): which
/// came loosens.
bool compare_answer(const Place& member, const Value* before_section, const Value* was,
                    const Value* after_section, const Value* is) {
  if (member.schema == nullptr || member.schema->question.empty()) return false;
  if ((was == nullptr) == (is == nullptr)) return false;
  const Value* section = was == nullptr ? before_section : after_section;
  const Value* question = section == nullptr ? nullptr : section->find(member.schema->question);
  if (is_empty_data(question)) return false;
  member.ordered(was, is, is == nullptr);
  return true;
}

void compare_members(const Place& place, const Value* before, const Value* after) {
  std::set<std::string> keys;
  for (const Value* side : {before, after}) {
    if (side == nullptr) continue;
    for (const value::Member& member : side->as_map()) keys.insert(member.key);
  }
  // A section that is not there has no defaults either.
  const bool is_silent = place.schema != nullptr && place.schema->is_silent_if_absent &&
                         (is_empty_data(before) || is_empty_data(after));
  for (const std::string& key : keys) {
    const Value* was = before == nullptr ? nullptr : before->find(key);
    const Value* is = after == nullptr ? nullptr : after->find(key);
    const value::Field* field = place.schema == nullptr ? nullptr : place.schema->find(key);
    const bool is_entry = place.schema != nullptr && place.schema->type == Schema::Type::kMapOf;
    const Schema* below = field != nullptr ? &field->schema
                          : is_entry       ? place.schema->items.get()
                                           : nullptr;
    const Place member{place.comparison, place.path.empty() ? key : place.path + "." + key, below,
                       is_remark(key) && !is_entry ? Step::kPatch : place.step};
    if (is_entry && (was == nullptr) != (is == nullptr) && place.merge() == Merge::kExtend) {
      entry_change(member, place.merge(), was, is);
    } else if (!compare_answer(member, before, was, after, is)) {
      compare_place(member, was, is,
                    field == nullptr || is_silent ? std::nullopt : field->fallback);
    }
  }
}

/// The items of a list by their key field; nothing if one has none or two have the same.
std::optional<std::map<std::string, const Value*>> keyed_items(const Value* list,
                                                               const std::string& key_field) {
  std::map<std::string, const Value*> items;
  if (list == nullptr) return items;
  for (const Value& item : list->as_list()) {
    const Value* key = item.find(key_field);
    if (key == nullptr || !key->is_string()) return std::nullopt;
    if (!items.emplace(key->as_string(), &item).second) return std::nullopt;
  }
  return items;
}

/// What is left if one list has the same items as the other: their order.
void compare_order(const Place& place, const Value* before, const Value* after) {
  const Step step = place.merge() == Merge::kFixed ? place.step : Step::kPatch;
  if (!same_data(*before, *after)) place.change(before, after, Direction::kChanged, step);
}

/// Compares lists of objects that have a name; false if these have not.
bool compare_keyed(const Place& place, const Value* before, const Value* after) {
  const std::string& key_field = place.schema->unique_field;
  const auto was = keyed_items(before, key_field);
  const auto is = keyed_items(after, key_field);
  if (!was || !is) return false;
  const std::size_t known = place.comparison.changes.size();
  const auto place_of = [&](const std::string& key) {
    return Place{place.comparison, place.path + "." + key, place.schema->items.get(), place.step};
  };
  for (const auto& [key, item] : *was) {
    const auto found = is->find(key);
    if (found == is->end()) entry_change(place_of(key), place.merge(), item, nullptr);
    else compare_place(place_of(key), item, found->second);
  }
  for (const auto& [key, item] : *is) {
    if (!was->contains(key)) entry_change(place_of(key), place.merge(), nullptr, item);
  }
  if (place.comparison.changes.size() == known) compare_order(place, before, after);
  return true;
}

/// Compares lists as collections of what is in them.
void compare_items(const Place& place, const Value* before, const Value* after) {
  std::map<std::string, int> surplus;  // by content: how many more there are afterwards
  const auto count = [&](const Value* list, int by) {
    if (list == nullptr) return;
    for (const Value& item : list->as_list()) surplus[value::canonical_json(item)] += by;
  };
  count(before, -1);
  count(after, 1);
  const std::size_t known = place.comparison.changes.size();
  const auto emit = [&](const Value* list, int sign) {
    if (list == nullptr) return;
    for (const Value& item : list->as_list()) {
      int& rest = surplus[value::canonical_json(item)];
      if (rest * sign <= 0) continue;
      rest -= sign;
      entry_change(place, place.merge(), sign < 0 ? &item : nullptr, sign < 0 ? nullptr : &item);
    }
  };
  emit(before, -1);
  emit(after, 1);
  if (place.comparison.changes.size() == known) compare_order(place, before, after);
}

void compare_lists(const Place& place, const Value* before, const Value* after) {
  if (place.merge() == Merge::kFixed) return place.unordered(before, after);
  if (place.merge() == Merge::kIntersect && place.schema->absent_is_all &&
      is_empty_data(before) != is_empty_data(after)) {
    return place.ordered(before, after, is_empty_data(before));
  }
  const bool keyed = place.schema != nullptr && !place.schema->unique_field.empty();
  if (keyed && compare_keyed(place, before, after)) return;
  compare_items(place, before, after);
}

void compare_place(const Place& place, const Value* before, const Value* after,
                   const std::optional<Value>& fallback) {
  if (before == nullptr && after == nullptr) return;
  if (before != nullptr && after != nullptr && same_data(*before, *after)) return;
  const auto both = [&](auto is_kind) {
    return (before == nullptr || is_kind(*before)) && (after == nullptr || is_kind(*after)) &&
           !(is_empty_data(before) && is_empty_data(after));
  };
  if (both([](const Value& value) { return value.is_map(); })) {
    return compare_members(place, before, after);
  }
  if (both([](const Value& value) { return value.is_list(); })) {
    return compare_lists(place, before, after);
  }
  compare_leaf(place, before, after, fallback);
}

}  // namespace

void compare_data(DataComparison& comparison, const std::string& path, const Value* before,
                  const Value* after, const Schema* schema, Step step) {
  compare_place(Place{comparison, path, schema, step}, before, after);
}

}  // namespace floe::core
