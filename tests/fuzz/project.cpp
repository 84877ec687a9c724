// SPDX-License-Identifier: Apache-2.0
// The input is cut at lines "--- PATH" into the files of a project.
#include "base/text.h"
#include "dbt/graph/graph.h"
#include "dbt/manifest/write_manifest.h"
#include "dbt/project/load.h"
#include "diag/render.h"
#include "targets.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

namespace floe::fuzz {

namespace {

/// One folder a process, emptied for each input.
const fs::path& folder() {
  static const fs::path made =
      fs::temp_directory_path() / ("floe-fuzz-" + std::to_string(::getpid()));
  return made;
}

bool is_harmless(std::string_view path) {
  return !path.empty() && path.size() < 100 && path.front() != '/' &&
         path.find("..") == std::string_view::npos && path.find('\0') == std::string_view::npos;
}

void write(const fs::path& path, std::string_view text) {
  std::error_code code;
  fs::create_directories(path.parent_path(), code);
  std::ofstream(path, std::ios::binary) << text;
}

void write_files(std::string_view data) {
  std::error_code code;
  fs::remove_all(folder(), code);
  write(folder() / "dbt_project.yml", "name: fuzz\nprofile: fuzz\n");
  write(folder() / "profiles.yml",
        "fuzz:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: ':memory:'}\n");
  std::string_view path = "models/a.sql";
  std::size_t at = 0;
  while (at <= data.size()) {
    const std::size_t next = data.find("\n--- ", at);
    const std::string_view text =
        data.substr(at, next == std::string_view::npos ? next : next - at);
    if (is_harmless(path)) write(folder() / path, text);
    if (next == std::string_view::npos) break;
    const std::size_t line = std::min(data.find('\n', next + 1), data.size());
    path = trim(data.substr(next + 5, line - next - 5));
    at = line + 1;
  }
}

}  // namespace

void project(std::string_view data) {
  write_files(data);
  diag::SourceMap sources;
  diag::Sink sink;
  dbt::LoadOptions options;
  options.project_dir = folder();
  options.profiles_dir = folder();
  options.parse_threads = 1;
  const auto loaded = dbt::load_project(options, sources, sink);
  static_cast<void>(diag::render_text(sink.sorted(sources), sources));
  if (!loaded) {
    // Nobody is left without a reason.
    if (!sink.has_errors()) std::abort();
    return;
  }
  static_cast<void>(dbt::Graph(loaded->project).find_cycle());
  static_cast<void>(dbt::manifest_json(loaded->project, loaded->graph, {}));
}

}  // namespace floe::fuzz
