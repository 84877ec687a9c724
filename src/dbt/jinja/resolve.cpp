// SPDX-License-Identifier: Apache-2.0
// Variables to slots. Jinja decides at compile time whether a name is a local, an alias of an outer
// variable or comes from the context, level by level; this reproduces those rules, quirks included.
#include "dbt/jinja/ast.h"
#include "dbt/jinja/text_ops.h"

#include <fmt/format.h>

#include <map>
#include <unordered_map>

namespace floe::jinja {

namespace {

struct Symbol {
  Load::Kind kind = Load::Kind::kResolve;
  bool param = false;
  std::int16_t slot = 0;
  Function* owner = nullptr;
};

// The names of one scope. `branch` counts the ifs that the analysis is inside of.
struct Level {
  Level* parent = nullptr;
  Function* function = nullptr;
  int branch = 0;
  std::unordered_map<Name, Symbol> symbols;
  std::vector<Name> order;
};

class Resolver {
 public:
  explicit Resolver(Program& program) : program_(program) {}

  void run() {
    Function* root = program_.root;
    Level level;
    level.function = root;
    for (Node* child : root->body) analyze(child, level);
    root->scope = close(level);
    visit_all(root->body, level, false);
    for (const Node* macro : program_.macros) program_.macro_refs.push_back(macro->ref);
  }

 private:
  // --- What a scope loads and stores: analysis without entering inner scopes.

  Symbol* find(Level* level, Name name) {
    for (; level != nullptr; level = level->parent) {
      const auto found = level->symbols.find(name);
      if (found != level->symbols.end()) return &found->second;
    }
    return nullptr;
  }

  Symbol& add(Level& level, Name name, Load::Kind kind) {
    Symbol& symbol = level.symbols[name];
    symbol.kind = kind;
    symbol.owner = level.function;
    symbol.slot = new_slot(*level.function);
    level.order.push_back(name);
    return symbol;
  }

  std::int16_t new_slot(Function& function) {
    if (function.slots >= 30000) {
      syntax_problem("too many variables in one template", function.node);
    }
    return function.slots++;
  }

  void load(Level& level, Name name) {
    if (find(&level, name) == nullptr) add(level, name, Load::Kind::kResolve);
  }

  void store(Level& level, Name name) {
    if (level.symbols.contains(name)) return;
    const bool outer = find(level.parent, name) != nullptr;
    add(level, name,
        outer              ? Load::Kind::kAlias
        : level.branch > 0 ? Load::Kind::kResolve
                           : Load::Kind::kUndefined);
  }

  Symbol& declare(Level& level, Name name) {
    const auto found = level.symbols.find(name);
    Symbol& symbol =
        found != level.symbols.end() ? found->second : add(level, name, Load::Kind::kUndefined);
    symbol.param = true;
    return symbol;
  }

  void analyze_list(const Span<Node*>& nodes, Level& level) {
    for (Node* child : nodes) analyze(child, level);
  }

  void analyze_target(Node* target, Level& level) {
    if (target->op == Op::kName) {
      if (target->use == NameUse::kParam) declare(level, target->name);
      else store(level, target->name);
    } else if (target->op == Op::kNsRef) {
      load(level, target->name);
    } else if (target->op == Op::kTuple) {
      for (Node* item : target->list) analyze_target(item, level);
    }
  }

  void analyze_expression(Node* n, Level& level) {
    check_stack();
    if (n->op == Op::kName) {
      load(level, n->name);
      return;
    }
    for (Node* child : {n->a, n->b, n->c}) {
      if (child != nullptr) analyze_expression(child, level);
    }
    for (Node* child : n->list) analyze_expression(child, level);
    for (Node* child : n->list2) analyze_expression(child, level);
    if (n->dyn_args != nullptr) analyze_expression(n->dyn_args, level);
    if (n->dyn_kwargs != nullptr) analyze_expression(n->dyn_kwargs, level);
  }

  void analyze(Node* n, Level& level) {
    check_stack();
    switch (n->op) {
      case Op::kSet:
        analyze_expression(n->b, level);
        analyze_target(n->a, level);
        return;
      case Op::kSetBlock: analyze_target(n->a, level); return;
      case Op::kFor: analyze_expression(n->b, level); return;
      case Op::kIf:
        analyze_expression(n->a, level);
        ++level.branch;
        analyze_list(n->list, level);
        analyze_list(n->list2, level);
        analyze_list(n->list3, level);
        --level.branch;
        return;
      case Op::kMacro: store(level, n->name); return;
      case Op::kCallBlock: analyze_expression(n->a, level); return;
      case Op::kFilterBlock: analyze_expression(n->b, level); return;
      case Op::kWith: analyze_list(n->list3, level); return;
      case Op::kScope:
      case Op::kUnsupported:
      case Op::kBreak:
      case Op::kContinue: return;
      case Op::kDo: analyze_expression(n->a, level); return;
      case Op::kOutput:
        for (Node* child : n->list) analyze_expression(child, level);
        return;
      default: analyze_expression(n, level);
    }
  }

  // --- Turning the analysis into loads.

  Ref ref_of(const Symbol& symbol, Function* from) {
    Ref ref;
    ref.slot = symbol.slot;
    for (Function* at = from; at != symbol.owner && at != nullptr; at = at->parent) {
      ++ref.hops;
      at->uses_outer = true;
      if (at->parent != nullptr) at->parent->has_inner = true;
    }
    return ref;
  }

  Scope* close(Level& level) {
    std::vector<Load> loads;
    std::vector<std::int16_t> locals;
    for (const Name name : level.order) {
      const Symbol& symbol = level.symbols[name];
      locals.push_back(symbol.slot);
      if (symbol.param) continue;
      Load entry;
      entry.kind = symbol.kind;
      entry.slot = symbol.slot;
      entry.name = name;
      if (symbol.kind == Load::Kind::kAlias) {
        entry.alias = ref_of(*find(level.parent, name), level.function);
      }
      loads.push_back(entry);
    }
    auto* scope = program_.make<Scope>();
    scope->loads = program_.span(loads);
    scope->locals = program_.span(locals);
    return scope;
  }

  // --- Second walk: resolve references and enter inner scopes.

  [[noreturn]] void syntax_problem(std::string message, const Node* at) {
    TemplateError error(ErrorType::kAssertion, std::move(message));
    std::tie(error.line, error.col) =
        line_and_column(program_.source, at == nullptr ? 0 : at->begin);
    error.name = program_.name;
    throw error;
  }

  void defer(std::string message, const Node* at) {
    if (program_.deferred) return;
    try {
      syntax_problem(std::move(message), at);
    } catch (const TemplateError& error) {
      program_.deferred = error;
    }
  }

  void visit_all(const Span<Node*>& nodes, Level& level, bool soft) {
    for (Node* child : nodes) visit(child, level, soft);
  }

  void visit_target(Node* target, Level& level) {
    if (target->op == Op::kName || target->op == Op::kNsRef) {
      Symbol* symbol = find(&level, target->name);
      if (symbol != nullptr) target->ref = ref_of(*symbol, level.function);
      return;
    }
    for (Node* item : target->list) visit_target(item, level);
  }

  void expression(Node* n, Level& level, bool soft) {
    if (n == nullptr) return;
    check_stack();
    if (n->op == Op::kName) {
      Symbol* symbol = find(&level, n->name);
      if (symbol == nullptr) symbol = &add(level, n->name, Load::Kind::kResolve);
      n->ref = ref_of(*symbol, level.function);
      return;
    }
    if (n->op == Op::kFilter) {
      n->filter = find_filter(n->name);
      if (n->filter == nullptr && !soft) {
        defer(fmt::format("No filter named '{}'.", n->name.view()), n);
      }
    } else if (n->op == Op::kTest) {
      n->test = find_test(n->name);
      if (n->test == nullptr && !soft) defer(fmt::format("No test named '{}'.", n->name.view()), n);
    }
    const bool inner = soft || n->op == Op::kCond;
    for (Node* child : {n->a, n->b, n->c}) expression(child, level, inner);
    for (Node* child : n->list) expression(child, level, inner);
    for (Node* child : n->list2) expression(child, level, inner);
    expression(n->dyn_args, level, inner);
    expression(n->dyn_kwargs, level, inner);
  }

  void visit(Node* n, Level& level, bool soft) {
    check_stack();
    switch (n->op) {
      case Op::kOutput:
        for (Node* child : n->list) expression(child, level, soft);
        return;
      case Op::kDo: expression(n->a, level, soft); return;
      case Op::kSet:
        expression(n->b, level, soft);
        visit_target(n->a, level);
        return;
      case Op::kSetBlock: visit_set_block(n, level); return;
      case Op::kFor: visit_for(n, level); return;
      case Op::kIf:
        expression(n->a, level, true);
        visit_all(n->list, level, true);
        visit_all(n->list2, level, true);
        visit_all(n->list3, level, true);
        return;
      case Op::kMacro: {
        function_body(n, level);
        n->ref = ref_of(*find(&level, n->name), level.function);
        return;
      }
      case Op::kCallBlock:
        function_body(n, level);
        expression(n->a, level, soft);
        return;
      case Op::kBreak:
        if (loops_ == 0) defer("'break' outside loop", n);
        return;
      case Op::kContinue:
        if (loops_ == 0) defer("'continue' not properly in loop", n);
        return;
      case Op::kFilterBlock: visit_filter_block(n, level); return;
      case Op::kWith: visit_with(n, level); return;
      case Op::kScope: {
        Level inner = open(level);
        analyze_list(n->list, inner);
        visit_all(n->list, inner, false);
        n->scope = close(inner);
        return;
      }
      default: return;
    }
  }

  static Level open(Level& parent) {
    Level level;
    level.parent = &parent;
    level.function = parent.function;
    return level;
  }

  void visit_set_block(Node* n, Level& level) {
    Level inner = open(level);
    analyze_list(n->list, inner);
    if (n->b != nullptr) analyze_expression(n->b, inner);
    visit_all(n->list, inner, false);
    if (n->b != nullptr) expression(n->b, inner, false);
    n->scope = close(inner);
    visit_target(n->a, level);
  }

  void visit_filter_block(Node* n, Level& level) {
    Level inner = open(level);
    analyze_list(n->list, inner);
    analyze_expression(n->b, inner);
    visit_all(n->list, inner, false);
    expression(n->b, inner, false);
    n->scope = close(inner);
  }

  void visit_with(Node* n, Level& level) {
    Level inner = open(level);
    for (Node* target : n->list2) analyze_target(target, inner);
    analyze_list(n->list, inner);
    for (Node* value : n->list3) expression(value, level, false);
    for (Node* target : n->list2) visit_target(target, inner);
    visit_all(n->list, inner, false);
    n->scope = close(inner);
  }

  // Does the body read `name` before (in source order) writing it? Inner scopes count too.
  struct Undeclared {
    std::map<std::string_view, bool> wanted;  // name -> read
    std::map<std::string_view, bool> dropped;
  };

  void undeclared(const Node* n, Undeclared& state) {
    if (n == nullptr) return;
    check_stack();
    if (n->op == Op::kName) {
      const auto found = state.wanted.find(n->name.view());
      if (found == state.wanted.end() || state.dropped.contains(n->name.view())) return;
      if (n->use == NameUse::kLoad) found->second = true;
      else state.dropped[found->first] = true;
      return;
    }
    if (n->op == Op::kUnsupported) return;
    const bool is_function = n->op == Op::kMacro || n->op == Op::kCallBlock;
    // Jinja walks a node's fields in their order of declaration.
    if (is_function) {
      undeclared(n->a, state);
      for (const Name param : n->function->params) {
        const auto found = state.wanted.find(param.view());
        if (found != state.wanted.end()) state.dropped[found->first] = true;
      }
      for (const Node* child : n->function->defaults) undeclared(child, state);
      for (const Node* child : n->function->body) undeclared(child, state);
      return;
    }
    if (n->op == Op::kWith) {
      for (const Node* child : n->list2) undeclared(child, state);
      for (const Node* child : n->list3) undeclared(child, state);
      for (const Node* child : n->list) undeclared(child, state);
      return;
    }
    const bool body_first = n->op == Op::kFilterBlock;
    if (body_first) {
      for (const Node* child : n->list) undeclared(child, state);
    }
    if (n->op == Op::kFor) {
      // target, iter, body, else, test
      undeclared(n->a, state);
      undeclared(n->b, state);
      for (const Node* child : n->list) undeclared(child, state);
      for (const Node* child : n->list2) undeclared(child, state);
      undeclared(n->c, state);
      return;
    }
    undeclared(n->a, state);
    undeclared(n->b, state);
    undeclared(n->c, state);
    if (!body_first) {
      for (const Node* child : n->list) undeclared(child, state);
    }
    for (const Node* child : n->list2) undeclared(child, state);
    for (const Node* child : n->list3) undeclared(child, state);
    undeclared(n->dyn_args, state);
    undeclared(n->dyn_kwargs, state);
  }

  bool reads(const Span<Node*>& body, std::string_view name) {
    Undeclared state;
    state.wanted[name] = false;
    for (const Node* child : body) undeclared(child, state);
    return state.wanted[name];
  }

  bool assigns_loop(const Node* n) {
    if (n == nullptr) return false;
    if (n->op == Op::kName) return n->use == NameUse::kStore && n->name == "loop";
    if (assigns_loop(n->a) || assigns_loop(n->b) || assigns_loop(n->c)) return true;
    for (const Span<Node*>& list : {n->list, n->list2, n->list3}) {
      for (const Node* child : list) {
        if (assigns_loop(child)) return true;
      }
    }
    return false;
  }

  static void mark_stores(Node* target, NameUse use) {
    if (target->op == Op::kName) target->use = use;
    for (Node* item : target->list) mark_stores(item, use);
  }

  void visit_for(Node* n, Level& level) {
    const bool extended = n->flag || reads(n->list, "loop");
    mark_stores(n->a, NameUse::kStore);
    if (assigns_loop(n)) {
      defer("Can't assign to special loop variable in for-loop target", n);
    }
    mark_stores(n->a, NameUse::kParam);
    expression(n->b, level, false);

    Level body = open(level);
    if (n->flag) {
      auto* function = program_.make<Function>();
      function->parent = level.function;
      function->node = n;
      function->name = Name("loop");
      function->body = n->list;
      n->function = function;
      level.function->has_inner = true;
      function->uses_outer = true;
      body.function = function;
    }
    if (extended) n->loop = ref_of(declare(body, Name("loop")), body.function);
    analyze_target(n->a, body);
    analyze_list(n->list, body);

    if (n->c != nullptr) {
      Level test = open(level);
      test.function = body.function;
      // The filter has its own copies of the targets: c is evaluated on them.
      analyze_target(n->a, test);
      analyze_expression(n->c, test);
      visit_target(n->a, test);
      filter_targets_[n] = clone_target(n->a);
      expression(n->c, test, false);
      n->scope3 = close(test);
      n->list3 = program_.span(std::vector<Node*>{filter_targets_[n]});
    }
    visit_target(n->a, body);
    ++loops_;
    visit_all(n->list, body, false);
    --loops_;
    n->scope = close(body);
    if (!n->list2.empty()) {
      Level otherwise = open(level);
      otherwise.function = body.function;
      analyze_list(n->list2, otherwise);
      visit_all(n->list2, otherwise, false);
      n->scope2 = close(otherwise);
    }
  }

  Node* clone_target(const Node* target) {
    Node* copy = program_.make<Node>();
    *copy = *target;
    std::vector<Node*> items;
    for (const Node* item : target->list) items.push_back(clone_target(item));
    copy->list = program_.span(items);
    return copy;
  }

  void function_body(Node* n, Level& level) {
    Function* function = n->function;
    function->parent = level.function;
    level.function->has_inner = true;
    Level inner = open(level);
    inner.function = function;
    std::vector<std::int16_t> slots;
    bool own_caller = false;
    Undeclared special;
    special.wanted = {{"caller", false}, {"kwargs", false}, {"varargs", false}};
    for (const Node* child : function->body) undeclared(child, special);
    for (const Name param : function->params) {
      slots.push_back(declare(inner, param).slot);
      if (param == "caller") own_caller = true;
      if (param == "kwargs") special.wanted["kwargs"] = false;
      if (param == "varargs") special.wanted["varargs"] = false;
    }
    function->explicit_caller = own_caller;
    if (special.wanted["caller"]) {
      if (!own_caller) {
        function->caller_slot = declare(inner, Name("caller")).slot;
      } else if (function->defaults.empty()) {
        defer(
            "When defining macros or call blocks the special \"caller\" argument must be omitted "
            "or be given a default.",
            n);
      }
    }
    if (special.wanted["kwargs"]) function->kwargs_slot = declare(inner, Name("kwargs")).slot;
    if (special.wanted["varargs"]) function->varargs_slot = declare(inner, Name("varargs")).slot;
    for (Node* child : function->defaults) analyze_expression(child, inner);
    analyze_list(function->body, inner);
    for (Node* child : function->defaults) expression(child, inner, false);
    const int loops = std::exchange(loops_, 0);
    visit_all(function->body, inner, false);
    loops_ = loops;
    function->param_slots = program_.span(slots);
    function->scope = close(inner);
  }

  Program& program_;
  int loops_ = 0;  // loops around the statement being visited, within one function
  std::unordered_map<const Node*, Node*> filter_targets_;
};

}  // namespace

void resolve_program(Program& program) { Resolver(program).run(); }

}  // namespace floe::jinja
