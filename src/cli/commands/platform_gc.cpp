// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "base/threads.h"
#include "base/time.h"
#include "cli/platform.h"
#include "core/artifact/product_package.h"
#include "core/artifact/retention.h"
#include "core/oci/copy.h"
#include "core/oci/fallback.h"
#include "value/json.h"

#include <fmt/core.h>

#include <algorithm>
#include <ctime>

namespace floe::cli {

namespace {

/// What a collection decided and did.
struct Collection {
  std::string registry;
  std::vector<artifact::Fate> fates;
  std::size_t removed = 0;
  bool deleting = false;
};

artifact::StoredVersion stored_version_of(oci::Registry& registry, const std::string& tag) {
  artifact::StoredVersion stored{tag, "", std::nullopt};
  const auto found = registry.fetch_tagged(tag);
  if (!found || !*found) return stored;
  stored.digest = (*found)->descriptor.digest;
  const auto manifest = oci::read_manifest((*found)->bytes);
  if (!manifest || manifest->artifact_type != artifact::kPlatformType) {
    stored.digest.clear();  // not ours: never a candidate
    return stored;
  }
  stored.created = parse_rfc3339(manifest->annotation(oci::kCreated));
  return stored;
}

Result<artifact::Retention> retention_of_command(const Args& args) {
  artifact::Retention retention;
  const value::Value here =
      value_in_file(args.value_or("file", "manifest.yaml"), "artifacts.retention")
          .value_or(value::Value());
  const auto number = [&](const char* key, std::int64_t& to) {
    const value::Value* found = here.find(key);
    if (found != nullptr && found->is_int()) to = found->as_int();
  };
  number("keep_last_versions", retention.keep_last);
  number("keep_duration_days", retention.keep_days);
  if (const value::Value* tags = here.find("protected_tags")) {
    for (std::size_t i = 0; tags->is_list() && i < tags->size(); ++i) {
      const value::Value& tag = tags->as_list()[i];
      if (tag.is_string()) retention.protected_tags.push_back(tag.as_string());
    }
  }
  if (const auto last = FLOE_TRY(args.number("keep-last", 1, 1'000'000))) {
    retention.keep_last = *last;
  }
  if (const auto days = FLOE_TRY(args.number("keep-days", 0, 1'000'000))) {
    retention.keep_days = *days;
  }
  for (const std::string& tag : args.values("protect")) retention.protected_tags.push_back(tag);
  return retention;
}

/// The platforms that the products of the named repositories were compiled against.
Status add_references(const Args& args, artifact::Retention& retention) {
  for (const std::string& text : args.values("products")) {
    const RegistryChoice choice = FLOE_TRY(parse_registry(text, fs::current_path(), "--products"));
    const auto registry = FLOE_TRY(open_chosen(choice, oci::Access::kRead, args));
    for (const std::string& tag : FLOE_TRY(registry->tags())) {
      const auto found = FLOE_TRY(registry->fetch_tagged(tag));
      if (!found) continue;
      if (const auto digest = artifact::platform_of_product(found->bytes)) {
        retention.referenced.insert(*digest);
      }
    }
  }
  return {};
}

/// The version, and everything that belongs to it alone.
Status remove_version(oci::Registry& registry, const artifact::StoredVersion& version) {
  const auto referrers = FLOE_TRY(registry.referrers(version.digest));
  FLOE_CHECK(registry.remove_manifest(version.digest));
  for (const oci::Descriptor& referrer : referrers) {
    FLOE_CHECK(registry.remove_manifest(referrer.digest));
  }
  std::vector<std::string> tags = oci::companion_tags(version.digest);
  tags.push_back(oci::fallback_tag(version.digest));
  for (const std::string& tag : tags) {
    const auto found = FLOE_TRY(registry.resolve(tag));
    if (found) FLOE_CHECK(registry.remove_manifest(found->digest));
  }
  return {};
}

Result<Collection> collect_versions(const Args& args, const Output& output) {
  artifact::Retention retention = FLOE_TRY(retention_of_command(args));
  const bool deleting = args.flag("delete");
  if (deleting && !args.has("products") && !args.flag("no-products")) {
    return fail(ErrorKind::kUsage, "which products use the platform? --products is missing",
                "name the repositories of published products, so that the versions they were "
                "compiled against stay; --no-products if there are none");
  }
  const RegistryChoice choice = FLOE_TRY(registry_of_command(args));
  const auto registry =
      FLOE_TRY(open_chosen(choice, deleting ? oci::Access::kDelete : oci::Access::kRead, args));
  FLOE_CHECK(add_references(args, retention));
  const std::vector<std::string> tags = FLOE_TRY(registry->artifact_tags());
  std::vector<artifact::StoredVersion> versions(tags.size());
  parallel_for(tags.size(), registry->parallel(tags.size()),
               [&](std::size_t i) { versions[i] = stored_version_of(*registry, tags[i]); });
  Collection collection;
  collection.registry = registry->name();
  collection.deleting = deleting;
  collection.fates = artifact::decide(std::move(versions), retention, std::time(nullptr));
  for (artifact::Fate& fate : collection.fates) {
    if (fate.version.digest.empty()) fate.kept_because = "it is no floe platform";
    if (!deleting || !fate.kept_because.empty()) continue;
    note(output, "Deleting " + fate.version.tag);
    // Another tag of the same digest went with it.
    if (FLOE_TRY(registry->resolve(fate.version.tag))) {
      FLOE_CHECK(remove_version(*registry, fate.version));
    }
    ++collection.removed;
  }
  return collection;
}

std::string collection_json(const Collection& collection) {
  value::Value list = value::Value::list();
  for (const artifact::Fate& fate : collection.fates) {
    value::Value entry = value::Value::map();
    entry.set("tag", fate.version.tag);
    entry.set("digest", fate.version.digest);
    entry.set("keep", !fate.kept_because.empty());
    if (!fate.kept_because.empty()) entry.set("reason", fate.kept_because);
    list.push(std::move(entry));
  }
  value::Value document = value::Value::map();
  document.set("format_version", 1);
  document.set("registry", collection.registry);
  document.set("deleted", collection.deleting);
  document.set("versions", std::move(list));
  return value::write_json(document, 2);
}

void print_collection(const Collection& collection, const Output& output) {
  std::vector<std::vector<std::string>> rows;
  std::size_t going = 0;
  for (const artifact::Fate& fate : collection.fates) {
    const bool goes = fate.kept_because.empty();
    going += goes ? 1 : 0;
    rows.push_back({fate.version.tag, goes ? (collection.deleting ? "deleted" : "would be deleted")
                                           : "kept: " + fate.kept_because});
  }
  if (!rows.empty()) print(list_table({"VERSION", "FATE"}, rows, output));
  if (collection.deleting) {
    print_line(fmt::format("Deleted {}", counted(collection.removed, "version")));
  } else {
    print_line(fmt::format("{} would be deleted; --delete does it", counted(going, "version")));
  }
}

int run_platform_gc(const Args& args) {
  const Output output = output_of(args);
  const auto collection = collect_versions(args, output);
  if (!collection) return report_error(output, collection.error());
  if (args.value_or("format", "text") == "json") print_line(collection_json(*collection));
  else print_collection(*collection, output);
  return 0;
}

}  // namespace

const Command command_platform_gc = {
    .path = "platform gc",
    .summary = "Delete old versions that nothing needs any more",
    .details =
        "Says what would be deleted; --delete does it. Kept are the last N versions, those younger "
        "than N days, protected tags, and what published products were compiled against. Defaults "
        "come from `artifacts.retention` of manifest.yaml here. Signatures and attestations go "
        "with their version. Some registries do not allow to delete.",
    .options = {registry_option(),
                manifest_option(),
                {.name = "keep-last",
                 .takes = Takes::kValue,
                 .value_name = "N",
                 .help = "Versions that are kept at least (10)"},
                {.name = "keep-days",
                 .takes = Takes::kValue,
                 .value_name = "N",
                 .help = "Keep what is younger than N days"},
                {.name = "protect",
                 .takes = Takes::kValues,
                 .value_name = "TAG",
                 .help = "Never delete these tags; patterns with * allowed"},
                {.name = "products",
                 .takes = Takes::kValues,
                 .value_name = "REPOSITORY",
                 .help = "Where products are published that may use the platform"},
                {.name = "no-products", .help = "There are no published products"},
                {.name = "delete", .help = "Delete, do not only say so"},
                format_option()},
    .positionals = {},
    .run = run_platform_gc,
};

}  // namespace floe::cli
