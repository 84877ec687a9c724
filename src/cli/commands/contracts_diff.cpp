// SPDX-License-Identifier: Apache-2.0
#include "base/term.h"
#include "base/text.h"
#include "cli/contracts.h"
#include "cli/published_products.h"
#include "core/contract/compare.h"
#include "value/json.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::cli {

namespace {

using contract::Compatibility;
using contract::ContractChange;

/// A change of one port's contract, or of the port as a whole.
struct PortChange {
  std::string port;
  std::string name;  // "column-removed"
  std::string text;
  bool breaks_backward = false;
  bool breaks_forward = false;
};

PortChange port_change(const std::string& port, const ContractChange& change) {
  return {port, std::string(contract::change_name(change.kind)), contract::change_text(change),
          change.breaks_backward, change.breaks_forward};
}

const PortAndContract* contract_of_port(const NamedContracts& named, const std::string& port) {
  const auto found = std::find_if(named.contracts.begin(), named.contracts.end(),
                                  [&](const PortAndContract& each) { return each.port == port; });
  return found == named.contracts.end() ? nullptr : &*found;
}

/// Two single contracts are compared whatever their ports are called; products port by port.
std::vector<PortChange> compare_named(const NamedContracts& before, const NamedContracts& after) {
  std::vector<PortChange> changes;
  const auto compare = [&](const PortAndContract& was, const PortAndContract& is) {
    for (const ContractChange& change : contract::compare_contracts(was.contract, is.contract)) {
      changes.push_back(port_change(is.port, change));
    }
  };
  if (!before.is_product && !after.is_product) {
    compare(before.contracts.front(), after.contracts.front());
    return changes;
  }
  for (const PortAndContract& was : before.contracts) {
    if (const PortAndContract* is = contract_of_port(after, was.port)) compare(was, *is);
    else if (after.is_product) {
      changes.push_back({was.port, "contract-removed",
                         fmt::format("the contract of port '{}' was removed", was.port), true,
                         false});
    }
  }
  for (const PortAndContract& is : after.contracts) {
    if (!before.is_product || contract_of_port(before, is.port) != nullptr) continue;
    changes.push_back({is.port, "contract-added",
                       fmt::format("a contract of port '{}' was added", is.port), false, false});
  }
  return changes;
}

bool breaks(const PortChange& change, const Compatibility& mode) {
  return (mode.backward && change.breaks_backward) || (mode.forward && change.breaks_forward);
}

/// "backward", "forward", "full" or "none": what the changes are compatible with at most.
std::string kept_compatibility(const std::vector<PortChange>& changes) {
  Compatibility kept{true, true, false};
  for (const PortChange& change : changes) {
    kept.backward = kept.backward && !change.breaks_backward;
    kept.forward = kept.forward && !change.breaks_forward;
  }
  return contract::compatibility_name(kept);
}

std::string contract_diff_json(const NamedContracts& before, const NamedContracts& after,
                               const std::vector<PortChange>& changes, const Compatibility& mode) {
  value::Value list = value::Value::list();
  bool breaking = false;
  for (const PortChange& change : changes) {
    value::Value entry = value::Value::map();
    entry.set("port", change.port);
    entry.set("change", change.name);
    entry.set("message", change.text);
    entry.set("breaks_backward", change.breaks_backward);
    entry.set("breaks_forward", change.breaks_forward);
    entry.set("breaking", breaks(change, mode));
    breaking = breaking || breaks(change, mode);
    list.push(std::move(entry));
  }
  value::Value document = value::Value::map();
  document.set("format_version", 1);
  document.set("before", before.name);
  document.set("after", after.name);
  document.set("mode", contract::compatibility_name(mode));
  document.set("changes", std::move(list));
  document.set("compatible_with", kept_compatibility(changes));
  document.set("breaking", breaking);
  return value::write_json(document, 2);
}

void print_contract_diff(const NamedContracts& before, const NamedContracts& after,
                         const std::vector<PortChange>& changes, const Compatibility& mode,
                         const Output& output) {
  print_line("--- " + printable(before.name));
  print_line("+++ " + printable(after.name));
  if (changes.empty()) return print_line("No differences.");
  std::size_t breaking = 0;
  for (const PortChange& change : changes) {
    const bool breaks_mode = breaks(change, mode);
    breaking += breaks_mode ? 1 : 0;
    const std::string word = fmt::format("{:<10}", breaks_mode ? "breaking" : "compatible");
    const bool names_port =
        (before.is_product || after.is_product) && change.name.starts_with("contract-") == false;
    print_line(fmt::format(
        "  {}  {}{}", styled(word, breaks_mode ? Style::kRed : Style::kGreen, output.color_out),
        names_port ? printable(change.port) + ": " : "", printable(change.text)));
  }
  print_line(fmt::format(
      "{}, {} under {}. Together they are compatible: {}.", counted(changes.size(), "change"),
      breaking == 0 ? std::string("none breaking") : fmt::format("{} breaking", breaking),
      contract::compatibility_name(mode), kept_compatibility(changes)));
}

Result<Compatibility> asked_mode(const Args& args) {
  const std::string word = args.value_or("mode", "backward");
  const auto mode = contract::parse_compatibility(word);
  if (mode) return *mode;
  return fail(ErrorKind::kUsage, fmt::format("there is no compatibility mode '{}'", word),
              "none, backward, forward or full");
}

Result<int> diff_contracts(const Args& args, const Output& output) {
  const Compatibility mode = FLOE_TRY(asked_mode(args));
  const NamedContracts before = FLOE_TRY(find_contracts(args, *args.positional(0)));
  if (const int code = report_contract_findings(before, output); code != 0) return code;
  const NamedContracts after = FLOE_TRY(find_contracts(args, args.positional(1).value_or(".")));
  if (const int code = report_contract_findings(after, output); code != 0) return code;
  const std::vector<PortChange> changes = compare_named(before, after);
  if (args.value_or("format", "text") == "json") {
    print_line(contract_diff_json(before, after, changes, mode));
  } else {
    print_contract_diff(before, after, changes, mode, output);
  }
  if (!args.has("exit-code")) return 0;
  const bool only_breaking = args.value_or("exit-code", "any") == "breaking";
  return std::any_of(changes.begin(), changes.end(),
                     [&](const PortChange& each) { return !only_breaking || breaks(each, mode); })
             ? 1
             : 0;
}

int run_contracts_diff(const Args& args) {
  const Output output = output_of(args);
  const Result<int> code = diff_contracts(args, output);
  return code ? *code : report_error(output, code.error());
}

}  // namespace

const Command command_contracts_diff = {
    .path = "contracts diff",
    .summary = "Show what changed between two data contracts, and whom it breaks",
    .details =
        "Every change is a line: breaking or compatible under --mode. `floe explain K004` has the "
        "table of what breaks whom. Each side is a file, an output port of the product here, a "
        "published version with or without #PORT, or `.` for all ports of the product here.\n\n"
        "  floe contracts diff v1.0\n"
        "  floe contracts diff v1.0#orders contracts/orders.yaml --mode full\n"
        "  floe contracts diff old.yaml new.yaml --exit-code=breaking",
    .options = {product_registry_option(),
                {.name = "mode",
                 .takes = Takes::kValue,
                 .value_name = "MODE",
                 .help = "What counts as breaking",
                 .choices = {"none", "backward", "forward", "full"},
                 .fallback = "backward"},
                {.name = "exit-code",
                 .takes = Takes::kOptional,
                 .value_name = "WHEN",
                 .help = "End with 1 if there are differences, or only for breaking ones",
                 .choices = {"any", "breaking"}},
                format_option()},
    .positionals = {{.name = "OLD", .help = "A file, a port, VERSION[#PORT]", .required = true},
                    {.name = "NEW", .help = "The same; the product here if not given"}},
    .run = run_contracts_diff,
};

}  // namespace floe::cli
