// SPDX-License-Identifier: Apache-2.0
#include "base/tar.h"
#include "cli/platform.h"
#include "core/oci/copy.h"

#include <fmt/core.h>

namespace floe::cli {

namespace {

struct Exported {
  std::string reference;
  std::string digest;
  std::string file;
};

Result<Exported> export_version(const Args& args, const Output& output) {
  const oci::Reference reference = FLOE_TRY(reference_of_argument(args, *args.positional(0)));
  FLOE_CHECK(oci::check_exact(reference));
  if (reference.tag.empty()) {
    return fail(ErrorKind::kUsage, "an archive holds a version under its tag",
                "name the version: v1.2.3");
  }
  const auto from = FLOE_TRY(
      oci::open_registry(reference, "", oci::Access::kRead, FLOE_TRY(client_settings_of(args))));
  const auto [found, platform] = FLOE_TRY(read_version(*from, reference));
  const std::string file =
      args.value_or("output", fmt::format("{}-{}.tar", platform.name, reference.tag));
  note(output, fmt::format("Exporting {} to {}", oci::to_string(reference), file));
  const TemporaryFolder folder =
      FLOE_TRY(TemporaryFolder::make(".floe-export-", fs::absolute(file).parent_path()));
  oci::Reference layout;
  layout.repository = (folder.path() / "layout").string();
  const auto to = FLOE_TRY(oci::open_registry(layout, "", oci::Access::kPublish));
  FLOE_CHECK(oci::copy_artifact(*from, *to, found.descriptor.digest));
  FLOE_TRY(to->push_tag(found.bytes, reference.tag, oci::IfTagged::kRefuse));
  std::error_code ignored;
  fs::remove(folder.path() / "layout" / ".floe.lock", ignored);
  FLOE_CHECK(write_tar(folder.path() / "layout", file));
  return Exported{oci::to_string(reference), found.descriptor.digest, file};
}

int run_platform_export(const Args& args) {
  const Output output = output_of(args);
  const auto done = export_version(args, output);
  if (!done) return report_error(output, done.error());
  print_line(fmt::format("Exported {} to {}", done->reference, done->file));
  print_line("Digest: " + done->digest);
  return 0;
}

}  // namespace

const Command command_platform_export = {
    .path = "platform export",
    .summary = "Write a version with its signatures into one tar file",
    .details =
        "The file is an OCI image layout: `floe platform import`, oras and skopeo read it, and "
        "`file:FILE.tar:v1.2.3` names the version in it wherever a platform is named. Digest, "
        "signatures and attestations stay what they are.",
    .options = {registry_option(),
                {.name = "output",
                 .letter = 'o',
                 .takes = Takes::kValue,
                 .value_name = "FILE",
                 .help = "The archive (NAME-vX.Y.Z.tar)"}},
    .positionals = {{.name = "VERSION",
                     .help = "v1.2.3, or a whole reference such as oci://host/repository:v1.2.3",
                     .required = true}},
    .run = run_platform_export,
};

}  // namespace floe::cli
