// SPDX-License-Identifier: Apache-2.0
// Reads macros and generic tests, and finds which macros each of them may call.
#include "base/text.h"
#include "dbt/project/loader.h"
#include "dbt/project/node_builder.h"
#include "dbt/project/python_text.h"

#include <algorithm>
#include <unordered_set>

namespace floe::dbt {

namespace {

constexpr std::string_view kMacroPrefix = "dbt_macro__";

/// A macro of a file, parsed.
struct ParsedMacro {
  std::unique_ptr<Macro> macro;
  jinja::TemplateRef parsed;  // null: only its name is known
  std::string file;
  int line_offset = 0;
};

/// Names that templates have without any macro: a call of them is no macro call.
bool is_context_name(std::string_view name) {
  static const std::unordered_set<std::string_view> kNames = {"adapter_macro",
                                                              "builtins",
                                                              "context",
                                                              "dbt_version",
                                                              "diff_of_two_dicts",
                                                              "env_var",
                                                              "flags",
                                                              "fromjson",
                                                              "fromyaml",
                                                              "invocation_id",
                                                              "local_md5",
                                                              "log",
                                                              "modules",
                                                              "print",
                                                              "project_name",
                                                              "return",
                                                              "run_started_at",
                                                              "set",
                                                              "set_strict",
                                                              "target",
                                                              "thread_id",
                                                              "tojson",
                                                              "toyaml",
                                                              "var",
                                                              "zip",
                                                              "zip_strict"};
  return kNames.contains(name);
}

std::optional<std::string> literal_text(const jinja::StaticArg& arg) {
  if (!arg.literal || !arg.literal->is_str()) return std::nullopt;
  return arg.literal->as_str();
}

/// adapter.dispatch(...): the plain name and what it resolves to.
void add_dispatch(Loader& loader, const MacroRegistry& registry, const Macro& macro,
                  const jinja::StaticCall& call, std::vector<std::string>& calls) {
  std::optional<std::string> name;
  std::optional<std::string> space;
  int position = 0;
  for (const jinja::StaticArg& arg : call.args) {
    if (arg.name == "macro_name" || (arg.name.empty() && position == 0)) {
      name = literal_text(arg);
    } else if (arg.name == "macro_namespace" || (arg.name.empty() && position == 1)) {
      space = literal_text(arg);
    }
    if (arg.name.empty()) ++position;
  }
  if (!name) return;
  calls.push_back(*name);
  const ProjectMacro* found = registry.dispatch_static(*name, space);
  if (found != nullptr) {
    calls.push_back(found->macro().package_name + "." + found->macro().name);
    return;
  }
  loader.error("T003",
               "In dispatch: No macro named '" + *name + "' found within namespace: '" +
                   space.value_or("None") + "'",
               macro.span, "define default__" + *name + " or one for the adapter", macro.unique_id);
}

std::vector<std::string> possible_calls(Loader& loader, const MacroRegistry& registry,
                                        const Macro& macro, const jinja::Template& parsed) {
  std::vector<std::string> calls;
  for (const jinja::StaticCall& call : jinja::static_calls(parsed, "adapter.dispatch")) {
    const std::string& callee = call.callee;
    if (callee.empty()) continue;
    const std::size_t dot = callee.find('.');
    if (dot != std::string::npos) {
      if (callee.find('.', dot + 1) != std::string::npos) continue;
      if (callee.compare(0, dot, "adapter") == 0) {
        if (callee == "adapter.dispatch") add_dispatch(loader, registry, macro, call, calls);
        continue;
      }
    } else if (callee == "source" || callee == "ref" || callee == "config" ||
               is_context_name(callee)) {
      continue;
    }
    if (std::find(calls.begin(), calls.end(), callee) == calls.end()) calls.push_back(callee);
  }
  return calls;
}

void resolve_calls(Loader& loader, const MacroRegistry& registry, Macro& macro,
                   const jinja::Template& parsed) {
  for (const std::string& call : possible_calls(loader, registry, macro, parsed)) {
    if (call == macro.name) continue;
    std::string_view package = macro.package_name;
    std::string_view name = call;
    if (const std::size_t dot = call.find('.'); dot != std::string::npos) {
      package = std::string_view(call).substr(0, dot);
      name = std::string_view(call).substr(dot + 1);
    }
    const ProjectMacro* found = registry.find_static(package, name);
    if (found == nullptr) continue;
    std::vector<std::string>& all = macro.depends_on_macros;
    if (std::find(all.begin(), all.end(), found->macro().unique_id) == all.end()) {
      all.push_back(found->macro().unique_id);
    }
  }
}

std::unique_ptr<Macro> macro_of_block(const Loader& loader, const ProjectFile& file,
                                      std::string name, std::string_view text, diag::Span span) {
  auto macro = std::make_unique<Macro>();
  macro->name = std::move(name);
  macro->package_name = file.package->name;
  macro->unique_id = "macro." + macro->package_name + "." + macro->name;
  macro->path = file.original;
  macro->original_file_path = file.original;
  macro->macro_sql = std::string(text);
  macro->span = span;
  macro->docs = default_docs();
  macro->config.set("meta", Value::map());
  macro->config.set("docs", default_docs());
  macro->created_at = loader.now;
  return macro;
}

/// What the definition says beyond the name.
void describe(const Loader& loader, const jinja::Definition& definition, bool generic_test,
              Macro& macro) {
  if (!generic_test && loader.flag("validate_macro_args")) {
    for (const jinja::MacroParam& param : definition.params) {
      macro.arguments.push_back({param.name, "", ""});
    }
    if (definition.kind == "materialization" && macro.arguments.empty()) {
      macro.arguments.push_back({"supported_languages", "", ""});
    }
  }
  if (definition.kind == "materialization") {
    macro.supported_languages = definition.supported_languages;
  }
}

/// The macros of one file.
void parse_macro_file(Loader& loader, const ProjectFile& file, bool generic_tests_only,
                      MacroExtent extent, std::vector<ParsedMacro>& out) {
  const std::string_view contents = file.contents;
  const std::size_t start = static_cast<std::size_t>(contents.data() - file.source->text.data());
  const int skipped_lines = static_cast<int>(
      std::count(file.source->text.begin(),
                 file.source->text.begin() + static_cast<std::ptrdiff_t>(start), '\n'));
  std::vector<jinja::Block> blocks;
  std::vector<jinja::UnexpectedTag> unexpected;
  try {
    blocks = generic_tests_only
                 ? jinja::scan_blocks(contents, {"test", "data_test"})
                 : jinja::scan_blocks(contents, {"macro", "materialization", "test", "data_test"},
                                      &unexpected);
  } catch (const jinja::TemplateError& error) {
    loader.template_error(error, file.source, file.source->span(0, 0), "");
    return;
  }
  warn_of_tags(loader, file, file.original, unexpected);
  for (const jinja::Block& block : blocks) {
    const std::string_view text = contents.substr(block.begin, block.end - block.begin);
    const diag::Span span = file.source->span(start + block.begin, start + block.end);
    ParsedMacro parsed;
    parsed.file = file.source->path;
    std::unique_ptr<Macro> macro;
    if (extent == MacroExtent::kNames && block.kind == "macro" && !block.name.empty()) {
      macro = macro_of_block(loader, file, block.name, text, span);
    } else {
      try {
        parsed.parsed =
            jinja::parse_template(std::string(text), file.source->path, jinja::ParseFor::kReading);
      } catch (jinja::TemplateError& error) {
        if (error.line > 0) error.line += block.line - 1;
        loader.template_error(error, file.source, span, "");
        continue;
      }
      const auto& definitions = parsed.parsed->definitions();
      if (definitions.empty() || !definitions[0].internal_name.starts_with(kMacroPrefix)) continue;
      const jinja::Definition& definition = definitions[0];
      macro = macro_of_block(loader, file, definition.internal_name.substr(kMacroPrefix.size()),
                             text, span);
      describe(loader, definition, generic_tests_only, *macro);
    }
    parsed.macro = std::move(macro);
    parsed.line_offset = skipped_lines + block.line - 1;
    out.push_back(std::move(parsed));
  }
}

std::vector<ParsedMacro> parse_all_macros(Loader& loader, MacroExtent extent) {
  struct Work {
    const ProjectFile* file;
    bool tests_only;
  };
  std::vector<Work> work;
  for (const PackageFiles& package : loader.files) {
    for (const ProjectFile& file : package.macros) work.push_back({&file, false});
    for (const ProjectFile& file : package.generic_tests) work.push_back({&file, true});
  }
  std::vector<std::vector<ParsedMacro>> by_file(work.size());
  for_each_parallel(loader.threads, work.size(), [&](std::size_t i) {
    if (work[i].file->source == nullptr) return;
    parse_macro_file(loader, *work[i].file, work[i].tests_only, extent, by_file[i]);
  });
  std::vector<ParsedMacro> all;
  for (std::vector<ParsedMacro>& each : by_file) {
    std::move(each.begin(), each.end(), std::back_inserter(all));
  }
  return all;
}

std::shared_ptr<MacroRegistry> make_registry(Loader& loader) {
  const std::string& adapter = loader.out.profile.adapter_type;
  std::vector<std::string> internal;
  std::vector<std::string> dependencies;
  for (const PackageConfig& package : loader.out.packages) {
    if (package.internal) internal.push_back(package.name);
    dependencies.push_back(package.name);
  }
  auto registry = std::make_shared<MacroRegistry>(loader.project.name, std::move(internal),
                                                  std::vector<std::string>{adapter});
  registry->set_dependencies(std::move(dependencies));
  for (const Value& entry : loader.out.packages.front().dispatch.as_list()) {
    const Value* space = entry.find("macro_namespace");
    const Value* order = entry.find("search_order");
    if (space == nullptr || order == nullptr || !space->is_string() || !order->is_list()) continue;
    std::vector<std::string> packages;
    for (const Value& each : order->as_list()) {
      if (each.is_string()) packages.push_back(each.as_string());
    }
    registry->set_search_order(space->as_string(), std::move(packages));
  }
  return registry;
}

}  // namespace

void warn_of_tags(Loader& loader, const ProjectFile& file, const std::string& name,
                  const std::vector<jinja::UnexpectedTag>& tags) {
  const std::size_t start =
      static_cast<std::size_t>(file.contents.data() - file.source->text.data());
  for (const jinja::UnexpectedTag& tag : tags) {
    const std::string text = "Found unexpected '" + tag.kind + "' block tag.";
    loader.warn({{"UnexpectedJinjaBlockDeprecation", text + " It has no effect in " + name,
                  warning_data({{"file", name}, {"msg", text}})},
                 file.source->span(start + tag.begin, start + tag.end),
                 "remove it, or move it into a block"});
  }
}

void load_macros(Loader& loader, MacroExtent extent) {
  std::vector<ParsedMacro> parsed = parse_all_macros(loader, extent);
  std::shared_ptr<MacroRegistry> registry = make_registry(loader);
  std::vector<std::pair<Macro*, jinja::TemplateRef>> added;
  added.reserve(parsed.size());
  for (ParsedMacro& each : parsed) {
    Macro& macro = *each.macro;
    if (!registry->add(macro, std::move(each.file), each.line_offset)) {
      const Macro& first = *loader.project.macros.at(macro.unique_id);
      diag::Diagnostic diagnostic;
      diagnostic.code = "T005";
      diagnostic.message = "dbt found two macros named \"" + macro.name + "\" in the project \"" +
                           macro.package_name + "\"";
      diagnostic.span = macro.span;
      diagnostic.labels.push_back({first.span, "first defined here"});
      diagnostic.help = "rename or remove one of " + first.original_file_path + " and " +
                        macro.original_file_path;
      loader.sink.add(std::move(diagnostic));
      continue;
    }
    added.emplace_back(&macro, std::move(each.parsed));
    loader.project.macros.emplace(macro.unique_id, std::move(each.macro));
  }
  registry->finish();
  if (extent == MacroExtent::kWhole) {
    for_each_parallel(loader.threads, added.size(), [&](std::size_t i) {
      resolve_calls(loader, *registry, *added[i].first, *added[i].second);
    });
  }
  loader.out.macros = registry;
  loader.session->macros = registry;
}

}  // namespace floe::dbt
