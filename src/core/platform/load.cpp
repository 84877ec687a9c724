// SPDX-License-Identifier: Apache-2.0
#include "core/platform/load.h"

#include "core/artifact/deprecation.h"
#include "core/artifact/mutability.h"
#include "core/artifact/package.h"
#include "core/artifact/version.h"
#include "core/cache/cache.h"
#include "core/lock/lock.h"
#include "core/oci/registry.h"
#include "core/trust/evidence.h"
#include "core/trust/judge.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>

namespace floe::core {

namespace {

/// One load: what is asked for and where it may come from.
struct Load {
  oci::Reference reference;
  fs::path base_dir;
  std::optional<Cache> cache;
  std::unique_ptr<oci::Registry> registry;     // null if it cannot be opened
  Error registry_error;                        // why it is null
  std::optional<oci::TaggedManifest> fetched;  // what the tag named when it was asked
  bool keeps_files = false;
  std::map<std::string, std::string> files;  // of the platform that was read last, if kept
  bool read_registry = false;
};

/// The reference as it is the same for every working folder: the key of the tag record.
std::string tag_key(const oci::Reference& reference, const fs::path& base_dir) {
  oci::Reference absolute = oci::resolve_path(reference, base_dir);
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

/// Blobs by digest: those of the cache, and the others from the registry, several at once.
Result<std::vector<std::string>> cached_blobs(Load& load,
                                              const std::vector<oci::Descriptor>& wanted) {
  std::vector<std::string> out(wanted.size());
  std::vector<std::size_t> missing;
  std::vector<oci::Descriptor> asked;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    auto bytes = load.cache ? load.cache->blob(wanted[i].digest, oci::kMaxBlob) : std::nullopt;
    if (bytes && bytes->size() != wanted[i].size) {
      return fail(ErrorKind::kSecurity, "a layer of the artifact has another size than it claims");
    }
    if (bytes) {
      out[i] = std::move(*bytes);
      continue;
    }
    missing.push_back(i);
    asked.push_back(wanted[i]);
  }
  if (missing.empty()) return out;
  if (!load.registry) return tl::unexpected(load.registry_error);
  std::vector<std::string> fetched = FLOE_TRY(load.registry->fetch_blobs(asked));
  load.read_registry = true;
  for (std::size_t i = 0; i < missing.size(); ++i) {
    if (load.cache && !load.cache->put_blob(fetched[i])) load.cache.reset();
    out[missing[i]] = std::move(fetched[i]);
  }
  return out;
}

Result<Platform> fetch_platform(Load& load, const std::string& digest) {
  const std::string manifest =
      FLOE_TRY(cached_blob(load, digest, oci::kMaxManifest, [&]() -> Result<std::string> {
        if (load.fetched && load.fetched->descriptor.digest == digest) return load.fetched->bytes;
        return load.registry->fetch_manifest(digest);
      }));
  return artifact::unpack(manifest, [&](const std::vector<oci::Descriptor>& layers) {
    auto contents = cached_blobs(load, layers);
    for (std::size_t i = 0; load.keeps_files && contents && i < layers.size(); ++i) {
      load.files[layers[i].annotation(oci::kTitle)] = (*contents)[i];
    }
    return contents;
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
  load.fetched = FLOE_TRY(load.registry->fetch_tagged(load.reference.tag));
  if (load.fetched) return std::optional(load.fetched->descriptor.digest);
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

/// Evidence for one digest, from the cache and, when that is not enough, from the registry.
struct EvidenceSource {
  Load& load;
  const std::string& digest;
  std::vector<trust::Evidence> known;
  bool asked = false;
  std::string trouble;  // why the registry could not be asked

  void read_cache() {
    const auto text = load.cache ? load.cache->evidence(digest) : std::nullopt;
    if (text) known = trust::read_evidence(*text).value_or(std::vector<trust::Evidence>());
  }

  /// Whether there is anything that was not known before.
  bool ask_registry() {
    if (std::exchange(asked, true)) return false;
    if (!load.registry) {
      trouble = describe(load.registry_error);
      return false;
    }
    std::vector<std::string> ignored;
    auto found = trust::collect_evidence(*load.registry, digest, ignored);
    if (!found) {
      trouble = describe(found.error());
      return false;
    }
    load.read_registry = true;
    if (*found == known) return false;
    known = std::move(*found);
    // A cache that cannot be written costs time, not correctness.
    if (load.cache) static_cast<void>(load.cache->put_evidence(digest, write_evidence(known)));
    return true;
  }
};

/// One policy's judgement; kSecurity or a warning if it is not content.
Status check_policy(const trust::Artifact& artifact, const trust::TrustRule& rule,
                    const std::string& policy, EvidenceSource& source, LoadedPlatform& loaded) {
  trust::Judgement judgement = trust::judge(artifact, source.known, rule);
  if (!judgement.accepted && source.ask_registry()) {
    judgement = trust::judge(artifact, source.known, rule);
  }
  if (judgement.accepted) {
    if (loaded.signer.empty()) loaded.signer = judgement.signer;
    return {};
  }
  if (!source.trouble.empty()) {
    judgement.rejections.push_back("its signatures cannot be read now: " + source.trouble);
  }
  Error error = refusal(artifact, oci::to_string(source.load.reference), judgement, rule, policy);
  if (rule.mode == trust::Mode::kEnforce) return tl::unexpected<Error>(std::move(error));
  loaded.warnings.push_back(std::move(error.message));
  return {};
}

/// As strictly as the strictest of the policies and the platform want it.
Status check_signatures(Load& load, const std::string& digest,
                        const std::vector<trust::TrustPolicy>& policies, LoadedPlatform& loaded) {
  const value::Value* wanted = loaded.platform.artifacts.find("verification");
  const trust::Mode own = wanted != nullptr && wanted->is_string()
                              ? trust::parse_mode(wanted->as_string()).value_or(trust::Mode::kOff)
                              : trust::Mode::kOff;
  const trust::Artifact artifact{digest, absolute_repository(load),
                                 load.reference.transport != oci::Transport::kRegistry,
                                 loaded.platform.name, loaded.platform.version};
  EvidenceSource source{load, digest, {}, false, ""};
  source.read_cache();
  bool trusts_somebody = false;
  for (const trust::TrustPolicy& policy : policies) {
    trust::TrustRule rule = trust::rule_for(policy, artifact.repository);
    const bool has_anchors = !rule.anchors.keys.empty() || !rule.anchors.identities.empty();
    if (has_anchors) rule.mode = std::max(rule.mode, own);
    if (rule.mode == trust::Mode::kOff) continue;
    trusts_somebody = trusts_somebody || has_anchors;
    FLOE_CHECK(check_policy(artifact, rule, policy.source, source, loaded));
  }
  if (own == trust::Mode::kOff || trusts_somebody) return {};
  // The platform wants to be verified, and nobody here says whom to trust.
  trust::TrustRule nobody;
  nobody.mode = own;
  return check_policy(artifact, nobody, "anybody here", source, loaded);
}

/// Says so if the version is deprecated. Network registries are only asked when a version is
/// chosen: what is locked stays usable without them.
void warn_deprecated(Load& load, const std::string& digest, bool is_pinned,
                     LoadedPlatform& loaded) {
  if (!load.registry || (is_pinned && !load.registry->is_local())) return;
  const auto note = artifact::find_deprecation(*load.registry, digest);
  if (!note || !*note) return;  // a note that cannot be read now does not count
  loaded.warnings.push_back(artifact::deprecation_text(oci::to_string(load.reference), **note));
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
Result<Load> prepare(const std::string& text, const fs::path& base_dir,
                     const LoadSettings& settings) {
  Load load;
  load.reference = FLOE_TRY(oci::parse_reference(text));
  FLOE_CHECK(oci::check_exact(load.reference));
  load.base_dir = base_dir;
  load.cache = Cache::of_user();
  load.keeps_files = settings.keep_files;
  auto registry = oci::open_registry(load.reference, base_dir, oci::Access::kRead, settings.client);
  if (registry) load.registry = std::move(*registry);
  else load.registry_error = registry.error();
  return load;
}

}  // namespace

Status check_tag_record(const oci::Reference& reference, const fs::path& base_dir,
                        const Platform& platform, const std::string& digest) {
  const std::optional<Cache> cache = Cache::of_user();
  if (!cache || reference.tag.empty()) return {};
  const auto seen = cache->tag_digest(tag_key(reference, base_dir));
  if (!seen || *seen == digest || artifact::is_mutable_tag(platform, reference.tag)) return {};
  Load load;
  load.reference = reference;
  return refuse_moved_tag(load, *seen, digest, "seen before on this machine");
}

namespace {

Result<LoadedPlatform> load_named(const std::string& reference, const fs::path& base_dir,
                                  LockUse use, const LoadSettings& settings) {
  Load load = FLOE_TRY(prepare(reference, base_dir, settings));
  const std::string key = tag_key(load.reference, load.base_dir);
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
  FLOE_CHECK(check_signatures(load, digest, settings.trust, loaded));
  loaded.platform.reference = oci::to_string(load.reference);
  loaded.platform.digest = digest;
  loaded.from_cache = !load.read_registry;
  loaded.files = std::move(load.files);
  warn_deprecated(load, digest, pin.has_value(), loaded);
  if (load.cache && has_tag && recorded != digest) {
    if (!load.cache->record_tag(key, digest)) load.cache.reset();
  }
  if (use == LockUse::kRecord && !lock) {
    Lock written{loaded.platform.reference, digest, loaded.platform.name, loaded.platform.version,
                 loaded.signer};
    // Another platform is no reason to read other products.
    if (const auto before = FLOE_TRY(read_lock(base_dir))) written.products = before->products;
    FLOE_CHECK(write_lock(base_dir, written));
    loaded.lock_written = true;
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
