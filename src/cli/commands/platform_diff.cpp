// SPDX-License-Identifier: Apache-2.0
#include "base/term.h"
#include "base/text.h"
#include "cli/platform.h"
#include "core/artifact/version.h"
#include "core/platform/compare.h"
#include "core/platform/load.h"
#include "value/json.h"

#include <fmt/core.h>

namespace floe::cli {

namespace {

using core::Change;
using core::Direction;
using core::Platform;
using core::Step;

/// One of the two platforms of a diff, or the exit code of a manifest that is wrong.
struct DiffSide {
  Platform platform;
  std::string name;  // as it is shown: a reference, or the manifest's path
  int failed = 0;
};

Result<DiffSide> published_side(const Args& args, const std::string& reference) {
  core::LoadedPlatform loaded = FLOE_TRY(core::load_platform_with_origin(
      reference, fs::current_path(), core::LockUse::kIgnore, FLOE_TRY(load_settings_of(args))));
  return DiffSide{std::move(loaded.platform), reference, 0};
}

/// An unpublished platform, compiled now.
Result<DiffSide> manifest_side(const Args& args, const std::string& path, const Output& output) {
  const CompiledManifest compiled =
      FLOE_TRY(compile_manifest_at(path, output, {core::LockUse::kObey, args}));
  const int code = report_manifest(compiled, output, "text");
  if (code != 0) return DiffSide{{}, "", code};
  // As its consumers would read it.
  Platform platform = FLOE_TRY(artifact::decode(compiled.package->files));
  platform.digest = compiled.package->digest;
  return DiffSide{std::move(platform), compiled.path.string(), 0};
}

/// A version in the registry, a whole reference, or a manifest.yaml.
Result<DiffSide> diff_side(const Args& args, const std::string& text, const Output& output) {
  if (artifact::version_of_tag(text)) {
    const RegistryChoice choice = FLOE_TRY(registry_of_command(args));
    oci::Reference reference = FLOE_TRY(seen_from(choice, fs::current_path()));
    reference.tag = text.starts_with('v') ? text : artifact::tag_of(text);
    return published_side(args, oci::to_string(reference));
  }
  std::error_code error;
  if (contains(text, ":") && !fs::exists(text, error)) return published_side(args, text);
  if (!fs::exists(text, error)) {
    return fail(ErrorKind::kUsage,
                fmt::format("'{}' is no version, no reference and no manifest.yaml", text),
                "for example v1.2.3, oci-layout:./registry:v1.2.3, or the platform's folder");
  }
  return manifest_side(args, text, output);
}

/// What the difference means for the version of the newer platform.
struct DiffVerdict {
  Step step = Step::kNone;
  std::optional<std::string> needed;  // the least version
  bool enough = true;                 // the newer one's version is at least that
};

DiffVerdict judge_versions(const Platform& before, const Platform& after,
                           const std::vector<Change>& changes) {
  return {core::needed_step(changes), core::needed_version(before.version, changes),
          core::check_step(before.version, after.version, changes).has_value()};
}

value::Value side_json(const DiffSide& side) {
  value::Value object = value::Value::map();
  object.set("reference", side.name);
  object.set("name", side.platform.name);
  object.set("version", side.platform.version);
  object.set("digest", side.platform.digest);
  return object;
}

std::string diff_json(const DiffSide& before, const DiffSide& after,
                      const std::vector<Change>& changes, const DiffVerdict& verdict) {
  const auto text_or_null = [](const std::string& text) {
    return text.empty() ? value::Value(nullptr) : value::Value(text);
  };
  value::Value list = value::Value::list();
  for (const Change& change : changes) {
    value::Value entry = value::Value::map();
    entry.set("path", change.path);
    entry.set("before", text_or_null(change.before));
    entry.set("after", text_or_null(change.after));
    entry.set("direction", core::direction_name(change.direction));
    entry.set("step", core::step_name(change.step));
    list.push(std::move(entry));
  }
  value::Value document = value::Value::map();
  document.set("format_version", 1);
  document.set("before", side_json(before));
  document.set("after", side_json(after));
  document.set("changes", std::move(list));
  document.set("needed_step", core::step_name(verdict.step));
  document.set("needed_version", text_or_null(verdict.needed.value_or("")));
  document.set("version_is_enough", verdict.enough);
  return value::write_json(document, 2);
}

Style direction_style(Direction direction) {
  switch (direction) {
    case Direction::kTightened: return Style::kYellow;
    case Direction::kRemoved: return Style::kRed;
    case Direction::kLoosened:
    case Direction::kAdded: return Style::kGreen;
    case Direction::kChanged: break;
  }
  return Style::kBold;
}

std::string verdict_line(const Platform& after, const DiffVerdict& verdict) {
  if (!verdict.needed) return "No step of the version is needed.";
  const bool major_below_one = verdict.step == Step::kMajor && verdict.needed->starts_with("0.");
  return fmt::format("A {} step is needed{}: at least {}. {} is {}enough.",
                     core::step_name(verdict.step),
                     major_below_one ? " (below 1.0.0 a minor one)" : "", *verdict.needed,
                     after.version, verdict.enough ? "" : "not ");
}

void print_diff(const DiffSide& before, const DiffSide& after, const std::vector<Change>& changes,
                const DiffVerdict& verdict, const Output& output) {
  const auto title = [](const DiffSide& side) {
    return fmt::format("{} v{} ({})", side.platform.name, side.platform.version,
                       printable(side.name));
  };
  print_line("--- " + title(before));
  print_line("+++ " + title(after));
  if (changes.empty()) return print_line("No differences.");
  for (const Change& change : changes) {
    const std::string word = fmt::format("{:<9}", core::direction_name(change.direction));
    print_line(fmt::format("  {}  {}",
                           styled(word, direction_style(change.direction), output.color_out),
                           printable(core::change_text(change))));
  }
  print_line(counted(changes.size(), "difference") + ". " + verdict_line(after.platform, verdict));
}

Result<int> diff_platforms(const Args& args, const Output& output) {
  const DiffSide before = FLOE_TRY(diff_side(args, *args.positional(0), output));
  if (before.failed != 0) return before.failed;
  const DiffSide after = FLOE_TRY(diff_side(args, *args.positional(1), output));
  if (after.failed != 0) return after.failed;
  const std::vector<Change> changes = core::compare_platforms(before.platform, after.platform);
  const DiffVerdict verdict = judge_versions(before.platform, after.platform, changes);
  if (args.value_or("format", "text") == "json") {
    print_line(diff_json(before, after, changes, verdict));
  } else {
    print_diff(before, after, changes, verdict, output);
  }
  return args.flag("exit-code") && !changes.empty() ? 1 : 0;
}

int run_platform_diff(const Args& args) {
  const Output output = output_of(args);
  const Result<int> code = diff_platforms(args, output);
  return code ? *code : report_error(output, code.error());
}

}  // namespace

const Command command_platform_diff = {
    .path = "platform diff",
    .summary = "Show what differs between two versions of a platform",
    .details =
        "Every difference is a line: tightened, loosened, added, removed or changed, and where. "
        "Then the semver step that the differences need: a removed plugin, namespace, layer, "
        "environment or approved plugin and another plugin type need a major step; tightened, "
        "loosened and added rules a minor one; texts, sizes and addresses a patch.\n\n"
        "  floe platform diff v1.2.3 v1.3.0\n"
        "  floe platform diff v1.2.3 manifest.yaml\n"
        "  floe platform diff oci-layout:./old:v1.2.3 oci-layout:./new:v1.2.3\n\n"
        "A manifest.yaml is compiled for this and not published.",
    .options = {registry_option(),
                {.name = "exit-code", .help = "End with 1 if there are differences"},
                format_option()},
    .positionals = {{.name = "A",
                     .help = "A version (v1.2.3), a whole reference, or a manifest.yaml",
                     .required = true},
                    {.name = "B", .help = "The same, of the newer platform", .required = true}},
    .run = run_platform_diff,
};

}  // namespace floe::cli
