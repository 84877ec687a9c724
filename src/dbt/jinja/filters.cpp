// SPDX-License-Identifier: Apache-2.0
#include "dbt/jinja/filters.h"

#include "dbt/jinja/filter_support.h"
#include "dbt/jinja/number.h"
#include "dbt/jinja/text_ops.h"
#include "dbt/jinja/unicode.h"

#include <fmt/format.h>

#include <cmath>
#include <random>

namespace floe::jinja {

std::vector<Value> bind_filter(const Signature& signature, const FilterCall& call) {
  Args args;
  args.positional.reserve(call.args.size() + 1);
  args.positional.push_back(call.value);
  args.positional.insert(args.positional.end(), call.args.positional.begin(),
                         call.args.positional.end());
  args.keyword = call.args.keyword;
  return signature.bind(args);
}

Value soft_text(const Value& value) {
  if (value.is_str()) return value;
  return Value(value.to_str());
}

Value keep_kind(const Value& like, std::string text) {
  return Value::str(std::move(text),
                    like.str_kind() == StrKind::kMarkup ? StrKind::kMarkup : StrKind::kPlain);
}

void no_attribute(const Value& value, std::string_view name) {
  if (value.is_undefined()) raise_undefined(value.undefined_data());
  raise(ErrorType::kAttributeError,
        fmt::format("'{}' object has no attribute '{}'", value.type_name(), name));
}

AttributeGetter::AttributeGetter(Interp& interp, const Value& attribute, bool ignore_case,
                                 Value fallback)
    : interp_(interp), ignore_case_(ignore_case), fallback_(std::move(fallback)) {
  if (attribute.is_none()) return;
  if (!attribute.is_str()) {
    parts_.push_back(attribute);
    return;
  }
  std::string_view rest = attribute.as_str();
  while (true) {
    const std::size_t dot = rest.find('.');
    const std::string_view part = rest.substr(0, dot);
    const bool digits =
        !part.empty() && part.find_first_not_of("0123456789") == std::string_view::npos;
    parts_.push_back(digits ? *parse_int(part, 10) : Value(part));
    if (dot == std::string_view::npos) return;
    rest = rest.substr(dot + 1);
  }
}

Value AttributeGetter::operator()(const Value& item) const {
  Value value = item;
  for (const Value& part : parts_) {
    value = interp_.get_item(value, part);
    if (!fallback_.is_none() && value.is_undefined()) value = fallback_;
  }
  if (ignore_case_ && value.is_str()) return Value(lower(value.as_str()));
  return value;
}

namespace {

Value f_abs(const FilterCall& call) { return absolute(call.value); }

Value f_attr(const FilterCall& call) {
  static const Signature signature("do_attr", {{"obj", {}}, {"name", {}}});
  const auto args = bind_filter(signature, call);
  const Name name(args[1].to_str());
  // foo["bar"] does not count here.
  const Value found = call.interp.get_attr(args[0], name);
  const bool from_item = args[0].is_dict() && args[0].as_dict().contains(name.value()) &&
                         !(found.is_object() && found.type_name() == "builtin_function_or_method");
  if (!from_item) return found;
  auto* data = new UndefinedData;
  data->name = name.string();
  data->has_name = true;
  data->object_type = "dict object";
  data->mode = call.interp.undefined_mode();
  return Value::undefined(data);
}

Value f_default(const FilterCall& call) {
  static const Signature signature(
      "do_default", {{"value", {}}, {"default_value", Value("")}, {"boolean", Value(false)}});
  const auto args = bind_filter(signature, call);
  const bool missing = args[0].is_undefined() || (args[2].truthy() && !args[0].truthy());
  return missing ? args[1] : args[0];
}

Value f_length(const FilterCall& call) { return Value(call.value.length()); }

Value f_float(const FilterCall& call) {
  static const Signature signature("do_float", {{"value", {}}, {"default", Value(0.0)}});
  const auto args = bind_filter(signature, call);
  try {
    return Value(to_float(args[0]));
  } catch (const TemplateError& error) {
    if (error.type != ErrorType::kTypeError && error.type != ErrorType::kValueError) throw;
    return args[1];
  }
}

bool conversion_failed(const TemplateError& error) {
  return error.type == ErrorType::kTypeError || error.type == ErrorType::kValueError;
}

Value f_int(const FilterCall& call) {
  static const Signature signature("do_int",
                                   {{"value", {}}, {"default", Value(0)}, {"base", Value(10)}});
  const auto args = bind_filter(signature, call);
  const Value& value = args[0];
  if (value.is_str()) {
    const std::int64_t base = to_index(args[2]);
    try {
      if ((base >= 2 && base <= 36) || base == 0) {
        if (auto parsed = parse_int(value.as_str(), static_cast<int>(base))) return *parsed;
      }
    } catch (const TemplateError& error) {
      if (!conversion_failed(error)) throw;
    }
  } else {
    try {
      return to_int(value);
    } catch (const TemplateError& error) {
      if (!conversion_failed(error)) throw;
    }
  }
  try {
    return int_from_double(to_float(value));
  } catch (const TemplateError& error) {
    if (!conversion_failed(error) && error.type != ErrorType::kOverflow) throw;
    return args[1];
  }
}

Value f_round(const FilterCall& call) {
  static const Signature signature(
      "do_round", {{"value", {}}, {"precision", Value(0)}, {"method", Value("common")}});
  const auto args = bind_filter(signature, call);
  const std::string method = args[2].str_or("");
  if (method != "common" && method != "ceil" && method != "floor") {
    raise(ErrorType::kFilterArgument, "method must be common, ceil or floor");
  }
  if (method == "common") return round_value(args[0], to_index(args[1]));
  const Value unit = binary_op(BinaryOp::kPow, Value(10), args[1]);
  const Value scaled = binary_op(BinaryOp::kMul, args[0], unit);
  if (!scaled.is_number() && !scaled.is_object()) {
    raise_type_error(fmt::format("must be real number, not {}", scaled.type_name()));
  }
  const double number = to_float(scaled);
  const Value whole =
      scaled.is_int() ? scaled
                      : int_from_double(method == "ceil" ? std::ceil(number) : std::floor(number));
  return binary_op(BinaryOp::kDiv, whole, unit);
}

Value f_string(const FilterCall& call) { return soft_text(call.value); }

Value f_tojson(const FilterCall& call) {
  static const Signature signature("do_tojson", {{"value", {}}, {"indent", Value()}});
  const auto args = bind_filter(signature, call);
  JsonStyle style;
  style.sort_keys = true;
  if (!args[1].is_none()) style.indent = static_cast<int>(to_index(args[1]));
  std::string out;
  for (const char c : to_json(args[0], style)) {
    switch (c) {
      case '<': out += "\\u003c"; break;
      case '>': out += "\\u003e"; break;
      case '&': out += "\\u0026"; break;
      case '\'': out += "\\u0027"; break;
      default: out += c;
    }
  }
  return Value::str(std::move(out), StrKind::kMarkup);
}

Value f_filesizeformat(const FilterCall& call) {
  static const Signature signature("do_filesizeformat", {{"value", {}}, {"binary", Value(false)}});
  const auto args = bind_filter(signature, call);
  const double bytes = to_float(args[0]);
  const bool binary = args[1].truthy();
  const double base = binary ? 1024 : 1000;
  if (bytes == 1) return Value("1 Byte");
  if (bytes < base) return Value(int_to_string(int_from_double(bytes)) + " Bytes");
  static constexpr std::string_view kUnits = "kMGTPEZY";
  double unit = base;
  for (std::size_t i = 0; i < kUnits.size(); ++i) {
    unit *= base;
    if (bytes < unit || i + 1 == kUnits.size()) {
      std::string name(1, kUnits[i]);
      if (binary) name = upper(name) + "i";
      return Value(fixed_digits(base * bytes / unit, 1) + " " + name + "B");
    }
  }
  return Value();
}

Value f_random(const FilterCall& call) {
  const std::size_t size = call.value.length();
  if (size == 0) return Value::undefined_hint("No random item, sequence was empty.");
  thread_local std::mt19937_64 engine{std::random_device{}()};
  const std::size_t at = std::uniform_int_distribution<std::size_t>(0, size - 1)(engine);
  return call.interp.get_item(call.value, Value(at));
}

template <StrKind kKind>
Value f_marker(const FilterCall& call) {
  if (!call.native) return call.value;
  return Value::str(call.value.to_str(), kKind);
}

Value f_is_list(const FilterCall& call) { return Value(call.value.is_list()); }

FilterTable make_filters() {
  FilterTable table = {
      {Name("abs"), f_abs},
      {Name("attr"), f_attr},
      {Name("count"), f_length},
      {Name("length"), f_length},
      {Name("d"), f_default},
      {Name("default"), f_default},
      {Name("float"), f_float},
      {Name("int"), f_int},
      {Name("round"), f_round},
      {Name("string"), f_string},
      {Name("tojson"), f_tojson},
      {Name("filesizeformat"), f_filesizeformat},
      {Name("random"), f_random},
      {Name("as_text"), f_marker<StrKind::kText>},
      {Name("as_bool"), f_marker<StrKind::kBool>},
      {Name("as_native"), f_marker<StrKind::kNative>},
      {Name("as_number"), f_marker<StrKind::kNumber>},
      {Name("is_list"), f_is_list},
  };
  add_text_filters(table);
  add_sequence_filters(table);
  return table;
}

}  // namespace

FilterFn find_filter(Name name) {
  static const FilterTable table = make_filters();
  const auto found = table.find(name);
  return found == table.end() ? nullptr : found->second;
}

bool filter_needs_context(Name name) {
  static const std::vector<Name> names = {Name("map"),    Name("select"),     Name("reject"),
                                          Name("random"), Name("selectattr"), Name("rejectattr")};
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace floe::jinja
