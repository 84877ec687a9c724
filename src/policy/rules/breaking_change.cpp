// SPDX-License-Identifier: Apache-2.0
#include "policy/facts.h"

#include <fmt/core.h>

#include <set>

namespace floe::policy {

namespace {

using contract::Compatibility;
using contract::ContractChange;

constexpr std::string_view kSetting = "governance.contracts.compatibility";

Compatibility mode_of(const Context& context, const mesh::Offer* offer) {
  const auto platform = contract::parse_compatibility(context.platform.contracts.compatibility)
                            .value_or(Compatibility());
  if (offer == nullptr || !offer->contract) return platform;
  const auto own =
      contract::parse_compatibility(offer->contract->compatibility).value_or(Compatibility());
  return contract::both(platform, own);
}

std::string broken_side(const ContractChange& change, const Compatibility& mode) {
  const bool backward = mode.backward && change.breaks_backward;
  const bool forward = mode.forward && change.breaks_forward;
  if (backward && forward) return "readers of the old and of the new version";
  return backward ? "who reads it as it was" : "who reads old data as it is now";
}

/// A port that is gone, or that no longer has a contract.
void check_lost_port(const Context& context, const mesh::Release& release,
                     const mesh::Release::Port& port, Report& report) {
  const mesh::Offer* offer = context.mesh->offer_of(port.name);
  if (!mode_of(context, offer).backward || port.is_deprecated) return;
  if (offer != nullptr && (offer->has_contract || !port.contract)) return;
  diag::Diagnostic finding;
  finding.span = offer == nullptr ? context.product.metadata_span : offer->span;
  finding.message = offer == nullptr
                        ? fmt::format("output port '{}' of {} is gone", port.name, release.version)
                        : fmt::format("output port '{}' had a contract in {}, and has none now",
                                      port.name, release.version);
  finding.expected = "what was published stays, until a deprecation has ended it";
  finding.help = offer == nullptr
                     ? "keep the port, publish it with `deprecation: {date: …}` first, and remove "
                       "it in a later version"
                     : "keep the contract";
  report.finding(std::move(finding), kSetting);
}

void check_release(const Context& context, const mesh::Release& release, bool is_last,
                   std::set<std::string>& told, Report& report) {
  for (const mesh::Release::Port& port : release.ports) {
    if (is_last) check_lost_port(context, release, port, report);
    const mesh::Offer* offer = context.mesh->offer_of(port.name);
    if (offer == nullptr || !offer->contract || !port.contract) continue;
    const Compatibility mode = mode_of(context, offer);
    if (!is_last && !mode.transitive) continue;
    for (const ContractChange& change :
         contract::compare_contracts(*port.contract, *offer->contract)) {
      if (!contract::is_breaking(change, mode)) continue;
      const std::string text = contract::change_text(change);
      if (!told.insert(port.name + "\n" + text).second) continue;
      diag::Diagnostic finding;
      finding.message = fmt::format("port '{}' breaks {}: {} since {}", port.name,
                                    broken_side(change, mode), text, release.version);
      finding.span = change.span ? change.span : offer->contract_span;
      finding.expected =
          fmt::format("changes that are compatible: {}", contract::compatibility_name(mode));
      finding.help = "offer the new shape as another port beside this one, and deprecate this one";
      report.finding(std::move(finding), kSetting);
    }
  }
}

void check_breaking_change(const Context& context, Report& report) {
  if (context.mesh == nullptr || !context.judges_product) return;
  std::set<std::string> told;
  for (std::size_t i = 0; i < context.mesh->releases.size(); ++i) {
    check_release(context, context.mesh->releases[i], i == 0, told, report);
  }
}

}  // namespace

extern const Rule rule_breaking_change;
const Rule rule_breaking_change = {
    "K004",
    "breaking-change",
    Governs::kContracts,
    "a new version breaks no reader that its compatibility mode protects",
    R"(Compared are the contracts of the ports with those of the newest version that was published before; with `_transitive`, of every
version before. The mode says whom a change must not break, as readers of tables see it:

- `backward`: who was written for the version before reads the new data.
- `forward`: who is written for the new version reads the data of the version before.
- `full`: both. `none`: nobody is protected.

(Registries for message schemas often name the two the other way round.)

| change | breaks backward | breaks forward |
|---|---|---|
| column added, may be null | | |
| column added, required | | yes |
| column removed; port or table removed | yes | |
| column renamed (`floe.renamed_from`, or the same ODCS `id`) | yes | yes |
| type widened: integer to bigint, a type that is no longer promised | yes | |
| type narrowed: bigint to integer, a type that was not promised before | | yes |
| type changed: text to integer, or to one that floe does not know | yes | yes |
| required becomes nullable | yes | |
| nullable becomes required | | yes |
| no longer unique | yes | |
| unique now | | yes |
| primary key changed | yes | yes |
| freshness, availability or quality promised less | yes | |
| … promised more | | yes |
| description, classification, order of columns | | |

Bad: `order_total` is renamed to `total` where the mode is backward. Good: `total` is added beside it, `order_total` is marked
deprecated; or a port `orders_v2` beside `orders`.

Set by `governance.contracts.compatibility`, or stricter by `compatibility` (`floe.compatibility`) of a contract.
)",
    check_breaking_change,
};

}  // namespace floe::policy
