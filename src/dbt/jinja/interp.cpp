// SPDX-License-Identifier: Apache-2.0
#include "dbt/jinja/interp.h"

#include "dbt/jinja/filters.h"
#include "dbt/jinja/machine.h"
#include "dbt/jinja/number.h"
#include "dbt/jinja/text_ops.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::jinja {

namespace {

// Saves and restores what a run of another template changes, also when it fails.
class RunGuard {
 public:
  explicit RunGuard(Machine& machine)
      : machine_(machine),
        sink_(machine.sink),
        module_(machine.module),
        position_(machine.position),
        depth_(machine.depth),
        constants_(machine.constants_only),
        map_(machine.map),
        map_sink_(machine.map_sink) {
    machine.constants_only = false;
  }
  ~RunGuard() {
    machine_.sink = sink_;
    machine_.module = module_;
    machine_.position = position_;
    machine_.depth = depth_;
    machine_.constants_only = constants_;
    machine_.map = map_;
    machine_.map_sink = map_sink_;
  }
  RunGuard(const RunGuard&) = delete;

 private:
  Machine& machine_;
  Sink* sink_;
  Module* module_;
  const Node* position_;
  int depth_;
  bool constants_;
  RenderMap* map_;
  const Sink* map_sink_;
};

// A module is counted like a frame while its code runs.
class ModuleRef {
 public:
  explicit ModuleRef(Module* module) : module_(module) { ++module_->refs; }
  ~ModuleRef() {
    if (--module_->refs == 0) delete module_;
  }
  ModuleRef(const ModuleRef&) = delete;
  Module* get() const { return module_; }

 private:
  Module* module_;
};

Module* make_module(const TemplateRef& source, const ContextRef& context, UndefinedMode mode,
                    bool native) {
  auto* module = new Module;
  module->source = source;
  module->context = context;
  module->mode = mode;
  module->native = native;
  return module;
}

const ContextRef& empty_context() {
  static const ContextRef empty = std::make_shared<MapContext>();
  return empty;
}

}  // namespace

// The top level of the current module, output into the current sink.
static void run_root(Machine& machine, Frame* frame) {
  const Program& program = machine.module->source->program();
  if (program.deferred) throw *program.deferred;
  try {
    machine.enter(program.root->scope, frame);
    machine.exec_all(program.root->body, frame);
  } catch (TemplateError& error) {
    machine.trace(error);
    throw;
  }
  if (machine.returning) {
    machine.returning = false;
    throw ReturnSignal{std::move(machine.returned)};
  }
}

static Function* root_of(const TemplateRef& source) { return source->program().root; }

std::string Machine::run_text(const TemplateRef& source, const ContextRef& context,
                              UndefinedMode mode, RenderMap* origins) {
  const RunGuard guard(*this);
  const ModuleRef module_ref(make_module(source, context ? context : empty_context(), mode, false));
  module = module_ref.get();
  Sink out;
  sink = &out;
  map = origins;
  map_sink = &out;
  const FrameGuard frame(make_frame(root_of(source), nullptr, module));
  run_root(*this, frame.get());
  try {
    check_joined(out);
  } catch (TemplateError& error) {
    trace(error);
    throw;
  }
  check_output();
  return std::move(out.text);
}

Value Machine::run_native(const TemplateRef& source, const ContextRef& context,
                          UndefinedMode mode) {
  const RunGuard guard(*this);
  const ModuleRef module_ref(make_module(source, context ? context : empty_context(), mode, true));
  module = module_ref.get();
  std::vector<Value> values;
  Sink out;
  out.values = &values;
  sink = &out;
  const FrameGuard frame(make_frame(root_of(source), nullptr, module));
  run_root(*this, frame.get());
  if (values.empty()) return Value(std::string());
  if (values.size() > 1) {
    std::string text;
    for (const Value& value : values) value.append_str(text);
    return Value(std::move(text));
  }
  const Value& raw = values[0];
  const StrKind kind = raw.str_kind();
  if (kind == StrKind::kPlain || kind == StrKind::kMarkup) return raw;
  if (kind == StrKind::kText) return Value(raw.as_str());
  std::optional<Value> literal = literal_eval(raw.as_str());
  const Value result = literal ? std::move(*literal) : raw;
  const bool number = result.is_int() || result.is_float();
  if ((kind == StrKind::kBool && !result.is_bool()) || (kind == StrKind::kNumber && !number)) {
    raise(ErrorType::kRuntime,
          fmt::format("Could not convert value '{}' into type '{}'", raw.as_str(),
                      kind == StrKind::kBool ? "bool" : "number"));
  }
  return literal ? result : Value(raw.as_str());
}

Value Machine::call_definition(const TemplateRef& source, std::size_t index,
                               const ContextRef& context, const Args& args, int line_offset) {
  const Program& program = source->program();
  if (program.deferred) throw *program.deferred;
  const RunGuard guard(*this);
  const ModuleRef module_ref(
      make_module(source, context ? context : empty_context(), UndefinedMode::kStandard, false));
  module = module_ref.get();
  module->line_offset = line_offset;
  const FrameGuard root(make_frame(program.root, nullptr, module));
  Function* function = program.macros[index]->function;
  if (program.only_macros) {
    if (function->uses_outer) {
      for (std::size_t i = 0; i < program.macros.size(); ++i) {
        slot(program.macro_refs[i], root.get()) =
            make_object<MacroValue>(program.macros[i]->function, root.get());
      }
    }
  } else {
    Sink ignored;
    sink = &ignored;
    run_root(*this, root.get());
  }
  return invoke(function, root.get(), module, args);
}

Value Machine::invoke(Function* function, Frame* parent, Module* home, const Args& args) {
  check_stack();
  if (depth >= interp.limits_.macro_depth) {
    raise(ErrorType::kRecursion, "maximum recursion depth exceeded");
  }
  const RunGuard guard(*this);
  ++depth;
  module = home;
  Sink buffer;
  sink = &buffer;
  const FrameGuard frame(make_frame(function, parent, home));
  bind(function, frame.get(), args);
  try {
    enter(function->scope, frame.get());
    const std::size_t count = function->params.size;
    const std::size_t required = count - function->defaults.size;
    for (std::size_t i = 0; i < count; ++i) {
      Value& value = frame->slots()[function->param_slots[i]];
      if (!value.is_missing()) continue;
      if (i < required) {
        auto* data = new UndefinedData;
        data->name = function->params[i].string();
        data->has_name = true;
        data->mode = home->mode;
        data->hint = fmt::format("parameter '{}' was not provided", data->name);
        frame->slots()[function->param_slots[i]] = Value::undefined(data);
      } else {
        Value fallback = eval(function->defaults[i - required], frame.get());
        frame->slots()[function->param_slots[i]] = std::move(fallback);
      }
    }
    exec_all(function->body, frame.get());
    if (!returning) check_joined(buffer);
  } catch (TemplateError& error) {
    trace(error);
    throw;
  }
  if (returning) return Value();
  return Value(std::move(buffer.text));
}

// Jinja's Macro.__call__: what goes into parameters, caller, kwargs and varargs.
void Machine::bind(Function* function, Frame* frame, const Args& args) {
  const std::size_t count = function->params.size;
  std::vector<bool> used(args.keyword.size(), false);
  const auto take = [&](Name name) -> const Value* {
    for (std::size_t i = args.keyword.size(); i-- > 0;) {
      if (!used[i] && args.keyword[i].first == name) {
        used[i] = true;
        return &args.keyword[i].second;
      }
    }
    return nullptr;
  };
  static const Name caller_name("caller");
  bool found_caller = args.size() >= count && function->explicit_caller;
  for (std::size_t i = 0; i < count; ++i) {
    Value& target = frame->slots()[function->param_slots[i]];
    if (i < args.size()) {
      target = args[i];
      continue;
    }
    if (function->params[i] == caller_name) found_caller = true;
    if (const Value* value = take(function->params[i])) target = *value;
  }
  if (function->caller_slot >= 0 && !found_caller) {
    const Value* caller = take(caller_name);
    Value& target = frame->slots()[function->caller_slot];
    if (caller != nullptr && !caller->is_none()) {
      target = *caller;
    } else {
      target = Value::undefined_hint("No caller defined", frame->module->mode);
    }
  }
  std::string macro_name;
  if (function->node->op == Op::kCallBlock) macro_name = "None";
  else append_str_repr(function->name.view(), macro_name);
  if (function->kwargs_slot >= 0) {
    Value rest = Value::dict();
    for (std::size_t i = 0; i < args.keyword.size(); ++i) {
      if (!used[i]) rest.mutable_dict().set(args.keyword[i].first.value(), args.keyword[i].second);
    }
    frame->slots()[function->kwargs_slot] = std::move(rest);
  } else {
    const Name* extra = nullptr;
    for (std::size_t i = 0; i < args.keyword.size(); ++i) {
      if (used[i]) continue;
      if (args.keyword[i].first == caller_name) {
        raise_type_error(
            fmt::format("macro {} was invoked with two values for the special caller "
                        "argument. This is most likely a bug.",
                        macro_name));
      }
      if (extra == nullptr) extra = &args.keyword[i].first;
    }
    if (extra != nullptr) {
      raise_type_error(
          fmt::format("macro {} takes no keyword argument '{}'", macro_name, extra->view()));
    }
  }
  if (function->varargs_slot >= 0) {
    std::vector<Value> rest;
    for (std::size_t i = count; i < args.size(); ++i) rest.push_back(args[i]);
    frame->slots()[function->varargs_slot] = Value::tuple(std::move(rest));
  } else if (args.size() > count) {
    raise_type_error(fmt::format("macro {} takes not more than {} argument(s)", macro_name, count));
  }
}

// --- Where rendered text comes from ----------------------------------------------------------

std::optional<std::pair<std::size_t, std::size_t>> RenderMap::source_of(std::size_t out) const {
  auto it = std::upper_bound(pieces.begin(), pieces.end(), out,
                             [](std::size_t at, const Piece& piece) { return at < piece.out; });
  if (it == pieces.begin()) return std::nullopt;
  --it;
  if (!it->exact) return std::pair(it->source, it->source_end);
  const std::size_t at = std::min(it->source + (out - it->out), it->source_end);
  return std::pair(at, at);
}

// --- Interp ----------------------------------------------------------------------------------

Interp::Interp(UndefinedMode mode, Limits limits)
    : mode_(mode), limits_(limits), machine_(std::make_unique<Machine>(*this)) {}

Interp::~Interp() = default;

std::string Interp::render(const TemplateRef& source, const ContextRef& context,
                           RenderMap* origins) {
  if (origins != nullptr) origins->pieces = {{0, 0, source->source().size(), true}};
  if (source->is_plain()) return source->program().source;
  if (origins != nullptr) origins->pieces.clear();
  try {
    return machine_->run_text(source, context, mode_, origins);
  } catch (const ReturnSignal&) {
    raise(ErrorType::kRuntime, "return() was called outside of a macro");
  }
}

Value Interp::render_native(const TemplateRef& source, const ContextRef& context) {
  try {
    return machine_->run_native(source, context, mode_);
  } catch (const ReturnSignal&) {
    raise(ErrorType::kRuntime, "return() was called outside of a macro");
  }
}

namespace {

// Runs something of a macro so that return() in it gives its value.
template <class Run>
Value catching_return(Machine& machine, Run run) {
  try {
    Value result = run();
    if (machine.returning) {
      machine.returning = false;
      return std::move(machine.returned);
    }
    return result;
  } catch (ReturnSignal& signal) {
    return std::move(signal.value);
  }
}

}  // namespace

Value Interp::call_macro(const TemplateRef& source, std::string_view internal_name,
                         const ContextRef& context, const Args& args) {
  const auto& definitions = source->definitions();
  for (std::size_t i = definitions.size(); i-- > 0;) {
    if (definitions[i].internal_name != internal_name) continue;
    return catching_return(*machine_,
                           [&] { return machine_->call_definition(source, i, context, args, 0); });
  }
  raise(ErrorType::kAttributeError,
        fmt::format("template has no macro '{}'", std::string(internal_name)));
}

Value Interp::call(const Value& callable, const Args& args) {
  Value result = machine_->call_value(callable, args, false);
  if (machine_->returning) {
    machine_->returning = false;
    throw ReturnSignal{std::move(machine_->returned)};
  }
  return result;
}

Value Interp::call(const Value& callable, const Args& args, const ContextRef& context) {
  const ContextRef old = std::exchange(machine_->outer_context, context);
  Module* module = std::exchange(machine_->module, nullptr);
  const auto restore = [&] {
    machine_->outer_context = old;
    machine_->module = module;
  };
  try {
    Value result =
        catching_return(*machine_, [&] { return machine_->call_value(callable, args, false); });
    restore();
    return result;
  } catch (...) {
    restore();
    throw;
  }
}

Value Interp::call_method(const Value& object, Name name, const Args& args) {
  return machine_->call_method(object, name, args, false);
}

Value Interp::get_attr(const Value& object, Name name) { return machine_->get_attr(object, name); }

Value Interp::get_item(const Value& object, const Value& key) {
  return machine_->get_item(object, key);
}

Value Interp::filter(std::string_view name, const Value& value, const Args& args) {
  const FilterFn filter = find_filter(Name(name));
  if (filter == nullptr) {
    raise(ErrorType::kRuntime, fmt::format("No filter named '{}'.", std::string(name)));
  }
  const bool is_native = machine_->module != nullptr && machine_->module->native;
  return filter({*this, value, args, is_native});
}

bool Interp::test(std::string_view name, const Value& value, const Args& args) {
  const TestFn test = find_test(Name(name));
  if (test == nullptr) {
    raise(ErrorType::kRuntime, fmt::format("No test named '{}'.", std::string(name)));
  }
  return test({*this, value, args, false});
}

const ContextRef& Interp::context() const {
  return machine_->module != nullptr ? machine_->module->context : machine_->outer_context;
}

Value CallContext::return_from_macro(Value value) {
  Machine& machine = interp.machine();
  if (!direct) throw ReturnSignal{std::move(value)};
  machine.returning = true;
  machine.returned = std::move(value);
  return Value();
}

// --- Lazy macros -----------------------------------------------------------------------------

LazyMacro::LazyMacro(std::string name, std::string source, std::string file, int line_offset)
    : name_(std::move(name)),
      source_(std::move(source)),
      file_(std::move(file)),
      line_offset_(line_offset) {}

LazyMacro::~LazyMacro() = default;

void LazyMacro::enter(CallContext&, const Args&) {}
void LazyMacro::leave(CallContext&) {}

const TemplateRef& LazyMacro::parsed() const {
  std::call_once(once_, [this] {
    try {
      parsed_ = parse_template(source_, file_);
    } catch (TemplateError& error) {
      error.line += line_offset_;
      throw;
    }
  });
  return parsed_;
}

Value LazyMacro::call(CallContext& context, const Args& args) {
  Interp& interp = context.interp;
  Machine& machine = interp.machine();
  const TemplateRef& source = parsed();
  if (source->definitions().empty()) {
    raise(ErrorType::kRuntime, fmt::format("macro '{}' has no definition in its text", name_));
  }
  enter(context, args);
  interp.macro_stack_.push_back(name_);
  const auto finish = [&] {
    interp.macro_stack_.pop_back();
    leave(context);
  };
  try {
    const std::size_t last = source->definitions().size() - 1;
    Value result = catching_return(machine, [&] {
      return machine.call_definition(source, last, interp.context(), args, line_offset_);
    });
    finish();
    return result;
  } catch (TemplateError& error) {
    error.macros.push_back(name_);
    for (TraceFrame& frame : error.trace) {
      if (frame.macro == nullptr) frame.macro = this;
    }
    finish();
    throw;
  } catch (...) {
    finish();
    throw;
  }
}

}  // namespace floe::jinja
