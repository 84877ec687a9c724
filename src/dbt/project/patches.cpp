// SPDX-License-Identifier: Apache-2.0
// What properties files say about models, seeds, snapshots, analyses, functions, tests and macros.
#include "base/hash.h"
#include "base/text.h"
#include "dbt/context/convert.h"
#include "dbt/project/config_shapes.h"
#include "dbt/project/properties.h"
#include "dbt/project/property_shapes.h"
#include "dbt/project/semantics.h"
#include "dbt/project/static_sql.h"

#include <algorithm>

namespace floe::dbt {

namespace {

/// What one properties entry says about one node.
struct Patch {
  std::string name;
  std::string description;
  std::vector<std::pair<std::string, Column>> columns;
  Value config = Value::map();
  Value written_config = Value::map();
  Value constraints = Value::list();
  std::string access;
  Value version;
  Value latest_version;
  std::string deprecation_date;
  Value time_spine;
  const Value* entry = nullptr;  // of functions
  diag::Span span;
};

ResourceType type_of_key(const std::string& key) {
  if (key == "seeds") return ResourceType::kSeed;
  if (key == "snapshots") return ResourceType::kSnapshot;
  if (key == "analyses") return ResourceType::kAnalysis;
  if (key == "functions") return ResourceType::kFunction;
  return ResourceType::kModel;
}

/// meta, docs, group, contract and access at the top of an entry belong to its config. False if
/// one of them stands at both places.
bool move_into_config(Loader& loader, Value& entry,
                      diag::Severity severity = diag::Severity::kError) {
  bool fine = true;
  for (const char* key : {"meta", "docs", "group", "contract", "access"}) {
    Value* top = entry.edit(key);
    if (top == nullptr) continue;
    Value* config = entry.edit("config");
    if (config != nullptr && config->find(key) != nullptr) {
      const ShapeProblem problem = {
          "",
          std::string("found ") + key + " dictionary in 'config' dictionary and as top-level key",
          top->span,
          {},
          "remove the top-level key and keep the one under `config`"};
      loader.shape_error("T008", text_member(entry, "name"), {problem}, top->span, "", severity);
      fine = false;
      continue;
    }
    Value moved = std::move(*top);
    entry.erase(key);
    if (entry.find("config") == nullptr) entry.set("config", Value::map());
    entry.edit("config")->set(key, std::move(moved));
  }
  return fine;
}

/// YAML dates as dbt writes them: with time and zone.
std::string normal_date(const Value* value) {
  if (value == nullptr || value->is_null()) return {};
  std::string text = python_str(*value);
  if (text.size() == 10) return text + "T00:00:00+00:00";
  const std::size_t space = text.find(' ');
  if (space != std::string::npos) text[space] = 'T';
  if (text.ends_with('Z')) text.pop_back();
  return text.find_first_of("+-", 11) == std::string::npos ? text + "+00:00" : text;
}

std::string constraints_repr(const Value& constraints, bool model_level) {
  std::string out = "[";
  for (const Value& each : constraints.as_list()) {
    if (out.size() > 1) out += ", ";
    const std::string type = text_member(each, "type");
    out += model_level ? "ModelLevelConstraint(" : "ColumnLevelConstraint(";
    out += "type=<ConstraintType." + type + ": '" + type + "'>";
    for (const char* key :
         {"name", "expression", "warn_unenforced", "warn_unsupported", "to", "to_columns"}) {
      out += std::string(", ") + key + "=" + python_repr(*each.find(key));
    }
    if (model_level) out += ", columns=" + python_repr(*each.find("columns"));
    out += ")";
  }
  return out + "]";
}

/// A digest of the columns and constraints that an enforced contract promises.
void set_contract_checksum(Node& node) {
  const Value* enforced = node.contract.find("enforced");
  if (enforced == nullptr || !enforced->is_bool() || !enforced->as_bool()) return;
  const Value* known = node.contract.find("checksum");
  if (known != nullptr && !known->is_null()) return;
  std::vector<const Column*> columns;
  for (const auto& [name, column] : node.columns) columns.push_back(&column);
  std::sort(columns.begin(), columns.end(),
            [](const Column* a, const Column* b) { return a->name < b->name; });
  std::string state;
  for (const Column* column : columns) {
    state += "|" + column->name + column->data_type.value_or("None") +
             constraints_repr(column->constraints, false);
  }
  const std::string materialized = node.materialized();
  if (materialized == "table" || materialized == "incremental") {
    state += materialized + constraints_repr(node.constraints, true);
  }
  node.contract.set("checksum", sha256_hex(state));
}

void check_contract(Loader& loader, const Node& node, const Patch& patch) {
  const Value* enforced = node.contract.find("enforced");
  if (enforced == nullptr || !enforced->is_bool() || !enforced->as_bool()) return;
  if (node.columns.empty()) {
    loader.error("T024",
                 "Contract enforcement failed for: (" + node.original_file_path +
                     ")\nConstraints must be defined in a `yml` schema configuration file like "
                     "`schema.yml`.",
                 patch.span, "declare the model's columns with their data types", node.unique_id);
  }
  if (node.language != "sql") {
    loader.error("T024",
                 "Contract enforcement failed for: (" + node.original_file_path +
                     ")\nLanguage Error: Expected 'sql' but found '" + node.language + "'",
                 patch.span, "", node.unique_id);
  }
}

/// Constraints need a table to be kept in.
void warn_of_materialization(Loader& loader, const Node& node, const Patch& patch) {
  const Value* enforced = node.contract.find("enforced");
  if (enforced == nullptr || !enforced->is_bool() || !enforced->as_bool()) return;
  const std::string materialized = node.materialized();
  if (materialized == "table" || materialized == "incremental") return;
  const auto minds = [](const Value& constraint) {
    const Value* warns = constraint.find("warn_unsupported");
    return warns == nullptr || !warns->is_bool() || warns->as_bool();
  };
  const bool any = std::any_of(node.columns.begin(), node.columns.end(), [&](const auto& entry) {
    const auto& constraints = entry.second.constraints.as_list();
    return std::any_of(constraints.begin(), constraints.end(), minds);
  });
  if (!any) return;
  loader.warn({{"UnsupportedConstraintMaterialization",
                "constraints of columns have no effect on a " + materialized,
                warning_data({{"materialized", materialized}})},
               patch.span,
               "`warn_unsupported: false` in the constraint says that this is meant",
               node.unique_id});
}

void check_primary_keys(Loader& loader, const Node& node, const Patch& patch) {
  std::vector<std::string> columns;
  for (const auto& [name, column] : node.columns) {
    for (const Value& constraint : column.constraints.as_list()) {
      if (text_member(constraint, "type") == "primary_key") columns.push_back("'" + name + "'");
    }
  }
  std::string problem;
  if (columns.size() > 1) {
    problem = "Found " + std::to_string(columns.size()) + " columns ([" + join(columns, ", ") +
              "]) with primary key constraints defined. Primary keys for multiple columns must be "
              "defined as a model level constraint.";
  }
  const bool at_model = std::any_of(
      patch.constraints.as_list().begin(), patch.constraints.as_list().end(),
      [](const Value& constraint) { return text_member(constraint, "type") == "primary_key"; });
  if (!columns.empty() && at_model) {
    problem =
        "Primary key constraints defined at the model level and the columns level. Primary "
        "keys can be defined at the model level or the column level, not both.";
  }
  if (problem.empty()) return;
  loader.error("T024",
               "Primary key constraint error: (" + node.original_file_path + ")\n" + problem,
               patch.span, "", node.unique_id);
}

/// Foreign keys are references too.
void add_foreign_keys(Loader& loader, Node& node, const Value& constraints) {
  for (const Value& each : constraints.as_list()) {
    const Value* to = each.find("to");
    if (text_member(each, "type") != "foreign_key" || to == nullptr || !to->is_string()) continue;
    StaticSql found;
    if (!read_static_expression(to->as_string(), found) ||
        (found.refs.empty() && found.sources.empty())) {
      loader.error("T024",
                   "Invalid 'ref' or 'source' syntax on foreign key constraint 'to' on model " +
                       node.name + ": " + to->as_string() + ".",
                   to->span, "write ref('model') or source('source', 'table')", node.unique_id);
      continue;
    }
    for (RefArgs& ref : found.refs) {
      ref.span = to->span;
      node.refs.push_back(std::move(ref));
    }
    for (SourceArgs& source : found.sources) {
      source.span = to->span;
      node.sources.push_back(std::move(source));
    }
  }
}

void set_constraints(Loader& loader, Node& node, const Patch& patch) {
  check_contract(loader, node, patch);
  warn_of_materialization(loader, node, patch);
  check_primary_keys(loader, node, patch);
  node.constraints =
      constraints_of(loader, &patch.constraints, true, "model " + node.name, node.unique_id);
  add_foreign_keys(loader, node, node.constraints);
  for (const auto& [name, column] : node.columns)
    add_foreign_keys(loader, node, column.constraints);
}

/// A key that only models have.
void warn_of_field(PropertiesStep& step, const Node& node, const Patch& patch, const char* key) {
  const std::string type(resource_type_name(node.type));
  step.loader.warn(
      {{"ValidationWarning",
        "Field " + std::string(key) + " is not valid for " + type + " (" + patch.name + ")",
        warning_data({{"field_name", key}, {"node_name", patch.name}, {"resource_type", type}})},
       patch.span,
       "only models have `" + std::string(key) + "`",
       node.unique_id});
}

void set_properties(PropertiesStep& step, Node& node, const Patch& patch) {
  node.patch_path = step.patch_path();
  node.patch_span = patch.span;
  node.description = patch.description;
  node.columns = patch.columns;
  node.name = patch.name;
  if (node.type != ResourceType::kModel) {
    if (!patch.constraints.empty()) warn_of_field(step, node, patch, "constraints");
    return;
  }
  node.version = patch.version;
  node.latest_version = patch.latest_version;
  node.deprecation_date = patch.deprecation_date;
  if (!patch.access.empty()) node.access = patch.access;
  node.time_spine = patch.time_spine;
}

/// An access that is none is an error whatever the node is; a model's config says so itself.
void check_access(Loader& loader, const Node& node, const Value* access) {
  if (access == nullptr || fits(*access, kAccessShape)) return;
  std::vector<ShapeProblem> problems = shape_problems(*access, kAccessShape);
  for (ShapeProblem& problem : problems) problem.path = "['access']";
  loader.shape_error("T011",
                     "Node " + node.unique_id + " has an invalid value (" + python_str(*access) +
                         ") for the access field",
                     problems, access->span, node.unique_id);
}

void set_config(PropertiesStep& step, Node& node, const Patch& patch) {
  if (patch.config.as_map().empty()) return;
  check_access(step.loader, node, patch.config.find("access"));
  apply_config(step.loader, node, &patch.config, &patch.written_config);
  render_hooks(step.loader, step.worker, node);
}

/// `time_spine` with all its keys.
Value time_spine_of(const Value& entry) {
  const Value* given = entry.find("time_spine");
  if (given == nullptr || !given->is_map()) return {};
  Value out = Value::map();
  const Value* column = given->find("standard_granularity_column");
  out.set("standard_granularity_column", column ? *column : Value());
  Value custom = Value::list();
  if (const Value* list = given->find("custom_granularities"); list && list->is_list()) {
    for (const Value& each : list->as_list()) {
      Value one = Value::map();
      one.set("name", each.find("name") ? *each.find("name") : Value());
      one.set("column_name", each.find("column_name") ? *each.find("column_name") : Value());
      custom.push(std::move(one));
    }
  }
  out.set("custom_granularities", std::move(custom));
  return out;
}

Patch patch_of(PropertiesStep& step, const PropertiesEntry& entry) {
  Patch patch;
  patch.name = entry.name;
  patch.span = entry.name_span;
  patch.description = text_member(entry.data, "description");
  patch.columns = columns_of(step.loader, entry.data.find("columns"), entry.name);
  patch.config = map_member(entry.data, "config");
  patch.written_config = map_member(*entry.written, "config");
  if (const Value* constraints = entry.data.find("constraints");
      constraints && constraints->is_list())
    patch.constraints = *constraints;
  patch.deprecation_date = normal_date(entry.data.find("deprecation_date"));
  patch.time_spine = time_spine_of(entry.data);
  return patch;
}

void no_node(PropertiesStep& step, const std::string& name, const std::string& key,
             diag::Span span) {
  std::vector<std::string> known;
  for (const Node* node : step.loader.node_order) {
    if (node->type == type_of_key(key)) known.push_back(node->name);
  }
  if (key == "functions") known = step.loader.functions.names();
  const std::string near = nearest(name, known);
  step.loader.warn(
      {{"NoNodeForYamlKey",
        "Did not find matching node for patch with name '" + name + "' in the '" + key +
            "' section of file '" + step.file.original + "'",
        warning_data({{"file_path", step.file.original}, {"patch_name", name}, {"yaml_key", key}})},
       span,
       near.empty() ? "" : "did you mean `" + near + "`?"});
}

bool already_patched(PropertiesStep& step, const Node& node, const Patch& patch) {
  if (node.patch_path.empty()) return false;
  diag::Diagnostic diagnostic;
  diagnostic.code = "T019";
  diagnostic.message = "dbt found two schema.yml entries for the same resource named " + patch.name;
  diagnostic.span = patch.span;
  diagnostic.labels.push_back({node.patch_span, "first described here"});
  diagnostic.help =
      "resources and their associated columns may only be described a single time: "
      "remove one of the two entries";
  diagnostic.node = node.unique_id;
  step.loader.sink.add(std::move(diagnostic));
  return true;
}

void warn_wrong_section(PropertiesStep& step, const Patch& patch, const std::string& key,
                        ResourceType type) {
  const std::string of_node(resource_type_name(type));
  const std::string plural = type == ResourceType::kAnalysis ? "analyses" : of_node + "s";
  step.loader.warn({{"WrongResourceSchemaFile",
                     "'" + patch.name + "' is a " + of_node + " node, but it is specified in the " +
                         key + " section of " + step.file.original,
                     warning_data({{"file_path", step.file.original},
                                   {"patch_name", patch.name},
                                   {"plural_resource_type", plural},
                                   {"resource_type", of_node},
                                   {"yaml_key", key}})},
                    patch.span,
                    "move the entry to `" + plural + "`"});
}

/// The node an entry describes: enabled (one) or disabled (any number).
std::vector<Node*> find_patched(PropertiesStep& step, const Patch& patch, const std::string& key) {
  Loader& loader = step.loader;
  const ResourceType type = type_of_key(key);
  std::string id;
  if (type == ResourceType::kFunction) {
    // Of any package; one that became an overload of another is left alone.
    id = loader.functions.first(patch.name, std::nullopt);
    const auto function = loader.project.functions.find(id);
    if (function != loader.project.functions.end()) return {function->second.get()};
    if (!id.empty()) return {};
  } else if (type == ResourceType::kAnalysis) {
    for (const Node* node : loader.node_order) {
      if (node->type == type && node->name == patch.name) id = node->unique_id;
    }
  } else {
    id = loader.refs.first(patch.name, step.package().name);
    if (id.empty()) id = loader.refs.first(patch.name, std::nullopt);
  }
  if (!id.empty()) {
    Node* node = loader.project.nodes.at(id).get();
    if (node->type != type) {
      warn_wrong_section(step, patch, key, node->type);
      return {};
    }
    return {node};
  }
  std::vector<Node*> disabled = find_disabled(loader, patch.name, step.package().name, type);
  if (disabled.empty()) {
    no_node(step, patch.name, key, patch.span);
    return {};
  }
  const Value* enabled = patch.config.find("enabled");
  if (disabled.size() > 1 && enabled != nullptr && enabled->is_bool() && enabled->as_bool()) {
    loader.error("T008",
                 "Found " + std::to_string(disabled.size()) + " matching disabled nodes for " +
                     std::string(resource_type_name(type)) + " '" + patch.name +
                     "'. Multiple nodes for the same unique id cannot be enabled in the schema "
                     "file. They must be enabled in `dbt_project.yml` or in the sql files.",
                 patch.span);
    return {};
  }
  return disabled;
}

void apply_patch(PropertiesStep& step, const Patch& patch, const std::string& key) {
  const std::vector<Node*> nodes = find_patched(step, patch, key);
  for (Node* node : nodes) {
    if (node->enabled && already_patched(step, *node, patch)) continue;
    set_config(step, *node, patch);
    set_properties(step, *node, patch);
    if (node->type == ResourceType::kModel) {
      set_constraints(step.loader, *node, patch);
      set_contract_checksum(*node);
    }
    if (node->type == ResourceType::kFunction) set_function_properties(step, *node, *patch.entry);
  }
}

// --- Tests of an entry ---------------------------------------------------------------------------

void add_tests(PropertiesStep& step, const TestTarget& target, const Value* tests,
               const Value* column, bool quote_columns, const Value& version) {
  if (tests == nullptr || !tests->is_list()) return;
  TestSpec spec;
  spec.version = version;
  if (column != nullptr) {
    spec.column = text_member(*column, "name");
    const Value* quote = column->find("quote");
    const bool quoted = quote != nullptr && quote->is_bool() ? quote->as_bool() : quote_columns;
    if (quoted) spec.column = "\"" + *spec.column + "\"";
    spec.tags = texts_member(*column, "tags");
    for (std::string& tag : texts_member(map_member(*column, "config"), "tags")) {
      spec.tags.push_back(std::move(tag));
    }
  }
  for (const Value& test : tests->as_list()) {
    spec.test = &test;
    std::unique_ptr<Node> node = step.tests.build(step.worker, step.context, target, spec);
    if (node != nullptr) step.loader.add_node(std::move(node));
  }
}

void add_column_tests(PropertiesStep& step, const TestTarget& target,
                      const std::vector<const Value*>& columns, bool quote_columns,
                      const Value& version) {
  for (const Value* column : columns) {
    if (!column->is_map() || column->find("name") == nullptr) continue;
    add_tests(step, target, column->find("data_tests"), column, quote_columns, version);
  }
}

std::vector<const Value*> column_entries(const Value* columns) {
  std::vector<const Value*> entries;
  if (columns == nullptr || !columns->is_list()) return entries;
  for (const Value& each : columns->as_list()) entries.push_back(&each);
  return entries;
}

TestTarget target_of(PropertiesStep& step, const PropertiesEntry& entry, const std::string& key) {
  TestTarget target;
  target.kind = key == "models" ? TestTarget::Kind::kModel : TestTarget::Kind::kOther;
  target.name = entry.name;
  target.yaml_key = key;
  target.file = &step.file;
  return target;
}

bool quotes_columns(const Value& entry) {
  const Value* quote = entry.find("quote_columns");
  return quote != nullptr && quote->is_bool() && quote->as_bool();
}

// --- Versions ------------------------------------------------------------------------------------

/// The columns of a version: those of the model that it includes, then its own.
std::vector<const Value*> version_columns(const Value& entry, const Value& version) {
  std::vector<const Value*> own;
  const Value* rule = nullptr;
  for (const Value* each : column_entries(version.find("columns"))) {
    if (each->find("include") != nullptr && each->find("name") == nullptr) {
      rule = each;
    } else {
      own.push_back(each);
    }
  }
  const auto listed = [](const Value* list, const std::string& name) {
    if (list == nullptr) return false;
    if (list->is_string()) return list->as_string() == "*" || list->as_string() == "all";
    if (!list->is_list()) return false;
    return std::any_of(list->as_list().begin(), list->as_list().end(), [&](const Value& item) {
      return item.is_string() && item.as_string() == name;
    });
  };
  std::vector<const Value*> columns;
  for (const Value* each : column_entries(entry.find("columns"))) {
    const std::string name = each->is_map() ? text_member(*each, "name") : "";
    const Value* include = rule == nullptr ? nullptr : rule->find("include");
    const Value* exclude = rule == nullptr ? nullptr : rule->find("exclude");
    const bool included = rule == nullptr || include == nullptr || listed(include, name);
    if (included && !listed(exclude, name)) columns.push_back(each);
  }
  columns.insert(columns.end(), own.begin(), own.end());
  return columns;
}

bool version_less(const Value& a, const Value& b) {
  const auto number = [](const Value& value) -> std::optional<double> {
    if (value.is_number()) return value.as_double();
    try {
      std::size_t used = 0;
      const double parsed = std::stod(value.as_string(), &used);
      if (used == value.as_string().size()) return parsed;
    } catch (const std::exception&) {
      return std::nullopt;
    }
    return std::nullopt;
  };
  const std::optional<double> left = number(a);
  const std::optional<double> right = number(b);
  if (left && right) return *left < *right;
  return python_str(a) < python_str(b);
}

/// The versions of an entry, and which is the latest; empty if there are none.
std::vector<const Value*> versions_of(const PropertiesEntry& entry, Value& latest) {
  std::vector<const Value*> versions;
  const Value* list = entry.data.find("versions");
  if (list == nullptr) return versions;
  for (const Value& each : list->as_list()) versions.push_back(&each);
  const Value* given = entry.data.find("latest_version");
  if (given != nullptr && !given->is_null()) {
    latest = *given;
    return versions;
  }
  for (const Value* each : versions) {
    if (latest.is_null() || version_less(latest, *each->find("v"))) latest = *each->find("v");
  }
  return versions;
}

/// A seed or snapshot of a versioned model's name: dbt takes it for the model, and fails.
bool has_namesake(PropertiesStep& step, const PropertiesEntry& entry, const std::string& name) {
  const std::string& package = step.package().name;
  for (const char* type : {"seed", "snapshot"}) {
    const Node* other =
        step.loader.project.find_node(std::string(type) + "." + package + "." + name);
    if (other == nullptr) continue;
    step.loader.error("T005",
                      "model '" + entry.name + "' has versions, but a " + type +
                          " of the same package is called '" + name + "' as well",
                      entry.name_span, "give one of the two another name", other->unique_id);
    return true;
  }
  return false;
}

/// Takes the node of a version out of the project (or the disabled ones), to be put back renamed.
std::unique_ptr<Node> take_version_node(PropertiesStep& step, const PropertiesEntry& entry,
                                        const std::string& file_name, bool is_latest) {
  Loader& loader = step.loader;
  const std::string& package = step.package().name;
  std::string id = loader.refs.first(file_name, package);
  if (id.empty() && is_latest) id = loader.refs.first(entry.name, package);
  if (!id.empty()) {
    auto node = loader.project.nodes.extract(id);
    std::erase(loader.node_order, node.mapped().get());
    return std::move(node.mapped());
  }
  const std::vector<Node*> disabled =
      find_disabled(loader, file_name, std::nullopt, ResourceType::kModel);
  if (disabled.empty()) return nullptr;
  auto& nodes = loader.project.disabled[disabled.front()->unique_id];
  std::unique_ptr<Node> node = std::move(nodes.front());
  loader.project.disabled.erase(node->unique_id);
  return node;
}

void patch_version(PropertiesStep& step, const PropertiesEntry& entry, const Value& version,
                   const Value& latest) {
  const Value& v = *version.find("v");
  const std::string suffix = "v" + python_str(v);
  const std::string defined_in = text_member(version, "defined_in");
  const std::string file_name = defined_in.empty() ? entry.name + "_" + suffix : defined_in;
  std::unique_ptr<Node> node = take_version_node(step, entry, file_name, same_version(v, latest));
  if (node == nullptr) {
    no_node(step, file_name, "models", version.find("v")->span);
    return;
  }
  node->unique_id = "model." + step.package().name + "." + entry.name + "." + suffix;
  node->fqn.back() = entry.name;
  node->fqn.push_back(suffix);
  Patch patch = patch_of(step, entry);
  const std::string own_description = text_member(version, "description");
  if (!own_description.empty()) patch.description = own_description;
  Value columns = Value::list();
  for (const Value* each : version_columns(entry.data, version)) columns.push(*each);
  patch.columns = columns_of(step.loader, &columns, node->unique_id);
  patch.config = deep_merge_config(patch.config, map_member(version, "config"));
  patch.written_config = map_member(version, "config");  // dbt looks at the version's own only
  if (const Value* own = version.find("constraints"); own && own->is_list() && !own->empty()) {
    patch.constraints = *own;
  }
  const Value* access = version.find("access");
  if (access != nullptr && !access->empty()) {
    check_access(step.loader, *node, access);
    patch.access = access->as_string();
  }
  patch.version = v;
  patch.latest_version = latest;
  patch.deprecation_date = normal_date(version.find("deprecation_date"));
  patch.time_spine = Value();
  if (already_patched(step, *node, patch)) node->patch_path.clear();
  set_properties(step, *node, patch);
  apply_config(step.loader, *node, &patch.config, &patch.written_config);
  render_hooks(step.loader, step.worker, *node);
  set_constraints(step.loader, *node, patch);
  set_contract_checksum(*node);
  step.loader.add_node(std::move(node));
}

}  // namespace

void patch_models(PropertiesStep& step) {
  if (step.data.find("models") == nullptr) return;
  std::vector<PropertiesEntry> entries = entries_of(step, "models");
  for (PropertiesEntry& entry : entries) {
    move_into_config(step.loader, entry.data);
    rename_tests(step.loader, entry.data);
    Value latest;
    const std::vector<const Value*> versions = versions_of(entry, latest);
    if (versions.empty()) {
      apply_patch(step, patch_of(step, entry), "models");
      const std::string id = step.loader.refs.first(entry.name, step.package().name);
      if (entry.data.find("semantic_model") != nullptr && !id.empty()) {
        add_model_semantics(step, entry.data, *step.loader.project.nodes.at(id), entry.name_span);
      }
      continue;
    }
    if (has_namesake(step, entry, entry.name)) continue;
    for (const Value* version : versions) patch_version(step, entry, *version, latest);
    rebuild_refs(step.loader);
  }
  for (const PropertiesEntry& entry : entries) {
    const TestTarget target = target_of(step, entry, "models");
    const bool quoted = quotes_columns(entry.data);
    Value latest;
    const Value* versions = entry.data.find("versions");
    if (versions == nullptr || !versions->is_list() || versions->empty()) {
      add_column_tests(step, target, column_entries(entry.data.find("columns")), quoted, {});
      add_tests(step, target, entry.data.find("data_tests"), nullptr, quoted, {});
      continue;
    }
    for (const Value& version : versions->as_list()) {
      const Value* v = version.is_map() ? version.find("v") : nullptr;
      if (v == nullptr) continue;
      add_column_tests(step, target, version_columns(entry.data, version), quoted, *v);
      const Value* own = version.find("data_tests");
      add_tests(step, target,
                own != nullptr && !own->is_null() ? own : entry.data.find("data_tests"), nullptr,
                quoted, *v);
    }
  }
}

namespace {

/// A snapshot that is only YAML: `relation` says what it copies.
void add_yaml_snapshots(PropertiesStep& step, std::vector<PropertiesEntry>& entries) {
  bool added = false;
  for (PropertiesEntry& entry : entries) {
    const Value* relation = entry.data.find("relation");
    if (relation == nullptr) continue;
    StaticSql found;
    if (!relation->is_string() || !read_static_expression(relation->as_string(), found) ||
        (found.refs.empty() && found.sources.empty())) {
      step.loader.error("T025", "Invalid ref or source expression: " + python_str(*relation),
                        relation->span, "write ref('model') or source('source', 'table')");
      continue;
    }
    std::unique_ptr<Node> node =
        make_node(step.loader, ResourceType::kSnapshot, step.file, entry.name, entry.name + ".sql",
                  fqn_of(step.package().name, step.file.relative, entry.name));
    node->raw_code = "select * from {{ " + relation->as_string() + " }}";
    node->span = entry.name_span;
    node->refs = std::move(found.refs);
    node->sources = std::move(found.sources);
    for (RefArgs& ref : node->refs) ref.span = relation->span;
    for (SourceArgs& source : node->sources) source.span = relation->span;
    node->config = base_config(step.loader, *node);
    if (entry.data.find("config") == nullptr) apply_config(step.loader, *node, nullptr, nullptr);
    step.loader.add_node(std::move(node));
    added = true;
  }
  if (added) rebuild_refs(step.loader);
}

}  // namespace

void patch_nodes(PropertiesStep& step, const std::string& key) {
  if (step.data.find(key) == nullptr) return;
  std::vector<PropertiesEntry> entries = entries_of(step, key);
  if (key == "snapshots") add_yaml_snapshots(step, entries);
  for (PropertiesEntry& entry : entries) {
    move_into_config(step.loader, entry.data);
    rename_tests(step.loader, entry.data);
    Patch patch = patch_of(step, entry);
    patch.entry = &entry.data;
    apply_patch(step, patch, key);
  }
  if (key == "analyses" || key == "functions") return;
  for (const PropertiesEntry& entry : entries) {
    const TestTarget target = target_of(step, entry, key);
    const bool quoted = quotes_columns(entry.data);
    add_column_tests(step, target, column_entries(entry.data.find("columns")), quoted, {});
    add_tests(step, target, entry.data.find("data_tests"), nullptr, quoted, {});
  }
}

namespace {

/// A config that dbt cannot read is only warned about here, and ends the section.
bool can_read_test_config(PropertiesStep& step, const Node& node, const Patch& patch) {
  ConfigFindings findings;
  const Value* access = patch.config.find("access");
  if (access != nullptr) findings.problems = shape_problems(*access, kAccessShape);
  const Value* meta = patch.config.find("meta");
  if (meta == nullptr || meta->is_map()) {
    Value config = config_class(node.type).defaults;
    merge_config(config_class(node.type), config, patch.config, findings);
    check_config(config_class(node.type), config, findings);
  }
  step.loader.shape_error("T011", "Unable to parse 'data_tests' section: " + node.unique_id,
                          findings.problems, patch.span, node.unique_id, diag::Severity::kWarning);
  return findings.problems.empty();
}

}  // namespace

void patch_singular_tests(PropertiesStep& step) {
  if (step.data.find("data_tests") == nullptr) return;
  for (PropertiesEntry& entry : entries_of(step, "data_tests")) {
    if (!move_into_config(step.loader, entry.data, diag::Severity::kWarning)) return;
    const std::string id = "test." + step.package().name + "." + entry.name;
    const auto found = step.loader.project.nodes.find(id);
    if (found == step.loader.project.nodes.end()) {
      no_node(step, entry.name, "data_tests", entry.name_span);
      continue;
    }
    Node& node = *found->second;
    const Patch patch = patch_of(step, entry);
    if (!can_read_test_config(step, node, patch)) return;
    set_config(step, node, patch);
    node.patch_path = step.patch_path();
    node.patch_span = patch.span;
    node.description = patch.description;
  }
}

}  // namespace floe::dbt
