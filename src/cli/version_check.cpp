// SPDX-License-Identifier: Apache-2.0
#include "cli/version_check.h"

#include "cli/enforce.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <tuple>

namespace floe::cli {

namespace {

/// What makes two findings the same: their words may name another limit.
auto finding_key(const TestFinding& finding) {
  return std::make_tuple(finding.code, finding.severity, finding.node, finding.place);
}

std::vector<TestFinding> only_in_first(const std::vector<TestFinding>& first,
                                       const std::vector<TestFinding>& second) {
  std::set<decltype(finding_key(first.front()))> known;
  for (const TestFinding& finding : second) known.insert(finding_key(finding));
  std::vector<TestFinding> out;
  for (const TestFinding& finding : first) {
    if (!known.contains(finding_key(finding))) out.push_back(finding);
  }
  return out;
}

}  // namespace

Result<std::vector<fs::path>> products_in(const fs::path& folder) {
  std::error_code error;
  if (fs::is_regular_file(folder / "floe.yaml", error)) return std::vector{folder};
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    std::error_code ignored;
    if (fs::is_regular_file(entry.path() / "floe.yaml", ignored)) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  if (!found.empty()) return found;
  return fail(ErrorKind::kUsage,
              fmt::format("there is no floe.yaml in {} or a folder in it", folder.string()),
              "name folders of data products, or a folder that holds them");
}

Result<ProductVerdict> judge_product(const fs::path& folder, const core::Platform& platform) {
  OpenProduct opened = FLOE_TRY(open_product(folder));
  ProductOptions options;
  options.lock = core::LockUse::kIgnore;
  const auto silent = [](int, const std::string&) {};
  const CompileResult result = FLOE_TRY(compile_against(opened, platform, options, silent));
  return ProductVerdict{opened.product.name, result.passed, findings_of(opened)};
}

Result<VersionEffect> compare_verdicts(const fs::path& folder, const core::Platform& before,
                                       const core::Platform& after) {
  VersionEffect effect;
  effect.before = FLOE_TRY(judge_product(folder, before));
  effect.after = FLOE_TRY(judge_product(folder, after));
  effect.added = only_in_first(effect.after.findings, effect.before.findings);
  effect.removed = only_in_first(effect.before.findings, effect.after.findings);
  return effect;
}

}  // namespace floe::cli
