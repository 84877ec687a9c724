// SPDX-License-Identifier: Apache-2.0
// The syntax tree of a template: plain nodes in an arena, with variables resolved to slots.
#pragma once

#include "dbt/jinja/filters.h"
#include "dbt/jinja/template.h"
#include "dbt/jinja/value.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace floe::jinja {

enum class Op : std::uint8_t {
  // Expressions.
  kConst,
  kName,
  kTuple,
  kList,
  kDict,
  kPair,
  kAdd,
  kSub,
  kMul,
  kDiv,
  kFloorDiv,
  kMod,
  kPow,
  kAnd,
  kOr,
  kNot,
  kNeg,
  kPos,
  kConcat,
  kCompare,
  kOperand,
  kGetattr,
  kGetitem,
  kSlice,
  kFilter,
  kTest,
  kCall,
  kKeyword,
  kCond,
  kNsRef,
  kData,
  // Statements.
  kOutput,
  kSet,
  kSetBlock,
  kFor,
  kIf,
  kMacro,
  kCallBlock,
  kFilterBlock,
  kWith,
  kDo,
  kBreak,
  kContinue,
  kScope,
  kUnsupported,
};

enum class Cmp : std::uint8_t { kEq, kNe, kLt, kLe, kGt, kGe, kIn, kNotIn };

/// A comparison as it is written, and as Jinja2's own syntax tree calls it.
struct CmpText {
  const char* source;
  const char* name;
};
CmpText cmp_text(Cmp cmp);

/// How a name node is used.
enum class NameUse : std::uint8_t { kLoad, kStore, kParam };

template <class T>
struct Span {
  T* data = nullptr;
  std::uint32_t size = 0;
  T* begin() const { return data; }
  T* end() const { return data + size; }
  T& operator[](std::size_t i) const { return data[i]; }
  bool empty() const { return size == 0; }
};

/// Where a variable lives: `hops` enclosing functions up, slot number there.
struct Ref {
  std::int16_t hops = 0;
  std::int16_t slot = -1;
};

/// What happens to a slot when a scope is entered.
struct Load {
  enum class Kind : std::uint8_t { kResolve, kAlias, kUndefined } kind = Kind::kUndefined;
  std::int16_t slot = 0;
  Ref alias;
  Name name;
};

struct Scope {
  Span<Load> loads;
  Span<std::int16_t> locals;  // set back to "missing" when the scope is left
};

struct Node;

/// Something with local variables of its own: the template's top level, a macro, a call body, a
/// recursive loop.
struct Function {
  Function* parent = nullptr;
  const Node* node = nullptr;
  Name name;
  Span<Name> params;
  Span<std::int16_t> param_slots;
  Span<Node*> defaults;  // for the last params
  Scope* scope = nullptr;
  Span<Node*> body;
  std::int16_t slots = 0;
  std::int16_t caller_slot = -1;
  std::int16_t kwargs_slot = -1;
  std::int16_t varargs_slot = -1;
  bool explicit_caller = false;
  bool has_inner = false;   // closures may capture its frame
  bool uses_outer = false;  // reads variables of an enclosing function
};

struct Node {
  Op op = Op::kConst;
  Cmp cmp = Cmp::kEq;
  NameUse use = NameUse::kLoad;
  bool flag = false;  // recursive loop, loop variable wanted, ...
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  Ref ref;
  Name name;
  const Value* constant = nullptr;
  Node* a = nullptr;
  Node* b = nullptr;
  Node* c = nullptr;
  Node* dyn_args = nullptr;
  Node* dyn_kwargs = nullptr;
  Span<Node*> list;
  Span<Node*> list2;  // keyword arguments, else-branch, ...
  Span<Node*> list3;
  union {
    FilterFn filter;
    TestFn test;
    Function* function;
  };
  Scope* scope = nullptr;   // of the body
  Scope* scope2 = nullptr;  // of a loop's else branch
  Scope* scope3 = nullptr;  // of a loop's filter
  Ref loop;                 // slot of `loop`
  std::string_view text;    // kData
  Node() : filter(nullptr) {}
};

/// Everything parsing makes.
struct Program {
  Program() = default;
  Program(const Program&) = delete;

  void* allocate(std::size_t bytes);
  template <class T>
  T* make() {
    return new (allocate(sizeof(T))) T();
  }
  template <class T>
  Span<T> span(const std::vector<T>& items) {
    Span<T> out;
    if (items.empty()) return out;
    out.data = static_cast<T*>(allocate(sizeof(T) * items.size()));
    out.size = static_cast<std::uint32_t>(items.size());
    std::uninitialized_copy(items.begin(), items.end(), out.data);
    return out;
  }
  const Value* constant(Value value) {
    constants.push_back(std::move(value));
    return &constants.back();
  }

  std::string source;
  std::string name;
  Function* root = nullptr;
  std::vector<Definition> definitions;
  std::vector<const Node*> macros;  // top-level macro nodes, as in definitions
  std::vector<Ref> macro_refs;
  bool only_macros = true;  // nothing but definitions and white space at the top level
  bool plain = false;
  std::optional<TemplateError> deferred;  // Jinja reports it when compiling, that is when rendering
  std::deque<Value> constants;
  std::deque<std::string> texts;  // data that differs from the source

 private:
  std::vector<std::unique_ptr<std::byte[]>> chunks_;
  std::size_t used_ = 0;
  std::size_t capacity_ = 0;
};

/// Parses `program.source` into it.
void parse_program(Program& program);
/// Resolves variables to slots and looks up filters and tests.
void resolve_program(Program& program);

}  // namespace floe::jinja
