// SPDX-License-Identifier: Apache-2.0
// Compiling a data product: platform, project and rules together. `floe compile` prints it, `floe
// run` and `floe dbt` go on only if it passed.
#pragma once

#include "base/result.h"
#include "cli/product.h"
#include "core/platform/load.h"
#include "dbt/project/load.h"
#include "diag/diagnostic.h"
#include "policy/report/product_report.h"
#include "policy/rule.h"

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace floe::cli {

/// The steps of a compile, told as they happen. Depth 0 is a step ("[1/4] …"), 1 a line below it,
/// 2 a continuation of that; `line` has neither indentation nor line break.
using StepPrinter = std::function<void(int depth, const std::string& line)>;

/// One transform with what floe read of it and what the rules said.
struct CompiledTransform {
  TransformProject transform;
  dbt::Loaded loaded;
  policy::Outcome outcome;
  std::optional<dbt::ColumnFacts> columns;  // if a rule looks at them
  dbt::LoadOptions load;                    // how it was read
  policy::TransformReport report;           // for target/report.html
};

/// A compiled product. Only if `passed` may anything of it run.
struct CompileResult {
  core::Platform platform;
  std::deque<CompiledTransform> transforms;  // a Loaded project never moves once it is linked
  bool passed = false;
};

/// Compiles an opened product. Findings of every kind go to its sink. A failure is the world's or a
/// refusal: registry, lock, tampering, no such environment.
Result<CompileResult> compile_product(OpenProduct& opened, const ProductOptions& options,
                                      const StepPrinter& print, int verbosity = 0);

/// The same with a platform that was loaded just now.
Result<CompileResult> compile_loaded(OpenProduct& opened, core::LoadedPlatform loaded,
                                     const ProductOptions& options, const StepPrinter& print,
                                     int verbosity = 0);

/// The same against a platform that is there already: neither registry nor floe.lock is touched.
Result<CompileResult> compile_against(OpenProduct& opened, core::Platform platform,
                                      const ProductOptions& options, const StepPrinter& print,
                                      int verbosity = 0);

/// What a platform says of a loaded project.
struct Judgement {
  bool allowed = true;
  std::optional<core::Platform> platform;      // that governs it, if one does
  std::vector<std::string> lock_changes = {};  // what was written to floe.lock, a sentence each
};

/// Enforces the platform of the data product that `folder` lies in upon a project that was loaded
/// in another way (`floe dbt` with its own profile and vars): what is checked is exactly what would
/// run. Findings go to `sink`; not allowed if anything refuses it. Allowed without further ado
/// where no floe.yaml of kind DataProduct governs the folder.
Result<Judgement> enforce_loaded(const fs::path& folder, dbt::Loaded& loaded,
                                 diag::SourceMap& sources, diag::Sink& sink);

/// The exit code that the errors in a sink ask for: 1 a refused project, 2 wrong configuration (C
/// codes), 3 files that can't be read; 0 without errors.
int findings_exit_code(const diag::Sink& sink);

/// The kind that a floe.yaml in `folder` or above says it is ("DataProduct", "FloeSpec"); "" if
/// there is no such file.
std::string governing_kind(const fs::path& folder);

}  // namespace floe::cli
