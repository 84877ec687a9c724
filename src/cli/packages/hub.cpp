// SPDX-License-Identifier: Apache-2.0
#include "cli/packages/hub.h"

#include "base/http.h"
#include "base/text.h"
#include "value/json.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::cli {

namespace {

constexpr int kMaxHops = 10;
constexpr std::size_t kMaxArchive = 256u << 20;
constexpr std::chrono::milliseconds kArchiveTimeout{300'000};

/// A name may become part of a URL only if it needs no escaping.
bool is_hub_name(std::string_view name) {
  return !name.empty() && !contains(name, "..") &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '-' || c == '.' || c == '/';
         });
}

std::string hub_text(const value::Value& map, std::string_view key) {
  const value::Value* found = map.find(key);
  return found != nullptr && found->is_string() ? found->as_string() : std::string();
}

}  // namespace

Result<value::Value> PackageHub::get(const std::string& name) {
  if (!is_hub_name(name)) {
    return fail(ErrorKind::kUsage, fmt::format("'{}' is no name of a package", name));
  }
  HttpRequest request;
  request.url = fmt::format("{}api/v1/{}.json", base_url_, name);
  request.max_redirects = kMaxHops;
  request.max_response = 64u << 20;
  const HttpResponse response = FLOE_TRY(http_request(request));
  if (response.status != 200) {
    return fail(ErrorKind::kEnvironment,
                fmt::format("External connection exception occurred: the package hub answers {} "
                            "to {}",
                            response.status, request.url),
                "check DBT_PACKAGE_HUB_URL and the network");
  }
  auto answer = value::read_json(response.body);
  if (!answer) {
    return fail(ErrorKind::kEnvironment, fmt::format("{} is no valid JSON", request.url));
  }
  return std::move(*answer);
}

Result<bool> PackageHub::has(const std::string& package) {
  if (!index_) index_ = FLOE_TRY(get("index"));
  if (!index_->is_list()) {
    return fail(ErrorKind::kEnvironment, "the package hub's index is no list");
  }
  const auto& names = index_->as_list();
  return std::any_of(names.begin(), names.end(), [&](const value::Value& name) {
    return name.is_string() && name.as_string() == package;
  });
}

Result<const value::Value*> PackageHub::versions(const std::string& package) {
  auto at = packages_.find(package);
  if (at == packages_.end()) {
    value::Value answer = FLOE_TRY(get(package));
    if (!answer.is_map() || answer.find("versions") == nullptr ||
        !answer.find("versions")->is_map()) {
      return fail(ErrorKind::kEnvironment,
                  fmt::format("the package hub's answer for {} has no versions", package));
    }
    at = packages_.emplace(package, std::move(answer)).first;
  }
  return at->second.find("versions");
}

Result<const value::Value*> PackageHub::version(const std::string& package,
                                                const std::string& version) {
  const value::Value* found = FLOE_TRY(versions(package))->find(version);
  if (found == nullptr || !found->is_map()) {
    return fail(ErrorKind::kUsage,
                fmt::format("the package hub has no version {} of {}", version, package));
  }
  return found;
}

std::string PackageHub::moved_to(const std::string& package) const {
  const auto at = packages_.find(package);
  if (at == packages_.end()) return "";
  std::string space = hub_text(at->second, "redirectnamespace");
  std::string name = hub_text(at->second, "redirectname");
  if (space.empty() && name.empty()) return "";
  if (space.empty()) space = hub_text(at->second, "namespace");
  if (name.empty()) name = hub_text(at->second, "name");
  return space + "/" + name;
}

Result<std::string> download_file(const std::string& url) {
  HttpRequest request;
  request.url = url;
  request.timeout = kArchiveTimeout;
  request.max_response = kMaxArchive;
  for (int hop = 0; hop <= kMaxHops; ++hop) {
    HttpResponse response = FLOE_TRY(http_request(request));
    if (response.status == 200) return std::move(response.body);
    std::string location = response.header("location");
    if (response.status < 300 || response.status >= 400 || location.empty()) {
      return fail(ErrorKind::kEnvironment,
                  fmt::format("cannot download {}: the answer is {}", url, response.status),
                  "check the URL and the network");
    }
    if (location.starts_with("/")) location = url_origin(request.url) + location;
    if (request.url.starts_with("https://") && !location.starts_with("https://")) {
      return fail(ErrorKind::kSecurity,
                  fmt::format("{} redirects from https to an unencrypted address", url));
    }
    request.url = location;
  }
  return fail(ErrorKind::kEnvironment, fmt::format("{} redirects too often", url));
}

}  // namespace floe::cli
