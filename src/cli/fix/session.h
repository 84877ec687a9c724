// SPDX-License-Identifier: Apache-2.0
// Changes of a data product, tried out round by round in a copy of it until nothing is left to do;
// what makes anything worse is taken back.
#pragma once

#include "cli/enforce.h"
#include "cli/fix/workspace.h"
#include "cli/product.h"
#include "cli/report.h"
#include "fix/agreement.h"
#include "fix/fixes.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace floe::cli {

/// A product as compiled at one moment. `opened` and `result` belong together.
struct CompiledState {
  OpenProduct opened;
  CompileResult result;
  std::vector<diag::Diagnostic> findings;  // sorted
  bool usable = false;                     // dbt would take it: rules have been enforced
};

/// What one round changes in one dbt project.
using RoundMaker =
    std::function<fix::Round(fix::Tree&, const policy::Context&, const fix::ProjectFolder&,
                             const std::vector<diag::Diagnostic>&, const fix::FixOptions&)>;

/// Where a session stands.
struct ChangeSession {
  fs::path root;  // the product's folder
  ProductOptions options;
  core::Platform platform;
  fix::Tree before;
  fix::Tree tree;
  std::unique_ptr<Workspace> workspace;
  std::unique_ptr<CompiledState> baseline;
  std::unique_ptr<CompiledState> state;

  std::vector<fix::Fix> fixes;
  std::vector<fix::Refusal> refusals;
  fix::Expected expected;                    // of the product's findings, after these changes
  std::map<std::string, std::string> moves;  // path before → path now
  fix::Names names;                          // name before → name now

  std::vector<fix::FileChange> changes() const;
  /// What people should know of the changes though nothing is wrong with them.
  std::vector<fix::Refusal> notes() const;
  /// What a node was called before the session.
  std::string old_name(const std::string& name) const;
};

/// The product in the working folder. What an earlier change that was cut short has left half done
/// is put back first, and told.
Result<OpenProduct> open_to_change(const Output& output);

/// Reads the product and compiles a copy against the platform: floe.lock is obeyed, nothing of the
/// product is written. Look at `baseline->usable` before going on.
Result<ChangeSession> begin_session(const OpenProduct& opened, core::Platform platform,
                                    const ProductOptions& options);

/// Makes rounds until one changes nothing.
Status run_rounds(ChangeSession& session, const RoundMaker& make, fix::FixOptions options);

/// The rules' view of one of the state's dbt projects.
policy::Context context_of(const CompiledState& state, const CompiledTransform& compiled);
/// Where the project lies in the tree.
fix::ProjectFolder folder_of(const CompiledState& state, const fs::path& root,
                             const CompiledTransform& compiled);

/// Compiles the product in `folder`, whose input ports and contracts are looked up from `home`.
Result<std::unique_ptr<CompiledState>> compile_state(const fs::path& folder, const fs::path& home,
                                                     const core::Platform& platform,
                                                     const ProductOptions& options);

}  // namespace floe::cli
