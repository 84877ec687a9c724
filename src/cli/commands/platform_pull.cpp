// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "cli/platform.h"
#include "core/platform/load.h"
#include "value/json.h"

#include <fmt/core.h>

namespace floe::cli {

namespace {

struct Pulled {
  std::string reference;
  core::LoadedPlatform loaded;
};

Result<Pulled> pull_version(const Args& args, const Output& output) {
  Pulled pulled;
  pulled.reference = oci::to_string(FLOE_TRY(reference_of_argument(args, *args.positional(0))));
  note(output, "Pulling " + pulled.reference);
  core::LoadSettings settings = FLOE_TRY(load_settings_of(args));
  settings.keep_files = args.has("output");
  pulled.loaded = FLOE_TRY(core::load_platform_with_origin(pulled.reference, fs::current_path(),
                                                           core::LockUse::kIgnore, settings));
  if (const auto folder = args.value("output")) {
    for (const auto& [path, bytes] : pulled.loaded.files) {
      FLOE_CHECK(write_output(fs::path(*folder) / path, bytes));
    }
  }
  return pulled;
}

void print_pulled_json(const Pulled& pulled) {
  value::Value document = value::Value::map();
  document.set("format_version", 1);
  document.set("reference", pulled.reference);
  document.set("digest", pulled.loaded.platform.digest);
  document.set("name", pulled.loaded.platform.name);
  document.set("version", pulled.loaded.platform.version);
  document.set("from_cache", pulled.loaded.from_cache);
  document.set("signer", pulled.loaded.signer);
  print_line(value::write_json(document, 2));
}

int run_platform_pull(const Args& args) {
  const Output output = output_of(args);
  const auto pulled = pull_version(args, output);
  if (!pulled) return report_error(output, pulled.error());
  for (const std::string& warning : pulled->loaded.warnings) warn(output, warning);
  if (args.value_or("format", "text") == "json") {
    print_pulled_json(*pulled);
    return 0;
  }
  const core::Platform& platform = pulled->loaded.platform;
  print_line(fmt::format("Pulled {} v{}{}", platform.name, platform.version,
                         pulled->loaded.from_cache ? " (from the cache)" : ""));
  print_line("Digest: " + platform.digest);
  if (!pulled->loaded.signer.empty()) print_line("Signature: by " + pulled->loaded.signer);
  if (const auto folder = args.value("output")) print_line("Output: " + *folder);
  return 0;
}

}  // namespace

const Command command_platform_pull = {
    .path = "platform pull",
    .summary = "Fetch a version into the cache, verified",
    .details =
        "Afterwards the version can be used without the network. Checks everything that `floe "
        "compile` would: digests, that the tag has not moved since this machine saw it first, the "
        "version, and the signature as trust policies and platform want it.",
    .options = {registry_option(),
                {.name = "output",
                 .letter = 'o',
                 .takes = Takes::kValue,
                 .value_name = "DIR",
                 .help = "Write the artifact's files there as well"},
                format_option()},
    .positionals = {{.name = "VERSION",
                     .help = "v1.2.3, or a whole reference such as oci://host/repository:v1.2.3",
                     .required = true}},
    .run = run_platform_pull,
};

}  // namespace floe::cli
