// SPDX-License-Identifier: Apache-2.0
#include "cli/packages/git.h"

#include "base/process.h"
#include "base/text.h"
#include "value/json.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::cli {

namespace {

constexpr std::chrono::milliseconds kGitTimeout{300'000};

Result<std::string> package_git(std::vector<std::string> arguments, const fs::path& folder) {
  ProcessOptions options;
  options.folder = folder;
  options.timeout = kGitTimeout;
  options.environment = {{"GIT_TERMINAL_PROMPT", "0"}, {"LC_ALL", "C"}};
  arguments.insert(arguments.begin(), "git");
  const ProcessOutput done = FLOE_TRY(run_process(arguments, options));
  if (done.exit_code == 0) return done.out;
  return fail(ErrorKind::kEnvironment,
              fmt::format("git failed: {}", trim(done.err.empty() ? done.out : done.err)));
}

bool is_commit(std::string_view revision) {
  return revision.size() == 40 && std::all_of(revision.begin(), revision.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

bool has_tag(const std::string& tags, std::string_view revision) {
  const std::vector<std::string_view> lines = split(tags, '\n');
  return std::any_of(lines.begin(), lines.end(),
                     [&](std::string_view line) { return trim(line) == revision; });
}

/// Replaces {token}, {repo}, {group} and {project} in a provider's URL.
std::string fill_url(std::string url, const std::string& token, const std::string& repository,
                     const std::string& group) {
  url = replace_all(url, "{token}", token);
  url = replace_all(url, "{repo}", repository);
  url = replace_all(url, "{group}", group);
  return replace_all(url, "{project}", group);
}

struct PrivateName {
  std::string org, group, repository;
};

PrivateName split_private_name(std::string_view name) {
  std::vector<std::string_view> parts = split(name, '/');
  PrivateName out;
  out.org = std::string(parts.front());
  out.repository = parts.size() > 1 ? std::string(parts.back()) : "";
  for (std::size_t i = 1; i + 1 < parts.size(); ++i) {
    out.group += (out.group.empty() ? "" : "/") + std::string(parts[i]);
  }
  return out;
}

std::string provider_text(const value::Value& provider, std::string_view key) {
  const value::Value* found = provider.find(key);
  return found != nullptr && found->is_string() ? found->as_string() : std::string();
}

bool same_provider(std::string a, std::string b) {
  for (std::string* each : {&a, &b}) {
    if (*each == "azure_devops" || *each == "azure_active_directory") *each = "ado";
  }
  return a == b;
}

/// Does a provider's URL serve this package? Placeholders match any name.
bool serves(const value::Value& provider, const PrivateName& name) {
  if (provider_text(provider, "org") != name.org) return false;
  std::string path = provider_text(provider, "url");
  const std::size_t scheme = path.find("://");
  path = scheme == std::string::npos ? path : path.substr(scheme + 3);
  path = path.substr(std::min(path.find('/') + 1, path.size()));
  if (path.ends_with(".git")) path.resize(path.size() - 4);
  const bool azure = same_provider(provider_text(provider, "provider"), "ado");
  if (azure) path = replace_all(path, "/_git/", "/");
  const PrivateName own = split_private_name(path);
  if (own.org != name.org) return false;
  const bool any_repository = own.repository == "{repo}" && !name.repository.empty();
  if (!any_repository && own.repository != name.repository) return false;
  const bool any_group =
      (own.group == "{group}" || own.group == "{project}") && !name.group.empty();
  const bool legacy = azure && provider_text(provider, "provider") != "ado" && name.group.empty();
  return any_group || legacy || own.group == name.group;
}

Result<std::string> ssh_url(const std::string& name, const std::string& provider) {
  if (provider.empty() || provider == "github") return fmt::format("git@github.com:{}.git", name);
  if (provider == "gitlab") return fmt::format("git@gitlab.com:{}.git", name);
  if (provider == "ado" || provider == "azure_devops") {
    if (split(name, '/').size() < 3) {
      return fail(ErrorKind::kUsage,
                  fmt::format("The '{}' provider requires org/project/repo format (3 parts), got: "
                              "'{}'",
                              provider, name));
    }
    return "git@ssh.dev.azure.com:v3/" + name;
  }
  return fail(ErrorKind::kUsage,
              fmt::format("Invalid private package configuration: '{}' provider: '{}'. Valid "
                          "providers are: github, gitlab, ado, azure_devops",
                          name, provider));
}

}  // namespace

Status clone_package(const std::string& repository, const std::string& revision,
                     const std::string& subdirectory, const fs::path& folder) {
  for (const std::string* text : {&repository, &revision, &subdirectory}) {
    if (text->starts_with("-")) {
      return fail(ErrorKind::kUsage, fmt::format("'{}' is nothing that git can fetch", *text));
    }
  }
  if (fs::path(subdirectory).is_absolute() || contains("/" + subdirectory + "/", "/../")) {
    return fail(ErrorKind::kUsage,
                fmt::format("'{}' is no subdirectory of a repository", subdirectory));
  }
  std::vector<std::string> clone = {"clone", "--depth", "1"};
  if (!subdirectory.empty()) clone.insert(clone.end(), {"--filter=blob:none", "--sparse"});
  clone.insert(clone.end(), {"--", repository, folder.string()});
  const Result<std::string> cloned = package_git(clone, folder.parent_path());
  if (!cloned) {
    return fail_because(fmt::format("Error cloning repository {}", repository), cloned.error());
  }
  if (!subdirectory.empty()) {
    FLOE_TRY(package_git({"sparse-checkout", "set", subdirectory}, folder));
  }
  const auto check_out = [&]() -> Status {
    std::string place = revision;
    if (is_commit(revision)) {
      FLOE_TRY(package_git({"fetch", "origin", "--depth", "1", revision}, folder));
    } else {
      FLOE_TRY(package_git({"remote", "set-branches", "origin", revision}, folder));
      FLOE_TRY(package_git({"fetch", "origin", "--depth", "1", "--tags", revision}, folder));
      const std::string tags = FLOE_TRY(package_git({"tag", "--list"}, folder));
      place = (has_tag(tags, revision) ? "tags/" : "origin/") + revision;
    }
    FLOE_TRY(package_git({"reset", "--hard", place}, folder));
    return {};
  };
  const Status done = check_out();
  if (done) return {};
  return fail_because(fmt::format("Error checking out spec='{}' for repo {}", revision, repository),
                      done.error());
}

Result<std::string> clone_commit(const fs::path& folder) {
  return std::string(trim(FLOE_TRY(package_git({"rev-parse", "HEAD"}, folder))));
}

Result<std::string> private_package_url(const std::string& name, const std::string& provider,
                                        const std::string& providers) {
  const auto list = value::read_json(providers.empty() ? "[]" : providers);
  if (!list || !list->is_list()) {
    return fail(ErrorKind::kUsage, "DBT_ENV_PRIVATE_GIT_PROVIDER_INFO is no JSON list");
  }
  if (list->as_list().empty()) return ssh_url(name, provider);
  const PrivateName parts = split_private_name(name);
  for (const value::Value& each : list->as_list()) {
    if (!each.is_map() || !serves(each, parts)) continue;
    if (!provider.empty() && !same_provider(provider_text(each, "provider"), provider)) continue;
    return fill_url(provider_text(each, "url"), provider_text(each, "token"), parts.repository,
                    parts.group);
  }
  return fail(ErrorKind::kUsage,
              fmt::format("No matching Git URLs for private definition {} with provider {}", name,
                          provider.empty() ? "None" : provider));
}

}  // namespace floe::cli
