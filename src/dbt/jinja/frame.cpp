// SPDX-License-Identifier: Apache-2.0
#include "dbt/jinja/loop.h"
#include "dbt/jinja/machine.h"

#include <fmt/format.h>

#include <new>

namespace floe::jinja {

void retain(Frame* frame) {
  if (frame != nullptr) ++frame->refs;
}

void release(Frame* frame) {
  while (frame != nullptr && --frame->refs == 0) {
    Frame* parent = frame->parent;
    for (int i = 0; i < frame->function->slots; ++i) frame->slots()[i].~Value();
    Module* module = frame->module;
    frame->~Frame();
    ::operator delete(frame);
    if (--module->refs == 0) delete module;
    frame = parent;
  }
}

Frame* make_frame(Function* function, Frame* parent, Module* module) {
  void* memory =
      ::operator new(sizeof(Frame) + sizeof(Value) * static_cast<std::size_t>(function->slots));
  auto* frame = new (memory) Frame;
  frame->function = function;
  frame->parent = parent;
  frame->module = module;
  ++module->refs;
  retain(parent);
  for (int i = 0; i < function->slots; ++i) new (frame->slots() + i) Value(Value::missing());
  return frame;
}

void retire(Frame* frame) {
  if (frame->refs > 1) {
    int own = 0;
    // A loop's iterator may hold the frame; when the function is over nobody steps it any more.
    for (int i = 0; i < frame->function->slots; ++i) {
      if (frame->slots()[i].as<LoopObject>() != nullptr) frame->slots()[i] = Value::missing();
    }
    for (int i = 0; i < frame->function->slots; ++i) {
      const Value& value = frame->slots()[i];
      const auto* macro = value.as<MacroValue>();
      if (macro != nullptr && macro->frame() == frame && macro->refs.load() == 1) ++own;
    }
    if (own > 0 && own + 1 == frame->refs) {
      for (int i = 0; i < frame->function->slots; ++i) frame->slots()[i] = Value::missing();
    }
  }
  release(frame);
}

MacroValue::MacroValue(Function* function, Frame* frame) : function_(function), frame_(frame) {
  retain(frame_);
}

MacroValue::~MacroValue() { release(frame_); }

std::optional<Value> MacroValue::get_attr(Name name) {
  const bool call_body = function_->node->op == Op::kCallBlock;
  if (name == "name") return call_body ? Value() : function_->name.value();
  if (name == "arguments") {
    std::vector<Value> names;
    for (const Name param : function_->params) names.push_back(param.value());
    return Value::tuple(std::move(names));
  }
  if (name == "catch_kwargs") return Value(function_->kwargs_slot >= 0);
  if (name == "catch_varargs") return Value(function_->varargs_slot >= 0);
  if (name == "caller") return Value(function_->caller_slot >= 0 || function_->explicit_caller);
  if (name == "explicit_caller") return Value(function_->explicit_caller);
  return std::nullopt;
}

std::string MacroValue::repr() {
  if (function_->node->op == Op::kCallBlock) return "<Macro anonymous>";
  std::string name;
  append_str_repr(function_->name.view(), name);
  return "<Macro " + name + ">";
}

Value MacroValue::call(CallContext& context, const Args& args) {
  Machine& machine = context.interp.machine();
  return machine.invoke(function_, frame_, frame_->module, args);
}

}  // namespace floe::jinja
