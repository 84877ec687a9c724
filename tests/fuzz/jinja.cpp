// SPDX-License-Identifier: Apache-2.0
#include "dbt/jinja/interp.h"
#include "dbt/jinja/modules/modules.h"
#include "targets.h"

#include <string>

namespace floe::fuzz {

namespace {

using namespace floe::jinja;

ContextRef small_context() {
  auto context = std::make_shared<MapContext>(builtin_context());
  context->set("return", native("return", [](CallContext& call, const Args& args) {
                 return call.return_from_macro(args.size() > 0 ? args[0] : Value());
               }));
  context->set("modules", context_modules());
  context->set("n", Value(7));
  context->set("f", Value(2.5));
  context->set("s", Value("Grüße, {{ s }}"));
  context->set("none_list", Value::list());
  Value words = Value::list();
  for (const char* word : {"pear", "Apple", "fig"}) words.append(Value(word));
  Value d = Value::dict();
  d.set("a", words);
  d.set("b", Value(true));
  context->set("words", words);
  context->set("d", d);
  return context;
}

/// Little is enough to find what is wrong; a fuzzer tries thousands of programs a second.
Limits small_limits() {
  Limits limits;
  limits.macro_depth = 40;
  limits.output_bytes = std::size_t{1} << 20;
  limits.steps = 20'000;
  return limits;
}

template <class Work>
void tolerating_errors(Work work) {
  try {
    work();
  } catch (const TemplateError&) {
    // What a template does wrong is said by this exception and by no other.
  }
}

}  // namespace

void jinja(std::string_view data) {
  static const ContextRef context = small_context();
  const std::string text(data);
  tolerating_errors([&] { static_cast<void>(scan_blocks(text)); });
  tolerating_errors([&] {
    const TemplateRef parsed = parse_template(text);
    static_cast<void>(static_calls(*parsed));
    static_cast<void>(static_names(*parsed));
    static_cast<void>(static_filters(*parsed));
    for (const UndefinedMode mode : {UndefinedMode::kStandard, UndefinedMode::kLenient}) {
      Interp interp(mode, small_limits());
      RenderMap origins;
      tolerating_errors([&] { interp.render(parsed, context, &origins); });
      tolerating_errors([&] { interp.render_native(parsed, context); });
    }
    for (const Definition& definition : parsed->definitions()) {
      Interp interp(UndefinedMode::kStandard, small_limits());
      tolerating_errors(
          [&] { interp.call_macro(parsed, definition.internal_name, context, Args()); });
    }
  });
}

}  // namespace floe::fuzz
