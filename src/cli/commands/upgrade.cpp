// SPDX-License-Identifier: Apache-2.0
#include "base/term.h"
#include "base/text.h"
#include "cli/platform.h"
#include "cli/product.h"
#include "cli/version_check.h"
#include "core/artifact/deprecation.h"
#include "core/artifact/version.h"
#include "core/platform/compare.h"
#include "core/platform/load.h"
#include "value/json.h"
#include "value/yaml.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::cli {

namespace {

using core::Platform;
using value::Value;

/// A move from one version to another.
struct Upgrade {
  OpenProduct opened;
  oci::Reference from;
  oci::Reference to;
  Platform before;
  Platform after;
  std::vector<core::Change> changes;
  VersionEffect effect;
};

/// Tags of releases above `current`, the newest first.
std::vector<std::string> newer_releases(const std::vector<std::string>& tags,
                                        const artifact::Version& current) {
  std::vector<std::pair<artifact::Version, std::string>> found;
  for (const std::string& tag : tags) {
    const auto text = artifact::version_of_tag(tag);
    const auto version = text ? artifact::parse_version(*text) : std::nullopt;
    if (!version || version->is_prerelease() || artifact::compare(*version, current) <= 0) continue;
    found.emplace_back(*version, tag);
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return artifact::compare(a.first, b.first) > 0; });
  std::vector<std::string> names;
  for (auto& [version, tag] : found) names.push_back(std::move(tag));
  return names;
}

/// The newest release above the current one that is not deprecated; "" if there is none.
Result<std::string> newest_tag(const OpenProduct& opened, const oci::Reference& from,
                               const core::LoadSettings& settings) {
  const auto registry =
      FLOE_TRY(oci::open_registry(from, opened.root, oci::Access::kRead, settings.client));
  const auto text = artifact::version_of_tag(from.tag);
  const auto current = text ? artifact::parse_version(*text) : std::nullopt;
  if (!current) {
    return fail(ErrorKind::kUsage,
                fmt::format("floe.yaml names {}, which is no version", oci::to_string(from)),
                "name the version to move to: floe upgrade v1.3.0");
  }
  for (const std::string& tag : newer_releases(FLOE_TRY(registry->tags()), *current)) {
    const auto found = FLOE_TRY(registry->fetch_tagged(tag));
    if (!found) continue;
    const auto note = artifact::find_deprecation(*registry, found->descriptor.digest);
    if (note && *note) continue;
    return tag;
  }
  return std::string();
}

/// The tag to move to; "" if the product is at the newest already.
Result<std::string> wanted_tag(const Args& args, const OpenProduct& opened,
                               const oci::Reference& from, const core::LoadSettings& settings) {
  const std::optional<std::string> by_option = args.value("to");
  if (by_option && args.positional(0)) {
    return fail(ErrorKind::kUsage, "there are two versions to move to",
                "name it once: floe upgrade v1.3.0");
  }
  const std::optional<std::string> asked = by_option ? by_option : args.positional(0);
  if (!asked) return newest_tag(opened, from, settings);
  if (!artifact::version_of_tag(*asked)) {
    return fail(ErrorKind::kUsage, fmt::format("'{}' is no version", *asked),
                "for example v1.3.0; `floe platform list` shows what there is");
  }
  return asked->starts_with('v') ? *asked : artifact::tag_of(*asked);
}

/// floe.yaml with another version in its reference: nothing else changes, comments stay.
Result<std::string> moved_text(const std::string& text, const std::string& from_tag,
                               const std::string& to_tag) {
  diag::SourceMap sources;
  diag::Sink sink;
  const diag::Source& source = sources.add("floe.yaml", text);
  const Value document = value::read_yaml(source, {}, sink);
  for (const char* dotted : {"platform.ref", "domain.ref"}) {
    const Value* reference = document.find_path(dotted);
    if (reference == nullptr || !reference->span) continue;
    const std::size_t begin = reference->span.begin - source.base;
    const std::size_t end = reference->span.end - source.base;
    const std::size_t at = text.rfind(":" + from_tag, end);
    if (at == std::string::npos || at < begin || at + 1 + from_tag.size() > end) continue;
    return text.substr(0, at + 1) + to_tag + text.substr(at + 1 + from_tag.size());
  }
  return fail(
      ErrorKind::kUsage,
      fmt::format("floe.yaml does not say {} where its platform is named", from_tag),
      fmt::format("write the reference with {} there by hand, then run `floe compile`", to_tag));
}

Status write_upgrade(const Upgrade& upgrade, const core::LoadSettings& settings) {
  const fs::path path = upgrade.opened.root / "floe.yaml";
  const std::string old_text = FLOE_TRY(read_file(path));
  FLOE_CHECK(write_file(path, FLOE_TRY(moved_text(old_text, upgrade.from.tag, upgrade.to.tag))));
  const auto locked = core::load_platform_with_origin(
      oci::to_string(upgrade.to), upgrade.opened.root, core::LockUse::kRecord, settings);
  if (locked) return {};
  FLOE_CHECK(write_file(path, old_text));
  return tl::unexpected(locked.error());
}

Status load_both(Upgrade& upgrade, const core::LoadSettings& settings, const Output& output) {
  const fs::path& root = upgrade.opened.root;
  auto before = FLOE_TRY(core::load_platform_with_origin(oci::to_string(upgrade.from), root,
                                                         core::LockUse::kObey, settings));
  auto after = FLOE_TRY(core::load_platform_with_origin(oci::to_string(upgrade.to), root,
                                                        core::LockUse::kIgnore, settings));
  for (const std::string& text : after.warnings) warn(output, text);
  upgrade.before = std::move(before.platform);
  upgrade.after = std::move(after.platform);
  if (upgrade.before.name == upgrade.after.name) return {};
  return fail(ErrorKind::kSecurity,
              fmt::format("{} is the platform {}, not {}", oci::to_string(upgrade.to),
                          upgrade.after.name, upgrade.before.name),
              "ask the platform team: a repository holds one platform");
}

void print_findings(const std::string& title, const std::vector<TestFinding>& findings) {
  if (findings.empty()) return;
  print_line(title);
  for (const TestFinding& finding : findings) print_line("  " + printable(finding_line(finding)));
}

void print_upgrade(const Upgrade& upgrade, bool dry_run) {
  print_line(fmt::format("{} → v{}", upgrade.before.tier(), upgrade.after.version));
  for (const core::Change& change : upgrade.changes) {
    print_line(fmt::format("  {:<9}  {}", core::direction_name(change.direction),
                           printable(core::change_text(change))));
  }
  print_findings("New findings:", upgrade.effect.added);
  print_findings("Gone:", upgrade.effect.removed);
  if (upgrade.effect.added.empty()) print_line("No new findings.");
  print_line(dry_run ? "Nothing was written (--dry-run)."
                     : fmt::format("floe.yaml and floe.lock are on {} now.", upgrade.to.tag));
  if (upgrade.effect.breaks()) print_line("The product does not compile against it yet.");
}

Result<int> upgrade_product(const Args& args, const Output& output) {
  Upgrade upgrade;
  upgrade.opened = FLOE_TRY(open_product("."));
  if (upgrade.opened.sink->has_errors()) {
    report_diagnostics(output, upgrade.opened.sink->sorted(*upgrade.opened.sources),
                       *upgrade.opened.sources);
    return 2;
  }
  const core::LoadSettings settings = FLOE_TRY(load_settings_of(args));
  upgrade.from = FLOE_TRY(
      oci::parse_reference(FLOE_TRY(platform_reference(upgrade.opened, ProductOptions()))));
  if (!upgrade.from.digest.empty() || upgrade.from.tag.empty()) {
    return fail(ErrorKind::kUsage, "floe.yaml names its platform by digest, not by version",
                "write the version there to be able to move it");
  }
  upgrade.to = upgrade.from;
  upgrade.to.tag = FLOE_TRY(wanted_tag(args, upgrade.opened, upgrade.from, settings));
  if (upgrade.to.tag.empty() || upgrade.to.tag == upgrade.from.tag) {
    print_line(fmt::format("There is nothing newer than {} to move to.", upgrade.from.tag));
    return 0;
  }
  FLOE_CHECK(load_both(upgrade, settings, output));
  upgrade.changes = core::compare_platforms(upgrade.before, upgrade.after);
  upgrade.effect = FLOE_TRY(compare_verdicts(upgrade.opened.root, upgrade.before, upgrade.after));
  const bool dry_run = args.flag("dry-run");
  if (!dry_run) FLOE_CHECK(write_upgrade(upgrade, settings));
  print_upgrade(upgrade, dry_run);
  return 0;
}

int run_upgrade(const Args& args) {
  const Output output = output_of(args);
  const Result<int> code = upgrade_product(args, output);
  return code ? *code : report_error(output, code.error());
}

}  // namespace

const Command command_upgrade = {
    .path = "upgrade",
    .summary = "Move a data product to another version of its platform",
    .details =
        "Changes the version in floe.yaml, nothing else in it, and locks it. Shows first what "
        "differs between the two versions, and what the new one finds in this product that the "
        "old one did not. Without VERSION: the newest release that is not deprecated.\n\n"
        "`floe compile --platform=VERSION` asks the same without moving.",
    .options = {{.name = "to",
                 .takes = Takes::kValue,
                 .value_name = "VERSION",
                 .help = "The same as the argument"},
                {.name = "dry-run", .help = "Show everything, write nothing"}},
    .positionals = {{.name = "VERSION", .help = "The version to move to: v1.3.0"}},
    .run = run_upgrade,
};

}  // namespace floe::cli
