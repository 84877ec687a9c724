// SPDX-License-Identifier: Apache-2.0
#include "base/term.h"
#include "base/text.h"
#include "base/threads.h"
#include "cli/platform.h"
#include "core/artifact/deprecation.h"
#include "core/artifact/version.h"
#include "value/json.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::cli {

namespace {

/// One published version, as far as its manifest could be read.
struct ListedVersion {
  std::string tag;
  std::string digest;
  std::string name;
  std::string version;
  std::string created;
  std::string revision;
  std::optional<artifact::Deprecation> deprecation;
  std::string trouble;  // why the manifest could not be read
};

ListedVersion listed_version(oci::Registry& registry, const std::string& tag) {
  ListedVersion listed{tag, "", "", "", "", "", std::nullopt, ""};
  auto found = registry.fetch_tagged(tag);
  if (!found || !*found) {
    listed.trouble = found ? "it was removed just now" : found.error().message;
    return listed;
  }
  listed.digest = (*found)->descriptor.digest;
  const auto manifest = oci::read_manifest((*found)->bytes);
  if (!manifest) {
    listed.trouble = manifest.error().message;
    return listed;
  }
  if (manifest->artifact_type != artifact::kPlatformType) listed.trouble = "no floe platform";
  listed.name = manifest->annotation(artifact::kNameAnnotation);
  listed.version = manifest->annotation(oci::kVersion);
  listed.created = manifest->annotation(oci::kCreated);
  listed.revision = manifest->annotation(oci::kRevision);
  const auto note = artifact::find_deprecation(registry, listed.digest);
  if (note) listed.deprecation = *note;
  return listed;
}

/// Newest version first; tags that are no versions come last, by name.
bool newer_version(const ListedVersion& a, const ListedVersion& b) {
  const auto version_of = [](const ListedVersion& listed) {
    const auto text = artifact::version_of_tag(listed.tag);
    return text ? artifact::parse_version(*text) : std::nullopt;
  };
  const auto left = version_of(a);
  const auto right = version_of(b);
  if (left && right) return artifact::compare(*left, *right) > 0;
  if (left || right) return left.has_value();
  return a.tag < b.tag;
}

std::string versions_json(const std::string& registry, const std::vector<ListedVersion>& versions) {
  value::Value list = value::Value::list();
  for (const ListedVersion& each : versions) {
    value::Value entry = value::Value::map();
    entry.set("tag", each.tag);
    entry.set("digest", each.digest);
    entry.set("name", each.name);
    entry.set("version", each.version);
    if (!each.created.empty()) entry.set("created", each.created);
    if (!each.revision.empty()) entry.set("revision", each.revision);
    if (each.deprecation) {
      entry.set("deprecated", true);
      if (!each.deprecation->reason.empty()) entry.set("reason", each.deprecation->reason);
      if (!each.deprecation->replacement.empty()) {
        entry.set("replacement", each.deprecation->replacement);
      }
    }
    if (!each.trouble.empty()) entry.set("trouble", each.trouble);
    list.push(std::move(entry));
  }
  value::Value document = value::Value::map();
  document.set("format_version", 1);
  document.set("registry", registry);
  document.set("versions", std::move(list));
  return value::write_json(document, 2);
}

/// "sha256:177c3dcfff80": enough to compare by eye; JSON has the whole.
std::string short_digest(const std::string& digest) { return digest.substr(0, 19); }

std::string versions_table(const std::vector<ListedVersion>& versions, const Output& output) {
  std::vector<std::vector<std::string>> rows;
  for (const ListedVersion& each : versions) {
    rows.push_back({each.tag, short_digest(each.digest),
                    each.trouble.empty() ? each.name + (each.deprecation ? " (deprecated)" : "")
                                         : each.trouble,
                    each.created.empty() ? "-" : each.created});
  }
  return list_table({"VERSION", "DIGEST", "PLATFORM", "CREATED"}, rows, output);
}

Result<int> list_versions(const Args& args, const Output& output) {
  const RegistryChoice choice = FLOE_TRY(registry_of_command(args));
  const auto registry = FLOE_TRY(open_chosen(choice, oci::Access::kRead, args));
  const std::vector<std::string> tags = FLOE_TRY(registry->artifact_tags());
  if (tags.empty() && !registry->is_local()) {
    return fail(ErrorKind::kEnvironment,
                fmt::format("there is no repository {}, or nothing is in it", registry->name()),
                "check the name; `floe platform publish` makes it");
  }
  std::vector<ListedVersion> versions(tags.size());
  parallel_for(tags.size(), registry->parallel(tags.size()),
               [&](std::size_t i) { versions[i] = listed_version(*registry, tags[i]); });
  std::stable_sort(versions.begin(), versions.end(), newer_version);
  if (args.value_or("format", "text") == "json") {
    print_line(versions_json(registry->name(), versions));
    return 0;
  }
  note(output, fmt::format("{} in {}", counted(versions.size(), "version"), registry->name()));
  if (!versions.empty()) print(versions_table(versions, output));
  for (const ListedVersion& each : versions) {
    if (!each.deprecation) continue;
    print_line(printable(artifact::deprecation_text(each.tag, *each.deprecation)));
  }
  return 0;
}

int run_platform_list(const Args& args) {
  const Output output = output_of(args);
  const Result<int> code = list_versions(args, output);
  return code ? *code : report_error(output, code.error());
}

}  // namespace

const Command command_platform_list = {
    .path = "platform list",
    .summary = "List the published versions of a platform",
    .details =
        "Newest first, with the beginning of the digest that floe.lock pins; --format json "
        "has the whole digest.",
    .options = {registry_option(), format_option()},
    .positionals = {},
    .run = run_platform_list,
};

}  // namespace floe::cli
