// SPDX-License-Identifier: Apache-2.0
#include "policy/facts.h"

#include <fmt/core.h>

namespace floe::policy {

namespace {

void check_exposure_description(const Context& context, Report& report) {
  if (!context.platform.documentation.require_exposure_descriptions) return;
  for (const auto& [id, exposure] : context.project.exposures) {
    if (!exposure->enabled || !context.is_own(exposure->package_name)) continue;
    if (is_documentation(text_at(exposure->data, "description"))) continue;
    diag::Diagnostic finding;
    finding.message = fmt::format("exposure '{}' has no description", exposure->name);
    finding.span = exposure->span;
    finding.node = exposure->unique_id;
    finding.expected = "a sentence on what it shows, and to whom";
    finding.help = "add description: … to the exposure";
    report.finding(std::move(finding), "governance.documentation.require_exposure_descriptions");
  }
}

}  // namespace

extern const Rule rule_exposure_description;
const Rule rule_exposure_description = {
    "D008",
    "exposure-description",
    Governs::kDocumentation,
    "every exposure has a description",
    R"(An exposure says who uses the data, and for what. Without a description a change upstream breaks a dashboard that nobody can place.

Bad: an exposure with a name and an owner alone. Good: the same with `description:` on what it shows, and to whom.

Set by `governance.documentation.require_exposure_descriptions`.
)",
    check_exposure_description,
};

}  // namespace floe::policy
