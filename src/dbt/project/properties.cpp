// SPDX-License-Identifier: Apache-2.0
#include "dbt/project/properties.h"

#include "base/text.h"
#include "dbt/context/convert.h"
#include "dbt/project/property_shapes.h"
#include "dbt/project/python_text.h"
#include "dbt/project/render.h"

#include <algorithm>

namespace floe::dbt {

// --- Reading members -----------------------------------------------------------------------------

std::string text_member(const Value& map, std::string_view key) {
  const Value* value = map.find(key);
  return value == nullptr || value->is_null() ? std::string() : python_str(*value);
}

Value map_member(const Value& map, std::string_view key) {
  const Value* value = map.find(key);
  return value != nullptr && value->is_map() ? *value : Value::map();
}

std::vector<std::string> texts_member(const Value& map, std::string_view key) {
  std::vector<std::string> texts;
  const Value* value = map.find(key);
  if (value == nullptr) return texts;
  if (value->is_list()) {
    for (const Value& item : value->as_list()) texts.push_back(python_str(item));
  } else if (value->is_string()) {
    texts.push_back(value->as_string());
  }
  return texts;
}

// --- Which strings are rendered when -------------------------------------------------------------

namespace {

bool is_late_key(std::string_view key) {
  return key == "tests" || key == "data_tests" || key == "description";
}

/// Descriptions and tests are rendered later; `path` starts at the entry (or the source's table).
bool is_norender(const KeyPath& path, std::size_t from) {
  const std::size_t size = path.size() - from;
  const auto at = [&](std::size_t i) { return path[from + i]; };
  const auto late = [&](std::size_t i) { return is_late_key(at(i)) || at(i) == "loaded_at_query"; };
  if (size >= 1 && late(0)) return true;
  if (size == 2 && late(1)) return true;
  if (size >= 2 && at(0) == "config" &&
      (at(1) == "pre_hook" || at(1) == "post_hook" || at(1) == "loaded_at_query")) {
    return true;
  }
  if (size == 5 && at(4) == "description") return true;
  if (size >= 3 && at(0) == "versions" && is_late_key(at(2))) return true;
  if (size >= 5 && at(0) == "versions" && at(2) == "columns" && is_late_key(at(4))) return true;
  if (size >= 3 &&
      (at(0) == "columns" || at(0) == "dimensions" || at(0) == "measures" || at(0) == "entities" ||
       at(0) == "metrics") &&
      is_late_key(at(2))) {
    return true;
  }
  return size >= 4 && at(0) == "derived_semantics" &&
         (at(1) == "dimensions" || at(1) == "entities") && is_late_key(at(3));
}

bool is_rendered(const std::string& key, const KeyPath& path) {
  if (path.empty()) return true;
  const std::string_view first = path[0];
  const auto is_filter = [&] {
    return path.back() == "filter" || (path.size() > 1 && path[path.size() - 2] == "filter");
  };
  if (key == "sources") {
    if (first == "description" || first == "loaded_at_query") return false;
    if (path.size() >= 2 && first == "config" && path[1] == "loaded_at_query") return false;
    return !(first == "tables" && path.size() >= 2 && is_norender(path, 2));
  }
  if (key == "macros" && first == "arguments") return !is_norender(path, 1);
  if (key == "metrics" && is_filter()) return false;
  if (key == "saved_queries" && first == "query_params" && path.size() > 1 && path[1] == "where") {
    return false;
  }
  if (key != "metrics" && key != "saved_queries" && first == "metrics" && is_filter()) return false;
  return !is_norender(path, 0);
}

}  // namespace

namespace {

/// Reports problems of an entry. Of `data_tests` dbt only says what is wrong, and goes on.
void report_entry(PropertiesStep& step, const std::string& key, const std::string& name,
                  const std::vector<ShapeProblem>& problems, diag::Span near) {
  const std::string what = "Invalid " + key + " config given in " + step.file.original + " @ " +
                           key + (name.empty() ? "" : ": " + name);
  step.loader.shape_error("T008", what, problems, near, "",
                          key == "data_tests" ? diag::Severity::kWarning : diag::Severity::kError);
}

/// What is wrong with an item of a list before it is rendered.
std::vector<ShapeProblem> item_problems(const Value& item) {
  static constexpr ShapeField kFields[] = {{"name", kAny, kRequired}};
  static constexpr Shape kNamed = open_object_of(kFields);
  std::vector<ShapeProblem> problems = shape_problems(item, kDict);
  if (problems.empty()) problems = shape_problems(item, kNamed);
  return problems;
}

bool read_entry(PropertiesStep& step, const std::string& key, const Value& item,
                PropertiesEntry& entry) {
  if (const auto problems = item_problems(item); !problems.empty()) {
    report_entry(step, key, "", problems, item.span);
    return false;
  }
  entry.data = item;
  entry.written = &item;
  entry.name_span = item.find("name")->span;
  const std::size_t errors = step.loader.sink.errors();
  step.loader.renderer->render_tree(entry.data, step.context,
                                    [&](const KeyPath& path) { return is_rendered(key, path); });
  if (step.loader.sink.errors() > errors) return false;
  Value* tables = key == "sources" ? entry.data.edit("tables") : nullptr;
  if (tables != nullptr && tables->is_null()) *tables = Value::list();
  entry.name = text_member(entry.data, "name");
  const Shape* shape = entry_shape(key, entry.data);
  std::vector<ShapeProblem> problems;
  if (shape != nullptr && !fits(entry.data, *shape)) {
    problems = shape_problems(entry.data, *shape);
  } else {
    problems = entry_rule_problems(key, entry.data);
  }
  if (!problems.empty()) report_entry(step, key, entry.name, problems, entry.name_span);
  return problems.empty();
}

}  // namespace

std::vector<PropertiesEntry> entries_of(PropertiesStep& step, const std::string& key) {
  std::vector<PropertiesEntry> entries;
  const Value* list = step.data.find(key);
  if (list == nullptr) return entries;
  if (!list->is_list()) {
    report_entry(step, key, "", shape_problems(*list, kDicts), list->span);
    return entries;
  }
  for (const Value& item : list->as_list()) {
    PropertiesEntry entry;
    if (read_entry(step, key, item, entry)) {
      entries.push_back(std::move(entry));
    } else if (key == "data_tests") {
      break;  // as dbt does
    }
  }
  return entries;
}

// --- Columns -------------------------------------------------------------------------------------

namespace {

bool is_known_column_key(std::string_view key) {
  for (const std::string_view each :
       {"name", "description", "meta", "data_type", "constraints", "docs", "config", "data_tests",
        "tests", "quote", "tags", "granularity", "dimension", "entity"}) {
    if (key == each) return true;
  }
  return false;
}

void add_once(std::vector<std::string>& list, const std::vector<std::string>& more) {
  for (const std::string& each : more) {
    if (std::find(list.begin(), list.end(), each) == list.end()) list.push_back(each);
  }
}

/// A `dimension:` or `entity:` given as a dict, with all its keys.
Value semantic_of(const Value& given, const Column& column, bool is_dimension) {
  if (!given.is_map()) return given;
  Value out = Value::map();
  const auto or_null = [&](const char* key) {
    const Value* value = given.find(key);
    return value == nullptr ? Value() : *value;
  };
  out.set("name", given.find("name") ? *given.find("name") : Value(column.name));
  out.set("type", or_null("type"));
  const Value description = or_null("description");
  out.set("description", description.empty() ? Value(column.description) : description);
  out.set("label", or_null("label"));
  if (is_dimension) {
    const Value* partition = given.find("is_partition");
    out.set("is_partition", partition == nullptr ? Value(false) : *partition);
  }
  out.set("config", map_member(given, "config"));
  if (is_dimension) out.set("validity_params", or_null("validity_params"));
  return out;
}

}  // namespace

namespace {

constexpr std::string_view kConstraintTypes[] = {"check",       "not_null",    "unique",
                                                 "primary_key", "foreign_key", "custom"};
constexpr Shape kConstraintType = choice_of(kConstraintTypes);
constexpr ShapeField kConstraintFields[] = {
    {"type", kConstraintType, kRequired},
    {"name", kOptionalText},
    {"expression", kOptionalText},
    {"warn_unenforced", kBoolean},
    {"warn_unsupported", kBoolean},
    {"to", kOptionalText},
    {"to_columns", kTexts},
    {"columns", kTexts},
};
constexpr Shape kModelConstraint = object_of(kConstraintFields);
constexpr Shape kColumnConstraint =
    object_of(std::span(kConstraintFields).first(std::size(kConstraintFields) - 1));

/// A constraint with all its keys; `model_level` ones have `columns`.
Value full_constraint(const Value& constraint, bool model_level) {
  Value out = Value::map();
  out.span = constraint.span;
  const auto take = [&](const char* key, Value fallback) {
    const Value* given = constraint.find(key);
    out.set(key, given == nullptr ? std::move(fallback) : *given);
  };
  take("type", nullptr);
  take("name", nullptr);
  take("expression", nullptr);
  take("warn_unenforced", true);
  take("warn_unsupported", true);
  take("to", nullptr);
  take("to_columns", Value::list());
  if (model_level) take("columns", Value::list());
  return out;
}

}  // namespace

Value constraints_of(Loader& loader, const Value* given, bool model_level, const std::string& place,
                     const std::string& owner) {
  Value list = Value::list();
  if (given == nullptr || !given->is_list()) return list;
  const Shape& shape = model_level ? kModelConstraint : kColumnConstraint;
  for (Value constraint : given->as_list()) {
    if (read_as(constraint, shape)) {
      list.push(full_constraint(constraint, model_level));
      continue;
    }
    loader.shape_error("T024", "Invalid constraint on " + place, shape_problems(constraint, shape),
                       constraint.span, owner);
  }
  return list;
}

namespace {

/// dbt makes a set of them: nested data cannot be in one.
void check_column_tags(Loader& loader, const Value& config, const std::string& column,
                       const std::string& owner) {
  const Value* tags = config.find("tags");
  if (tags == nullptr || !tags->is_list()) return;
  for (const Value& tag : tags->as_list()) {
    if (!tag.is_list() && !tag.is_map()) continue;
    loader.shape_error("T008", "Invalid tag of column " + column, shape_problems(tag, kText),
                       tags->span, owner);
  }
}

/// What dbt writes as a column's config; most columns have none, and share it.
Value column_config(const Column& column) {
  static const Value kNone = Value::map({{"meta", Value::map()}, {"tags", Value::list()}});
  if (column.meta.empty() && column.tags.empty()) return kNone;
  return Value::map({{"meta", column.meta}, {"tags", Value::texts(column.tags)}});
}

}  // namespace

Column column_of(Loader& loader, const Value& given, const std::string& owner) {
  Column column;
  column.name = text_member(given, "name");
  const Value* name = given.find("name");
  column.span = name == nullptr ? given.span : name->span;
  column.description = text_member(given, "description");
  if (const Value* type = given.find("data_type"); type && !type->is_null()) {
    column.data_type = python_str(*type);
  }
  column.constraints =
      constraints_of(loader, given.find("constraints"), false, "column " + column.name, owner);
  if (const Value* quote = given.find("quote"); quote && quote->is_bool()) {
    column.quote = quote->as_bool();
  }
  if (const Value* granularity = given.find("granularity");
      granularity && granularity->is_string()) {
    column.granularity = granularity->as_string();
  }
  const Value config = map_member(given, "config");
  column.meta = map_member(given, "meta");
  column.meta.update(map_member(config, "meta"));
  add_once(column.tags, texts_member(given, "tags"));
  check_column_tags(loader, config, column.name, owner);
  add_once(column.tags, texts_member(config, "tags"));
  column.config = column_config(column);
  if (const Value* dimension = given.find("dimension")) {
    column.dimension = semantic_of(*dimension, column, true);
  }
  if (const Value* entity = given.find("entity")) {
    column.entity = semantic_of(*entity, column, false);
  }
  for (const value::Member& member : given.as_map()) {
    if (!is_known_column_key(member.key)) column.extra.set(member.key, member.value);
  }
  return column;
}

std::vector<std::pair<std::string, Column>> columns_of(Loader& loader, const Value* columns,
                                                       const std::string& owner) {
  std::vector<std::pair<std::string, Column>> out;
  if (columns == nullptr || !columns->is_list()) return out;
  for (const Value& each : columns->as_list()) {
    if (each.find("name") == nullptr) continue;  // a version's `include`
    Column column = column_of(loader, each, owner);
    std::string name = column.name;
    const auto known = std::find_if(out.begin(), out.end(),
                                    [&](const auto& entry) { return entry.first == name; });
    if (known != out.end()) {
      known->second = std::move(column);
    } else {
      out.emplace_back(std::move(name), std::move(column));
    }
  }
  return out;
}

void rename_tests(Loader& loader, Value& entry) {
  if (!entry.is_map()) return;
  const auto rename = [&](Value& map) {
    Value* tests = map.is_map() ? map.edit("tests") : nullptr;
    if (tests == nullptr || tests->empty()) return;
    if (map.find("data_tests") != nullptr) {
      loader.error("T022", "Invalid test config: cannot have both 'tests' and 'data_tests' defined",
                   tests->span);
      return;
    }
    Value moved = std::move(*tests);
    map.erase("tests");
    map.set("data_tests", std::move(moved));
  };
  const auto rename_columns = [&](Value& map) {
    Value* columns = map.is_map() ? map.edit("columns") : nullptr;
    if (columns == nullptr || !columns->is_list()) return;
    for (Value& column : columns->edit_list()) rename(column);
  };
  rename(entry);
  rename_columns(entry);
  Value* versions = entry.edit("versions");
  if (versions == nullptr || !versions->is_list()) return;
  for (Value& version : versions->edit_list()) {
    rename(version);
    rename_columns(version);
  }
}

std::vector<Node*> find_disabled(Loader& loader, const std::string& name,
                                 const std::optional<std::string>& package,
                                 std::optional<ResourceType> type) {
  std::vector<Node*> found;
  for (auto& [id, nodes] : loader.project.disabled) {
    for (const std::unique_ptr<Node>& node : nodes) {
      std::string search = node->name;
      if (!node->version.is_null()) search += ".v" + python_str(node->version);
      if (search != name) continue;
      if (package && node->package_name != *package) continue;
      if (type && node->type != *type) continue;
      found.push_back(node.get());
    }
  }
  return found;
}

void rebuild_refs(Loader& loader) {
  loader.refs.clear();
  for (const Node* node : loader.node_order) {
    if (!node->is_refable()) continue;
    if (node->version.is_null()) {
      loader.refs.add(node->name, node->package_name, node->unique_id);
      continue;
    }
    loader.refs.add(node->name + ".v" + python_str(node->version), node->package_name,
                    node->unique_id);
    if (same_version(node->version, node->latest_version)) {
      loader.refs.add(node->name, node->package_name, node->unique_id);
    }
  }
}

// --- The step ------------------------------------------------------------------------------------

namespace {

jinja::ContextRef yaml_context(Loader& loader, const PackageConfig& package,
                               const std::shared_ptr<const jinja::MapContext>& base) {
  auto names = std::make_shared<jinja::MapContext>(base);
  names->set("var", make_var(loader.session, vars_for(*loader.session, package.name),
                             "<Configuration>", false));
  return names;
}

/// After the properties are known, nodes are where their `enabled` says.
void settle_disabled(Loader& loader) {
  std::vector<std::unique_ptr<Node>> enabled_again;
  for (auto it = loader.project.disabled.begin(); it != loader.project.disabled.end();) {
    std::vector<std::unique_ptr<Node>>& nodes = it->second;
    for (auto node = nodes.begin(); node != nodes.end();) {
      if ((*node)->enabled && !loader.project.nodes.contains((*node)->unique_id)) {
        enabled_again.push_back(std::move(*node));
        node = nodes.erase(node);
      } else {
        ++node;
      }
    }
    it = nodes.empty() ? loader.project.disabled.erase(it) : std::next(it);
  }
  for (auto it = loader.project.nodes.begin(); it != loader.project.nodes.end();) {
    if (it->second->enabled) {
      ++it;
      continue;
    }
    std::erase(loader.node_order, it->second.get());
    loader.project.disabled[it->first].push_back(std::move(it->second));
    it = loader.project.nodes.erase(it);
  }
  // Functions too: one that its properties switch on is among the nodes with dbt.
  for (std::unique_ptr<Node>& node : enabled_again) loader.add_to_nodes(std::move(node));
  rebuild_refs(loader);
}

void work_on_file(PropertiesStep& step) {
  patch_models(step);
  patch_nodes(step, "seeds");
  patch_nodes(step, "snapshots");
  collect_sources(step);
  patch_macros(step);
  patch_singular_tests(step);
  patch_nodes(step, "analyses");
  read_exposures(step);
  patch_nodes(step, "functions");
  read_groups(step);
  read_semantics(step);
  read_unit_tests(step);
}

}  // namespace

void load_properties(Loader& loader) {
  std::vector<const ProjectFile*> files;
  for (const PackageFiles& package : loader.files) {
    for (const ProjectFile& file : package.properties) {
      if (file.source != nullptr) files.push_back(&file);
    }
  }
  std::vector<Value> documents(files.size());
  for_each_parallel(loader.threads, files.size(), [&](std::size_t i) {
    documents[i] = read_checked_yaml(loader, *files[i]->source, files[i]->original);
  });
  rebuild_refs(loader);
  ParseWorker worker(loader);
  GenericTestBuilder tests(loader);
  const auto base = session_names(loader.session);
  std::unordered_map<std::string, jinja::ContextRef> contexts;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const ProjectFile& file = *files[i];
    if (documents[i].is_null()) continue;
    if (!documents[i].is_map()) {
      loader.error("T008",
                   "Contents of file '" + file.original + "' are not valid. Dictionary expected.",
                   documents[i].span);
      continue;
    }
    jinja::ContextRef& context = contexts[file.package->name];
    if (context == nullptr) context = yaml_context(loader, *file.package, base);
    PropertiesStep step = {loader, file, documents[i], context, worker, tests};
    work_on_file(step);
    documents[i] = Value();  // what the next files need can take its place
  }
  settle_disabled(loader);
}

}  // namespace floe::dbt
