// SPDX-License-Identifier: Apache-2.0
// Which registry a command means when it is given only a version.
#pragma once

#include "base/files.h"
#include "base/result.h"
#include "cli/command.h"
#include "core/oci/reference.h"
#include "core/platform/load.h"

#include <optional>
#include <string>
#include <string_view>

namespace floe::cli {

/// A repository and the folder that a relative path in it starts from.
struct RegistryChoice {
  oci::Reference repository;  // without tag and digest
  fs::path base;
  std::string from;  // "--registry", "FLOE_REGISTRY", …
};

/// --registry R.
Option registry_option();

/// The first that is set: --registry, FLOE_REGISTRY, `own` (what a manifest.yaml or floe.yaml of
/// the current folder names), `registry:` in the user's configuration. With `own_comes_last` the
/// user's configuration goes before `own`. kUsage if none is set or one is wrong.
Result<RegistryChoice> choose_registry(const Args& args, const std::optional<RegistryChoice>& own,
                                       bool own_comes_last);

/// Parses the name of a repository; kUsage if it has a tag or digest.
Result<RegistryChoice> parse_registry(const std::string& text, const fs::path& base,
                                      std::string from);

/// What the user's config.yaml has at a dotted key ("registry"); nothing if there is no such file
/// or key, kUsage if it is no repository.
Result<std::optional<RegistryChoice>> registry_of_user(std::string_view key);

/// The same repository as seen from `folder`: a path that was given relative stays relative.
Result<oci::Reference> seen_from(const RegistryChoice& choice, const fs::path& folder);

/// How network registries are reached: global options, environment, the user's configuration
/// (`trusted_realms`).
Result<oci::ClientSettings> client_settings_of(const Args& args);

/// The same together with the trust policies of user and machine.
Result<core::LoadSettings> load_settings_of(const Args& args);

/// The folder of the user's configuration: $XDG_CONFIG_HOME/floe, else $HOME/.config/floe.
std::optional<fs::path> user_config_folder();

}  // namespace floe::cli
