// SPDX-License-Identifier: Apache-2.0
#include "cli/policy_tests.h"

#include "base/text.h"
#include "cli/enforce.h"
#include "cli/version_check.h"
#include "core/artifact/version.h"
#include "diag/render.h"
#include "policy/active.h"
#include "policy/custom/custom_rules.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <set>

namespace floe::cli {

namespace {

/// The largest product that a test may have: it is copied.
constexpr std::size_t kMostTestFiles = 10'000;
constexpr std::uintmax_t kMostBytes = 64u << 20;

/// Outputs and tools that lie in a product's folder without being part of it.
bool is_left_out(const std::string& path) {
  static constexpr std::array<std::string_view, 6> kFolders = {"target/", "logs/", ".git/",
                                                               ".venv/",  "venv/", "node_modules/"};
  return path == "expect.yaml" || path == "floe.lock" ||
         std::any_of(kFolders.begin(), kFolders.end(),
                     [&](std::string_view folder) { return path.starts_with(folder); });
}

/// Copies contents, not links: what the compile writes later stays in the scratch folder.
Status copy_product(const fs::path& from, const fs::path& to) {
  std::size_t count = 0;
  std::uintmax_t bytes = 0;
  for (const std::string& path : FLOE_TRY(list_files(from))) {
    if (is_left_out(path)) continue;
    const std::string text = FLOE_TRY(read_file(from / path));
    bytes += text.size();
    if (++count > kMostTestFiles || bytes > kMostBytes) {
      return fail(ErrorKind::kUsage,
                  fmt::format("{} is too large for a policy test", from.string()),
                  "a test takes a small product: up to 10,000 files and 64 MiB");
    }
    FLOE_CHECK(write_scratch(to / path, text));
  }
  return {};
}

/// A name for a product, made of the test's.
std::string product_name(const std::string& test_name) {
  std::string name;
  for (const char c : to_lower(test_name)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (plain) name += c;
    else if (!name.empty() && name.back() != '-') name += '-';
  }
  name = name.substr(0, 50);
  while (!name.empty() && name.back() == '-') name.pop_back();
  return name.empty() || (name[0] >= '0' && name[0] <= '9') ? "product-" + name + "x" : name;
}

/// floe.yaml for a product that has none: its owner is named, its transform is the dbt project.
std::string made_floe_yaml(const PolicyTest& test, const core::Platform& platform,
                           bool has_project) {
  return fmt::format(
      "apiVersion: floe.dev/v1\n"
      "kind: DataProduct\n"
      "metadata:\n"
      "  name: {}\n"
      "  version: \"1.0\"\n"
      "platform:\n"
      "  ref: oci-layout:./registry:{}\n"
      "ownership:\n"
      "  team: policy-test\n"
      "transforms:\n"
      "  - type: dbt\n"
      "    path: {}\n",
      product_name(test.name), artifact::tag_of(platform.version), has_project ? "." : "models/");
}

Status write_product(const PolicyTest& test, const core::Platform& platform,
                     const fs::path& folder) {
  if (!test.product.empty()) FLOE_CHECK(copy_product(test.product, folder));
  for (const auto& [path, text] : test.files) FLOE_CHECK(write_file(folder / path, text));
  std::error_code error;
  if (fs::exists(folder / "floe.yaml", error)) return {};
  const bool has_project = fs::exists(folder / "dbt_project.yml", error);
  return write_file(folder / "floe.yaml", made_floe_yaml(test, platform, has_project));
}

/// Compiles a test's product; what was found.
Result<std::vector<TestFinding>> compile_test(const PolicyTest& test,
                                              const core::Platform& platform) {
  const TemporaryFolder scratch = FLOE_TRY(TemporaryFolder::make("floe-policy-"));
  FLOE_CHECK(write_product(test, platform, scratch.path()));
  OpenProduct opened = FLOE_TRY(open_product(scratch.path()));
  ProductOptions options;
  options.lock = core::LockUse::kIgnore;
  options.ports = PortUse::kNone;
  const auto silent = [](int, const std::string&) {};
  FLOE_TRY(compile_against(opened, platform, options, silent));
  return findings_of(opened);
}

/// The name in a unique_id: "bronze_orders" of "model.sales.bronze_orders".
std::string_view node_name(std::string_view unique_id) {
  const std::vector<std::string_view> parts = split(unique_id, '.');
  return parts.size() < 3 ? unique_id : parts[2];
}

bool matches(const ExpectedFinding& expected, const TestFinding& finding) {
  return glob_match(expected.code, finding.code) &&
         (expected.severity.empty() || expected.severity == finding.severity) &&
         (expected.message.empty() || contains(finding.message, expected.message)) &&
         (expected.node.empty() || glob_match(expected.node, finding.node) ||
          glob_match(expected.node, node_name(finding.node)));
}

bool matches_any(const std::vector<ExpectedFinding>& expected, const TestFinding& finding) {
  return std::any_of(expected.begin(), expected.end(),
                     [&](const ExpectedFinding& each) { return matches(each, finding); });
}

/// Whether a finding fails the test by being there. A test that expects nothing expects no error;
/// and where the product could not be read, rules did not run: that never passes unsaid.
bool is_unexpected(const PolicyTest& test, const TestFinding& finding) {
  if (matches_any(test.must_not, finding)) return true;
  if (!finding.is_error() || matches_any(test.must, finding)) return false;
  const bool expects_nothing = test.must.empty() && test.must_not.empty();
  return expects_nothing || !policy::is_rule_code(finding.code);
}

PolicyTestResult run_test(const PolicyTest& test, const core::Platform& platform) {
  PolicyTestResult result{test.name, test.description, test.place, false, {}, {}};
  auto findings = compile_test(test, platform);
  if (!findings) {
    result.failures.push_back("cannot be compiled: " + describe(findings.error()));
    return result;
  }
  result.findings = std::move(*findings);
  for (const ExpectedFinding& expected : test.must) {
    const bool found =
        std::any_of(result.findings.begin(), result.findings.end(),
                    [&](const TestFinding& finding) { return matches(expected, finding); });
    if (!found) result.failures.push_back("missing: " + expected_words(expected));
  }
  for (const TestFinding& finding : result.findings) {
    if (is_unexpected(test, finding)) {
      result.failures.push_back("unexpected: " + finding_line(finding));
    }
  }
  result.passed = result.failures.empty();
  return result;
}

/// Compiles a real product; each error in it is a failure.
PolicyTestResult run_product(const fs::path& folder, const core::Platform& platform) {
  PolicyTestResult result;
  result.is_product = true;
  result.place = folder.lexically_normal().generic_string();
  std::error_code error;
  result.name = fs::canonical(folder, error).filename().string();
  auto verdict = judge_product(folder, platform);
  if (!verdict) {
    result.failures.push_back("cannot be compiled: " + describe(verdict.error()));
    return result;
  }
  if (!verdict->product.empty()) result.name = verdict->product;
  result.passed = verdict->passed;
  result.findings = std::move(verdict->findings);
  for (const TestFinding& finding : result.findings) {
    if (!result.passed && finding.is_error()) result.failures.push_back(finding_line(finding));
  }
  if (!result.passed && result.failures.empty()) result.failures.emplace_back("it did not pass");
  return result;
}

Result<std::vector<PolicyTest>> selected_tests(std::vector<PolicyTest> tests,
                                               const std::vector<std::string>& select) {
  if (select.empty()) return tests;
  std::vector<std::string> names;
  for (const PolicyTest& test : tests) names.push_back(test.name);
  for (const std::string& pattern : select) {
    const bool found = std::any_of(names.begin(), names.end(), [&](const std::string& name) {
      return glob_match(pattern, name);
    });
    if (found) continue;
    const std::string near = nearest(pattern, names);
    return fail(ErrorKind::kUsage, fmt::format("there is no policy test '{}'", pattern),
                near.empty() ? "" : fmt::format("did you mean '{}'?", near));
  }
  std::erase_if(tests, [&](const PolicyTest& test) {
    return std::none_of(select.begin(), select.end(),
                        [&](const std::string& pattern) { return glob_match(pattern, test.name); });
  });
  return tests;
}

}  // namespace

std::string finding_line(const TestFinding& finding) {
  return fmt::format("{} {}{}{}: {}", finding.severity, finding.code,
                     finding.place.empty() ? "" : " ", finding.place, finding.message);
}

value::Value findings_json(const std::vector<TestFinding>& findings) {
  value::Value list = value::Value::list();
  for (const TestFinding& finding : findings) {
    value::Value found = value::Value::map();
    found.set("code", finding.code);
    found.set("severity", finding.severity);
    found.set("message", finding.message);
    if (!finding.node.empty()) found.set("node", finding.node);
    if (!finding.place.empty()) found.set("place", finding.place);
    list.push(std::move(found));
  }
  return list;
}

std::vector<TestFinding> findings_of(const OpenProduct& opened) {
  std::vector<TestFinding> findings;
  for (const diag::Diagnostic& found : opened.sink->sorted(*opened.sources)) {
    if (found.severity == diag::Severity::kNote) continue;
    findings.push_back({found.code, std::string(diag::severity_name(found.severity)), found.message,
                        found.node, diag::place_text(diag::position_of(found, *opened.sources))});
  }
  return findings;
}

Result<TestRun> run_policy_tests(const CompiledManifest& manifest,
                                 const PolicyTestOptions& options) {
  TestRun run;
  std::vector<PolicyTest> tests = FLOE_TRY(read_policy_tests(manifest));
  if (manifest.sink->has_errors()) return run;
  tests = FLOE_TRY(selected_tests(std::move(tests), options.select));
  core::Platform platform = FLOE_TRY(artifact::decode(manifest.package->files));
  platform.digest = manifest.package->digest;
  std::set<std::string> fired;
  const auto add = [&](PolicyTestResult result) {
    (result.passed ? run.passed : run.failed) += 1;
    if (options.on_result) options.on_result(result);
    run.results.push_back(std::move(result));
  };
  for (const PolicyTest& test : tests) {
    PolicyTestResult result = run_test(test, platform);
    for (const TestFinding& finding : result.findings) fired.insert(finding.code);
    add(std::move(result));
  }
  for (const fs::path& product : options.products) add(run_product(product, platform));
  run.active_rules = policy::active_codes(platform);
  for (const std::string& code : run.active_rules) {
    if (!fired.contains(code)) run.uncovered_rules.push_back(code);
  }
  return run;
}

}  // namespace floe::cli
