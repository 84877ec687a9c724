// SPDX-License-Identifier: Apache-2.0
// `floe run` and the verbs that run a part of what it runs.
#include "cli/run/run_product.h"

namespace floe::cli {

namespace {

using dbt::ResourceType;

const std::vector<ResourceType> kEverything = {ResourceType::kModel,    ResourceType::kSnapshot,
                                               ResourceType::kSeed,     ResourceType::kTest,
                                               ResourceType::kUnitTest, ResourceType::kFunction};

int run_everything(const Args& args) {
  return run_product(args, {"run", runtime::Command::kBuild, kEverything});
}

int run_build(const Args& args) {
  return run_product(args, {"build", runtime::Command::kBuild, kEverything});
}

int run_retry(const Args& args) {
  return run_product(args, {"run", runtime::Command::kBuild, kEverything, true});
}

int run_tests(const Args& args) {
  return run_product(
      args, {"test", runtime::Command::kTest, {ResourceType::kTest, ResourceType::kUnitTest}});
}

int run_seeds(const Args& args) {
  return run_product(args, {"seed", runtime::Command::kSeed, {ResourceType::kSeed}});
}

int run_snapshots(const Args& args) {
  return run_product(args, {"snapshot", runtime::Command::kSnapshot, {ResourceType::kSnapshot}});
}

}  // namespace

const Command command_run = {
    .path = "run",
    .summary = "Compile, then run seeds, snapshots, models and tests in the order of the graph",
    .details =
        "Enforcement comes first: nothing runs that breaks a rule of the platform. The "
        "project is read and compiled anew each time; no compile result in target/ is "
        "trusted. Afterwards the quality gates of platform and product decide: 'block' "
        "stops everything downstream of a failing test and ends with exit code 1, 'warn' "
        "reports, 'notify' reports and tells the platform's channels.\n\n"
        "Ctrl-C interrupts the running queries and keeps what is done for --resume; a "
        "second one ends floe at once.\n\n"
        "Examples:\n\n"
        "  floe run\n"
        "  floe run --select +gold_revenue --full-refresh\n"
        "  floe run --env prod --threads 8\n"
        "  floe run --resume",
    .options = run_options(),
    .positionals = {},
    .run = run_everything,
};

const Command command_build = {
    .path = "build",
    .summary = "The same as floe run, for fingers that know dbt",
    .details = "",
    .options = run_options(),
    .positionals = {},
    .run = run_build,
};

const Command command_retry = {
    .path = "retry",
    .summary = "Go on after a failed or interrupted floe run, as floe run --resume",
    .details = "",
    .options = run_options(),
    .positionals = {},
    .run = run_retry,
};

const Command command_test = {
    .path = "test",
    .summary = "Run the tests and gate checks only",
    .details = "",
    .options = run_options(),
    .positionals = {},
    .run = run_tests,
};

const Command command_seed = {
    .path = "seed",
    .summary = "Load the seeds only",
    .details = "",
    .options = run_options(),
    .positionals = {},
    .run = run_seeds,
};

const Command command_snapshot = {
    .path = "snapshot",
    .summary = "Take the snapshots only",
    .details = "",
    .options = run_options(),
    .positionals = {},
    .run = run_snapshots,
};

}  // namespace floe::cli
