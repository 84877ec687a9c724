// SPDX-License-Identifier: Apache-2.0
#include "dbt/jinja/loop.h"
#include "dbt/jinja/machine.h"
#include "dbt/jinja/text_ops.h"

#include <fmt/format.h>

namespace floe::jinja {

namespace {

// Puts another sink in place for a while.
class SinkGuard {
 public:
  SinkGuard(Machine& machine, Sink* sink) : machine_(machine), old_(machine.sink) {
    machine.sink = sink;
  }
  ~SinkGuard() { machine_.sink = old_; }
  SinkGuard(const SinkGuard&) = delete;

 private:
  Machine& machine_;
  Sink* old_;
};

}  // namespace

void Machine::check_limits() {
  next_check = steps + 4096;
  if (steps > interp.limits_.steps) {
    raise(ErrorType::kLimit, "the template ran too long (step limit reached)");
  }
  if (interp.cancel_ != nullptr && interp.cancel_->load(std::memory_order_relaxed)) {
    raise(ErrorType::kCancelled, "cancelled");
  }
  check_output();
}

void Machine::check_output() const {
  if (sink != nullptr && sink->text.size() > interp.limits_.output_bytes) {
    raise(ErrorType::kLimit, "the rendered text is too large");
  }
}

void Machine::trace(TemplateError& error) const {
  constexpr std::size_t kMostFrames = 40;
  const bool first = error.line == 0;
  if (module == nullptr || position == nullptr || (!first && error.trace.size() >= kMostFrames)) {
    return;
  }
  error.trace.push_back({position->begin, position->end, nullptr});
  if (!first) return;
  std::tie(error.line, error.col) =
      line_and_column(module->source->program().source, position->begin);
  error.line += module->line_offset;
  error.name = module->source->name();
}

void Machine::note_origin(const Node* child) {
  RenderMap::Piece piece{sink->text.size(), child->begin, child->end, false};
  const std::string& source = module->source->program().source;
  const char* text = child->text.data();
  if (child->op == Op::kData && text >= source.data() && text <= source.data() + source.size()) {
    piece.source = static_cast<std::size_t>(text - source.data());
    piece.exact = true;
  }
  map->pieces.push_back(piece);
}

void Machine::enter(const Scope* scope, Frame* frame) {
  if (scope == nullptr) return;
  Value* slots = frame->slots();
  for (const Load& load : scope->loads) {
    switch (load.kind) {
      case Load::Kind::kResolve: {
        std::optional<Value> found = module->context->lookup(load.name);
        slots[load.slot] = found ? std::move(*found) : Value::missing();
        break;
      }
      case Load::Kind::kAlias: slots[load.slot] = slot(load.alias, frame); break;
      case Load::Kind::kUndefined: slots[load.slot] = Value::missing(); break;
    }
  }
}

void Machine::leave(const Scope* scope, Frame* frame) {
  if (scope == nullptr) return;
  for (const std::int16_t local : scope->locals) frame->slots()[local] = Value::missing();
}

void Machine::emit(const Value& value, bool must_be_str) {
  if (module->native) {
    if (sink->values != nullptr) {
      sink->values->push_back(value);
      return;
    }
    must_be_str = true;
  }
  if (must_be_str && !value.is_str()) {
    if (!sink->foreign) sink->foreign = {sink->items, value.type_name(), position};
    ++sink->items;
    return;
  }
  ++sink->items;
  value.append_str(sink->text);
  if (sink->text.size() > interp.limits_.output_bytes) check_output();
}

void Machine::check_joined(const Sink& items) {
  if (!items.foreign) return;
  position = items.foreign->place;
  raise_type_error(fmt::format("sequence item {}: expected str instance, {} found",
                               items.foreign->item, items.foreign->type));
}

void Machine::assign(const Node* target, const Value& value, Frame* frame) {
  if (target->op == Op::kName) {
    slot(target->ref, frame) = value;
    return;
  }
  if (target->op == Op::kNsRef) {
    Object* object = slot(target->ref, frame).as_object();
    if (object == nullptr || !object->set_attr(Name(target->constant->as_str()), value)) {
      raise(ErrorType::kRuntime, "cannot assign attribute on non-namespace object");
    }
    return;
  }
  std::vector<Value> items;
  if (value.is_list() || value.is_tuple()) {
    items = value.items();
  } else {
    IteratorPtr source;
    try {
      source = iterate(value);
    } catch (const TemplateError& error) {
      if (error.type != ErrorType::kTypeError) throw;
      raise_type_error(fmt::format("cannot unpack non-iterable {} object", value.type_name()));
    }
    Value item;
    while (items.size() <= target->list.size && source->next(item)) items.push_back(item);
  }
  if (items.size() < target->list.size) {
    raise_value_error(fmt::format("not enough values to unpack (expected {}, got {})",
                                  target->list.size, items.size()));
  }
  if (items.size() > target->list.size) {
    raise_value_error(fmt::format("too many values to unpack (expected {})", target->list.size));
  }
  for (std::size_t i = 0; i < items.size(); ++i) assign(target->list[i], items[i], frame);
}

Flow Machine::exec_all(const Span<Node*>& body, Frame* frame) {
  for (const Node* node : body) {
    const Flow flow = exec(node, frame);
    if (flow != Flow::kNormal) return flow;
  }
  return Flow::kNormal;
}

Flow Machine::exec(const Node* node, Frame* frame) {
  position = node;
  tick();
  switch (node->op) {
    case Op::kOutput:
      return module->native ? exec_native_output(node, frame) : exec_output(node, frame);
    case Op::kIf: return exec_if(node, frame);
    case Op::kSet: return exec_set(node, frame);
    case Op::kDo:
      if (node->a->op == Op::kCall) {
        eval_call(node->a, frame, true);
        return returning ? Flow::kReturn : Flow::kNormal;
      }
      eval(node->a, frame);
      return Flow::kNormal;
    case Op::kFor: return exec_for(node, frame);
    case Op::kSetBlock: return exec_set_block(node, frame);
    case Op::kMacro:
      slot(node->ref, frame) = make_object<MacroValue>(node->function, frame);
      return Flow::kNormal;
    case Op::kCallBlock: return exec_call_block(node, frame);
    case Op::kFilterBlock: return exec_filter_block(node, frame);
    case Op::kWith: return exec_with(node, frame);
    case Op::kBreak: return Flow::kBreak;
    case Op::kContinue: return Flow::kContinue;
    case Op::kScope: {
      enter(node->scope, frame);
      const Flow flow = exec_all(node->list, frame);
      leave(node->scope, frame);
      return flow;
    }
    case Op::kUnsupported:
      raise(ErrorType::kPyRuntime,
            fmt::format("'{}' cannot be used here: there is no loader for this environment "
                        "specified",
                        node->name.view()));
    default: raise(ErrorType::kPyRuntime, "this statement cannot be run");
  }
}

Flow Machine::exec_output(const Node* node, Frame* frame) {
  for (const Node* child : node->list) {
    if (map != nullptr && sink == map_sink) note_origin(child);
    if (child->op == Op::kData) {
      sink->text += child->text;
      ++sink->items;
      continue;
    }
    position = child;
    if (child->op == Op::kCall) {
      const Value value = eval_call(child, frame, true);
      if (returning) return Flow::kReturn;
      emit(value, false);
      continue;
    }
    emit_child(child, frame);
  }
  return Flow::kNormal;
}

void Machine::emit_child(const Node* child, Frame* frame) {
  Value scratch;
  try {
    emit(operand(child, frame, scratch), false);
  } catch (const TemplateError& error) {
    // Jinja prints constants when it compiles, with softer rules for slices.
    if (error.type != ErrorType::kTypeError || !eval_constant(child, frame, scratch)) throw;
    emit(scratch, false);
  }
}

bool Machine::eval_constant(const Node* node, Frame* frame, Value& out) {
  if (node->op == Op::kName || node->op == Op::kCall) return false;
  const bool old = constants_only;
  constants_only = true;
  try {
    out = eval(node, frame);
    constants_only = old;
  } catch (const TemplateError&) {
    constants_only = old;
    return false;
  }
  return true;
}

bool Machine::try_constant(const Node* node, Frame* frame, Value& out) {
  if (node->op == Op::kData) {
    out = Value(node->text);
    return true;
  }
  if (!eval_constant(node, frame, out)) return false;
  // Only these survive being written into generated code.
  if (out.is_str()) return out.str_kind() <= StrKind::kMarkup;
  if (out.is_undefined() || out.is_object() || out.is_none()) return false;
  return true;
}

Flow Machine::exec_native_output(const Node* node, Frame* frame) {
  // Neighbouring constants become one text.
  std::string group;
  bool open = false;
  const auto flush = [&] {
    if (!open) return;
    emit(Value(std::move(group)), true);
    group.clear();
    open = false;
  };
  for (const Node* child : node->list) {
    Value value;
    if (try_constant(child, frame, value)) {
      value.append_str(group);
      open = true;
      continue;
    }
    flush();
    position = child;
    if (child->op == Op::kCall) {
      value = eval_call(child, frame, true);
      if (returning) return Flow::kReturn;
    } else {
      value = eval(child, frame);
    }
    emit(value, false);
  }
  flush();
  return Flow::kNormal;
}

Flow Machine::exec_if(const Node* node, Frame* frame) {
  if (eval_bool(node->a, frame)) return exec_all(node->list, frame);
  for (const Node* branch : node->list2) {
    position = branch;
    if (eval_bool(branch->a, frame)) return exec_all(branch->list, frame);
  }
  return exec_all(node->list3, frame);
}

namespace {

// Every namespace target is checked before the value is computed.
void check_namespaces(const Node* target, Frame* frame) {
  if (target->op == Op::kTuple) {
    for (const Node* item : target->list) check_namespaces(item, frame);
  } else if (target->op == Op::kNsRef) {
    const Object* object = Machine::slot(target->ref, frame).as_object();
    if (object == nullptr || !object->is_namespace()) {
      raise(ErrorType::kRuntime, "cannot assign attribute on non-namespace object");
    }
  }
}

}  // namespace

Flow Machine::exec_set(const Node* node, Frame* frame) {
  if (node->a->op != Op::kName) check_namespaces(node->a, frame);
  if (node->b->op == Op::kCall) {
    Value value = eval_call(node->b, frame, true);
    if (returning) return Flow::kReturn;
    assign(node->a, value, frame);
    return Flow::kNormal;
  }
  assign(node->a, eval(node->b, frame), frame);
  return Flow::kNormal;
}

Flow Machine::exec_set_block(const Node* node, Frame* frame) {
  Sink buffer;
  Value value;
  {
    const SinkGuard guard(*this, &buffer);
    enter(node->scope, frame);
    const Flow flow = exec_all(node->list, frame);
    if (flow != Flow::kNormal) return flow;
    check_joined(buffer);
    value =
        node->b != nullptr ? eval_filter(node->b, frame, nullptr) : Value(std::move(buffer.text));
  }
  assign(node->a, value, frame);
  leave(node->scope, frame);
  return Flow::kNormal;
}

Flow Machine::exec_filter_block(const Node* node, Frame* frame) {
  Sink buffer;
  Value value;
  {
    const SinkGuard guard(*this, &buffer);
    enter(node->scope, frame);
    const Flow flow = exec_all(node->list, frame);
    if (flow != Flow::kNormal) return flow;
    check_joined(buffer);
    value = eval_filter(node->b, frame, nullptr);
  }
  emit(value, true);
  leave(node->scope, frame);
  return Flow::kNormal;
}

Flow Machine::exec_with(const Node* node, Frame* frame) {
  enter(node->scope, frame);
  for (std::size_t i = 0; i < node->list2.size; ++i) {
    assign(node->list2[i], eval(node->list3[i], frame), frame);
  }
  const Flow flow = exec_all(node->list, frame);
  leave(node->scope, frame);
  return flow;
}

Flow Machine::exec_call_block(const Node* node, Frame* frame) {
  const Value caller = make_object<MacroValue>(node->function, frame);
  const Value value = eval_call(node->a, frame, true, &caller);
  if (returning) return Flow::kReturn;
  emit(value, true);
  return Flow::kNormal;
}

// --- Loops -----------------------------------------------------------------------------------

namespace {

// {% for x in items if test %}: the test has its own copies of the targets.
class FilteredIterator : public ValueIterator {
 public:
  FilteredIterator(Machine& machine, const Node* node, Frame* frame, IteratorPtr source)
      : machine_(machine), node_(node), frame_(frame), source_(std::move(source)) {
    retain(frame_);
  }
  ~FilteredIterator() override { release(frame_); }
  bool next(Value& out) override {
    if (!started_) machine_.enter(node_->scope3, frame_);
    started_ = true;
    Value item;
    while (source_->next(item)) {
      machine_.tick();
      const Node* target = node_->list3[0];
      machine_.assign(target, item, frame_);
      if (!machine_.eval_bool(node_->c, frame_)) continue;
      out = read(target);
      return true;
    }
    return false;
  }

 private:
  Value read(const Node* target) {
    if (target->op != Op::kTuple) return Machine::slot(target->ref, frame_);
    std::vector<Value> items;
    for (const Node* item : target->list) items.push_back(read(item));
    return Value::tuple(std::move(items));
  }

  Machine& machine_;
  const Node* node_;
  Frame* frame_;
  IteratorPtr source_;
  bool started_ = false;
};

}  // namespace

IteratorPtr Machine::loop_iterator(const Node* node, Frame* frame, const Value& iterable) {
  IteratorPtr source = iterate(iterable);
  if (node->c == nullptr) return source;
  return std::make_unique<FilteredIterator>(*this, node, frame, std::move(source));
}

Flow Machine::exec_for(const Node* node, Frame* frame) {
  const Value iterable = eval(node->b, frame);
  if (returning) return Flow::kReturn;
  if (!node->flag) return exec_loop(node, frame, iterable, nullptr, 0);
  const Value text = run_recursive(node, frame, iterable, 0);
  if (returning) return Flow::kReturn;
  emit(text, true);
  return Flow::kNormal;
}

Value Machine::run_recursive(const Node* node, Frame* definer, const Value& iterable,
                             int loop_depth) {
  check_stack();
  if (++depth > interp.limits_.macro_depth) {
    --depth;
    raise(ErrorType::kRecursion, "maximum recursion depth exceeded");
  }
  const FrameGuard frame(make_frame(node->function, definer, module));
  Sink buffer;
  {
    const SinkGuard guard(*this, &buffer);
    try {
      exec_loop(node, frame.get(), iterable, definer, loop_depth);
      if (!returning) check_joined(buffer);
    } catch (...) {
      --depth;
      throw;
    }
  }
  --depth;
  return Value(std::move(buffer.text));
}

Flow Machine::exec_loop(const Node* node, Frame* frame, const Value& iterable, Frame* definer,
                        int loop_depth) {
  IteratorPtr source = loop_iterator(node, frame, iterable);
  Value loop_value;
  LoopObject* loop = nullptr;
  if (node->loop.slot >= 0) {
    loop = new LoopObject(*this, node, iterable, std::move(source), definer, loop_depth);
    loop_value = Value::object(loop);
  }
  bool completed = false;
  Value item;
  while (loop != nullptr ? loop->advance(item) : source->next(item)) {
    tick();
    assign(node->a, item, frame);
    if (loop != nullptr) slot(node->loop, frame) = loop_value;
    enter(node->scope, frame);
    const Flow flow = exec_all(node->list, frame);
    if (flow == Flow::kReturn) return flow;
    if (flow == Flow::kBreak) break;
    if (flow == Flow::kNormal) completed = true;
  }
  leave(node->scope, frame);
  if (completed || node->list2.empty()) return Flow::kNormal;
  enter(node->scope2, frame);
  const Flow flow = exec_all(node->list2, frame);
  leave(node->scope2, frame);
  return flow;
}

}  // namespace floe::jinja
