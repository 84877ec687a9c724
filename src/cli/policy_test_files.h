// SPDX-License-Identifier: Apache-2.0
// Reading a platform's policy tests: `tests:` of the manifest and the folder tests/ beside it.
#pragma once

#include "cli/platform.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace floe::cli {

/// A finding that a test demands or forbids. Empty fields match all.
struct ExpectedFinding {
  std::string code;      // "N001", or a pattern: "N*"
  std::string node;      // name or unique_id, with * and ?
  std::string severity;  // "warning" or "error"
  std::string message;   // a part of it
};

/// One policy test: a data product, and what compiling it must and must not find.
struct PolicyTest {
  std::string name;
  std::string description;
  std::string place;  // "manifest.yaml:40:5" or "tests/no-prefix"
  fs::path product;   // folder to copy, absolute; empty: none
  std::vector<std::pair<std::string, std::string>> files;  // path → text, over those of `product`
  std::vector<ExpectedFinding> must;
  std::vector<ExpectedFinding> must_not;
};

/// "N001 on bronze_*", as messages name it.
std::string expected_words(const ExpectedFinding& expected);

/// All tests, those of the manifest first, then the folders by name. Mistakes in them (no product,
/// a folder that is not there, a code that nothing has, expect.yaml) go to the manifest's sink.
Result<std::vector<PolicyTest>> read_policy_tests(const CompiledManifest& manifest);

}  // namespace floe::cli
