// SPDX-License-Identifier: Apache-2.0
// The recursive-descent parser: Jinja2's grammar with dbt's tags (internal).
#pragma once

#include "dbt/jinja/ast.h"
#include "dbt/jinja/lexer.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace floe::jinja {

class Parser {
 public:
  explicit Parser(Program& program);
  void parse();

 private:
  using Ends = std::vector<std::string_view>;
  struct CallArgs {
    std::vector<Node*> args;
    std::vector<Node*> kwargs;
    Node* dyn_args = nullptr;
    Node* dyn_kwargs = nullptr;
  };
  struct Signature {
    std::vector<Name> params;
    std::vector<Node*> defaults;
    std::vector<MacroParam> written;
    bool annotated = false;
  };

  // Tokens.
  const Token& current() const { return tokens_[at_]; }
  Tok type() const { return tokens_[at_].type; }
  std::string_view text(const Token& token) const {
    return std::string_view(program_.source).substr(token.begin, token.end - token.begin);
  }
  std::string_view text() const { return text(current()); }
  bool is_name(std::string_view word) const { return type() == Tok::kName && text() == word; }
  bool next_is_name(std::string_view word) const;
  Tok next_type() const { return at_ + 1 < tokens_.size() ? tokens_[at_ + 1].type : Tok::kEof; }
  const Token& advance();
  bool skip_if(Tok type);
  bool skip_name(std::string_view word);
  const Token& expect(Tok type);
  void expect_name(std::string_view word);
  std::string describe(const Token& token) const;
  std::size_t previous_end() const { return at_ == 0 ? 0 : tokens_[at_ - 1].end; }

  [[noreturn]] void fail(std::string message) const { fail(std::move(message), current().begin); }
  [[noreturn]] void fail(std::string message, std::size_t offset) const;
  [[noreturn]] void fail_unknown(const std::string* tag, std::size_t offset) const;

  // Nodes.
  Node* node(Op op, std::size_t begin);
  Node* finish(Node* node);
  Node* constant(Value value, std::size_t begin);

  // Statements.
  std::vector<Node*> subparse(const Ends& ends);
  std::vector<Node*> parse_body(const Ends& ends, bool drop_end);
  void flush_output(std::vector<Node*>& pending, std::vector<Node*>& body);
  Node* parse_statement(std::size_t begin);
  Node* parse_known(std::string_view tag, std::size_t begin);
  Node* parse_set(std::size_t begin);
  Node* parse_for(std::size_t begin);
  Node* parse_if(std::size_t begin);
  Node* parse_with(std::size_t begin);
  Node* parse_macro(std::size_t begin);
  Node* parse_test(std::size_t begin);
  Node* parse_docs(std::size_t begin);
  Node* parse_materialization(std::size_t begin);
  void parse_materialization_args(Definition& definition, Node* macro, std::vector<Name>& params,
                                  std::vector<Node*>& defaults);
  Node* parse_call_block(std::size_t begin);
  Node* parse_filter_block(std::size_t begin);
  Node* parse_print(std::size_t begin);
  Node* parse_do(std::size_t begin);
  Node* parse_loop_control(std::size_t begin, Op op);
  Node* parse_autoescape(std::size_t begin);
  Node* parse_foreign(std::size_t begin);
  Signature parse_signature();
  std::string parse_annotation();
  Function* function_of(Node* node, Name name, const Signature& signature);
  void define(Node* node, Definition definition, std::size_t content_begin);
  Node* macro_body(Node* macro, Definition definition, const Signature& signature,
                   std::string_view end);

  // Targets.
  Node* parse_target_name();
  Node* parse_target(bool with_namespace, bool as_param);
  void set_store(Node* target, NameUse use) const;

  // Expressions, loosest binding first.
  Node* parse_expression(bool with_cond = true);
  Node* parse_cond();
  Node* parse_or();
  Node* parse_and();
  Node* parse_not();
  Node* parse_compare();
  Node* parse_sum();
  Node* parse_concat();
  Node* parse_product();
  Node* parse_pow();
  Node* parse_unary(bool with_filter = true);
  Node* parse_primary(bool with_namespace = false);
  Node* parse_number();
  Node* parse_strings();
  Node* parse_tuple(bool simplified, bool with_cond, bool parentheses, bool with_namespace = false);
  Node* parse_list();
  Node* parse_dict();
  Node* parse_postfix(Node* node);
  Node* parse_filter_expr(Node* node);
  Node* parse_subscript(Node* node);
  Node* parse_subscribed();
  Node* parse_call(Node* node);
  CallArgs parse_call_args();
  void store_args(Node* node, const CallArgs& args);
  Node* parse_filter(Node* node, bool inline_start);
  Node* parse_is(Node* node);
  std::string dotted_name();
  bool is_tuple_end() const;

  Program& program_;
  std::optional<TemplateError> lexer_error_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;  // nesting of statements
  std::vector<std::string> tags_;
  std::vector<const Ends*> ends_;
};

}  // namespace floe::jinja
