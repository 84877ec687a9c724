// SPDX-License-Identifier: Apache-2.0
// Compiling nodes: rendering their code, injecting the CTEs of ephemeral models, and writing the
// result below target/compiled.
#pragma once

#include "runtime/scope.h"
#include "runtime/state.h"

#include <string>

namespace floe::runtime {

/// Compiles a node in `scope` (its own): fills compiled_code, extra_ctes and compiled_path. Throws
/// what its templates throw, and DbtError when a file cannot be written.
void compile_node(Scope& scope, const std::string& split_suffix = {});

/// Writes a compiled node below target/compiled.
void write_compiled(RunState& state, dbt::Node& node, const std::string& split_suffix = {});

/// Renders the arguments of a generic test natively and adds them to its context.
void add_test_arguments(Scope& scope);

/// dbt's text of a failure in a node: "Compilation Error in model x (models/x.sql)\n  …".
std::string failure_text(const std::exception& error, const dbt::Node& node, const RunState& state);
/// The same for an operation: its macro is named where the template raised the error.
std::string failure_text(const std::exception& error, const dbt::Macro& macro,
                         const RunState& state);
/// The same without a node.
std::string failure_text(const std::exception& error, const RunState& state);

}  // namespace floe::runtime
