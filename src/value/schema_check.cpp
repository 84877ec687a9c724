// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "value/json.h"
#include "value/pattern.h"
#include "value/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace floe::value {

namespace {

std::string_view type_words(Schema::Type type) {
  switch (type) {
    case Schema::Type::kString: return "a string";
    case Schema::Type::kInteger: return "a whole number";
    case Schema::Type::kNumber: return "a number";
    case Schema::Type::kBoolean: return "true or false";
    case Schema::Type::kList: return "a list";
    case Schema::Type::kMapOf:
    case Schema::Type::kObject: return "a mapping";
    case Schema::Type::kAny:
    case Schema::Type::kOneOf: return "a value";
  }
  return "a value";
}

bool has_type(const Value& value, const Schema& schema) {
  switch (schema.type) {
    case Schema::Type::kAny: return true;
    case Schema::Type::kString: return value.is_string();
    case Schema::Type::kInteger: return value.is_int();
    case Schema::Type::kNumber: return value.is_number();
    case Schema::Type::kBoolean: return value.is_bool();
    case Schema::Type::kList: return value.is_list();
    case Schema::Type::kMapOf:
    case Schema::Type::kObject: return value.is_map();
    case Schema::Type::kOneOf:
      return std::any_of(schema.alternatives.begin(), schema.alternatives.end(),
                         [&](const Schema& alternative) { return has_type(value, alternative); });
  }
  return false;
}

/// A value of a number's field may be written 80 or 80.0: no digits that are not needed.
std::string number_text(double number) {
  return number == std::floor(number) && std::abs(number) < 1e15 ? fmt::format("{:.0f}", number)
                                                                 : fmt::format("{}", number);
}

class SchemaChecker {
 public:
  SchemaChecker(const Schema& root, diag::Sink& sink) : root_(root), sink_(sink) {}

  void check(const Value& value, const Schema& schema, const std::string& path, diag::Span where) {
    if (!has_type(value, schema)) return report_type(value, schema, path, where);
    switch (schema.type) {
      case Schema::Type::kAny: check_free(value, schema, path); break;
      case Schema::Type::kString: check_string(value, schema, path); break;
      case Schema::Type::kInteger:
      case Schema::Type::kNumber: check_number(value, schema, path); break;
      case Schema::Type::kBoolean: break;
      case Schema::Type::kList: check_list(value, schema, path); break;
      case Schema::Type::kMapOf: check_map(value, schema, path); break;
      case Schema::Type::kObject: check_object(value, schema, path, where); break;
      case Schema::Type::kOneOf: {
        const auto fitting =
            std::find_if(schema.alternatives.begin(), schema.alternatives.end(),
                         [&](const Schema& alternative) { return has_type(value, alternative); });
        check(value, *fitting, path, where);
        break;
      }
    }
  }

  bool clean() const { return clean_; }

 private:
  void report(diag::Diagnostic diagnostic) {
    clean_ = false;
    sink_.add(std::move(diagnostic));
  }

  static std::string named(const std::string& path) {
    return path.empty() ? "the file" : "'" + path + "'";
  }

  static std::string below(const std::string& path, std::string_view key) {
    return path.empty() ? std::string(key) : path + "." + std::string(key);
  }

  void report_type(const Value& value, const Schema& schema, const std::string& path,
                   diag::Span where) {
    std::vector<std::string> wanted;
    if (schema.type == Schema::Type::kOneOf) {
      for (const Schema& alternative : schema.alternatives) {
        wanted.emplace_back(type_words(alternative.type));
      }
    } else {
      wanted.emplace_back(type_words(schema.type));
    }
    diag::Diagnostic found{.code = "C011", .span = value.span ? value.span : where};
    if (value.is_null()) {
      found.message = named(path) + " is empty";
      found.expected = list_or(wanted);
      if (!path.empty()) found.help = "give it a value, or remove the key";
      if (value.span.begin == value.span.end && where) found.span = where;
      return report(std::move(found));
    }
    found.message =
        fmt::format("{} must be {}, not {}", named(path), list_or(wanted), value.kind_name());
    found.help = type_help(value, schema);
    report(std::move(found));
  }

  static std::string type_help(const Value& value, const Schema& schema) {
    const bool scalar = !value.is_list() && !value.is_map();
    if (schema.type == Schema::Type::kString && scalar) {
      return fmt::format("put it in quotes: \"{}\"",
                         value.is_string() || value.kind() == Kind::kTimestamp ? value.as_string()
                                                                               : write_json(value));
    }
    if (schema.type == Schema::Type::kList && scalar) {
      return fmt::format("write it as a list: [{}]", write_json(value));
    }
    if (schema.type == Schema::Type::kBoolean && value.is_string()) {
      const std::string lower = to_lower(value.as_string());
      if (lower == "yes" || lower == "on") return "write true";
      if (lower == "no" || lower == "off") return "write false";
    }
    if ((schema.type == Schema::Type::kInteger || schema.type == Schema::Type::kNumber) &&
        value.is_string() && value.quoted) {
      return "remove the quotes if it is a number";
    }
    return {};
  }

  void check_string(const Value& value, const Schema& schema, const std::string& path) {
    const std::string& text = value.as_string();
    if (!check_references(value, schema.references, path)) return;
    if (!schema.choices.empty()) return check_choice(value, schema.choices, path);
    if (utf8_length(text) < schema.min_count) {
      return report({.code = "C014",
                     .message = named(path) + " is empty",
                     .span = value.span,
                     .help = "give it a value, or remove the key"});
    }
    if (schema.form != Form::kAny) check_form(value, schema.form, path);
    if (!schema.pattern.empty()) {
      const Result<Pattern> pattern = Pattern::compile(schema.pattern);
      if (!pattern) throw std::logic_error("pattern of " + path + ": " + pattern.error().message);
      if (!pattern->search(text)) {
        report({.code = "C014",
                .message = fmt::format("{} can't be '{}'", named(path), text),
                .span = value.span,
                .expected = schema.pattern_words});
      }
    }
  }

  void check_choice(const Value& value, const std::vector<std::string>& choices,
                    const std::string& path) {
    const std::string& text = value.as_string();
    if (std::find(choices.begin(), choices.end(), text) != choices.end()) return;
    const std::string near = nearest(text, choices);
    report({.code = "C013",
            .message = fmt::format("{} can't be '{}'", named(path), text),
            .span = value.span,
            .expected = list_or(choices),
            .help = near.empty() ? "" : fmt::format("did you mean '{}'?", near)});
  }

  void check_form(const Value& value, Form form, const std::string& path) {
    const std::string& text = value.as_string();
    const std::string problem = form_problem(form, text);
    if (problem.empty()) return;
    const FormInfo& info = form_info(form);
    // What stands where a secret reference belongs may be the secret itself.
    const bool hidden = form == Form::kSecretReference;
    report({.code = "C014",
            .message = fmt::format("{} is no valid {}{}", named(path), info.name,
                                   hidden ? "" : fmt::format(": '{}'", text)),
            .span = value.span,
            .expected = fmt::format("{}, such as {}", info.words, info.example),
            .help = hidden || problem == fmt::format("it takes {}", info.words) ? "" : problem,
            .hide_source = hidden});
  }

  bool check_references(const Value& value, bool allowed, const std::string& path) {
    if (allowed || !has_reference(value.as_string())) return true;
    report({.code = "C021",
            .message = fmt::format("{} can't hold ${{env:…}} or ${{secret:…}}", named(path)),
            .span = value.span,
            .help = "only endpoints and secret references are filled in, when a run starts; "
                    "everything else is the same everywhere"});
    return false;
  }

  /// Data of any shape: only references, and numbers that no JSON can hold, are looked at.
  void check_free(const Value& value, const Schema& schema, const std::string& path) {
    if (value.is_string()) {
      check_references(value, schema.references, path);
      if (schema.references) check_reference_syntax(value, path);
    } else if (value.is_number()) {
      check_number(value, schema, path);
    } else if (value.is_list()) {
      for (std::size_t i = 0; i < value.size(); ++i) {
        check_free(value.as_list()[i], schema, fmt::format("{}[{}]", path, i));
      }
    } else if (value.is_map()) {
      for (const Member& member : value.as_map()) {
        check_free(member.value, schema, below(path, member.key));
      }
    }
  }

  void check_reference_syntax(const Value& value, const std::string& path) {
    if (!has_reference(value.as_string())) return;
    const std::string problem = reference_problem(value.as_string());
    if (problem.empty()) return;
    report({.code = "C014",
            .message = named(path) + " holds a malformed reference",
            .span = value.span,
            .expected = "${env:NAME} or ${secret:NAME}",
            .help = problem});
  }

  void check_number(const Value& value, const Schema& schema, const std::string& path) {
    const double number = value.as_double();
    const bool low = schema.least && number < *schema.least;
    const bool high = schema.most && number > *schema.most;
    if (std::isfinite(number) && !low && !high) return;
    std::string expected = "a finite number";
    if (schema.least && schema.most) {
      expected = fmt::format("{} to {}", number_text(*schema.least), number_text(*schema.most));
    } else if (schema.least) {
      expected = fmt::format("at least {}", number_text(*schema.least));
    } else if (schema.most) {
      expected = fmt::format("at most {}", number_text(*schema.most));
    }
    report({.code = "C014",
            .message = fmt::format("{} can't be {}", named(path), number_text(number)),
            .span = value.span,
            .expected = expected});
  }

  void check_list(const Value& value, const Schema& schema, const std::string& path) {
    const Value::List& items = value.as_list();
    if (items.size() < schema.min_count) {
      report({.code = "C014",
              .message = fmt::format("{} needs at least {}", named(path),
                                     counted(schema.min_count, "item")),
              .span = value.span});
    }
    for (std::size_t i = 0; i < items.size(); ++i) {
      check(items[i], *schema.items, fmt::format("{}[{}]", path, i), items[i].span);
    }
    if (schema.unique_items || !schema.unique_field.empty()) check_unique(items, schema, path);
  }

  void check_unique(const Value::List& items, const Schema& schema, const std::string& path) {
    const auto identity = [&](const Value& item) {
      return schema.unique_items ? &item : item.find(schema.unique_field);
    };
    std::vector<std::pair<std::string, const Value*>> seen;
    for (const Value& item : items) {
      const Value* value = identity(item);
      if (value == nullptr) continue;
      const std::string text = canonical_json(*value);
      const auto same = std::find_if(seen.begin(), seen.end(),
                                     [&](const auto& entry) { return entry.first == text; });
      if (same == seen.end()) {
        seen.emplace_back(text, value);
        continue;
      }
      const std::string shown = value->is_string() ? "'" + value->as_string() + "'" : text;
      report({.code = "C015",
              .message = fmt::format("{} is in {} twice", shown, named(path)),
              .span = value->span,
              .labels = {{same->second->span, "first given here"}},
              .help = "remove one of the two"});
    }
  }

  void check_map(const Value& value, const Schema& schema, const std::string& path) {
    for (const Member& member : value.as_map()) {
      if (member.key.starts_with("x-") && !schema.key_choices.empty()) continue;
      if (report_refused(member, schema)) continue;
      const Value key = [&] {
        Value text(member.key);
        text.span = member.key_span;
        return text;
      }();
      if (!schema.key_choices.empty()) {
        check_key_choice(key, schema.key_choices, path);
      } else if (schema.key_form != Form::kAny) {
        check_form(key, schema.key_form, below(path, member.key));
      }
      check(member.value, *schema.items, below(path, member.key), member.key_span);
    }
  }

  void check_key_choice(const Value& key, const std::vector<std::string>& choices,
                        const std::string& path) {
    if (std::find(choices.begin(), choices.end(), key.as_string()) != choices.end()) return;
    const std::string near = nearest(key.as_string(), choices);
    report({.code = "C010",
            .message = fmt::format("unknown key '{}' in {}", key.as_string(), named(path)),
            .span = key.span,
            .expected = list_or(choices),
            .help = near.empty() ? "" : fmt::format("did you mean '{}'?", near)});
  }

  void check_object(const Value& value, const Schema& schema, const std::string& path,
                    diag::Span where) {
    for (const Member& member : value.as_map()) {
      if (member.key.starts_with("x-") || report_refused(member, schema)) continue;
      const Field* field = schema.find(member.key);
      if (field == nullptr) {
        report_unknown(member, schema, path);
      } else {
        check(member.value, field->schema, below(path, member.key), member.key_span);
      }
    }
    for (const Field& field : schema.fields) {
      if (!field.is_required || value.find(field.name) != nullptr) continue;
      report({.code = "C012",
              .message = fmt::format("'{}' is missing", below(path, field.name)),
              .span = where ? where : value.span,
              .expected = field.doc});
    }
    if (!schema.exclusive_fields.empty()) check_exclusive(value, schema, path, where);
  }

  void check_exclusive(const Value& value, const Schema& schema, const std::string& path,
                       diag::Span where) {
    const Member* first = nullptr;
    const auto& names = schema.exclusive_fields;
    for (const Member& member : value.as_map()) {
      if (std::find(names.begin(), names.end(), member.key) == names.end()) continue;
      if (first == nullptr) {
        first = &member;
        continue;
      }
      report({.code = "C028",
              .message = fmt::format("'{}' and '{}' can't be given together",
                                     below(path, first->key), below(path, member.key)),
              .span = member.key_span,
              .labels = {{first->key_span, "the other one"}}});
    }
    if (first != nullptr || !schema.one_needed) return;
    report({.code = "C012",
            .message = fmt::format("{} needs one of {}", named(path), list_and(names)),
            .span = where ? where : value.span});
  }

  bool report_refused(const Member& member, const Schema& schema) {
    const auto refusal =
        std::find_if(schema.refusals.begin(), schema.refusals.end(),
                     [&](const Refusal& refused) { return refused.key == member.key; });
    if (refusal == schema.refusals.end()) return false;
    report({.code = refusal->code,
            .message = refusal->message,
            .span = member.key_span,
            .help = refusal->help});
    return true;
  }

  void report_unknown(const Member& member, const Schema& schema, const std::string& path) {
    std::vector<std::string> known;
    for (const Field& field : schema.fields) known.push_back(field.name);
    diag::Diagnostic found{.code = "C010", .span = member.key_span};
    found.message = path.empty() ? fmt::format("unknown key '{}'", member.key)
                                 : fmt::format("unknown key '{}' in '{}'", member.key, path);
    const std::string near = nearest(member.key, known);
    if (!near.empty()) {
      found.help = fmt::format("did you mean '{}'?", near);
    } else if (const std::string home = home_of(member.key, root_, "", 4); !home.empty()) {
      found.help = fmt::format("'{}' belongs under '{}'", member.key, home);
    }
    found.expected = list_or(known);
    report(std::move(found));
  }

  /// The path of the object that does have a field of this name, or "".
  static std::string home_of(const std::string& name, const Schema& schema, const std::string& path,
                             int depth) {
    if (depth == 0) return {};
    if (!path.empty() && schema.find(name) != nullptr) return path;
    for (const Field& field : schema.fields) {
      std::string found = home_of(name, field.schema, below(path, field.name), depth - 1);
      if (!found.empty()) return found;
    }
    return {};
  }

  const Schema& root_;
  diag::Sink& sink_;
  bool clean_ = true;
};

}  // namespace

bool check_schema(const Value& value, const Schema& schema, diag::Sink& sink) {
  SchemaChecker checker(schema, sink);
  const diag::Span start{value.span.begin, value.span.begin + (value.span ? 1 : 0)};
  checker.check(value, schema, "", start);
  return checker.clean();
}

}  // namespace floe::value
