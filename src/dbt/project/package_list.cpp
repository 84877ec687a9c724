// SPDX-License-Identifier: Apache-2.0
// packages.yml, dependencies.yml and package-lock.yml: which packages a project asks for.
#include "dbt/project/file_shapes.h"
#include "dbt/project/loader.h"
#include "dbt/project/profile.h"
#include "dbt/project/render.h"

namespace floe::dbt {

namespace {

/// A file of the root's folder; an empty map if there is none or nothing in it.
Value read_root_yaml(Loader& loader, const char* name) {
  const fs::path path = loader.out.packages.front().root / name;
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return Value::map();
  const diag::Source* source = read_source(loader, path);
  if (source == nullptr) return Value::map();
  Value document = read_dbt_yaml(loader, *source);
  if (document.empty()) return Value::map();
  if (!document.span) document.span = source->span(0, 0);
  return document;
}

bool has_key(const Value& document, const char* key) { return document.find(key) != nullptr; }

/// The list of packages, rendered and checked, from the file that has it.
std::optional<Value> read_package_list(Loader& loader) {
  const std::size_t errors = loader.sink.errors();
  Value packages = read_root_yaml(loader, "packages.yml");
  const Value dependencies = read_root_yaml(loader, "dependencies.yml");
  if (has_key(packages, "packages") && has_key(dependencies, "packages")) {
    loader.error("T015",
                 "The 'packages' key cannot be specified in both packages.yml and dependencies.yml",
                 packages.find("packages")->span, "keep the packages in one of the two files");
  } else if (const Value* projects = packages.find("projects")) {
    loader.error("T015", "The 'projects' key cannot be specified in packages.yml", projects->span,
                 "move it to dependencies.yml");
  }
  const char* file = "packages.yml";
  if (has_key(dependencies, "packages")) {
    file = "dependencies.yml";
    packages = Value::map();
    packages.set("packages", *dependencies.find("packages"));
  } else {
    loader.renderer->render_tree(packages, secret_context(loader),
                                 [](const KeyPath&) { return true; });
  }
  if (loader.sink.errors() > errors) return std::nullopt;
  if (packages.is_map()) {
    packages.erase("sha1_hash");
    const Value* list = packages.find("packages");
    if (list == nullptr || list->is_null()) packages.set("packages", Value::list());
  }
  const auto problems = package_list_problems(packages);
  if (!problems.empty()) {
    loader.shape_error("T015", std::string("Invalid ") + file, problems, packages.span);
    return std::nullopt;
  }
  return *packages.find("packages");
}

/// Where the packages of a list come from that are not local. Their names stand in
/// package-lock.yml; in packages.yml, the last part of where they are is taken for it.
std::map<std::string, PackageOrigin, std::less<>> origins_of(const Value& list) {
  std::map<std::string, PackageOrigin, std::less<>> origins;
  const auto add = [&](const Value& entry, const char* key, PackageOrigin origin) {
    const Value* where = entry.find(key);
    if (where == nullptr || !where->is_string()) return;
    std::string_view name = where->as_string();
    name.remove_prefix(name.rfind('/') + 1);
    if (name.ends_with(".git")) name.remove_suffix(4);
    const Value* said = entry.find("name");
    origins.emplace(said != nullptr && said->is_string() ? said->as_string() : name, origin);
  };
  for (const Value& entry : list.as_list()) {
    add(entry, "package", PackageOrigin::kHub);
    for (const char* key : {"git", "private", "tarball"}) {
      add(entry, key, PackageOrigin::kRepository);
    }
  }
  return origins;
}

}  // namespace

std::optional<WantedPackages> wanted_packages(Loader& loader) {
  const std::optional<Value> listed = read_package_list(loader);
  if (!listed) return std::nullopt;
  WantedPackages wanted;
  wanted.span = listed->span;
  wanted.count = listed->as_list().size();
  const Value lock = read_root_yaml(loader, "package-lock.yml");
  const Value* locked = lock.find("packages");
  if (locked == nullptr || !locked->is_list() || locked->empty()) {
    wanted.origins = origins_of(*listed);
    return wanted;
  }
  wanted.span = locked->span;
  wanted.count = locked->as_list().size();
  for (const Value& each : locked->as_list()) {
    const Value* name = each.find("name");
    if (name != nullptr && name->is_string()) wanted.names.push_back(name->as_string());
  }
  wanted.origins = origins_of(*locked);
  return wanted;
}

}  // namespace floe::dbt
