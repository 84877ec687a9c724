// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "cli/init/product_files.h"
#include "cli/platform.h"
#include "core/artifact/version.h"
#include "core/lock/lock.h"
#include "core/platform/load.h"
#include "value/json.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>

namespace floe::cli {

namespace {

constexpr std::string_view kNewProductFile = "floe.yaml";

/// What an init has to work with and what it did.
struct InitRun {
  std::string shown_folder;  // as the user wrote it, "." by default
  fs::path folder;
  bool is_new = true;  // there was no floe.yaml
  std::string reference;
  core::Platform platform;
  std::string signer;
  std::vector<std::string> written;
  std::vector<std::string> kept;
};

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::symlink_status(path, error).type() != fs::file_type::not_found;
}

/// Writes a file that must not be there yet; an existing one is kept, whoever made it and when.
Status write_new(InitRun& init, const ProductFile& file) {
  const fs::path path = init.folder / file.path;
  if (is_there(path)) {
    init.kept.push_back(file.path);
    return {};
  }
  FLOE_CHECK(write_file(path, file.text));
  init.written.push_back(file.path);
  return {};
}

/// The reference in an existing floe.yaml.
Result<std::string> existing_reference(const fs::path& folder) {
  const std::optional<std::string> reference = FLOE_TRY(reference_of_product(folder));
  if (!reference) {
    return fail(ErrorKind::kUsage, fmt::format("{} names no platform", kNewProductFile),
                "add platform: {ref: oci-layout:FOLDER:v1.2.3} to it");
  }
  return *reference;
}

/// What --platform asks for: a version in a registry, or a whole reference.
Result<std::string> asked_reference(const Args& args, const fs::path& folder) {
  const std::optional<std::string> asked = args.value("platform");
  if (!asked) {
    return fail(ErrorKind::kUsage, "which platform? --platform is missing",
                "for example: floe init my-product --platform=v1.2.3");
  }
  const bool whole = contains(*asked, ":");
  if (!whole && !artifact::version_of_tag(*asked)) {
    return fail(ErrorKind::kUsage, fmt::format("'{}' is not a version", *asked),
                "--platform takes a full version such as v1.2.3");
  }
  RegistryChoice choice;
  std::string tag = whole ? "" : artifact::tag_of(*artifact::version_of_tag(*asked));
  std::string digest;
  if (whole) {
    oci::Reference reference = FLOE_TRY(oci::parse_reference(*asked));
    tag = std::exchange(reference.tag, "");
    digest = std::exchange(reference.digest, "");
    choice = {std::move(reference), fs::current_path(), "--platform"};
  } else {
    choice = FLOE_TRY(registry_of_command(args));
  }
  oci::Reference reference = FLOE_TRY(seen_from(choice, folder));
  reference.tag = tag;
  reference.digest = digest;
  return oci::to_string(reference);
}

/// An existing product keeps its reference; --platform may only repeat it.
Status check_same_version(const Args& args, const std::string& reference) {
  const std::optional<std::string> asked = args.value("platform");
  if (!asked) return {};
  const oci::Reference own = FLOE_TRY(oci::parse_reference(reference));
  const bool same = contains(*asked, ":")
                        ? *asked == reference || oci::to_string(own) == *asked
                        : artifact::version_of_tag(*asked) == artifact::version_of_tag(own.tag);
  if (same) return {};
  return fail(ErrorKind::kUsage,
              fmt::format("{} builds on {}, not on {}", kNewProductFile, reference, *asked),
              "init never changes a file: edit platform.ref to move to another version");
}

/// The platform, checked against floe.lock if there is one.
Status load_for_init(InitRun& init, const Args& args, const Output& output) {
  note(output, "Pulling " + init.reference);
  const bool locked = is_there(init.folder / core::kLockFile);
  auto loaded = FLOE_TRY(core::load_platform_with_origin(
      init.reference, init.folder, locked ? core::LockUse::kRequire : core::LockUse::kIgnore,
      FLOE_TRY(load_settings_of(args))));
  init.platform = std::move(loaded.platform);
  init.signer = loaded.signer;
  for (const std::string& warning : loaded.warnings) warn(output, warning);
  return {};
}

bool has_project(const fs::path& folder) {
  return is_there(folder / "dbt_project.yml") || is_there(folder / "models") ||
         is_there(folder / "seeds");
}

/// floe.yaml comes last: while it is missing, an interrupted init starts again from the beginning.
Status write_product(InitRun& init) {
  const std::string name = product_name(fs::weakly_canonical(init.folder).filename().string());
  const bool is_dbt_project = is_there(init.folder / "dbt_project.yml");
  if (init.is_new && !has_project(init.folder)) {
    for (const ProductFile& file : example_project(init.platform, name)) {
      FLOE_CHECK(write_new(init, file));
    }
  }
  if (init.is_new) FLOE_CHECK(write_new(init, product_schema()));
  FLOE_CHECK(write_new(init, product_gitignore()));
  const core::Lock lock{init.reference, init.platform.digest, init.platform.name,
                        init.platform.version, init.signer};
  FLOE_CHECK(write_new(init, {std::string(core::kLockFile), core::to_text(lock)}));
  return write_new(init, product_yaml(name, init.reference, is_dbt_project ? "." : "models/"));
}

Result<InitRun> init_product(const Args& args, const Output& output) {
  InitRun init;
  init.shown_folder = args.positional(0).value_or(".");
  init.folder = fs::absolute(init.shown_folder).lexically_normal();
  std::error_code error;
  if (is_there(init.folder) && !fs::is_directory(init.folder, error)) {
    return fail(ErrorKind::kUsage, fmt::format("'{}' is not a folder", init.shown_folder));
  }
  init.is_new = !is_there(init.folder / kNewProductFile);
  init.reference = init.is_new ? FLOE_TRY(asked_reference(args, init.folder))
                               : FLOE_TRY(existing_reference(init.folder));
  if (!init.is_new) FLOE_CHECK(check_same_version(args, init.reference));
  FLOE_CHECK(load_for_init(init, args, output));
  FLOE_CHECK(write_product(init));
  return init;
}

void print_init_json(const InitRun& init) {
  value::Value document = value::Value::map();
  document.set("format_version", 1);
  document.set("folder", init.shown_folder);
  document.set("platform", init.platform.name);
  document.set("version", init.platform.version);
  document.set("reference", init.reference);
  document.set("digest", init.platform.digest);
  document.set("written", value::Value::texts(init.written));
  document.set("kept", value::Value::texts(init.kept));
  print_line(value::write_json(document, 2));
}

void print_init(const InitRun& init) {
  const std::string what = init.is_new ? "Created a data product" : "Checked the data product";
  print_line(fmt::format("{} in {} on {} v{}", what, init.shown_folder, init.platform.name,
                         init.platform.version));
  print_line("Platform: " + init.reference);
  print_line("Digest: " + init.platform.digest);
  for (const std::string& path : init.written) print_line("  + " + path);
  for (const std::string& path : init.kept) print_line("  = " + path + " (was there, unchanged)");
  print_line("Next:");
  if (init.shown_folder != ".") print_line("  cd " + init.shown_folder);
  print_line("  floe compile");
  print_line("  floe run");
}

int run_init(const Args& args) {
  const Output output = output_of(args);
  const Result<InitRun> init = init_product(args, output);
  if (!init) return report_error(output, init.error());
  if (args.value_or("format", "text") == "json") print_init_json(*init);
  else print_init(*init);
  return 0;
}

}  // namespace

const Command command_init = {
    .path = "init",
    .summary = "Start a data product on a platform",
    .details =
        "Pulls the platform, checks every byte, and writes floe.yaml, floe.lock and a small "
        "example that compiles and runs at once. Asks nothing and never changes a file that is "
        "there: in a folder with a floe.yaml only a missing floe.lock is written, in a dbt "
        "project only floe's own files.\n\n"
        "  floe init customer-analytics --platform=v1.2.3\n\n"
        "A version is looked up in --registry, FLOE_REGISTRY, `registry:` of "
        "~/.config/floe/config.yaml, or the registry that the current folder's floe.yaml names.",
    .options = {{.name = "platform",
                 .takes = Takes::kValue,
                 .value_name = "VERSION",
                 .help = "v1.2.3, or a whole reference such as oci-layout:./registry:v1.2.3"},
                registry_option(),
                format_option()},
    .positionals = {{.name = "DIR", .help = "Folder of the product; the current one by default"}},
    .run = run_init,
};

}  // namespace floe::cli
