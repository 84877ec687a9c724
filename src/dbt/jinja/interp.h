// SPDX-License-Identifier: Apache-2.0
// Running templates: the per-thread interpreter, its limits, and macros as callable values.
#pragma once

#include "dbt/jinja/object.h"
#include "dbt/jinja/template.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace floe::jinja {

struct Limits {
  int macro_depth = 400;                              ///< nested macro calls
  std::size_t output_bytes = std::size_t{512} << 20;  ///< one rendering, with its buffers
  std::uint64_t steps = 50'000'000;                   ///< statements, loop iterations and calls
};

/// Where rendered text comes from: pieces of it, in order, each up to the next one.
struct RenderMap {
  struct Piece {
    std::size_t out = 0;     // where it begins in the text
    std::size_t source = 0;  // where it comes from in the template: bytes
    std::size_t source_end = 0;
    bool exact = false;  // text that stands in the template, character by character
  };
  std::vector<Piece> pieces;
  /// The place in the template that made the byte `out`; nothing before the first piece.
  std::optional<std::pair<std::size_t, std::size_t>> source_of(std::size_t out) const;
};

struct Machine;  // the evaluator (internal)

/// Execution state of one thread. Cheap to make; not to be shared.
class Interp {
 public:
  explicit Interp(UndefinedMode mode = UndefinedMode::kStandard, Limits limits = {});
  ~Interp();
  Interp(const Interp&) = delete;
  Interp& operator=(const Interp&) = delete;

  /// Renders to text; notes in `origins` where it comes from, if given.
  std::string render(const TemplateRef& source, const ContextRef& context,
                     RenderMap* origins = nullptr);
  /// Renders as dbt renders YAML values: a single expression keeps its type, as_* filters convert.
  Value render_native(const TemplateRef& source, const ContextRef& context);
  /// Runs the top level of a template and calls one of its macros by internal name (dbt_macro__x).
  Value call_macro(const TemplateRef& source, std::string_view internal_name,
                   const ContextRef& context, const Args& args);
  /// Calls any callable value. Outside of a rendering give the context to run macros in.
  Value call(const Value& callable, const Args& args);
  Value call(const Value& callable, const Args& args, const ContextRef& context);
  Value call_method(const Value& object, Name name, const Args& args);
  /// env.getattr and env.getitem: attribute/item with the other as fallback, undefined when
  /// missing.
  Value get_attr(const Value& object, Name name);
  Value get_item(const Value& object, const Value& key);
  /// Applies a builtin filter or test.
  Value filter(std::string_view name, const Value& value, const Args& args);
  bool test(std::string_view name, const Value& value, const Args& args);

  /// The context of the running rendering; null outside.
  const ContextRef& context() const;
  UndefinedMode undefined_mode() const { return mode_; }
  /// Set from another thread: the rendering stops with kCancelled at the next step.
  void set_cancel_flag(const std::atomic<bool>* flag) { cancel_ = flag; }
  /// Names of the running macros, outermost first.
  const std::vector<std::string>& macro_stack() const { return macro_stack_; }
  /// For the host's own state (dbt's node context, ...): not touched here.
  void* host = nullptr;
  /// The evaluator behind this (internal).
  Machine& machine() { return *machine_; }

 private:
  friend struct Machine;
  friend struct CallContext;
  friend class LazyMacro;
  UndefinedMode mode_;
  Limits limits_;
  const std::atomic<bool>* cancel_ = nullptr;
  std::vector<std::string> macro_stack_;
  std::unique_ptr<Machine> machine_;
};

/// A macro of a project: its text is parsed at the first call (thread-safe) and it runs in the
/// context of the running rendering. return() ends it. Immutable, so one object serves all threads.
class LazyMacro : public Object {
 public:
  /// `source` is the whole block ({% macro x() %}...{% endmacro %}); `name` the macro's name in
  /// dbt; `file` and `line_offset` (lines of the file before the block) are for error positions.
  LazyMacro(std::string name, std::string source, std::string file, int line_offset = 0);
  ~LazyMacro() override;
  std::string type_name() const override { return "MacroGenerator"; }
  bool callable() const override { return true; }
  /// Hooks around each call; subclasses record dependencies here. leave() also runs when the call
  /// fails.
  virtual void enter(CallContext& context, const Args& args);
  virtual void leave(CallContext& context);
  Value call(CallContext& context, const Args& args) override;
  const std::string& name() const { return name_; }
  const std::string& source() const { return source_; }
  const std::string& file() const { return file_; }
  /// Parses if that has not happened yet.
  const TemplateRef& parsed() const;

 private:
  std::string name_;
  std::string source_;
  std::string file_;
  int line_offset_;
  mutable std::once_flag once_;
  mutable TemplateRef parsed_;
};

/// The names every template can see: range, dict, namespace, cycler, joiner, lipsum is left out.
ContextRef builtin_context();

}  // namespace floe::jinja
