// SPDX-License-Identifier: Apache-2.0
#include "dbt/jinja/parser.h"

#include "base/text.h"
#include "dbt/jinja/text_ops.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::jinja {

Parser::Parser(Program& program) : program_(program) {
  tokens_ = tokenize(program.source, program.name, lexer_error_);
  if (lexer_error_ && tokens_.size() == 1) throw *lexer_error_;
}

bool Parser::next_is_name(std::string_view word) const {
  return next_type() == Tok::kName && text(tokens_[at_ + 1]) == word;
}

const Token& Parser::advance() {
  const Token& old = tokens_[at_];
  if (at_ + 1 < tokens_.size()) {
    ++at_;
    if (lexer_error_ && at_ + 1 == tokens_.size()) throw *lexer_error_;
  }
  return old;
}

bool Parser::skip_if(Tok wanted) {
  if (type() != wanted) return false;
  advance();
  return true;
}

bool Parser::skip_name(std::string_view word) {
  if (!is_name(word)) return false;
  advance();
  return true;
}

std::string Parser::describe(const Token& token) const {
  if (token.type == Tok::kName) return std::string(text(token));
  return describe_token_type(token.type);
}

const Token& Parser::expect(Tok wanted) {
  if (type() == wanted) return advance();
  const std::string expected = describe_token_type(wanted);
  if (type() == Tok::kEof) {
    fail(fmt::format("unexpected end of template, expected '{}'.", expected));
  }
  fail(fmt::format("expected token '{}', got '{}'", expected, describe(current())));
}

void Parser::expect_name(std::string_view word) {
  if (skip_name(word)) return;
  if (type() == Tok::kEof) fail(fmt::format("unexpected end of template, expected '{}'.", word));
  fail(fmt::format("expected token '{}', got '{}'", word, describe(current())));
}

void Parser::fail(std::string message, std::size_t offset) const {
  syntax_error(std::move(message), program_.source, offset, program_.name);
}

void Parser::fail_unknown(const std::string* tag, std::size_t offset) const {
  std::string message = tag == nullptr ? "Unexpected end of template."
                                       : fmt::format("Encountered unknown tag '{}'.", *tag);
  if (!ends_.empty()) {
    std::vector<std::string> looking;
    for (const std::string_view end : *ends_.back()) looking.push_back(fmt::format("'{}'", end));
    const std::string wanted = join(looking, " or ");
    bool nesting = false;
    for (const Ends* ends : ends_) {
      nesting =
          nesting || (tag != nullptr && std::find(ends->begin(), ends->end(), *tag) != ends->end());
    }
    message += nesting ? " You probably made a nesting mistake. Jinja is expecting this tag, but "
                         "currently looking for " +
                             wanted + "."
                       : " Jinja was looking for the following tags: " + wanted + ".";
  }
  if (!tags_.empty()) {
    message += fmt::format(" The innermost block that needs to be closed is '{}'.", tags_.back());
  }
  fail(std::move(message), offset);
}

Node* Parser::node(Op op, std::size_t begin) {
  Node* made = program_.make<Node>();
  made->op = op;
  made->begin = static_cast<std::uint32_t>(begin);
  return made;
}

Node* Parser::finish(Node* made) {
  made->end = static_cast<std::uint32_t>(previous_end());
  return made;
}

Node* Parser::constant(Value value, std::size_t begin) {
  Node* made = node(Op::kConst, begin);
  made->constant = program_.constant(std::move(value));
  return finish(made);
}

void Parser::parse() {
  const Ends none;
  std::vector<Node*> body = subparse(none);
  auto* root = program_.make<Function>();
  root->body = program_.span(body);
  program_.root = root;
  for (const Node* child : body) {
    const bool blank = child->op == Op::kOutput && child->list.size == 1 &&
                       child->list[0]->op == Op::kData && strip_space(child->list[0]->text).empty();
    if (!blank && child->op != Op::kMacro) program_.only_macros = false;
  }
}

void Parser::flush_output(std::vector<Node*>& pending, std::vector<Node*>& body) {
  if (pending.empty()) return;
  Node* output = node(Op::kOutput, pending.front()->begin);
  output->list = program_.span(pending);
  output->end = pending.back()->end;
  body.push_back(output);
  pending.clear();
}

std::vector<Node*> Parser::subparse(const Ends& ends) {
  check_stack();
  std::vector<Node*> body;
  std::vector<Node*> pending;
  if (!ends.empty()) ends_.push_back(&ends);
  while (type() != Tok::kEof) {
    const std::size_t begin = current().begin;
    if (type() == Tok::kData) {
      Node* data = node(Op::kData, begin);
      data->text = text();
      advance();
      pending.push_back(finish(data));
    } else if (type() == Tok::kVariableBegin) {
      advance();
      pending.push_back(parse_tuple(false, true, false));
      expect(Tok::kVariableEnd);
    } else {
      flush_output(pending, body);
      expect(Tok::kBlockBegin);
      if (type() == Tok::kName && std::find(ends.begin(), ends.end(), text()) != ends.end()) {
        ends_.pop_back();
        return body;
      }
      Node* statement = parse_statement(begin);
      if (statement != nullptr) body.push_back(statement);
      expect(Tok::kBlockEnd);
    }
  }
  flush_output(pending, body);
  if (!ends.empty()) ends_.pop_back();
  return body;
}

std::vector<Node*> Parser::parse_body(const Ends& ends, bool drop_end) {
  skip_if(Tok::kColon);
  expect(Tok::kBlockEnd);
  ++depth_;
  std::vector<Node*> body = subparse(ends);
  --depth_;
  if (type() == Tok::kEof) {
    ends_.push_back(&ends);
    fail_unknown(nullptr, current().begin);
  }
  if (drop_end) advance();
  return body;
}

Node* Parser::parse_statement(std::size_t begin) {
  if (type() != Tok::kName) fail("tag name expected");
  const std::string tag(text());
  const std::size_t offset = current().begin;
  tags_.push_back(tag);
  Node* statement = parse_known(tag, begin);
  tags_.pop_back();
  if (statement == nullptr) fail_unknown(&tag, offset);
  return statement;
}

Node* Parser::parse_known(std::string_view tag, std::size_t begin) {
  if (tag == "set") return parse_set(begin);
  if (tag == "if") return parse_if(begin);
  if (tag == "for") return parse_for(begin);
  if (tag == "do") return parse_do(begin);
  if (tag == "macro") return parse_macro(begin);
  if (tag == "call") return parse_call_block(begin);
  if (tag == "filter") return parse_filter_block(begin);
  if (tag == "with") return parse_with(begin);
  if (tag == "print") return parse_print(begin);
  if (tag == "break") return parse_loop_control(begin, Op::kBreak);
  if (tag == "continue") return parse_loop_control(begin, Op::kContinue);
  if (tag == "test" || tag == "data_test") return parse_test(begin);
  if (tag == "materialization") return parse_materialization(begin);
  if (tag == "docs" || tag == "snapshot") return parse_docs(begin);
  if (tag == "autoescape") return parse_autoescape(begin);
  if (tag == "include" || tag == "import" || tag == "from" || tag == "extends" || tag == "block") {
    return parse_foreign(begin);
  }
  return nullptr;
}

Node* Parser::parse_set(std::size_t begin) {
  advance();
  Node* target = parse_target(true, false);
  if (skip_if(Tok::kAssign)) {
    Node* set = node(Op::kSet, begin);
    set->a = target;
    set->b = parse_tuple(false, true, false);
    return finish(set);
  }
  Node* set = node(Op::kSetBlock, begin);
  set->a = target;
  set->b = parse_filter(nullptr, false);
  const Ends ends = {"endset"};
  set->list = program_.span(parse_body(ends, true));
  return finish(set);
}

Node* Parser::parse_for(std::size_t begin) {
  advance();
  Node* loop = node(Op::kFor, begin);
  loop->a = parse_target(false, true);
  expect_name("in");
  loop->b = parse_tuple(false, false, false);
  if (skip_name("if")) loop->c = parse_expression();
  loop->flag = skip_name("recursive");
  const Ends ends = {"endfor", "else"};
  loop->list = program_.span(parse_body(ends, false));
  const bool with_else = text(advance()) == "else";
  if (with_else) {
    const Ends only_end = {"endfor"};
    loop->list2 = program_.span(parse_body(only_end, true));
  }
  return finish(loop);
}

Node* Parser::parse_if(std::size_t begin) {
  advance();
  Node* first = node(Op::kIf, begin);
  std::vector<Node*> elifs;
  Node* branch = first;
  const Ends ends = {"elif", "else", "endif"};
  while (true) {
    branch->a = parse_tuple(false, false, false);
    branch->list = program_.span(parse_body(ends, false));
    const std::string_view word = text(advance());
    finish(branch);
    if (word == "elif") {
      branch = node(Op::kIf, current().begin);
      elifs.push_back(branch);
      continue;
    }
    if (word == "else") {
      const Ends only_end = {"endif"};
      first->list3 = program_.span(parse_body(only_end, true));
    }
    break;
  }
  first->list2 = program_.span(elifs);
  return finish(first);
}

Node* Parser::parse_with(std::size_t begin) {
  advance();
  Node* with = node(Op::kWith, begin);
  std::vector<Node*> targets;
  std::vector<Node*> values;
  while (type() != Tok::kBlockEnd) {
    if (!targets.empty()) expect(Tok::kComma);
    targets.push_back(parse_target(false, true));
    expect(Tok::kAssign);
    values.push_back(parse_expression());
  }
  with->list2 = program_.span(targets);
  with->list3 = program_.span(values);
  const Ends ends = {"endwith"};
  with->list = program_.span(parse_body(ends, true));
  return finish(with);
}

std::string Parser::parse_annotation() {
  check_stack();
  std::string name(text(expect(Tok::kName)));
  if (!skip_if(Tok::kLBracket)) return name;
  std::vector<std::string> inner;
  while (type() != Tok::kRBracket) {
    if (!inner.empty()) expect(Tok::kComma);
    inner.push_back(parse_annotation());
  }
  expect(Tok::kRBracket);
  return name + "[" + join(inner, ", ") + "]";
}

Parser::Signature Parser::parse_signature() {
  Signature signature;
  expect(Tok::kLParen);
  while (type() != Tok::kRParen) {
    if (!signature.params.empty()) expect(Tok::kComma);
    const Token& name = expect(Tok::kName);
    MacroParam written;
    written.name = std::string(text(name));
    signature.params.emplace_back(written.name);
    if (skip_if(Tok::kColon)) {
      written.annotation = parse_annotation();
      signature.annotated = true;
    }
    if (skip_if(Tok::kAssign)) {
      const std::size_t begin = current().begin;
      signature.defaults.push_back(parse_expression());
      written.has_default = true;
      written.default_source = program_.source.substr(begin, previous_end() - begin);
    } else if (!signature.defaults.empty()) {
      fail("non-default argument follows default argument");
    }
    signature.written.push_back(std::move(written));
  }
  expect(Tok::kRParen);
  return signature;
}

Function* Parser::function_of(Node* macro, Name name, const Signature& signature) {
  auto* function = program_.make<Function>();
  function->node = macro;
  function->name = name;
  function->params = program_.span(signature.params);
  function->defaults = program_.span(signature.defaults);
  macro->function = function;
  return function;
}

Node* Parser::macro_body(Node* macro, Definition definition, const Signature& signature,
                         std::string_view end) {
  definition.params = signature.written;
  definition.has_annotations = signature.annotated;
  Function* function = function_of(macro, Name(definition.internal_name), signature);
  macro->name = function->name;
  const std::size_t content = current().end;
  const Ends ends = {end};
  function->body = program_.span(parse_body(ends, false));
  // The end tag's name is the current token, its {% the one before.
  definition.content_end = tokens_[at_ - 1].begin;
  advance();
  finish(macro);
  macro->end = current().end;
  if (depth_ == 0) define(macro, std::move(definition), content);
  return macro;
}

void Parser::define(Node* macro, Definition definition, std::size_t content_begin) {
  definition.begin = macro->begin;
  definition.end = macro->end;
  definition.content_begin = content_begin;
  program_.definitions.push_back(std::move(definition));
  program_.macros.push_back(macro);
}

Node* Parser::parse_macro(std::size_t begin) {
  advance();
  Definition definition;
  definition.kind = "macro";
  definition.name = std::string(text(expect(Tok::kName)));
  definition.internal_name = "dbt_macro__" + definition.name;
  const Signature signature = parse_signature();
  return macro_body(node(Op::kMacro, begin), std::move(definition), signature, "endmacro");
}

Node* Parser::parse_test(std::size_t begin) {
  Definition definition;
  definition.kind = std::string(text(advance()));
  definition.name = std::string(text(expect(Tok::kName)));
  definition.internal_name = "dbt_macro__test_" + definition.name;
  const Signature signature = parse_signature();
  return macro_body(node(Op::kMacro, begin), std::move(definition), signature,
                    definition.kind == "test" ? "endtest" : "enddata_test");
}

Node* Parser::parse_docs(std::size_t begin) {
  Definition definition;
  definition.kind = std::string(text(advance()));
  const bool docs = definition.kind == "docs";
  definition.name = std::string(text(expect(Tok::kName)));
  definition.internal_name = (docs ? "dbt_docs__" : "dbt_snapshot__") + definition.name;
  return macro_body(node(Op::kMacro, begin), std::move(definition), Signature(),
                    docs ? "enddocs" : "endsnapshot");
}

void Parser::parse_materialization_args(Definition& definition, Node* macro,
                                        std::vector<Name>& params, std::vector<Node*>& defaults) {
  while (skip_if(Tok::kComma)) {
    const std::string argument(text(expect(Tok::kName)));
    if (argument == "default") continue;
    if (argument != "adapter" && argument != "supported_languages") {
      fail(fmt::format("materialization '{}' received unknown argument '{}'.", definition.name,
                       argument),
           macro->begin);
    }
    expect(Tok::kAssign);
    Node* value = parse_expression();
    if (argument == "adapter") {
      if (value->op != Op::kConst || !value->constant->is_str()) {
        fail("the adapter of a materialization must be a string", value->begin);
      }
      definition.adapter = value->constant->as_str();
      continue;
    }
    params.emplace_back("supported_languages");
    defaults.push_back(value);
    for (const Node* item : value->list) {
      if (item->op == Op::kConst && item->constant->is_str()) {
        definition.supported_languages.push_back(item->constant->as_str());
      }
    }
  }
}

Node* Parser::parse_materialization(std::size_t begin) {
  advance();
  Node* macro = node(Op::kMacro, begin);
  Definition definition;
  definition.kind = "materialization";
  definition.name = std::string(text(expect(Tok::kName)));
  Signature signature;
  parse_materialization_args(definition, macro, signature.params, signature.defaults);
  if (signature.params.empty()) {
    Node* languages = node(Op::kList, begin);
    Node* sql = constant(Value("sql"), begin);
    languages->list = program_.span(std::vector<Node*>{sql});
    signature.params.emplace_back("supported_languages");
    signature.defaults.push_back(languages);
    definition.supported_languages = {"sql"};
  }
  definition.internal_name =
      "dbt_macro__materialization_" + definition.name + "_" + definition.adapter;
  return macro_body(macro, std::move(definition), signature, "endmaterialization");
}

Node* Parser::parse_call_block(std::size_t begin) {
  advance();
  Node* block = node(Op::kCallBlock, begin);
  Signature signature;
  if (type() == Tok::kLParen) signature = parse_signature();
  Function* function = function_of(block, Name("caller"), signature);
  block->a = parse_expression();
  if (block->a->op != Op::kCall) fail("expected call", begin);
  const Ends ends = {"endcall"};
  function->body = program_.span(parse_body(ends, true));
  return finish(block);
}

Node* Parser::parse_filter_block(std::size_t begin) {
  advance();
  Node* block = node(Op::kFilterBlock, begin);
  block->b = parse_filter(nullptr, true);
  const Ends ends = {"endfilter"};
  block->list = program_.span(parse_body(ends, true));
  return finish(block);
}

Node* Parser::parse_print(std::size_t begin) {
  advance();
  Node* print = node(Op::kOutput, begin);
  std::vector<Node*> values;
  while (type() != Tok::kBlockEnd) {
    if (!values.empty()) expect(Tok::kComma);
    values.push_back(parse_expression());
  }
  print->list = program_.span(values);
  return finish(print);
}

Node* Parser::parse_do(std::size_t begin) {
  advance();
  Node* statement = node(Op::kDo, begin);
  statement->a = parse_tuple(false, true, false);
  return finish(statement);
}

Node* Parser::parse_loop_control(std::size_t begin, Op op) {
  advance();
  return finish(node(op, begin));
}

Node* Parser::parse_autoescape(std::size_t begin) {
  advance();
  Node* scope = node(Op::kScope, begin);
  scope->a = parse_expression();
  const Ends ends = {"endautoescape"};
  scope->list = program_.span(parse_body(ends, true));
  return finish(scope);
}

// include, import, from, extends, block: dbt has no template loader, so they can only fail when
// they run.
Node* Parser::parse_foreign(std::size_t begin) {
  Node* statement = node(Op::kUnsupported, begin);
  const Token& tag = advance();
  statement->name = Name(text(tag));
  if (statement->name == "block") {
    const std::string name(text(expect(Tok::kName)));
    while (type() == Tok::kName) advance();
    const Ends ends = {"endblock"};
    statement->list = program_.span(parse_body(ends, true));
    skip_name(name);
    return finish(statement);
  }
  statement->a = parse_expression();
  while (type() != Tok::kBlockEnd && type() != Tok::kEof) advance();
  return finish(statement);
}

Node* Parser::parse_target_name() {
  const Token& token = expect(Tok::kName);
  Node* target = node(Op::kName, token.begin);
  target->name = Name(text(token));
  target->use = NameUse::kStore;
  return finish(target);
}

void Parser::set_store(Node* target, NameUse use) const {
  if (target->op == Op::kName) {
    target->use = use;
    return;
  }
  if (target->op == Op::kNsRef) return;
  if (target->op == Op::kTuple) {
    for (Node* item : target->list) set_store(item, use);
    return;
  }
  const char* what = target->op == Op::kConst  ? "const"
                     : target->op == Op::kList ? "list"
                     : target->op == Op::kDict ? "dict"
                                               : "expression";
  fail(fmt::format("can't assign to '{}'", what), target->begin);
}

Node* Parser::parse_target(bool with_namespace, bool as_param) {
  Node* target = parse_tuple(true, true, false, with_namespace);
  set_store(target, as_param ? NameUse::kParam : NameUse::kStore);
  return target;
}

}  // namespace floe::jinja
