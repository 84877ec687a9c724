// SPDX-License-Identifier: Apache-2.0
// A dbt project in a temporary folder, loaded with one call.
#pragma once

#include "dbt/project/load.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <string>

namespace floe::dbt {

class ProjectFixture : public testing::Test {
 protected:
  ProjectFixture() {
    std::random_device device;
    root_ = std::filesystem::temp_directory_path() / ("floe-project-" + std::to_string(device()));
    write("dbt_project.yml", "name: shop\nversion: '1.0'\nprofile: shop\n");
    write(
        "profiles.yml",
        "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: dev.duckdb, schema: main}"
        "\n");
  }
  ~ProjectFixture() override {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }

  void write(const std::string& path, const std::string& text) {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }

  /// Loads the project; what was reported is in `found`.
  std::optional<Loaded> load() {
    options.project_dir = root_;
    options.profiles_dir = root_;
    options.parse_threads = 2;
    sink = std::make_unique<diag::Sink>();
    std::optional<Loaded> loaded = load_project(options, sources, *sink);
    found = sink->sorted();
    return loaded;
  }

  const Node& node(const Loaded& loaded, const std::string& id) {
    const Node* node = loaded.project.find_node(id);
    if (node == nullptr) throw std::runtime_error("no node " + id);
    return *node;
  }
  /// "CODE path:line:column message | help" of the first finding, or "".
  std::string first() {
    if (found.empty()) return {};
    const diag::Diagnostic& one = found.front();
    const auto at = sources.locate(one.span);
    std::string text = one.code;
    if (at) {
      text += " " + at->path + ":" + std::to_string(at->line) + ":" + std::to_string(at->column);
    }
    return text + " " + one.message + (one.help.empty() ? "" : " | " + one.help);
  }

  std::filesystem::path root_;
  LoadOptions options;
  diag::SourceMap sources;
  std::unique_ptr<diag::Sink> sink;
  std::vector<diag::Diagnostic> found;
};

}  // namespace floe::dbt
