// SPDX-License-Identifier: Apache-2.0
#include "dbt/columns/template_sql.h"

#include "base/text.h"
#include "dbt/jinja/lexer.h"

#include <algorithm>
#include <array>
#include <optional>

namespace floe::dbt {

namespace {

using jinja::Tok;
using jinja::Token;

/// What a string is filled with later is not read.
std::string with_unread_fields(std::string text) {
  for (const std::string_view field : {"{}", "%s", "{0}"}) {
    for (std::size_t at = text.find(field); at != std::string::npos; at = text.find(field)) {
      text.replace(at, field.size(), 1, kUnreadValue);
    }
  }
  return text;
}

/// Reads the tokens of a template in order.
class SqlCollector {
 public:
  SqlCollector(std::string_view source, std::vector<Token> tokens)
      : source_(source), tokens_(std::move(tokens)) {}

  TemplateSql collect() {
    while (at_ < tokens_.size() && type() != Tok::kEof) {
      const Tok now = type();
      if (now == Tok::kVariableBegin) {
        ++at_;
        outer_ += expression(Tok::kVariableEnd);
      } else if (now == Tok::kBlockBegin) {
        ++at_;
        block();
      } else {
        if (now == Tok::kData) outer_ += text();
        ++at_;
      }
    }
    emit(outer_);
    return std::move(found_);
  }

 private:
  Tok type(std::size_t ahead = 0) const {
    return at_ + ahead < tokens_.size() ? tokens_[at_ + ahead].type : Tok::kEof;
  }
  std::string_view text(std::size_t ahead = 0) const {
    if (at_ + ahead >= tokens_.size()) return {};
    const Token& token = tokens_[at_ + ahead];
    return source_.substr(token.begin, token.end - token.begin);
  }
  void emit(const std::string& sql) {
    const bool says_something = std::any_of(
        sql.begin(), sql.end(), [](char c) { return c != ' ' && c != '\n' && c != kUnreadCall; });
    if (says_something) found_.texts.push_back(sql);
  }

  void block() {
    const std::string_view word = text();
    // What a condition leaves out or in is still one statement.
    const bool continues = word == "if" || word == "endif" || word == "for" || word == "endfor";
    outer_ += continues ? ' ' : ';';
    if (word == "set" && type(1) == Tok::kName) note_set(2);
    if (word == "call") body_ = outer_.size();
    if (word == "endcall" && body_) {
      const std::string_view body = trim(std::string_view(outer_).substr(*body_));
      if (body.starts_with(kUnreadValue)) found_.runs_unread = true;
      body_.reset();
    }
    if (word == "macro" || word == "materialization") {
      while (type() != Tok::kBlockEnd && type() != Tok::kEof) ++at_;
      return;
    }
    expression(Tok::kBlockEnd);
  }

  /// {% set name = 'text' %} and {% set name %}: what the name stands for is read.
  void note_set(std::size_t after) {
    const bool is_text = type(after) == Tok::kBlockEnd ||
                         (type(after) == Tok::kAssign && type(after + 1) == Tok::kString);
    if (is_text) {
      read_names_.insert(std::string(text(1)));
    } else {
      read_names_.erase(std::string(text(1)));
    }
  }

  /// The SQL that a call runs is a text, or a name that was set to one.
  void note_run() {
    static constexpr std::array<std::string_view, 3> kRun = {"run_query", "execute", "add_query"};
    if (type(1) != Tok::kLParen || std::find(kRun.begin(), kRun.end(), text()) == kRun.end()) {
      return;
    }
    const bool named = type(2) == Tok::kName && type(3) == Tok::kRParen;
    const bool is_read = type(2) == Tok::kString ||
                         (named && read_names_.contains(std::string(text(2)))) ||
                         (type(2) == Tok::kName && type(3) == Tok::kLParen);
    if (!is_read) found_.runs_unread = true;
  }

  /// A string, or several joined with what is not read.
  struct Chain {
    std::optional<std::string> text;
    bool awaits = false;  // an operand follows

    void add(const std::string& more) {
      text = text.value_or("") + more;
      awaits = false;
    }
  };

  void close(Chain& chain) {
    if (chain.text) emit(*chain.text);
    chain = {};
  }

  /// Reads up to `end`; gives the text that it is, if it is one, else that it is not read.
  std::string expression(Tok end) {
    Chain chain;
    bool is_one = true;
    bool after_dot = false;
    const bool is_read_name = type(1) == end && read_names_.contains(std::string(text()));
    const bool is_call = type() == Tok::kName && (calls() || is_read_name);
    while (type() != end && type() != Tok::kEof) {
      switch (type()) {
        case Tok::kString: {
          const std::string value = with_unread_fields(jinja::unescape_string(text()));
          found_.words.insert(to_lower(value));
          chain.add(value);
          break;
        }
        case Tok::kTilde:
        case Tok::kAdd:
          if (!chain.text) chain.text = std::string(1, kUnreadValue);
          chain.awaits = true;
          break;
        case Tok::kLParen: is_one = inner(Tok::kRParen, chain) && is_one; break;
        case Tok::kLBracket: is_one = inner(Tok::kRBracket, chain) && is_one; break;
        case Tok::kLBrace: is_one = inner(Tok::kRBrace, chain) && is_one; break;
        case Tok::kDot:
        case Tok::kPipe: after_dot = true; break;
        case Tok::kName:
        case Tok::kInteger:
        case Tok::kFloat:
          note_run();
          if (type() == Tok::kName) found_.words.insert(to_lower(text()));
          if (chain.awaits) {
            chain.add(std::string(1, kUnreadValue));
          } else if (!after_dot) {
            is_one = false;
            close(chain);
          }
          after_dot = false;
          break;
        default:
          is_one = false;
          close(chain);
          break;
      }
      ++at_;
    }
    std::string whole(1, is_call ? kUnreadCall : kUnreadValue);
    if (is_one && chain.text) whole = *chain.text;
    close(chain);
    return whole;
  }

  /// What stands in parentheses; false if the whole is no single text then.
  bool inner(Tok end, Chain& chain) {
    ++at_;
    expression(end);
    if (!chain.awaits) return chain.text.has_value();
    chain.add(std::string(1, kUnreadValue));
    return true;
  }

  /// Whether an expression begins with a call: name(…), package.name(…).
  bool calls() const {
    std::size_t ahead = 0;
    while (type(ahead) == Tok::kName && type(ahead + 1) == Tok::kDot) ahead += 2;
    return type(ahead) == Tok::kName && type(ahead + 1) == Tok::kLParen;
  }

  std::string_view source_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::string outer_;
  std::optional<std::size_t> body_;  // where what {% call %} gets begins
  TemplateSql found_;
  std::set<std::string> read_names_;
};

}  // namespace

TemplateSql template_sql(std::string_view source) {
  std::optional<jinja::TemplateError> error;
  return SqlCollector(source, jinja::tokenize(source, "", error)).collect();
}

std::vector<std::string> sql_statements(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string_view end;
    if (text.substr(at, 2) == "--") end = "\n";
    if (text.substr(at, 2) == "/*") end = "*/";
    if (end.empty()) {
      plain += text[at];
      continue;
    }
    const std::size_t found = text.find(end, at + 2);
    if (found == std::string_view::npos) break;
    at = found + end.size() - 1;
    plain += ' ';
  }
  std::vector<std::string> statements;
  for (const std::string_view statement : split(plain, ';')) {
    const std::string_view trimmed = trim(statement);
    if (!trimmed.empty()) statements.push_back(to_lower(trimmed));
  }
  return statements;
}

}  // namespace floe::dbt
