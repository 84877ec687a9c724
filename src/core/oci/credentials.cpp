// SPDX-License-Identifier: Apache-2.0
#include "core/oci/credentials.h"

#include "base/files.h"
#include "base/hash.h"
#include "base/process.h"
#include "base/text.h"
#include "core/oci/reference.h"
#include "value/json.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

namespace floe::oci {

namespace {

using value::Value;
using Environment = std::map<std::string, std::string>;
using Found = std::optional<Credential>;

constexpr std::uintmax_t kMaxAuthFile = 4 << 20;

std::string login_variable(const Environment& environment, const std::string& name) {
  const auto found = environment.find(name);
  return found == environment.end() ? "" : found->second;
}

tl::unexpected<Error> bad_auth_file(const std::string& what, std::string_view why) {
  return fail(ErrorKind::kUsage, fmt::format("{} is not valid: {}", what, why),
              "log in again with `docker login`, or correct the file");
}

Found login_of_environment(const std::string& host, const Environment& environment) {
  Credential out;
  out.username = login_variable(environment, "FLOE_REGISTRY_USERNAME");
  out.password = login_variable(environment, "FLOE_REGISTRY_PASSWORD");
  if (out.username.empty() || out.password.empty()) return std::nullopt;
  // A password is meant for one registry and must not reach another that a file names.
  const auto registry = parse_reference(login_variable(environment, "FLOE_REGISTRY"));
  if (!registry || registry->host != host) return std::nullopt;
  return out;
}

std::string auth_text(const Value& entry, std::string_view key) {
  const Value* member = entry.find(key);
  return member != nullptr && member->is_string() ? member->as_string() : "";
}

/// An entry of `auths`: base64 of user:password, both in the open, or an identity token.
Result<Found> login_of_entry(const Value& entry, const std::string& what) {
  if (!entry.is_map()) return bad_auth_file(what, "an entry of 'auths' is no mapping");
  Credential out;
  out.identity_token = auth_text(entry, "identitytoken");
  out.username = auth_text(entry, "username");
  out.password = auth_text(entry, "password");
  if (const std::string encoded = auth_text(entry, "auth"); !encoded.empty()) {
    const auto decoded = base64_decode(encoded);
    const std::size_t colon = decoded ? decoded->find(':') : std::string::npos;
    if (colon == std::string::npos) {
      return bad_auth_file(what, "'auth' is not base64 of user:password");
    }
    out.username = decoded->substr(0, colon);
    out.password = decoded->substr(colon + 1);
    while (out.password.ends_with('\0')) out.password.pop_back();  // as docker once padded it
  }
  if (out.identity_token.empty() && out.username.empty()) return Found();
  return Found(std::move(out));
}

/// Under what names a host's login may be filed, the most exact first.
std::vector<std::string> login_names(const std::string& host, const std::string& repository) {
  std::vector<std::string> names;
  for (std::string path = host + "/" + repository; path.size() > host.size();
       path = path.substr(0, path.rfind('/'))) {
    names.push_back(path);
  }
  if (host == "docker.io" || host == "registry-1.docker.io" || host == "index.docker.io") {
    names.emplace_back("https://index.docker.io/v1/");
    names.emplace_back("docker.io");
  }
  for (const char* form : {"{}", "https://{}", "https://{}/", "https://{}/v1/", "https://{}/v2/",
                           "http://{}", "http://{}/v1/", "http://{}/v2/"}) {
    names.push_back(fmt::format(fmt::runtime(form), host));
  }
  return names;
}

bool is_helper_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

/// Asks `docker-credential-NAME get`; nothing if it knows no login for the host.
Result<Found> ask_helper(const std::string& name, const std::string& host,
                         const std::string& what) {
  if (!is_helper_name(name)) return bad_auth_file(what, "the name of a credential helper is odd");
  ProcessOptions options;
  options.input = host;
  options.max_output = 1 << 20;
  const std::string program = "docker-credential-" + name;
  const ProcessOutput output = FLOE_TRY(run_process({program, "get"}, options));
  if (output.exit_code != 0) {
    // The helpers' protocol: what is not there is an error with this text.
    if (contains(to_lower(output.out), "not found")) return Found();
    return fail(ErrorKind::kEnvironment,
                fmt::format("the credential helper {} fails for {} (exit code {})", program, host,
                            output.exit_code),
                fmt::format("try it: echo {} | {} get", host, program));
  }
  const auto answer = value::read_json(output.out);
  if (!answer || !answer->is_map()) {
    return fail(ErrorKind::kEnvironment,
                fmt::format("the credential helper {} answers something that is no JSON", program));
  }
  Credential out;
  out.username = auth_text(*answer, "Username");
  out.password = auth_text(*answer, "Secret");
  if (out.username == "<token>") out.identity_token = std::exchange(out.password, "");
  if (out.password.empty() && out.identity_token.empty()) return Found();
  return Found(std::move(out));
}

/// The login that a configuration file of docker holds or leads to.
Result<Found> login_of_document(const std::string& text, const std::string& what,
                                const std::string& host, const std::string& repository) {
  const auto document = value::read_json(text);
  if (!document || !document->is_map()) return bad_auth_file(what, "it is no JSON object");
  const std::vector<std::string> names = login_names(host, repository);
  const Value* helpers = document->find("credHelpers");
  for (const std::string& name : names) {
    const std::string helper = helpers != nullptr ? auth_text(*helpers, name) : "";
    if (!helper.empty()) return ask_helper(helper, name, what);
  }
  const std::string store = auth_text(*document, "credsStore");
  const Value* auths = document->find("auths");
  for (const std::string& name : names) {
    const Value* entry = auths != nullptr ? auths->find(name) : nullptr;
    if (entry == nullptr) continue;
    if (Found found = FLOE_TRY(login_of_entry(*entry, what))) return found;
    if (!store.empty()) return ask_helper(store, name, what);
  }
  if (!store.empty()) return ask_helper(store, host, what);
  return Found();
}

std::vector<fs::path> auth_files(const Environment& environment) {
  std::vector<fs::path> paths;
  const auto add = [&](const std::string& folder, const char* name) {
    if (!folder.empty()) paths.push_back(fs::path(folder) / name);
  };
  if (const std::string file = login_variable(environment, "REGISTRY_AUTH_FILE"); !file.empty()) {
    paths.emplace_back(file);
  }
  if (const std::string folder = login_variable(environment, "DOCKER_CONFIG"); !folder.empty()) {
    add(folder, "config.json");
  } else {
    add(login_variable(environment, "HOME"), ".docker/config.json");
  }
  add(login_variable(environment, "XDG_RUNTIME_DIR"), "containers/auth.json");
  return paths;
}

}  // namespace

Result<Found> find_credential(const std::string& host, const std::string& repository,
                              const Environment& environment) {
  if (Found found = login_of_environment(host, environment)) return found;
  const std::string inline_text = login_variable(environment, "DOCKER_AUTH_CONFIG");
  if (!inline_text.empty()) {
    Found found = FLOE_TRY(login_of_document(inline_text, "DOCKER_AUTH_CONFIG", host, repository));
    if (found) return found;
  }
  for (const fs::path& path : auth_files(environment)) {
    std::error_code error;
    if (!fs::exists(path, error)) continue;
    const std::string text = FLOE_TRY(read_file(path, kMaxAuthFile));
    Found found = FLOE_TRY(login_of_document(text, path.string(), host, repository));
    if (found) return found;
  }
  return Found();
}

}  // namespace floe::oci
