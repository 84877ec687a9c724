// SPDX-License-Identifier: Apache-2.0
#include "core/oci/authorizer.h"

#include "base/hash.h"
#include "base/text.h"
#include "core/oci/url.h"
#include "value/json.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::oci {

namespace {

constexpr std::size_t kMaxTokenAnswer = 1 << 20;

/// Header values are visible ASCII; anything else could end the header and begin another.
bool is_header_value(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

std::string token_scope(const Challenge& challenge, const std::string& repository,
                        const std::string& actions) {
  const auto asked = challenge.parameters.find("scope");
  const std::string own = fmt::format("repository:{}:{}", repository, actions);
  if (asked == challenge.parameters.end()) return own;
  // What it asks for may be less than what comes next (pull, then push) or something else besides.
  return asked->second.starts_with("repository:" + repository + ":") ? own : asked->second;
}

std::string token_of(const HttpResponse& response) {
  const auto document = value::read_json(response.body);
  if (!document || !document->is_map()) return "";
  for (const char* key : {"token", "access_token"}) {
    const value::Value* token = document->find(key);
    if (token != nullptr && token->is_string() && is_header_value(token->as_string())) {
      return token->as_string();
    }
  }
  return "";
}

}  // namespace

Authorizer::Authorizer(std::string host, std::string repository, std::string registry_url,
                       std::string actions, const ClientSettings& settings, HttpClient& client)
    : host_(std::move(host)),
      repository_(std::move(repository)),
      registry_url_(std::move(registry_url)),
      actions_(std::move(actions)),
      settings_(settings),
      client_(client) {}

std::string Authorizer::header() const {
  const std::lock_guard lock(mutex_);
  return header_;
}

std::string Authorizer::redacted(std::string text) const {
  const std::lock_guard lock(mutex_);
  for (const std::string& secret : secrets_) {
    if (secret.size() >= 4) text = replace_all(std::move(text), secret, "***");
  }
  return text;
}

tl::unexpected<Error> Authorizer::refused_login() const {
  if (credential_) {
    return fail(ErrorKind::kEnvironment,
                fmt::format("{} refuses the login for {}", host_, repository_),
                fmt::format("check the credentials and their rights; `docker login {}` renews them",
                            host_));
  }
  return fail(
      ErrorKind::kEnvironment,
      fmt::format("{} asks for a login for {}, and none is known", host_, repository_),
      fmt::format("`docker login {}`, or a credential helper in ~/.docker/config.json", host_));
}

Status Authorizer::load_credential() {
  if (looked_up_) return {};
  credential_ = FLOE_TRY(find_credential(host_, repository_, settings_.environment));
  looked_up_ = true;
  if (credential_) {
    secrets_.push_back(credential_->password);
    secrets_.push_back(credential_->identity_token);
    secrets_.push_back(base64_encode(credential_->username + ":" + credential_->password));
  }
  return {};
}

Status Authorizer::use_basic() {
  if (!credential_ || credential_->username.empty()) return refused_login();
  std::string header =
      "Basic " + base64_encode(credential_->username + ":" + credential_->password);
  if (header == header_) return refused_login();
  header_ = std::move(header);
  return {};
}

Result<HttpRequest> Authorizer::token_request(const Challenge& challenge) {
  const auto parameter = [&](const char* name) {
    const auto found = challenge.parameters.find(name);
    return found == challenge.parameters.end() ? std::string() : found->second;
  };
  const std::string realm = parameter("realm");
  FLOE_CHECK(check_realm(realm, registry_url_));
  if (credential_ && !is_trusted_realm(realm, registry_url_, settings_.trusted_realms)) {
    return fail(ErrorKind::kSecurity,
                fmt::format("{} wants the login for it to be sent to {}, which is another host",
                            host_, url_origin(realm)),
                "if that is right, name the host in FLOE_TRUSTED_REALMS or as `trusted_realms` in "
                "~/.config/floe/config.yaml");
  }
  const std::string service = parameter("service");
  const std::string scope = token_scope(challenge, repository_, actions_);
  HttpRequest request;
  request.url = realm;
  request.max_response = kMaxTokenAnswer;
  request.stall_timeout = settings_.stall_timeout;
  request.cancel = settings_.cancel;
  if (credential_ && !credential_->identity_token.empty()) {
    request.method = "POST";
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    request.body =
        fmt::format("grant_type=refresh_token&client_id=floe&refresh_token={}&service={}&scope={}",
                    percent_encode(credential_->identity_token), percent_encode(service),
                    percent_encode(scope));
    return request;
  }
  if (!service.empty()) request.url = with_parameter(request.url, "service", service);
  request.url = with_parameter(request.url, "scope", scope);
  if (credential_) {
    const std::string login = base64_encode(credential_->username + ":" + credential_->password);
    request.headers = {{"Authorization", "Basic " + login}};
  }
  return request;
}

Status Authorizer::fetch_token(const Challenge& challenge) {
  const HttpRequest request = FLOE_TRY(token_request(challenge));
  constexpr int kAttempts = 4;
  for (int attempt = 0;; ++attempt) {
    auto response = client_.send(request);
    const bool again =
        attempt + 1 < kAttempts && (response ? is_transient(response->status)
                                             : response.error().kind == ErrorKind::kEnvironment);
    if (again) {
      const auto pause =
          retry_pause(attempt, std::chrono::milliseconds(250), std::chrono::seconds(30),
                      response ? response->header("retry-after") : "");
      pause_for(std::chrono::milliseconds(
                    static_cast<long>(static_cast<double>(pause.count()) * settings_.pause_scale)),
                settings_.cancel);
      continue;
    }
    if (!response) return fail_because("cannot get a token for " + host_, response.error());
    if (response->status == 401 || response->status == 403) return refused_login();
    if (response->status != 200) {
      return fail(ErrorKind::kEnvironment,
                  fmt::format("the token server of {} answers {}", host_, response->status),
                  "try again later, or ask the registry's operators");
    }
    const std::string token = token_of(*response);
    if (token.empty()) {
      return fail(ErrorKind::kEnvironment,
                  fmt::format("the token server of {} answers without a token", host_),
                  "ask the registry's operators");
    }
    secrets_.push_back(token);
    header_ = "Bearer " + token;
    return {};
  }
}

Status Authorizer::renew(const HttpResponse& refused, const std::string& used) {
  const std::lock_guard lock(mutex_);
  if (header_ != used) return {};  // another thread did it meanwhile
  FLOE_CHECK(load_credential());
  std::vector<Challenge> challenges;
  for (const auto& [name, value] : refused.headers) {
    if (name != "www-authenticate") continue;
    for (Challenge& each : read_challenges(value)) challenges.push_back(std::move(each));
  }
  const auto find = [&](std::string_view scheme) {
    return std::find_if(challenges.begin(), challenges.end(),
                        [&](const Challenge& each) { return each.scheme == scheme; });
  };
  if (const auto bearer = find("bearer"); bearer != challenges.end()) return fetch_token(*bearer);
  if (find("basic") != challenges.end()) return use_basic();
  return refused_login();
}

}  // namespace floe::oci
