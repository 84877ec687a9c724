// SPDX-License-Identifier: Apache-2.0
// Static questions about a template: calls, names, filters and tests in it.
#include "dbt/jinja/ast.h"
#include "dbt/jinja/template.h"
#include "dbt/jinja/text_ops.h"

#include <algorithm>
#include <unordered_set>

namespace floe::jinja {

CmpText cmp_text(Cmp cmp) {
  switch (cmp) {
    case Cmp::kEq: return {"==", "eq"};
    case Cmp::kNe: return {"!=", "ne"};
    case Cmp::kLt: return {"<", "lt"};
    case Cmp::kLe: return {"<=", "lteq"};
    case Cmp::kGt: return {">", "gt"};
    case Cmp::kGe: return {">=", "gteq"};
    case Cmp::kIn: return {"in", "in"};
    case Cmp::kNotIn: return {"not in", "notin"};
  }
  return {"?", "?"};
}

namespace {

// Visits every node under `n` in the order of Jinja's fields, with what surrounds it.
struct Surroundings {
  std::string_view macro;  // of the program
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
    if (n->op == Op::kMacro && inner.macro.empty()) inner.macro = n->function->name.view();
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

// What Python prints of Jinja2's own syntax tree: dbt keeps it of expressions that it has no
// source form for.
class TreeWriter {
 public:
  static std::string write(const Node* n) {
    if (n == nullptr) return "None";
    check_stack();
    switch (n->op) {
      case Op::kConst: return node("Const", {{"value", n->constant->repr()}});
      case Op::kName: return node("Name", {{"name", quoted(n)}, {"ctx", "'load'"}});
      case Op::kTuple: return node("Tuple", {{"items", all(n->list)}, {"ctx", "'load'"}});
      case Op::kList: return node("List", {{"items", all(n->list)}});
      case Op::kDict: return node("Dict", {{"items", all(n->list)}});
      case Op::kPair: return node("Pair", {{"key", write(n->a)}, {"value", write(n->b)}});
      case Op::kNot: return node("Not", {{"node", write(n->a)}});
      case Op::kNeg: return node("Neg", {{"node", write(n->a)}});
      case Op::kPos: return node("Pos", {{"node", write(n->a)}});
      case Op::kConcat: return node("Concat", {{"nodes", all(n->list)}});
      case Op::kCompare: return node("Compare", {{"expr", write(n->a)}, {"ops", all(n->list)}});
      case Op::kOperand:
        return node("Operand", {{"op", std::string("'") + cmp_text(n->cmp).name + "'"},
                                {"expr", write(n->a)}});
      case Op::kGetattr:
        return node("Getattr", {{"node", write(n->a)}, {"attr", quoted(n)}, {"ctx", "'load'"}});
      case Op::kGetitem:
        return node("Getitem", {{"node", write(n->a)}, {"arg", write(n->b)}, {"ctx", "'load'"}});
      case Op::kSlice:
        return node("Slice",
                    {{"start", write(n->a)}, {"stop", write(n->b)}, {"step", write(n->c)}});
      case Op::kKeyword: return node("Keyword", {{"key", quoted(n)}, {"value", write(n->a)}});
      case Op::kCond:
        return node("CondExpr",
                    {{"test", write(n->a)}, {"expr1", write(n->b)}, {"expr2", write(n->c)}});
      case Op::kCall: return with_arguments("Call", n, {{"node", write(n->a)}});
      case Op::kFilter:
        return with_arguments("Filter", n, {{"node", write(n->a)}, {"name", quoted(n)}});
      case Op::kTest:
        return with_arguments("Test", n, {{"node", write(n->a)}, {"name", quoted(n)}});
      default: return node(operator_name(n->op), {{"left", write(n->a)}, {"right", write(n->b)}});
    }
  }

 private:
  using Fields = std::vector<std::pair<const char*, std::string>>;

  static const char* operator_name(Op op) {
    switch (op) {
      case Op::kAdd: return "Add";
      case Op::kSub: return "Sub";
      case Op::kMul: return "Mul";
      case Op::kDiv: return "Div";
      case Op::kFloorDiv: return "FloorDiv";
      case Op::kMod: return "Mod";
      case Op::kPow: return "Pow";
      case Op::kAnd: return "And";
      default: return "Or";
    }
  }

  static std::string quoted(const Node* n) { return "'" + n->name.string() + "'"; }

  static std::string all(const Span<Node*>& nodes) {
    std::string out;
    for (const Node* child : nodes) out += (out.empty() ? "" : ", ") + write(child);
    return "[" + out + "]";
  }

  static std::string node(const char* type, const Fields& fields) {
    std::string out;
    for (const auto& [name, text] : fields) {
      out += (out.empty() ? "" : ", ") + std::string(name) + "=" + text;
    }
    return std::string(type) + "(" + out + ")";
  }

  static std::string with_arguments(const char* type, const Node* n, Fields fields) {
    fields.insert(fields.end(), {{"args", all(n->list)},
                                 {"kwargs", all(n->list2)},
                                 {"dyn_args", write(n->dyn_args)},
                                 {"dyn_kwargs", write(n->dyn_kwargs)}});
    return node(type, fields);
  }
};

// An expression written back the way dbt keeps unrendered configs.
class Writer {
 public:
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
          out += std::string(" ") + cmp_text(operand->cmp).source + " " + write(operand->a);
        }
        return out;
      }
      case Op::kNot: return "not " + write(n->a);
      case Op::kNeg: return "-" + write(n->a);
      case Op::kAnd: return write(n->a) + " and " + write(n->b);
      case Op::kOr: return write(n->a) + " or " + write(n->b);
      default: return TreeWriter::write(n);
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

void read_arguments(const Node& n, StaticCall& call) {
  const Writer writer;
  for (const Node* child : n.list) call.args.push_back(argument(child, "", writer));
  for (const Node* child : n.list2) {
    call.args.push_back(argument(child->a, child->name.string(), writer));
  }
  call.has_dynamic_args = n.dyn_args != nullptr || n.dyn_kwargs != nullptr;
  call.all_literal = !call.has_dynamic_args &&
                     std::all_of(call.args.begin(), call.args.end(),
                                 [](const auto& arg) { return arg.literal.has_value(); });
}

template <class WithArgs>
std::vector<StaticCall> collect_calls(const Template& source, WithArgs with_args) {
  std::vector<StaticCall> calls;
  visit_all(source, [&](const Node& n, const Surroundings& around, const Node* output) {
    if (n.op != Op::kCall) return;
    StaticCall call;
    call.callee = dotted(n.a);
    if (with_args(call.callee)) read_arguments(n, call);
    call.begin = n.begin;
    call.end = n.end;
    call.macro = around.macro;
    call.conditional = around.conditional;
    call.whole_expression = output != nullptr;
    calls.push_back(std::move(call));
  });
  return calls;
}

}  // namespace

std::vector<StaticCall> static_calls(const Template& source) {
  return collect_calls(source, [](const std::string&) { return true; });
}

std::vector<StaticCall> static_calls(const Template& source, std::string_view with_args) {
  return collect_calls(source, [&](const std::string& callee) { return callee == with_args; });
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
