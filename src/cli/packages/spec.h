// SPDX-License-Identifier: Apache-2.0
// What packages.yml, dependencies.yml and package-lock.yml ask for: entries as dbt reads them.
#pragma once

#include "base/files.h"
#include "base/result.h"
#include "dbt/context/base_context.h"
#include "value/value.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace floe::cli {

enum class PackageKind { kLocal, kTarball, kGit, kPrivate, kHub };

/// One entry, rendered.
struct PackageSpec {
  PackageKind kind = PackageKind::kLocal;
  std::string where;                   // folder, URL, or the name in the hub
  std::vector<value::Value> versions;  // of the hub, or the one revision
  bool versions_listed = false;        // the file has a list
  std::string name;                    // of tarballs, and in lock files
  std::string subdirectory;
  std::string provider;
  std::optional<bool> warn_unpinned;
  bool install_prerelease = false;
  value::Value written = value::Value::map();  // the entry as it stands in the file
};

/// How the strings of these files are rendered: env_var (secrets too) and var.
class PackageRenderer {
 public:
  PackageRenderer(std::map<std::string, std::string> env, const value::Value& vars);
  /// Renders every string of a tree. kUsage with dbt's wording of what fails.
  Status render(value::Value& tree) const;

 private:
  std::shared_ptr<dbt::Session> session_;
  jinja::ContextRef context_;
};

/// A YAML file as dbt reads it; an empty map if there is none.
Result<value::Value> read_package_yaml(const fs::path& file);

/// What a project asks for, and where.
struct PackageList {
  std::vector<PackageSpec> specs;
  std::string file = "packages.yml";  // or dependencies.yml
};
Result<PackageList> wanted_packages(const fs::path& project, const PackageRenderer& renderer);

/// The entries of `packages:` in a document: `rendered` and the same as written.
Result<std::vector<PackageSpec>> package_specs(const value::Value& rendered,
                                               const value::Value& written);

/// dbt's hash of a list of packages, as package-lock.yml has it.
std::string packages_sha1(const std::vector<PackageSpec>& specs);

/// The name in a package's dbt_project.yml.
Result<std::string> package_project_name(const fs::path& folder);

}  // namespace floe::cli
