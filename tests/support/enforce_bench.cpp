// SPDX-License-Identifier: Apache-2.0
// How long the rules take by themselves: enforce_bench PRODUCT-DIR RUNS loads a data product once and
// enforces its platform RUNS times; prints the CPU milliseconds of each, how many rules ran and what
// they found, as JSON.
#include "cli/product.h"
#include "core/platform/tighten.h"
#include "dbt/project/load.h"
#include "policy/active.h"
#include "policy/rule.h"
#include "value/json.h"

#include <fmt/core.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>

using namespace floe;

namespace {

double cpu_milliseconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

Result<value::Value> measure(const char* folder, int runs) {
  cli::OpenProduct opened = FLOE_TRY(cli::open_product(folder));
  const cli::ProductOptions options;
  core::Platform platform = FLOE_TRY(cli::open_platform(opened, options)).platform;
  core::tighten_platform(platform, opened.product, *opened.sources, *opened.sink);
  const auto transforms = cli::transform_projects(opened);
  if (transforms.empty()) return fail(ErrorKind::kUsage, "the product has no dbt project");
  const dbt::LoadOptions load =
      FLOE_TRY(cli::transform_load_options(opened, platform, transforms.front(), options));
  const auto loaded = dbt::load_project(load, *opened.sources, *opened.sink);
  if (!loaded) return fail(ErrorKind::kViolation, "the dbt project cannot be read");
  value::Value times = value::Value::list();
  std::size_t found = 0;
  for (int i = 0; i < runs; ++i) {
    diag::Sink sink;
    const double start = cpu_milliseconds();
    const policy::Context context =
        policy::make_context(platform, opened.product, loaded->project, *opened.sources);
    policy::enforce(context, sink);
    times.push(cpu_milliseconds() - start);
    found = sink.sorted().size();
  }
  value::Value out = value::Value::map();
  out.set("milliseconds", std::move(times));
  out.set("rules", static_cast<std::int64_t>(policy::active_codes(platform).size()));
  out.set("findings", static_cast<std::int64_t>(found));
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const auto measured = measure(argv[1], std::atoi(argv[2]));
  if (!measured) {
    fmt::print(stderr, "{}\n", describe(measured.error()));
    return exit_code(measured.error().kind);
  }
  fmt::print("{}\n", value::write_json(*measured));
  return 0;
}
