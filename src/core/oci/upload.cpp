// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "core/oci/transfer.h"
#include "core/oci/url.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

namespace floe::oci {

namespace {

/// Blobs above this go in pieces of this size.
constexpr std::uint64_t kPiece = 16ull << 20;

std::string upload_name(const std::string& name, const BlobSource& blob) {
  return fmt::format("blob {} for {}", blob.descriptor.digest, name);
}

/// A session for one blob: the URL that its bytes go to.
Result<std::string> begin_upload(Session& session, const std::string& name,
                                 const BlobSource& blob) {
  RegistryRequest request;
  request.method = "POST";
  request.url = "blobs/uploads/";
  const HttpResponse response = FLOE_TRY(session.send(request));
  if (response.status != 202) {
    return session.unexpected_status(upload_name(name, blob), response);
  }
  const std::string location = response.header("location");
  const std::string url = join_url(session.base_url() + request.url, location);
  const UrlParts parts = split_url(url);
  if (location.empty() || !parts.valid ||
      (!parts.https && session.base_url().starts_with("https"))) {
    return fail(ErrorKind::kSecurity,
                fmt::format("{}: the registry names no address that it could be sent to",
                            upload_name(name, blob)),
                "ask the registry's operators");
  }
  return url;
}

void set_content(RegistryRequest& request, const BlobSource& blob, FileRange& range,
                 std::uint64_t offset, std::uint64_t size) {
  request.headers = {{"Content-Type", "application/octet-stream"}};
  request.timeout = std::chrono::milliseconds(0);
  request.retry = false;
  if (blob.file) {
    range = {blob.file->path, blob.file->offset + offset, size};
    request.file = &range;
  } else {
    request.body = blob.bytes.substr(offset, size);
  }
}

/// How many bytes the registry says it has: "0-1023" → 1024. "0-0" may mean one byte or none: then
/// it is as if it had not said.
std::optional<std::uint64_t> stored_bytes(const HttpResponse& response) {
  const std::string range = response.header("range");
  const std::size_t dash = range.rfind('-');
  if (dash == std::string::npos) return std::nullopt;
  std::uint64_t last = 0;
  const char* const end = range.data() + range.size();
  const auto parsed = std::from_chars(range.data() + dash + 1, end, last);
  if (parsed.ec != std::errc{} || parsed.ptr != end || last == 0) return std::nullopt;
  return last + 1;
}

/// Asks how far an upload got that was broken off; nothing if it must begin anew.
std::optional<std::uint64_t> resume_point(Session& session, std::string& url) {
  RegistryRequest request;
  request.url = url;
  const auto response = session.send(request);
  if (!response || response->status != 204) return std::nullopt;
  if (const std::string to = response->header("location"); !to.empty()) url = join_url(url, to);
  return stored_bytes(*response);
}

/// Sends all pieces by PATCH; the trouble that ended it, if any.
Status send_pieces(Session& session, const std::string& name, const BlobSource& blob,
                   std::string& url) {
  std::uint64_t offset = 0;
  int failures = 0;
  while (offset < blob.descriptor.size) {
    const std::uint64_t size = std::min(kPiece, blob.descriptor.size - offset);
    RegistryRequest request;
    FileRange range;
    request.method = "PATCH";
    request.url = url;
    request.fresh_connection = true;  // not even libcurl may send a piece twice
    set_content(request, blob, range, offset, size);
    request.headers.emplace_back("Content-Range", fmt::format("{}-{}", offset, offset + size - 1));
    auto response = session.send(request);
    if (response && response->status == 202) {
      url = join_url(url, response->header("location"));
      offset += size;
      failures = 0;
      continue;
    }
    if (session.cancelled() || ++failures >= Session::kAttempts) {
      return response ? session.unexpected_status(upload_name(name, blob), *response)
                      : Status(tl::unexpected<Error>(std::move(response.error())));
    }
    session.pause(failures - 1, response ? response->header("retry-after") : "");
    const auto stored = resume_point(session, url);
    if (!stored || *stored > blob.descriptor.size) {
      return response ? session.unexpected_status(upload_name(name, blob), *response)
                      : Status(tl::unexpected<Error>(std::move(response.error())));
    }
    offset = *stored;
  }
  return {};
}

/// One attempt from the beginning. `again`: whether another one could help.
Status try_upload(Session& session, const std::string& name, const BlobSource& blob, bool& again,
                  std::string& retry_after) {
  again = true;
  std::string url = FLOE_TRY(begin_upload(session, name, blob));
  const bool in_pieces = blob.descriptor.size > kPiece;
  if (in_pieces) FLOE_CHECK(send_pieces(session, name, blob, url));
  RegistryRequest request;
  FileRange range;
  request.method = "PUT";
  set_content(request, blob, range, 0, in_pieces ? 0 : blob.descriptor.size);
  if (in_pieces) request.file = nullptr;
  request.url = with_parameter(url, "digest", blob.descriptor.digest);
  const HttpResponse response = FLOE_TRY(session.send(request));
  if (response.status == 201 || response.status == 204) return {};
  retry_after = response.header("retry-after");
  // 404, 416: the session is gone. Else the registry does not want the blob.
  again = is_transient(response.status) || response.status == 404 || response.status == 416;
  return session.unexpected_status(upload_name(name, blob), response);
}

}  // namespace

Result<bool> has_blob(Session& session, const std::string& name, const BlobSource& blob) {
  RegistryRequest request;
  request.method = "HEAD";
  request.url = "blobs/" + blob.descriptor.digest;
  const HttpResponse response = FLOE_TRY(session.send(request));
  if (response.status == 200) return true;
  // Some answer 403 or 405 where nothing is; the upload will say what is really wrong.
  if (response.status == 404 || response.status == 403 || response.status == 405) return false;
  return session.unexpected_status(upload_name(name, blob), response);
}

Status upload_blob(Session& session, const std::string& name, const BlobSource& blob,
                   bool is_missing) {
  for (int attempt = 0;; ++attempt) {
    // Before every attempt: the last one may have arrived though its answer did not.
    if ((attempt > 0 || !is_missing) && FLOE_TRY(has_blob(session, name, blob))) return {};
    bool again = false;
    std::string retry_after;
    Status done = try_upload(session, name, blob, again, retry_after);
    if (done) return {};
    if (done.error().kind != ErrorKind::kEnvironment || !again || session.cancelled() ||
        attempt + 1 >= Session::kAttempts) {
      return done;
    }
    session.pause(attempt, retry_after);
  }
}

}  // namespace floe::oci
