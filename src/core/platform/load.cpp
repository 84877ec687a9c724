// SPDX-License-Identifier: Apache-2.0
#include "core/platform/load.h"

#include "core/artifact/mutability.h"
#include "core/artifact/package.h"
#include "core/artifact/version.h"
#include "core/cache/cache.h"
#include "core/lock/lock.h"
#include "core/oci/registry.h"

#include <fmt/core.h>

#include <memory>
#include <optional>

namespace floe::core {

namespace {

/// One load: what is asked for and where it may come from.
struct Load {
  oci::Reference reference;
  fs::path base_dir;
  std::optional<Cache> cache;
  std::unique_ptr<oci::Registry> registry;  // null if it cannot be opened
  Error registry_error;                     // why it is null
  bool read_registry = false;
};

/// The reference as it is the same for every working folder: the key of the tag record.
std::string tag_key(const Load& load) {
  oci::Reference absolute = oci::resolve_path(load.reference, load.base_dir);
  absolute.digest.clear();
  if (absolute.transport != oci::Transport::kRegistry) {
    std::error_code error;
    const fs::path path = fs::weakly_canonical(absolute.repository, error);
    if (!error) absolute.repository = path.string();
  }
  return oci::to_string(absolute);
}

/// A blob by digest: from the cache, else from the registry into the cache.
template <class FromRegistry>
Result<std::string> cached_blob(Load& load, const std::string& digest, std::uint64_t limit,
                                const FromRegistry& from_registry) {
  if (load.cache) {
    if (auto bytes = load.cache->blob(digest, limit)) return std::move(*bytes);
  }
  if (!load.registry) return tl::unexpected(load.registry_error);
  std::string bytes = FLOE_TRY(from_registry());
  load.read_registry = true;
  // A cache that cannot be written costs time, not correctness: the bytes are checked either way.
  if (load.cache && !load.cache->put_blob(bytes)) load.cache.reset();
  return bytes;
}

Result<Platform> fetch_platform(Load& load, const std::string& digest) {
  const std::string manifest = FLOE_TRY(cached_blob(
      load, digest, oci::kMaxManifest, [&] { return load.registry->fetch_manifest(digest); }));
  return artifact::unpack(manifest, [&](const oci::Descriptor& layer) -> Result<std::string> {
    std::string bytes = FLOE_TRY(cached_blob(load, layer.digest, oci::kMaxBlob,
                                             [&] { return load.registry->fetch_blob(layer); }));
    if (bytes.size() != layer.size) {
      return fail(ErrorKind::kSecurity, "a layer of the artifact has another size than it claims");
    }
    return bytes;
  });
}

/// The repository as it can be named from any folder.
std::string absolute_repository(const Load& load) {
  return oci::repository_name(oci::resolve_path(load.reference, load.base_dir));
}

/// What the tag names now; nothing if that cannot or need not be asked.
Result<std::optional<std::string>> current_digest(Load& load, bool is_pinned) {
  if (!load.reference.digest.empty()) return std::optional(load.reference.digest);
  if (!load.registry) {
    if (is_pinned) return std::optional<std::string>();
    return tl::unexpected(load.registry_error);
  }
  if (is_pinned && !load.registry->is_local()) return std::optional<std::string>();
  const std::optional<oci::Descriptor> found = FLOE_TRY(load.registry->resolve(load.reference.tag));
  if (found) return std::optional(found->digest);
  if (is_pinned) return std::optional<std::string>();  // removed since: the pinned bytes still hold
  return fail(ErrorKind::kEnvironment,
              fmt::format("{} has no version {}", load.registry->name(), load.reference.tag),
              fmt::format("see `floe platform list --registry {}`", absolute_repository(load)));
}

tl::unexpected<Error> refuse_moved_tag(const Load& load, const std::string& expected,
                                       const std::string& found, std::string_view known_from) {
  return fail(
      ErrorKind::kSecurity,
      fmt::format("the tag {} has moved: it names other content than before\n"
                  "  expected: {} ({})\n  found:    {}",
                  oci::to_string(load.reference), expected, known_from, found),
      "a published version never changes, so the registry may have been tampered with: ask the "
      "platform team, and move to a new version once they have published one");
}

/// What is known of a reference from earlier: its digest in floe.lock or the tag record.
struct Pin {
  std::string digest;
  bool from_lock = false;
};

/// The digest to load. A tag that names something else than the pin is refused, unless the pinned
/// platform itself declares such tags mutable; then floe.lock still counts, the record does not.
Result<std::string> choose_digest(Load& load, const std::optional<Pin>& pin) {
  const std::optional<std::string> current = FLOE_TRY(current_digest(load, pin.has_value()));
  if (!pin) return *current;
  if (!current || *current == pin->digest) return pin->digest;
  const auto platform = fetch_platform(load, pin->digest);
  if (!platform || !load.reference.digest.empty() ||
      !artifact::is_mutable_tag(*platform, load.reference.tag)) {
    return refuse_moved_tag(load, pin->digest, *current,
                            pin->from_lock ? "floe.lock" : "seen before on this machine");
  }
  return pin->from_lock ? pin->digest : *current;
}

/// A signed or cached v1.2.3 that is served as v2.0.0 is not what was asked for.
Status check_version(const Load& load, const Platform& platform) {
  const auto version = artifact::version_of_tag(load.reference.tag);
  if (!version || *version == platform.version) return {};
  return fail(ErrorKind::kSecurity,
              fmt::format("{} holds version {} of platform {}", oci::to_string(load.reference),
                          platform.version, platform.name),
              "the registry may have been tampered with: ask the platform team");
}

/// A platform that wants its signature verified is not let through unverified.
Status check_signature(LoadedPlatform& loaded) {
  const value::Value* wanted = loaded.platform.artifacts.find("verification");
  if (wanted == nullptr || !wanted->is_string() || wanted->as_string() == "off") return {};
  const std::string what = fmt::format(
      "platform {} v{} asks for its signature to be verified, "
      "which this build of floe cannot do",
      loaded.platform.name, loaded.platform.version);
  if (wanted->as_string() != "warn") {
    return fail(ErrorKind::kSecurity, what, "use a floe that verifies signatures");
  }
  loaded.warnings.push_back(what);
  return {};
}

Result<std::optional<Lock>> matching_lock(const Load& load, LockUse use) {
  if (use == LockUse::kIgnore) return std::optional<Lock>();
  std::optional<Lock> lock = FLOE_TRY(read_lock(load.base_dir));
  const std::string wanted = oci::to_string(load.reference);
  const bool matches =
      lock && oci::to_string(FLOE_TRY(oci::parse_reference(lock->reference))) == wanted;
  if (!matches && use == LockUse::kRequire) {
    return fail(
        ErrorKind::kSecurity,
        lock ? fmt::format("floe.lock pins {}, but floe.yaml names {}", lock->reference, wanted)
             : "there is no floe.lock, and it is required here",
        "run `floe compile` without --locked once, and commit floe.lock");
  }
  if (!matches) lock.reset();
  return lock;
}

/// Opens the cache and, if possible, the registry.
Result<Load> prepare(const std::string& text, const fs::path& base_dir) {
  Load load;
  load.reference = FLOE_TRY(oci::parse_reference(text));
  FLOE_CHECK(oci::check_exact(load.reference));
  load.base_dir = base_dir;
  load.cache = Cache::of_user();
  auto registry = oci::open_registry(load.reference, base_dir, oci::Access::kRead);
  if (registry) load.registry = std::move(*registry);
  else load.registry_error = registry.error();
  return load;
}

}  // namespace

Result<LoadedPlatform> load_platform_with_origin(const std::string& reference,
                                                 const fs::path& base_dir, LockUse use) {
  Load load = FLOE_TRY(prepare(reference, base_dir));
  const std::string key = tag_key(load);
  const bool has_tag = !load.reference.tag.empty() && load.reference.digest.empty();
  const std::optional<Lock> lock = FLOE_TRY(matching_lock(load, use));
  const std::optional<std::string> recorded =
      load.cache && has_tag ? load.cache->tag_digest(key) : std::nullopt;

  std::optional<Pin> pin;
  if (lock) pin = Pin{lock->digest, true};
  else if (recorded) pin = Pin{*recorded, false};
  const std::string digest = FLOE_TRY(choose_digest(load, pin));

  LoadedPlatform loaded;
  loaded.platform = FLOE_TRY(fetch_platform(load, digest));
  FLOE_CHECK(check_version(load, loaded.platform));
  FLOE_CHECK(check_signature(loaded));
  loaded.platform.reference = oci::to_string(load.reference);
  loaded.platform.digest = digest;
  loaded.from_cache = !load.read_registry;
  if (load.cache && has_tag && recorded != digest) {
    if (!load.cache->record_tag(key, digest)) load.cache.reset();
  }
  if (use == LockUse::kRecord && !lock) {
    FLOE_CHECK(write_lock(base_dir, {loaded.platform.reference, digest, loaded.platform.name,
                                     loaded.platform.version}));
    loaded.lock_written = true;
  }
  return loaded;
}

Result<Platform> load_platform(const std::string& reference, const fs::path& base_dir,
                               LockUse use) {
  LoadedPlatform loaded = FLOE_TRY(load_platform_with_origin(reference, base_dir, use));
  return std::move(loaded.platform);
}

}  // namespace floe::core
