// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"
#include "base/text.h"
#include "core/oci/transfer.h"

#include <fmt/core.h>

namespace floe::oci {

namespace {

/// What an attempt must have brought for the attempts to be counted anew.
constexpr std::uint64_t kProgress = 64 << 10;

/// One blob on its way.
struct Download {
  Session& session;
  const std::string& name;
  const Descriptor& descriptor;
  const BlobTarget& target;
  Sha256 digest;
  std::uint64_t received = 0;
  bool misplaced = false;  // the registry sent another part than it was asked for
  Status refused;          // by the target, or because it is not what it should be

  std::string what() const { return fmt::format("blob {} of {}", descriptor.digest, name); }
};

tl::unexpected<Error> wrong_blob(const Download& download, std::string why) {
  return fail(ErrorKind::kSecurity,
              fmt::format("{} is not what it should be: {}", download.what(), why),
              "the registry, or something on the way to it, is damaged or was tampered with: try "
              "again, then ask the registry's operators");
}

Status restart_download(Download& download) {
  download.digest.reset();
  download.received = 0;
  return download.target.restart();
}

/// "bytes 100-199/200" begins where we are.
bool continues_at(const HttpResponse& response, std::uint64_t received) {
  return response.header("content-range").starts_with(fmt::format("bytes {}-", received));
}

/// Takes a piece; false if that ends the transfer.
bool take_piece(Download& download, bool& is_first, const HttpResponse& head,
                std::string_view piece) {
  if (is_first && head.status == 206 && !continues_at(head, download.received)) {
    download.misplaced = true;
    return false;
  }
  if (is_first && head.status == 200 && download.received > 0) {
    // The whole again, though the rest was asked for.
    download.refused = restart_download(download);
    if (!download.refused) return false;
  }
  is_first = false;
  if (piece.size() > download.descriptor.size - download.received) {
    download.refused = wrong_blob(download, fmt::format("it has more than the {} bytes of its "
                                                        "descriptor",
                                                        download.descriptor.size));
    return false;
  }
  download.received += piece.size();
  download.digest.add(piece);
  download.refused = download.target.write(piece);
  return download.refused.has_value();
}

enum class Attempt { kWhole, kAgain };

/// One request for what is missing.
Result<Attempt> download_rest(Download& download, std::string& retry_after, Status& trouble) {
  RegistryRequest request;
  request.url = "blobs/" + download.descriptor.digest;
  request.max_response = 1 << 20;
  request.timeout = std::chrono::milliseconds(0);
  request.retry = false;
  bool is_first = true;
  if (download.received > 0) {
    request.headers = {{"Range", fmt::format("bytes={}-", download.received)}};
  }
  const std::uint64_t before = download.received;
  request.sink = [&](const HttpResponse& head, std::string_view piece) {
    return take_piece(download, is_first, head, piece);
  };
  auto response = download.session.send(request);
  if (!download.refused) return tl::unexpected<Error>(std::move(download.refused.error()));
  // Whole, though the connection ended badly: the digest decides.
  if (download.received == download.descriptor.size) return Attempt::kWhole;
  if (download.misplaced) {
    download.misplaced = false;
    FLOE_CHECK(restart_download(download));
  }
  if (!response) {
    if (response.error().kind != ErrorKind::kEnvironment) {
      return tl::unexpected<Error>(std::move(response.error()));
    }
    trouble = tl::unexpected<Error>(std::move(response.error()));
    return Attempt::kAgain;
  }
  retry_after = response->header("retry-after");
  const int status = response->status;
  if (status == 200 || (status == 206 && continues_at(*response, before))) return Attempt::kWhole;
  trouble = download.session.unexpected_status(download.what(), *response);
  if (is_transient(status)) return Attempt::kAgain;
  if (before > 0) {  // it does not do ranges as it should
    FLOE_CHECK(restart_download(download));
    return Attempt::kAgain;
  }
  return tl::unexpected<Error>(std::move(trouble.error()));
}

}  // namespace

Status download_blob(Session& session, const std::string& name, const Descriptor& descriptor,
                     const BlobTarget& target) {
  Download download{session, name, descriptor, target, {}, 0, false, {}};
  FLOE_CHECK(target.restart());
  std::uint64_t furthest = 0;
  for (int attempt = 0; descriptor.size > 0; ++attempt) {
    std::string retry_after;
    Status trouble;
    const Attempt outcome = FLOE_TRY(download_rest(download, retry_after, trouble));
    if (outcome == Attempt::kWhole) break;
    if (download.received >= furthest + kProgress) {  // it gets on, if slowly
      furthest = download.received;
      attempt = 0;
    }
    if (session.cancelled() || attempt + 1 >= Session::kAttempts) {
      return fail_because("cannot fetch " + download.what(), trouble.error());
    }
    session.pause(attempt, retry_after);
  }
  if (download.received != descriptor.size) {
    return wrong_blob(
        download, fmt::format("it has {} bytes instead of {}", download.received, descriptor.size));
  }
  const std::string actual = "sha256:" + download.digest.hex();
  if (actual != descriptor.digest) {
    return wrong_blob(download, fmt::format("its content has the digest {}", actual));
  }
  return {};
}

}  // namespace floe::oci
