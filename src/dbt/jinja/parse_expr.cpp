// SPDX-License-Identifier: Apache-2.0
#include "dbt/jinja/number.h"
#include "dbt/jinja/parser.h"
#include "dbt/jinja/text_ops.h"

#include <fmt/format.h>

#include <charconv>

namespace floe::jinja {

Node* Parser::parse_expression(bool with_cond) {
  check_stack();
  return with_cond ? parse_cond() : parse_or();
}

Node* Parser::parse_cond() {
  const std::size_t begin = current().begin;
  Node* value = parse_or();
  while (skip_name("if")) {
    Node* cond = node(Op::kCond, begin);
    cond->a = parse_or();
    cond->b = value;
    if (skip_name("else")) cond->c = parse_cond();
    value = finish(cond);
  }
  return value;
}

Node* Parser::parse_or() {
  const std::size_t begin = current().begin;
  Node* left = parse_and();
  while (skip_name("or")) {
    Node* either = node(Op::kOr, begin);
    either->a = left;
    either->b = parse_and();
    left = finish(either);
  }
  return left;
}

Node* Parser::parse_and() {
  const std::size_t begin = current().begin;
  Node* left = parse_not();
  while (skip_name("and")) {
    Node* both = node(Op::kAnd, begin);
    both->a = left;
    both->b = parse_not();
    left = finish(both);
  }
  return left;
}

Node* Parser::parse_not() {
  if (!is_name("not")) return parse_compare();
  check_stack();
  Node* negated = node(Op::kNot, current().begin);
  advance();
  negated->a = parse_not();
  return finish(negated);
}

Node* Parser::parse_compare() {
  const std::size_t begin = current().begin;
  Node* first = parse_sum();
  std::vector<Node*> operands;
  while (true) {
    std::optional<Cmp> cmp;
    switch (type()) {
      case Tok::kEq: cmp = Cmp::kEq; break;
      case Tok::kNe: cmp = Cmp::kNe; break;
      case Tok::kLt: cmp = Cmp::kLt; break;
      case Tok::kLe: cmp = Cmp::kLe; break;
      case Tok::kGt: cmp = Cmp::kGt; break;
      case Tok::kGe: cmp = Cmp::kGe; break;
      case Tok::kName:
        if (text() == "in") cmp = Cmp::kIn;
        else if (text() == "not" && next_is_name("in")) {
          cmp = Cmp::kNotIn;
          advance();
        }
        break;
      default: break;
    }
    if (!cmp) break;
    Node* operand = node(Op::kOperand, current().begin);
    advance();
    operand->cmp = *cmp;
    operand->a = parse_sum();
    operands.push_back(finish(operand));
  }
  if (operands.empty()) return first;
  Node* compare = node(Op::kCompare, begin);
  compare->a = first;
  compare->list = program_.span(operands);
  return finish(compare);
}

Node* Parser::parse_sum() {
  const std::size_t begin = current().begin;
  Node* left = parse_concat();
  while (type() == Tok::kAdd || type() == Tok::kSub) {
    Node* sum = node(type() == Tok::kAdd ? Op::kAdd : Op::kSub, begin);
    advance();
    sum->a = left;
    sum->b = parse_concat();
    left = finish(sum);
  }
  return left;
}

Node* Parser::parse_concat() {
  const std::size_t begin = current().begin;
  Node* first = parse_product();
  if (type() != Tok::kTilde) return first;
  std::vector<Node*> parts = {first};
  while (skip_if(Tok::kTilde)) parts.push_back(parse_product());
  Node* concat = node(Op::kConcat, begin);
  concat->list = program_.span(parts);
  return finish(concat);
}

Node* Parser::parse_product() {
  const std::size_t begin = current().begin;
  Node* left = parse_pow();
  while (true) {
    Op op = Op::kMul;
    switch (type()) {
      case Tok::kMul: op = Op::kMul; break;
      case Tok::kDiv: op = Op::kDiv; break;
      case Tok::kFloorDiv: op = Op::kFloorDiv; break;
      case Tok::kMod: op = Op::kMod; break;
      default: return left;
    }
    Node* product = node(op, begin);
    advance();
    product->a = left;
    product->b = parse_pow();
    left = finish(product);
  }
}

Node* Parser::parse_pow() {
  const std::size_t begin = current().begin;
  Node* left = parse_unary();
  while (skip_if(Tok::kPow)) {
    Node* power = node(Op::kPow, begin);
    power->a = left;
    power->b = parse_unary();
    left = finish(power);
  }
  return left;
}

Node* Parser::parse_unary(bool with_filter) {
  const std::size_t begin = current().begin;
  Node* value = nullptr;
  if (type() == Tok::kSub || type() == Tok::kAdd) {
    check_stack();
    value = node(type() == Tok::kSub ? Op::kNeg : Op::kPos, begin);
    advance();
    value->a = parse_unary(false);
    finish(value);
  } else {
    value = parse_primary();
  }
  value = parse_postfix(value);
  return with_filter ? parse_filter_expr(value) : value;
}

Node* Parser::parse_number() {
  const std::size_t begin = current().begin;
  const bool integer = type() == Tok::kInteger;
  std::string digits;
  for (const char c : text()) {
    if (c != '_') digits += c;
  }
  advance();
  if (integer) {
    std::optional<Value> value;
    try {
      value = parse_int(digits, 0);
      if (!value) value = Value(0);  // "00" and the like
    } catch (const TemplateError& error) {
      fail(error.message, begin);
    }
    return constant(std::move(*value), begin);
  }
  return constant(Value(parse_float(digits).value_or(0)), begin);
}

Node* Parser::parse_strings() {
  const std::size_t begin = current().begin;
  std::string joined;
  while (type() == Tok::kString) {
    try {
      joined += unescape_string(text());
    } catch (const TemplateError& error) {
      fail(error.message, current().begin);
    }
    advance();
  }
  return constant(Value(std::move(joined)), begin);
}

Node* Parser::parse_primary(bool with_namespace) {
  const Token token = current();
  switch (token.type) {
    case Tok::kString: return parse_strings();
    case Tok::kInteger:
    case Tok::kFloat: return parse_number();
    case Tok::kLBracket: return parse_list();
    case Tok::kLBrace: return parse_dict();
    case Tok::kLParen: {
      advance();
      check_stack();
      Node* inner = parse_tuple(false, true, true);
      expect(Tok::kRParen);
      return inner;
    }
    case Tok::kName: break;
    default: fail(fmt::format("unexpected '{}'", describe(token)));
  }
  const std::string_view word = text();
  advance();
  if (word == "true" || word == "True") return constant(Value(true), token.begin);
  if (word == "false" || word == "False") return constant(Value(false), token.begin);
  if (word == "none" || word == "None") return constant(Value(), token.begin);
  if (with_namespace && type() == Tok::kDot) {
    advance();
    Node* reference = node(Op::kNsRef, token.begin);
    reference->name = Name(word);
    reference->constant = program_.constant(Value(text(expect(Tok::kName))));
    return finish(reference);
  }
  Node* name = node(Op::kName, token.begin);
  name->name = Name(word);
  return finish(name);
}

bool Parser::is_tuple_end() const {
  return type() == Tok::kVariableEnd || type() == Tok::kBlockEnd || type() == Tok::kRParen;
}

Node* Parser::parse_tuple(bool simplified, bool with_cond, bool parentheses, bool with_namespace) {
  const std::size_t begin = current().begin;
  std::vector<Node*> items;
  bool is_tuple = false;
  while (true) {
    if (!items.empty()) expect(Tok::kComma);
    if (is_tuple_end()) break;
    items.push_back(simplified ? parse_primary(with_namespace) : parse_expression(with_cond));
    if (type() != Tok::kComma) break;
    is_tuple = true;
  }
  if (!is_tuple) {
    if (!items.empty()) return items[0];
    if (!parentheses) {
      fail(fmt::format("Expected an expression, got '{}'", describe(current())));
    }
  }
  Node* tuple = node(Op::kTuple, begin);
  tuple->list = program_.span(items);
  return finish(tuple);
}

Node* Parser::parse_list() {
  Node* list = node(Op::kList, current().begin);
  advance();
  std::vector<Node*> items;
  while (type() != Tok::kRBracket) {
    if (!items.empty()) expect(Tok::kComma);
    if (type() == Tok::kRBracket) break;
    items.push_back(parse_expression());
  }
  expect(Tok::kRBracket);
  list->list = program_.span(items);
  return finish(list);
}

Node* Parser::parse_dict() {
  Node* dict = node(Op::kDict, current().begin);
  advance();
  std::vector<Node*> pairs;
  while (type() != Tok::kRBrace) {
    if (!pairs.empty()) expect(Tok::kComma);
    if (type() == Tok::kRBrace) break;
    Node* pair = node(Op::kPair, current().begin);
    pair->a = parse_expression();
    expect(Tok::kColon);
    pair->b = parse_expression();
    pairs.push_back(finish(pair));
  }
  expect(Tok::kRBrace);
  dict->list = program_.span(pairs);
  return finish(dict);
}

Node* Parser::parse_postfix(Node* value) {
  while (true) {
    if (type() == Tok::kDot || type() == Tok::kLBracket) value = parse_subscript(value);
    else if (type() == Tok::kLParen) value = parse_call(value);
    else return value;
  }
}

Node* Parser::parse_filter_expr(Node* value) {
  while (true) {
    if (type() == Tok::kPipe) value = parse_filter(value, false);
    else if (is_name("is")) value = parse_is(value);
    else if (type() == Tok::kLParen) value = parse_call(value);
    else return value;
  }
}

Node* Parser::parse_subscript(Node* value) {
  const Token open = current();
  advance();
  if (open.type == Tok::kDot) {
    const Token attribute = current();
    advance();
    if (attribute.type == Tok::kName) {
      Node* get = node(Op::kGetattr, value->begin);
      get->a = value;
      get->name = Name(text(attribute));
      return finish(get);
    }
    if (attribute.type != Tok::kInteger) fail("expected name or number", attribute.begin);
    Node* get = node(Op::kGetitem, value->begin);
    get->a = value;
    get->b = constant(parse_int(text(attribute), 0).value_or(Value(0)), attribute.begin);
    return finish(get);
  }
  std::vector<Node*> keys;
  while (type() != Tok::kRBracket) {
    if (!keys.empty()) expect(Tok::kComma);
    keys.push_back(parse_subscribed());
  }
  expect(Tok::kRBracket);
  Node* get = node(Op::kGetitem, value->begin);
  get->a = value;
  if (keys.size() == 1) {
    get->b = keys[0];
  } else {
    Node* tuple = node(Op::kTuple, open.begin);
    tuple->list = program_.span(keys);
    get->b = finish(tuple);
  }
  return finish(get);
}

Node* Parser::parse_subscribed() {
  const std::size_t begin = current().begin;
  Node* start = nullptr;
  if (type() != Tok::kColon) {
    start = parse_expression();
    if (type() != Tok::kColon) return start;
  }
  advance();
  Node* slice = node(Op::kSlice, begin);
  slice->a = start;
  const auto ends_here = [this] { return type() == Tok::kRBracket || type() == Tok::kComma; };
  if (type() != Tok::kColon && !ends_here()) slice->b = parse_expression();
  if (skip_if(Tok::kColon) && !ends_here()) slice->c = parse_expression();
  return finish(slice);
}

Parser::CallArgs Parser::parse_call_args() {
  check_stack();
  CallArgs out;
  const std::size_t open = expect(Tok::kLParen).begin;
  const auto ensure = [&](bool good) {
    if (!good) fail("invalid syntax for function call expression", open);
  };
  bool need_comma = false;
  while (type() != Tok::kRParen) {
    if (need_comma) {
      expect(Tok::kComma);
      if (type() == Tok::kRParen) break;
    }
    need_comma = true;
    if (type() == Tok::kMul) {
      ensure(out.dyn_args == nullptr && out.dyn_kwargs == nullptr);
      advance();
      out.dyn_args = parse_expression();
    } else if (type() == Tok::kPow) {
      ensure(out.dyn_kwargs == nullptr);
      advance();
      out.dyn_kwargs = parse_expression();
    } else if (type() == Tok::kName && next_type() == Tok::kAssign) {
      ensure(out.dyn_kwargs == nullptr);
      Node* keyword = node(Op::kKeyword, current().begin);
      keyword->name = Name(text());
      advance();
      advance();
      keyword->a = parse_expression();
      out.kwargs.push_back(finish(keyword));
    } else {
      ensure(out.dyn_args == nullptr && out.dyn_kwargs == nullptr && out.kwargs.empty());
      out.args.push_back(parse_expression());
    }
  }
  expect(Tok::kRParen);
  return out;
}

void Parser::store_args(Node* target, const CallArgs& args) {
  target->list = program_.span(args.args);
  target->list2 = program_.span(args.kwargs);
  target->dyn_args = args.dyn_args;
  target->dyn_kwargs = args.dyn_kwargs;
}

Node* Parser::parse_call(Node* callee) {
  Node* call = node(Op::kCall, callee->begin);
  call->a = callee;
  store_args(call, parse_call_args());
  return finish(call);
}

std::string Parser::dotted_name() {
  std::string name(text(expect(Tok::kName)));
  while (skip_if(Tok::kDot)) name += "." + std::string(text(expect(Tok::kName)));
  return name;
}

Node* Parser::parse_filter(Node* value, bool inline_start) {
  while (type() == Tok::kPipe || inline_start) {
    if (!inline_start) advance();
    Node* filter = node(Op::kFilter, value == nullptr ? current().begin : value->begin);
    filter->a = value;
    filter->name = Name(dotted_name());
    if (type() == Tok::kLParen) store_args(filter, parse_call_args());
    value = finish(filter);
    inline_start = false;
  }
  return value;
}

Node* Parser::parse_is(Node* value) {
  advance();
  const bool negated = skip_name("not");
  Node* test = node(Op::kTest, value->begin);
  test->a = value;
  test->name = Name(dotted_name());
  const bool operand = type() == Tok::kName || type() == Tok::kString || type() == Tok::kInteger ||
                       type() == Tok::kFloat || type() == Tok::kLBracket || type() == Tok::kLBrace;
  if (type() == Tok::kLParen) {
    store_args(test, parse_call_args());
  } else if (operand && !is_name("else") && !is_name("or") && !is_name("and")) {
    if (is_name("is")) fail("You cannot chain multiple tests with is");
    Node* argument = parse_postfix(parse_primary());
    test->list = program_.span(std::vector<Node*>{argument});
  }
  finish(test);
  if (!negated) return test;
  Node* inverse = node(Op::kNot, test->begin);
  inverse->a = test;
  return finish(inverse);
}

}  // namespace floe::jinja
