// SPDX-License-Identifier: Apache-2.0
// The words of `floe compile`: what each step found, a line an item.
#pragma once

#include "cli/enforce.h"

#include <deque>

namespace floe::cli {

/// Below "[2/4] Validating transforms": what was found, or that the project can't be read.
void print_transform_step(const std::deque<CompiledTransform>& transforms, const diag::Sink& sink,
                          const StepPrinter& print);

/// Below "[3/4] Enforcing naming conventions": a line a model (folded into a count where there are
/// many, unless verbose), then what the other families found.
void print_enforcement_step(const CompileResult& result, const diag::Sink& sink, int verbosity,
                            const StepPrinter& print);

}  // namespace floe::cli
