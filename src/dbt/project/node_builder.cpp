// SPDX-License-Identifier: Apache-2.0
#include "dbt/project/node_builder.h"

#include "base/hash.h"
#include "base/text.h"
#include "dbt/context/convert.h"
#include "dbt/project/hooks.h"
#include "dbt/project/names.h"
#include "dbt/project/properties.h"
#include "dbt/project/python_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::dbt {

// --- Workers -------------------------------------------------------------------------------------

ParseWorker::ParseWorker(Loader& loader)
    : loader_(loader),
      base_(session_names(loader.session)),
      interp_(jinja::UndefinedMode::kLenient) {}

ParseContext& ParseWorker::context_of(const std::string& package) {
  std::shared_ptr<ParseContext>& slot = contexts_[package];
  if (slot == nullptr) {
    slot = std::make_shared<ParseContext>(loader_.session, package,
                                          loader_.out.macros->namespace_of(package), base_,
                                          loader_.out.packages.front().quoting);
  }
  return *slot;
}

std::unique_ptr<ParseWorker> WorkerPool::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<ParseWorker> worker = std::move(idle_.back());
      idle_.pop_back();
      return worker;
    }
  }
  return std::make_unique<ParseWorker>(loader_);
}

void WorkerPool::give_back(std::unique_ptr<ParseWorker> worker) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(worker));
}

// --- First state ---------------------------------------------------------------------------------

std::vector<std::string> fqn_of(const std::string& package, const std::string& path,
                                const std::string& name) {
  std::vector<std::string> fqn = {package};
  const std::size_t slash = path.rfind('/');
  if (slash != std::string::npos) {
    for (const std::string_view part : split(std::string_view(path).substr(0, slash), '/')) {
      fqn.emplace_back(part);
    }
  }
  fqn.push_back(name);
  return fqn;
}

const Value& default_docs() {
  static const Value kDocs = Value::map({{"show", true}, {"node_color", {}}});
  return kDocs;
}

std::unique_ptr<Node> make_node(Loader& loader, ResourceType type, const ProjectFile& file,
                                std::string name, std::string path, std::vector<std::string> fqn) {
  auto node = std::make_unique<Node>();
  node->type = type;
  node->package_name = file.package->name;
  node->unique_id = std::string(resource_type_name(type)) + "." + node->package_name + "." + name;
  node->name = name;
  node->alias = std::move(name);
  node->path = std::move(path);
  node->original_file_path = file.original;
  node->root_path = file.package->root.string();
  node->fqn = std::move(fqn);
  node->database = loader.out.profile.database;
  node->schema = loader.out.profile.schema;
  node->created_at = loader.now;
  node->docs = default_docs();
  if (type == ResourceType::kModel) node->access = "protected";
  if (file.source != nullptr) {
    node->span = file.source->span(0, 0);
    node->raw_code = std::string(file.contents);
    node->checksum = {"sha256", sha256_hex(python_collapse(file.contents))};
  }
  return node;
}

// --- Rendering -----------------------------------------------------------------------------------

Value unrendered_config_call(const jinja::Template& parsed) {
  Value written = Value::map();
  for (const jinja::StaticCall& call : jinja::static_calls(parsed)) {
    if (call.callee != "config") continue;
    for (const jinja::StaticArg& arg : call.args) {
      if (arg.name.empty()) continue;
      if (arg.is_const && arg.literal && arg.literal->is_str()) {
        written.set(arg.name, arg.literal->as_str());
      } else {
        written.set(arg.name, arg.source);
      }
    }
    break;
  }
  return written;
}

bool render_for_parse(Loader& loader, ParseWorker& worker, Node& node, const std::string& text,
                      const diag::Source* base) {
  try {
    const jinja::TemplateRef parsed = jinja::parse_template(text, base ? base->path : "<template>");
    ParseContext& context = worker.context_of(node.package_name);
    context.begin(node);
    worker.interp().host = static_cast<RenderHost*>(&context);
    // The contexts live as long as the worker: a reference that owns nothing is enough.
    const jinja::ContextRef ref(jinja::ContextRef(), &context);
    worker.interp().render(parsed, ref);
    if (context.config_called) {
      node.config_call_dict = std::move(context.config_call);
      node.unrendered_config_call_dict = unrendered_config_call(*parsed);
    }
    return true;
  } catch (const jinja::TemplateError& error) {
    loader.template_error(error, base, node.span, node.unique_id);
    return false;
  }
}

namespace {

/// Seeds are the roots of the graph: their hooks may not make them wait for others.
void check_seed_hooks(Loader& loader, Node& node) {
  if (node.refs.empty() && node.sources.empty() && node.metrics.empty()) return;
  std::string hooks;
  diag::Span place;
  for (const auto& [key, label] : {std::pair("pre-hook", "pre_hook"), {"post-hook", "post_hook"}}) {
    const Value* list = node.config.find(key);
    if (list == nullptr || !list->is_list()) continue;
    for (const Value& hook : list->as_list()) {
      if (!place) place = hook.span;
      hooks += fmt::format("\n- {}: \"{}\"", label, text_member(hook, "sql"));
    }
  }
  loader.error("T043",
               "Seeds cannot depend on other nodes. dbt detected a seed with a pre- or post-hook "
               "that calls 'ref', 'source', or 'metric', either directly or indirectly via other "
               "macros.\n\nError raised for '" +
                   node.unique_id + "', which has these hooks defined:" + hooks,
               place ? place : node.span,
               "write the relation's name into the hook, or move it to a model", node.unique_id);
  node.refs.clear();
  node.sources.clear();
  node.metrics.clear();
}

}  // namespace

void render_hooks(Loader& loader, ParseWorker& worker, Node& node) {
  if (node.type == ResourceType::kTest) return;
  for (const Hook& hook : hooks_of(node)) {
    if (!jinja::has_jinja(*hook.sql)) continue;
    Value call = std::move(node.config_call_dict);
    Value written = std::move(node.unrendered_config_call_dict);
    render_for_parse(loader, worker, node, *hook.sql, nullptr);
    node.config_call_dict = std::move(call);
    node.unrendered_config_call_dict = std::move(written);
  }
  if (node.type == ResourceType::kSeed) check_seed_hooks(loader, node);
}

void set_if_new(Value& map, const std::string& key, const Value& value) {
  const Value* known = map.find(key);
  if (known == nullptr || *known != value) map.set(key, value);
}

// --- Final config --------------------------------------------------------------------------------

namespace {

/// Where the config of a node is written, as near as can be told.
diag::Span config_place(const Node& node) {
  if (node.config_span) return node.config_span;
  return node.patch_span ? node.patch_span : node.span;
}

void report_config(Loader& loader, const Node& node, const ConfigFindings& findings) {
  if (findings.problems.empty()) return;
  loader.shape_error("T011", "Invalid config of " + node.unique_id, findings.problems,
                     config_place(node), node.unique_id);
}

void check_sql_header(Loader& loader, const Node& node, const Value& config) {
  const Value* header = config.find("sql_header");
  if (node.type != ResourceType::kTest || header == nullptr || header->is_null() ||
      header->is_string() || !loader.flag("require_sql_header_in_test_configs")) {
    return;
  }
  loader.error("T011", "sql_header must be a string, not " + python_repr(*header),
               config_place(node), "", node.unique_id);
}

void copy_to_node(Node& node, const Value& config) {
  if (const Value* tags = config.find("tags"); tags && tags->is_list()) {
    for (const Value& tag : tags->as_list()) {
      if (std::find(node.tags.begin(), node.tags.end(), tag.as_string()) == node.tags.end()) {
        node.tags.push_back(tag.as_string());
      }
    }
  }
  if (const Value* meta = config.find("meta"); meta && !meta->empty()) node.meta = *meta;
  if (const Value* group = config.find("group"); group && group->is_string()) {
    node.group = group->as_string();
  }
  if (const Value* access = config.find("access");
      node.type == ResourceType::kModel && access && access->is_string()) {
    node.access = access->as_string();
  }
  if (const Value* docs = config.find("docs"); docs && docs->is_map()) {
    const Value* show = docs->find("show");
    const Value* color = docs->find("node_color");
    if (show != nullptr && !show->is_null()) set_if_new(node.docs, "show", *show);
    set_if_new(node.docs, "node_color", color != nullptr ? *color : Value());
  }
  if (const Value* contract = config.find("contract"); contract && contract->is_map()) {
    const Value* enforced = contract->find("enforced");
    const Value* alias_types = contract->find("alias_types");
    static const Value kLoose =
        Value::map({{"enforced", false}, {"alias_types", true}, {"checksum", {}}});
    if (node.contract.empty()) node.contract = kLoose;
    set_if_new(node.contract, "enforced", enforced ? *enforced : Value(false));
    set_if_new(node.contract, "alias_types", alias_types ? *alias_types : Value(true));
    set_if_new(node.contract, "checksum", Value());
  }
}

/// Two configs laid over each other as dbt keeps them: nulls of the new one do not count, but for
/// keys of the user's own.
void overlay(const ConfigClass& fields, Value& config, Value&& fresh) {
  if (config.as_map().empty() || config.identity() == fresh.identity()) {
    config = std::move(fresh);
    return;
  }
  for (const value::Member& old : config.as_map()) {
    const Value* current = fresh.find(old.key);
    const bool keeps = current == nullptr || (current->is_null() && !old.value.is_null() &&
                                              fields.index.contains(old.key));
    if (keeps) fresh.set(old.key, old.value);
  }
  config = std::move(fresh);
}

void report_no_schema(Loader& loader, const Node& node) {
  const std::string text = "generate_schema_name gives node '" + node.unique_id + "' no schema";
  const std::string help = "the macro has to return the name of a schema";
  const diag::Span span = node.patch_span ? node.patch_span : node.span;
  if (loader.flag("require_valid_schema_from_generate_schema_name")) {
    loader.error("T011", text, span, help, node.unique_id);
    return;
  }
  loader.warn({{"GenerateSchemaNameNullValueDeprecation", text,
                warning_data({{"resource_unique_id", node.unique_id}})},
               span,
               help,
               node.unique_id});
}

}  // namespace

Value base_config(Loader& loader, const Node& node) {
  ConfigFindings findings;
  Value config =
      loader.configs.build(node.type, node.package_name, node.fqn, Value::map(), nullptr, findings);
  report_config(loader, node, findings);
  return config;
}

void apply_config(Loader& loader, Node& node, const Value* patch, const Value* unrendered_patch) {
  Value patched = patch != nullptr && patch->is_map() ? *patch : Value::map();
  if (node.type == ResourceType::kModel && node.language == "python" &&
      patched.find("materialized") == nullptr) {
    patched.set("materialized", "table");
  }
  ConfigFindings findings;
  Value config = loader.configs.build(node.type, node.package_name, node.fqn, node.config_call_dict,
                                      &patched, findings);
  report_config(loader, node, findings);
  check_sql_header(loader, node, config);
  copy_to_node(node, config);
  const bool as_written = loader.flag("state_modified_compare_more_unrendered_values");
  if (as_written && unrendered_patch != nullptr && unrendered_patch->is_map()) {
    patched = deep_merge_config(patched, *unrendered_patch);
  }
  const bool written = as_written && (!node.unrendered_config_call_dict.as_map().empty() ||
                                      node.config_call_dict.as_map().empty());
  node.unrendered_config = loader.configs.build_unrendered(
      node.type, node.package_name, node.fqn,
      written ? node.unrendered_config_call_dict : node.config_call_dict, &patched);
  const Value* enabled = config.find("enabled");
  node.enabled = enabled == nullptr || !enabled->is_bool() || enabled->as_bool();
  const Value fresh = config;
  overlay(config_class(node.type), node.config, std::move(config));
  if (!loader.names->apply(node, fresh)) report_no_schema(loader, node);
}

}  // namespace floe::dbt
