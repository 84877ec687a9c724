// SPDX-License-Identifier: Apache-2.0
#include "cli/registry.h"

#include "base/environment.h"
#include "base/text.h"
#include "diag/diagnostic.h"
#include "value/yaml.h"

#include <fmt/core.h>

#include <cstdlib>

namespace floe::cli {

namespace {

std::string registry_variable(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? "" : text;
}

/// The user's config.yaml; null if there is none.
Result<value::Value> user_configuration() {
  const std::optional<fs::path> folder = user_config_folder();
  std::error_code error;
  if (!folder || !fs::exists(*folder / "config.yaml", error)) return value::Value();
  const fs::path path = *folder / "config.yaml";
  diag::SourceMap sources;
  diag::Sink sink;
  const diag::Source& source = sources.add(path.string(), FLOE_TRY(read_file(path, 1 << 20)));
  value::Value document = value::read_yaml(source, {}, sink);
  if (!sink.has_errors()) return document;
  return fail(ErrorKind::kUsage, fmt::format("{} is not valid", path.string()),
              "it is YAML; `registry:` takes a text such as oci-layout:/srv/registry");
}

}  // namespace

Option registry_option() {
  return {.name = "registry",
          .takes = Takes::kValue,
          .value_name = "REPOSITORY",
          .help = "Where platforms are published: oci-layout:FOLDER or oci://host/repository"};
}

std::optional<fs::path> user_config_folder() {
  // XDG base directory specification: relative paths are to be ignored.
  const std::string config = registry_variable("XDG_CONFIG_HOME");
  if (config.starts_with('/')) return fs::path(config) / "floe";
  const std::string home = registry_variable("HOME");
  if (home.starts_with('/')) return fs::path(home) / ".config" / "floe";
  return std::nullopt;
}

Result<RegistryChoice> parse_registry(const std::string& text, const fs::path& base,
                                      std::string from) {
  auto reference = oci::parse_reference(text);
  if (!reference) {
    return fail(ErrorKind::kUsage, fmt::format("{}: {}", from, reference.error().message),
                reference.error().hint);
  }
  if (!reference->tag.empty() || !reference->digest.empty()) {
    return fail(ErrorKind::kUsage,
                fmt::format("{} names a version, but takes the repository itself", from),
                "write " + oci::repository_name(*reference));
  }
  return RegistryChoice{std::move(*reference), base, std::move(from)};
}

Result<RegistryChoice> choose_registry(const Args& args, const std::optional<RegistryChoice>& own,
                                       bool own_comes_last) {
  const fs::path here = fs::current_path();
  if (const auto text = args.value("registry")) return parse_registry(*text, here, "--registry");
  if (const std::string text = registry_variable("FLOE_REGISTRY"); !text.empty()) {
    return parse_registry(text, here, "FLOE_REGISTRY");
  }
  if (own && !own_comes_last) return *own;
  if (const std::optional<RegistryChoice> of_user = FLOE_TRY(registry_of_user("registry")))
    return *of_user;
  if (own) return *own;
  return fail(ErrorKind::kUsage, "no registry is set",
              "name one with --registry oci-layout:./registry, in FLOE_REGISTRY, or as `registry:` "
              "in ~/.config/floe/config.yaml");
}

Result<std::optional<RegistryChoice>> registry_of_user(std::string_view key) {
  const value::Value document = FLOE_TRY(user_configuration());
  const value::Value* registry = document.find_path(key);
  if (registry == nullptr) return std::optional<RegistryChoice>();
  const fs::path folder = *user_config_folder();
  const std::string path = (folder / "config.yaml").string();
  if (!registry->is_string()) {
    return fail(ErrorKind::kUsage, fmt::format("{} is not valid", path),
                fmt::format("`{}` takes a text such as oci-layout:/srv/registry", key));
  }
  return std::optional(FLOE_TRY(parse_registry(registry->as_string(), folder, path)));
}

Result<oci::Reference> seen_from(const RegistryChoice& choice, const fs::path& folder) {
  oci::Reference reference = choice.repository;
  if (reference.transport == oci::Transport::kRegistry) return reference;
  if (fs::path(reference.repository).is_absolute()) return reference;
  std::error_code error;
  const fs::path target = fs::weakly_canonical(choice.base / reference.repository, error);
  const fs::path start = error ? fs::path() : fs::weakly_canonical(folder, error);
  if (error) {
    return fail(
        ErrorKind::kEnvironment,
        fmt::format("cannot find {}: {}", oci::repository_name(reference), error.message()));
  }
  const std::string relative = target.lexically_relative(start).generic_string();
  reference.repository =
      relative.starts_with("../") || relative == ".." ? relative : "./" + relative;
  return reference;
}

Result<oci::ClientSettings> client_settings_of(const Args& args) {
  oci::ClientSettings settings = FLOE_TRY(oci::client_settings(process_environment()));
  settings.offline = settings.offline || args.flag("offline");
  settings.plain_http = settings.plain_http || args.flag("plain-http");
  if (const auto file = args.value("ca-file")) {
    settings.ca_file = fs::absolute(*file);
    settings.loopback_tls = true;
  }
  std::error_code error;
  if (!settings.ca_file.empty() && !fs::is_regular_file(settings.ca_file, error)) {
    return fail(ErrorKind::kUsage,
                fmt::format("there is no file {} with certificates", settings.ca_file.string()),
                "--ca-file (FLOE_REGISTRY_CA_FILE) names a file in PEM format");
  }
  const value::Value document = FLOE_TRY(user_configuration());
  if (const value::Value* realms = document.find("trusted_realms")) {
    for (std::size_t i = 0; realms->is_list() && i < realms->size(); ++i) {
      const value::Value& host = realms->as_list()[i];
      if (host.is_string()) settings.trusted_realms.push_back(to_lower(host.as_string()));
    }
  }
  return settings;
}

Result<core::LoadSettings> load_settings_of(const Args& args) {
  core::LoadSettings settings;
  settings.client = FLOE_TRY(client_settings_of(args));
  settings.trust =
      FLOE_TRY(trust::trust_policies(settings.client.environment, user_config_folder()));
  return settings;
}

}  // namespace floe::cli
