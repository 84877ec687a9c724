// SPDX-License-Identifier: Apache-2.0
// The evaluator: walks a template's tree with frames of slots (internal).
#pragma once

#include "dbt/jinja/ast.h"
#include "dbt/jinja/interp.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floe::jinja {

/// A template being run: what frames need to know about where their code is from.
struct Module {
  int refs = 0;
  TemplateRef source;
  ContextRef context;
  UndefinedMode mode = UndefinedMode::kStandard;
  bool native = false;
  int line_offset = 0;
};

/// The variables of one running function. Closures keep it alive.
struct Frame {
  int refs = 1;
  Function* function = nullptr;
  Frame* parent = nullptr;
  Module* module = nullptr;
  Value* slots() { return reinterpret_cast<Value*>(this + 1); }
};

void retain(Frame* frame);
void release(Frame* frame);
Frame* make_frame(Function* function, Frame* parent, Module* module);
/// Ends a function's run: breaks the cycle between a frame and the closures kept in it.
void retire(Frame* frame);

/// Owns a frame while its function runs.
class FrameGuard {
 public:
  explicit FrameGuard(Frame* frame) : frame_(frame) {}
  ~FrameGuard() { retire(frame_); }
  FrameGuard(const FrameGuard&) = delete;
  Frame* get() const { return frame_; }
  Frame* operator->() const { return frame_; }

 private:
  Frame* frame_;
};

/// A macro or a call body with the frame it was defined in.
class MacroValue : public Object {
 public:
  MacroValue(Function* function, Frame* frame);
  ~MacroValue() override;
  std::string type_name() const override { return "Macro"; }
  std::string qualified_type_name() const override { return "jinja2.runtime.Macro"; }
  bool callable() const override { return true; }
  Value call(CallContext& context, const Args& args) override;
  std::optional<Value> get_attr(Name name) override;
  std::string repr() override;
  Function* function() const { return function_; }
  Frame* frame() const { return frame_; }

 private:
  Function* function_;
  Frame* frame_;
};

/// Where output goes: text, or values at the top level of a native rendering.
struct Sink {
  /// An item that is no text: trouble once the items are joined, and none if that never happens.
  struct Foreign {
    std::size_t item = 0;
    std::string type;
    const Node* place = nullptr;
  };
  std::string text;
  std::size_t items = 0;
  std::optional<Foreign> foreign;  // the first one
  std::vector<Value>* values = nullptr;
};

/// return() called where only an exception can unwind.
struct ReturnSignal {
  Value value;
};

enum class Flow : std::uint8_t { kNormal, kBreak, kContinue, kReturn };

class LoopObject;

struct Machine {
  explicit Machine(Interp& owner) : interp(owner) {}

  // Entry points.
  std::string run_text(const TemplateRef& source, const ContextRef& context, UndefinedMode mode,
                       RenderMap* origins);
  Value run_native(const TemplateRef& source, const ContextRef& context, UndefinedMode mode);
  Value call_definition(const TemplateRef& source, std::size_t index, const ContextRef& context,
                        const Args& args, int line_offset);
  Value invoke(Function* function, Frame* parent, Module* module, const Args& args);
  Value call_value(const Value& callee, const Args& args, bool direct);
  Value call_method(const Value& object, Name name, const Args& args, bool direct);
  Value get_attr(const Value& object, Name name);
  Value get_item(const Value& object, const Value& key);
  Value undefined_name(Name name);
  Value undefined_hint(std::string hint) const;

  // Statements.
  Flow exec_all(const Span<Node*>& body, Frame* frame);
  Flow exec(const Node* node, Frame* frame);
  Flow exec_output(const Node* node, Frame* frame);
  Flow exec_native_output(const Node* node, Frame* frame);
  Flow exec_if(const Node* node, Frame* frame);
  Flow exec_set(const Node* node, Frame* frame);
  Flow exec_set_block(const Node* node, Frame* frame);
  Flow exec_filter_block(const Node* node, Frame* frame);
  Flow exec_with(const Node* node, Frame* frame);
  Flow exec_call_block(const Node* node, Frame* frame);
  Flow exec_for(const Node* node, Frame* frame);
  Flow exec_loop(const Node* node, Frame* frame, const Value& iterable, Frame* definer, int depth);
  Value run_recursive(const Node* node, Frame* definer, const Value& iterable, int depth);
  IteratorPtr loop_iterator(const Node* node, Frame* frame, const Value& iterable);
  void enter(const Scope* scope, Frame* frame);
  void leave(const Scope* scope, Frame* frame);
  void assign(const Node* target, const Value& value, Frame* frame);
  void emit(const Value& value, bool must_be_str);
  /// Raises what joining the items raises in Python.
  void check_joined(const Sink& items);
  void bind(Function* function, Frame* frame, const Args& args);

  // Expressions.
  Value eval(const Node* node, Frame* frame);
  Value eval_plain(const Node* node, Frame* frame);
  /// A variable or constant without copying it, else the value in `scratch`.
  const Value& operand(const Node* node, Frame* frame, Value& scratch);
  bool eval_bool(const Node* node, Frame* frame);
  Value eval_name(const Node* node, Frame* frame);
  Value eval_compare(const Node* node, Frame* frame);
  Value eval_slice(const Node* node, Frame* frame);
  Value slice_operand(const Value& object, const Node* slice, Frame* frame);
  Value eval_filter(const Node* node, Frame* frame, const Value* subject);
  Value eval_test(const Node* node, Frame* frame);
  Value eval_call(const Node* node, Frame* frame, bool direct, const Value* caller = nullptr);
  Value eval_dict(const Node* node, Frame* frame);
  std::vector<Value> eval_items(const Span<Node*>& nodes, Frame* frame);
  void eval_args(const Node* node, Frame* frame, Args& args);
  void emit_child(const Node* child, Frame* frame);
  bool eval_constant(const Node* node, Frame* frame, Value& out);
  bool try_constant(const Node* node, Frame* frame, Value& out);

  static Value& slot(const Ref& ref, Frame* frame) {
    for (int hops = ref.hops; hops > 0; --hops) frame = frame->parent;
    return frame->slots()[ref.slot];
  }

  void tick() {
    if (++steps >= next_check) check_limits();
  }
  void check_limits();
  void check_output() const;
  /// Notes where an error left the function that is running.
  void trace(TemplateError& error) const;

  Interp& interp;
  /// Notes where in the template the text comes from that is about to be output.
  void note_origin(const Node* child);

  Sink* sink = nullptr;
  RenderMap* map = nullptr;  // of the text in map_sink
  const Sink* map_sink = nullptr;
  Module* module = nullptr;
  const Node* position = nullptr;
  std::uint64_t steps = 0;
  std::uint64_t next_check = 4096;
  int depth = 0;
  bool returning = false;
  bool constants_only = false;
  Value returned;
  ContextRef outer_context;
};

bool compare_values(Cmp cmp, const Value& left, const Value& right);
/// x[start:stop:step]; missing bounds are None.
Value slice_value(const Value& object, const Value& start, const Value& stop, const Value& step);
/// "dict object", "None", "datetime.date object": how undefined errors name what they missed
/// something in.
std::string object_type_repr(const Value& value);

}  // namespace floe::jinja
