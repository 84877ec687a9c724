// SPDX-License-Identifier: Apache-2.0
#include "cli/platform.h"

#include "base/hash.h"
#include "base/text.h"
#include "cli/rule_files.h"
#include "core/artifact/origin.h"
#include "core/artifact/version.h"
#include "core/config/manifest.h"
#include "core/platform/effective.h"
#include "core/platform/inherit.h"
#include "core/platform/load.h"
#include "plugins/plugin_config.h"
#include "policy/custom/custom_rules.h"
#include "policy/waivers.h"
#include "value/yaml.h"

#include <fmt/core.h>

namespace floe::cli {

namespace {

constexpr std::string_view kManifestFile = "manifest.yaml";
constexpr std::string_view kFloeYaml = "floe.yaml";

std::optional<std::string> text_in_file(const fs::path& path, std::string_view dotted) {
  const auto found = value_in_file(path, dotted);
  if (!found || !found->is_string()) return std::nullopt;
  return found->as_string();
}

Result<fs::path> manifest_path(fs::path path) {
  std::error_code error;
  if (fs::is_directory(path, error)) path /= kManifestFile;
  if (fs::exists(path, error)) return path;
  return fail(ErrorKind::kUsage, fmt::format("there is no {}", path.string()),
              "go to the platform's folder, or name the file with -f");
}

/// Locations in the artifact name the file alone: the folder it was compiled from is not part of a
/// platform.
void shorten_locations(CompiledManifest& compiled) {
  const std::string shown = compiled.path.string();
  const std::string name = compiled.path.filename().string();
  for (auto& [path, provenance] : compiled.platform->provenance) {
    if (provenance.location.starts_with(shown + ":")) {
      provenance.location = name + provenance.location.substr(shown.size());
    }
  }
}

/// Why a loaded platform can't be the parent of a domain; "" if it can.
std::string parent_trouble(const config::Manifest& manifest, const core::Platform& parent) {
  if (parent.name == manifest.name) return "it is the domain itself";
  for (const core::ParentTier& above : parent.parents) {
    if (above.name != manifest.name) continue;
    return fmt::format("it inherits from {} itself: the tiers go in a circle", above.tier());
  }
  if (parent.scope != "enterprise") {
    return "it is a domain, too: domains inherit from an enterprise platform";
  }
  return "";
}

/// Loads what a domain's manifest inherits from; nothing if the sink says why it can't be.
Result<std::optional<core::Platform>> load_parent(CompiledManifest& compiled,
                                                  const config::Manifest& manifest,
                                                  const Output& output,
                                                  const ParentLoading& loading) {
  const core::LoadSettings settings = FLOE_TRY(load_settings_of(loading.args));
  auto loaded =
      core::load_platform_with_origin(manifest.parent_ref, compiled.folder, loading.lock, settings);
  if (!loaded) {
    return fail_because(fmt::format("the parent of {} cannot be loaded", manifest.tier()),
                        loaded.error());
  }
  for (const std::string& text : loaded->lock_changes) note(output, text);
  for (const std::string& text : loaded->warnings) warn(output, text);
  core::Platform& parent = loaded->platform;
  if (const std::string trouble = parent_trouble(manifest, parent); !trouble.empty()) {
    compiled.sink->error(
        "P003",
        fmt::format("{} cannot be the parent of {}: {}", parent.tier(), manifest.tier(), trouble),
        manifest.parent_ref_span, "name a published platform of scope enterprise");
    return std::optional<core::Platform>();
  }
  if (parent.document.empty()) {
    return fail(ErrorKind::kEnvironment,
                fmt::format("{} was published by a floe that knew no domains", parent.tier()),
                "ask its team to publish a new version with this floe");
  }
  return std::optional(std::move(parent));
}

/// The platform of a manifest that was read without errors.
Status make_effective(CompiledManifest& compiled, const config::Manifest& manifest,
                      const Output& output, const ParentLoading& loading) {
  if (manifest.scope != "domain") {
    compiled.platform = core::make_platform(manifest, *compiled.sources);
    core::check_domains(*compiled.platform, *compiled.sink);
    policy::check_waivers(manifest, *compiled.platform, nullptr, policy::utc_today(),
                          *compiled.sink);
    return {};
  }
  const auto parent = FLOE_TRY(load_parent(compiled, manifest, output, loading));
  if (!parent) return {};
  compiled.platform = core::inherit_platform(manifest, *parent, *compiled.sources, *compiled.sink);
  policy::check_waivers(manifest, *compiled.platform, &*parent, policy::utc_today(),
                        *compiled.sink);
  return {};
}

}  // namespace

std::optional<value::Value> value_in_file(const fs::path& path, std::string_view dotted) {
  const auto text = read_file(path);
  if (!text) return std::nullopt;
  diag::SourceMap sources;
  diag::Sink sink;
  const value::Value document = value::read_yaml(sources.add("file", *text), {}, sink);
  const value::Value* found = document.find_path(dotted);
  if (found == nullptr) return std::nullopt;
  return *found;
}

Option manifest_option() {
  return {.name = "file",
          .letter = 'f',
          .takes = Takes::kValue,
          .value_name = "FILE",
          .help = "The platform's manifest, or the folder it is in",
          .fallback = kManifestFile};
}

Result<CompiledManifest> compile_manifest(const Args& args, const Output& output) {
  return compile_manifest_at(
      args.value_or("file", kManifestFile), output,
      {args.flag("locked") ? core::LockUse::kRequire : core::LockUse::kRecord, args});
}

Result<CompiledManifest> compile_manifest_at(fs::path path, const Output& output,
                                             const ParentLoading& loading) {
  CompiledManifest compiled;
  compiled.path = FLOE_TRY(manifest_path(std::move(path)));
  compiled.folder = fs::absolute(compiled.path).parent_path();
  note(output, "Reading " + compiled.path.string());
  std::string text = FLOE_TRY(read_file(compiled.path));
  compiled.inputs[compiled.path.filename().string()] = sha256_hex(text);
  const diag::Source& source = compiled.sources->add(compiled.path.string(), std::move(text));
  config::Manifest manifest = config::read_manifest(source, *compiled.sink);
  if (compiled.sink->has_errors()) return compiled;
  if (const value::Value* tests = manifest.document.find("tests")) compiled.tests = *tests;
  for (auto& [file, digest] :
       embed_rule_files(manifest.document, compiled.folder, kManifestFile, *compiled.sink)) {
    compiled.inputs[file] = digest;
  }
  FLOE_CHECK(make_effective(compiled, manifest, output, loading));
  if (compiled.platform) {
    plugins::check_plugin_configs(*compiled.platform, *compiled.sink);
    if (!compiled.sink->has_errors()) {
      policy::check_custom_rules(*compiled.platform, *compiled.sink);
    }
  }
  if (compiled.sink->has_errors()) {
    compiled.platform.reset();
    return compiled;
  }
  shorten_locations(compiled);
  compiled.origin = FLOE_TRY(artifact::find_origin(compiled.folder));
  compiled.package = FLOE_TRY(artifact::pack(*compiled.platform, compiled.origin));
  compiled.platform->digest = compiled.package->digest;
  return compiled;
}

int report_manifest(const CompiledManifest& manifest, const Output& output,
                    const std::string& format) {
  const auto findings = manifest.sink->sorted(*manifest.sources);
  if (!findings.empty()) {
    report_diagnostics(output, findings, *manifest.sources, format);
  }
  return manifest.sink->has_errors() ? 2 : 0;
}

Result<std::optional<std::string>> reference_of_product(const fs::path& folder) {
  const fs::path path = folder / kFloeYaml;
  for (const char* dotted : {"platform.ref", "domain.ref"}) {
    if (auto reference = text_in_file(path, dotted)) return reference;
  }
  return std::optional<std::string>();
}

std::optional<RegistryChoice> registry_of_folder(const fs::path& folder) {
  if (const auto text = text_in_file(folder / kManifestFile, "artifacts.registry")) {
    if (auto choice = parse_registry(*text, folder, "artifacts.registry")) return *choice;
  }
  const auto text = reference_of_product(folder);
  if (!text || !*text) return std::nullopt;
  auto reference = oci::parse_reference(**text);
  if (!reference) return std::nullopt;
  reference->tag.clear();
  reference->digest.clear();
  return RegistryChoice{std::move(*reference), folder, std::string(kFloeYaml)};
}

Result<RegistryChoice> registry_of_command(const Args& args) {
  return choose_registry(args, registry_of_folder(fs::current_path()), true);
}

Result<std::unique_ptr<oci::Registry>> open_chosen(const RegistryChoice& choice, oci::Access access,
                                                   const Args& args) {
  return oci::open_registry(choice.repository, choice.base, access,
                            FLOE_TRY(client_settings_of(args)));
}

Result<std::unique_ptr<oci::Registry>> open_publish_target(const RegistryChoice& choice,
                                                           bool dry_run, const Args& args) {
  if (!dry_run) return open_chosen(choice, oci::Access::kPublish, args);
  const fs::path folder = oci::resolve_path(choice.repository, choice.base).repository;
  std::error_code error;
  const bool missing = choice.repository.transport == oci::Transport::kLayout &&
                       !fs::exists(folder / "oci-layout", error);
  if (missing) return std::unique_ptr<oci::Registry>();
  return open_chosen(choice, oci::Access::kRead, args);
}

Result<oci::TaggedManifest> find_version(oci::Registry& registry, const oci::Reference& reference,
                                         std::string_view list_command) {
  if (reference.tag.empty() && !reference.digest.empty()) {
    oci::TaggedManifest out;
    out.bytes = FLOE_TRY(registry.fetch_manifest(reference.digest));
    out.descriptor = oci::describe_bytes(std::string(oci::kManifestType), out.bytes);
    return out;
  }
  auto found = FLOE_TRY(registry.fetch_tagged(reference.tag));
  if (!found) {
    return fail(ErrorKind::kEnvironment,
                fmt::format("{} has no version {}", registry.name(), reference.tag),
                fmt::format("see `{} --registry {}`", list_command, registry.name()));
  }
  if (!reference.digest.empty() && reference.digest != found->descriptor.digest) {
    return fail(ErrorKind::kSecurity,
                fmt::format("the tag {} names other content\n  expected: {}\n  found:    {}",
                            reference.tag, reference.digest, found->descriptor.digest),
                "a published version never changes: ask whoever published it");
  }
  return std::move(*found);
}

Result<FoundPlatform> read_version(oci::Registry& registry, const oci::Reference& reference) {
  const std::string name = oci::to_string(reference);
  FoundPlatform found;
  found.manifest = FLOE_TRY(find_version(registry, reference));
  auto platform = artifact::unpack(
      found.manifest.bytes, [&](const auto& layers) { return registry.fetch_blobs(layers); });
  if (!platform) return tl::unexpected(oci::naming(name, std::move(platform.error())));
  found.platform = std::move(*platform);
  const auto version = artifact::version_of_tag(reference.tag);
  if (!version || *version == found.platform.version) return found;
  return fail(ErrorKind::kSecurity,
              fmt::format("{} holds version {}", name, found.platform.version),
              "the registry may have been tampered with: ask the platform team");
}

Result<oci::Reference> reference_of_argument(const Args& args, const std::string& text) {
  if (contains(text, ":")) return oci::parse_reference(text);
  const RegistryChoice choice = FLOE_TRY(registry_of_command(args));
  oci::Reference reference = FLOE_TRY(seen_from(choice, fs::current_path()));
  const bool bare = text[0] >= '0' && text[0] <= '9';
  reference.tag = bare ? artifact::tag_of(text) : text;
  return oci::parse_reference(oci::to_string(reference));
}

Result<NamedPlatform> read_named_platform(const Args& args, const std::string& named,
                                          const Output& output) {
  std::error_code error;
  if (fs::exists(named, error) || named == "manifest.yaml") {
    CompiledManifest compiled =
        FLOE_TRY(compile_manifest_at(named, output, {core::LockUse::kObey, args}));
    const int code = report_manifest(compiled, output, "text");
    if (code != 0) return NamedPlatform{std::nullopt, code};
    return NamedPlatform{std::move(compiled.platform), 0};
  }
  const oci::Reference reference = FLOE_TRY(reference_of_argument(args, named));
  core::LoadedPlatform loaded = FLOE_TRY(
      core::load_platform_with_origin(oci::to_string(reference), fs::current_path(),
                                      core::LockUse::kIgnore, FLOE_TRY(load_settings_of(args))));
  for (const std::string& text : loaded.warnings) warn(output, text);
  return NamedPlatform{std::move(loaded.platform), 0};
}

}  // namespace floe::cli
