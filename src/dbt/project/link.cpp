// SPDX-License-Identifier: Apache-2.0
// Links a loaded project: names to nodes, descriptions to docs, then checks the whole.
#include "base/text.h"
#include "dbt/context/convert.h"
#include "dbt/project/linker.h"
#include "dbt/project/microbatch.h"
#include "dbt/project/properties.h"
#include "dbt/project/resource_data.h"

#include <algorithm>
#include <set>
#include <unordered_set>

namespace floe::dbt {

// --- Indexes -------------------------------------------------------------------------------------

Linker::Linker(Loader& loader)
    : loader_(loader),
      node_first_(loader.flag("require_ref_searches_node_package_before_root")),
      interp_(jinja::UndefinedMode::kLenient) {
  for (const auto& [id, source] : loader.project.sources) {
    sources_.add(source->source_name + "." + source->name, source->package_name, id);
  }
  for (const auto& [id, metric] : loader.project.metrics) {
    metrics_.add(metric->name, metric->package_name, id);
  }
  for (const PackageConfig& package : loader.out.packages) {
    const std::string prefix = "doc." + package.name + ".";
    for (auto it = loader.project.docs.lower_bound(prefix);
         it != loader.project.docs.end() && it->first.starts_with(prefix); ++it) {
      docs_.add(it->second->name, package.name, it->first);
    }
  }
}

std::string Linker::resolve(const RefIndex& index, const std::string& name,
                            const std::optional<std::string>& target,
                            const std::string& node_package) const {
  for (const std::optional<std::string>& package :
       packages_to_search(loader_.project.name, node_package, target, node_first_)) {
    std::string id = index.first(name, package);
    if (!id.empty()) return id;
  }
  return {};
}

// --- References ----------------------------------------------------------------------------------

namespace {

void add_dependency(std::vector<std::string>& list, const std::string& id) {
  if (std::find(list.begin(), list.end(), id) == list.end()) list.push_back(id);
}

/// Where a name stands in quotes in a node's file, as near as can be told.
diag::Span find_quoted(const Loader& loader, const Node& node, const std::string& name) {
  const diag::Source* source = loader.sources.find(node.span);
  if (source == nullptr) return node.span;
  for (const char quote : {'\'', '"'}) {
    const std::string wanted = quote + name + quote;
    const std::size_t at = source->text.find(wanted);
    if (at != std::string::npos) return source->span(at, at + wanted.size());
  }
  return node.span;
}

}  // namespace

/// A test of something that is not there is only warned of.
void Linker::warn_missing(const Owner& owner, const char* kind, const std::string& target,
                          const std::optional<std::string>& package, bool disabled, diag::Span span,
                          const std::string& message) {
  Value data = warning_data({{"original_file_path", owner.path},
                             {"resource_type_title", "Test"},
                             {"target_kind", kind},
                             {"target_name", target},
                             {"target_package", package.value_or("")},
                             {"unique_id", owner.unique_id}});
  if (!disabled) data.set("disabled", Value("False"));
  loader_.warn({{disabled ? "InvalidDisabledTargetInTestNode" : "NodeNotFoundOrDisabled", message,
                 std::move(data)},
                span,
                "",
                owner.unique_id});
}

/// What to say about a reference that leads nowhere.
void Linker::report_missing(const Owner& owner, const char* kind, const std::string& target,
                            const std::optional<std::string>& package, bool disabled,
                            diag::Span span, const std::vector<std::string>& known) {
  const char* code = std::string_view(kind) == "source"     ? "T002"
                     : std::string_view(kind) == "metric"   ? "T010"
                     : std::string_view(kind) == "function" ? "T036"
                                                            : "T001";
  std::string title(owner.type_name);
  if (!title.empty()) title[0] = static_cast<char>(std::toupper(title[0]));
  const std::string message = title + " '" + owner.unique_id + "' (" + owner.path +
                              ") depends on a " + kind + " named '" + target + "' " +
                              (package ? "in package '" + *package + "' " : "") +
                              (disabled ? "which is disabled" : "which was not found");
  if (owner.is_test) {
    // A test of a disabled node or function is no news.
    const bool of_node = std::string_view(kind) == "node" || std::string_view(kind) == "function";
    if (!disabled || !of_node) warn_missing(owner, kind, target, package, disabled, span, message);
    return;
  }
  std::string help;
  if (!disabled) {
    const std::string last = target.substr(0, target.rfind(" with version"));
    const std::string near = nearest(last, known);
    if (!near.empty()) help = "did you mean `" + near + "`?";
  } else {
    help = "enable it, or remove the reference";
  }
  diag::Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.message = message;
  diagnostic.span = span;
  diagnostic.help = std::move(help);
  diagnostic.node = owner.unique_id;
  loader_.sink.add(std::move(diagnostic));
}

void Linker::check_access(const Owner& owner, const Node& target, diag::Span span) {
  if (target.type != ResourceType::kModel) return;
  const PackageConfig* package = loader_.out.package(target.package_name);
  const bool restricted = package != nullptr && package->restrict_access;
  const bool other_package = owner.package != target.package_name;
  const bool bad_private =
      target.access == "private" &&
      (owner.group.empty() || owner.group != target.group || (other_package && restricted));
  const bool bad_protected = target.access == "protected" && other_package && restricted;
  if (!bad_private && !bad_protected) return;
  loader_.error("T017",
                "Node " + owner.unique_id + " attempted to reference node " + target.unique_id +
                    ", which is not allowed because the referenced node is " +
                    (bad_private ? "private to the '" + target.group + "' group."
                                 : "protected to the '" + target.package_name + "' package."),
                span,
                bad_private ? "put both nodes into one group, or make the model protected"
                            : "make the model public",
                owner.unique_id);
}

/// A package that reads a model of the root project without saying so.
void Linker::warn_of_root(const Owner& owner, const RefArgs& ref, const Node& target,
                          diag::Span span) {
  const std::string& root = loader_.project.name;
  if (node_first_ || owner.package == root || target.package_name != root || ref.package == root) {
    return;
  }
  loader_.warn({{"PackageNodeDependsOnRootProjectNode",
                 "'" + owner.unique_id + "' of the package '" + owner.package + "' refers to '" +
                     target.unique_id + "', which belongs to the root project",
                 warning_data({{"node_name", owner.name},
                               {"package_name", owner.package},
                               {"root_project_unique_id", target.unique_id}})},
                span,
                "set `require_ref_searches_node_package_before_root: true` in `flags` to have a "
                "package's own nodes found first",
                owner.unique_id});
}

bool Linker::link_ref(const Owner& owner, const RefArgs& ref, diag::Span span,
                      std::vector<std::string>& depends_on) {
  std::string key = ref.name;
  if (!ref.version.is_null()) key += ".v" + python_str(ref.version);
  const Node* target = nullptr;
  bool disabled = false;
  for (const std::optional<std::string>& package :
       packages_to_search(loader_.project.name, owner.package, ref.package, node_first_)) {
    const std::vector<std::string> ids = loader_.refs.find(key, package);
    if (ids.size() > 1) {
      std::vector<std::string> packages;
      for (const std::string& id : ids) {
        packages.push_back(loader_.project.nodes.at(id)->package_name);
      }
      loader_.error(
          "T027",
          "When referencing '" + key + "', dbt found nodes in multiple packages: '" +
              join(ids, "', '") + "'",
          span,
          "use two-argument 'ref', with the package name first: '" + join(packages, "' or '") + "'",
          owner.unique_id);
      return false;
    }
    if (!ids.empty()) {
      target = loader_.project.find_node(ids.front());
      break;
    }
    if (!disabled) disabled = is_disabled(key, package);
  }
  if (target == nullptr) {
    std::string name = ref.name;
    if (!ref.version.is_null()) name += "' with version '" + python_str(ref.version);
    report_missing(owner, "node", name, ref.package, disabled, span, loader_.refs.names());
    return false;
  }
  check_access(owner, *target, span);
  warn_of_root(owner, ref, *target, span);
  add_dependency(depends_on, target->unique_id);
  return true;
}

bool Linker::is_disabled(const std::string& name, const std::optional<std::string>& package) {
  if (disabled_names_.empty() && !disabled_indexed_) {
    disabled_indexed_ = true;
    for (const auto& [id, nodes] : loader_.project.disabled) {
      for (const std::unique_ptr<Node>& node : nodes) {
        if (!node->is_refable()) continue;
        std::string search = node->name;
        if (!node->version.is_null()) search += ".v" + python_str(node->version);
        disabled_names_.add(search, node->package_name, id);
      }
    }
    for (const auto& [id, sources] : loader_.project.disabled_sources) {
      for (const std::unique_ptr<SourceNode>& source : sources) {
        disabled_sources_.add(source->source_name + "." + source->name, source->package_name, id);
      }
    }
  }
  return !disabled_names_.first(name, package).empty();
}

bool Linker::link_source(const Owner& owner, const SourceArgs& source, diag::Span span,
                         std::vector<std::string>& depends_on) {
  const std::string key = source.source_name + "." + source.table_name;
  const std::string id = resolve(sources_, key, std::nullopt, owner.package);
  if (!id.empty()) {
    add_dependency(depends_on, id);
    return true;
  }
  (void)is_disabled(key, std::nullopt);  // builds the index
  const bool disabled = !disabled_sources_.first(key, std::nullopt).empty();
  report_missing(owner, "source", key, std::nullopt, disabled, span, sources_.names());
  return false;
}

bool Linker::link_metric(const Owner& owner, const std::vector<std::string>& metric,
                         diag::Span span, std::vector<std::string>& depends_on) {
  const std::optional<std::string> package =
      metric.size() == 2 ? std::optional(metric.front()) : std::nullopt;
  const std::string id = resolve(metrics_, metric.back(), package, owner.package);
  if (!id.empty()) {
    add_dependency(depends_on, id);
    return true;
  }
  report_missing(owner, "metric", metric.back(), package, false, span, metrics_.names());
  return false;
}

Linker::Owner Linker::owner_of(const Node& node) const {
  return {node.unique_id,
          node.package_name,
          node.group,
          resource_type_name(node.type),
          node.original_file_path,
          node.type == ResourceType::kTest,
          node.name};
}

Linker::Owner Linker::owner_of(const Resource& resource) const {
  return {resource.unique_id,
          resource.package_name,
          resource.group,
          resource_type_name(resource.type),
          resource.original_file_path,
          false,
          resource.name};
}

void Linker::link_node(Node& node) {
  if (node.type == ResourceType::kSeed) return;
  const Owner owner = owner_of(node);
  bool fine = true;
  for (const SourceArgs& source : node.sources) {
    const diag::Span span =
        source.span ? source.span : find_quoted(loader_, node, source.table_name);
    fine = link_source(owner, source, span, node.depends_on_nodes) && fine;
  }
  fine = link_refs(node, owner) && fine;
  for (const auto& metric : node.metrics) {
    fine = link_metric(owner, metric, node.span, node.depends_on_nodes) && fine;
  }
  fine = link_functions(node, owner) && fine;
  if (!fine) {
    node.enabled = false;
    if (Value* enabled = node.config.edit("enabled")) *enabled = Value(false);
  }
}

bool Linker::link_refs(Node& node, const Owner& owner) {
  bool fine = true;
  for (const RefArgs& ref : node.refs) {
    const diag::Span span = ref.span ? ref.span : find_quoted(loader_, node, ref.name);
    fine = link_ref(owner, ref, span, node.depends_on_nodes) && fine;
  }
  return fine;
}

void Linker::link_function(Node& function) {
  const Owner owner = owner_of(function);
  link_refs(function, owner);
  link_functions(function, owner);
}

bool Linker::link_functions(Node& node, const Owner& owner) {
  bool fine = true;
  for (const std::vector<std::string>& called : node.functions) {
    const std::optional<std::string> package =
        called.size() == 2 ? std::optional(called.front()) : std::nullopt;
    const Node* found = nullptr;
    std::string owner_of_overload;
    bool disabled = false;
    for (const std::optional<std::string>& each :
         packages_to_search(loader_.project.name, node.package_name, package, node_first_)) {
      const std::string id = loader_.functions.first(called.back(), each);
      const auto at = loader_.project.functions.find(id);
      const auto overload = loader_.overload_owners.find(id);
      if (overload != loader_.overload_owners.end()) owner_of_overload = overload->second;
      if (at != loader_.project.functions.end() && at->second->enabled) found = at->second.get();
      if (found != nullptr || !owner_of_overload.empty()) break;
      disabled = disabled || !find_disabled(loader_, called.back(), each, std::nullopt).empty();
    }
    if (found != nullptr) {
      add_dependency(node.depends_on_nodes, found->unique_id);
      continue;
    }
    fine = false;
    const diag::Span span = find_quoted(loader_, node, called.back());
    if (owner_of_overload.empty()) {
      report_missing(owner, "function", called.back(), package, disabled, span,
                     loader_.functions.names());
    } else {
      loader_.error("T036",
                    "'" + called.back() + "' is an overload of '" + owner_of_overload +
                        "' and cannot be called by its own name",
                    span, "call the function that lists it in its overloads", node.unique_id);
    }
  }
  return fine;
}

void Linker::link_resource(Resource& resource) {
  const Owner owner = owner_of(resource);
  for (const SourceArgs& source : resource.sources) {
    link_source(owner, source, source.span ? source.span : resource.span,
                resource.depends_on_nodes);
  }
  for (const RefArgs& ref : resource.refs) {
    link_ref(owner, ref, ref.span ? ref.span : resource.span, resource.depends_on_nodes);
  }
}

// --- Descriptions --------------------------------------------------------------------------------

void Linker::render_description(std::string& text, const std::string& owner_id,
                                const std::string& package, diag::Span span,
                                std::vector<std::string>* blocks) {
  if (!jinja::has_jinja(text)) return;
  try {
    const jinja::TemplateRef parsed = jinja::parse_template(text);
    if (blocks != nullptr) {
      for (const jinja::StaticCall& call : jinja::static_calls(*parsed)) {
        if (call.callee != "doc" || !call.whole_expression) continue;
        std::vector<std::string> names;
        for (const jinja::StaticArg& arg : call.args) {
          if (arg.is_const && arg.literal && arg.literal->is_str()) {
            names.push_back(arg.literal->as_str());
          }
        }
        if (names.empty() || names.size() > 2) continue;
        const std::string id =
            resolve(docs_, names.back(),
                    names.size() == 2 ? std::optional(names.front()) : std::nullopt, package);
        if (!id.empty()) blocks->push_back(id);
      }
    }
    text = interp_.render(parsed, docs_context(owner_id, package));
  } catch (const DbtError& error) {
    diag::Diagnostic diagnostic;
    diagnostic.code = doc_missing_ ? "T009" : "T003";
    diagnostic.message = error.message;
    diagnostic.span = span;
    if (doc_missing_) {
      const std::string near = nearest(missing_doc_, docs_.names());
      if (!near.empty()) diagnostic.help = "did you mean `" + near + "`?";
    }
    diagnostic.node = owner_id;
    loader_.sink.add(std::move(diagnostic));
    doc_missing_ = false;
  } catch (const jinja::TemplateError& error) {
    loader_.template_error(error, nullptr, span, owner_id);
  }
}

jinja::ContextRef Linker::docs_context(const std::string& owner_id, const std::string& package) {
  docs_owner_ = owner_id;
  docs_package_ = package;
  jinja::ContextRef& context = docs_contexts_[package];
  if (context != nullptr) return context;
  auto names = std::make_shared<jinja::MapContext>(session_names(loader_.session));
  names->set("var", make_var(loader_.session, vars_for(*loader_.session, package),
                             "<Configuration>", false));
  names->set("doc", jinja::native("doc", [this](jinja::CallContext&, const jinja::Args& args) {
               return doc_text(args);
             }));
  return context = names;
}

jinja::Value Linker::doc_text(const jinja::Args& args) {
  if (args.positional.empty() || args.positional.size() > 2) {
    raise_compilation_error("doc() takes at most two arguments (" +
                            std::to_string(args.positional.size()) + " given)");
  }
  const std::string name = args.positional.back().to_str();
  std::optional<std::string> package;
  if (args.positional.size() == 2) package = args[0].to_str();
  const std::string id = resolve(docs_, name, package, docs_package_);
  if (id.empty()) {
    doc_missing_ = true;
    missing_doc_ = name;
    raise_compilation_error("Documentation for '" + docs_owner_ + "' depends on doc '" + name +
                            "' " + (package ? "in package '" + *package + "' " : "") +
                            " which was not found");
  }
  return jinja::Value(loader_.project.docs.at(id)->block_contents);
}

void Linker::render_columns(std::vector<std::pair<std::string, Column>>& columns,
                            const std::string& owner_id, const std::string& package) {
  for (auto& [name, column] : columns) {
    render_description(column.description, owner_id, package, column.span, &column.doc_blocks);
  }
}

void Linker::render_descriptions() {
  Project& project = loader_.project;
  for (auto& [id, node] : project.nodes) {
    render_description(node->description, id, node->package_name,
                       node->patch_span ? node->patch_span : node->span, &node->doc_blocks);
    render_columns(node->columns, id, node->package_name);
  }
  for (auto& [id, source] : project.sources) {
    render_description(source->description, id, source->package_name, source->span,
                       &source->doc_blocks);
    render_description(source->source_description, id, source->package_name, source->span, nullptr);
    render_columns(source->columns, id, source->package_name);
  }
  for (auto& [id, macro] : project.macros) {
    render_description(macro->description, id, macro->package_name, macro->span, nullptr);
    for (MacroArgument& argument : macro->arguments) {
      render_description(argument.description, id, macro->package_name, macro->span, nullptr);
    }
  }
  for (auto* resources :
       {&project.exposures, &project.metrics, &project.semantic_models, &project.saved_queries}) {
    for (auto& [id, resource] : *resources) {
      render_resource_text(*resource, resource->data);
      if (resource->type != ResourceType::kSemanticModel) continue;
      for (const char* key : {"dimensions", "measures", "entities"}) {
        Value* list = resource->data.edit(key);
        if (list == nullptr || !list->is_list()) continue;
        for (Value& item : list->edit_list()) render_resource_text(*resource, item);
      }
    }
  }
}

void Linker::render_resource_text(const Resource& resource, Value& data) {
  Value* description = data.is_map() ? data.edit("description") : nullptr;
  if (description == nullptr || !description->is_string()) return;
  std::string text = description->as_string();
  if (!jinja::has_jinja(text)) return;
  render_description(text, resource.unique_id, resource.package_name, resource.span, nullptr);
  *description = Value(std::move(text));
}

// --- What follows from tests ---------------------------------------------------------------------

void Linker::infer_primary_keys() {
  std::unordered_map<std::string, std::vector<const Node*>> tests;
  const auto add = [&](const Node& node) {
    if (!node.attached_node.empty() && node.test_metadata)
      tests[node.attached_node].push_back(&node);
  };
  for (const auto& [id, node] : loader_.project.nodes) add(*node);
  for (const auto& [id, nodes] : loader_.project.disabled) {
    for (const auto& node : nodes) add(*node);
  }
  for (auto& [id, node] : loader_.project.nodes) {
    if (node->type != ResourceType::kModel) continue;
    const auto attached = tests.find(id);
    static const std::vector<const Node*> kNone;
    node->primary_key = primary_key(*node, attached == tests.end() ? kNone : attached->second);
    if (node->primary_key.size() < 2) continue;
    auto& columns = node->primary_key.edit_list();
    std::sort(columns.begin(), columns.end(),
              [](const Value& a, const Value& b) { return python_str(a) < python_str(b); });
  }
}

Value Linker::primary_key(const Node& node, const std::vector<const Node*>& tests) {
  for (const Value& constraint : node.constraints.as_list()) {
    if (text_member(constraint, "type") != "primary_key") continue;
    const Value* columns = constraint.find("columns");
    return columns != nullptr && columns->is_list() ? *columns : Value::list();
  }
  for (const auto& [name, column] : node.columns) {
    for (const Value& constraint : column.constraints.as_list()) {
      if (text_member(constraint, "type") == "primary_key") {
        Value key = Value::list();
        key.push(name);
        return key;
      }
    }
  }
  std::vector<std::string> unique;
  std::vector<std::string> disabled_unique;
  std::vector<std::string> not_null;
  for (const Node* test : tests) {
    std::vector<std::string> columns;
    const Value& kwargs = test->test_metadata->kwargs;
    const Value* column = kwargs.find("column_name");
    const Value* combination = kwargs.find("combination_of_columns");
    if (column != nullptr && column->is_string()) {
      columns.push_back(column->as_string());
    } else if (combination != nullptr && combination->is_list()) {
      for (const Value& each : combination->as_list()) {
        if (each.is_string()) columns.push_back(each.as_string());
      }
    }
    const std::string& name = test->test_metadata->name;
    for (const std::string& each : columns) {
      if (name == "unique" || name == "unique_combination_of_columns") {
        add_dependency(test->enabled ? unique : disabled_unique, each);
      } else if (name == "not_null") {
        add_dependency(not_null, each);
      }
    }
  }
  const auto has = [](const std::vector<std::string>& list, const std::string& text) {
    return std::find(list.begin(), list.end(), text) != list.end();
  };
  std::vector<std::string> chosen;
  for (const std::string& each : not_null) {
    if (has(unique, each) || has(disabled_unique, each)) chosen.push_back(each);
  }
  if (chosen.empty()) chosen = unique.empty() ? disabled_unique : unique;
  return Value::texts(chosen);
}

// --- Checks of the whole -------------------------------------------------------------------------

void Linker::check_relations() {
  std::unordered_map<std::string, const Node*> by_relation;
  for (const Node* node : loader_.node_order) {
    if (node->relation_name.empty()) continue;
    const auto [known, fresh] = by_relation.emplace(node->relation_name, node);
    if (fresh || known->second == node) continue;
    diag::Diagnostic diagnostic;
    diagnostic.code = "T006";
    diagnostic.message = "dbt found two resources with the database representation \"" +
                         replace_all(node->relation_name, "\"", "") + "\"";
    diagnostic.span = node->span;
    diagnostic.labels.push_back(
        {known->second->span, known->second->unique_id + " builds it as well"});
    diagnostic.help = "change the alias, schema or database of one of " + known->second->unique_id +
                      " (" + known->second->original_file_path + ") and " + node->unique_id + " (" +
                      node->original_file_path + ")";
    diagnostic.node = node->unique_id;
    loader_.sink.add(std::move(diagnostic));
  }
}

void Linker::check_snapshots() {
  for (const Node* node : loader_.node_order) {
    if (node->type != ResourceType::kSnapshot) continue;
    const auto given = [&](const char* key) {
      const Value* value = node->config.find(key);
      return value != nullptr && !value->empty();
    };
    const auto bad = [&](const std::string& message) {
      loader_.error("T025", message, node->patch_span ? node->patch_span : node->span, "",
                    node->unique_id);
    };
    const std::string strategy = text_member(node->config, "strategy");
    if (!given("strategy") || !given("unique_key")) {
      bad("Snapshots must be configured with a 'strategy' and 'unique_key'.");
    } else if (strategy == "check") {
      const Value* columns = node->config.find("check_cols");
      if (!given("check_cols")) {
        bad("A snapshot configured with the check strategy must specify a check_cols "
            "configuration.");
      } else if (columns->is_string() && columns->as_string() != "all") {
        bad("Invalid value for 'check_cols': " + columns->as_string() +
            ". Expected 'all' or a list of strings.");
      }
    } else if (strategy == "timestamp") {
      if (!given("updated_at")) {
        bad("A snapshot configured with the timestamp strategy must specify an updated_at "
            "configuration.");
      } else if (given("check_cols")) {
        bad("A 'timestamp' snapshot should not have 'check_cols'");
      }
    }
    const std::string materialized = text_member(node->config, "materialized");
    if (!materialized.empty() && materialized != "snapshot") {
      bad("A snapshot must have a materialized value of 'snapshot'");
    }
  }
}

void Linker::check_groups() {
  std::unordered_set<std::string> groups;
  for (const auto& [id, group] : loader_.project.groups) groups.insert(group->name);
  const auto check = [&](const auto& member, diag::Span span) {
    if (member.group.empty() || groups.contains(member.group)) return;
    const std::string near =
        nearest(member.group, std::vector<std::string>(groups.begin(), groups.end()));
    loader_.error(
        "T034",
        "Invalid group '" + member.group + "', expected one of " +
            list_or({groups.begin(), groups.end()}),
        span, near.empty() ? "declare the group under `groups:`" : "did you mean `" + near + "`?",
        member.unique_id);
  };
  for (const auto* resources : {&loader_.project.metrics, &loader_.project.semantic_models,
                                &loader_.project.saved_queries}) {
    for (const auto& [id, resource] : *resources) check(*resource, resource->span);
  }
  for (const Node* node : loader_.node_order) {
    check(*node, node->patch_span ? node->patch_span : node->span);
  }
  for (const Node* node : loader_.node_order) {
    if (node->type == ResourceType::kModel && node->access == "public" &&
        node->materialized() == "ephemeral") {
      loader_.error("T011",
                    "Node " + node->unique_id +
                        " with 'ephemeral' materialization has an invalid "
                        "value (public) for the access field",
                    node->patch_span ? node->patch_span : node->span, "", node->unique_id);
    }
  }
}

void Linker::check_cycles() {
  enum class Mark : char { kNew, kOpen, kDone };
  std::unordered_map<const Node*, Mark> marks;
  struct Frame {
    const Node* node;
    std::size_t next = 0;
  };
  std::vector<const Node*> starts(loader_.node_order.begin(), loader_.node_order.end());
  for (const auto& [id, function] : loader_.project.functions) starts.push_back(function.get());
  for (const Node* start : starts) {
    if (marks[start] != Mark::kNew) continue;
    std::vector<Frame> stack = {{start}};
    marks[start] = Mark::kOpen;
    while (!stack.empty()) {
      Frame& top = stack.back();
      if (top.next == top.node->depends_on_nodes.size()) {
        marks[top.node] = Mark::kDone;
        stack.pop_back();
        continue;
      }
      const Node* parent = loader_.project.find_node(top.node->depends_on_nodes[top.next++]);
      if (parent == nullptr) continue;
      Mark& mark = marks[parent];
      if (mark == Mark::kNew) {
        mark = Mark::kOpen;
        stack.push_back({parent});
      } else if (mark == Mark::kOpen) {
        std::vector<std::string> path;
        std::size_t from = 0;
        while (stack[from].node != parent) ++from;
        for (std::size_t i = from; i < stack.size(); ++i) path.push_back(stack[i].node->unique_id);
        path.push_back(parent->unique_id);
        diag::Diagnostic cycle;
        cycle.code = "T007";
        cycle.message = "Found a cycle: " + join(path, " --> ");
        cycle.span = top.node->span;
        cycle.help = "remove one of these references";
        cycle.node = top.node->unique_id;
        // dbt's parse does not order nodes, and does not mind.
        if (loader_.options.command == "parse") cycle.severity = diag::Severity::kWarning;
        loader_.sink.add(std::move(cycle));
        mark = Mark::kDone;  // one report for each circle
      }
    }
  }
}

// --- The maps ------------------------------------------------------------------------------------

void Linker::build_maps() {
  GraphMaps& graph = loader_.out.graph;
  Project& project = loader_.project;
  // Ids come in order, but for the change of kind: each belongs at the end, most often.
  const auto add = [&](const std::string& id, std::vector<std::string> parents) {
    graph.children.try_emplace(graph.children.end(), id);
    std::sort(parents.begin(), parents.end());
    graph.parents.insert_or_assign(graph.parents.end(), id, std::move(parents));
  };
  for (const auto& [id, node] : project.nodes) add(id, node->depends_on_nodes);
  for (const auto& [id, source] : project.sources) add(id, {});
  for (const auto& [id, function] : project.functions) add(id, function->depends_on_nodes);
  for (auto* resources : {&project.exposures, &project.metrics, &project.semantic_models,
                          &project.saved_queries, &project.unit_tests}) {
    for (const auto& [id, resource] : *resources) add(id, resource->depends_on_nodes);
  }
  for (const auto& [id, parents] : graph.parents) {
    for (const std::string& parent : parents) {
      const auto found = graph.children.find(parent);
      if (found != graph.children.end()) found->second.push_back(id);
    }
  }
  for (auto& [id, children] : graph.children) std::sort(children.begin(), children.end());
}

void Linker::run() {
  Project& project = loader_.project;
  for (auto& [id, node] : project.nodes) link_node(*node);
  for (auto& [id, function] : project.functions) link_function(*function);
  for (auto* resources : {&project.exposures, &project.metrics, &project.semantic_models}) {
    for (auto& [id, resource] : *resources) link_resource(*resource);
  }
  for (auto& [id, exposure] : project.exposures) {
    const Value* metrics = exposure->data.find("metrics");
    if (metrics == nullptr || !metrics->is_list()) continue;
    for (const Value& metric : metrics->as_list()) {
      std::vector<std::string> parts;
      for (const Value& part : metric.as_list()) parts.push_back(python_str(part));
      link_metric(owner_of(*exposure), parts, exposure->span, exposure->depends_on_nodes);
    }
  }
  link_unit_tests(loader_);
  render_descriptions();
  link_semantics(loader_, *this);
  infer_primary_keys();
  check_groups();
  check_snapshots();
  check_microbatch(loader_);
  check_relations();
  check_functions(loader_);
  check_cycles();
  for (auto* resources : {&project.exposures, &project.metrics, &project.semantic_models,
                          &project.saved_queries, &project.unit_tests}) {
    for (auto& [id, resource] : *resources) refresh_data(*resource);
  }
  build_maps();
}

void link_project(Loader& loader) { Linker(loader).run(); }

}  // namespace floe::dbt
