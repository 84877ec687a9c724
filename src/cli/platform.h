// SPDX-License-Identifier: Apache-2.0
// What the `floe platform` commands share: the manifest's folder, its platform, its registry.
#pragma once

#include "base/result.h"
#include "cli/command.h"
#include "cli/registry.h"
#include "cli/report.h"
#include "core/artifact/package.h"
#include "core/artifact/provenance.h"
#include "core/oci/registry.h"
#include "core/platform/platform.h"
#include "diag/diagnostic.h"

#include <memory>
#include <optional>
#include <string>

namespace floe::cli {

/// What stands at a dotted path of a YAML file, if the file is there and has it. What is wrong with
/// the file is for the command that reads it in full.
std::optional<value::Value> value_in_file(const fs::path& path, std::string_view dotted);

/// -f manifest.yaml.
Option manifest_option();

/// A manifest.yaml read and compiled. `platform` is set if nothing is wrong with it.
struct CompiledManifest {
  fs::path path;    // as given
  fs::path folder;  // its folder, absolute
  std::unique_ptr<diag::SourceMap> sources = std::make_unique<diag::SourceMap>();
  std::unique_ptr<diag::Sink> sink = std::make_unique<diag::Sink>();
  std::optional<core::Platform> platform;
  std::optional<artifact::Package> package;
  artifact::Inputs inputs;  // what it was compiled from
  artifact::Origin origin;
  value::Value tests = value::Value::list();  // `tests:` of the manifest, for policy_tests.h
};

/// Reads the manifest of -f, inherits from its parent, and packs the artifact. Mistakes in the
/// files are in the sink.
Result<CompiledManifest> compile_manifest(const Args& args, const Output& output);

/// How the parent of a domain's manifest is come by.
struct ParentLoading {
  core::LockUse lock = core::LockUse::kRecord;
  Args args = {};  // of the command: how registries are reached
};

/// The same for the manifest at `path`, or in the folder `path`. The parent of a domain is loaded
/// as a product loads its platform: floe.lock beside the manifest pins it.
Result<CompiledManifest> compile_manifest_at(fs::path path, const Output& output,
                                             const ParentLoading& loading = {});

/// Prints the findings; 0, or 2 if there are errors among them.
int report_manifest(const CompiledManifest& manifest, const Output& output,
                    const std::string& format);

/// What floe.yaml of a folder names as platform.ref or domain.ref; nothing if there is no floe.yaml
/// or it names none.
Result<std::optional<std::string>> reference_of_product(const fs::path& folder);

/// The registry that the current folder's manifest.yaml or floe.yaml names, if there is one.
std::optional<RegistryChoice> registry_of_folder(const fs::path& folder);

/// The registry of --registry, FLOE_REGISTRY, this folder's files or the user's configuration.
Result<RegistryChoice> registry_of_command(const Args& args);

/// A choice opened, reached as the command line and environment say.
Result<std::unique_ptr<oci::Registry>> open_chosen(const RegistryChoice& choice, oci::Access access,
                                                   const Args& args);

/// The registry to publish to; nothing for a dry run where there is none yet.
Result<std::unique_ptr<oci::Registry>> open_publish_target(const RegistryChoice& choice,
                                                           bool dry_run, const Args& args);

/// What a reference names, with its manifest. kEnvironment if it is not there, kSecurity if the tag
/// names something else than the digest beside it. `list_command` shows what is there.
Result<oci::TaggedManifest> find_version(oci::Registry& registry, const oci::Reference& reference,
                                         std::string_view list_command = "floe platform list");

/// A version as it was read from a registry, byte by byte.
struct FoundPlatform {
  oci::TaggedManifest manifest;
  core::Platform platform;
};

/// Reads a whole version: every digest is checked, and that the version is the tag's (kSecurity).
/// Errors name the reference.
Result<FoundPlatform> read_version(oci::Registry& registry, const oci::Reference& reference);

/// The whole reference that an argument means: a reference as it is, or a version (v1.2.3) in the
/// registry of this command.
Result<oci::Reference> reference_of_argument(const Args& args, const std::string& text);

/// A platform that was read from wherever it was named; `exit_code` is not 0 if there is none
/// because files of it are wrong, which has been told.
struct NamedPlatform {
  std::optional<core::Platform> platform;
  int exit_code = 0;
};

/// The platform of a manifest.yaml or its folder, or of a reference or version. Warnings about it
/// are printed.
Result<NamedPlatform> read_named_platform(const Args& args, const std::string& named,
                                          const Output& output);

}  // namespace floe::cli
