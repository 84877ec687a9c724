// SPDX-License-Identifier: Apache-2.0
// Static questions about a template: calls, names, filters and tests in it.
#include "dbt/jinja/ast.h"
#include "dbt/jinja/template.h"
#include "dbt/jinja/text_ops.h"

#include <algorithm>
#include <unordered_set>

namespace floe::jinja {

namespace {

// Visits every node under `n` in the order of Jinja's fields, with what surrounds it.
struct Surroundings {
  std::string macro;
  bool conditional = false;
};

template <class Visit>
class Walker {
 public:
  explicit Walker(Visit& visit) : visit_(visit) {}

  void walk(const Node* n, const Surroundings& around, const Node* output) {
    if (n == nullptr) return;
    check_stack();
    visit_(*n, around, output);
    if (n->op == Op::kMacro || n->op == Op::kCallBlock) {
      function(n, around);
      return;
    }
    Surroundings inner = around;
    const bool branches = n->op == Op::kIf || n->op == Op::kFor || n->op == Op::kCond ||
                          n->op == Op::kAnd || n->op == Op::kOr;
    if (n->op == Op::kWith) {
      all(n->list2, inner);
      all(n->list3, inner);
      all(n->list, inner);
      return;
    }
    if (n->op == Op::kFilterBlock) {
      all(n->list, inner);
      walk(n->b, inner, nullptr);
      return;
    }
    if (n->op == Op::kFor) {
      walk(n->a, inner, nullptr);
      walk(n->b, inner, nullptr);
      inner.conditional = true;
      all(n->list, inner);
      all(n->list2, inner);
      walk(n->c, inner, nullptr);
      return;
    }
    walk(n->a, inner, nullptr);
    if (branches) inner.conditional = true;
    walk(n->b, inner, nullptr);
    walk(n->c, inner, nullptr);
    const bool prints = n->op == Op::kOutput;
    for (const Node* child : n->list) walk(child, inner, prints ? n : nullptr);
    all(n->list2, inner);
    // What a loop keeps here is a copy of its target.
    if (n->op == Op::kIf || n->op == Op::kWith) all(n->list3, inner);
    walk(n->dyn_args, inner, nullptr);
    walk(n->dyn_kwargs, inner, nullptr);
  }

  void all(const Span<Node*>& nodes, const Surroundings& around) {
    for (const Node* child : nodes) walk(child, around, nullptr);
  }

 private:
  void function(const Node* n, const Surroundings& around) {
    Surroundings inner = around;
    if (n->op == Op::kMacro && inner.macro.empty()) inner.macro = n->function->name.string();
    walk(n->a, around, nullptr);
    all(n->function->defaults, inner);
    all(n->function->body, inner);
  }

  Visit& visit_;
};

template <class Visit>
void visit_all(const Template& source, Visit visit) {
  Walker<Visit> walker(visit);
  walker.all(source.program().root->body, Surroundings());
}

// "a.b.c" of a chain of attributes on a name; "" for anything else.
std::string dotted(const Node* n) {
  if (n->op == Op::kName) return n->name.string();
  if (n->op != Op::kGetattr) return {};
  const std::string base = dotted(n->a);
  return base.empty() ? base : base + "." + n->name.string();
}

std::optional<Value> literal_of(const Node* n) {
  switch (n->op) {
    case Op::kConst: return *n->constant;
    case Op::kNeg:
    case Op::kPos: {
      if (n->a->op != Op::kConst || !n->a->constant->is_number()) return std::nullopt;
      const Value& number = *n->a->constant;
      if (n->op == Op::kPos) return number;
      if (number.is_float()) return Value(-number.as_float());
      if (number.kind() == Kind::kInt) return Value(-number.as_int());
      return std::nullopt;
    }
    case Op::kList:
    case Op::kTuple: {
      std::vector<Value> items;
      for (const Node* child : n->list) {
        auto item = literal_of(child);
        if (!item) return std::nullopt;
        items.push_back(std::move(*item));
      }
      return n->op == Op::kList ? Value::list(std::move(items)) : Value::tuple(std::move(items));
    }
    case Op::kDict: {
      Value dict = Value::dict();
      for (const Node* pair : n->list) {
        auto key = literal_of(pair->a);
        auto value = literal_of(pair->b);
        if (!key || !value || key->is_list() || key->is_dict()) return std::nullopt;
        dict.mutable_dict().set(*key, std::move(*value));
      }
      return dict;
    }
    default: return std::nullopt;
  }
}

const char* cmp_source(Cmp cmp) {
  switch (cmp) {
    case Cmp::kEq: return "==";
    case Cmp::kNe: return "!=";
    case Cmp::kLt: return "<";
    case Cmp::kLe: return "<=";
    case Cmp::kGt: return ">";
    case Cmp::kGe: return ">=";
    case Cmp::kIn: return "in";
    case Cmp::kNotIn: return "not in";
  }
  return "?";
}

// An expression written back the way dbt keeps unrendered configs.
class Writer {
 public:
  explicit Writer(std::string_view text) : text_(text) {}

  std::string write(const Node* n) const {
    check_stack();
    switch (n->op) {
      case Op::kConst: return n->constant->repr();
      case Op::kName: return n->name.string();
      case Op::kCall: return call(n);
      case Op::kList: return "[" + joined(n->list, ", ") + "]";
      case Op::kTuple:
        return n->list.size == 1 ? "(" + write(n->list[0]) + ",)"
                                 : "(" + joined(n->list, ", ") + ")";
      case Op::kDict: {
        std::string out;
        for (const Node* pair : n->list) {
          if (!out.empty()) out += ", ";
          out += write(pair->a) + ": " + write(pair->b);
        }
        return "{" + out + "}";
      }
      case Op::kGetattr: return write(n->a) + "." + n->name.string();
      case Op::kGetitem: return write(n->a) + "[" + write(n->b) + "]";
      case Op::kConcat: return joined(n->list, " ~ ");
      case Op::kCompare: {
        std::string out = write(n->a);
        for (const Node* operand : n->list) {
          out += std::string(" ") + cmp_source(operand->cmp) + " " + write(operand->a);
        }
        return out;
      }
      case Op::kNot: return "not " + write(n->a);
      case Op::kNeg: return "-" + write(n->a);
      case Op::kAnd: return write(n->a) + " and " + write(n->b);
      case Op::kOr: return write(n->a) + " or " + write(n->b);
      default: return std::string(text_.substr(n->begin, n->end - n->begin));
    }
  }

 private:
  std::string joined(const Span<Node*>& nodes, std::string_view separator) const {
    std::string out;
    bool first = true;
    for (const Node* child : nodes) {
      if (!first) out += separator;
      first = false;
      out += write(child);
    }
    return out;
  }

  std::string call(const Node* n) const {
    std::vector<std::string> parts;
    for (const Node* child : n->list) parts.push_back(write(child));
    for (const Node* child : n->list2)
      parts.push_back(child->name.string() + "=" + write(child->a));
    if (n->dyn_args != nullptr) parts.push_back("*" + write(n->dyn_args));
    if (n->dyn_kwargs != nullptr) parts.push_back("**" + write(n->dyn_kwargs));
    std::string out = write(n->a) + "(";
    for (std::size_t i = 0; i < parts.size(); ++i) out += (i > 0 ? ", " : "") + parts[i];
    return out + ")";
  }

  std::string_view text_;
};

StaticArg argument(const Node* n, std::string name, const Writer& writer) {
  StaticArg arg;
  arg.name = std::move(name);
  arg.literal = literal_of(n);
  arg.is_const = n->op == Op::kConst;
  arg.is_list = n->op == Op::kList;
  arg.source = arg.is_const && n->constant->is_str() ? n->constant->as_str() : writer.write(n);
  return arg;
}

}  // namespace

std::vector<StaticCall> static_calls(const Template& source) {
  std::vector<StaticCall> calls;
  const Writer writer(source.program().source);
  visit_all(source, [&](const Node& n, const Surroundings& around, const Node* output) {
    if (n.op != Op::kCall) return;
    StaticCall call;
    call.callee = dotted(n.a);
    for (const Node* child : n.list) call.args.push_back(argument(child, "", writer));
    for (const Node* child : n.list2) {
      call.args.push_back(argument(child->a, child->name.string(), writer));
    }
    call.has_dynamic_args = n.dyn_args != nullptr || n.dyn_kwargs != nullptr;
    call.all_literal = !call.has_dynamic_args &&
                       std::all_of(call.args.begin(), call.args.end(),
                                   [](const StaticArg& arg) { return arg.literal.has_value(); });
    call.begin = n.begin;
    call.end = n.end;
    call.macro = around.macro;
    call.conditional = around.conditional;
    call.whole_expression = output != nullptr;
    calls.push_back(std::move(call));
  });
  return calls;
}

namespace {

template <class Pick>
std::vector<std::string> distinct(const Template& source, Pick pick) {
  std::vector<std::string> out;
  std::unordered_set<Name> seen;
  visit_all(source, [&](const Node& n, const Surroundings&, const Node*) {
    if (pick(n) && seen.insert(n.name).second) out.push_back(n.name.string());
  });
  return out;
}

}  // namespace

std::vector<std::string> static_names(const Template& source) {
  return distinct(source,
                  [](const Node& n) { return n.op == Op::kName && n.use == NameUse::kLoad; });
}

std::vector<std::string> static_filters(const Template& source) {
  return distinct(source, [](const Node& n) { return n.op == Op::kFilter; });
}

std::vector<std::string> static_tests(const Template& source) {
  return distinct(source, [](const Node& n) { return n.op == Op::kTest; });
}

}  // namespace floe::jinja
