// SPDX-License-Identifier: Apache-2.0
#include "core/oci/settings.h"

#include "base/text.h"

#include <fmt/core.h>

#include <charconv>
#include <optional>

namespace floe::oci {

namespace {

std::string settings_text(const std::map<std::string, std::string>& environment,
                          const std::string& name) {
  const auto found = environment.find(name);
  return found == environment.end() ? "" : found->second;
}

Result<bool> settings_flag(const std::map<std::string, std::string>& environment,
                           const std::string& name) {
  const std::string text = to_lower(settings_text(environment, name));
  if (text.empty() || text == "0" || text == "false" || text == "no") return false;
  if (text == "1" || text == "true" || text == "yes") return true;
  return fail(ErrorKind::kUsage, fmt::format("{} is neither 1 nor 0", name));
}

Result<std::optional<double>> settings_number(const std::map<std::string, std::string>& environment,
                                              const std::string& name, double least, double most) {
  const std::string text = settings_text(environment, name);
  if (text.empty()) return std::optional<double>();
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < least || number > most) {
    return fail(ErrorKind::kUsage,
                fmt::format("{} must be a number from {:g} to {:g}", name, least, most));
  }
  return std::optional(number);
}

}  // namespace

Result<ClientSettings> client_settings(const std::map<std::string, std::string>& environment) {
  ClientSettings settings;
  settings.environment = environment;
  settings.offline = FLOE_TRY(settings_flag(environment, "FLOE_OFFLINE"));
  settings.plain_http = FLOE_TRY(settings_flag(environment, "FLOE_PLAIN_HTTP"));
  settings.ca_file = settings_text(environment, "FLOE_REGISTRY_CA_FILE");
  settings.loopback_tls = !settings.ca_file.empty();
  if (settings.ca_file.empty()) settings.ca_file = settings_text(environment, "SSL_CERT_FILE");
  for (const std::string_view host :
       split(settings_text(environment, "FLOE_TRUSTED_REALMS"), ',')) {
    if (!trim(host).empty()) settings.trusted_realms.push_back(to_lower(trim(host)));
  }
  const auto timeout = FLOE_TRY(settings_number(environment, "FLOE_REGISTRY_TIMEOUT", 1, 3600));
  if (timeout) settings.stall_timeout = std::chrono::seconds(static_cast<long>(*timeout));
  const auto parallel = FLOE_TRY(settings_number(environment, "FLOE_REGISTRY_PARALLEL", 1, 64));
  if (parallel) settings.parallel = static_cast<std::size_t>(*parallel);
  const auto scale = FLOE_TRY(settings_number(environment, "FLOE_RETRY_SCALE", 0, 10));
  if (scale) settings.pause_scale = *scale;
  return settings;
}

bool is_loopback(std::string_view host) {
  if (host.starts_with("[::1]")) return true;
  host = host.substr(0, host.find(':'));
  if (host == "localhost" || host.ends_with(".localhost")) return true;
  const std::vector<std::string_view> parts = split(host, '.');
  if (parts.size() != 4 || parts[0] != "127") return false;
  for (const std::string_view part : parts) {
    if (part.empty() || part.size() > 3 ||
        part.find_first_not_of("0123456789") != std::string_view::npos) {
      return false;
    }
  }
  return true;
}

}  // namespace floe::oci
