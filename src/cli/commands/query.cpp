// SPDX-License-Identifier: Apache-2.0
// `floe query`: SQL over the project tables, as custom rules see them.
#include "base/files.h"
#include "base/table.h"
#include "base/term.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/readable_product.h"
#include "dbt/project/checks.h"
#include "policy/custom/sandbox.h"
#include "runtime/columns.h"
#include "value/json.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace floe::cli {

namespace {

using dbt::CellKind;
using value::Value;

constexpr std::size_t kMostQueryBytes = 1 << 20;

Result<std::string> read_standard_input() {
  std::string text;
  char buffer[65536];
  for (std::size_t got = 0; (got = std::fread(buffer, 1, sizeof buffer, stdin)) > 0;) {
    text.append(buffer, got);
    if (text.size() > kMostQueryBytes) {
      return fail(ErrorKind::kUsage, "the query on stdin is larger than 1 MiB");
    }
  }
  return text;
}

/// The query of the command line: SQL, --file, or - for stdin.
Result<std::string> asked_query(const Args& args) {
  const std::string given = args.positional(0).value_or("");
  const std::string file = args.value_or("file", "");
  if (given.empty() == file.empty()) {
    return fail(ErrorKind::kUsage, "floe query takes one SQL or --file FILE",
                "as in: floe query \"select name from models\"; --tables lists the tables");
  }
  if (given == "-" || file == "-") return read_standard_input();
  if (file.empty()) return given;
  auto text = read_file(file, kMostQueryBytes);
  if (!text) return fail(ErrorKind::kUsage, describe(text.error()));
  return text;
}

Value query_cell_value(const dbt::Cell& cell) {
  switch (cell.kind) {
    case CellKind::kNull: return {};
    case CellKind::kBool: return cell.integer != 0;
    case CellKind::kInt: return cell.integer;
    case CellKind::kDouble: return cell.real;
    case CellKind::kList: {
      Value list = Value::list();
      for (const dbt::Cell& item : cell.items) list.push(query_cell_value(item));
      return list;
    }
    default: return cell.to_text();
  }
}

void print_query_json(const dbt::Table& table) {
  Value rows = Value::list();
  for (const std::vector<dbt::Cell>& row : table.rows) {
    Value object = Value::map();
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      object.set(table.columns[c].name, query_cell_value(row[c]));
    }
    rows.push(std::move(object));
  }
  print_line(value::write_json(rows, 2));
}

/// RFC 4180: quoted where needed, quotes doubled.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return "\"" + replace_all(text, "\"", "\"\"") + "\"";
}

void print_query_csv(const dbt::Table& table) {
  std::vector<std::string> fields;
  for (const dbt::ResultColumn& column : table.columns) fields.push_back(csv_field(column.name));
  print_line(join(fields, ","));
  for (const std::vector<dbt::Cell>& row : table.rows) {
    fields.clear();
    for (const dbt::Cell& cell : row) {
      fields.push_back(cell.is_null() ? "" : csv_field(cell.to_text()));
    }
    print_line(join(fields, ","));
  }
}

void print_query_text(const dbt::Table& table, const Output& output) {
  std::vector<TableColumn> columns;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const bool numbers = std::all_of(table.rows.begin(), table.rows.end(), [&](const auto& row) {
      return row[c].is_null() || row[c].kind == CellKind::kInt ||
             row[c].kind == CellKind::kDouble || row[c].kind == CellKind::kDecimal;
    });
    columns.push_back({table.columns[c].name, numbers && !table.rows.empty()});
  }
  std::vector<std::vector<std::string>> rows;
  for (const std::vector<dbt::Cell>& row : table.rows) {
    std::vector<std::string>& texts = rows.emplace_back();
    for (const dbt::Cell& cell : row) texts.push_back(cell.is_null() ? "" : cell.to_text());
  }
  TableOptions options;
  options.width = is_terminal(STDOUT_FILENO) ? static_cast<std::size_t>(output.width) : 0;
  options.color = output.color_out;
  print(format_table(columns, rows, options));
}

/// "models" of "./models/".
std::string plain_path(const std::string& path) {
  std::string plain = fs::path(path).lexically_normal().generic_string();
  while (plain.size() > 1 && plain.ends_with('/')) plain.pop_back();
  return plain;
}

/// The transform that --transform names by its path; else the first, and a note says so where there
/// are several: each is a dbt project, with tables of its own.
Result<const TransformProject*> queried_transform(const Args& args, const Output& output,
                                                  const std::vector<TransformProject>& all) {
  const auto wanted = args.value("transform");
  std::vector<std::string> paths;
  for (const TransformProject& each : all) {
    paths.push_back(plain_path(each.transform->path));
    if (wanted && plain_path(*wanted) == paths.back()) return &each;
  }
  if (wanted) {
    return fail(ErrorKind::kUsage, fmt::format("floe.yaml has no transform '{}'", *wanted),
                "it has " + list_and(paths));
  }
  if (all.size() > 1) {
    note(output, fmt::format("asking {}; --transform asks {}", paths.front(),
                             list_or({paths.begin() + 1, paths.end()})));
  }
  return &all.front();
}

/// DuckDB only knows the tables that were made for the query, and suggests others of its own.
void suggest_table(Error& error) {
  constexpr std::string_view kBegin = "Catalog Error: Table with name ";
  const std::size_t end = error.message.find(" does not exist!");
  if (!error.message.starts_with(kBegin) || end == std::string::npos) return;
  std::vector<std::string> names;
  for (const policy::ProjectTable& table : policy::project_tables()) {
    names.emplace_back(table.name);
    if (table.schema != "main") names.push_back(fmt::format("{}.{}", table.schema, table.name));
  }
  const std::string name = error.message.substr(kBegin.size(), end - kBegin.size());
  const std::string near = nearest(name, names);
  error.hint = near.empty() ? "--tables lists the project tables"
                            : fmt::format("did you mean '{}'? --tables lists them all", near);
  error.message = fmt::format("there is no table '{}'", name);
}

Result<dbt::Selected> ask(const Args& args, const Output& output, const std::string& text,
                          const policy::SandboxLimits& limits) {
  const auto product = FLOE_TRY(open_readable(args, output, "query"));
  if (product->transforms.empty()) {
    return fail(ErrorKind::kUsage, "floe.yaml has no transforms of type dbt");
  }
  const TransformProject& transform =
      *FLOE_TRY(queried_transform(args, output, product->transforms));
  dbt::Loaded loaded = FLOE_TRY(load_readable(*product, transform, output));
  const std::string sql = FLOE_TRY(dbt::render_check_sql(loaded, loaded.project.name, text));
  std::optional<dbt::ColumnFacts> columns;
  if (contains(to_lower(sql), "lineage") && product->platform.compute() == "duckdb") {
    columns = FLOE_TRY(runtime::infer_columns({.loaded = loaded}));
  }
  const policy::Context context =
      policy::make_context(product->platform, product->opened.product, loaded.project,
                           *product->opened.sources, columns ? &*columns : nullptr);
  policy::Sandbox sandbox =
      FLOE_TRY(policy::Sandbox::open(policy::tables_named(sql), &context, limits));
  auto selected = sandbox.select(sql);
  if (!selected && selected.error().kind == ErrorKind::kViolation) {
    // The query is the command line's, not the project's.
    selected.error().kind = ErrorKind::kUsage;
    if (selected.error().hint.empty()) suggest_table(selected.error());
    if (selected.error().hint.empty()) {
      selected.error().hint = "one SELECT over the project tables: --tables lists them";
    }
  } else if (!selected) {
    // DuckDB's advice is about settings, which cannot be made here.
    selected.error().message = policy::short_error(selected.error());
  }
  return selected;
}

struct DescribedColumn {
  std::string name;
  std::string type;
  std::string_view description;
};

/// What a field is called in a table or, for a view, in the tables it reads.
std::string_view field_description(const policy::ProjectTable& table, const std::string& name) {
  for (const policy::ProjectTable* read : policy::tables_named(table.view)) {
    for (const policy::TableField& field : read->fields) {
      if (field.name == name && table.schema == "main") return field.description;
    }
  }
  return "";
}

Result<std::vector<DescribedColumn>> described_columns(policy::Sandbox& sandbox,
                                                       const policy::ProjectTable& table) {
  std::vector<DescribedColumn> columns;
  for (const policy::TableField& field : table.fields) {
    columns.push_back({std::string(field.name), std::string(field.type), field.description});
  }
  if (!table.is_view()) return columns;
  const dbt::Selected rows = FLOE_TRY(sandbox.select(fmt::format(
      "select column_name, data_type from duckdb_columns() where schema_name = '{}' and "
      "table_name = '{}' order by column_index",
      table.schema, table.name)));
  for (const std::vector<dbt::Cell>& row : rows.table.rows) {
    columns.push_back({row[0].text, row[1].text, field_description(table, row[0].text)});
  }
  return columns;
}

std::string full_table_name(const policy::ProjectTable& table) {
  return (table.schema == "main" ? "" : std::string(table.schema) + ".") + std::string(table.name);
}

void add_markdown_table(const policy::ProjectTable& table,
                        const std::vector<DescribedColumn>& columns, std::string& page) {
  page += fmt::format("\n### {}\n\n{}\n\n", full_table_name(table), table.description);
  if (table.schema == "dbt") {
    std::vector<std::string> names;
    for (const DescribedColumn& column : columns) {
      names.push_back(fmt::format("`{}` {}", column.name, column.type));
    }
    page += join(names, ", ") + "\n";
    return;
  }
  page += "| column | type | meaning |\n|---|---|---|\n";
  for (const DescribedColumn& column : columns) {
    page += fmt::format("| `{}` | {} | {} |\n", column.name, column.type, column.description);
  }
}

constexpr std::string_view kTablesPage =
    "# Project tables\n\n"
    "What custom rules (`governance.custom_rules` of a manifest), dbt checks and `floe query` can "
    "ask, in DuckDB's SQL. "
    "This page is printed by `floe query --tables --format markdown`.\n\n"
    "This is version {} of the tables. It goes up when a table or column is renamed, removed or "
    "changes its meaning; "
    "new ones come without that.\n\n"
    "The tables without a schema are floe's own. Those without `all_` hold what is the data "
    "product's own and enabled: "
    "rules ask these. The tables in the schema `dbt` have the names and columns of dbt's "
    "Information Schema v1, "
    "as far as reading a project fills them; `{{{{ info_schema('models') }}}}` in a check means "
    "`dbt.models`.\n";

Result<std::string> tables_page(policy::Sandbox& sandbox, const std::string& format) {
  std::string page = format == "markdown"
                         ? fmt::format(fmt::runtime(kTablesPage), policy::kProjectTablesVersion)
                         : "";
  Value list = Value::list();
  for (const policy::ProjectTable& table : policy::project_tables()) {
    const auto columns = FLOE_TRY(described_columns(sandbox, table));
    if (format == "markdown") {
      add_markdown_table(table, columns, page);
    } else if (format == "json") {
      Value fields = Value::list();
      for (const DescribedColumn& column : columns) {
        fields.push(Value::map({{"name", Value(column.name), {}},
                                {"type", Value(column.type), {}},
                                {"description", Value(column.description), {}}}));
      }
      list.push(Value::map({{"name", Value(full_table_name(table)), {}},
                            {"description", Value(table.description), {}},
                            {"columns", std::move(fields), {}}}));
    } else {
      page += fmt::format("{}  {}\n", full_table_name(table), table.description);
      for (const DescribedColumn& column : columns) {
        page += fmt::format("  {:<26} {:<10} {}", column.name, column.type, column.description);
        page.erase(page.find_last_not_of(' ') + 1);
        page += "\n";
      }
      page += "\n";
    }
  }
  if (format != "json") return page;
  return value::write_json(Value::map({{"version", Value(policy::kProjectTablesVersion), {}},
                                       {"tables", std::move(list), {}}}),
                           2) +
         "\n";
}

int list_project_tables(const Output& output, const std::string& format) {
  const auto tables = policy::project_tables();
  std::vector<const policy::ProjectTable*> all;
  for (const policy::ProjectTable& table : tables) all.push_back(&table);
  auto sandbox = policy::Sandbox::open(all, nullptr);
  if (!sandbox) return report_error(output, sandbox.error());
  const auto page = tables_page(*sandbox, format);
  if (!page) return report_error(output, page.error());
  print(*page);
  return 0;
}

int run_query(const Args& args) {
  const Output output = output_of(args);
  const std::string format = args.value_or("format", "text");
  if (args.flag("tables")) return list_project_tables(output, format);
  if (format == "markdown") {
    return report_error(output,
                        Error{ErrorKind::kUsage, "markdown is a format of --tables", "", nullptr});
  }
  const Result<std::optional<long>> limit = args.number("limit", 1, 1'000'000);
  if (!limit) return report_error(output, limit.error());
  policy::SandboxLimits limits;
  limits.result.rows = static_cast<std::size_t>(limit->value_or(1000));
  limits.result.bytes = 64u << 20;
  const auto text = asked_query(args);
  if (!text) return report_error(output, text.error());
  const auto selected = ask(args, output, *text, limits);
  if (!selected) return report_error(output, selected.error());
  if (format == "json") print_query_json(selected->table);
  else if (format == "csv") print_query_csv(selected->table);
  else print_query_text(selected->table, output);
  if (selected->more) {
    warn(output,
         fmt::format("there is more: only {} shown", counted(selected->table.rows.size(), "row")),
         "--limit shows more");
  }
  return 0;
}

}  // namespace

const Command command_query = {
    .path = "query",
    .summary = "Ask a data product's models, columns, tests, edges and more in SQL",
    .details =
        "The tables are those that a platform's custom rules see, and the query runs as they do: "
        "one SELECT in DuckDB, without files, network and extensions, bounded in time and memory. "
        "The product may break rules. `{{ info_schema('models') }}` names dbt's tables.\n\n"
        "  floe query \"select name, layer from models where not documented\"\n"
        "  floe query --file docs/rules-gallery/model-fan-out.sql --format csv\n"
        "  floe query --tables",
    .options = {{.name = "file",
                 .letter = 'f',
                 .takes = Takes::kValue,
                 .value_name = "FILE",
                 .help = "Read the query from a file; - for stdin"},
                {.name = "transform",
                 .takes = Takes::kValue,
                 .value_name = "PATH",
                 .help = "Which of several dbt projects of the product; the first if not given"},
                {.name = "tables", .help = "List the tables with their columns"},
                {.name = "limit",
                 .takes = Takes::kValue,
                 .value_name = "N",
                 .help = "How many rows at most",
                 .fallback = "1000"},
                {.name = "format",
                 .takes = Takes::kValue,
                 .value_name = "FORMAT",
                 .help = "How rows are printed",
                 .choices = {"text", "json", "csv", "markdown"},
                 .fallback = "text"},
                environment_option(),
                vars_option()},
    .positionals = {{.name = "SQL", .help = "The query; - for stdin"}},
    .run = run_query,
};

}  // namespace floe::cli
