// SPDX-License-Identifier: Apache-2.0
#include "core/oci/remote_registry.h"

#include <fmt/core.h>

namespace floe::oci {

/// Writes the tag; what it names afterwards, as far as can be told.
Result<std::optional<Descriptor>> Remote::put_tag(std::string_view bytes, std::string_view tag,
                                                  const Descriptor& wanted) {
  for (int attempt = 0;; ++attempt) {
    auto response = put_manifest(bytes, kManifestType, tag, false);
    if (response && is_stored(*response)) return resolve(tag);
    if (!response && response.error().kind != ErrorKind::kEnvironment) {
      return tl::unexpected<Error>(std::move(response.error()));
    }
    // It may have arrived all the same, or the registry forbids to move tags.
    const auto now = FLOE_TRY(resolve(tag));
    if (now) return now;
    const bool again = !response || is_transient(response->status) || is_digest_race(*response);
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

}  // namespace floe::oci
