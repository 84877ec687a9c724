// SPDX-License-Identifier: Apache-2.0
#include "cli/publish_gates.h"

#include "base/text.h"
#include "cli/policy_tests.h"
#include "core/artifact/version.h"
#include "core/platform/compare.h"

#include <fmt/core.h>

namespace floe::cli {

namespace {

/// The tag of the newest release below `version`.
std::optional<std::string> release_before(const std::vector<std::string>& tags,
                                          const artifact::Version& version) {
  std::optional<artifact::Version> best;
  std::string found;
  for (const std::string& tag : tags) {
    const auto text = artifact::version_of_tag(tag);
    const auto parsed = text ? artifact::parse_version(*text) : std::nullopt;
    if (!parsed || parsed->is_prerelease() || artifact::compare(*parsed, version) >= 0) continue;
    if (best && artifact::compare(*parsed, *best) <= 0) continue;
    best = parsed;
    found = tag;
  }
  if (!best) return std::nullopt;
  return found;
}

}  // namespace

Result<artifact::TestedPolicies> pass_policy_tests(const CompiledManifest& compiled,
                                                   const Output& output) {
  const TestRun run = FLOE_TRY(run_policy_tests(compiled));
  artifact::TestedPolicies tested;
  std::string failures;
  for (const PolicyTestResult& result : run.results) {
    if (result.passed) {
      tested.passed.push_back(result.name);
      continue;
    }
    failures += fmt::format("\n  {}", result.name);
    for (const std::string& failure : result.failures) failures += "\n    " + failure;
  }
  if (run.failed > 0) {
    return fail(ErrorKind::kViolation,
                fmt::format("{} failed, so nothing is published{}",
                            counted(static_cast<std::size_t>(run.failed), "policy test"), failures),
                "run `floe platform test`, and correct the manifest or the tests");
  }
  if (run.passed > 0) {
    note(output,
         fmt::format("{} passed", counted(static_cast<std::size_t>(run.passed), "policy test")));
  }
  return tested;
}

Status pass_version_step(const CompiledManifest& compiled, oci::Registry& registry) {
  const core::Platform& platform = *compiled.platform;
  const auto version = artifact::parse_version(platform.version);
  if (!version) return {};
  const auto tag = release_before(FLOE_TRY(registry.tags()), *version);
  if (!tag) return {};
  const auto found = FLOE_TRY(registry.fetch_tagged(*tag));
  if (!found) return {};  // listed, but not there: its publisher is still at work
  auto before = artifact::unpack(found->bytes,
                                 [&](const auto& layers) { return registry.fetch_blobs(layers); });
  if (!before) {
    return fail_because(fmt::format("cannot compare with {}:{}", registry.name(), *tag),
                        before.error());
  }
  if (before->name != platform.name) {
    return fail(ErrorKind::kUsage,
                fmt::format("{} holds the platform {}, not {}", registry.name(), before->name,
                            platform.name),
                "publish every platform to a repository of its own");
  }
  // As consumers will read it.
  const core::Platform after = FLOE_TRY(artifact::decode(compiled.package->files));
  return core::check_step(before->version, after.version, core::compare_platforms(*before, after));
}

}  // namespace floe::cli
