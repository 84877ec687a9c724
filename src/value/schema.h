// SPDX-License-Identifier: Apache-2.0
// Declarative schemas: one declaration of a file's fields checks values (with exact places and "did
// you mean"), prints JSON Schema, and says how tiers merge each field.
#pragma once

#include "diag/diagnostic.h"
#include "value/forms.h"
#include "value/value.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floe::value {

/// How a lower tier may change a value that a higher one set.
enum class Merge {
  kOverride,                // freely
  kOverrideWithinApproved,  // to another of approved_plugins
  kStricterOnly,            // only in the direction of Schema::stricter
  kExtend,                  // lists: union
  kIntersect,               // lists: a subset
  kNamespaced,              // additions below the domain's own namespace
  kFixed,                   // not at all once it is set; maps: no further keys
  kOwn,                     // each tier has its own: not inherited
};

/// "override", "override_within_approved", …
std::string_view merge_name(Merge merge);

/// Which of two values is the stricter one, for Merge::kStricterOnly.
/// kCompatibility: none, backward, forward, full and their _transitive forms, a partial order.
enum class Stricter { kNone, kHigher, kLower, kLaterChoice, kTrue, kCompatibility };

struct Field;

/// A key that must not be given, with the reason: reported instead of "unknown key".
struct Refusal {
  std::string key;
  std::string code;
  std::string message;
  std::string help;
};

/// What a value must be. Made by the functions below; the modifiers return the schema.
class Schema {
 public:
  enum class Type { kAny, kString, kInteger, kNumber, kBoolean, kList, kMapOf, kObject, kOneOf };

  // Defined where Field is complete.
  explicit Schema(Type type);
  Schema(const Schema& other);
  Schema(Schema&& other) noexcept;
  Schema& operator=(const Schema& other);
  Schema& operator=(Schema&& other) noexcept;
  ~Schema();

  Schema range(std::optional<double> least, std::optional<double> most) &&;
  Schema matching(std::string pattern_text, std::string words) &&;
  /// Lists: at least this many items. Strings: this many characters.
  Schema at_least(std::size_t count) &&;
  Schema unique() &&;
  /// Lists of objects: no two with the same value of this field.
  Schema unique_by(std::string field_name) &&;
  /// Free-form data below: strings may hold ${env:…} and ${secret:…}.
  Schema with_references() &&;
  /// Maps: what keys may be.
  Schema keyed_by(Form form) &&;
  Schema keyed_by(std::vector<std::string> allowed) &&;
  Schema merged(Merge how, Stricter direction = Stricter::kNone) &&;
  /// Lists of Merge::kIntersect: not given, or empty, means all and not none.
  Schema all_if_absent() &&;
  /// An entry that the higher tier lacks is held to its field `name` beside it; fixed values, too.
  Schema within(std::string name) &&;
  /// Sections: without one nothing is asked for, so that the defaults of its fields hold only where
  /// it is written, or where one of `woken_by` is: dotted paths of the whole document, * for a key.
  Schema silent_if_absent(std::vector<std::string> woken_by = {}) &&;
  /// A field that answers what its sibling `name` asks for: where the higher tier asks and sets no
  /// value, setting one asks for less.
  Schema answering(std::string name) &&;
  /// Read and checked, but nothing acts on it in this version of floe.
  Schema without_effect() &&;
  /// At most one (exactly one if `needed`) of these fields may be given.
  Schema one_field_of(std::vector<std::string> names, bool needed) &&;

  /// Keys that are refused with a reason of their own.
  Schema refusing(std::vector<Refusal> keys) &&;

  /// The field of an object, or nullptr.
  const Field* find(std::string_view name) const;

  Type type;
  Form form = Form::kAny;
  std::vector<std::string> choices;
  std::optional<double> least, most;
  std::string pattern, pattern_words;
  std::size_t min_count = 0;
  bool unique_items = false;
  std::string unique_field;
  std::shared_ptr<const Schema> items;  // of a list or map
  Form key_form = Form::kAny;
  std::vector<std::string> key_choices;
  std::vector<Field> fields;
  std::vector<Schema> alternatives;
  std::vector<Refusal> refusals;
  std::vector<std::string> exclusive_fields;
  bool one_needed = false;
  bool references = false;
  bool has_effect = true;
  bool absent_is_all = false;
  std::string stand_in;  // see within()
  bool is_silent_if_absent = false;
  std::vector<std::string> woken_by;
  std::string question;  // see answering()
  Merge merge = Merge::kOverride;
  Stricter stricter = Stricter::kNone;
};

/// One field of an object.
struct Field {
  std::string name;
  Schema schema;
  std::string doc;  // one or two sentences, Markdown
  bool is_required = false;
  std::optional<Value> fallback;  // the default, for the documentation
};

Schema anything();
Schema text(Form form = Form::kAny);
Schema choice(std::vector<std::string> choices);
Schema integer(std::optional<double> least = {}, std::optional<double> most = {});
Schema number(std::optional<double> least = {}, std::optional<double> most = {});
Schema boolean();
Schema list_of(Schema items);
Schema map_of(Schema values);
/// An object; keys that begin with "x-" are free everywhere.
Schema object(std::vector<Field> fields);
Schema one_of(std::vector<Schema> alternatives);
Field field(std::string name, Schema schema, std::string doc, std::optional<Value> fallback = {});
Field required(std::string name, Schema schema, std::string doc);

/// Checks a value; every mistake becomes a diagnostic (C010…C021). Whether there was none.
bool check_schema(const Value& value, const Schema& schema, diag::Sink& sink);

/// The schema at a dotted path ("governance.quality_gates"), through maps and lists by any key; or
/// nullptr.
const Schema* schema_at(const Schema& schema, std::string_view dotted);

/// JSON Schema draft 2020-12 of a whole file.
Value json_schema(const Schema& schema, std::string_view id, std::string_view title,
                  std::string_view description);

}  // namespace floe::value
