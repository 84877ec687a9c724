// SPDX-License-Identifier: Apache-2.0
// The floe binary: hands the command line to the cli module.
#include "cli/main.h"

int main(int argc, char** argv) { return floe::cli::run_main(argc, argv); }
