// SPDX-License-Identifier: Apache-2.0
#include "dbt/project/shape.h"

#include "base/text.h"
#include "dbt/context/convert.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace floe::dbt {

const ShapeField* Shape::find(std::string_view key) const {
  for (const ShapeField& field : fields) {
    if (field.name == key) return &field;
  }
  return nullptr;
}

std::string ShapeProblem::text() const {
  return path.empty() ? message : "at path " + path + ": " + message;
}

// --- Does it fit? --------------------------------------------------------------------------------

namespace {

bool is_whole_number(const Value& value) {
  if (value.is_int()) return true;
  if (value.kind() != value::Kind::kFloat) return false;
  const double number = value.as_double();
  return std::isfinite(number) && number == std::floor(number);
}

bool has_choice(const Shape& shape, const Value& value) {
  if (!value.is_string()) return false;
  const std::string& text = value.as_string();
  const auto is_in = [&](std::string_view word) {
    return std::find(shape.choices.begin(), shape.choices.end(), word) != shape.choices.end();
  };
  return is_in(text) || (shape.ignores_case && is_in(to_lower(text)));
}

bool has_required_fields(const Value& value, const Shape& shape) {
  return std::all_of(shape.fields.begin(), shape.fields.end(), [&](const ShapeField& field) {
    return !field.is_required || value.find(field.name) != nullptr;
  });
}

bool fits_dict(const Value& value, const Shape& shape) {
  return value.is_map() &&
         std::all_of(value.as_map().begin(), value.as_map().end(), [&](const value::Member& m) {
           return m.key_kind == value::Kind::kString &&
                  (shape.items == nullptr || fits(m.value, *shape.items));
         });
}

bool fits_object(const Value& value, const Shape& shape) {
  if (!value.is_map() || !has_required_fields(value, shape)) return false;
  for (const value::Member& member : value.as_map()) {
    const ShapeField* field =
        member.key_kind == value::Kind::kString ? shape.find(member.key) : nullptr;
    if (field == nullptr ? !shape.is_open : !fits(member.value, *field->shape)) return false;
  }
  return true;
}

}  // namespace

bool fits(const Value& value, const Shape& shape) {
  if (shape.is_nullable && value.is_null()) return true;
  switch (shape.kind) {
    case Shape::Kind::kAny: return true;
    case Shape::Kind::kText:
      return value.is_string() && (shape.matches == nullptr || shape.matches(value.as_string()));
    case Shape::Kind::kBoolean: return value.is_bool();
    case Shape::Kind::kInteger: return is_whole_number(value);
    case Shape::Kind::kNumber: return value.is_number();
    case Shape::Kind::kChoice: return has_choice(shape, value);
    case Shape::Kind::kList:
      return value.is_list() &&
             std::all_of(value.as_list().begin(), value.as_list().end(),
                         [&](const Value& item) { return fits(item, *shape.items); });
    case Shape::Kind::kDict: return fits_dict(value, shape);
    case Shape::Kind::kObject: return fits_object(value, shape);
    case Shape::Kind::kOneOf:
      return std::any_of(shape.alternatives.begin(), shape.alternatives.end(),
                         [&](const Shape* each) { return fits(value, *each); });
  }
  return true;
}

// --- What is wrong with it? ----------------------------------------------------------------------

namespace {

/// The type of a shape in JSON Schema's words.
std::string_view type_word(Shape::Kind kind) {
  switch (kind) {
    case Shape::Kind::kText: return "string";
    case Shape::Kind::kBoolean: return "boolean";
    case Shape::Kind::kInteger: return "integer";
    case Shape::Kind::kNumber: return "number";
    case Shape::Kind::kList: return "array";
    default: return "object";
  }
}

std::vector<std::string> quoted_choices(const Shape& shape) {
  std::vector<std::string> choices;
  for (const std::string_view each : shape.choices)
    choices.push_back("'" + std::string(each) + "'");
  return choices;
}

std::string expectation(const Shape& shape) {
  std::string words;
  switch (shape.kind) {
    case Shape::Kind::kAny: words = "anything"; break;
    case Shape::Kind::kText: words = shape.words.empty() ? "a string" : shape.words; break;
    case Shape::Kind::kBoolean: words = "true or false"; break;
    case Shape::Kind::kInteger: words = "a whole number"; break;
    case Shape::Kind::kNumber: words = "a number"; break;
    case Shape::Kind::kChoice: words = list_or(quoted_choices(shape)); break;
    case Shape::Kind::kList:
      words = shape.items->kind == Shape::Kind::kText   ? "a list of strings"
              : shape.items->kind == Shape::Kind::kDict ? "a list of dictionaries"
                                                        : "a list";
      break;
    case Shape::Kind::kDict:
    case Shape::Kind::kObject: words = "a dictionary"; break;
    case Shape::Kind::kOneOf: {
      std::vector<std::string> all;
      for (const Shape* each : shape.alternatives) all.push_back(expectation(*each));
      words = list_or(all);
      break;
    }
  }
  return shape.is_nullable ? words + ", or null" : words;
}

std::string shortened_repr(const Value& value) {
  std::string text = python_repr(value);
  constexpr std::size_t kMost = 60;
  if (text.size() <= kMost) return text;
  std::size_t end = kMost;
  while ((static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

bool is_scalar(const Value& value) {
  return !value.is_list() && !value.is_map() && !value.is_null();
}

/// How to mend a value of the wrong type, where that is easy to say.
std::string remedy(const Value& value, const Shape& shape) {
  const auto takes = [&](Shape::Kind kind) {
    if (shape.kind == kind) return true;
    return std::any_of(shape.alternatives.begin(), shape.alternatives.end(),
                       [&](const Shape* each) { return each->kind == kind; });
  };
  if (value.is_null()) return "give it a value, or remove the key";
  if (takes(Shape::Kind::kText) && is_scalar(value) && !value.is_string()) {
    return "put it in quotes: \"" + python_str(value) + "\"";
  }
  if (takes(Shape::Kind::kBoolean) && value.is_string()) return "write true or false";
  if (takes(Shape::Kind::kList) && is_scalar(value)) {
    return "write it as a list: [" + python_str(value) + "]";
  }
  if (takes(Shape::Kind::kObject) || takes(Shape::Kind::kDict)) {
    return "write `name: value` pairs";
  }
  return {};
}

std::string key_text(const value::Member& member) {
  return member.key_kind == value::Kind::kString ? python_repr(Value(member.key)) : member.key;
}

class ShapeReport {
 public:
  std::vector<ShapeProblem> take() { return std::move(problems_); }

  void explain(const Value& value, const Shape& shape, const std::string& path, diag::Span near) {
    if (fits(value, shape)) return;
    const diag::Span span = value.span ? value.span : near;
    switch (shape.kind) {
      case Shape::Kind::kList:
        if (value.is_list()) return explain_items(value, shape, path, span);
        break;
      case Shape::Kind::kDict:
        if (value.is_map()) return explain_dict(value, shape, path, span);
        break;
      case Shape::Kind::kObject:
        if (value.is_map()) return explain_object(value, shape, path, span);
        break;
      case Shape::Kind::kOneOf:
        if (const Shape* meant = meant_alternative(value, shape)) {
          return explain(value, *meant, path, span);
        }
        break;
      default: break;
    }
    add(path, mismatch(value, shape), span, expectation(shape), remedy(value, shape));
  }

 private:
  void add(const std::string& path, std::string message, diag::Span span, std::string expected,
           std::string help) {
    problems_.push_back({path, std::move(message), span, std::move(expected), std::move(help)});
  }

  static std::string mismatch(const Value& value, const Shape& shape) {
    const std::string shown = shortened_repr(value);
    if (shape.kind == Shape::Kind::kOneOf || shape.is_nullable) {
      return shown + " is not valid under any of the given schemas";
    }
    if (shape.kind == Shape::Kind::kChoice) {
      return shown + " is not one of [" + join(quoted_choices(shape), ", ") + "]";
    }
    if (shape.kind == Shape::Kind::kText && value.is_string()) {
      return shown + " is not " + std::string(shape.words);
    }
    return shown + " is not of type '" + std::string(type_word(shape.kind)) + "'";
  }

  /// The alternative of the value's own kind, if it is one that says more.
  static const Shape* meant_alternative(const Value& value, const Shape& shape) {
    for (const Shape* each : shape.alternatives) {
      if (value.is_list() && each->kind == Shape::Kind::kList) return each;
      if (!value.is_map()) continue;
      if (each->kind == Shape::Kind::kDict) return each;
      if (each->kind != Shape::Kind::kObject) continue;
      // Among several objects the one whose first required key is there is meant.
      if (each == shape.alternatives.back() || has_first_required(value, *each)) return each;
    }
    return nullptr;
  }

  static bool has_first_required(const Value& value, const Shape& shape) {
    for (const ShapeField& field : shape.fields) {
      if (field.is_required) return value.find(field.name) != nullptr;
    }
    return true;
  }

  void explain_items(const Value& value, const Shape& shape, const std::string& path,
                     diag::Span span) {
    for (std::size_t i = 0; i < value.as_list().size(); ++i) {
      explain(value.as_list()[i], *shape.items, path + "[" + std::to_string(i) + "]", span);
    }
  }

  void explain_dict(const Value& value, const Shape& shape, const std::string& path,
                    diag::Span span) {
    for (const value::Member& member : value.as_map()) {
      if (member.key_kind != value::Kind::kString) {
        add(path, "the key " + member.key + " is not of type 'string'", key_span(member, span),
            "keys that are strings", "put the key in quotes: \"" + member.key + "\"");
      } else if (shape.items != nullptr) {
        explain(member.value, *shape.items, path + "[" + key_text(member) + "]", span);
      }
    }
  }

  void explain_object(const Value& value, const Shape& shape, const std::string& path,
                      diag::Span span) {
    std::vector<std::string> known;
    for (const ShapeField& field : shape.fields) {
      known.emplace_back(field.name);
      if (!field.is_required || value.find(field.name) != nullptr) continue;
      add(path, "'" + known.back() + "' is a required property", span, expectation(*field.shape),
          "add `" + known.back() + "`");
    }
    for (const value::Member& member : value.as_map()) {
      const ShapeField* field =
          member.key_kind == value::Kind::kString ? shape.find(member.key) : nullptr;
      if (field != nullptr) {
        explain(member.value, *field->shape, path + "[" + key_text(member) + "]", span);
      } else if (!shape.is_open) {
        const std::string near = nearest(member.key, known);
        add(path, "Additional properties are not allowed (" + key_text(member) + " was unexpected)",
            key_span(member, span), list_or(known),
            near.empty() ? "remove the key" : "did you mean `" + near + "`?");
      }
    }
  }

  static diag::Span key_span(const value::Member& member, diag::Span near) {
    return member.key_span ? member.key_span : near;
  }

  std::vector<ShapeProblem> problems_;
};

}  // namespace

std::vector<ShapeProblem> shape_problems(const Value& value, const Shape& shape) {
  ShapeReport report;
  report.explain(value, shape, "", value.span);
  return report.take();
}

// --- Configs: what Python makes of it ------------------------------------------------------------

namespace {

void become(Value& value, Value other) {
  other.span = value.span;
  value = std::move(other);
}

bool read_integer(Value& value) {
  if (value.is_int()) return true;
  if (value.is_bool()) {
    become(value, Value(value.as_bool() ? 1 : 0));
    return true;
  }
  if (value.is_number()) {
    const double number = value.as_double();
    if (!std::isfinite(number)) return false;
    become(value, Value(static_cast<std::int64_t>(number)));
    return true;
  }
  if (!value.is_string()) return false;
  std::string_view digits = trim(value.as_string());
  if (digits.starts_with('+')) digits.remove_prefix(1);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return false;
  become(value, Value(number));
  return true;
}

/// What Python gets by iterating: characters of a text, keys of a dict.
bool read_items(Value& value) {
  if (value.is_list()) return true;
  Value list = Value::list();
  if (value.is_map()) {
    for (const value::Member& member : value.as_map()) list.push(member.key);
  } else if (value.is_string()) {
    const std::string& text = value.as_string();
    for (std::size_t at = 0, end = 0; at < text.size(); at = end) {
      for (end = at + 1; end < text.size() && (text[end] & 0xc0) == 0x80;) ++end;
      list.push(text.substr(at, end - at));
    }
  } else {
    return false;
  }
  become(value, std::move(list));
  return true;
}

bool read_object(Value& value, const Shape& shape) {
  if (!value.is_map() || !has_required_fields(value, shape)) return false;
  if (!shape.is_open) {
    std::erase_if(value.edit_map(), [&](const value::Member& member) {
      return member.key_kind != value::Kind::kString || shape.find(member.key) == nullptr;
    });
  }
  for (value::Member& member : value.edit_map()) {
    const ShapeField* field = shape.find(member.key);
    if (field != nullptr && !read_as(member.value, *field->shape)) return false;
  }
  return true;
}

/// Alternatives in configs are a text and a list of texts.
bool read_alternative(Value& value, const Shape& shape) {
  if (fits(value, shape)) return true;
  const Shape* list = nullptr;
  for (const Shape* each : shape.alternatives) {
    if (each->kind == Shape::Kind::kList) list = each;
  }
  if (list != nullptr && (value.is_list() || value.is_map())) return read_as(value, *list);
  return read_as(value, *shape.alternatives.front());
}

}  // namespace

bool read_as(Value& value, const Shape& shape) {
  if (shape.is_nullable && value.is_null()) return true;
  switch (shape.kind) {
    case Shape::Kind::kAny:
    case Shape::Kind::kBoolean: return true;
    case Shape::Kind::kText:
      if (!value.is_string()) become(value, Value(python_str(value)));
      return true;
    case Shape::Kind::kInteger: return read_integer(value);
    case Shape::Kind::kNumber: return value.is_number();
    case Shape::Kind::kChoice:
      if (!has_choice(shape, value)) return false;
      if (shape.ignores_case) become(value, Value(to_lower(value.as_string())));
      return true;
    case Shape::Kind::kList:
      return read_items(value) &&
             std::all_of(value.edit_list().begin(), value.edit_list().end(),
                         [&](Value& item) { return read_as(item, *shape.items); });
    case Shape::Kind::kDict:
      if (!value.is_map()) return false;
      for (value::Member& member : value.edit_map()) member.key_kind = value::Kind::kString;
      return true;
    case Shape::Kind::kObject: return read_object(value, shape);
    case Shape::Kind::kOneOf: return read_alternative(value, shape);
  }
  return true;
}

}  // namespace floe::dbt
