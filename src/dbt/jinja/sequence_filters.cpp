// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "dbt/jinja/filter_support.h"
#include "dbt/jinja/machine.h"
#include "dbt/jinja/methods.h"
#include "dbt/jinja/number.h"
#include "dbt/jinja/text_ops.h"
#include "dbt/jinja/unicode.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace floe::jinja {

namespace {

Value empty_hint(const FilterCall& call, std::string hint) {
  return call.interp.machine().undefined_hint(std::move(hint));
}

Value f_list(const FilterCall& call) { return Value::list(collect(call.value)); }

Value f_first(const FilterCall& call) {
  Value item;
  if (iterate(call.value)->next(item)) return item;
  return empty_hint(call, "No first item, sequence was empty.");
}

// list(reversed(x)); nothing when x cannot be walked backwards.
std::optional<std::vector<Value>> reversed(const Value& value) {
  const bool walkable = value.is_undefined() || value.is_str() || value.is_list() ||
                        value.is_tuple() || value.is_dict() ||
                        (value.is_object() && value.as_object()->length());
  if (!walkable) return std::nullopt;
  std::vector<Value> items = collect(value);
  std::reverse(items.begin(), items.end());
  return items;
}

Value f_last(const FilterCall& call) {
  const auto items = reversed(call.value);
  if (!items) {
    raise_type_error(fmt::format("'{}' object is not reversible", call.value.type_name()));
  }
  if (items->empty()) return empty_hint(call, "No last item, sequence was empty.");
  return items->front();
}

class ListSource : public ValueIterator {
 public:
  explicit ListSource(std::vector<Value> items) : items_(std::move(items)) {}
  bool next(Value& out) override {
    if (at_ == items_.size()) return false;
    out = items_[at_++];
    return true;
  }

 private:
  std::vector<Value> items_;
  std::size_t at_ = 0;
};

Value f_reverse(const FilterCall& call) {
  if (call.value.is_str()) {
    std::u32string points = to_points(call.value.as_str());
    std::reverse(points.begin(), points.end());
    return keep_kind(call.value, from_points(points));
  }
  if (auto items = reversed(call.value)) {
    const char* type = call.value.is_list()   ? "list_reverseiterator"
                       : call.value.is_dict() ? "dict_reversekeyiterator"
                                              : "reversed";
    return generator(type, std::make_unique<ListSource>(std::move(*items)));
  }
  try {
    std::vector<Value> items = collect(call.value);
    std::reverse(items.begin(), items.end());
    return Value::list(std::move(items));
  } catch (const TemplateError& error) {
    if (error.type != ErrorType::kTypeError) throw;
    raise(ErrorType::kFilterArgument, "argument must be iterable");
  }
}

Value f_join(const FilterCall& call) {
  static const Signature signature("sync_do_join",
                                   {{"value", {}}, {"d", Value("")}, {"attribute", Value()}});
  const auto args = bind_filter(signature, call);
  const std::string separator = args[1].to_str();
  const AttributeGetter getter(call.interp, args[2], false);
  IteratorPtr source = iterate(args[0]);
  std::string out;
  Value item;
  for (bool first = true; source->next(item); first = false) {
    if (!first) out += separator;
    if (args[2].is_none()) item.append_str(out);
    else getter(item).append_str(out);
  }
  return Value(std::move(out));
}

Value f_map(const FilterCall& call) {
  Interp* interp = &call.interp;
  std::function<Value(const Value&)> apply;
  const Value* attribute = call.args.find("attribute");
  if (call.args.positional.empty() && attribute != nullptr) {
    for (const auto& [name, value] : call.args.keyword) {
      if (!(name == "attribute") && !(name == "default")) {
        raise(ErrorType::kFilterArgument,
              fmt::format("Unexpected keyword argument '{}'", name.view()));
      }
    }
    const Value* fallback = call.args.find("default");
    AttributeGetter getter(*interp, *attribute, false, fallback == nullptr ? Value() : *fallback);
    apply = [getter](const Value& item) { return getter(item); };
  } else {
    if (call.args.positional.empty()) {
      if (!call.value.truthy()) return generator("generator", [](Value&) { return false; });
      raise(ErrorType::kFilterArgument, "map requires a filter argument");
    }
    const Name name(call.args[0].to_str());
    const FilterFn filter = find_filter(name);
    auto rest = std::make_shared<Args>(call.args);
    rest->positional.erase(rest->positional.begin());
    const bool native = call.native;
    apply = [interp, filter, rest, name, native](const Value& item) {
      if (filter == nullptr) {
        raise(ErrorType::kRuntime, fmt::format("No filter named '{}'.", name.view()));
      }
      return filter({*interp, item, *rest, native});
    };
  }
  const bool any = call.value.truthy();
  std::shared_ptr<ValueIterator> source = any ? iterate(call.value) : nullptr;
  return generator("generator", [source, apply](Value& out) {
    Value item;
    if (source == nullptr || !source->next(item)) return false;
    out = apply(item);
    return true;
  });
}

Value choose(const FilterCall& call, bool keep, bool by_attribute) {
  if (!call.value.truthy()) return generator("generator", [](Value&) { return false; });
  Interp* interp = &call.interp;
  std::size_t offset = 0;
  Value attribute;
  if (by_attribute) {
    if (call.args.positional.empty()) {
      raise(ErrorType::kFilterArgument, "Missing parameter for attribute name");
    }
    attribute = call.args[0];
    offset = 1;
  }
  AttributeGetter getter(*interp, attribute, false);
  std::function<bool(const Value&)> decide = [](const Value& item) { return item.truthy(); };
  if (call.args.size() > offset) {
    const Name name(call.args[offset].to_str());
    const TestFn test = find_test(name);
    auto rest = std::make_shared<Args>(call.args);
    rest->positional.erase(rest->positional.begin(),
                           rest->positional.begin() + static_cast<std::ptrdiff_t>(offset + 1));
    decide = [interp, test, rest, name](const Value& item) {
      if (test == nullptr) {
        raise(ErrorType::kRuntime, fmt::format("No test named '{}'.", name.view()));
      }
      return test({*interp, item, *rest, false});
    };
  }
  std::shared_ptr<ValueIterator> source = iterate(call.value);
  return generator("generator", [=](Value& out) {
    Value item;
    while (source->next(item)) {
      if (decide(by_attribute ? getter(item) : item) != keep) continue;
      out = std::move(item);
      return true;
    }
    return false;
  });
}

Value f_select(const FilterCall& call) { return choose(call, true, false); }
Value f_reject(const FilterCall& call) { return choose(call, false, false); }
Value f_selectattr(const FilterCall& call) { return choose(call, true, true); }
Value f_rejectattr(const FilterCall& call) { return choose(call, false, true); }

Value f_sort(const FilterCall& call) {
  static const Signature signature("do_sort", {{"value", {}},
                                               {"reverse", Value(false)},
                                               {"case_sensitive", Value(false)},
                                               {"attribute", Value()}});
  const auto args = bind_filter(signature, call);
  std::vector<Value> items = collect(args[0]);
  std::vector<AttributeGetter> getters;
  const bool fold = !args[2].truthy();
  if (args[3].is_str()) {
    for (const std::string_view part : split(args[3].as_str(), ',')) {
      getters.emplace_back(call.interp, Value(part), fold);
    }
  } else {
    getters.emplace_back(call.interp, args[3], fold);
  }
  std::vector<Value> keys;
  keys.reserve(items.size());
  for (const Value& item : items) {
    if (getters.size() == 1) {
      keys.push_back(getters[0](item));
      continue;
    }
    std::vector<Value> parts;
    for (const AttributeGetter& getter : getters) parts.push_back(getter(item));
    keys.push_back(Value::list(std::move(parts)));
  }
  sort_values(items, keys, args[1].truthy(), true);
  return Value::list(std::move(items));
}

Value f_unique(const FilterCall& call) {
  static const Signature signature(
      "sync_do_unique", {{"value", {}}, {"case_sensitive", Value(false)}, {"attribute", Value()}});
  const auto args = bind_filter(signature, call);
  const AttributeGetter getter(call.interp, args[2], !args[1].truthy());
  std::shared_ptr<ValueIterator> source = iterate(args[0]);
  const Value seen = Value::set();
  return generator("generator", [=](Value& out) {
    Value item;
    while (source->next(item)) {
      const Value key = getter(item);
      if (seen.as_set().contains(key)) continue;
      Value members = seen;
      members.mutable_set().set(key, Value());
      out = std::move(item);
      return true;
    }
    return false;
  });
}

Value extreme(const FilterCall& call, const char* name, bool largest) {
  const Signature signature(
      name, {{"value", {}}, {"case_sensitive", Value(false)}, {"attribute", Value()}});
  const auto args = bind_filter(signature, call);
  const AttributeGetter getter(call.interp, args[2], !args[1].truthy());
  IteratorPtr source = iterate(args[0]);
  Value best;
  if (!source->next(best)) return empty_hint(call, "No aggregated item, sequence was empty.");
  Value best_key = getter(best);
  Value item;
  while (source->next(item)) {
    const Value key = getter(item);
    if (!compare_values(largest ? Cmp::kGt : Cmp::kLt, key, best_key)) continue;
    best = item;
    best_key = key;
  }
  return best;
}

Value f_min(const FilterCall& call) { return extreme(call, "do_min", false); }
Value f_max(const FilterCall& call) { return extreme(call, "do_max", true); }

Value f_sum(const FilterCall& call) {
  static const Signature signature("sync_do_sum",
                                   {{"iterable", {}}, {"attribute", Value()}, {"start", Value(0)}});
  const auto args = bind_filter(signature, call);
  const AttributeGetter getter(call.interp, args[1], false);
  if (args[2].is_str()) {
    raise_type_error("sum() can't sum strings [use ''.join(seq) instead]");
  }
  Value total = args[2];
  IteratorPtr source = iterate(args[0]);
  Value item;
  while (source->next(item)) total = binary_op(BinaryOp::kAdd, total, getter(item));
  return total;
}

// (grouper, list): prints as a tuple, answers to both names.
class GroupTuple : public Object {
 public:
  GroupTuple(Value grouper, Value list)
      : items_(Value::tuple({std::move(grouper), std::move(list)})) {}
  std::string type_name() const override { return "_GroupTuple"; }
  std::string qualified_type_name() const override { return "jinja2.filters._GroupTuple"; }
  std::optional<Value> get_attr(Name name) override {
    if (name == "grouper") return items_.items()[0];
    if (name == "list") return items_.items()[1];
    return std::nullopt;
  }
  std::optional<Value> get_item(const Value& key) override {
    if (key.kind() != Kind::kInt) return std::nullopt;
    const std::int64_t at = key.as_int() < 0 ? key.as_int() + 2 : key.as_int();
    if (at < 0 || at > 1) return std::nullopt;
    return items_.items()[static_cast<std::size_t>(at)];
  }
  std::optional<Value> slice(const Value& start, const Value& stop, const Value& step) override {
    return slice_value(items_, start, stop, step);
  }
  std::optional<std::size_t> length() override { return 2; }
  bool is_sequence() const override { return true; }
  IteratorPtr iterate() override { return jinja::iterate(items_); }
  std::string repr() override { return items_.repr(); }
  bool equals(const Value& other) override {
    const auto* group = other.as<GroupTuple>();
    return items_.equals(group != nullptr ? group->items_ : other);
  }
  std::optional<std::uint64_t> hash() override { return items_.hash(); }
  std::optional<int> compare(const Value& other) override {
    const auto* group = other.as<GroupTuple>();
    const Value& theirs = group != nullptr ? group->items_ : other;
    if (!theirs.is_tuple()) return std::nullopt;
    return items_.less(theirs) ? -1 : theirs.less(items_) ? 1 : 0;
  }
  std::optional<Value> to_json_value() override { return items_; }

 private:
  Value items_;
};

Value f_groupby(const FilterCall& call) {
  static const Signature signature(
      "sync_do_groupby",
      {{"value", {}}, {"attribute", {}}, {"default", Value()}, {"case_sensitive", Value(false)}});
  const auto args = bind_filter(signature, call);
  const bool fold = !args[3].truthy();
  const AttributeGetter key_of(call.interp, args[1], fold, args[2]);
  const AttributeGetter shown(call.interp, args[1], false, args[2]);
  std::vector<Value> items = collect(args[0]);
  std::vector<Value> keys;
  for (const Value& item : items) keys.push_back(key_of(item));
  sort_values(items, keys, false);
  std::vector<Value> groups;
  for (std::size_t i = 0; i < items.size();) {
    const Value key = key_of(items[i]);
    std::vector<Value> members;
    const std::size_t first = i;
    while (i < items.size() && (i == first || key_of(items[i]).equals(key))) {
      members.push_back(items[i++]);
    }
    Value grouper = fold ? shown(members[0]) : key;
    groups.push_back(make_object<GroupTuple>(std::move(grouper), Value::list(std::move(members))));
  }
  return Value::list(std::move(groups));
}

Value f_batch(const FilterCall& call) {
  static const Signature signature("do_batch",
                                   {{"value", {}}, {"linecount", {}}, {"fill_with", Value()}});
  const auto args = bind_filter(signature, call);
  std::vector<Value> batches;
  std::vector<Value> current;
  const Value& size = args[1];
  for (const Value& item : collect(args[0])) {
    if (Value(current.size()).equals(size)) {
      batches.push_back(Value::list(std::move(current)));
      current.clear();
    }
    current.push_back(item);
  }
  if (!current.empty()) {
    if (!args[2].is_none()) {
      const std::int64_t want = to_index(size);
      while (static_cast<std::int64_t>(current.size()) < want) current.push_back(args[2]);
    }
    batches.push_back(Value::list(std::move(current)));
  }
  return generator("generator", std::make_unique<ListSource>(std::move(batches)));
}

Value f_slice(const FilterCall& call) {
  static const Signature signature("sync_do_slice",
                                   {{"value", {}}, {"slices", {}}, {"fill_with", Value()}});
  const auto args = bind_filter(signature, call);
  const std::vector<Value> items = collect(args[0]);
  const std::int64_t slices = to_index(args[1]);
  if (slices == 0) raise(ErrorType::kZeroDivision, "integer division or modulo by zero");
  std::vector<Value> out;
  const auto size = static_cast<std::int64_t>(items.size());
  std::int64_t offset = 0;
  for (std::int64_t i = 0; i < slices; ++i) {
    const std::int64_t start = offset + i * (size / slices);
    if (i < size % slices) ++offset;
    const std::int64_t end = offset + (i + 1) * (size / slices);
    std::vector<Value> part(items.begin() + start, items.begin() + end);
    if (!args[2].is_none() && i >= size % slices) part.push_back(args[2]);
    out.push_back(Value::list(std::move(part)));
  }
  return generator("generator", std::make_unique<ListSource>(std::move(out)));
}

bool value_has_items(const Value& value) { return value.is_mapping() || value.is_object(); }

std::vector<std::pair<Value, Value>> pairs_of(Interp& interp, const Value& mapping) {
  std::vector<std::pair<Value, Value>> pairs;
  if (mapping.is_dict()) {
    for (const auto& entry : mapping.as_dict()) pairs.emplace_back(entry.key, entry.value);
    return pairs;
  }
  if (!value_has_items(mapping)) no_attribute(mapping, "items");
  const Args none;
  for (const Value& pair : collect(interp.call_method(mapping, Name("items"), none))) {
    const std::vector<Value> both = collect(pair);
    if (both.size() == 2) pairs.emplace_back(both[0], both[1]);
  }
  return pairs;
}

Value f_dictsort(const FilterCall& call) {
  static const Signature signature("do_dictsort", {{"value", {}},
                                                   {"case_sensitive", Value(false)},
                                                   {"by", Value("key")},
                                                   {"reverse", Value(false)}});
  const auto args = bind_filter(signature, call);
  const std::string by = args[2].str_or("");
  if (by != "key" && by != "value") {
    raise(ErrorType::kFilterArgument, "You can only sort by either \"key\" or \"value\"");
  }
  std::vector<Value> items;
  std::vector<Value> keys;
  for (auto& [key, value] : pairs_of(call.interp, args[0])) {
    const Value& chosen = by == "key" ? key : value;
    keys.push_back(chosen.is_str() && !args[1].truthy() ? Value(lower(chosen.as_str())) : chosen);
    items.push_back(Value::tuple({key, value}));
  }
  sort_values(items, keys, args[3].truthy());
  return Value::list(std::move(items));
}

Value f_items(const FilterCall& call) {
  if (call.value.is_undefined()) return generator("generator", [](Value&) { return false; });
  if (!call.value.is_mapping()) raise_type_error("Can only get item pairs from a mapping.");
  std::vector<Value> items;
  for (auto& [key, value] : pairs_of(call.interp, call.value)) {
    items.push_back(Value::tuple({key, value}));
  }
  return generator("generator", std::make_unique<ListSource>(std::move(items)));
}

}  // namespace

void add_sequence_filters(FilterTable& table) {
  table.insert({
      {Name("list"), f_list},
      {Name("first"), f_first},
      {Name("last"), f_last},
      {Name("reverse"), f_reverse},
      {Name("join"), f_join},
      {Name("map"), f_map},
      {Name("select"), f_select},
      {Name("reject"), f_reject},
      {Name("selectattr"), f_selectattr},
      {Name("rejectattr"), f_rejectattr},
      {Name("sort"), f_sort},
      {Name("unique"), f_unique},
      {Name("min"), f_min},
      {Name("max"), f_max},
      {Name("sum"), f_sum},
      {Name("groupby"), f_groupby},
      {Name("batch"), f_batch},
      {Name("slice"), f_slice},
      {Name("dictsort"), f_dictsort},
      {Name("items"), f_items},
  });
}

}  // namespace floe::jinja
