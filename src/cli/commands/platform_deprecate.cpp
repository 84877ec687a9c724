// SPDX-License-Identifier: Apache-2.0
#include "cli/platform.h"
#include "core/artifact/deprecation.h"
#include "core/artifact/version.h"

#include <fmt/core.h>

namespace floe::cli {

namespace {

Result<std::string> deprecate_version(const Args& args) {
  const oci::Reference reference = FLOE_TRY(reference_of_argument(args, *args.positional(0)));
  FLOE_CHECK(oci::check_exact(reference));
  const auto registry = FLOE_TRY(
      oci::open_registry(reference, "", oci::Access::kPublish, FLOE_TRY(client_settings_of(args))));
  const oci::TaggedManifest found = FLOE_TRY(find_version(*registry, reference));
  artifact::Deprecation note;
  note.deprecated = !args.flag("undo");
  note.reason = args.value_or("reason", "");
  note.replacement = args.value_or("replacement", "");
  if (!note.replacement.empty() && !artifact::version_of_tag(note.replacement)) {
    return fail(ErrorKind::kUsage, fmt::format("'{}' is not a version", note.replacement),
                "--replacement takes a full version such as v1.3.0");
  }
  FLOE_CHECK(artifact::deprecate(*registry, found.descriptor, note));
  const std::string text = oci::to_string(reference);
  return note.deprecated ? artifact::deprecation_text(text, note)
                         : text + " is not deprecated any more";
}

int run_platform_deprecate(const Args& args) {
  const Output output = output_of(args);
  const auto text = deprecate_version(args);
  if (!text) return report_error(output, text.error());
  print_line(*text);
  return 0;
}

}  // namespace

const Command command_platform_deprecate = {
    .path = "platform deprecate",
    .summary = "Mark a published version as deprecated",
    .details =
        "Adds a note that refers to the version; the version itself does not change and keeps "
        "working. `floe platform list` shows the note, and `floe init` and `floe compile` warn.\n\n"
        "  floe platform deprecate v1.2.3 --reason 'PII rules were too lax' --replacement v1.3.0",
    .options = {registry_option(),
                {.name = "reason",
                 .takes = Takes::kValue,
                 .value_name = "TEXT",
                 .help = "Why, for those who use it"},
                {.name = "replacement",
                 .takes = Takes::kValue,
                 .value_name = "VERSION",
                 .help = "The version to move to"},
                {.name = "undo", .help = "Take an earlier note back"}},
    .positionals = {{.name = "VERSION",
                     .help = "v1.2.3, or a whole reference such as oci://host/repository:v1.2.3",
                     .required = true}},
    .run = run_platform_deprecate,
};

}  // namespace floe::cli
