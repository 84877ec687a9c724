// SPDX-License-Identifier: Apache-2.0
#include "dbt/project/loader.h"

#include "base/text.h"
#include "dbt/adapter/temporal.h"
#include "dbt/project/names.h"
#include "dbt/project/python_text.h"
#include "dbt/project/render.h"

#include <chrono>
#include <random>
#include <thread>

namespace floe::dbt {

namespace {

std::string random_uuid() {
  std::random_device device;
  std::mt19937_64 engine((static_cast<std::uint64_t>(device()) << 32) ^ device());
  const auto hex = [&](int digits) {
    static constexpr std::string_view kHex = "0123456789abcdef";
    std::string out;
    for (int i = 0; i < digits; ++i) out += kHex[engine() & 15];
    return out;
  };
  static constexpr std::string_view kVariant = "89ab";
  return hex(8) + "-" + hex(4) + "-4" + hex(3) + "-" + kVariant[engine() & 3] + hex(3) + "-" +
         hex(12);
}

}  // namespace

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Loader::Loader(const LoadOptions& options_in, diag::SourceMap& sources_in, diag::Sink& sink_in,
               Loaded& out_in)
    : options(options_in),
      sources(sources_in),
      sink(sink_in),
      out(out_in),
      project(out_in.project),
      session(std::make_shared<Session>()),
      renderer(std::make_unique<Renderer>(*this)),
      now(seconds_now()) {
  threads = options.parse_threads > 0 ? options.parse_threads
                                      : std::max(1u, std::thread::hardware_concurrency());
  session->invocation_id = options.invocation_id.empty() ? random_uuid() : options.invocation_id;
  session->env = options.env;
  session->cli_vars = options.cli_vars;
  session->run_started_at = datetime_value(static_cast<std::int64_t>(now * 1e6), true);
  session->on_warn = [this](const Warning& what) { warn({what, {}}); };
  if (options.warnings) out.warnings = options.warnings;
}

Loader::~Loader() = default;

bool Loader::flag(std::string_view name) const {
  const Value* value = out.flags.find(name);
  return value != nullptr && value->is_bool() && value->as_bool();
}

void Loader::error(std::string_view code, std::string message, diag::Span span, std::string help,
                   std::string node) {
  diag::Diagnostic diagnostic;
  diagnostic.code = std::string(code);
  diagnostic.message = std::move(message);
  diagnostic.span = span;
  diagnostic.help = std::move(help);
  diagnostic.node = std::move(node);
  sink.add(std::move(diagnostic));
}

void Loader::template_error(const jinja::TemplateError& error, const diag::Source* base,
                            diag::Span span, const std::string& node) {
  std::string code = error.type == jinja::ErrorType::kSyntax ? "T004" : "T003";
  if (const auto* own = dynamic_cast<const DbtError*>(&error)) {
    if (own->dbt_class == "Parsing Error") code = "T016";
  }
  diag::Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.message = error.message;
  diagnostic.span = span;
  diagnostic.node = node;
  const bool in_base = base != nullptr && error.line > 0 &&
                       (error.name.empty() || error.name == base->path || error.macros.empty());
  if (in_base) {
    // The template is the stripped file: its lines start after the white space that was cut.
    const std::string_view text = base->text;
    std::size_t at = static_cast<std::size_t>(python_strip(text).data() - text.data());
    for (int line = 1; line < error.line && at < text.size(); ++line) {
      const std::size_t end = text.find('\n', at);
      if (end == std::string_view::npos) break;
      at = end + 1;
    }
    const std::size_t column = error.col > 0 ? static_cast<std::size_t>(error.col - 1) : 0;
    const std::size_t begin = std::min(at + column, text.size());
    diagnostic.span = base->span(begin, std::min(begin + 1, text.size()));
  } else if (error.line > 0 && !error.name.empty() && !error.name.starts_with('<')) {
    diagnostic.notes.push_back("in " + error.name + ", line " + std::to_string(error.line));
  }
  for (const std::string& macro : error.macros) {
    diagnostic.notes.push_back("in macro " + macro);
  }
  sink.add(std::move(diagnostic));
}

Node* Loader::add_node(std::unique_ptr<Node> node) {
  Node* raw = node.get();
  if (!node->enabled) {
    project.disabled[node->unique_id].push_back(std::move(node));
    return raw;
  }
  std::unique_ptr<Node>& slot = project.nodes[node->unique_id];
  if (slot != nullptr) {
    diag::Diagnostic diagnostic;
    diagnostic.code = "T005";
    diagnostic.message = "dbt found two " + std::string(resource_type_name(node->type)) +
                         "s with the name \"" + node->name + "\"";
    diagnostic.span = node->patch_span ? node->patch_span : node->span;
    diagnostic.labels.push_back(
        {slot->patch_span ? slot->patch_span : slot->span, "first defined here"});
    diagnostic.help = "names must be unique in a package: rename one of " +
                      slot->original_file_path + " and " + node->original_file_path;
    diagnostic.node = node->unique_id;
    sink.add(std::move(diagnostic));
    project.disabled[node->unique_id].push_back(std::move(node));
    return raw;
  }
  slot = std::move(node);
  node_order.push_back(raw);
  return raw;
}

std::string_view resource_type_name(ResourceType type) {
  switch (type) {
    case ResourceType::kModel: return "model";
    case ResourceType::kAnalysis: return "analysis";
    case ResourceType::kTest: return "test";
    case ResourceType::kSnapshot: return "snapshot";
    case ResourceType::kOperation: return "operation";
    case ResourceType::kSeed: return "seed";
    case ResourceType::kSource: return "source";
    case ResourceType::kExposure: return "exposure";
    case ResourceType::kMetric: return "metric";
    case ResourceType::kSemanticModel: return "semantic_model";
    case ResourceType::kSavedQuery: return "saved_query";
    case ResourceType::kUnitTest: return "unit_test";
    case ResourceType::kGroup: return "group";
    case ResourceType::kMacro: return "macro";
    case ResourceType::kDoc: return "doc";
    case ResourceType::kFunction: return "function";
  }
  return "";
}

namespace {

/// All steps but the verdicts on warnings. False if dbt would stop early.
bool load_all(Loader& loader) {
  if (!load_project_file(loader) || !load_packages(loader)) return false;
  Loaded& out = loader.out;
  const PackageConfig& root = out.packages.front();
  const fs::path target = loader.options.target_path.value_or(root.target_path);
  out.target_path = target.is_absolute() ? target : root.root / target;
  find_files(loader);
  read_files(loader);
  load_macros(loader);
  out.session = loader.session;
  loader.configs = ConfigBuilder(out.packages, loader.flag("require_corrected_analysis_fqns"));
  loader.names = std::make_unique<NameGenerator>(loader);
  load_sql_nodes(loader);
  load_docs(loader);
  load_properties(loader);
  load_sources(loader);
  load_selectors(loader);
  link_project(loader);
  check_project(loader);
  return true;
}

}  // namespace

std::optional<Loaded> load_project(const LoadOptions& options, diag::SourceMap& sources,
                                   diag::Sink& sink) {
  Loaded out;
  Loader loader(options, sources, sink, out);
  const bool loaded = load_all(loader);
  settle_warnings(loader);
  if (!loaded) return std::nullopt;
  return out;
}

}  // namespace floe::dbt
