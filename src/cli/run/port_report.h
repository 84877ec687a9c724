// SPDX-License-Identifier: Apache-2.0
// What a run says of its output ports.
#pragma once

#include "cli/run/ports.h"

#include <set>
#include <string>
#include <vector>

namespace floe::cli {

/// What became of an audited port, in sentences; "" if it was published.
std::string describe_outcome(const runtime::PortOutcome& port, const dbt::Project& project,
                             const runtime::GatePlan& gates);

/// The same for programs.
value::Value outcome_value(const runtime::PortOutcome& port);

/// All that people have to know of the ports of a run: nothing, if all is as they wanted.
std::vector<std::string> port_sentences(const PortsPutBack& settled, const dbt::Project& project,
                                        const runtime::GatePlan& gates,
                                        const runtime::RunResult& result);

/// Models whose new version nobody sees: the next run builds them again.
std::set<std::string> withdrawn_models(const PortsPutBack& settled,
                                       const runtime::RunResult& result);

}  // namespace floe::cli
