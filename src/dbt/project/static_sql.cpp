// SPDX-License-Identifier: Apache-2.0
#include "dbt/project/static_sql.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

namespace floe::dbt {

namespace {

class StaticReader {
 public:
  StaticReader(std::string_view text, StaticSql& result) : text_(text), result_(result) {}

  bool read_all() {
    while (true) {
      at_ = text_.find('{', at_);
      if (at_ == std::string_view::npos || at_ + 1 >= text_.size()) return true;
      const char next = text_[at_ + 1];
      if (next == '%') return false;
      if (next == '#') {
        const std::size_t end = text_.find("#}", at_ + 2);
        if (end == std::string_view::npos) return false;
        at_ = end + 2;
      } else if (next == '{') {
        at_ += 2;
        if (!read_call()) return false;
        skip_space();
        if (text_.substr(at_, 2) != "}}") return false;
        at_ += 2;
      } else {
        ++at_;
      }
    }
  }

  bool read_expression() {
    if (!read_call()) return false;
    skip_space();
    return at_ == text_.size();
  }

 private:
  struct Argument {
    std::string name;
    Value value;
  };

  void skip_space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r')) {
      ++at_;
    }
  }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char wanted) {
    skip_space();
    if (peek() != wanted) return false;
    ++at_;
    return true;
  }
  std::string_view read_word() {
    const std::size_t begin = at_;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
                        (c >= '0' && c <= '9' && at_ > begin);
      if (!word) break;
      ++at_;
    }
    return text_.substr(begin, at_ - begin);
  }

  bool read_call() {
    skip_space();
    const std::size_t begin = at_;
    const std::string_view function = read_word();
    if (function != "ref" && function != "source" && function != "config") return false;
    if (!take('(')) return false;
    std::vector<Argument> args;
    if (!read_arguments(args)) return false;
    const diag::Span span = {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(at_)};
    if (function == "ref") return add_ref(args, span);
    if (function == "source") return add_source(args, span);
    return add_config(args, span);
  }

  bool read_arguments(std::vector<Argument>& args) {
    while (true) {
      if (take(')')) return true;
      Argument arg;
      skip_space();
      const std::size_t begin = at_;
      const std::string_view word = read_word();
      if (!word.empty() && take('=') && peek() != '=') {
        arg.name = std::string(word);
      } else {
        at_ = begin;
      }
      if (!read_value(arg.value, 0)) return false;
      args.push_back(std::move(arg));
      if (take(')')) return true;
      if (!take(',')) return false;
    }
  }

  bool read_value(Value& value, int depth) {
    if (depth > 20) return false;
    skip_space();
    const char first = peek();
    if (first == '\'' || first == '"') return read_string(value);
    if (first == '[') return read_list(value, depth);
    if (first == '{') return read_dict(value, depth);
    if (first >= '0' && first <= '9') return read_number(value);
    const std::string_view word = read_word();
    if (word == "True" || word == "False") {
      value = Value(word == "True");
      return true;
    }
    return false;
  }

  bool read_string(Value& value) {
    const char quote = text_[at_++];
    const std::size_t begin = at_;
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] == '\\' && !skip_escape(quote)) return false;
      ++at_;
    }
    if (at_ >= text_.size()) return false;
    value = Value(text_.substr(begin, at_ - begin));
    ++at_;
    return true;
  }

  /// Steps over an escape's backslash. dbt's static parser knows JavaScript's escapes but keeps
  /// them as written; what it stumbles over is left to the interpreter.
  bool skip_escape(char quote) {
    const auto is_hex = [&](std::size_t at) {
      return at < text_.size() && std::isxdigit(static_cast<unsigned char>(text_[at])) != 0;
    };
    ++at_;
    const char escaped = peek();
    if (escaped == '\\') return at_ + 1 < text_.size() && text_[at_ + 1] != quote;
    if (escaped == 'x') return is_hex(at_ + 1) && is_hex(at_ + 2);
    if (escaped == 'u') {
      return is_hex(at_ + 1) && is_hex(at_ + 2) && is_hex(at_ + 3) && is_hex(at_ + 4);
    }
    return true;
  }

  bool read_number(Value& value) {
    const std::size_t begin = at_;
    while (at_ < text_.size() && ((text_[at_] >= '0' && text_[at_] <= '9') || text_[at_] == '.')) {
      ++at_;
    }
    const std::string_view digits = text_.substr(begin, at_ - begin);
    const char* end = digits.data() + digits.size();
    if (digits.find('.') == std::string_view::npos) {
      std::int64_t number = 0;
      if (std::from_chars(digits.data(), end, number).ptr != end) return false;
      value = Value(number);
      return true;
    }
    double number = 0;
    if (std::from_chars(digits.data(), end, number).ptr != end) return false;
    value = Value(number);
    return true;
  }

  bool read_list(Value& value, int depth) {
    ++at_;
    value = Value::list();
    while (!take(']')) {
      Value item;
      if (!read_value(item, depth + 1)) return false;
      value.push(std::move(item));
      if (take(']')) return true;
      if (!take(',')) return false;
    }
    return true;
  }

  bool read_dict(Value& value, int depth) {
    ++at_;
    value = Value::map();
    while (!take('}')) {
      Value key;
      Value item;
      if (!read_value(key, depth + 1) || !key.is_string() || !take(':') ||
          !read_value(item, depth + 1)) {
        return false;
      }
      value.set(key.as_string(), std::move(item));
      if (take('}')) return true;
      if (!take(',')) return false;
    }
    return true;
  }

  static bool has_number(const Value& value) {
    if (value.is_number()) return true;
    if (value.is_list()) {
      return std::any_of(value.as_list().begin(), value.as_list().end(), has_number);
    }
    if (value.is_map()) {
      return std::any_of(value.as_map().begin(), value.as_map().end(),
                         [](const value::Member& member) { return has_number(member.value); });
    }
    return false;
  }

  bool add_ref(std::vector<Argument>& args, diag::Span span) {
    RefArgs ref;
    ref.span = span;
    std::vector<std::string> names;
    for (Argument& arg : args) {
      if (arg.name.empty()) {
        if (!arg.value.is_string() || names.size() == 2) return false;
        names.push_back(arg.value.as_string());
      } else if (arg.name == "v" || arg.name == "version") {
        if (!arg.value.is_string() && !arg.value.is_number()) return false;
        // dbt takes the version with `or`: 0 and "" mean none.
        const bool none = (arg.value.is_number() && arg.value.as_double() == 0) ||
                          (arg.value.is_string() && arg.value.as_string().empty());
        if (!none) ref.version = std::move(arg.value);
      } else {
        return false;
      }
    }
    if (names.empty()) return false;
    if (names.size() == 2) ref.package = std::move(names.front());
    ref.name = std::move(names.back());
    result_.refs.push_back(std::move(ref));
    return true;
  }

  bool add_source(const std::vector<Argument>& args, diag::Span span) {
    if (args.size() != 2) return false;
    for (const Argument& arg : args) {
      if (!arg.name.empty() || !arg.value.is_string()) return false;
    }
    const std::string& source = args[0].value.as_string();
    const std::string& table = args[1].value.as_string();
    for (const SourceArgs& known : result_.sources) {
      if (known.source_name == source && known.table_name == table) return true;
    }
    result_.sources.push_back({source, table, span});
    return true;
  }

  bool add_config(std::vector<Argument>& args, diag::Span span) {
    if (args.empty()) return false;
    for (Argument& arg : args) {
      if (arg.name.empty() || has_number(arg.value)) return false;
      // dbt renders files whose hooks are anything but one text.
      const bool is_hook = arg.name == "pre_hook" || arg.name == "post_hook";
      if (is_hook && !arg.value.is_string()) return false;
      result_.configs.emplace_back(std::move(arg.name), std::move(arg.value));
    }
    if (!result_.config_span) result_.config_span = span;
    return true;
  }

  std::string_view text_;
  StaticSql& result_;
  std::size_t at_ = 0;
};

}  // namespace

bool read_static_sql(std::string_view text, StaticSql& result) {
  return StaticReader(text, result).read_all();
}

bool read_static_expression(std::string_view expression, StaticSql& result) {
  return StaticReader(expression, result).read_expression();
}

}  // namespace floe::dbt
