// SPDX-License-Identifier: Apache-2.0
#include "dbt/adapter/agate.h"

#include "base/text.h"
#include "dbt/adapter/call_args.h"
#include "dbt/adapter/decimal.h"
#include "dbt/adapter/temporal.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace floe::dbt {

namespace {

using jinja::Args;
using jinja::CallContext;
using JValue = jinja::Value;

/// One of agate's data types, as `column.data_type` shows it.
class AgateTypeObject : public jinja::Object {
 public:
  explicit AgateTypeObject(AgateType type) : type_(type) {}
  std::string type_name() const override { return std::string(agate_type_name(type_)); }
  std::string repr() override { return fmt::format("<{} object>", type_name()); }

 private:
  AgateType type_;
};

/// What rows, columns, a row and a column have in common: values in order, reachable by index or
/// name.
class MappedSequence : public jinja::Object {
 public:
  bool is_sequence() const override { return true; }
  std::optional<std::size_t> length() override { return size(); }
  bool truthy() override { return size() != 0; }

  std::optional<JValue> get_item(const JValue& key) override {
    if (key.is_int() && !key.is_bool()) {
      std::int64_t index = key.as_int();
      if (index < 0) index += static_cast<std::int64_t>(size());
      if (index < 0 || index >= static_cast<std::int64_t>(size())) return std::nullopt;
      return value_at(static_cast<std::size_t>(index));
    }
    if (!key.is_str()) return std::nullopt;
    const auto position = find(key.as_str());
    if (!position) return std::nullopt;
    return value_at(*position);
  }

  jinja::IteratorPtr iterate() override { return jinja::iterate(JValue::tuple(values())); }

  std::optional<bool> contains(const JValue& item) override {
    const std::vector<JValue> all = values();
    return std::any_of(all.begin(), all.end(), [&](const JValue& v) { return v.equals(item); });
  }

  bool call_method(CallContext&, jinja::Name name, const Args& args, JValue& result) override {
    const std::string_view key = name.view();
    if (key == "values") {
      result = JValue::tuple(values());
    } else if (key == "keys") {
      const auto names = keys();
      result = names ? JValue::tuple(*names) : JValue::none();
    } else if (key == "items") {
      result = JValue::tuple(items());
    } else if (key == "dict") {
      result = JValue::ordered_dict();
      for (const JValue& pair : items()) {
        result.mutable_dict().set(pair.items()[0], pair.items()[1]);
      }
    } else if (key == "get") {
      const JValue wanted = argument(args, 0, "key");
      result = get_item(wanted).value_or(argument(args, 1, "default"));
    } else if (key == "index") {
      const std::vector<JValue> all = values();
      const auto at = std::find(all.begin(), all.end(), argument(args, 0, "value"));
      if (at == all.end()) jinja::raise_value_error("value is not in sequence");
      result = JValue(at - all.begin());
    } else if (key == "count") {
      const std::vector<JValue> all = values();
      result = JValue(std::count(all.begin(), all.end(), argument(args, 0, "value")));
    } else {
      return false;
    }
    return true;
  }

  std::string repr() override {
    std::string sample;
    for (std::size_t i = 0; i < size() && i < 5; ++i) {
      if (i > 0) sample += ", ";
      sample += value_at(i).repr();
    }
    if (size() > 5) sample += ", ...";
    return fmt::format("<agate.{}: ({})>", type_name(), sample);
  }

  bool equals(const JValue& other) override {
    if (!other.is_list() && !other.is_tuple() && other.as<MappedSequence>() == nullptr)
      return false;
    return JValue::tuple(values()).equals(JValue::tuple(jinja::collect(other)));
  }

 protected:
  virtual std::size_t size() const = 0;
  virtual JValue value_at(std::size_t index) const = 0;
  virtual std::optional<std::size_t> find(std::string_view key) const = 0;
  virtual std::optional<std::vector<JValue>> keys() const = 0;

  std::vector<JValue> values() const {
    std::vector<JValue> all;
    all.reserve(size());
    for (std::size_t i = 0; i < size(); ++i) all.push_back(value_at(i));
    return all;
  }
  std::vector<JValue> items() const {
    std::vector<JValue> pairs;
    const auto names = keys();
    for (std::size_t i = 0; names && i < size(); ++i) {
      pairs.push_back(JValue::tuple({(*names)[i], value_at(i)}));
    }
    return pairs;
  }
};

std::vector<JValue> name_values(const AgateData& data) {
  return {data.column_names.begin(), data.column_names.end()};
}

std::optional<std::size_t> column_index(const AgateData& data, std::string_view name) {
  const auto at = std::find(data.column_names.begin(), data.column_names.end(), name);
  if (at == data.column_names.end()) return std::nullopt;
  return static_cast<std::size_t>(at - data.column_names.begin());
}

class AgateRow : public MappedSequence {
 public:
  AgateRow(AgateDataRef data, std::size_t row) : data_(std::move(data)), row_(row) {}
  std::string type_name() const override { return "Row"; }

 protected:
  std::size_t size() const override { return data_->rows[row_].size(); }
  JValue value_at(std::size_t index) const override { return data_->rows[row_][index]; }
  std::optional<std::size_t> find(std::string_view key) const override {
    return column_index(*data_, key);
  }
  std::optional<std::vector<JValue>> keys() const override { return name_values(*data_); }

 private:
  AgateDataRef data_;
  std::size_t row_;
};

class AgateColumn : public MappedSequence {
 public:
  AgateColumn(AgateDataRef data, std::size_t column) : data_(std::move(data)), column_(column) {}
  std::string type_name() const override { return "Column"; }

  std::optional<JValue> get_attr(jinja::Name name) override {
    if (name == "name") return JValue(data_->column_names[column_]);
    if (name == "index") return JValue(column_);
    if (name == "data_type")
      return jinja::make_object<AgateTypeObject>(data_->column_types[column_]);
    return std::nullopt;
  }

  bool call_method(CallContext& context, jinja::Name name, const Args& args,
                   JValue& result) override {
    const std::string_view key = name.view();
    if (!key.starts_with("values_"))
      return MappedSequence::call_method(context, name, args, result);
    std::vector<JValue> all = values();
    if (key == "values_distinct") {
      JValue seen = JValue::set(all);
      all = jinja::collect(seen);
    } else if (key.starts_with("values_without_nulls")) {
      std::erase_if(all, [](const JValue& v) { return v.is_none(); });
    }
    if (key.ends_with("_sorted")) {
      std::stable_sort(all.begin(), all.end(), [](const JValue& a, const JValue& b) {
        if (a.is_none() || b.is_none()) return !a.is_none() && b.is_none();
        return a.less(b);
      });
    }
    result = JValue::tuple(std::move(all));
    return true;
  }

 protected:
  std::size_t size() const override { return data_->rows.size(); }
  JValue value_at(std::size_t index) const override { return data_->rows[index][column_]; }
  std::optional<std::size_t> find(std::string_view) const override { return std::nullopt; }
  std::optional<std::vector<JValue>> keys() const override { return std::nullopt; }

 private:
  AgateDataRef data_;
  std::size_t column_;
};

/// table.rows and table.columns.
class AgateSequence : public MappedSequence {
 public:
  AgateSequence(AgateDataRef data, bool rows) : data_(std::move(data)), rows_(rows) {}
  std::string type_name() const override { return "MappedSequence"; }

 protected:
  std::size_t size() const override {
    return rows_ ? data_->rows.size() : data_->column_names.size();
  }
  JValue value_at(std::size_t index) const override {
    return rows_ ? jinja::make_object<AgateRow>(data_, index)
                 : jinja::make_object<AgateColumn>(data_, index);
  }
  std::optional<std::size_t> find(std::string_view key) const override {
    return rows_ ? std::nullopt : column_index(*data_, key);
  }
  std::optional<std::vector<JValue>> keys() const override {
    if (rows_) return std::nullopt;
    return name_values(*data_);
  }

 private:
  AgateDataRef data_;
  bool rows_;
};

std::vector<std::size_t> key_columns(const AgateData& data, const JValue& key) {
  std::vector<JValue> names;
  if (key.is_str()) {
    names.push_back(key);
  } else {
    names = jinja::collect(key);
  }
  std::vector<std::size_t> indices;
  for (const JValue& name : names) {
    const auto index = column_index(data, name.to_str());
    if (!index) jinja::raise(jinja::ErrorType::kKeyError, name.repr());
    indices.push_back(*index);
  }
  return indices;
}

JValue select_columns(const AgateData& data, const std::vector<std::size_t>& indices) {
  auto out = std::make_shared<AgateData>();
  for (const std::size_t index : indices) {
    out->column_names.push_back(data.column_names[index]);
    out->column_types.push_back(data.column_types[index]);
  }
  for (const auto& row : data.rows) {
    auto& copy = out->rows.emplace_back();
    for (const std::size_t index : indices) copy.push_back(row[index]);
  }
  return agate_value(std::move(out));
}

JValue exclude_columns(const AgateData& data, const JValue& key) {
  const std::vector<std::size_t> without = key_columns(data, key);
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < data.column_names.size(); ++i) {
    if (std::find(without.begin(), without.end(), i) == without.end()) indices.push_back(i);
  }
  return select_columns(data, indices);
}

JValue rename_columns(const AgateData& data, const JValue& names) {
  auto out = std::make_shared<AgateData>(data);
  if (names.is_dict()) {
    for (std::string& name : out->column_names)
      name = names.has(name) ? names.get(name).to_str() : name;
  } else if (!names.is_none()) {
    const std::vector<JValue> list = jinja::collect(names);
    for (std::size_t i = 0; i < list.size() && i < out->column_names.size(); ++i) {
      out->column_names[i] = list[i].to_str();
    }
  }
  return agate_value(std::move(out));
}

JValue limit_rows(const AgateData& data, const Args& args) {
  std::int64_t start = 0;
  std::int64_t stop = static_cast<std::int64_t>(data.rows.size());
  const JValue first = argument(args, 0, "start_or_stop");
  const JValue second = argument(args, 1, "stop");
  if (second.is_int()) {
    start = first.is_int() ? first.as_int() : 0;
    stop = std::min(stop, second.as_int());
  } else if (first.is_int()) {
    stop = std::min(stop, first.as_int());
  }
  auto out = std::make_shared<AgateData>();
  out->column_names = data.column_names;
  out->column_types = data.column_types;
  for (std::int64_t i = start; i < stop; ++i)
    out->rows.push_back(data.rows[static_cast<std::size_t>(i)]);
  return agate_value(std::move(out));
}

JValue order_rows(CallContext& context, const AgateDataRef& data, const Args& args) {
  const JValue key = argument(args, 0, "key");
  const bool reverse = argument(args, 1, "reverse").truthy();
  std::vector<std::pair<std::vector<JValue>, std::size_t>> keyed;
  const bool function = key.is_callable();
  const std::vector<std::size_t> columns =
      function ? std::vector<std::size_t>{} : key_columns(*data, key);
  for (std::size_t row = 0; row < data->rows.size(); ++row) {
    std::vector<JValue> values;
    if (function) {
      Args call_args;
      call_args.positional.push_back(jinja::make_object<AgateRow>(data, row));
      values.push_back(context.interp.call(key, call_args));
    }
    for (const std::size_t column : columns) values.push_back(data->rows[row][column]);
    keyed.emplace_back(std::move(values), row);
  }
  const auto before = [](const auto& a, const auto& b) {
    for (std::size_t i = 0; i < a.first.size(); ++i) {
      const JValue& x = a.first[i];
      const JValue& y = b.first[i];
      if (x.is_none() || y.is_none()) {
        if (x.is_none() != y.is_none()) return y.is_none();
        continue;
      }
      if (x.less(y)) return true;
      if (y.less(x)) return false;
    }
    return false;
  };
  std::stable_sort(keyed.begin(), keyed.end(), [&](const auto& a, const auto& b) {
    return reverse ? before(b, a) : before(a, b);
  });
  auto out = std::make_shared<AgateData>();
  out->column_names = data->column_names;
  out->column_types = data->column_types;
  for (const auto& [values, row] : keyed) out->rows.push_back(data->rows[row]);
  return agate_value(std::move(out));
}

JValue filter_rows(CallContext& context, const AgateDataRef& data, const JValue& test) {
  auto out = std::make_shared<AgateData>();
  out->column_names = data->column_names;
  out->column_types = data->column_types;
  for (std::size_t row = 0; row < data->rows.size(); ++row) {
    Args args;
    args.positional.push_back(jinja::make_object<AgateRow>(data, row));
    if (context.interp.call(test, args).truthy()) out->rows.push_back(data->rows[row]);
  }
  return agate_value(std::move(out));
}

/// group_by with a column name: tables by the text of their key, in order of appearance.
JValue group_rows(const AgateData& data, const JValue& key) {
  const std::vector<std::size_t> columns = key_columns(data, key);
  std::vector<std::string> order;
  std::map<std::string, std::shared_ptr<AgateData>> groups;
  for (const auto& row : data.rows) {
    const std::string name = row[columns.at(0)].to_str();
    auto& group = groups[name];
    if (!group) {
      group = std::make_shared<AgateData>();
      group->column_names = data.column_names;
      group->column_types = data.column_types;
      order.push_back(name);
    }
    group->rows.push_back(row);
  }
  JValue result = JValue::dict();
  for (const std::string& name : order) result.set(name, agate_value(groups[name]));
  return result;
}

}  // namespace

std::string_view agate_type_name(AgateType type) {
  switch (type) {
    case AgateType::kInteger: return "Integer";
    case AgateType::kNumber: return "Number";
    case AgateType::kDate: return "Date";
    case AgateType::kDateTime: return "DateTime";
    case AgateType::kIsoDateTime: return "ISODateTime";
    case AgateType::kBoolean: return "Boolean";
    case AgateType::kText: return "Text";
  }
  return "Text";
}

std::optional<JValue> AgateTable::get_attr(jinja::Name name) {
  const std::string_view key = name.view();
  if (key == "rows") return jinja::make_object<AgateSequence>(data_, true);
  if (key == "columns") return jinja::make_object<AgateSequence>(data_, false);
  if (key == "column_names") return JValue::tuple(name_values(*data_));
  if (key == "column_types") {
    std::vector<JValue> types;
    for (const AgateType type : data_->column_types) {
      types.push_back(jinja::make_object<AgateTypeObject>(type));
    }
    return JValue::tuple(std::move(types));
  }
  if (key == "row_names") return JValue::none();
  return std::nullopt;
}

std::optional<JValue> AgateTable::get_item(const JValue& key) {
  return AgateSequence(data_, true).get_item(key);
}

bool AgateTable::call_method(CallContext& context, jinja::Name name, const Args& args,
                             JValue& result) {
  const std::string_view key = name.view();
  if (key == "select") {
    result = select_columns(*data_, key_columns(*data_, argument(args, 0, "key")));
  } else if (key == "exclude") {
    result = exclude_columns(*data_, argument(args, 0, "key"));
  } else if (key == "rename") {
    result = rename_columns(*data_, argument(args, 0, "column_names"));
  } else if (key == "limit") {
    result = limit_rows(*data_, args);
  } else if (key == "order_by") {
    result = order_rows(context, data_, args);
  } else if (key == "where") {
    result = filter_rows(context, data_, argument(args, 0, "test"));
  } else if (key == "group_by") {
    result = group_rows(*data_, argument(args, 0, "key"));
  } else if (key == "print_table" || key == "print_csv" || key == "print_json") {
    result = print(context, key, args);
  } else {
    return false;
  }
  return true;
}

JValue AgateTable::print(CallContext& context, std::string_view method, const Args&) const {
  const std::string text = method == "print_csv"    ? agate_csv_text(*data_)
                           : method == "print_json" ? agate_json_text(*data_)
                                                    : agate_table_text(*data_, 20, 6, 20);
  // print() of the running template writes where the program wants it.
  if (context.interp.context() != nullptr) {
    if (const auto printer = context.interp.context()->lookup(jinja::Name("print"))) {
      Args args;
      args.positional.push_back(JValue(text));
      context.interp.call(*printer, args);
    }
  }
  return JValue::none();
}

jinja::IteratorPtr AgateTable::iterate() { return AgateSequence(data_, true).iterate(); }

std::string AgateTable::repr() { return "<agate.table.Table object>"; }

std::string AgateTable::str() {
  std::string text = "| column | data_type |\n| ------ | --------- |\n";
  for (std::size_t i = 0; i < data_->column_names.size(); ++i) {
    text += fmt::format("| {} | {} |\n", data_->column_names[i],
                        agate_type_name(data_->column_types[i]));
  }
  return text;
}

AgateDataRef agate_empty() {
  static const AgateDataRef kEmpty = std::make_shared<AgateData>();
  return kEmpty;
}

std::string agate_sql_type(const AgateData& data, std::size_t index) {
  switch (data.column_types.at(index)) {
    case AgateType::kInteger: return "integer";
    case AgateType::kText: return "text";
    case AgateType::kBoolean: return "boolean";
    case AgateType::kDate: return "date";
    case AgateType::kDateTime:
    case AgateType::kIsoDateTime: return "timestamp without time zone";
    case AgateType::kNumber: break;
  }
  for (const auto& row : data.rows) {
    const auto* decimal = row[index].as<DecimalObject>();
    if (decimal == nullptr || !decimal->number().is_finite()) continue;
    if (decimal->number().normalized().exponent < 0) return "float8";
  }
  return "integer";
}

}  // namespace floe::dbt
