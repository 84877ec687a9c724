// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"
#include "core/oci/fallback.h"
#include "core/oci/remote_registry.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>

namespace floe::oci {

namespace {

/// More than this many signatures of one artifact are nobody's but an attacker's.
constexpr std::size_t kMaxReferrers = 1000;

}  // namespace

/// Stores one manifest; where the registry does not say that it knows of the subject, the referrer
/// is put under the subject's digest in `unheard`.
Status Remote::push_untagged(std::string_view bytes,
                             std::map<std::string, std::vector<Descriptor>>& unheard) {
  const Manifest manifest = FLOE_TRY(read_manifest(bytes));
  Descriptor own = describe_bytes(std::string(kManifestType), bytes);
  const HttpResponse response = FLOE_TRY(put_manifest(bytes, kManifestType, own.digest, true));
  if (!is_stored(response)) {
    return session_.unexpected_status(what(own.digest), response);
  }
  if (!manifest.subject || response.header("oci-subject") == manifest.subject->digest) return {};
  own.artifact_type =
      manifest.artifact_type.empty() ? manifest.config.media_type : manifest.artifact_type;
  own.annotations = manifest.annotations;
  unheard[manifest.subject->digest].push_back(std::move(own));
  return {};
}

Status Remote::push_manifests(std::span<const std::string> manifests) {
  std::map<std::string, std::vector<Descriptor>> unheard;
  for (const std::string& bytes : manifests) FLOE_CHECK(push_untagged(bytes, unheard));
  for (const auto& [subject, referrers] : unheard) {
    RegistryRequest request;
    request.url = "referrers/" + subject;
    const HttpResponse response = FLOE_TRY(ask(request));
    if (response.status != 200) FLOE_CHECK(add_to_fallback(subject, referrers));
  }
  return {};
}

Result<std::optional<Index>> Remote::fallback_index(const std::string& digest) {
  const auto found = FLOE_TRY(fetch_tagged(fallback_tag(digest)));
  if (!found) return std::optional<Index>();
  auto index = read_index(found->bytes);
  if (!index) return tl::unexpected<Error>(naming(what(digest), std::move(index.error())));
  return std::optional(std::move(*index));
}

/// Two writers of the index at once lose entries: so it is read again until ours have stayed for
/// longer than another writer takes that read it before we wrote.
Status Remote::add_to_fallback(const std::string& subject,
                               const std::vector<Descriptor>& referrers) {
  const std::string tag = fallback_tag(subject);
  constexpr int kTries = 40;
  constexpr int kConfirmations = 2;
  bool written = false;
  int confirmed = 0;
  std::chrono::milliseconds window{0};
  for (int attempt = 0; attempt < kTries; ++attempt) {
    const auto start = std::chrono::steady_clock::now();
    const auto index = FLOE_TRY(fallback_index(subject));
    const bool all = index && std::all_of(referrers.begin(), referrers.end(), [&](const auto& own) {
                       return names_digest(*index, own.digest);
                     });
    if (all && (!written || ++confirmed == kConfirmations)) return {};
    if (!all) {
      const std::string bytes = with_referrers(index, referrers);
      if (bytes.size() > kMaxManifest) {
        return fail(ErrorKind::kEnvironment,
                    fmt::format("the index {} of referrers is full", what(tag)));
      }
      const HttpResponse response = FLOE_TRY(put_manifest(bytes, kIndexType, tag, true));
      if (!is_stored(response)) {
        return session_.unexpected_status(what(tag), response);
      }
      written = true;
      confirmed = 0;
      window = std::max(window, read_back_pause(start));
    }
    // Not the same for everybody, so that writers get out of each other's way.
    pause_for(window / 2 + retry_pause(0, window, window, ""), session_.settings().cancel);
  }
  return fail(ErrorKind::kEnvironment,
              fmt::format("{} does not keep {} among the referrers of {}", name_,
                          referrers.front().digest, subject),
              "other programs write to it at the same time: try again");
}

Status Remote::remove_from_fallback(const std::string& subject, const std::string& referrer) {
  const auto index = FLOE_TRY(fallback_index(subject));
  if (!index || !names_digest(*index, referrer)) return {};
  const std::string tag = fallback_tag(subject);
  const HttpResponse response =
      FLOE_TRY(put_manifest(without_referrer(*index, referrer), kIndexType, tag, true));
  if (is_stored(response)) return {};
  return session_.unexpected_status(what(tag), response);
}

Result<std::vector<Descriptor>> Remote::referrer_pages(const HttpResponse& first) {
  std::vector<Descriptor> out;
  HttpResponse response = first;
  std::string url = session_.base_url() + "referrers/x";
  for (int page = 0; page < kMaxPages; ++page) {
    Index index = FLOE_TRY(read_index(response.body));
    const std::size_t before = out.size();
    out.insert(out.end(), std::make_move_iterator(index.manifests.begin()),
               std::make_move_iterator(index.manifests.end()));
    const std::string next = next_page(response);
    if (out.size() > kMaxReferrers || next.empty() || out.size() == before) break;
    RegistryRequest request;
    request.url = url = FLOE_TRY(next_url(url, next));
    response = FLOE_TRY(ask(request));
    if (response.status != 200) return session_.unexpected_status("referrers", response);
  }
  return out;
}

Result<std::vector<Descriptor>> Remote::referrers(const std::string& digest,
                                                  std::string_view type) {
  RegistryRequest request;
  request.url = "referrers/" + digest;
  const HttpResponse response = FLOE_TRY(ask(request));
  std::vector<Descriptor> out;
  if (response.status == 200) {
    auto pages = referrer_pages(response);
    if (!pages) return tl::unexpected<Error>(naming(what(digest), std::move(pages.error())));
    out = std::move(*pages);
  } else if (response.status == 404 || response.status == 400 || response.status == 405) {
    if (auto index = FLOE_TRY(fallback_index(digest))) out = std::move(index->manifests);
  } else {
    return session_.unexpected_status("referrers of " + what(digest), response);
  }
  if (out.size() > kMaxReferrers) {
    return fail(ErrorKind::kSecurity,
                fmt::format("{} has more than {} referrers", what(digest), kMaxReferrers),
                "nobody signs that often: ask the registry's operators who put them there");
  }
  std::erase_if(out, [&](const Descriptor& each) { return !may_have_type(each, type); });
  return out;
}

}  // namespace floe::oci
