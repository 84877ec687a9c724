// SPDX-License-Identifier: Apache-2.0
#include "core/platform/load.h"

#include "core/artifact/deprecation.h"
#include "core/artifact/mutability.h"
#include "core/artifact/package.h"
#include "core/artifact/source.h"
#include "core/artifact/version.h"
#include "core/lock/lock.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>

namespace floe::core {

namespace {

constexpr std::string_view kAskPlatformTeam =
    "ask the platform team, and move to a new version once they have published one";

/// One load: where the platform may come from, and its files if they are kept.
struct Load {
  artifact::Source source;
  bool keeps_files = false;
  std::map<std::string, std::string> files;  // of the platform that was read last, if kept
};

Result<Platform> fetch_platform(Load& load, const std::string& digest) {
  const std::string manifest = FLOE_TRY(artifact::stored_manifest(load.source, digest));
  return artifact::unpack(manifest, [&](const std::vector<oci::Descriptor>& layers) {
    auto contents = artifact::stored_blobs(load.source, layers);
    for (std::size_t i = 0; load.keeps_files && contents && i < layers.size(); ++i) {
      load.files[layers[i].annotation(oci::kTitle)] = (*contents)[i];
    }
    return contents;
  });
}

/// What the tag names now; nothing if that cannot or need not be asked.
Result<std::optional<std::string>> current_digest(artifact::Source& source, bool is_pinned) {
  const oci::Reference& reference = source.reference;
  if (!reference.digest.empty()) return std::optional(reference.digest);
  if (!source.registry) {
    if (is_pinned) return std::optional<std::string>();
    return tl::unexpected(source.trouble);
  }
  if (is_pinned && !source.registry->is_local()) return std::optional<std::string>();
  source.fetched = FLOE_TRY(source.registry->fetch_tagged(reference.tag));
  if (source.fetched) return std::optional(source.fetched->descriptor.digest);
  if (is_pinned) return std::optional<std::string>();  // removed since: the pinned bytes still hold
  return fail(ErrorKind::kEnvironment,
              fmt::format("{} has no version {}", source.registry->name(), reference.tag),
              fmt::format("see `floe platform list --registry {}`", absolute_repository(source)));
}

/// What is known of a reference from earlier: its digest in floe.lock or the tag record.
struct Pin {
  std::string digest;
  bool from_lock = false;
};

/// The digest to load. A tag that names something else than the pin is refused, unless the pinned
/// platform itself declares such tags mutable; then floe.lock still counts, the record does not.
Result<std::string> choose_digest(Load& load, const std::optional<Pin>& pin) {
  const std::optional<std::string> current = FLOE_TRY(current_digest(load.source, pin.has_value()));
  if (!pin) return *current;
  if (!current || *current == pin->digest) return pin->digest;
  const oci::Reference& reference = load.source.reference;
  const auto platform = fetch_platform(load, pin->digest);
  if (!platform || !reference.digest.empty() ||
      !artifact::is_mutable_tag(*platform, reference.tag)) {
    return artifact::refuse_moved_tag(reference, pin->digest, *current,
                                      pin->from_lock ? "floe.lock" : "seen before on this machine",
                                      kAskPlatformTeam);
  }
  return pin->from_lock ? pin->digest : *current;
}

/// A signed or cached v1.2.3 that is served as v2.0.0 is not what was asked for.
Status check_version(const oci::Reference& reference, const Platform& platform) {
  const auto version = artifact::version_of_tag(reference.tag);
  if (!version || *version == platform.version) return {};
  return fail(ErrorKind::kSecurity,
              fmt::format("{} holds version {} of platform {}", oci::to_string(reference),
                          platform.version, platform.name),
              "the registry may have been tampered with: ask the platform team");
}

/// As strictly as the strictest of the policies and the platform want it.
Status check_trust(artifact::Source& source, const std::string& digest,
                   const std::vector<trust::TrustPolicy>& policies, LoadedPlatform& loaded) {
  const value::Value* wanted = loaded.platform.artifacts.find("verification");
  const trust::Mode own = wanted != nullptr && wanted->is_string()
                              ? trust::parse_mode(wanted->as_string()).value_or(trust::Mode::kOff)
                              : trust::Mode::kOff;
  const trust::Artifact judged{digest, absolute_repository(source),
                               source.reference.transport != oci::Transport::kRegistry,
                               loaded.platform.name, loaded.platform.version};
  artifact::Verdict verdict = FLOE_TRY(artifact::check_signatures(source, judged, policies, own));
  loaded.signer = std::move(verdict.signer);
  loaded.warnings = std::move(verdict.warnings);
  return {};
}

/// Says so if the version is deprecated. Network registries are only asked when a version is
/// chosen: what is locked stays usable without them.
void warn_deprecated(artifact::Source& source, const std::string& digest, bool is_pinned,
                     LoadedPlatform& loaded) {
  if (!source.registry || (is_pinned && !source.registry->is_local())) return;
  const auto note = artifact::find_deprecation(*source.registry, digest);
  if (!note || !*note) return;  // a note that cannot be read now does not count
  loaded.warnings.push_back(artifact::deprecation_text(oci::to_string(source.reference), **note));
}

Result<std::optional<Lock>> matching_lock(const artifact::Source& source, LockUse use) {
  if (use == LockUse::kIgnore) return std::optional<Lock>();
  std::optional<Lock> lock = FLOE_TRY(read_lock(source.base));
  const std::string wanted = oci::to_string(source.reference);
  const bool matches =
      lock && oci::to_string(FLOE_TRY(oci::parse_reference(lock->reference))) == wanted;
  if (!matches && use == LockUse::kRequire) {
    return fail(
        ErrorKind::kUsage,
        lock ? fmt::format("floe.lock pins {}, but {} is asked for, and it must not change here",
                           lock->reference, wanted)
             : "there is no floe.lock, and it must not be written here",
        std::string(kCommitLock));
  }
  if (!matches) lock.reset();
  return lock;
}

}  // namespace

Status check_tag_record(const oci::Reference& reference, const fs::path& base_dir,
                        const Platform& platform, const std::string& digest) {
  const std::optional<Cache> cache = Cache::of_user();
  if (!cache || reference.tag.empty()) return {};
  const auto seen = cache->tag_digest(artifact::tag_key(reference, base_dir));
  if (!seen || *seen == digest || artifact::is_mutable_tag(platform, reference.tag)) return {};
  return artifact::refuse_moved_tag(reference, *seen, digest, "seen before on this machine",
                                    kAskPlatformTeam);
}

namespace {

Result<LoadedPlatform> load_named(const std::string& reference, const fs::path& base_dir,
                                  LockUse use, const LoadSettings& settings) {
  oci::Reference asked = FLOE_TRY(oci::parse_reference(reference));
  FLOE_CHECK(oci::check_exact(asked));
  Load load;
  load.source = artifact::open_source(std::move(asked), base_dir, settings.client);
  load.keeps_files = settings.keep_files;
  artifact::Source& source = load.source;
  const std::string key = artifact::tag_key(source.reference, source.base);
  const bool has_tag = !source.reference.tag.empty() && source.reference.digest.empty();
  const std::optional<Lock> lock = FLOE_TRY(matching_lock(source, use));
  const std::optional<std::string> recorded =
      source.cache && has_tag ? source.cache->tag_digest(key) : std::nullopt;

  std::optional<Pin> pin;
  if (lock) pin = Pin{lock->digest, true};
  else if (recorded) pin = Pin{*recorded, false};
  const std::string digest = FLOE_TRY(choose_digest(load, pin));

  LoadedPlatform loaded;
  loaded.platform = FLOE_TRY(fetch_platform(load, digest));
  FLOE_CHECK(check_version(source.reference, loaded.platform));
  FLOE_CHECK(check_trust(source, digest, settings.trust, loaded));
  loaded.platform.reference = oci::to_string(source.reference);
  loaded.platform.digest = digest;
  loaded.from_cache = !source.read_registry;
  loaded.files = std::move(load.files);
  warn_deprecated(source, digest, pin.has_value(), loaded);
  if (source.cache && has_tag && recorded != digest) {
    if (!source.cache->record_tag(key, digest)) source.cache.reset();
  }
  if (use == LockUse::kRecord && !lock) {
    Lock written{loaded.platform.reference, digest, loaded.platform.name, loaded.platform.version,
                 loaded.signer};
    const std::optional<Lock> before = FLOE_TRY(read_lock(base_dir));
    // Another platform is no reason to read other products.
    if (before) written.products = before->products;
    FLOE_CHECK(write_lock(base_dir, written));
    loaded.lock_changes = lock_changes(before, written);
  }
  return loaded;
}

}  // namespace

Result<LoadedPlatform> load_platform_with_origin(const std::string& reference,
                                                 const fs::path& base_dir, LockUse use,
                                                 const LoadSettings& settings) {
  auto loaded = load_named(reference, base_dir, use, settings);
  // Mistakes in the reference or in floe.lock speak for themselves.
  if (loaded || loaded.error().kind == ErrorKind::kUsage) return loaded;
  return tl::unexpected<Error>(oci::naming(reference, std::move(loaded.error())));
}

Result<Platform> load_platform(const std::string& reference, const fs::path& base_dir, LockUse use,
                               const LoadSettings& settings) {
  LoadedPlatform loaded = FLOE_TRY(load_platform_with_origin(reference, base_dir, use, settings));
  return std::move(loaded.platform);
}

}  // namespace floe::core
