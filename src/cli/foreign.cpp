// SPDX-License-Identifier: Apache-2.0
#include "cli/foreign.h"

#include "base/environment.h"
#include "base/text.h"
#include "value/json.h"

#include <fmt/format.h>

namespace floe::cli {

namespace {

/// dbt needs the dbt_project.yml and the profile that floe goes without: a folder with both, and
/// links to the folders of the product.
Status write_virtual_project(const CompiledTransform& compiled, const fs::path& folder,
                             const fs::path& profiles) {
  const dbt::VirtualProject& made = *compiled.load.virtual_project;
  const dbt::Profile& profile = made.profile;
  value::Value outputs = value::Value::map();
  outputs.set(profile.target_name, profile.credentials);
  value::Value entry = value::Value::map();
  entry.set("target", profile.target_name);
  entry.set("outputs", std::move(outputs));
  value::Value file = value::Value::map();
  file.set(profile.profile_name, std::move(entry));
  FLOE_CHECK(write_output(profiles / "profiles.yml", value::write_json(file, 2) + "\n"));
  FLOE_CHECK(floe::remove_all(folder));
  FLOE_CHECK(
      write_output(folder / "dbt_project.yml", value::write_json(made.dbt_project, 2) + "\n"));
  std::error_code code;
  for (const fs::directory_entry& each : fs::directory_iterator(compiled.transform.root, code)) {
    const std::string name = each.path().filename().string();
    if (!each.is_directory() || name.starts_with(".") || name == "target" || name == "logs")
      continue;
    fs::create_directory_symlink(each.path(), folder / name, code);
    if (code) {
      return fail(ErrorKind::kEnvironment,
                  fmt::format("cannot link {} to {}: {}", (folder / name).string(),
                              each.path().string(), code.message()));
    }
  }
  return {};
}

}  // namespace

RuntimeChoice runtime_choice(const core::Platform& platform) {
  RuntimeChoice choice;
  const auto plugin = platform.plugins.find("transform_runtime");
  if (plugin == platform.plugins.end()) return choice;
  choice.type = plugin->second.type;
  const value::Value* executable = plugin->second.config.find("executable");
  if (executable != nullptr && executable->is_string()) choice.executable = executable->as_string();
  return choice;
}

std::vector<std::string> python_models(const dbt::Project& project,
                                       const std::vector<std::string>& ids) {
  std::vector<std::string> found;
  for (const std::string& id : ids) {
    const dbt::Node* node = project.find_node(id);
    if (node == nullptr || node->type != dbt::ResourceType::kModel) continue;
    if (node->language == "python") found.push_back(node->name);
  }
  return found;
}

Result<fs::path> foreign_executable(const RuntimeChoice& choice,
                                    const std::vector<std::string>& python) {
  Result<fs::path> found = runtime::find_dbt_executable(choice.executable, process_environment());
  if (found || python.empty() || choice.is_foreign()) return found;
  Error error = found.error();
  error.message =
      fmt::format("{} in Python ({}) {} dbt to run, and {}", counted(python.size(), "model"),
                  join(python, ", "), python.size() == 1 ? "needs" : "need", error.message);
  return tl::unexpected(std::move(error));
}

Result<runtime::ForeignPlace> foreign_place(const OpenProduct& opened,
                                            const CompiledTransform& compiled,
                                            const RuntimeChoice& choice,
                                            const std::vector<std::string>& python) {
  runtime::ForeignPlace place;
  place.executable = FLOE_TRY(foreign_executable(choice, python));
  const fs::path generated = opened.target_path / "floe";
  place.folder = compiled.transform.root;
  if (compiled.load.virtual_project) {
    place.folder = generated / "project";
    FLOE_CHECK(write_virtual_project(compiled, place.folder, generated));
  }
  const dbt::Profile& profile = compiled.loaded.profile;
  place.target_path = compiled.loaded.target_path;
  place.arguments = {"--project-dir", place.folder.string(), "--profiles-dir", generated.string(),
                     "--profile",     profile.profile_name,  "--target",       profile.target_name};
  if (!compiled.load.cli_vars.empty()) {
    place.arguments.emplace_back("--vars");
    place.arguments.push_back(value::write_json(compiled.load.cli_vars));
  }
  return place;
}

}  // namespace floe::cli
