// SPDX-License-Identifier: Apache-2.0
// What dbt demands of a structure in YAML: constant declarations, a check of values by dbt's rules
// (JSON Schema for what users write, Python's conversions for configs), and what to say of
// mistakes.
#pragma once

#include "value/value.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace floe::dbt {

using value::Value;

struct Shape;

/// A key of an object.
struct ShapeField {
  enum class Presence { kOptional, kRequired };
  constexpr ShapeField(std::string_view key, const Shape& of,
                       Presence presence = Presence::kOptional)
      : name(key), shape(&of), is_required(presence == Presence::kRequired) {}

  std::string_view name;
  const Shape* shape;
  bool is_required;
};
inline constexpr ShapeField::Presence kRequired = ShapeField::Presence::kRequired;

/// What a value must be. Types are JSON Schema's: 1.0 is an integer, true is no number, a date is
/// no string. Made by the functions below; refers to other shapes and fields, which are constants.
struct Shape {
  enum class Kind {
    kAny,
    kText,
    kBoolean,
    kInteger,
    kNumber,
    kChoice,
    kList,
    kDict,
    kObject,
    kOneOf
  };

  Kind kind = Kind::kAny;
  bool is_nullable = false;
  bool ignores_case = false;     // choices
  bool is_open = false;          // objects: may have further keys
  const Shape* items = nullptr;  // of lists; of the values of dicts, if they are not free
  std::span<const ShapeField> fields = {};
  std::span<const Shape* const> alternatives = {};
  std::span<const std::string_view> choices = {};
  bool (*matches)(std::string_view) = nullptr;  // texts: a rule of their own …
  std::string_view words = {};                  // … and what it asks for

  const ShapeField* find(std::string_view key) const;
};

constexpr Shape shape_of(Shape::Kind kind) { return Shape{.kind = kind}; }
constexpr Shape optional(Shape shape) {
  shape.is_nullable = true;
  return shape;
}
constexpr Shape text_like(bool (*matches)(std::string_view), std::string_view words) {
  return Shape{.kind = Shape::Kind::kText, .matches = matches, .words = words};
}
constexpr Shape choice_of(std::span<const std::string_view> choices) {
  return Shape{.kind = Shape::Kind::kChoice, .choices = choices};
}
constexpr Shape any_case(Shape shape) {
  shape.ignores_case = true;
  return shape;
}
constexpr Shape list_of(const Shape& items) {
  return Shape{.kind = Shape::Kind::kList, .items = &items};
}
constexpr Shape dict_of(const Shape& values) {
  return Shape{.kind = Shape::Kind::kDict, .items = &values};
}
constexpr Shape object_of(std::span<const ShapeField> fields) {
  return Shape{.kind = Shape::Kind::kObject, .fields = fields};
}
constexpr Shape open_object_of(std::span<const ShapeField> fields) {
  return Shape{.kind = Shape::Kind::kObject, .is_open = true, .fields = fields};
}
constexpr Shape one_of(std::span<const Shape* const> alternatives) {
  return Shape{.kind = Shape::Kind::kOneOf, .alternatives = alternatives};
}

inline constexpr Shape kAny = shape_of(Shape::Kind::kAny);
inline constexpr Shape kText = shape_of(Shape::Kind::kText);
inline constexpr Shape kBoolean = shape_of(Shape::Kind::kBoolean);
inline constexpr Shape kInteger = shape_of(Shape::Kind::kInteger);
inline constexpr Shape kNumber = shape_of(Shape::Kind::kNumber);
inline constexpr Shape kDict = shape_of(Shape::Kind::kDict);
inline constexpr Shape kTexts = list_of(kText);
inline constexpr Shape kAnyList = list_of(kAny);
inline constexpr Shape kDicts = list_of(kDict);
inline constexpr const Shape* kTextOrTextsParts[] = {&kText, &kTexts};
inline constexpr Shape kTextOrTexts = one_of(kTextOrTextsParts);
inline constexpr Shape kOptionalText = optional(kText);
inline constexpr Shape kOptionalBoolean = optional(kBoolean);
inline constexpr Shape kOptionalInteger = optional(kInteger);
inline constexpr Shape kOptionalNumber = optional(kNumber);
inline constexpr Shape kOptionalDict = optional(kDict);
inline constexpr Shape kOptionalTexts = optional(kTexts);
inline constexpr Shape kOptionalTextOrTexts = optional(kTextOrTexts);

/// One mistake. `path` is dbt's, as "['columns'][0]['name']", and empty for the value itself.
struct ShapeProblem {
  std::string path;
  std::string message;  // "5 is not of type 'string'"
  diag::Span span;
  std::string expected;
  std::string help;

  /// "at path ['columns'][0]['name']: 5 is not of type 'string'".
  std::string text() const;
};

/// Does the value have the shape? As JSON Schema would say; allocates nothing.
bool fits(const Value& value, const Shape& shape);

/// What is wrong with the value, in the order of the text; empty if it fits.
std::vector<ShapeProblem> shape_problems(const Value& value, const Shape& shape);

/// Makes the value what dbt's configs make of it: texts of other scalars, whole numbers of texts,
/// lists of what can be iterated, objects without unknown keys. False, with the value unchanged or
/// half done, if it cannot be read as the shape; booleans are left as they are.
bool read_as(Value& value, const Shape& shape);

}  // namespace floe::dbt
