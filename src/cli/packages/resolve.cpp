// SPDX-License-Identifier: Apache-2.0
#include "cli/packages/resolve.h"

#include "base/archive.h"
#include "base/hash.h"
#include "base/text.h"
#include "cli/packages/git.h"
#include "dbt/context/convert.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::cli {

namespace {

constexpr std::size_t kMaxPackages = 1000;

bool is_git_kind(PackageKind kind) {
  return kind == PackageKind::kGit || kind == PackageKind::kPrivate;
}

std::string with_subdirectory(const std::string& where, const std::string& subdirectory) {
  return subdirectory.empty() ? where : where + "/" + subdirectory;
}

/// The names under which a request may already be listed; the first is its own.
std::vector<std::string> listed_names(const PackageRequest& request) {
  if (!is_git_kind(request.kind)) return {request.where};
  const std::string& git = request.where;
  const std::string other = git.ends_with(".git") ? git.substr(0, git.size() - 4) : git + ".git";
  return {with_subdirectory(git, request.subdirectory),
          with_subdirectory(other, request.subdirectory)};
}

std::string python_list(const std::vector<std::string>& texts) {
  std::vector<std::string> quoted;
  for (const std::string& text : texts) quoted.push_back("'" + text + "'");
  return "[" + join(quoted, ", ") + "]";
}

/// May a version of the hub be used with this dbt?
bool suits_dbt(const value::Value& version) {
  const value::Value* required = version.find("require_dbt_version");
  if (required == nullptr || required->is_null()) return true;
  std::vector<std::string> texts;
  if (required->is_list()) {
    for (const value::Value& each : required->as_list()) texts.push_back(dbt::python_str(each));
  } else {
    texts.push_back(dbt::python_str(*required));
  }
  if (texts.empty() || (texts.size() == 1 && texts[0].empty())) return true;
  std::vector<VersionSpec> specs;
  texts.insert(texts.begin(), "=" + std::string(dbt::kDbtVersion));
  for (const std::string& text : texts) {
    const Result<VersionSpec> spec = parse_version_spec(text);
    if (!spec) return false;
    specs.push_back(*spec);
  }
  return specs_compatible(specs);
}

}  // namespace

std::string PackageRequest::label() const {
  if (kind == PackageKind::kTarball) return name;
  return with_subdirectory(where, is_git_kind(kind) ? subdirectory : "");
}

Result<PackageRequest> PackageResolver::request_of(const PackageSpec& spec) {
  PackageRequest request;
  request.kind = spec.kind;
  request.where = spec.where;
  request.name = spec.name;
  request.subdirectory = spec.subdirectory;
  request.provider = spec.provider;
  request.install_prerelease = spec.install_prerelease;
  request.warn_unpinned = spec.warn_unpinned.value_or(true);
  for (const value::Value& version : spec.versions) {
    request.versions.push_back(dbt::python_str(version));
  }
  const char* key = spec.kind == PackageKind::kGit ? "git" : "tarball";
  const value::Value* written = spec.written.is_map() ? spec.written.find(key) : nullptr;
  request.written = written != nullptr && written->is_string() ? written->as_string() : spec.where;
  if (spec.kind == PackageKind::kPrivate) {
    const auto providers = setup_.env.find("DBT_ENV_PRIVATE_GIT_PROVIDER_INFO");
    request.written = spec.where;
    request.where = FLOE_TRY(private_package_url(
        spec.where, spec.provider, providers == setup_.env.end() ? "" : providers->second));
  }
  return request;
}

Result<PackageRequest*> PackageResolver::incorporate(Listing& listing,
                                                     const PackageRequest& request) {
  const std::vector<std::string> names = listed_names(request);
  for (const std::string& name : names) {
    const auto known = std::find_if(listing.begin(), listing.end(),
                                    [&](const auto& each) { return each.first == name; });
    if (known == listing.end()) continue;
    PackageRequest& old = known->second;
    if (old.kind != request.kind) {
      return fail(ErrorKind::kUsage, fmt::format("Cannot incorporate {} in {}: mismatched types",
                                                 request.label(), old.label()));
    }
    old.versions.insert(old.versions.end(), request.versions.begin(), request.versions.end());
    old.warn_unpinned = old.warn_unpinned && request.warn_unpinned;
    return &old;
  }
  listing.emplace_back(names.front(), request);
  return &listing.back().second;
}

Result<PinnedPackage> PackageResolver::pin_hub(const PackageRequest& request) {
  const bool listed = FLOE_TRY(setup_.hub.has(request.where));
  if (!listed) {
    return fail(ErrorKind::kUsage,
                fmt::format("Package {} was not found in the package index", request.where));
  }
  std::vector<VersionSpec> specs;
  std::vector<std::string> texts;
  bool prerelease = request.install_prerelease;
  for (const std::string& version : request.versions) {
    specs.push_back(FLOE_TRY(parse_version_spec(version)));
    texts.push_back(specs.back().text());
    prerelease = prerelease || !specs.back().prerelease.empty();
  }
  const std::optional<VersionRange> range = reduce_specs(specs);
  if (!range) {
    return fail(ErrorKind::kUsage,
                fmt::format("Version error for package {}: Could not find a satisfactory version "
                            "from options: {}",
                            request.where, python_list(texts)));
  }
  const value::Value* known = FLOE_TRY(setup_.hub.versions(request.where));
  std::vector<std::string> compatible;
  for (const value::Member& member : known->as_map()) {
    if (!setup_.version_check || suits_dbt(member.value)) compatible.push_back(member.key);
  }
  const std::vector<std::string> installable =
      FLOE_TRY(installable_versions(compatible, prerelease));
  const std::optional<std::string> chosen = FLOE_TRY(highest_version(*range, installable));
  if (!chosen) {
    std::string message = fmt::format(
        "Could not find a matching compatible version for package {}\n  Requested "
        "range: {}\n  Compatible versions: {}\n",
        request.where, range->text(), python_list(installable));
    if (setup_.version_check) {
      message +=
          "\n  Not shown: package versions incompatible with installed version of dbt-core\n  To "
          "include them, run 'dbt --no-version-check deps'";
    }
    return fail(ErrorKind::kUsage, std::move(message));
  }
  const std::string moved = setup_.hub.moved_to(request.where);
  if (!moved.empty() && moved != request.where) {
    FLOE_CHECK(setup_.warn(
        {"PackageRedirectDeprecation",
         fmt::format("The `{}` package is deprecated in favor of `{}`. Please update your "
                     "`packages.yml` configuration to use `{}` instead.",
                     request.where, moved, moved),
         dbt::warning_data({{"new_name", moved}, {"old_name", request.where}})}));
  }
  return PinnedPackage{request, *chosen, installable.back()};
}

Result<PinnedPackage> PackageResolver::pin(const PackageRequest& request) {
  if (request.kind == PackageKind::kHub) return pin_hub(request);
  if (!is_git_kind(request.kind)) return PinnedPackage{request, {}, {}};
  const std::set<std::string> revisions(request.versions.begin(), request.versions.end());
  if (revisions.size() > 1) {
    return fail(ErrorKind::kUsage,
                fmt::format("git dependencies should contain exactly one version. {} contains: {}",
                            request.label(), python_list({revisions.begin(), revisions.end()})));
  }
  return PinnedPackage{request, revisions.empty() ? "HEAD" : *revisions.begin(), {}};
}

Result<PackageMetadata> PackageResolver::read_metadata(const fs::path& folder) {
  PackageMetadata out;
  out.name = FLOE_TRY(package_project_name(folder));
  out.packages = FLOE_TRY(wanted_packages(folder, setup_.renderer)).specs;
  out.folder = folder;
  return out;
}

Result<PackageMetadata> PackageResolver::local_metadata(const PinnedPackage& package) {
  // Paths count from the root project, wherever they are written.
  std::error_code code;
  return read_metadata(fs::weakly_canonical(setup_.root / package.request.where, code));
}

Result<fs::path> PackageResolver::unpack(const std::string& url, const std::string& identity) {
  const auto known = folders_.find(identity);
  if (known != folders_.end()) return known->second;
  const std::string bytes = FLOE_TRY(download_file(url));
  FLOE_CHECK(setup_.check_archive(identity, sha256_hex(bytes)));
  const fs::path folder = setup_.downloads / md5_hex(identity);
  const Status unpacked = unpack_tar_gz(bytes, folder);
  if (!unpacked) return fail_because("cannot unpack " + url, unpacked.error());
  std::vector<fs::path> inside;
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(folder, code)) inside.push_back(entry.path());
  if (inside.size() != 1 || !fs::is_directory(inside.front(), code)) {
    return fail(ErrorKind::kUsage,
                fmt::format("Incorrect structure for package extracted from {}.The extracted "
                            "package needs to follow the structure <name>/<package_contents>.",
                            url));
  }
  folders_[identity] = inside.front();
  return inside.front();
}

Result<PackageMetadata> PackageResolver::hub_metadata(const PinnedPackage& package) {
  const value::Value* found = FLOE_TRY(setup_.hub.version(package.request.where, package.version));
  PackageMetadata out;
  const value::Value* name = found->find("name");
  out.name = name != nullptr && name->is_string() ? name->as_string() : "";
  out.packages = FLOE_TRY(package_specs(*found, *found));
  return out;
}

Status PackageResolver::warn_unpinned(const PinnedPackage& package) {
  const std::string& revision = package.version;
  if (!package.request.warn_unpinned) return {};
  if (revision != "HEAD" && revision != "main" && revision != "master") return {};
  return setup_.warn(
      {"DepsUnpinned",
       fmt::format("The git package \"{}\" \n\tis {}.\n\tThis can introduce breaking changes into "
                   "your project without warning!",
                   package.request.where,
                   revision == "HEAD" ? "not pinned, using HEAD (default branch)"
                                      : fmt::format("pinned to the \"{}\" branch", revision)),
       dbt::warning_data({{"git", package.request.where}, {"revision", revision}})});
}

Result<PackageMetadata> PackageResolver::git_metadata(PinnedPackage& package) {
  const PackageRequest& request = package.request;
  const std::string key = request.where + "@" + package.version + "#" + request.subdirectory;
  if (!folders_.contains(key)) {
    const fs::path clone = setup_.downloads / md5_hex(key);
    FLOE_CHECK(clone_package(request.where, package.version, request.subdirectory, clone));
    commits_[key] = FLOE_TRY(clone_commit(clone));
    folders_[key] = request.subdirectory.empty() ? clone : clone / request.subdirectory;
    FLOE_CHECK(warn_unpinned(package));
    const std::string same = request.where + "@" + commits_[key] + "#" + request.subdirectory;
    commits_[same] = commits_[key];
    folders_[same] = folders_[key];
  }
  package.version = commits_[key];
  return read_metadata(folders_[key]);
}

Result<PackageMetadata> PackageResolver::metadata(PinnedPackage& package) {
  switch (package.request.kind) {
    case PackageKind::kLocal: return local_metadata(package);
    case PackageKind::kHub: return hub_metadata(package);
    case PackageKind::kTarball: return fetch(package);
    case PackageKind::kGit:
    case PackageKind::kPrivate: break;
  }
  return git_metadata(package);
}

Result<PackageMetadata> PackageResolver::fetch(PinnedPackage& package) {
  const PackageRequest& request = package.request;
  if (request.kind == PackageKind::kTarball) {
    const fs::path folder = FLOE_TRY(unpack(request.where, "tarball " + request.written));
    PackageMetadata out = FLOE_TRY(read_metadata(folder));
    out.name = request.name;
    return out;
  }
  if (request.kind != PackageKind::kHub) return metadata(package);
  PackageMetadata out = FLOE_TRY(hub_metadata(package));
  const value::Value* found = FLOE_TRY(setup_.hub.version(request.where, package.version));
  const value::Value* downloads = found->find("downloads");
  const value::Value* url =
      downloads != nullptr && downloads->is_map() ? downloads->find("tarball") : nullptr;
  if (url == nullptr || !url->is_string()) {
    return fail(ErrorKind::kEnvironment,
                fmt::format("the package hub does not say where the archive of {} {} is",
                            request.where, package.version));
  }
  out.folder = FLOE_TRY(
      unpack(url->as_string(), fmt::format("package {} {}", request.where, package.version)));
  return out;
}

Result<std::vector<PinnedPackage>> PackageResolver::resolve(const std::vector<PackageSpec>& specs) {
  Listing final_listing;
  Listing pending;
  std::set<std::string> done;
  for (const PackageSpec& spec : specs) {
    FLOE_TRY(incorporate(pending, FLOE_TRY(request_of(spec))));
  }
  while (!pending.empty()) {
    Listing next;
    for (const auto& [name, request] : pending) {
      // The same request once more would only lead to the same packages: dependencies may go in a
      // circle.
      const std::string key = fmt::format("{}\n{}", name, join(request.versions, "\n"));
      PackageRequest* all = FLOE_TRY(incorporate(final_listing, request));
      if (!done.insert(key).second) continue;
      if (done.size() > kMaxPackages) {
        return fail(ErrorKind::kUsage, "the packages ask for more than 1000 other packages");
      }
      PinnedPackage pinned = FLOE_TRY(pin(*all));
      for (const PackageSpec& spec : FLOE_TRY(metadata(pinned)).packages) {
        FLOE_TRY(incorporate(next, FLOE_TRY(request_of(spec))));
      }
    }
    pending = std::move(next);
  }
  std::vector<PinnedPackage> packages;
  std::set<std::string> names;
  for (const auto& [key, request] : final_listing) {
    packages.push_back(FLOE_TRY(pin(request)));
    const std::string name = FLOE_TRY(metadata(packages.back())).name;
    if (!names.insert(name).second) {
      return fail(ErrorKind::kUsage,
                  fmt::format("Found duplicate project \"{}\". This occurs when a dependency has "
                              "the same project name as some other dependency.",
                              name));
    }
    if (name == setup_.root_name) {
      return fail(ErrorKind::kUsage,
                  fmt::format("Found a dependency with the same name as the root project \"{}\". "
                              "Package names must be unique in a project. Please rename one of "
                              "these packages.",
                              name));
    }
  }
  return packages;
}

Result<std::vector<PackageRequest>> PackageResolver::locked(const std::vector<PackageSpec>& specs) {
  Listing listing;
  for (const PackageSpec& spec : specs) {
    PackageRequest request = FLOE_TRY(request_of(spec));
    // The lock file's own text is what a package is known by.
    FLOE_TRY(incorporate(listing, request));
  }
  std::vector<PackageRequest> out;
  for (auto& [key, request] : listing) out.push_back(std::move(request));
  return out;
}

}  // namespace floe::cli
