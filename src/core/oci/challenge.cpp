// SPDX-License-Identifier: Apache-2.0
#include "core/oci/challenge.h"

#include "base/http.h"
#include "base/text.h"
#include "core/oci/url.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::oci {

namespace {

constexpr std::size_t kMaxChallenge = 8 << 10;

bool is_token_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         contains("!#$%&'*+-.^_`|~", std::string_view(&c, 1));
}

/// Reads a header from left to right.
class ChallengeReader {
 public:
  explicit ChallengeReader(std::string_view text) : text_(text) {}

  std::vector<Challenge> read() {
    std::vector<Challenge> out;
    while (skip_separators(), at_ < text_.size()) {
      std::string word = token();
      if (word.empty()) return out;  // garbage: what was understood so far counts
      skip_spaces();
      if (at_ < text_.size() && text_[at_] == '=' && !out.empty()) {
        ++at_;
        skip_spaces();
        out.back().parameters.emplace(to_lower(word), value());
      } else {
        out.push_back({to_lower(word), {}});
      }
    }
    return out;
  }

 private:
  void skip_spaces() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }
  void skip_separators() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == ',')) {
      ++at_;
    }
  }
  std::string token() {
    const std::size_t start = at_;
    while (at_ < text_.size() && is_token_char(text_[at_])) ++at_;
    return std::string(text_.substr(start, at_ - start));
  }
  std::string value() {
    if (at_ >= text_.size() || text_[at_] != '"') return token();
    std::string out;
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      out += text_[at_];
    }
    ++at_;
    return out;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

tl::unexpected<Error> refuse_realm(const std::string& registry_url, std::string_view why) {
  return fail(ErrorKind::kSecurity,
              fmt::format("{} sends logins to a token server that is not to be trusted: {}",
                          url_origin(registry_url), why),
              "the registry may be misconfigured or not be what it seems: ask its operators");
}

/// The domain that hosts beside this one share: "example.com" of "registry.example.com"; "" where
/// that could be a public suffix such as co.uk, under which anybody can have a host.
std::string shared_domain(std::string_view host) {
  const std::vector<std::string_view> labels = split(host, '.');
  if (labels.size() < 3 || host.starts_with("[")) return "";
  if (host.find_first_not_of("0123456789.") == std::string_view::npos) return "";
  if (labels.size() == 3 && labels[1].size() <= 3) return "";
  return std::string(host.substr(labels[0].size() + 1));
}

}  // namespace

std::vector<Challenge> read_challenges(std::string_view header) {
  if (header.size() > kMaxChallenge) return {};
  return ChallengeReader(header).read();
}

Status check_realm(const std::string& realm, const std::string& registry_url) {
  const UrlParts to = split_url(realm);
  const UrlParts registry = split_url(registry_url);
  if (!to.valid) return refuse_realm(registry_url, "its address is no plain http or https URL");
  if (!to.https && registry.https) {
    return refuse_realm(registry_url, "its address is not encrypted");
  }
  const bool own = to.host == registry.host && to.port == registry.port;
  if (!own && is_private_address(to.host)) {
    return refuse_realm(registry_url, "its address is on a private network");
  }
  if (!own && !to.https) return refuse_realm(registry_url, "its address is not encrypted");
  return {};
}

bool is_trusted_realm(const std::string& realm, const std::string& registry_url,
                      const std::vector<std::string>& trusted) {
  const UrlParts to = split_url(realm);
  const UrlParts registry = split_url(registry_url);
  if (!to.valid || !registry.valid) return false;
  if (to.host == registry.host) return to.port == registry.port || (to.https && to.port == "443");
  if (to.https && to.port == "443") {
    if (to.host.ends_with("." + registry.host)) return true;
    const std::string domain = shared_domain(registry.host);
    if (!domain.empty() && (to.host == domain || to.host.ends_with("." + domain))) return true;
  }
  const std::string with_port = to.host + ":" + to.port;
  return std::any_of(trusted.begin(), trusted.end(), [&](const std::string& host) {
    return host == with_port || (host == to.host && to.https);
  });
}

}  // namespace floe::oci
