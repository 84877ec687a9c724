// SPDX-License-Identifier: Apache-2.0
#include "core/platform/merge.h"

#include "base/text.h"
#include "core/platform/strictness.h"
#include "value/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>

namespace floe::core {

namespace {

using value::Field;
using value::Member;
using value::Merge;
using value::Schema;
using value::Stricter;
using value::Value;

/// A field of both documents, with what its surroundings say about it.
struct Spot {
  std::string path;
  const Schema* schema = nullptr;   // null: free data
  bool section_set = false;         // the higher tier has the mapping that the field is in
  bool in_entry = false;            // in a named entry that the higher tier has
  bool defaults_hold = false;       // what the higher tier leaves out there is what the schema says
  const Value* fallback = nullptr;  // what holds where nothing is set
  const Value* question = nullptr;  // what the higher tier asks for that the field answers
  const Value* stand_in = nullptr;  // of maps: what an entry that is not there is compared with
  const Value* general =
      nullptr;  // of such an entry, or its field: what holds where it says nothing

  Merge merge() const { return schema == nullptr ? Merge::kOverride : schema->merge; }
};

bool is_blank(const Value* value) {
  return value == nullptr || ((value->is_list() || value->is_map()) && value->empty());
}

std::string words_of(const Value* value) {
  if (value == nullptr) return "none";
  if (value->is_string()) return value->as_string();
  if (value->is_list()) {
    std::vector<std::string> words;
    for (const Value& item : value->as_list()) words.push_back(words_of(&item));
    return words.empty() ? "none" : join(words, ", ");
  }
  return value::canonical_json(*value);
}

/// One text is a list of one ("prefix: bronze_"), and numbers of a list count as their texts do.
bool same_content(const Value& a, const Value& b) {
  if ((a.is_int() && b.is_string()) || (a.is_string() && b.is_int())) {
    return words_of(&a) == words_of(&b);
  }
  if (a.is_list() && !b.is_list()) return a.size() == 1 && same_content(a.as_list()[0], b);
  if (b.is_list() && !a.is_list()) return same_content(b, a);
  return value::canonical_json(a) == value::canonical_json(b);
}

const Value* find_item(const Value& list, const std::string& key_field, const Value& like) {
  const Value* key = like.find(key_field);
  if (key == nullptr) return nullptr;
  for (const Value& item : list.as_list()) {
    const Value* other = item.find(key_field);
    if (other != nullptr && *other == *key) return &item;
  }
  return nullptr;
}

bool has_item(const Value& list, const Value& wanted) {
  return std::any_of(list.as_list().begin(), list.as_list().end(),
                     [&](const Value& item) { return same_content(item, wanted); });
}

/// Whether a document has a value at a path in which * stands for any key.
bool is_set(const Value& at, std::span<const std::string_view> path) {
  if (path.empty()) return true;
  if (path.front() != "*") {
    const Value* next = at.find(path.front());
    return next != nullptr && is_set(*next, path.subspan(1));
  }
  if (!at.is_map()) return false;
  return std::any_of(at.as_map().begin(), at.as_map().end(),
                     [&](const Member& member) { return is_set(member.value, path.subspan(1)); });
}

/// The field that chooses an implementation, if the object has one.
const Field* choosing_field(const Schema& schema) {
  const auto found = std::find_if(schema.fields.begin(), schema.fields.end(), [](const Field& f) {
    return f.schema.merge == Merge::kOverrideWithinApproved;
  });
  return found == schema.fields.end() ? nullptr : &*found;
}

class TierMerger {
 public:
  TierMerger(const Value& upper, const MergeRules& rules, std::vector<Loosening>& refused)
      : root_(upper), rules_(rules), refused_(refused) {}

  /// What holds at a place; nothing if neither tier sets it.
  std::optional<Value> at(const Spot& spot, const Value* upper, const Value* lower) {
    if (spot.merge() == Merge::kOwn) return optional_of(lower);
    if (lower == nullptr) return optional_of(upper);
    switch (spot.merge()) {
      case Merge::kStricterOnly: return stricter(spot, upper, *lower);
      case Merge::kFixed: return fixed(spot, upper, *lower);
      case Merge::kExtend:
        return lower->is_map() ? members(spot, upper, *lower) : extended(spot, upper, *lower);
      case Merge::kIntersect: return intersected(spot, upper, *lower);
      case Merge::kNamespaced: return namespaced(spot, upper, *lower);
      default: break;
    }
    const bool has_members =
        spot.schema != nullptr &&
        (spot.schema->type == Schema::Type::kObject || spot.schema->type == Schema::Type::kMapOf);
    if (!has_members || !lower->is_map()) return *lower;
    if (choosing_field(*spot.schema) != nullptr) return chosen(spot, upper, *lower);
    return members(spot, upper, *lower);
  }

 private:
  static std::optional<Value> optional_of(const Value* value) {
    return value == nullptr ? std::nullopt : std::optional(*value);
  }

  void refuse(Refused why, const std::string& path, std::string tried, std::string required,
              diag::Span span, bool is_default = false) {
    refused_.push_back({why, path, std::move(tried), std::move(required), span, is_default});
  }

  std::optional<Value> stricter(const Spot& spot, const Value* upper, const Value& lower) {
    if (upper == nullptr && !is_blank(spot.question)) {
      refuse(Refused::kLoosened, spot.path, words_of(&lower),
             fmt::format("none, as {} asks {} to name its own", spot.schema->question,
                         words_of(spot.question)),
             lower.span);
      return std::nullopt;
    }
    const Value* floor = upper != nullptr ? upper : spot.general ? spot.general : spot.fallback;
    if (floor == nullptr || same_content(*floor, lower)) return lower;
    const auto order = compare_strictness(*spot.schema, rules_.levels, floor, &lower);
    if (order && *order >= 0) return lower;
    if (!order && rules_.is_partial) return lower;  // the order may be the highest tier's
    const Stricter direction = spot.schema->stricter;
    const std::string required = direction == Stricter::kHigher  ? "at least " + words_of(floor)
                                 : direction == Stricter::kLower ? "at most " + words_of(floor)
                                                                 : words_of(floor);
    refuse(Refused::kLoosened, spot.path, words_of(&lower), required, lower.span,
           floor == spot.fallback);
    return optional_of(upper);
  }

  std::optional<Value> fixed(const Spot& spot, const Value* upper, const Value& lower) {
    if (lower.is_map()) return fixed_members(spot, upper, lower);
    // A named entry is what it is, with what it leaves out; and where layers are named one by one,
    // a pattern would add more.
    const bool is_settled = spot.in_entry || !is_blank(spot.stand_in);
    if (upper == nullptr && spot.general != nullptr && same_content(*spot.general, lower))
      return lower;
    const bool is_free = !is_settled && spot.general == nullptr;
    if (upper == nullptr && (is_free || rules_.is_partial)) return lower;
    if (upper != nullptr && same_content(*upper, lower)) return *upper;
    refuse(Refused::kLoosened, spot.path, words_of(&lower), words_of(upper), lower.span);
    return optional_of(upper);
  }

  /// Members that the higher tier has may change as their own schema says; there are no others.
  Value fixed_members(const Spot& spot, const Value* upper, const Value& lower) {
    if (rules_.is_partial || is_blank(upper)) return members(spot, upper, lower);
    Value known = lower;
    for (const Member& member : lower.as_map()) {
      if (upper->find(member.key) != nullptr || member.key.starts_with("x-")) continue;
      std::vector<std::string> names;
      for (const Member& above : upper->as_map()) names.push_back(above.key);
      refuse(Refused::kLoosened, spot.path + "." + member.key, "one of its own",
             names.empty() ? "none" : "only " + list_and(names), member.key_span);
      known.erase(member.key);
    }
    return members(spot, upper, known);
  }

  Value extended(const Spot& spot, const Value* upper, const Value& lower) {
    if (is_blank(upper) || !upper->is_list()) return lower;
    const std::string& key_field = spot.schema->unique_field;
    Value out = Value::list();
    out.span = lower.span;
    for (const Value& item : upper->as_list()) {
      const Value* same = key_field.empty() ? nullptr : find_item(lower, key_field, item);
      out.push(same == nullptr ? item : entry(spot, item, *same, key_field));
    }
    for (const Value& item : lower.as_list()) {
      const bool is_known = key_field.empty() ? has_item(*upper, item)
                                              : find_item(*upper, key_field, item) != nullptr;
      if (!is_known) out.push(item);
    }
    return out;
  }

  /// A named entry that both have.
  Value entry(const Spot& spot, const Value& upper, const Value& lower,
              const std::string& key_field) {
    Spot below{spot.path + "." + words_of(lower.find(key_field)), spot.schema->items.get(), true,
               true};
    return *at(below, &upper, &lower);
  }

  /// Whether everything that an entry of the lower tier allows is allowed by one of the higher.
  bool is_covered(const Spot& spot, const Value& item, const Value& by) const {
    if (same_content(item, by)) return true;
    const Schema* schema = spot.schema->items.get();
    if (!item.is_map() || !by.is_map() || schema == nullptr) return false;
    return std::all_of(by.as_map().begin(), by.as_map().end(), [&](const Member& limit) {
      const Value* asked = item.find(limit.key);
      if (asked == nullptr) return false;
      if (same_content(*asked, limit.value)) return true;
      const Field* field = schema->find(limit.key);
      if (field == nullptr) return false;
      // A text with patterns: fewer names match.
      if (field->schema.merge == Merge::kIntersect && asked->is_string() &&
          limit.value.is_string()) {
        return glob_match(limit.value.as_string(), asked->as_string());
      }
      const auto order = compare_strictness(field->schema, rules_.levels, &limit.value, asked);
      return order && *order >= 0;
    });
  }

  std::optional<Value> intersected(const Spot& spot, const Value* upper, const Value& lower) {
    const bool all = spot.schema->absent_is_all;
    if (all && is_blank(upper)) return lower;
    if (upper == nullptr && (!spot.section_set || rules_.is_partial)) return lower;
    const auto required = [&] { return is_blank(upper) ? "none" : "only " + words_of(upper); };
    if (all && lower.empty()) {
      refuse(Refused::kLoosened, spot.path, "any", required(), lower.span);
      return *upper;
    }
    bool is_subset = true;
    for (const Value& item : lower.as_list()) {
      const bool covered = upper != nullptr &&
                           std::any_of(upper->as_list().begin(), upper->as_list().end(),
                                       [&](const Value& by) { return is_covered(spot, item, by); });
      if (covered) continue;
      is_subset = false;
      refuse(Refused::kLoosened, spot.path, words_of(&item), required(), item.span);
    }
    return is_subset ? std::optional(lower) : optional_of(upper);
  }

  Value namespaced(const Spot& spot, const Value* upper, const Value& lower) {
    if (rules_.is_partial) return extended(spot, upper, lower);
    const std::string& key_field = spot.schema->unique_field;
    Value mine = Value::list();
    mine.span = lower.span;
    for (const Value& item : lower.as_list()) {
      const Value* name = item.find(key_field);
      const bool is_own = name != nullptr && name->is_string() &&
                          lies_in_namespace(name->as_string(), rules_.own_namespace);
      if (is_own || (upper != nullptr && has_item(*upper, item))) {
        mine.push(item);
        continue;
      }
      refuse(Refused::kForeignNamespace, spot.path, words_of(name), rules_.own_namespace,
             name != nullptr ? name->span : item.span);
    }
    return extended(spot, upper, mine);
  }

  /// A choice between implementations; what else is set belongs to the one that is chosen.
  std::optional<Value> chosen(const Spot& spot, const Value* upper, const Value& lower) {
    const std::string& field = choosing_field(*spot.schema)->name;
    const Value* asked = lower.find(field);
    if (rules_.is_partial || asked == nullptr) return lower;
    const Value* now = upper == nullptr ? nullptr : upper->find(field);
    if (now != nullptr && *now == *asked) return lower;
    const std::string category = spot.path.substr(spot.path.rfind('.') + 1);
    const Value* approved = root_.find_path("approved_plugins." + category);
    if (approved != nullptr && approved->is_list() && has_item(*approved, *asked)) return lower;
    std::vector<std::string> names;
    if (!is_blank(approved)) {
      for (const Value& name : approved->as_list()) names.push_back(words_of(&name));
    } else if (now != nullptr) {
      names.push_back(words_of(now));
    }
    refuse(Refused::kPluginNotApproved, spot.path + "." + field, words_of(asked),
           names.empty() ? "none" : list_or(names), asked->span);
    return optional_of(upper);
  }

  /// Whether the higher tier keeps to the defaults of a mapping's fields that it leaves out. A
  /// section asks for them without being written, unless it is silent then; an entry that only the
  /// lower tier has is its own.
  bool defaults_hold(const Spot& spot, const Value* upper) const {
    if (rules_.is_partial) return false;
    if (!spot.schema->is_silent_if_absent) return upper != nullptr || spot.defaults_hold;
    if (!is_blank(upper)) return true;
    const auto& wakers = spot.schema->woken_by;
    return std::any_of(wakers.begin(), wakers.end(),
                       [&](const std::string& path) { return is_set(root_, split(path, '.')); });
  }

  Spot member_spot(const Spot& spot, const Value* upper, const std::string& key) const {
    Spot below{spot.path.empty() ? key : spot.path + "." + key};
    below.section_set = upper != nullptr && !rules_.is_partial;
    below.in_entry = spot.in_entry;
    if (spot.schema == nullptr || key.starts_with("x-")) return below;
    if (spot.schema->type == Schema::Type::kMapOf) {
      below.schema = spot.schema->items.get();
      if (!rules_.is_partial) below.general = spot.stand_in;
      below.in_entry = spot.in_entry || spot.merge() == Merge::kExtend;
      return below;
    }
    const Field* field = spot.schema->find(key);
    if (field == nullptr) return below;
    below.schema = &field->schema;
    if (spot.general != nullptr) below.general = spot.general->find(key);
    below.defaults_hold = defaults_hold(spot, upper);
    if (below.defaults_hold && field->fallback) below.fallback = &*field->fallback;
    if (!field->schema.question.empty() && upper != nullptr && !rules_.is_partial) {
      below.question = upper->find(field->schema.question);
    }
    if (!field->schema.stand_in.empty() && upper != nullptr) {
      below.stand_in = upper->find(field->schema.stand_in);
    }
    return below;
  }

  /// Member by member: those of the higher tier in its order, then the further ones.
  Value members(const Spot& spot, const Value* upper, const Value& lower) {
    Value out = Value::map();
    out.span = lower.span;
    const auto add = [&](const Member& member, const Value* above, const Value* below) {
      std::optional<Value> merged = at(member_spot(spot, upper, member.key), above, below);
      // Nothing is left of what was refused.
      const bool nothing = above == nullptr && merged && merged->is_map() && merged->empty();
      if (!merged || (nothing && !below->empty())) return;
      out.edit_map().push_back({member.key, std::move(*merged), member.key_span, member.key_kind});
    };
    if (upper != nullptr && upper->is_map()) {
      for (const Member& member : upper->as_map()) {
        const auto& own = lower.as_map();
        const auto same = std::find_if(own.begin(), own.end(), [&](const Member& candidate) {
          return candidate.key == member.key;
        });
        if (same == own.end()) add(member, &member.value, nullptr);
        else add(*same, &member.value, &same->value);
      }
    }
    for (const Member& member : lower.as_map()) {
      if (upper != nullptr && upper->find(member.key) != nullptr) continue;
      if (spot.stand_in != nullptr && !rules_.is_partial) {
        // Only to be compared: the entry is what the lower tier says.
        const std::size_t before = refused_.size();
        static_cast<void>(at(member_spot(spot, upper, member.key), spot.stand_in, &member.value));
        if (refused_.size() > before) continue;
      }
      add(member, nullptr, &member.value);
    }
    return out;
  }

  const Value& root_;
  const MergeRules& rules_;
  std::vector<Loosening>& refused_;
};

}  // namespace

Value merge_tiers(const Value& upper, const Value& lower, const MergeRules& rules,
                  std::vector<Loosening>& refused) {
  TierMerger merger(upper, rules, refused);
  Spot root;
  root.schema = &rules.schema;
  return *merger.at(root, &upper, &lower);
}

bool is_own_field(const Schema& schema, std::string_view dotted_path) {
  const Schema* at = &schema;
  for (const std::string_view name : split(dotted_path, '.')) {
    const Field* field = at->find(name);
    if (field == nullptr) return false;
    if (field->schema.merge == Merge::kOwn) return true;
    at = &field->schema;
  }
  return false;
}

bool lies_in_namespace(std::string_view name, std::string_view space) {
  if (space.empty() || !name.starts_with(space)) return false;
  return name.size() == space.size() || name[space.size()] == '.';
}

}  // namespace floe::core
