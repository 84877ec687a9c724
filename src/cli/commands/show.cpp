// SPDX-License-Identifier: Apache-2.0
// `floe show`: a look at the rows of a model, or of any query over the project.
#include "base/signals.h"
#include "base/table.h"
#include "base/term.h"
#include "base/text.h"
#include "cli/run/run_product.h"
#include "value/json.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>

namespace floe::cli {

namespace {

using dbt::CellKind;
using value::Value;

constexpr long kDefaultRows = 5;

/// What of a project is shown: a node, or a query.
struct ShowRequest {
  std::string node;
  std::string query;
  int limit = kDefaultRows;
};

/// Says what templates have to say; the result itself is printed elsewhere.
class ShowEvents : public runtime::EventSink {
 public:
  explicit ShowEvents(const Output& output) : output_(output) {}
  void on_event(const runtime::Event& event) override {
    if (event.kind == runtime::EventKind::kWarning) warn(output_, event.message);
    if (event.kind == runtime::EventKind::kLog) note(output_, event.message);
    if (event.kind == runtime::EventKind::kPrint) print_line(event.message);
  }

 private:
  const Output& output_;
};

bool is_number_cell(const dbt::Cell& cell) {
  return cell.kind == CellKind::kInt || cell.kind == CellKind::kBigInt ||
         cell.kind == CellKind::kDouble || cell.kind == CellKind::kDecimal;
}

Value cell_value(const dbt::Cell& cell) {
  switch (cell.kind) {
    case CellKind::kNull: return {};
    case CellKind::kBool: return cell.integer != 0;
    case CellKind::kInt: return cell.integer;
    case CellKind::kDouble: return cell.real;
    default: return cell.to_text();
  }
}

void print_rows_as_json(const dbt::Table& table) {
  Value rows = Value::list();
  for (const std::vector<dbt::Cell>& row : table.rows) {
    Value object = Value::map();
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      object.set(table.columns[c].name, cell_value(row[c]));
    }
    rows.push(std::move(object));
  }
  print_line(value::write_json(rows, 2));
}

void print_rows(const dbt::Table& table, const Output& output) {
  std::vector<TableColumn> columns;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const bool numbers = !table.rows.empty() &&
                         std::all_of(table.rows.begin(), table.rows.end(), [&](const auto& row) {
                           return row[c].is_null() || is_number_cell(row[c]);
                         });
    columns.push_back({table.columns[c].name, numbers});
  }
  std::vector<std::vector<std::string>> rows;
  for (const std::vector<dbt::Cell>& row : table.rows) {
    std::vector<std::string>& texts = rows.emplace_back();
    for (const dbt::Cell& cell : row) texts.push_back(cell.to_text());
  }
  TableOptions options;
  // Into a pipe goes every column.
  options.width = is_terminal(STDOUT_FILENO) ? static_cast<std::size_t>(output.width) : 0;
  options.color = output.color_out;
  print(format_table(columns, rows, options));
}

/// The one node that a name means: a model, seed or snapshot by name or unique id.
Result<std::string> find_shown_node(const dbt::Project& project, const std::string& name) {
  std::vector<std::string> names;
  for (const auto& [id, node] : project.nodes) {
    if (!node->is_refable()) continue;
    if (id == name || node->name == name) return id;
    names.push_back(node->name);
  }
  const std::string near = nearest(name, names);
  return fail(
      ErrorKind::kUsage, fmt::format("there is no model, seed or snapshot '{}'", name),
      near.empty() ? "floe ls lists what there is" : fmt::format("did you mean '{}'?", near));
}

Result<dbt::Table> fetch_rows(const Output& output, ReadyProduct& ready,
                              CompiledTransform& compiled, const ShowRequest& asked) {
  Cancellation cancellation;
  ShowEvents events(output);
  runtime::RunRequest request{.loaded = compiled.loaded,
                              .selected = {},
                              .command = runtime::Command::kShow,
                              .target_path = compiled.loaded.target_path.string(),
                              .invocation_id = ready.options.invocation_id,
                              .event_time = {},
                              .sample = {},
                              .invoked_at = 0,
                              .previous_batches = {},
                              .macro = {},
                              .inline_code = asked.query,
                              .show_limit = asked.limit,
                              .deferred = {},
                              .cancel = cancellation.flag(),
                              .events = events,
                              .gate = nullptr};
  if (!asked.node.empty()) {
    request.selected = {FLOE_TRY(find_shown_node(compiled.loaded.project, asked.node))};
  }
  runtime::RunResult result = FLOE_TRY(runtime::execute(request));
  if (result.cancelled) return fail(ErrorKind::kInterrupted, "floe show was interrupted");
  for (runtime::NodeResult& entry : result.results) {
    if (entry.failed()) {
      return fail(ErrorKind::kViolation, entry.message.value_or("the query failed"),
                  "are the models it reads built? floe run builds them");
    }
    if (entry.preview) return std::move(*entry.preview);
  }
  return fail(ErrorKind::kViolation, "there is nothing to show");
}

/// What is shown of a model is what its SQL gives now; what a port's readers see may be older.
void note_port(const Output& output, const ReadyProduct& ready, const std::string& name) {
  for (const config::Port& port : ready.opened.product.output_ports) {
    if (name.empty() || port.model != name) continue;
    note(output,
         fmt::format("This is what the SQL of '{}' gives now. Readers of port '{}' see what was "
                     "published last:\n  floe show --inline \"select * from {{{{ ref('{}') }}}}\"",
                     name, port.name, name));
    return;
  }
}

int run_show(const Args& args) {
  Output output = output_of(args);
  ShowRequest asked;
  asked.node = args.positional(0).value_or(args.value_or("select", ""));
  asked.query = args.value_or("inline", "");
  if (asked.node.empty() == asked.query.empty()) {
    return report_error(output, Error{ErrorKind::kUsage, "floe show takes a MODEL or --inline SQL",
                                      "as in: floe show gold_revenue --limit 10", nullptr});
  }
  const Result<std::optional<long>> limit = args.number("limit", -1, 1'000'000'000);
  if (!limit) return report_error(output, limit.error());
  asked.limit = static_cast<int>(limit->value_or(kDefaultRows));
  const bool quiet = std::exchange(output.quiet, true);
  int exit_code = 0;
  const auto ready = prepare_product(args, output, "show", exit_code);
  if (!ready) return exit_code;
  output.quiet = quiet;
  Error error{ErrorKind::kUsage, "floe.yaml has no transforms", "", nullptr};
  for (CompiledTransform& compiled : ready->compiled.transforms) {
    const Result<dbt::Table> table = fetch_rows(output, *ready, compiled, asked);
    if (!table) {
      error = table.error();
      // With several transforms the node may be in the next one.
      if (error.kind == ErrorKind::kUsage) continue;
      break;
    }
    if (args.value_or("format", "text") == "json") {
      print_rows_as_json(*table);
    } else {
      print_rows(*table, output);
    }
    note_port(output, *ready, asked.node);
    return 0;
  }
  return report_error(output, error);
}

}  // namespace

const Command command_show = {
    .path = "show",
    .summary = "Show the first rows of a model, seed or snapshot, or of a query",
    .details =
        "Examples:\n\n"
        "  floe show gold_revenue --limit 10\n"
        "  floe show --inline \"select count(*) from {{ ref('silver_orders') }}\"",
    .options = {{.name = "limit",
                 .takes = Takes::kValue,
                 .value_name = "N",
                 .help = "How many rows; -1 for all",
                 .fallback = "5"},
                {.name = "inline",
                 .takes = Takes::kValue,
                 .value_name = "SQL",
                 .help = "A query instead of a model; Jinja as in a model"},
                {.name = "select",
                 .letter = 's',
                 .takes = Takes::kValue,
                 .value_name = "MODEL",
                 .help = "The model, as dbt's users write it"},
                environment_option(),
                vars_option(),
                format_option()},
    .positionals = {{.name = "MODEL", .help = "A model, seed or snapshot"}},
    .run = run_show,
};

}  // namespace floe::cli
