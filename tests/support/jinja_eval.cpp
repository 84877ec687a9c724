// SPDX-License-Identifier: Apache-2.0
// Evaluates templates for the differential test: JSON lines {template, context, native?,
// parse_only?} on standard input, JSON lines {ok, output} or {ok: false, type, message, line} on
// standard output.
#include "dbt/jinja/interp.h"
#include "dbt/jinja/modules/modules.h"

#include <chrono>
#include <iostream>
#include <string>

namespace {

using namespace floe::jinja;

Value error_reply(const TemplateError& error) {
  Value reply = Value::dict();
  reply.set("ok", Value(false));
  reply.set("type", Value(error_type_name(error.type)));
  reply.set("message", Value(error.message));
  reply.set("line", Value(error.line));
  return reply;
}

ContextRef context_of(const Value& request) {
  auto context = std::make_shared<MapContext>(builtin_context());
  context->set("return", native("return", [](CallContext& call, const Args& args) {
                 return call.return_from_macro(args.size() > 0 ? args[0] : Value());
               }));
  context->set("modules", context_modules());
  if (request.has("context")) {
    const Value names = request.get("context");
    for (const auto& entry : names.as_dict()) context->set(entry.key.as_str(), entry.value);
  }
  return context;
}

Value answer(const Value& request) {
  const bool lenient = request.get("lenient").truthy();
  Interp interp(lenient ? UndefinedMode::kLenient : UndefinedMode::kStandard);
  Value reply = Value::dict();
  try {
    const TemplateRef source = parse_template(request.get("template").as_str());
    if (request.get("parse_only").truthy()) {
      reply.set("output", Value(static_calls(*source).size()));
    } else if (request.get("native").truthy()) {
      const Value result = interp.render_native(source, context_of(request));
      reply.set("output", Value(result.repr()));
    } else {
      reply.set("output", Value(interp.render(source, context_of(request))));
    }
    reply.set("ok", Value(true));
  } catch (const TemplateError& error) {
    return error_reply(error);
  }
  return reply;
}

}  // namespace

int main() {
  std::ios::sync_with_stdio(false);
  std::string line;
  while (std::getline(std::cin, line)) {
    if (line.empty()) continue;
    Value reply;
    try {
      reply = answer(from_json(line));
    } catch (const TemplateError& error) {
      reply = error_reply(error);
    }
    std::cout << to_json(reply) << '\n' << std::flush;
  }
  return 0;
}
