// SPDX-License-Identifier: Apache-2.0
// The network registry's class, whose functions are in three files: what is fetched and stored
// (remote.cpp), what refers to what (remote_referrers.cpp), and tags (remote_tags.cpp).
#pragma once

#include "core/oci/registry.h"
#include "core/oci/session.h"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floe::oci {

/// At most so many pages of a list are read.
inline constexpr int kMaxPages = 200;

/// How long to wait until a rival that acted on what it had read before must have been seen: it
/// takes about as long as we did since `start`.
std::chrono::milliseconds read_back_pause(std::chrono::steady_clock::time_point start);

/// The URL of the next page in a Link header (RFC 8288), or "".
std::string next_page(const HttpResponse& response);

/// docker-registry calls a manifest's digest invalid while another client is just writing the link
/// to one of its blobs. Ours comes from the very bytes, so it is worth another try.
bool is_digest_race(const HttpResponse& response);

/// 200 and 201: what was put is there.
bool is_stored(const HttpResponse& response);

/// For the files remote*.cpp.
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
  Status fetch_blob_to(const Descriptor& descriptor, const BlobTarget& target) override;
  Result<std::vector<Descriptor>> referrers(const std::string& digest,
                                            std::string_view type) override;
  Status push_blobs(std::span<const BlobSource> blobs) override;
  Status push_manifests(std::span<const std::string> manifests) override;
  Result<TagOutcome> push_tag(std::string_view bytes, std::string_view tag,
                              IfTagged if_tagged) override;
  Status remove_tag(std::string_view tag) override;
  Status remove_manifest(const std::string& digest) override;

 private:
  /// "oci://host/repository:v1.2.3", for messages.
  std::string what(std::string_view reference) const;
  Result<std::optional<HttpResponse>> get_manifest(std::string_view reference);
  Result<std::string> next_url(const std::string& url, const std::string& next) const;
  Result<HttpResponse> ask(const RegistryRequest& request);
  Result<HttpResponse> put_manifest(std::string_view bytes, std::string_view media_type,
                                    std::string_view reference, bool retry);
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

}  // namespace floe::oci
