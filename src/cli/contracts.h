// SPDX-License-Identifier: Apache-2.0
// What the `floe contracts` commands share: which contracts an argument means.
#pragma once

#include "base/result.h"
#include "cli/command.h"
#include "cli/report.h"
#include "core/contract/contract.h"
#include "diag/diagnostic.h"

#include <memory>
#include <string>
#include <vector>

namespace floe::cli {

/// A contract and the port it is of.
struct PortAndContract {
  std::string port;   // "" of a file that stands alone
  std::string model;  // or table; ""
  std::string from;   // the file it is in, "floe.yaml", or a reference
  contract::Contract contract;
};

/// What an argument stands for. Mistakes in files are in the sink.
struct NamedContracts {
  std::string name;         // as it is shown
  bool is_product = false;  // all ports of a product, not one contract
  std::vector<PortAndContract> contracts;
  std::vector<std::string> without;  // ports of the product that have no contract
  std::unique_ptr<diag::SourceMap> sources = std::make_unique<diag::SourceMap>();
  std::unique_ptr<diag::Sink> sink = std::make_unique<diag::Sink>();
};

/// FILE, PORT of the product here, ".", a published VERSION or REFERENCE, each of these perhaps
/// with #PORT. kUsage with what there is if it is none of them.
Result<NamedContracts> find_contracts(const Args& args, const std::string& text);

/// All contracts of the product here.
Result<NamedContracts> contracts_here();

/// Prints the mistakes in the sink; 0, or 2 if there are errors among them.
int report_contract_findings(const NamedContracts& named, const Output& output);

/// "freshness 24h, availability 99.5 %", or "".
std::string service_level_text(const contract::ServiceLevel& sla);

}  // namespace floe::cli
