// SPDX-License-Identifier: Apache-2.0
// `floe lineage`: where the values of a column come from, and where they go.
#include "base/text.h"
#include "cli/lineage_tree.h"
#include "cli/run/run_product.h"
#include "dbt/columns/lineage_json.h"
#include "runtime/columns.h"
#include "value/json.h"

#include <fmt/core.h>

namespace floe::cli {

namespace {

Status print_lineage(const Args& args, CompiledTransform& compiled, bool& found,
                     std::string& near) {
  runtime::ColumnsRequest request{.loaded = compiled.loaded};
  const dbt::ColumnFacts facts = FLOE_TRY(runtime::infer_columns(request));
  if (args.value_or("format", "text") == "json") {
    print_line(value::write_json(dbt::lineage_document(facts), 2));
    found = true;
    return {};
  }
  const LineageNames names(compiled.loaded.project);
  const auto place = args.positionals().empty() ? std::string() : args.positionals().front();
  if (place.empty()) {
    print(lineage_overview(facts, names));
    found = true;
    return {};
  }
  for (const dbt::ColumnRef& column : lineage_columns(facts, names, place)) {
    print(lineage_of(facts, names, column, !args.flag("downstream"), !args.flag("upstream")));
    found = true;
  }
  if (!found && near.empty()) near = nearest_place(facts, names, place);
  return {};
}

int run_lineage(const Args& args) {
  Output output = output_of(args);
  output.quiet = true;
  int exit_code = 0;
  const auto ready = prepare_product(args, output, "compile", exit_code);
  if (!ready) return exit_code;
  bool found = false;
  std::string near;
  for (CompiledTransform& compiled : ready->compiled.transforms) {
    if (const Status done = print_lineage(args, compiled, found, near); !done) {
      return report_error(output, done.error());
    }
  }
  if (found) return 0;
  return report_error(
      output, Error{ErrorKind::kUsage,
                    fmt::format("there is no model or column '{}'", args.positionals().front()),
                    near.empty() ? "floe lineage without an argument lists what there is"
                                 : fmt::format("did you mean '{}'?", near),
                    nullptr});
}

}  // namespace

const Command command_lineage = {
    .path = "lineage",
    .summary = "Show where the values of columns come from, and where they go",
    .details =
        "Nothing is run: the SQL is compiled and read. What can't be known (a source whose "
        "columns are not declared, SQL that depends on data) is said to be unknown. Kinds of "
        "edges: copy, transform, aggregate; columns that only decide which rows there are "
        "come under filters.",
    .options = {{.name = "upstream", .letter = 'u', .help = "Only where values come from"},
                {.name = "downstream", .letter = 'd', .help = "Only where values go"},
                environment_option(),
                vars_option(),
                format_option()},
    .positionals = {{.name = "COLUMN",
                     .help =
                         "model.column, or a model for all its columns; all models if not given",
                     .required = false}},
    .run = run_lineage,
};

}  // namespace floe::cli
