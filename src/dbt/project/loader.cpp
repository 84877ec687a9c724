// SPDX-License-Identifier: Apache-2.0
#include "dbt/project/loader.h"

#include "base/memory.h"
#include "base/text.h"
#include "dbt/adapter/temporal.h"
#include "dbt/context/trace.h"
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

namespace {

/// Of a template that is the stripped text of a file: the byte in the file of a line and column.
std::size_t stripped_offset(const diag::Source& base, int line, int column) {
  const std::string_view text = base.text;
  auto at = static_cast<std::size_t>(python_strip(text).data() - text.data());
  for (int each = 1; each < line && at < text.size(); ++each) {
    const std::size_t end = text.find('\n', at);
    if (end == std::string_view::npos) break;
    at = end + 1;
  }
  return std::min(at + (column > 0 ? static_cast<std::size_t>(column - 1) : 0), text.size());
}

}  // namespace

void Loader::shape_error(std::string_view code, const std::string& what,
                         const std::vector<ShapeProblem>& problems, diag::Span near,
                         const std::string& node, diag::Severity severity) {
  for (const ShapeProblem& problem : problems) {
    diag::Diagnostic diagnostic;
    diagnostic.code = std::string(code);
    diagnostic.severity = severity;
    const std::string text = problem.text();
    diagnostic.message = what + ": " + text;
    diagnostic.span = problem.span ? problem.span : near;
    diagnostic.expected = problem.expected;
    diagnostic.help = problem.help;
    diagnostic.node = node;
    {
      const std::lock_guard lock(reported_mutex_);
      if (!reported_.emplace(diagnostic.span.begin, text).second) continue;
    }
    sink.add(std::move(diagnostic));
  }
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
  if (base != nullptr && error.type == jinja::ErrorType::kSyntax && error.line > 0 &&
      (error.name.empty() || error.name == base->path)) {
    const std::size_t at = stripped_offset(*base, error.line, error.col);
    diagnostic.span = base->span(at, std::min(at + 1, base->text.size()));
  }
  std::optional<std::uint32_t> root;
  if (base != nullptr) {
    root = base->base +
           static_cast<std::uint32_t>(python_strip(base->text).data() - base->text.data());
  }
  add_trace(diagnostic, error, root);
  sink.add(std::move(diagnostic));
}

namespace {

/// Puts a node into its slot; a slot that is taken is a duplicate: the node is switched off.
bool take_slot(Loader& loader, std::unique_ptr<Node>& slot, std::unique_ptr<Node> node) {
  if (slot == nullptr) {
    slot = std::move(node);
    return true;
  }
  diag::Diagnostic diagnostic;
  diagnostic.code = "T005";
  diagnostic.message = "dbt found two " + std::string(resource_type_name(node->type)) +
                       "s with the name \"" + node->name + "\"";
  diagnostic.span = node->patch_span ? node->patch_span : node->span;
  diagnostic.labels.push_back(
      {slot->patch_span ? slot->patch_span : slot->span, "first defined here"});
  diagnostic.help = "names must be unique in a package: rename one of " + slot->original_file_path +
                    " and " + node->original_file_path;
  diagnostic.node = node->unique_id;
  loader.sink.add(std::move(diagnostic));
  loader.project.disabled[node->unique_id].push_back(std::move(node));
  return false;
}

}  // namespace

Node* Loader::add_node(std::unique_ptr<Node> node) {
  Node* raw = node.get();
  if (!node->enabled) {
    project.disabled[node->unique_id].push_back(std::move(node));
    return raw;
  }
  if (node->type != ResourceType::kFunction) return add_to_nodes(std::move(node));
  if (take_slot(*this, project.functions[raw->unique_id], std::move(node))) {
    functions.add(raw->name, raw->package_name, raw->unique_id);
  }
  return raw;
}

Node* Loader::add_to_nodes(std::unique_ptr<Node> node) {
  Node* raw = node.get();
  if (take_slot(*this, project.nodes[raw->unique_id], std::move(node))) node_order.push_back(raw);
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
  const std::size_t errors = loader.sink.errors();
  load_catalogs(loader);
  if (loader.sink.errors() > errors) return false;
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
  prefer_huge_pages();
  Loaded out;
  Loader loader(options, sources, sink, out);
  const bool loaded = load_all(loader);
  settle_warnings(loader);
  if (!loaded) return std::nullopt;
  return out;
}

}  // namespace floe::dbt
