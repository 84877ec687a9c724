// SPDX-License-Identifier: Apache-2.0
// Sources of properties files: overrides, freshness, configs, tests.
#include "base/text.h"
#include "dbt/adapter/relation.h"
#include "dbt/context/convert.h"
#include "dbt/project/properties.h"

#include <algorithm>
#include <set>

namespace floe::dbt {

namespace {

Value null_time() {
  Value time = Value::map();
  time.set("count", nullptr);
  time.set("period", nullptr);
  return time;
}

bool is_set_time(const Value& time) {
  const Value* count = time.find("count");
  const Value* period = time.find("period");
  return count != nullptr && !count->is_null() && period != nullptr && !period->is_null();
}

bool is_set_freshness(const Value& freshness) {
  const Value* warn = freshness.find("warn_after");
  const Value* error = freshness.find("error_after");
  return (warn != nullptr && is_set_time(*warn)) || (error != nullptr && is_set_time(*error));
}

/// A freshness with all its keys; null stays null; what is not given counts as empty.
Value full_freshness(const Value* given) {
  if (given != nullptr && given->is_null()) return {};
  Value out = Value::map();
  for (const char* key : {"warn_after", "error_after"}) {
    const Value* time = given == nullptr ? nullptr : given->find(key);
    if (time != nullptr && time->is_null()) {
      out.set(key, nullptr);
      continue;
    }
    Value full = null_time();
    if (time != nullptr && time->is_map()) {
      full.update(*time);
    }
    out.set(key, std::move(full));
  }
  const Value* filter = given == nullptr ? nullptr : given->find("filter");
  out.set("filter", filter == nullptr ? Value() : *filter);
  return out;
}

Value merge_time(const Value& base, const Value& update) {
  if (is_set_time(base) && is_set_time(update)) return update;
  if (update.is_null()) return {};
  return is_set_time(update) ? update : base;
}

Value merge_freshness(const std::vector<Value>& levels) {
  Value merged = levels.front();
  for (std::size_t i = 1; i < levels.size(); ++i) {
    const Value& update = levels[i];
    if (!merged.is_null() && !update.is_null()) {
      Value next = merged;
      if (const Value* filter = update.find("filter"); filter && !filter->is_null()) {
        next.set("filter", *filter);
      }
      for (const char* key : {"error_after", "warn_after"}) {
        next.set(key, merge_time(*merged.find(key), *update.find(key)));
      }
      merged = std::move(next);
    } else if (merged.is_null() && !update.is_null() && is_set_freshness(update)) {
      merged = update;
    } else {
      merged = Value();
    }
  }
  return merged;
}

const Value* find_present(const Value& map, std::string_view key) {
  const Value* value = map.find(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

/// A key that may stand at the top or under config.
Value top_or_config(const Value& entry, const Value& config, const char* key) {
  const Value* top = find_present(entry, key);
  if (top != nullptr && !top->empty()) return *top;
  const Value* nested = find_present(config, key);
  if (nested != nullptr) return *nested;
  return top != nullptr ? *top : Value();
}

struct TableStep {
  Loader& loader;
  const SourceEntry& entry;
  const Value& source;
  const Value& table;
  Value source_config;
  Value table_config;
};

Value loaded_at(const TableStep& step, bool query) {
  const char* key = query ? "loaded_at_query" : "loaded_at_field";
  const Value table_value = top_or_config(step.table, step.table_config, key);
  const bool field_present = step.table.find("loaded_at_field") != nullptr ||
                             (find_present(step.table_config, "loaded_at_field") != nullptr &&
                              !find_present(step.table_config, "loaded_at_field")->empty());
  if (query) {
    if (!table_value.is_null()) return table_value;
    return field_present ? Value() : top_or_config(step.source, step.source_config, key);
  }
  if (field_present || !table_value.is_null()) return table_value;
  return top_or_config(step.source, step.source_config, key);
}

/// Tags of a config that are no texts are left out.
void drop_odd_tags(Value& config) {
  Value* tags = config.edit("tags");
  if (tags == nullptr || !tags->is_list()) return;
  std::erase_if(tags->edit_list(), [](const Value& tag) { return !tag.is_string(); });
}

void warn_of_tags(const TableStep& step, const Value& config) {
  const Value* tags = config.find("tags");
  if (tags == nullptr || !tags->is_list()) return;
  for (const Value& tag : tags->as_list()) {
    if (tag.is_string()) continue;
    const std::string field = "`config.tags`: " + python_repr(*tags);
    const std::string source = text_member(step.source, "name");
    step.loader.warn(
        {{"ValidationWarning", "Field " + field + " is not valid for source (" + source + ")",
          warning_data(
              {{"field_name", field}, {"node_name", source}, {"resource_type", "source"}})},
         tag.span ? tag.span : tags->span,
         "tags are texts"});
  }
}

/// dbt-duckdb does not know how old a table is unless a column or a query says so.
void check_freshness_config(const TableStep& step, const SourceNode& node) {
  const bool dated = !node.loaded_at_field.empty() || !node.loaded_at_query.empty();
  if (!node.freshness.is_map() || !is_set_freshness(node.freshness) || dated) return;
  const std::string text = "A loaded_at_field must be specified for source '" + node.source_name +
                           "." + node.name + "': its freshness cannot be told otherwise";
  step.loader.warn({{"FreshnessConfigProblem", text, warning_data({{"msg", text}})},
                    node.span,
                    "give `loaded_at_field` or `loaded_at_query`",
                    node.unique_id});
}

Value precedence_config(const TableStep& step) {
  Value config = step.source_config;
  config.update(step.table_config);
  const Value freshness = merge_freshness({full_freshness(step.source.find("freshness")),
                                           full_freshness(step.source_config.find("freshness")),
                                           full_freshness(step.table.find("freshness")),
                                           full_freshness(step.table_config.find("freshness"))});
  if (freshness.is_null()) {
    config.set("freshness", nullptr);
  } else if (is_set_freshness(freshness)) {
    config.set("freshness", freshness);
  } else {
    config.erase("freshness");
  }
  config.set("loaded_at_field", loaded_at(step, false));
  config.set("loaded_at_query", loaded_at(step, true));
  Value meta = Value::map();
  std::set<std::string> tags;
  for (const Value* level : {&step.source, &step.source_config, &step.table, &step.table_config}) {
    meta.update(map_member(*level, "meta"));
    for (const std::string& tag : texts_member(*level, "tags")) tags.insert(tag);
  }
  config.set("meta", std::move(meta));
  config.set("tags", Value::texts({tags.begin(), tags.end()}));
  return config;
}

Value quoting_of(const Value& source, const Value& table) {
  Value quoting = Value::map();
  for (const char* key : {"database", "schema", "identifier", "column"}) {
    Value value;
    for (const Value* level : {&source, &table}) {
      const Value* given = level->find("quoting");
      const Value* own = given != nullptr && given->is_map() ? given->find(key) : nullptr;
      if (own != nullptr && !own->is_null()) value = *own;
    }
    quoting.set(key, std::move(value));
  }
  return quoting;
}

/// A partition that is described has all its keys; one that is named is its name.
Value partition_of(const Value& given) {
  if (!given.is_map()) return given;
  Value partition = Value::map();
  for (const char* key : {"name", "description", "data_type"}) partition.set(key, "");
  partition.set("meta", Value::map());
  partition.update(given);
  return partition;
}

Value external_of(const Value& table) {
  const Value* given = table.find("external");
  if (given == nullptr || !given->is_map()) return {};
  Value external = Value::map();
  for (const char* key :
       {"location", "file_format", "row_format", "tbl_properties", "partitions"}) {
    external.set(key, nullptr);
  }
  external.update(*given);
  if (Value* partitions = external.edit("partitions"); partitions->is_list()) {
    for (Value& each : partitions->edit_list()) each = partition_of(each);
  }
  return external;
}

std::string text_or(const Value& map, const char* key, const std::string& fallback) {
  const std::string text = text_member(map, key);
  return text.empty() ? fallback : text;
}

std::unique_ptr<SourceNode> make_source(const TableStep& step) {
  Loader& loader = step.loader;
  const ProjectFile& file = *step.entry.file;
  auto node = std::make_unique<SourceNode>();
  node->source_name = text_member(step.source, "name");
  node->name = text_member(step.table, "name");
  node->package_name = file.package->name;
  node->unique_id = "source." + node->package_name + "." + node->source_name + "." + node->name;
  node->path = file.original;
  node->original_file_path = file.original;
  node->fqn = fqn_of(node->package_name, file.relative, node->source_name);
  node->fqn.push_back(node->name);
  node->database = text_or(step.source, "database", loader.out.profile.database);
  node->schema = text_or(step.source, "schema", node->source_name);
  node->identifier = text_or(step.table, "identifier", node->name);
  node->description = text_member(step.table, "description");
  node->source_description = text_member(step.source, "description");
  node->loader = text_member(step.source, "loader");
  node->unrendered_database = step.entry.written_database;
  node->unrendered_schema = step.entry.written_schema;
  node->quoting = quoting_of(step.source, step.table);
  node->external = external_of(step.table);
  node->columns = columns_of(loader, step.table.find("columns"), node->unique_id);
  node->source_meta = map_member(step.source, "meta");
  node->source_meta.update(map_member(step.source_config, "meta"));
  const Value* name = step.table.find("name");
  node->span = name->span;
  node->created_at = loader.now;
  const Value patch = precedence_config(step);
  ConfigFindings findings;
  node->config = loader.configs.build(ResourceType::kSource, node->package_name, node->fqn,
                                      Value::map(), &patch, findings);
  loader.shape_error("T011", "Invalid config of " + node->unique_id, findings.problems, node->span,
                     node->unique_id);
  node->unrendered_config = loader.configs.build_unrendered(
      ResourceType::kSource, node->package_name, node->fqn, Value::map(), &patch);
  const auto copy = [&](const char* key, Value& target) {
    const Value* value = node->config.find(key);
    if (value != nullptr) target = *value;
  };
  copy("meta", node->meta);
  copy("freshness", node->freshness);
  copy("loaded_at_field", node->loaded_at_field);
  copy("loaded_at_query", node->loaded_at_query);
  node->tags = texts_member(node->config, "tags");
  const Value* enabled = node->config.find("enabled");
  node->enabled = enabled == nullptr || !enabled->is_bool() || enabled->as_bool();
  try {
    node->relation_name = source_relation(*node, loader.out.packages.front().quoting).render();
  } catch (const jinja::TemplateError& error) {
    loader.template_error(error, nullptr, node->span, node->unique_id);
  }
  return node;
}

void check_loaded_at(const TableStep& step, const std::string& name) {
  const auto both = [](const Value& entry, const Value& config) {
    return !top_or_config(entry, config, "loaded_at_field").empty() &&
           !top_or_config(entry, config, "loaded_at_query").empty();
  };
  if (both(step.table, step.table_config)) {
    step.loader.error("T008",
                      "Cannot specify both loaded_at_field and loaded_at_query at table level.",
                      step.table.span, "", name);
  } else if (both(step.source, step.source_config)) {
    step.loader.error("T008",
                      "Cannot specify both loaded_at_field and loaded_at_query at source level.",
                      step.source.span, "", name);
  }
}

void drop_nulls(Value& map) {
  std::erase_if(map.edit_map(), [](const value::Member& member) { return member.value.is_null(); });
}

/// The freshness of an entry that overrides: null stays null, and none at all is an empty one.
Value overriding_freshness(const Value& patch) {
  const Value* freshness = patch.find("freshness");
  return freshness == nullptr ? Value::map() : *freshness;
}

/// The source's data with what another package's `overrides` says about it and its tables.
void apply_override(Value& source, const Value& patch) {
  // dbt writes an overridden source out and reads it again: what is null gets lost.
  drop_nulls(source);
  for (Value& table : source.edit("tables")->edit_list()) drop_nulls(table);
  for (const value::Member& member : patch.as_map()) {
    if (member.key == "name" || member.key == "overrides" || member.key == "tables") continue;
    if (!member.value.is_null()) source.set(member.key, member.value);
  }
  source.set("freshness", overriding_freshness(patch));
  const Value* patches = patch.find("tables");
  Value* tables = source.edit("tables");
  if (patches == nullptr || !patches->is_list() || tables == nullptr) return;
  for (Value& table : tables->edit_list()) {
    for (const Value& each : patches->as_list()) {
      if (!each.is_map() || text_member(each, "name") != text_member(table, "name")) continue;
      for (const value::Member& member : each.as_map()) {
        if (member.key != "name" && !member.value.is_null()) table.set(member.key, member.value);
      }
      table.set("freshness", overriding_freshness(each));
    }
  }
}

void add_source_tests(const TableStep& step, ParseWorker& worker, GenericTestBuilder& tests,
                      const jinja::ContextRef& context) {
  TestTarget target;
  target.kind = TestTarget::Kind::kSource;
  target.source_name = text_member(step.source, "name");
  target.table_name = text_member(step.table, "name");
  target.name = target.source_name + "_" + target.table_name;
  target.yaml_key = "sources";
  target.file = step.entry.file;
  const Value quoting = quoting_of(step.source, step.table);
  const Value* quote_columns = quoting.find("column");
  std::vector<std::string> tags = texts_member(step.source, "tags");
  for (std::string& tag : texts_member(step.table, "tags")) tags.push_back(std::move(tag));
  const auto add = [&](const Value* list, TestSpec& spec) {
    if (list == nullptr || !list->is_list()) return;
    for (const Value& test : list->as_list()) {
      spec.test = &test;
      std::unique_ptr<Node> node = tests.build(worker, context, target, spec);
      if (node != nullptr) step.loader.add_node(std::move(node));
    }
  };
  TestSpec table_spec;
  table_spec.tags = tags;
  add(step.table.find("data_tests"), table_spec);
  const Value* columns = step.table.find("columns");
  if (columns == nullptr || !columns->is_list()) return;
  for (const Value& column : columns->as_list()) {
    if (!column.is_map() || column.find("name") == nullptr) continue;
    TestSpec spec;
    spec.tags = tags;
    for (std::string& tag : texts_member(column, "tags")) spec.tags.push_back(std::move(tag));
    for (std::string& tag : texts_member(map_member(column, "config"), "tags")) {
      spec.tags.push_back(std::move(tag));
    }
    spec.column = text_member(column, "name");
    const Value* quote = column.find("quote");
    const Value* quoted = quote != nullptr && quote->is_bool() ? quote : quote_columns;
    if (quoted != nullptr && quoted->is_bool() && quoted->as_bool()) {
      spec.column = "\"" + *spec.column + "\"";
    }
    add(column.find("data_tests"), spec);
  }
}

}  // namespace

void collect_sources(PropertiesStep& step) {
  if (step.data.find("sources") == nullptr) return;
  for (PropertiesEntry& entry : entries_of(step, "sources")) {
    SourceEntry source;
    source.file = &step.file;
    source.span = entry.name_span;
    if (const Value* database = find_present(*entry.written, "database")) {
      source.written_database = *database;
    }
    if (const Value* schema = find_present(*entry.written, "schema")) {
      source.written_schema = *schema;
    }
    Value* tables = entry.data.edit("tables");
    if (tables == nullptr) tables = &entry.data.set("tables", Value::list());
    for (Value& table : tables->edit_list()) rename_tests(step.loader, table);
    source.data = std::move(entry.data);
    const std::string overrides = text_member(source.data, "overrides");
    if (overrides.empty()) {
      step.loader.source_entries.push_back(std::move(source));
      continue;
    }
    const auto [known, fresh] =
        step.loader.source_overrides.try_emplace({overrides, entry.name}, std::move(source));
    if (!fresh) {
      step.loader.error("T019",
                        "dbt found two schema.yml entries for the same source named " + entry.name +
                            " in package " + overrides,
                        entry.name_span, "sources may only be overridden a single time");
    }
  }
}

namespace {

/// Overrides of sources and tables that no package has.
void warn_of_unused_overrides(Loader& loader) {
  std::vector<std::string> unused;
  LoadWarning warning;
  const auto add = [&](const SourceEntry& patch, const std::string& what, diag::Span span) {
    unused.push_back("  - " + what + " (in " + patch.file->original + ")");
    if (unused.size() == 1) {
      warning.span = span;
    } else {
      warning.labels.push_back({span, what});
    }
  };
  for (const auto& [key, patch] : loader.source_overrides) {
    const std::string name = key.first + "." + key.second;
    std::set<std::string> tables;
    bool found = false;
    for (const SourceEntry& entry : loader.source_entries) {
      if (entry.file->package->name != key.first) continue;
      if (text_member(entry.data, "name") != key.second) continue;
      for (const Value& table : entry.data.find("tables")->as_list()) {
        found = true;
        tables.insert(text_member(table, "name"));
      }
    }
    if (!found) {
      add(patch, "Source " + name, patch.span);
      continue;
    }
    const Value* patched = patch.data.find("tables");
    if (patched == nullptr || !patched->is_list()) continue;
    for (const Value& table : patched->as_list()) {
      const std::string table_name = text_member(table, "name");
      if (tables.contains(table_name)) continue;
      add(patch, "Source table " + name + "." + table_name, table.find("name")->span);
    }
  }
  if (unused.empty()) return;
  warning.what = {"UnusedTables", "source overrides that have no target:\n" + join(unused, "\n"),
                  warning_data({{"unused_tables", Value::texts(unused)}})};
  loader.warn(std::move(warning));
}

}  // namespace

void load_sources(Loader& loader) {
  ParseWorker worker(loader);
  GenericTestBuilder tests(loader);
  const auto base = session_names(loader.session);
  std::unordered_map<std::string, jinja::ContextRef> contexts;
  for (SourceEntry& entry : loader.source_entries) {
    const std::string& package = entry.file->package->name;
    const auto patch = loader.source_overrides.find({package, text_member(entry.data, "name")});
    if (patch != loader.source_overrides.end()) apply_override(entry.data, patch->second.data);
    jinja::ContextRef& context = contexts[package];
    if (context == nullptr) {
      auto names = std::make_shared<jinja::MapContext>(base);
      names->set("var", make_var(loader.session, vars_for(*loader.session, package),
                                 "<Configuration>", false));
      context = names;
    }
    for (const Value& table : entry.data.find("tables")->as_list()) {
      TableStep step = {loader,
                        entry,
                        entry.data,
                        table,
                        map_member(entry.data, "config"),
                        map_member(table, "config")};
      for (Value* config : {&step.source_config, &step.table_config}) {
        warn_of_tags(step, *config);
        drop_odd_tags(*config);
      }
      std::unique_ptr<SourceNode> node = make_source(step);
      check_loaded_at(step, node->unique_id);
      check_freshness_config(step, *node);
      add_source_tests(step, worker, tests, context);
      if (!node->enabled) {
        loader.project.disabled_sources[node->unique_id].push_back(std::move(node));
        continue;
      }
      std::unique_ptr<SourceNode>& slot = loader.project.sources[node->unique_id];
      if (slot != nullptr) {
        diag::Diagnostic diagnostic;
        diagnostic.code = "T005";
        diagnostic.message =
            "dbt found two sources with the name \"" + node->source_name + "_" + node->name + "\"";
        diagnostic.span = node->span;
        diagnostic.labels.push_back({slot->span, "first declared here"});
        diagnostic.help = "rename or remove one of the two tables";
        loader.sink.add(std::move(diagnostic));
        continue;
      }
      slot = std::move(node);
    }
  }
  warn_of_unused_overrides(loader);
}

}  // namespace floe::dbt
