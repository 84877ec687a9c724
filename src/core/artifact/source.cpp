// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/source.h"

#include "core/trust/evidence.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace floe::artifact {

Source open_source(oci::Reference reference, const fs::path& base,
                   const oci::ClientSettings& client) {
  Source source;
  source.reference = std::move(reference);
  source.base = base;
  source.cache = core::Cache::of_user();
  auto registry = oci::open_registry(source.reference, base, oci::Access::kRead, client);
  if (registry) source.registry = std::move(*registry);
  else source.trouble = registry.error();
  return source;
}

std::string absolute_repository(const Source& source) {
  return oci::repository_name(oci::resolve_path(source.reference, source.base));
}

std::string tag_key(const oci::Reference& reference, const fs::path& base) {
  oci::Reference absolute = oci::resolve_path(reference, base);
  absolute.digest.clear();
  if (absolute.transport != oci::Transport::kRegistry) {
    std::error_code error;
    const fs::path path = fs::weakly_canonical(absolute.repository, error);
    if (!error) absolute.repository = path.string();
  }
  return oci::to_string(absolute);
}

namespace {

/// A cache that cannot be written costs time, not correctness: the bytes are checked either way.
void keep_blob(Source& source, std::string_view bytes) {
  if (source.cache && !source.cache->put_blob(bytes)) source.cache.reset();
}

}  // namespace

Result<std::string> stored_manifest(Source& source, const std::string& digest) {
  if (source.cache) {
    if (auto bytes = source.cache->blob(digest, oci::kMaxManifest)) return std::move(*bytes);
  }
  if (!source.registry) return tl::unexpected(source.trouble);
  std::string bytes;
  if (source.fetched && source.fetched->descriptor.digest == digest) bytes = source.fetched->bytes;
  else bytes = FLOE_TRY(source.registry->fetch_manifest(digest));
  source.read_registry = true;
  keep_blob(source, bytes);
  return bytes;
}

Result<std::vector<std::string>> stored_blobs(Source& source,
                                              const std::vector<oci::Descriptor>& wanted) {
  std::vector<std::string> out(wanted.size());
  std::vector<std::size_t> missing;
  std::vector<oci::Descriptor> asked;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    auto bytes = source.cache ? source.cache->blob(wanted[i].digest, oci::kMaxBlob) : std::nullopt;
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
  if (!source.registry) return tl::unexpected(source.trouble);
  std::vector<std::string> fetched = FLOE_TRY(source.registry->fetch_blobs(asked));
  source.read_registry = true;
  for (std::size_t i = 0; i < missing.size(); ++i) {
    keep_blob(source, fetched[i]);
    out[missing[i]] = std::move(fetched[i]);
  }
  return out;
}

tl::unexpected<Error> refuse_moved_tag(const oci::Reference& reference, const std::string& expected,
                                       const std::string& found, std::string_view known_from,
                                       std::string_view advice) {
  return fail(ErrorKind::kSecurity,
              fmt::format("the tag {} has moved: it names other content than before\n"
                          "  expected: {} ({})\n  found:    {}",
                          oci::to_string(reference), expected, known_from, found),
              "a published version never changes, so the registry may have been tampered with: " +
                  std::string(advice));
}

namespace {

/// Evidence for one digest, from the cache and, when that is not enough, from the registry.
struct EvidenceSource {
  Source& source;
  const std::string& digest;
  std::vector<trust::Evidence> known;
  bool asked = false;
  std::string trouble;  // why the registry could not be asked

  void read_cache() {
    const auto text = source.cache ? source.cache->evidence(digest) : std::nullopt;
    if (text) known = trust::read_evidence(*text).value_or(std::vector<trust::Evidence>());
  }

  /// Whether there is anything that was not known before.
  bool ask_registry() {
    if (std::exchange(asked, true)) return false;
    if (!source.registry) {
      trouble = describe(source.trouble);
      return false;
    }
    std::vector<std::string> ignored;
    auto found = trust::collect_evidence(*source.registry, digest, ignored);
    if (!found) {
      trouble = describe(found.error());
      return false;
    }
    source.read_registry = true;
    if (*found == known) return false;
    known = std::move(*found);
    // A cache that cannot be written costs time, not correctness.
    if (source.cache) static_cast<void>(source.cache->put_evidence(digest, write_evidence(known)));
    return true;
  }
};

/// One policy's judgement; kSecurity or a warning if it is not content.
Status check_policy(const trust::Artifact& artifact, const trust::TrustRule& rule,
                    const std::string& policy, EvidenceSource& evidence, Verdict& verdict) {
  trust::Judgement judgement = trust::judge(artifact, evidence.known, rule);
  if (!judgement.accepted && evidence.ask_registry()) {
    judgement = trust::judge(artifact, evidence.known, rule);
  }
  if (judgement.accepted) {
    if (verdict.signer.empty()) verdict.signer = judgement.signer;
    return {};
  }
  if (!evidence.trouble.empty()) {
    judgement.rejections.push_back("its signatures cannot be read now: " + evidence.trouble);
  }
  Error error =
      refusal(artifact, oci::to_string(evidence.source.reference), judgement, rule, policy);
  if (rule.mode == trust::Mode::kEnforce) return tl::unexpected<Error>(std::move(error));
  verdict.warnings.push_back(std::move(error.message));
  return {};
}

}  // namespace

Result<Verdict> check_signatures(Source& source, const trust::Artifact& artifact,
                                 const std::vector<trust::TrustPolicy>& policies, trust::Mode own) {
  Verdict verdict;
  EvidenceSource evidence{source, artifact.digest, {}, false, ""};
  evidence.read_cache();
  bool trusts_somebody = false;
  for (const trust::TrustPolicy& policy : policies) {
    trust::TrustRule rule = trust::rule_for(policy, artifact.repository);
    const bool has_anchors = !rule.anchors.keys.empty() || !rule.anchors.identities.empty();
    if (has_anchors) rule.mode = std::max(rule.mode, own);
    if (rule.mode == trust::Mode::kOff) continue;
    trusts_somebody = trusts_somebody || has_anchors;
    FLOE_CHECK(check_policy(artifact, rule, policy.source, evidence, verdict));
  }
  if (own == trust::Mode::kOff || trusts_somebody) return verdict;
  // The artifact wants to be verified, and nobody here says whom to trust.
  trust::TrustRule nobody;
  nobody.mode = own;
  FLOE_CHECK(check_policy(artifact, nobody, "anybody here", evidence, verdict));
  return verdict;
}

}  // namespace floe::artifact
