// SPDX-License-Identifier: Apache-2.0
#include "dbt/jinja/interp.h"

#include <gtest/gtest.h>

#include <thread>

namespace floe::jinja {
namespace {

ContextRef context_with(std::initializer_list<std::pair<std::string_view, Value>> names) {
  auto context = std::make_shared<MapContext>(builtin_context());
  context->set("return", native("return", [](CallContext& call, const Args& args) {
                 return call.return_from_macro(args.size() > 0 ? args[0] : Value());
               }));
  for (const auto& [name, value] : names) context->set(name, value);
  return context;
}

std::string render(std::string source, const ContextRef& context = context_with({})) {
  Interp interp;
  return interp.render(parse_template(std::move(source)), context);
}

TemplateError error_of(std::string source, UndefinedMode mode = UndefinedMode::kStandard,
                       Limits limits = {}) {
  try {
    Interp interp(mode, limits);
    interp.render(parse_template(std::move(source), "model.sql"), context_with({}));
  } catch (const TemplateError& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return TemplateError(ErrorType::kHost, "none");
}

Value native_of(std::string source, const ContextRef& context = context_with({})) {
  Interp interp;
  return interp.render_native(parse_template(std::move(source)), context);
}

Value lazy(const std::string& name, const std::string& body, int offset = 0) {
  return make_object<LazyMacro>(name, body, name + ".sql", offset);
}

TEST(JinjaRender, TrailingNewlineIsDroppedOnce) {
  EXPECT_EQ(render("a\n\n"), "a\n");
  EXPECT_EQ(render("{{ 1 }}\r\nb\r\n"), "1\nb");
}

TEST(JinjaRender, ErrorsCarryAPosition) {
  const TemplateError syntax = error_of("select 1\n  {{ a b }}");
  EXPECT_EQ(syntax.type, ErrorType::kSyntax);
  EXPECT_EQ(syntax.message, "expected token 'end of print statement', got 'b'");
  EXPECT_EQ(syntax.line, 2);
  EXPECT_EQ(syntax.col, 8);
  EXPECT_EQ(syntax.name, "model.sql");
  const TemplateError runtime = error_of("a\nb\n{{ 1 }} {{ 1 + missing }}");
  EXPECT_EQ(runtime.type, ErrorType::kUndefined);
  EXPECT_EQ(runtime.message, "'missing' is undefined");
  EXPECT_EQ(runtime.line, 3);
  EXPECT_EQ(runtime.col, 12);
}

TEST(JinjaRender, LenientUndefinedGoesOn) {
  Interp interp(UndefinedMode::kLenient);
  const auto run = [&](const char* text) {
    return interp.render(parse_template(text), context_with({}));
  };
  EXPECT_EQ(run("[{{ a.b.c }}{{ a['x'](1, k=2) }}{{ a() }}{% for x in a %}x{% endfor %}]"), "[]");
  EXPECT_EQ(run("{{ a.name }}"), "a");
  EXPECT_EQ(error_of("{{ a + 1 }}", UndefinedMode::kLenient).message, "'a' is undefined");
  const TemplateError call = error_of("{% call nope() %}x{% endcall %}", UndefinedMode::kLenient);
  EXPECT_EQ(call.type, ErrorType::kTypeError);
  EXPECT_EQ(call.message, "sequence item 0: expected str instance, Undefined found");
}

TEST(JinjaRender, ReturnEndsTheInnermostMacro) {
  const auto context = context_with(
      {{"pick", lazy("pick",
                     "{% macro pick(x) %}text{% if x %}{{ return([1, x]) }}{% endif %}more"
                     "{% do return('late') %}never{% endmacro %}")},
       {"nested", lazy("nested",
                       "{% macro nested() %}{% set v = pick(2) %}{{ return(v[1] + 1) }}"
                       "{% endmacro %}")},
       {"deep", lazy("deep", "{% macro deep() %}{{ [return('x') if true else 1] }}{% endmacro %}")},
       {"looped", lazy("looped",
                       "{% macro looped() %}{% for i in range(9) %}{% if i == 3 %}"
                       "{{ return(i) }}{% endif %}{% endfor %}{% endmacro %}")}});
  EXPECT_EQ(
      render("{{ pick(5) }} {{ pick(0) }} {{ nested() }} {{ deep() }} {{ looped() + 1 }}", context),
      "[1, 5] late 3 x 4");
}

TEST(JinjaRender, ReturnInACallBodyEndsTheCalledMacro) {
  const auto context =
      context_with({{"wrap", lazy("wrap", "{% macro wrap() %}a{{ caller() }}b{% endmacro %}")}});
  EXPECT_EQ(render("<{% call wrap() %}{{ return('r') }}{% endcall %}>", context), "<r>");
}

TEST(JinjaRender, LazyMacroErrorsNameFileLineAndMacros) {
  const auto context =
      context_with({{"inner", lazy("inner", "{% macro inner() %}\n{{ nope.x }}{% endmacro %}", 10)},
                    {"outer", lazy("outer", "{% macro outer() %}{{ inner() }}{% endmacro %}")}});
  try {
    render("{{ outer() }}", context);
    FAIL();
  } catch (const TemplateError& error) {
    EXPECT_EQ(error.name, "inner.sql");
    EXPECT_EQ(error.line, 12);
    EXPECT_EQ(error.macros, (std::vector<std::string>{"inner", "outer"}));
  }
}

TEST(JinjaRender, MacrosServeManyThreads) {
  const auto context =
      context_with({{"m", lazy("m",
                               "{% macro m(n) %}{% if n > 0 %}{{ n }}{{ m(n - 1) }}"
                               "{% endif %}{% endmacro %}")}});
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&context] {
      for (int k = 0; k < 50; ++k) EXPECT_EQ(render("{{ m(5) }}", context), "54321");
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(JinjaNative, KeepsTypesAsDbtDoes) {
  const auto context =
      context_with({{"n", Value(5)}, {"s", Value("3")}, {"l", Value::list({1, 2})}});
  EXPECT_EQ(native_of("{{ n }}", context).repr(), "5");
  EXPECT_EQ(native_of("{{ l }}", context).repr(), "[1, 2]");
  EXPECT_EQ(native_of("{{ s }}", context).repr(), "'3'");
  EXPECT_EQ(native_of("{{ 1 }}", context).repr(), "'1'");
  EXPECT_EQ(native_of("{{ n }}{{ n }}", context).repr(), "'55'");
  EXPECT_EQ(native_of("a{{ n }}", context).repr(), "'a5'");
  EXPECT_EQ(native_of("", context).repr(), "''");
  EXPECT_EQ(native_of("plain", context).repr(), "'plain'");
  EXPECT_EQ(native_of("{{ s | as_number }}", context).repr(), "3");
  EXPECT_EQ(native_of("{{ 'True' | as_bool }}", context).repr(), "True");
  EXPECT_EQ(native_of("{{ '[1, {2: None}]' | as_native }}", context).repr(), "[1, {2: None}]");
  EXPECT_EQ(native_of("{{ '7' | as_text }}", context).repr(), "'7'");
  EXPECT_THROW(native_of("{{ 'x' | as_bool }}", context), TemplateError);
  EXPECT_THROW(native_of("{{ 'x' | as_number }}", context), TemplateError);
}

TEST(JinjaLimits, EndlessThingsEnd) {
  Limits limits;
  limits.steps = 200000;
  limits.output_bytes = 1 << 20;
  const auto type = [&](const char* text) {
    return error_of(text, UndefinedMode::kStandard, limits).type;
  };
  EXPECT_EQ(type("{% macro m() %}{{ dbt_macro__m() }}{% endmacro %}{{ dbt_macro__m() }}"),
            ErrorType::kRecursion);
  EXPECT_EQ(type("{% set l = [1] %}{% for x in l %}{% do l.append(x) %}{% endfor %}"),
            ErrorType::kLimit);
  EXPECT_EQ(type("{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}"),
            ErrorType::kLimit);
  EXPECT_EQ(type("{{ 'x' * 10 ** 12 }}"), ErrorType::kLimit);
  EXPECT_EQ(type("{% for a in range(9999) %}{{ 'xxxxxxxxxxxxxxxx' * 99 }}{% endfor %}"),
            ErrorType::kLimit);
  EXPECT_EQ(type("{{ 10 ** 1000000000 }}"), ErrorType::kOverflow);
  EXPECT_EQ(type("{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}"), ErrorType::kRecursion);
}

TEST(JinjaLimits, CancellationStops) {
  std::atomic<bool> stop{true};
  Interp interp;
  interp.set_cancel_flag(&stop);
  const auto source = parse_template("{% for a in range(99999) %}{% endfor %}");
  try {
    interp.render(source, context_with({}));
    FAIL();
  } catch (const TemplateError& error) {
    EXPECT_EQ(error.type, ErrorType::kCancelled);
  }
}

TEST(JinjaBadInput, DeepNestingIsAnErrorNotACrash) {
  for (const char* open : {"(", "[", "{'a':", "not ", "-", "f(", "a[", "1+(", "1 if "}) {
    std::string text = "{{ ";
    for (int i = 0; i < 100000; ++i) text += open;
    EXPECT_THROW(parse_template(text), TemplateError) << open;
  }
  std::string blocks;
  for (int i = 0; i < 100000; ++i) blocks += "{% if x %}";
  EXPECT_THROW(parse_template(blocks), TemplateError);
  std::string chain = "{{ 1";
  for (int i = 0; i < 200000; ++i) chain += " + 1";
  EXPECT_THROW(render(chain + " }}"), TemplateError);
  std::string attributes = "{{ a";
  for (int i = 0; i < 200000; ++i) attributes += ".b";
  EXPECT_THROW(render(attributes + " }}"), TemplateError);
}

TEST(JinjaBadInput, NulAndBrokenUtf8PassThrough) {
  const std::string nul("a\0b{{ 'c\0d' }}", 14);
  EXPECT_EQ(render(nul), std::string("a\0bc\0d", 6));
  EXPECT_EQ(render("\xff{{ '\xc3' | upper | length }}\xe2\x82"),
            "\xff"
            "1\xe2\x82");
  EXPECT_THROW(parse_template("{{ \xff }}"), TemplateError);
}

TEST(JinjaBadInput, LongChainsOfContainersAreFreed) {
  Value chain = Value::list();
  for (int i = 0; i < 500000; ++i) chain = Value::list({chain});
  EXPECT_THROW(chain.repr(), TemplateError);
  EXPECT_THROW(to_json(chain), TemplateError);
  Value loop = Value::list();
  loop.append(loop);
  EXPECT_THROW(to_json(loop), TemplateError);
  loop.mutable_items().clear();
}

}  // namespace
}  // namespace floe::jinja
