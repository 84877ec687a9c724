// SPDX-License-Identifier: Apache-2.0
#include "dbt/project/check_calls.h"

#include "base/text.h"
#include "dbt/jinja/template.h"
#include "dbt/project/static_sql.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>

namespace floe::dbt {

namespace {

/// Names that a node sees when it runs, besides macros and the session's names.
constexpr std::array kRunTimeNames = {"adapter",
                                      "adapter_macro",
                                      "api",
                                      "builtins",
                                      "caller",
                                      "column",
                                      "compiled_code",
                                      "config",
                                      "context",
                                      "context_macro_stack",
                                      "cycler",
                                      "database",
                                      "defer_relation",
                                      "dict",
                                      "doc",
                                      "env",
                                      "execute",
                                      "function",
                                      "graph",
                                      "joiner",
                                      "kwargs",
                                      "lipsum",
                                      "load_agate_table",
                                      "load_result",
                                      "loop",
                                      "metric",
                                      "model",
                                      "namespace",
                                      "post_hooks",
                                      "pre_hooks",
                                      "range",
                                      "ref",
                                      "render",
                                      "results",
                                      "return",
                                      "schema",
                                      "schemas",
                                      "database_schemas",
                                      "selected_resources",
                                      "self",
                                      "source",
                                      "sql",
                                      "sql_now",
                                      "store_raw_result",
                                      "store_result",
                                      "submit_python_job",
                                      "this",
                                      "thread_id",
                                      "validation",
                                      "var",
                                      "varargs",
                                      "write"};

/// What the checks of one project share.
struct CallCheck {
  const Loaded& loaded;
  diag::Sink& sink;
  std::shared_ptr<const jinja::MapContext> session;
  jinja::Value vars;
  std::vector<std::string> macro_names;  // for suggestions
};

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Whether the template itself may give the name a value: a set, a for, an import, a parameter. A
/// look at the words is enough: it only ever makes the check quieter.
bool assigned_in(std::string_view code, std::string_view name) {
  for (std::size_t at = code.find(name); at != std::string_view::npos;
       at = code.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    if ((at > 0 && is_word(code[at - 1])) || (end < code.size() && is_word(code[end]))) continue;
    std::size_t tag = code.rfind("{%", at);
    if (tag == std::string_view::npos || code.find("%}", tag) < at) continue;
    tag += 2;
    while (tag < at && (code[tag] == '-' || code[tag] == '+' || code[tag] == ' ' ||
                        code[tag] == '\n' || code[tag] == '\t')) {
      ++tag;
    }
    for (const std::string_view word : {"set", "for", "macro", "call", "import", "from", "with"}) {
      if (code.substr(tag).starts_with(word)) return true;
    }
  }
  return false;
}

bool is_known_name(const CallCheck& check, const Node& node, const std::string& name) {
  if (std::find(kRunTimeNames.begin(), kRunTimeNames.end(), name) != kRunTimeNames.end()) {
    return true;
  }
  if (check.session->lookup(jinja::Name(name))) return true;
  if (check.loaded.macros->find(node.package_name, name) != nullptr) return true;
  return assigned_in(node.raw_code, name);
}

bool is_package(const CallCheck& check, const std::string& name) {
  return check.loaded.package(name) != nullptr;
}

diag::Span call_span(const Node& node, std::size_t begin, std::size_t length) {
  const auto at = node.span.begin + static_cast<std::uint32_t>(begin);
  return {at, at + static_cast<std::uint32_t>(length)};
}

void report_unknown_macro(const CallCheck& check, const Node& node, const jinja::StaticCall& call) {
  const std::string near = nearest(call.callee, check.macro_names);
  check.sink.error("T040",
                   fmt::format("{} '{}' calls '{}', which no macro or variable defines",
                               resource_type_name(node.type), node.name, call.callee),
                   call_span(node, call.begin, call.callee.size()),
                   near.empty()
                       ? "define the macro under macros/, or install the package that has it"
                       : fmt::format("did you mean `{}`?", near));
}

void check_callee(const CallCheck& check, const Node& node, const jinja::StaticCall& call) {
  if (call.callee.empty()) return;
  const std::size_t dot = call.callee.find('.');
  const std::string first = call.callee.substr(0, dot);
  if (dot == std::string::npos) {
    if (!is_known_name(check, node, first)) report_unknown_macro(check, node, call);
    return;
  }
  if (is_known_name(check, node, first) || assigned_in(node.raw_code, first)) return;
  const std::string rest = call.callee.substr(dot + 1);
  if (rest.find('.') != std::string::npos) return;
  if (is_package(check, first) && check.loaded.macros->find_in(first, rest) != nullptr) return;
  report_unknown_macro(check, node, call);
}

void check_variable(const CallCheck& check, const Node& node, const jinja::StaticCall& call) {
  if (call.callee != "var" || call.args.size() != 1 || call.has_dynamic_args) return;
  const jinja::StaticArg& argument = call.args.front();
  if (!argument.literal || !argument.literal->is_str()) return;
  const std::string name(argument.literal->as_str());
  if (check.vars.has(name)) return;
  std::vector<std::string> known;
  for (const jinja::Value& key : check.vars.as_dict().keys()) {
    if (key.is_str()) known.push_back(key.as_str());
  }
  const std::string near = nearest(name, known);
  check.sink.error("T041",
                   fmt::format("{} '{}' reads the variable '{}', which nothing sets",
                               resource_type_name(node.type), node.name, name),
                   call_span(node, call.begin, call.end - call.begin),
                   near.empty()
                       ? fmt::format("set it under vars: or with --vars, or give a default: "
                                     "var('{}', …)",
                                     name)
                       : fmt::format("did you mean `{}`?", near));
}

/// A generic test without a macro: dbt finds out when it runs the test.
void check_test_macro(const CallCheck& check, const Node& node) {
  const auto& macros = node.depends_on_macros;
  if (std::find(macros.begin(), macros.end(), kNoMacro) == macros.end()) return;
  std::vector<std::string> known;
  for (const std::string& name : check.macro_names) {
    if (name.starts_with("test_")) known.push_back(name.substr(5));
  }
  const std::string& name = node.test_metadata->name;
  const std::string near = nearest(name, known);
  check.sink.error(
      "T031", fmt::format("'test_{}' is undefined: no test macro of that name", name), node.span,
      near.empty() ? "define it as {% test " + name + "(…) %}, or install the package that has it"
                   : "did you mean `" + near + "`?");
}

void check_node_calls(const CallCheck& check, const Node& node) {
  if (node.language != "sql" || !jinja::has_jinja(node.raw_code)) return;
  StaticSql simple;
  if (read_static_sql(node.raw_code, simple)) return;
  jinja::TemplateRef parsed;
  try {
    parsed =
        jinja::parse_template(node.raw_code, node.original_file_path, jinja::ParseFor::kReading);
  } catch (const jinja::TemplateError&) {
    return;  // the loader has reported it
  }
  const auto& own = parsed->definitions();
  for (const jinja::StaticCall& call : jinja::static_calls(*parsed)) {
    if (call.conditional || !call.macro.empty()) continue;
    const auto defines = [&](const jinja::Definition& definition) {
      return definition.internal_name == call.callee;
    };
    if (std::any_of(own.begin(), own.end(), defines)) continue;
    check_callee(check, node, call);
    check_variable(check, node, call);
  }
}

}  // namespace

void check_calls(const Loaded& loaded, diag::Sink& sink) {
  CallCheck check{loaded,
                  sink,
                  session_names(loaded.session),
                  vars_for(*loaded.session, loaded.project.name),
                  {}};
  for (const auto& [id, macro] : loaded.project.macros) check.macro_names.push_back(macro->name);
  for (const auto& [id, node] : loaded.project.nodes) {
    const bool templated = node->type == ResourceType::kModel ||
                           node->type == ResourceType::kSnapshot ||
                           (node->type == ResourceType::kTest && !node->test_metadata);
    if (templated && node->package_name == loaded.project.name) check_node_calls(check, *node);
    if (node->test_metadata && node->enabled) check_test_macro(check, *node);
  }
  for (const auto& [id, function] : loaded.project.functions) {
    if (function->package_name == loaded.project.name) check_node_calls(check, *function);
  }
}

}  // namespace floe::dbt
