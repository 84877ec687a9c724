// SPDX-License-Identifier: Apache-2.0
// Entry of the command line: finds the command, parses, runs, and turns bugs into exit code 70.
#pragma once

namespace floe::cli {

/// Runs one floe command line; returns the exit code.
int run_main(int argc, char** argv);

}  // namespace floe::cli
