// SPDX-License-Identifier: Apache-2.0
// Compiling a data product: platform, project and rules together. `floe compile` prints it, `floe
// run` and `floe dbt` go on only if it passed.
#pragma once

#include "base/files.h"
#include "base/result.h"
#include "core/config/data_product.h"
#include "core/platform/load.h"
#include "dbt/project/load.h"
#include "diag/diagnostic.h"
#include "policy/rule.h"

#include <functional>
#include <optional>
#include <string>

namespace floe::cli {

/// What to compile, and under which circumstances.
struct CompileOptions {
  fs::path product_dir;  // holds floe.yaml
  std::string environment = "local";
  std::string platform_override;  // "what if": another reference or version; changes no file
  core::LockUse lock = core::LockUse::kRecord;
  std::string command = "compile";  // dbt's flags.WHICH
  bool full_refresh = false;
  std::optional<int> threads;
  value::Value vars = value::Value::map();  // over those of floe.yaml
  value::Value invocation_args = value::Value::map();
  std::string invocation_id;
};

/// The steps of a compile, told as they happen: `line` has no indentation and no line break.
/// Depth 0 is a step ("[1/4] …"), 1 a line below it, 2 a continuation.
using StepPrinter = std::function<void(int depth, const std::string& line)>;

/// A compiled product. If `passed`, all that `loaded` holds may run.
struct CompileResult {
  core::Platform platform;
  config::DataProduct product;
  dbt::Loaded loaded;
  policy::Outcome outcome;
  bool passed = false;
};

/// Compiles a product. Findings of every kind go to `sink`; the result is empty if they left
/// nothing to enforce (unreadable floe.yaml, a project that dbt would refuse). A failure is the
/// world's or a refusal: registry, lock, tampering.
Result<std::optional<CompileResult>> compile_product(const CompileOptions& options,
                                                     diag::SourceMap& sources, diag::Sink& sink,
                                                     const StepPrinter& print, int verbosity = 0);

/// Writes target/compiled.json and target/diagnostics.json for a compile that got so far.
Status write_compile_outputs(const CompileOptions& options, const CompileResult& result,
                             const diag::SourceMap& sources, const diag::Sink& sink);

/// Whether the folder's floe.yaml makes it a data product of floe. A floe.yaml of another kind or
/// apiVersion is none; `other_kind` then says what it is.
bool is_data_product(const fs::path& folder, std::string* other_kind = nullptr);

}  // namespace floe::cli
