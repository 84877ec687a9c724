// SPDX-License-Identifier: Apache-2.0
// What macros, exposures, metrics and the other resources look like as rows.
#include "policy/custom/table_rows.h"
#include "policy/facts.h"

#include <algorithm>
#include <array>

namespace floe::policy {

namespace {

using dbt::Resource;
using value::Value;
using Resources = std::map<std::string, std::unique_ptr<Resource>>;

/// unique_id, name, package_name, own, enabled, path, line, fqn: how every resource begins.
void write_resource(RowWriter& row, const Context& context, const Resource& resource,
                    LineFinder& lines) {
  row.text(resource.unique_id)
      .text(resource.name)
      .text(resource.package_name)
      .flag(context.is_own(resource.package_name))
      .flag(resource.enabled)
      .text(resource.original_file_path)
      .whole(lines.line(resource.span))
      .texts(resource.fqn);
}

template <class Write>
void each_resource(const Context& context, const Resources& resources, dbt::BulkRows& rows,
                   const Write& write) {
  RowWriter row(rows);
  LineFinder lines(context.sources);
  for (const auto& [id, resource] : resources) {
    write_resource(row, context, *resource, lines);
    write(row, *resource);
  }
}

/// description, documented, tags, meta, config, depends_on: how every resource goes on.
void write_common(RowWriter& row, const Resource& resource) {
  const std::string description = text_at(resource.data, "description");
  const Value* meta = value_at(resource.data, "meta");
  row.text(description)
      .flag(is_documentation(description))
      .texts(resource.tags)
      .json(meta != nullptr ? meta : value_at(resource.config, "meta"))
      .json(resource.config)
      .texts(resource.depends_on_nodes);
}

Value arguments_value(const dbt::Macro& macro) {
  Value list = Value::list();
  for (const dbt::MacroArgument& argument : macro.arguments) {
    Value entry = Value::map();
    entry.set("name", argument.name);
    entry.set("type", argument.type);
    entry.set("description", argument.description);
    list.push(std::move(entry));
  }
  return list;
}

/// The first line of a block that is not empty: `{% macro name(a, b) %}`.
std::string_view head_of(std::string_view sql) {
  const std::size_t open = sql.find('(');
  const std::size_t end = sql.find("%}");
  if (open == std::string_view::npos || end == std::string_view::npos || open > end) return {};
  const std::size_t close = sql.substr(0, end).rfind(')');
  return close == std::string_view::npos || close < open ? std::string_view()
                                                         : sql.substr(open + 1, close - open - 1);
}

/// How many arguments a macro's head names: commas at depth zero, outside of quotes.
std::int64_t argument_count(std::string_view head) {
  if (head.find_first_not_of(" \t\r\n") == std::string_view::npos) return 0;
  std::int64_t count = 1;
  int depth = 0;
  char quote = 0;
  for (const char c : head) {
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '(' || c == '[' || c == '{') {
      ++depth;
    } else if (c == ')' || c == ']' || c == '}') {
      --depth;
    } else if (c == ',' && depth == 0) {
      ++count;
    }
  }
  return count;
}

}  // namespace

void fill_macros(const Context& context, dbt::BulkRows& rows) {
  RowWriter row(rows);
  LineFinder lines(context.sources);
  const dbt::Project& project = context.project;
  for (const auto& [id, macro] : project.macros) {
    const std::string& sql = macro->macro_sql;
    row.text(macro->unique_id)
        .text(macro->name)
        .text(macro->package_name)
        .flag(context.is_own(macro->package_name))
        .text(macro->original_file_path)
        .text(folder_of(macro->original_file_path))
        .whole(lines.line(macro->span))
        .text_or_null(patch_file(macro->patch_path))
        .text(macro->description)
        .flag(is_documentation(macro->description))
        .json(macro->meta)
        .json(macro->docs)
        .json(arguments_value(*macro))
        .whole(argument_count(head_of(sql)))
        .text(sql)
        .whole(sql.empty() ? 0 : std::count(sql.begin(), sql.end(), '\n') + 1)
        .texts(macro->depends_on_macros);
  }
}

void fill_exposures(const Context& context, dbt::BulkRows& rows) {
  each_resource(
      context, context.project.exposures, rows, [](RowWriter& row, const Resource& exposure) {
        write_common(row, exposure);
        for (const char* path : {"type", "label", "maturity", "url", "owner.name", "owner.email"}) {
          row.scalar(value_at(exposure.data, path));
        }
      });
}

void fill_metrics(const Context& context, dbt::BulkRows& rows) {
  each_resource(context, context.project.metrics, rows, [](RowWriter& row, const Resource& metric) {
    write_common(row, metric);
    row.scalar(value_at(metric.data, "type"))
        .scalar(value_at(metric.data, "label"))
        .text_or_null(metric.group)
        .json(value_at(metric.data, "type_params"))
        .json(value_at(metric.data, "filter"))
        .scalar(value_at(metric.data, "time_granularity"));
  });
}

void fill_semantic_models(const Context& context, dbt::BulkRows& rows) {
  each_resource(context, context.project.semantic_models, rows,
                [](RowWriter& row, const Resource& model) {
                  write_common(row, model);
                  row.scalar(value_at(model.data, "model"))
                      .scalar(value_at(model.data, "label"))
                      .text_or_null(model.group)
                      .scalar(value_at(model.data, "primary_entity"))
                      .json(value_at(model.data, "defaults"))
                      .json(value_at(model.data, "node_relation"));
                });
}

void fill_semantic_members(const Context& context, dbt::BulkRows& rows) {
  static constexpr std::array<std::pair<const char*, const char*>, 3> kLists = {
      {{"entities", "entity"}, {"measures", "measure"}, {"dimensions", "dimension"}}};
  RowWriter row(rows);
  for (const auto& [id, model] : context.project.semantic_models) {
    for (const auto& [list, kind] : kLists) {
      const Value* members = value_at(model->data, list);
      if (members == nullptr || !members->is_list()) continue;
      for (const Value& member : members->as_list()) {
        row.text(id).text(model->name).text(kind).scalar(member.find("name"));
        row.scalar(member.find(kind == std::string_view("measure") ? "agg" : "type"));
        row.scalar(member.find("description"))
            .scalar(member.find("label"))
            .scalar(member.find("expr"))
            .json(member);
      }
    }
  }
}

void fill_saved_queries(const Context& context, dbt::BulkRows& rows) {
  each_resource(context, context.project.saved_queries, rows,
                [](RowWriter& row, const Resource& query) {
                  write_common(row, query);
                  row.scalar(value_at(query.data, "label"))
                      .text_or_null(query.group)
                      .json(value_at(query.data, "query_params"))
                      .json(value_at(query.data, "exports"));
                });
}

void fill_unit_tests(const Context& context, dbt::BulkRows& rows) {
  each_resource(context, context.project.unit_tests, rows,
                [](RowWriter& row, const Resource& test) {
                  write_common(row, test);
                  row.scalar(value_at(test.data, "model"))
                      .text_or_null(test.depends_on_nodes.empty() ? std::string_view()
                                                                  : test.depends_on_nodes.front())
                      .json(value_at(test.data, "given"))
                      .json(value_at(test.data, "expect"))
                      .json(value_at(test.data, "overrides"))
                      .json(value_at(test.data, "versions"));
                });
}

void fill_groups(const Context& context, dbt::BulkRows& rows) {
  RowWriter row(rows);
  LineFinder lines(context.sources);
  const dbt::Project& project = context.project;
  for (const auto& [id, group] : project.groups) {
    row.text(id)
        .text(group->name)
        .text(group->package_name)
        .flag(context.is_own(group->package_name))
        .text(group->original_file_path)
        .whole(lines.line(group->span))
        .text(group->description)
        .scalar(value_at(group->owner, "name"))
        .scalar(value_at(group->owner, "email"))
        .json(group->config);
  }
}

void fill_docs(const Context& context, dbt::BulkRows& rows) {
  RowWriter row(rows);
  const dbt::Project& project = context.project;
  for (const auto& [id, doc] : project.docs) {
    row.text(id)
        .text(doc->name)
        .text(doc->package_name)
        .flag(context.is_own(doc->package_name))
        .text(doc->original_file_path)
        .text(doc->block_contents);
  }
}

namespace {

void write_edges(RowWriter& row, std::string_view child, std::string_view child_type,
                 const std::vector<std::string>& parents) {
  for (const std::string& parent : parents) {
    row.text(parent).text(child).text(parent.substr(0, parent.find('.'))).text(child_type);
  }
}

}  // namespace

void fill_edges(const Context& context, dbt::BulkRows& rows) {
  RowWriter row(rows);
  const dbt::Project& project = context.project;
  for (const auto* nodes : {&project.nodes, &project.functions}) {
    for (const auto& [id, node] : *nodes) {
      if (!node->enabled) continue;
      write_edges(row, id, dbt::resource_type_name(node->type), node->depends_on_nodes);
    }
  }
  for (const Resources* resources : {&project.exposures, &project.metrics, &project.semantic_models,
                                     &project.saved_queries, &project.unit_tests}) {
    for (const auto& [id, resource] : *resources) {
      if (!resource->enabled) continue;
      write_edges(row, id, dbt::resource_type_name(resource->type), resource->depends_on_nodes);
    }
  }
}

void fill_macro_edges(const Context& context, dbt::BulkRows& rows) {
  RowWriter row(rows);
  for (const auto& [id, macro] : context.project.macros) {
    write_edges(row, id, "macro", macro->depends_on_macros);
  }
}

void fill_project_vars(const Context& context, dbt::BulkRows& rows) {
  RowWriter row(rows);
  const dbt::Project& project = context.project;
  if (!project.vars.is_map()) return;
  for (const value::Member& var : project.vars.as_map()) {
    row.text(project.name).text(var.key).json(var.value);
  }
}

}  // namespace floe::policy
