// SPDX-License-Identifier: Apache-2.0
// How `floe fix` and `floe migrate apply` tell what they change: the diff first, then what it does
// and what is left.
#pragma once

#include "cli/fix/session.h"
#include "cli/report.h"
#include "value/value.h"

#include <vector>

namespace floe::cli {

/// Prints the diff to stdout; repairs and what was left alone to stderr.
void print_changes(const ChangeSession& session, const Output& output);

/// The same as data: "fixes", "left", "files" with their diffs.
value::Value changes_value(const ChangeSession& session);

/// A finding as `--format json` tells it.
value::Value finding_value(const diag::Diagnostic& finding, const diag::SourceMap& sources);

}  // namespace floe::cli
