// SPDX-License-Identifier: Apache-2.0
// Says libyaml's terse problems in floe's words.
#pragma once

#include <string>
#include <string_view>

namespace floe::value {

/// One problem in words for people.
struct YamlProblem {
  std::string message;
  std::string help;
};

/// `problem` and `context` are libyaml's texts (may be empty), `at` is the text from the place of
/// the problem on, and `line_before` what stands before it on its line.
YamlProblem describe_yaml_problem(std::string_view problem, std::string_view context,
                                  std::string_view at, std::string_view line_before);

}  // namespace floe::value
