// SPDX-License-Identifier: Apache-2.0
#include "base/term.h"
#include "base/text.h"
#include "cli/enforce.h"
#include "cli/mesh.h"
#include "cli/report.h"
#include "policy/model_columns.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::cli {

namespace {

/// What `check` is about: contracts and ports, and whatever keeps the product from being read. X
/// are rules of platform and project, which `floe compile` tells of.
bool concerns_contracts(const diag::Diagnostic& finding) {
  const policy::Rule* rule = policy::find_rule(finding.code);
  if (rule != nullptr) return finding.code.starts_with('K') || finding.code.starts_with('M');
  if (finding.code.starts_with('X')) return false;
  return finding.severity == diag::Severity::kError || finding.code.starts_with("C06");
}

/// "orders: 4 columns promised, 3 compared, 1 of unknown type".
std::string checked_port(const mesh::Offer& offer, const OpenProduct& opened,
                         const CompileResult& compiled) {
  if (!offer.contract) return fmt::format("{}: no contract", offer.name);
  const contract::Table* table = offer.contract->table_of(offer.model);
  const std::size_t promised = table == nullptr ? 0 : table->columns.size();
  const std::string text = fmt::format("{}: {} promised", offer.name, counted(promised, "column"));
  for (const CompiledTransform& transform : compiled.transforms) {
    const policy::Context context =
        policy::make_context(compiled.platform, opened.product, transform.loaded.project,
                             *opened.sources, transform.columns ? &*transform.columns : nullptr);
    const dbt::Node* node = policy::offered_node(context, offer);
    if (node == nullptr || table == nullptr) continue;
    const policy::ModelColumns known = policy::model_columns(context, *node);
    const auto compared =
        std::count_if(table->columns.begin(), table->columns.end(), [&](const auto& column) {
          const policy::ModelColumn* found = known.find(column.name);
          return found == nullptr ? known.is_complete
                                  : found->type.family != contract::Family::kUnknown;
        });
    const std::size_t unknown = promised - static_cast<std::size_t>(compared);
    return text + fmt::format(", {} compared with {}{}", compared, node->name,
                              unknown == 0 ? "" : fmt::format(", {} of unknown type", unknown));
  }
  return text + ", nothing known of " + offer.model;
}

std::string checked_input(const mesh::Input& input) {
  return fmt::format("{}: reads {} {}", input.name, input.provider.name,
                     input.contract ? "under contract" : "without a contract");
}

void print_checked(const OpenProduct& opened, const CompileResult& compiled) {
  for (const mesh::Offer& offer : opened.mesh->mesh.offers) {
    print_line(printable(checked_port(offer, opened, compiled)));
  }
  for (const mesh::Input& input : opened.mesh->mesh.inputs) {
    if (input.search == mesh::Search::kFound) print_line(printable(checked_input(input)));
  }
}

Result<int> check_contracts(const Args& args, const Output& output) {
  const ProductOptions options = FLOE_TRY(product_options(args, "compile"));
  OpenProduct opened = FLOE_TRY(open_product("."));
  const CompileResult compiled = FLOE_TRY(compile_product(
      opened, options, [&](int, const std::string& line) { detail(output, line); }));
  diag::Sink kept;
  for (const diag::Diagnostic& finding : opened.sink->sorted(*opened.sources)) {
    if (concerns_contracts(finding)) kept.add(finding);
  }
  const std::string format = args.value_or("format", "text");
  const auto findings = kept.sorted(*opened.sources);
  if (!findings.empty() || format != "text") {
    report_diagnostics(output, findings, *opened.sources, format);
  }
  if (format == "text" && opened.mesh != nullptr && !compiled.transforms.empty()) {
    print_checked(opened, compiled);
  }
  return kept.has_errors() ? findings_exit_code(kept) : 0;
}

int run_contracts_check(const Args& args) {
  const Output output = output_of(args);
  const Result<int> code = check_contracts(args, output);
  return code ? *code : report_error(output, code.error());
}

}  // namespace

const Command command_contracts_check = {
    .path = "contracts check",
    .summary = "Check the product's ports against their contracts and those of its providers",
    .details =
        "The rules of the families K and M alone, as `floe compile` applies them: contracts that "
        "are missing or that the model has left behind, changes that break readers of the version "
        "before, expectations that providers do not meet. Ends with 1 if one is broken. Then it "
        "says "
        "how much of each contract could be compared: the rest neither the model's SQL nor its "
        "properties tell.",
    .options = {environment_option(), vars_option(), locked_option(), diagnostics_format_option()},
    .positionals = {},
    .run = run_contracts_check,
};

}  // namespace floe::cli
