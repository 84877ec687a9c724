// SPDX-License-Identifier: Apache-2.0
// `floe lineage`: where the values of a column come from, and where they go.
#include "base/text.h"
#include "cli/lineage_tree.h"
#include "cli/readable_product.h"
#include "dbt/columns/lineage_json.h"
#include "runtime/columns.h"
#include "value/json.h"

#include <fmt/core.h>

namespace floe::cli {

namespace {

/// What of the product a place means, as far as it was looked for.
struct LookedFor {
  bool found = false;
  bool unreadable = false;  // it is SQL that can't be read: said already
  std::string near;         // what it may have been meant to be
};

/// The relations that "model" or "model.column" speaks of, by unique_id.
std::vector<std::string> relations_of(const LineageNames& names, const std::string& place) {
  std::vector<std::string> ids = names.find(place);
  const std::size_t dot = place.rfind('.');
  if (ids.empty() && dot != std::string::npos) ids = names.find(place.substr(0, dot));
  return ids;
}

/// A place without columns that are known: says why of its relation.
void explain_unknown(const dbt::ColumnFacts& facts, const LineageNames& names,
                     const std::string& place, const diag::SourceMap& sources, const Output& output,
                     LookedFor& looked) {
  for (const std::string& id : relations_of(names, place)) {
    const dbt::RelationColumns* relation = facts.find(id);
    if (relation == nullptr || !relation->is_opaque() || id.starts_with("source.")) continue;
    if (relation->sql_error.empty()) {
      print_line(fmt::format("{}  (unknown: {})", place, relation->unknown));
      looked.found = true;
      continue;
    }
    diag::Diagnostic finding;
    finding.code = "S001";
    finding.message =
        fmt::format("the SQL of '{}' can't be read: {}", names.of(id), trim(relation->sql_error));
    finding.span = relation->sql_error_at;
    finding.node = id;
    report_diagnostics(output, {finding}, sources);
    looked.unreadable = true;
  }
}

Status print_lineage(const Args& args, const Output& output, ReadableProduct& product,
                     const TransformProject& transform, LookedFor& looked) {
  dbt::Loaded loaded = FLOE_TRY(load_readable(product, transform, output));
  const diag::SourceMap& sources = *product.opened.sources;
  runtime::ColumnsRequest request{.loaded = loaded, .masks = {}, .sources = &sources};
  const dbt::ColumnFacts facts = FLOE_TRY(runtime::infer_columns(request));
  if (args.value_or("format", "text") == "json") {
    print_line(value::write_json(dbt::lineage_document(facts), 2));
    looked.found = true;
    return {};
  }
  const LineageNames names(loaded.project);
  const auto place = args.positionals().empty() ? std::string() : args.positionals().front();
  if (place.empty()) {
    print(lineage_overview(facts, names));
    looked.found = true;
    return {};
  }
  const std::vector<dbt::ColumnRef> columns = lineage_columns(facts, names, place);
  for (const dbt::ColumnRef& column : columns) {
    print(lineage_of(facts, names, column, !args.flag("downstream"), !args.flag("upstream")));
    looked.found = true;
  }
  if (columns.empty()) explain_unknown(facts, names, place, sources, output, looked);
  if (!looked.found && looked.near.empty()) looked.near = nearest_place(facts, names, place);
  return {};
}

int run_lineage(const Args& args) {
  Output output = output_of(args);
  output.quiet = true;
  const auto product = open_readable(args, output, "compile");
  if (!product) return report_error(output, product.error());
  LookedFor looked;
  for (const TransformProject& transform : (*product)->transforms) {
    if (const Status done = print_lineage(args, output, **product, transform, looked); !done) {
      return report_error(output, done.error());
    }
  }
  if (looked.unreadable) return exit_code(ErrorKind::kViolation);
  if (looked.found) return 0;
  if (args.positionals().empty()) {
    return report_error(
        output, Error{ErrorKind::kUsage, "floe.yaml has no transforms of type dbt", "", nullptr});
  }
  return report_error(
      output, Error{ErrorKind::kUsage,
                    fmt::format("there is no model or column '{}'", args.positionals().front()),
                    looked.near.empty() ? "floe lineage without an argument lists what there is"
                                        : fmt::format("did you mean '{}'?", looked.near),
                    nullptr});
}

}  // namespace

const Command command_lineage = {
    .path = "lineage",
    .summary = "Show where the values of columns come from, and where they go",
    .details =
        "Nothing is run: the SQL is compiled and read, whatever rules it breaks. What can't be "
        "known (a source whose "
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
