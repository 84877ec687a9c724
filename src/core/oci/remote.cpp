// SPDX-License-Identifier: Apache-2.0
#include "core/oci/remote.h"

#include "base/hash.h"
#include "base/text.h"
#include "base/threads.h"
#include "core/oci/remote_registry.h"
#include "core/oci/transfer.h"
#include "core/oci/url.h"
#include "value/json.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <set>

namespace floe::oci {

namespace {

constexpr std::size_t kMaxTags = 20'000;
constexpr std::size_t kMaxTagValues = 50'000;  // of one page
/// The time between writing what others may write, too, and looking at it again.
constexpr std::chrono::milliseconds kLeastReadBack{1000};
constexpr std::chrono::milliseconds kLongestReadBack{2000};

std::pair<std::string, std::string> accept_manifests() {
  return {"Accept", fmt::format("{}, {}", kManifestType, kIndexType)};
}

/// Blobs above this are worth asking for, wherever they are.
constexpr std::uint64_t kSmallBlob = 256 << 10;

}  // namespace

std::chrono::milliseconds read_back_pause(std::chrono::steady_clock::time_point start) {
  const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - start);
  return std::clamp(10 * passed, kLeastReadBack, kLongestReadBack);
}

std::string next_page(const HttpResponse& response) {
  const std::string link = response.header("link");
  const std::size_t open = link.find('<');
  const std::size_t close = link.find('>', open);
  if (open == std::string::npos || close == std::string::npos) return "";
  if (link.find("next", close) == std::string::npos) return "";
  return link.substr(open + 1, close - open - 1);
}

bool is_digest_race(const HttpResponse& response) {
  return response.status == 400 && contains(response.body, "DIGEST_INVALID");
}

bool is_stored(const HttpResponse& response) {
  return response.status == 201 || response.status == 200;
}

std::string Remote::what(std::string_view reference) const {
  return fmt::format("{}{}{}", name_, is_digest(reference) ? "@" : ":", reference);
}

Status Remote::fetch_blob_to(const Descriptor& descriptor, const BlobTarget& target) {
  return download_blob(session_, name_, descriptor, target);
}

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

Status Remote::push_blobs(std::span<const BlobSource> blobs) {
  if (blobs.empty()) return {};
  // If the repository lacks the first one it is most likely new, or has nothing of this artifact:
  // then asking for each of the others costs more than sending small ones that are there.
  const bool is_new = blobs.size() > 1 && !FLOE_TRY(has_blob(session_, name_, blobs[0]));
  return parallel_until_failure(blobs.size(), parallel(blobs.size()), [&](std::size_t i) -> Status {
    if (i == 0 && blobs.size() > 1 && !is_new) return {};
    const bool is_missing = is_new && (i == 0 || blobs[i].descriptor.size <= kSmallBlob);
    return upload_blob(session_, name_, blobs[i], is_missing);
  });
}

Result<HttpResponse> Remote::put_manifest(std::string_view bytes, std::string_view media_type,
                                          std::string_view reference, bool retry) {
  RegistryRequest request;
  request.method = "PUT";
  request.url = fmt::format("manifests/{}", reference);
  request.headers = {{"Content-Type", std::string(media_type)}};
  request.body = bytes;
  request.retry = retry;
  request.fresh_connection = !retry;  // not even libcurl may send it twice
  for (int attempt = 0;; ++attempt) {
    HttpResponse response = FLOE_TRY(ask(request));
    const bool again = retry && is_digest_race(response);
    if (!again || session_.cancelled() || attempt + 1 >= Session::kAttempts) return response;
    session_.pause(attempt);
  }
}

Result<std::unique_ptr<Registry>> open_remote(const Reference& reference, Access access,
                                              const ClientSettings& settings) {
  const char* actions = access == Access::kRead      ? "pull"
                        : access == Access::kPublish ? "pull,push"
                                                     : "pull,push,delete";
  return std::make_unique<Remote>(reference, actions, settings);
}

}  // namespace floe::oci
