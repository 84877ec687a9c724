// SPDX-License-Identifier: Apache-2.0
#include "base/term.h"
#include "base/text.h"
#include "cli/policy_tests.h"
#include "cli/product.h"
#include "cli/version_check.h"
#include "diag/render/detail.h"
#include "value/json.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <set>

namespace floe::cli {

namespace {

/// All that was found, as `floe platform impact` shows it.
void print_product_findings(const PolicyTestResult& result) {
  if (result.findings.empty()) {
    for (const std::string& failure : result.failures) print_line("      " + printable(failure));
  }
  for (const TestFinding& finding : result.findings) {
    print_line("      " + printable(finding_line(finding)));
  }
}

void print_result(const PolicyTestResult& result, const Output& output) {
  const std::string mark = result.passed ? styled("ok  ", Style::kGreen, output.color_out)
                                         : styled("FAIL", Style::kRed, output.color_out);
  if (result.passed && output.quiet) return;
  print_line(fmt::format("{}  {}", mark, printable(result.title())));
  if (result.is_product) {
    print_product_findings(result);
  } else if (!result.passed) {
    if (!result.place.empty()) print_line("      at " + printable(result.place));
    if (!result.description.empty()) print_line("      " + printable(result.description));
    for (const std::string& failure : result.failures) print_line("      " + printable(failure));
  }
  if (!result.is_product && (!result.passed || output.verbosity > 0)) {
    for (const TestFinding& finding : result.findings) {
      const std::string line = finding_line(finding);
      const bool told =
          std::any_of(result.failures.begin(), result.failures.end(),
                      [&](const std::string& failure) { return failure == "unexpected: " + line; });
      if (!told) print_line("      found: " + printable(line));
    }
  }
  std::fflush(stdout);
}

void print_coverage(const TestRun& run) {
  const std::size_t all = run.active_rules.size();
  const std::size_t open = run.uncovered_rules.size();
  print_line(
      fmt::format("Rule coverage: {} of {} fire in a test", all - open, counted(all, "rule")));
  if (open > 0) print_line("Not covered: " + join(run.uncovered_rules, ", "));
}

std::string run_json(const CompiledManifest& manifest, const TestRun& run) {
  value::Value tests = value::Value::list();
  value::Value products = value::Value::list();
  for (const PolicyTestResult& result : run.results) {
    value::Value entry = value::Value::map();
    entry.set("name", result.name);
    if (!result.description.empty()) entry.set("description", result.description);
    entry.set(result.is_product ? "folder" : "place", result.place);
    entry.set("passed", result.passed);
    entry.set("failures", value::Value::texts(result.failures));
    entry.set("findings", findings_json(result.findings));
    (result.is_product ? products : tests).push(std::move(entry));
  }
  value::Value document = value::Value::map();
  document.set("format_version", 1);
  document.set("name", manifest.platform->name);
  document.set("version", manifest.platform->version);
  document.set("passed", run.passed);
  document.set("failed", run.failed);
  document.set("tests", std::move(tests));
  document.set("products", std::move(products));
  document.set("active_rules", value::Value::texts(run.active_rules));
  document.set("uncovered_rules", value::Value::texts(run.uncovered_rules));
  return value::write_json(document, 2);
}

std::string run_junit(const CompiledManifest& manifest, const TestRun& run) {
  using diag::xml_text;
  const std::string counts =
      fmt::format("name=\"floe platform test\" tests=\"{}\" failures=\"{}\" errors=\"0\"",
                  run.results.size(), run.failed);
  std::string out = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {0}>\n  <testsuite {0}>\n", counts);
  for (const PolicyTestResult& result : run.results) {
    out += fmt::format("    <testcase classname=\"{}\" name=\"{}\"",
                       xml_text(manifest.platform->name), xml_text(result.title()));
    if (result.passed) {
      out += "/>\n";
      continue;
    }
    out += fmt::format(">\n      <failure message=\"{}\">{}</failure>\n    </testcase>\n",
                       xml_text(result.failures.front()),
                       xml_text(result.place + "\n" + join(result.failures, "\n")));
  }
  return out + "  </testsuite>\n</testsuites>";
}

/// The products of --against, each once.
Result<std::vector<fs::path>> products_against(const Args& args) {
  std::vector<fs::path> products;
  std::set<fs::path> known;
  for (const std::string& folder : args.values("against")) {
    for (const fs::path& product : FLOE_TRY(products_in(folder))) {
      std::error_code error;
      if (known.insert(fs::weakly_canonical(product, error)).second) products.push_back(product);
    }
  }
  return products;
}

Result<int> test_platform(const Args& args, const Output& output) {
  const std::string format = args.value_or("format", "text");
  const CompiledManifest manifest = FLOE_TRY(compile_manifest(args, output));
  if (manifest.sink->has_errors()) return report_manifest(manifest, output, "text");
  PolicyTestOptions options;
  options.select = args.values("select");
  options.products = FLOE_TRY(products_against(args));
  if (format == "text") {
    options.on_result = [&](const PolicyTestResult& result) { print_result(result, output); };
  }
  const TestRun run = FLOE_TRY(run_policy_tests(manifest, options));
  if (const int code = report_manifest(manifest, output, "text"); code != 0) return code;
  if (run.results.empty()) {
    note(output,
         "There are no policy tests: write them under `tests:` of manifest.yaml or in tests/");
  }
  if (format == "json") {
    print_line(run_json(manifest, run));
  } else if (format == "junit") {
    print_line(run_junit(manifest, run));
  } else {
    print_line(fmt::format("{} passed, {} failed", run.passed, run.failed));
    // Of a selection, or of products alone, the coverage would say nothing.
    const bool only_products = !run.results.empty() && run.results.front().is_product;
    if (options.select.empty() && !only_products) print_coverage(run);
  }
  return run.failed > 0 ? 1 : 0;
}

int run_platform_test(const Args& args) {
  const Output output = output_of(args);
  const Result<int> code = test_platform(args, output);
  return code ? *code : report_error(output, code.error());
}

}  // namespace

const Command command_platform_test = {
    .path = "platform test",
    .summary = "Run the platform's policy tests against the manifest as it is now",
    .details =
        "A policy test is a small data product with the findings that it must and must not give. "
        "Tests are under `tests:` of manifest.yaml and in the folders of tests/ beside it; each "
        "product is compiled in a temporary folder against the manifest, which need not be "
        "published. Nothing is executed.\n\n"
        "With --against, real data products are compiled against the manifest, too, where they "
        "are: any error in one fails. Their floe.yaml and floe.lock do not change, and which "
        "platform they name does not count.\n\n"
        "Afterwards the rule coverage: which of the rules that the manifest turns on fired in no "
        "test. Exit code 1: a test or product failed; 2: the manifest or a test is wrong.\n\n"
        "  floe platform test\n"
        "  floe platform test --against ../orders --against ../products",
    .options = {manifest_option(),
                locked_option(),
                {.name = "select",
                 .letter = 's',
                 .takes = Takes::kValues,
                 .value_name = "NAME",
                 .help = "Only tests with these names; patterns with * allowed"},
                {.name = "against",
                 .takes = Takes::kValues,
                 .value_name = "DIR",
                 .help = "Folders of data products, or folders that hold some: they must pass"},
                {.name = "format",
                 .takes = Takes::kValue,
                 .value_name = "FORMAT",
                 .help = "How the result is written",
                 .choices = {"text", "json", "junit"},
                 .fallback = "text"}},
    .positionals = {},
    .run = run_platform_test,
};

}  // namespace floe::cli
