// SPDX-License-Identifier: Apache-2.0
#include "core/oci/remote.h"

#include "base/hash.h"
#include "base/text.h"
#include "base/threads.h"
#include "core/oci/fallback.h"
#include "core/oci/session.h"
#include "core/oci/transfer.h"
#include "core/oci/url.h"
#include "value/json.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <map>
#include <set>

namespace floe::oci {

namespace {

constexpr std::size_t kMaxTags = 20'000;
constexpr int kMaxPages = 200;
constexpr std::size_t kMaxTagValues = 50'000;  // of one page
/// More than this many signatures of one artifact are nobody's but an attacker's.
constexpr std::size_t kMaxReferrers = 1000;
/// The time between writing what others may write, too, and looking at it again.
constexpr std::chrono::milliseconds kLeastReadBack{100};
constexpr std::chrono::milliseconds kLongestReadBack{2000};

std::pair<std::string, std::string> accept_manifests() {
  return {"Accept", fmt::format("{}, {}", kManifestType, kIndexType)};
}

/// The URL of the next page in a Link header (RFC 8288), or "".
std::string next_page(const HttpResponse& response) {
  const std::string link = response.header("link");
  const std::size_t open = link.find('<');
  const std::size_t close = link.find('>', open);
  if (open == std::string::npos || close == std::string::npos) return "";
  if (link.find("next", close) == std::string::npos) return "";
  return link.substr(open + 1, close - open - 1);
}

/// Whether to put a manifest once more. docker-registry calls a manifest's digest invalid while
/// another client is just writing the link to one of its blobs; ours comes from the very bytes.
bool may_be_put_again(const HttpResponse& response) {
  return response.status == 429 || response.status >= 500 ||
         (response.status == 400 && contains(response.body, "DIGEST_INVALID"));
}

/// How long to wait until a rival that acted on what it had read before must have been seen: it
/// takes about as long as we did.
std::chrono::milliseconds read_back_pause(std::chrono::steady_clock::time_point start) {
  const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - start);
  return std::clamp(10 * passed, kLeastReadBack, kLongestReadBack);
}

class Remote final : public Registry {
 public:
  Remote(const Reference& reference, std::string actions, const ClientSettings& settings)
      : name_(repository_name(reference)),
        session_(reference.host, reference.repository, std::move(actions), settings) {}

  std::string name() const override { return name_; }
  bool is_local() const override { return false; }
  /// A thread and a connection more cost as much as a few answers of a registry nearby.
  std::size_t parallel(std::size_t count) const override {
    const std::size_t most = std::min(count, session_.settings().parallel);
    return session_.is_near() ? std::min(most, (count + 3) / 4) : most;
  }

  Result<std::optional<Descriptor>> resolve(std::string_view tag) override;
  Result<std::optional<TaggedManifest>> fetch_tagged(std::string_view tag) override;
  Result<std::vector<std::string>> tags() override;
  Result<std::string> fetch_manifest(const std::string& digest) override;
  Status fetch_blob_to(const Descriptor& descriptor, const BlobTarget& target) override {
    return download_blob(session_, name_, descriptor, target);
  }
  Result<std::vector<Descriptor>> referrers(const std::string& digest) override;
  Status push_blobs(std::span<const BlobSource> blobs) override;
  Status push_manifests(std::span<const std::string> manifests) override;
  Result<TagOutcome> push_tag(std::string_view bytes, std::string_view tag,
                              IfTagged if_tagged) override;
  Status remove_tag(std::string_view tag) override;
  Status remove_manifest(const std::string& digest) override;

 private:
  std::string what(std::string_view reference) const {
    return fmt::format("{}{}{}", name_, is_digest(reference) ? "@" : ":", reference);
  }
  Result<std::optional<HttpResponse>> get_manifest(std::string_view reference);
  Result<std::string> next_url(const std::string& url, const std::string& next) const;
  Result<HttpResponse> ask(const RegistryRequest& request);
  Result<HttpResponse> put_manifest(std::string_view bytes, std::string_view reference, bool retry);
  Result<std::vector<Descriptor>> referrer_pages(const HttpResponse& first);
  Result<std::optional<Index>> fallback_index(const std::string& digest);
  Status push_untagged(std::string_view bytes,
                       std::map<std::string, std::vector<Descriptor>>& unheard);
  Status add_to_fallback(const std::string& subject, const std::vector<Descriptor>& referrers);
  Status remove_from_fallback(const std::string& subject, const std::string& referrer);
  Result<std::optional<Descriptor>> put_tag(std::string_view bytes, std::string_view tag,
                                            const Descriptor& wanted);
  Status delete_reference(std::string_view reference);

  std::string name_;
  Session session_;
};

/// Sends a request; errors name the repository.
Result<HttpResponse> Remote::ask(const RegistryRequest& request) {
  auto response = session_.send(request);
  if (response) return response;
  return tl::unexpected<Error>(naming(name_, std::move(response.error())));
}

/// Nothing if there is none.
Result<std::optional<HttpResponse>> Remote::get_manifest(std::string_view reference) {
  RegistryRequest request;
  request.url = fmt::format("manifests/{}", reference);
  request.headers = {accept_manifests()};
  request.max_response = kMaxManifest;
  HttpResponse response = FLOE_TRY(ask(request));
  if (response.status == 404) return std::optional<HttpResponse>();
  if (response.status != 200) return session_.unexpected_status(what(reference), response);
  return std::optional(std::move(response));
}

Result<std::optional<Descriptor>> Remote::resolve(std::string_view tag) {
  RegistryRequest request;
  request.method = "HEAD";
  request.url = fmt::format("manifests/{}", tag);
  request.headers = {accept_manifests()};
  const HttpResponse response = FLOE_TRY(ask(request));
  if (response.status == 404) return std::optional<Descriptor>();
  Descriptor out;
  out.digest = response.header("docker-content-digest");
  if (response.status != 200 || !is_digest(out.digest)) {
    // It may not know HEAD, or not name the digest: then the bytes tell.
    const auto whole = FLOE_TRY(fetch_tagged(tag));
    return whole ? std::optional(whole->descriptor) : std::nullopt;
  }
  out.media_type = response.header("content-type");
  const std::string length = response.header("content-length");
  std::from_chars(length.data(), length.data() + length.size(), out.size);
  return std::optional(std::move(out));
}

Result<std::optional<TaggedManifest>> Remote::fetch_tagged(std::string_view tag) {
  auto response = FLOE_TRY(get_manifest(tag));
  if (!response) return std::optional<TaggedManifest>();
  TaggedManifest out;
  out.descriptor = describe_bytes(response->header("content-type"), response->body);
  const std::string claimed = response->header("docker-content-digest");
  if (!claimed.empty() && claimed != out.descriptor.digest) {
    return fail(
        ErrorKind::kSecurity,
        fmt::format("{} is not what the registry says it is\n  expected: {}\n  found:    {}",
                    what(tag), claimed.substr(0, 80), out.descriptor.digest),
        "the registry, or something on the way to it, is damaged or was tampered with: try "
        "again, then ask the registry's operators");
  }
  out.bytes = std::move(response->body);
  return std::optional(std::move(out));
}

Result<std::string> Remote::fetch_manifest(const std::string& digest) {
  auto response = FLOE_TRY(get_manifest(digest));
  if (!response) {
    return fail(ErrorKind::kEnvironment, fmt::format("{} is not there", what(digest)),
                "the version was deleted, or never was in this repository");
  }
  const std::string actual = oci_digest(response->body);
  if (actual != digest) {
    return fail(ErrorKind::kSecurity,
                fmt::format("{} is not what it should be\n  expected: {}\n  found:    {}",
                            what(digest), digest, actual),
                "the registry, or something on the way to it, is damaged or was tampered with: try "
                "again, then ask the registry's operators");
  }
  return std::move(response->body);
}

/// The next page of a list must be the registry's own.
Result<std::string> Remote::next_url(const std::string& url, const std::string& next) const {
  std::string to = join_url(url, next);
  if (same_origin(to, session_.base_url())) return to;
  return fail(ErrorKind::kSecurity, fmt::format("{} continues a list at another address", name_),
              "ask the registry's operators");
}

Result<std::vector<std::string>> Remote::tags() {
  std::set<std::string> names;
  RegistryRequest request;
  request.url = "tags/list?n=1000";
  std::string url = session_.base_url() + request.url;
  for (int page = 0; page < kMaxPages; ++page) {
    request.url = url;
    const HttpResponse response = FLOE_TRY(ask(request));
    if (response.status == 404 && page == 0) break;
    if (response.status != 200) return session_.unexpected_status("tags of " + name_, response);
    const auto document = value::read_json(response.body, kMaxTagValues);
    const value::Value* list = document ? document->find("tags") : nullptr;
    if (list == nullptr || !(list->is_list() || list->is_null())) {
      return fail(ErrorKind::kEnvironment,
                  fmt::format("{} answers something that is no list of tags", name_),
                  "check the name of the registry");
    }
    const std::size_t before = names.size();
    for (std::size_t i = 0; list->is_list() && i < list->size(); ++i) {
      const value::Value& tag = list->as_list()[i];
      if (tag.is_string() && is_tag(tag.as_string())) names.insert(tag.as_string());
    }
    if (names.size() > kMaxTags) {
      return fail(ErrorKind::kEnvironment, fmt::format("{} has more than {} tags", name_, kMaxTags),
                  "floe does not read that many; name the version that you want");
    }
    const std::string next = next_page(response);
    if (next.empty() || names.size() == before) break;  // a page without anything new: a circle
    url = FLOE_TRY(next_url(url, next));
  }
  return std::vector<std::string>(names.begin(), names.end());
}

/// Blobs above this are worth asking for, wherever they are.
constexpr std::uint64_t kSmallBlob = 256 << 10;

Status Remote::push_blobs(std::span<const BlobSource> blobs) {
  if (blobs.empty()) return {};
  // If the repository lacks the first one it is most likely new, or has nothing of this artifact:
  // then asking for each of the others costs more than sending small ones that are there.
  const bool is_new = blobs.size() > 1 && !FLOE_TRY(has_blob(session_, name_, blobs[0]));
  std::mutex mutex;
  Status first;
  parallel_for(blobs.size(), parallel(blobs.size()), [&](std::size_t i) {
    {
      const std::lock_guard lock(mutex);
      if (!first) return;
    }
    if (i == 0 && blobs.size() > 1 && !is_new) return;
    const bool is_missing = is_new && (i == 0 || blobs[i].descriptor.size <= kSmallBlob);
    Status done = upload_blob(session_, name_, blobs[i], is_missing);
    const std::lock_guard lock(mutex);
    if (!done && first) first = std::move(done);
  });
  return first;
}

Result<HttpResponse> Remote::put_manifest(std::string_view bytes, std::string_view reference,
                                          bool retry) {
  RegistryRequest request;
  request.method = "PUT";
  request.url = fmt::format("manifests/{}", reference);
  const auto document = value::read_json(bytes);
  const value::Value* type = document ? document->find("mediaType") : nullptr;
  const bool typed = type != nullptr && type->is_string();
  request.headers = {{"Content-Type", typed ? type->as_string() : std::string(kManifestType)}};
  request.body = bytes;
  request.retry = retry;
  request.fresh_connection = !retry;  // not even libcurl may send it twice
  for (int attempt = 0;; ++attempt) {
    HttpResponse response = FLOE_TRY(ask(request));
    const bool again = retry && response.status == 400 && may_be_put_again(response);
    if (!again || session_.cancelled() || attempt + 1 >= Session::kAttempts) return response;
    session_.pause(attempt);
  }
}

/// Stores one manifest; where the registry does not say that it knows of the subject, the referrer
/// is put under the subject's digest in `unheard`.
Status Remote::push_untagged(std::string_view bytes,
                             std::map<std::string, std::vector<Descriptor>>& unheard) {
  const Manifest manifest = FLOE_TRY(read_manifest(bytes));
  Descriptor own = describe_bytes(std::string(kManifestType), bytes);
  const HttpResponse response = FLOE_TRY(put_manifest(bytes, own.digest, true));
  if (response.status != 201 && response.status != 200) {
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
      const HttpResponse response = FLOE_TRY(put_manifest(bytes, tag, true));
      if (response.status != 201 && response.status != 200) {
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
      FLOE_TRY(put_manifest(without_referrer(*index, referrer), tag, true));
  if (response.status == 201 || response.status == 200) return {};
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

Result<std::vector<Descriptor>> Remote::referrers(const std::string& digest) {
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
  return out;
}

/// Writes the tag; what it names afterwards, as far as can be told.
Result<std::optional<Descriptor>> Remote::put_tag(std::string_view bytes, std::string_view tag,
                                                  const Descriptor& wanted) {
  for (int attempt = 0;; ++attempt) {
    auto response = put_manifest(bytes, tag, false);
    if (response && (response->status == 201 || response->status == 200)) return resolve(tag);
    if (!response && response.error().kind != ErrorKind::kEnvironment) {
      return tl::unexpected<Error>(std::move(response.error()));
    }
    // It may have arrived all the same, or the registry forbids to move tags.
    const auto now = FLOE_TRY(resolve(tag));
    if (now) return now;
    const bool again = !response || may_be_put_again(*response);
    if (!again || session_.cancelled() || attempt + 1 >= Session::kAttempts) {
      if (response) return session_.unexpected_status(what(tag), *response);
      return fail_because(fmt::format("cannot publish {} ({})", what(tag), wanted.digest),
                          response.error());
    }
    session_.pause(attempt, response ? response->header("retry-after") : "");
  }
}

Result<TagOutcome> Remote::push_tag(std::string_view bytes, std::string_view tag,
                                    IfTagged if_tagged) {
  if (!is_tag(tag)) return fail(ErrorKind::kUsage, fmt::format("'{}' is no tag", tag));
  const Descriptor wanted = describe_bytes(std::string(kManifestType), bytes);
  const auto start = std::chrono::steady_clock::now();
  const std::optional<Descriptor> before = FLOE_TRY(resolve(tag));
  if (before && before->digest == wanted.digest) {
    return TagOutcome{TagOutcome::What::kSame, *before};
  }
  if (before && if_tagged == IfTagged::kRefuse) {
    return TagOutcome{TagOutcome::What::kConflict, *before};
  }
  const auto after = FLOE_TRY(put_tag(bytes, tag, wanted));
  if (if_tagged == IfTagged::kRefuse && after && after->digest == wanted.digest) {
    // Another publisher that saw no tag either may be about to overwrite ours: it takes about as
    // long for that as we did.
    pause_for(read_back_pause(start), session_.settings().cancel);
    const auto later = FLOE_TRY(resolve(tag));
    if (!later || later->digest != wanted.digest) {
      return TagOutcome{TagOutcome::What::kConflict, later.value_or(Descriptor{})};
    }
  } else if (!after || after->digest != wanted.digest) {
    return TagOutcome{TagOutcome::What::kConflict, after.value_or(Descriptor{})};
  }
  return TagOutcome{before ? TagOutcome::What::kReplaced : TagOutcome::What::kCreated, wanted};
}

Status Remote::delete_reference(std::string_view reference) {
  RegistryRequest request;
  request.method = "DELETE";
  request.url = fmt::format("manifests/{}", reference);
  const HttpResponse response = FLOE_TRY(ask(request));
  if (response.status == 202 || response.status == 200 || response.status == 204) return {};
  if (response.status == 404) {
    return fail(ErrorKind::kEnvironment, fmt::format("{} is not there", what(reference)));
  }
  Status failed = session_.unexpected_status(what(reference), response);
  if (response.status == 405 || response.status == 400) {
    failed.error().hint = "the registry does not allow to delete it: ask its operators";
  }
  return failed;
}

Status Remote::remove_tag(std::string_view tag) { return delete_reference(tag); }

Status Remote::remove_manifest(const std::string& digest) {
  const std::string bytes = FLOE_TRY(fetch_manifest(digest));
  const auto manifest = read_manifest(bytes);
  FLOE_CHECK(delete_reference(digest));
  if (manifest && manifest->subject) {
    FLOE_CHECK(remove_from_fallback(manifest->subject->digest, digest));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Registry>> open_remote(const Reference& reference, Access access,
                                              const ClientSettings& settings) {
  const char* actions = access == Access::kRead      ? "pull"
                        : access == Access::kPublish ? "pull,push"
                                                     : "pull,push,delete";
  return std::make_unique<Remote>(reference, actions, settings);
}

}  // namespace floe::oci
