// SPDX-License-Identifier: Apache-2.0
// The selector grammar: from command-line text or selectors.yml to a tree of set operations.
#pragma once

#include "base/result.h"
#include "value/value.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floe::dbt {

using value::Value;

/// When a test that was not selected itself comes along with its parents.
enum class IndirectSelection { kEager, kCautious, kBuildable, kEmpty };

/// "eager", "cautious", "buildable" or "empty"; nothing for other words.
std::optional<IndirectSelection> indirect_selection_from(std::string_view name);

enum class SelectMethod {
  kFqn,
  kTag,
  kGroup,
  kAccess,
  kSource,
  kPath,
  kFile,
  kPackage,
  kConfig,
  kTestName,
  kTestType,
  kResourceType,
  kState,
  kExposure,
  kMetric,
  kResult,
  kSourceStatus,
  kVersion,
  kSemanticModel,
  kSavedQuery,
  kUnitTest,
  kSelector,
};

/// One criterion (`2+tag:nightly+`), or a set operation over parts.
struct SelectSpec {
  enum class Kind { kCriterion, kUnion, kIntersection, kDifference };

  Kind kind = Kind::kUnion;
  std::vector<SelectSpec> parts;
  IndirectSelection indirect = IndirectSelection::kEager;
  bool expect_exists = false;  // warn when nothing matches
  std::string raw;             // as the user wrote it

  // criteria
  SelectMethod method = SelectMethod::kFqn;
  std::vector<std::string> arguments;  // config.materialized: {"materialized"}
  Value value;
  bool with_childrens_parents = false;  // @
  bool with_parents = false;
  bool with_children = false;
  std::optional<unsigned> parents_depth;
  std::optional<unsigned> children_depth;
};

/// One criterion in command-line form.
Result<SelectSpec> parse_criterion(std::string_view text, IndirectSelection indirect);

/// `--select` and `--exclude`: words are a union, commas intersect. No `select` means everything.
Result<SelectSpec> parse_selection(const std::optional<std::vector<std::string>>& select,
                                   const std::vector<std::string>& exclude,
                                   IndirectSelection indirect);

/// One definition of selectors.yml (text, criterion, union or intersection, with excludes).
Result<SelectSpec> parse_definition(const Value& definition, IndirectSelection indirect,
                                    bool root = true);

/// The selectors of a project (name → entry of selectors.yml or its bare definition) as
/// manifest.json has them: command-line text is spelled out as mappings.
Value normalized_selectors(const Value& selectors);

/// The definition inside an entry of selectors.yml.
const Value& selector_definition(const Value& entry);

/// The name of the selector with `default: true`, or "".
std::string default_selector(const Value& selectors);

}  // namespace floe::dbt
