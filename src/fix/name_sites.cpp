// SPDX-License-Identifier: Apache-2.0
#include "fix/name_sites.h"

#include "base/text.h"
#include "dbt/jinja/lexer.h"
#include "dbt/project/python_model.h"

#include <algorithm>
#include <array>

namespace floe::fix {

namespace {

using jinja::Tok;
using jinja::Token;

/// A template's tokens with their places in the text as it is on disk: the tokeniser wants line
/// breaks without carriage returns.
class TemplateTokens {
 public:
  explicit TemplateTokens(std::string_view text) {
    if (contains(text, "\r")) {
      for (std::size_t at = 0; at < text.size(); ++at) {
        const bool is_break = text[at] == '\r';
        if (is_break && at + 1 < text.size() && text[at + 1] == '\n') continue;
        normal_ += is_break ? '\n' : text[at];
        places_.push_back(at);
      }
      places_.push_back(text.size());
    } else {
      normal_ = text;
    }
    std::optional<jinja::TemplateError> error;
    tokens_ = jinja::tokenize(normal_, "", error);
  }

  std::size_t size() const { return tokens_.size(); }
  Tok type(std::size_t i) const { return i < tokens_.size() ? tokens_[i].type : Tok::kEof; }
  std::string_view text(std::size_t i) const {
    return std::string_view(normal_).substr(tokens_[i].begin, tokens_[i].end - tokens_[i].begin);
  }
  bool is_name(std::size_t i, std::string_view word) const {
    return type(i) == Tok::kName && text(i) == word;
  }
  std::size_t begin(std::size_t i) const { return place(tokens_[i].begin); }
  std::size_t end(std::size_t i) const { return place(tokens_[i].end); }

 private:
  std::size_t place(std::size_t at) const { return places_.empty() ? at : places_[at]; }

  std::string normal_;
  std::vector<std::size_t> places_;
  std::vector<Token> tokens_;
};

/// An argument of a call as a range of tokens.
struct TokenArgument {
  std::string_view keyword;
  std::size_t first = 0;  // of its value
  std::size_t last = 0;   // behind it
};

/// The arguments of a call whose "(" is at `open`.
std::vector<TokenArgument> token_arguments(const TemplateTokens& tokens, std::size_t open) {
  std::vector<TokenArgument> arguments;
  int depth = 0;
  std::size_t first = open + 1;
  for (std::size_t i = open; i < tokens.size(); ++i) {
    const Tok type = tokens.type(i);
    if (type == Tok::kEof || type == Tok::kVariableEnd || type == Tok::kBlockEnd) break;
    if (type == Tok::kLParen || type == Tok::kLBracket || type == Tok::kLBrace) ++depth;
    const bool closes = type == Tok::kRParen || type == Tok::kRBracket || type == Tok::kRBrace;
    if (closes) --depth;
    const bool ends = (closes && depth == 0) || (type == Tok::kComma && depth == 1);
    if (!ends) continue;
    if (i > first) {
      TokenArgument argument;
      argument.first = first;
      argument.last = i;
      if (i > first + 1 && tokens.type(first) == Tok::kName &&
          tokens.type(first + 1) == Tok::kAssign) {
        argument.keyword = tokens.text(first);
        argument.first += 2;
      }
      arguments.push_back(argument);
    }
    first = i + 1;
    if (closes) break;
  }
  return arguments;
}

bool is_plain_literal(const TemplateTokens& tokens, std::size_t i) {
  return tokens.type(i) == Tok::kString && !contains(tokens.text(i), "\\");
}

std::string literal_text(const TemplateTokens& tokens, std::size_t i) {
  const std::string_view text = tokens.text(i);
  return std::string(text.substr(1, text.size() - 2));
}

/// Attributes of `this` and `model` that tell a table's name, and of `model` that tell the node's.
constexpr std::array<std::string_view, 5> kOfTable = {"name", "identifier", "table", "alias",
                                                      "relation_name"};
constexpr std::array<std::string_view, 6> kOfNode = {"name", "unique_id",          "fqn",
                                                     "path", "original_file_path", "build_path"};

template <class Words>
bool is_one_of(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// The name that a ref() at token `at` gives as a literal.
std::optional<NameSite> site_of_ref(const TemplateTokens& tokens, std::size_t at) {
  std::vector<std::size_t> names;
  for (const TokenArgument& argument : token_arguments(tokens, at + 1)) {
    if (!argument.keyword.empty()) continue;
    if (argument.last != argument.first + 1) return std::nullopt;
    if (!is_plain_literal(tokens, argument.first)) return std::nullopt;
    names.push_back(argument.first);
  }
  if (names.empty() || names.size() > 2) return std::nullopt;
  NameSite site;
  site.name = literal_text(tokens, names.back());
  if (names.size() == 2) site.package = literal_text(tokens, names.front());
  site.begin = tokens.begin(names.back()) + 1;
  site.end = tokens.end(names.back()) - 1;
  return site;
}

/// "model.shop.orders" as package and name.
std::optional<NameSite> site_of_id(const TemplateTokens& tokens, std::size_t at) {
  const std::string text = literal_text(tokens, at);
  const auto parts = split(text, '.');
  static constexpr std::array<std::string_view, 3> kTypes = {"model", "seed", "snapshot"};
  if (parts.size() < 3 || parts.size() > 4) return std::nullopt;
  if (std::find(kTypes.begin(), kTypes.end(), parts[0]) == kTypes.end()) return std::nullopt;
  NameSite site;
  site.kind = NameSite::Kind::kUniqueId;
  site.package = parts[1];
  site.name = parts[2];
  site.begin = tokens.begin(at) + 1 + parts[0].size() + 1 + parts[1].size() + 1;
  site.end = site.begin + parts[2].size();
  return site;
}

std::vector<NameSite> sites_of(const TemplateTokens& tokens) {
  std::vector<NameSite> sites;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    std::optional<NameSite> site;
    if (tokens.is_name(i, "ref") && tokens.type(i + 1) == Tok::kLParen) {
      const bool is_member = i > 0 && tokens.type(i - 1) == Tok::kDot;
      const bool is_dbts =
          is_member && i > 1 && (tokens.is_name(i - 2, "builtins") || tokens.is_name(i - 2, "dbt"));
      const bool is_definition = i > 0 && tokens.is_name(i - 1, "macro");
      if (!is_definition && (!is_member || is_dbts)) site = site_of_ref(tokens, i);
    } else if (is_plain_literal(tokens, i)) {
      site = site_of_id(tokens, i);
    } else if (tokens.is_name(i, "snapshot") && i > 0 && tokens.type(i - 1) == Tok::kBlockBegin &&
               tokens.type(i + 1) == Tok::kName) {
      site = NameSite{NameSite::Kind::kSnapshot, tokens.begin(i + 1), tokens.end(i + 1),
                      std::string(tokens.text(i + 1)), ""};
    }
    if (site) sites.push_back(std::move(*site));
    // A template in a text is a hook's: config(post_hook="… {{ ref('orders') }}").
    if (!is_plain_literal(tokens, i) || !contains(tokens.text(i), "{{")) continue;
    for (NameSite& inner : sites_in_jinja(literal_text(tokens, i))) {
      inner.begin += tokens.begin(i) + 1;
      inner.end += tokens.begin(i) + 1;
      sites.push_back(std::move(inner));
    }
  }
  return sites;
}

}  // namespace

std::vector<NameSite> sites_in_jinja(std::string_view text) {
  if (!contains(text, "{{") && !contains(text, "{%")) return {};
  return sites_of(TemplateTokens(text));
}

std::vector<NameSite> sites_in_expression(std::string_view text) {
  static constexpr std::string_view kLead = "{{ ";
  std::vector<NameSite> sites =
      sites_of(TemplateTokens(std::string(kLead) + std::string(text) + " }}"));
  for (NameSite& site : sites) {
    site.begin -= kLead.size();
    site.end -= kLead.size();
  }
  return sites;
}

std::vector<NameSite> sites_in_python(std::string_view text) {
  std::vector<NameSite> sites;
  for (const dbt::PythonCallPlace& call : dbt::python_calls(text)) {
    if (call.function != "ref" || call.end == std::string_view::npos) continue;
    const std::string_view arguments = text.substr(call.open, call.end + 1 - call.open);
    for (NameSite site : sites_in_expression("ref" + std::string(arguments))) {
      if (site.kind != NameSite::Kind::kRef) continue;
      site.begin += call.open - 3;
      site.end += call.open - 3;
      sites.push_back(std::move(site));
    }
  }
  return sites;
}

std::string own_name_in_jinja(std::string_view text, bool keeps) {
  if (!contains(text, "this") && !contains(text, "model")) return "";
  const TemplateTokens tokens(text);
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    const bool is_this = tokens.is_name(i, "this");
    const bool is_model = tokens.is_name(i, "model");
    const bool is_member = i > 0 && tokens.type(i - 1) == Tok::kDot;
    if ((!is_this && !is_model) || is_member) continue;
    std::string attribute;
    if (tokens.type(i + 1) == Tok::kDot && tokens.type(i + 2) == Tok::kName) {
      attribute = tokens.text(i + 2);
    } else if (tokens.type(i + 1) == Tok::kLBracket && is_plain_literal(tokens, i + 2)) {
      attribute = literal_text(tokens, i + 2);
    }
    const bool of_node = is_model && is_one_of(kOfNode, attribute);
    const bool of_table = !of_node && is_one_of(kOfTable, attribute);
    if (of_node || (of_table && !keeps))
      return std::string(is_this ? "this." : "model.") + attribute;
    const bool is_quoted = is_this && attribute.empty() && i > 1 &&
                           tokens.type(i - 1) == Tok::kVariableBegin &&
                           tokens.type(i - 2) == Tok::kData && tokens.text(i - 2).ends_with('\'');
    if (is_quoted && !keeps) return "'{{ this }}'";
  }
  return "";
}

std::string own_name_in_python(std::string_view text, bool keeps) {
  if (keeps) return "";
  for (const std::string_view each : {"dbt.this.identifier", "dbt.this.name", "str(dbt.this)"}) {
    if (contains(text, each)) return std::string(each);
  }
  return "";
}

std::optional<ConfigSite> config_site(std::string_view text, std::string_view argument) {
  const TemplateTokens tokens(text);
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    const bool is_call = tokens.is_name(i, "config") && tokens.type(i + 1) == Tok::kLParen &&
                         i > 0 && tokens.type(i - 1) == Tok::kVariableBegin;
    if (!is_call) continue;
    ConfigSite site;
    site.first = tokens.end(i + 1);
    for (const TokenArgument& each : token_arguments(tokens, i + 1)) {
      site.has_arguments = true;
      if (each.keyword.empty()) return std::nullopt;  // config({…}): not by keyword
      if (each.keyword != argument) continue;
      site.has_argument = true;
      if (each.last != each.first + 1 || !is_plain_literal(tokens, each.first)) continue;
      site.text = literal_text(tokens, each.first);
      site.value = {tokens.begin(each.first) + 1, tokens.end(each.first) - 1};
    }
    return site;
  }
  return std::nullopt;
}

}  // namespace floe::fix
