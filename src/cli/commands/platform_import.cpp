// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "cli/platform.h"
#include "core/artifact/version.h"
#include "core/oci/copy.h"

#include <fmt/core.h>

namespace floe::cli {

namespace {

struct ImportedVersion {
  std::string reference;
  std::string digest;
  bool already = false;
};

Result<ImportedVersion> import_version(oci::Registry& archive, oci::Reference source,
                                       oci::Registry& to, const std::string& tag) {
  source.tag = tag;
  const oci::TaggedManifest found = FLOE_TRY(read_version(archive, source)).manifest;
  ImportedVersion imported{fmt::format("{}:{}", to.name(), tag), found.descriptor.digest, false};
  const auto there = FLOE_TRY(to.resolve(tag));
  const auto refused = [&](const std::string& digest) {
    return fail(ErrorKind::kSecurity,
                fmt::format("{} is published already, with other content: a published version "
                            "never changes\n  published: {}\n  archive:   {}",
                            imported.reference, digest, imported.digest),
                "find out which of the two is the right one before anything else");
  };
  if (there && there->digest != imported.digest) return refused(there->digest);
  FLOE_CHECK(oci::copy_artifact(archive, to, imported.digest));
  const auto outcome = FLOE_TRY(to.push_tag(found.bytes, tag, oci::IfTagged::kRefuse));
  if (outcome.what == oci::TagOutcome::What::kConflict) return refused(outcome.current.digest);
  imported.already = outcome.what == oci::TagOutcome::What::kSame;
  return imported;
}

Result<std::vector<ImportedVersion>> import_archive(const Args& args, const Output& output) {
  std::string text = *args.positional(0);
  if (!text.starts_with("file:")) text = "file:" + text;
  const oci::Reference source = FLOE_TRY(oci::parse_reference(text));
  const auto archive = FLOE_TRY(oci::open_registry(source, "", oci::Access::kRead));
  const RegistryChoice choice = FLOE_TRY(registry_of_command(args));
  const auto to = FLOE_TRY(open_chosen(choice, oci::Access::kPublish, args));
  std::vector<ImportedVersion> out;
  for (const std::string& tag : FLOE_TRY(archive->tags())) {
    if (!source.tag.empty() ? tag != source.tag : !artifact::version_of_tag(tag)) continue;
    note(output, fmt::format("Importing {} to {}", tag, to->name()));
    out.push_back(FLOE_TRY(import_version(*archive, source, *to, tag)));
  }
  if (out.empty()) {
    return fail(ErrorKind::kEnvironment,
                fmt::format("{} holds no {}", oci::repository_name(source),
                            source.tag.empty() ? "version" : source.tag),
                "`floe platform export` writes archives with a version");
  }
  return out;
}

int run_platform_import(const Args& args) {
  const Output output = output_of(args);
  const auto done = import_archive(args, output);
  if (!done) return report_error(output, done.error());
  for (const ImportedVersion& each : *done) {
    print_line(fmt::format("{} {}", each.already ? "Already there:" : "Imported", each.reference));
    print_line("Digest: " + each.digest);
  }
  return 0;
}

}  // namespace

const Command command_platform_import = {
    .path = "platform import",
    .summary = "Copy the versions of an archive into a registry",
    .details =
        "Digest, signatures and attestations stay what they are. As with publish, a version that "
        "is there with other content is refused with exit code 4.\n\n"
        "  floe platform import acme-v1.2.3.tar --registry oci://registry.acme.com/floe-platform",
    .options = {registry_option()},
    .positionals = {{.name = "FILE",
                     .help = "What `floe platform export` wrote, or FILE:v1.2.3 of it",
                     .required = true}},
    .run = run_platform_import,
};

}  // namespace floe::cli
