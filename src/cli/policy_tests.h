// SPDX-License-Identifier: Apache-2.0
// Policy tests: small data products compiled against a platform that is not published yet.
#pragma once

#include "cli/platform.h"
#include "cli/policy_test_files.h"
#include "cli/product.h"

#include <functional>
#include <string>
#include <vector>

namespace floe::cli {

/// What compiling a test's product said, an error or a warning.
struct TestFinding {
  std::string code;
  std::string severity;  // "error" or "warning"
  std::string message;
  std::string node;   // unique_id, or ""
  std::string place;  // "models/bronze_orders.sql:1:1" in the product, or ""

  bool is_error() const { return severity == "error"; }
};

/// What came of a policy test, or of a data product that was compiled beside the tests.
struct PolicyTestResult {
  std::string name;  // of the test or product
  std::string description;
  std::string place;  // where the test is written, or the product's folder
  bool passed = false;
  std::vector<std::string> failures;  // a line each; empty if it passed
  std::vector<TestFinding> findings;  // everything that was found
  bool is_product = false;

  /// "shop in ../products/shop" of a product, which needs no name of its own among others.
  std::string title() const { return is_product ? name + " in " + place : name; }
};

struct TestRun {
  int passed = 0;
  int failed = 0;
  std::vector<PolicyTestResult> results;
  /// Codes of the rules that the platform turns on, and those of them that no test made fire; what
  /// is found in products does not count.
  std::vector<std::string> active_rules;
  std::vector<std::string> uncovered_rules;
};

struct PolicyTestOptions {
  std::vector<std::string> select;  // names with * and ?; empty: all tests
  std::vector<fs::path> products;   // folders of data products that must pass, too
  /// Called after each test and product.
  std::function<void(const PolicyTestResult&)> on_result;
};

/// Runs the tests of a compiled manifest (without errors in its sink). Each product is copied to a
/// temporary folder and compiled there as `floe compile` does, against the platform as consumers
/// would read it; nothing is executed, and neither registry, cache nor floe.lock is touched. The
/// products of `options` are compiled where they are, as judge_product (version_check.h) does.
/// Mistakes in the tests themselves go to the manifest's sink, and nothing is run then. kUsage if
/// `select` names no test.
Result<TestRun> run_policy_tests(const CompiledManifest& manifest,
                                 const PolicyTestOptions& options = {});

/// "error N001 models/stg_orders.sql:1:1: model 'stg_orders' …".
std::string finding_line(const TestFinding& finding);

/// A list of what JSON output says of each.
value::Value findings_json(const std::vector<TestFinding>& findings);

/// The errors and warnings of a product that was compiled.
std::vector<TestFinding> findings_of(const OpenProduct& opened);

}  // namespace floe::cli
