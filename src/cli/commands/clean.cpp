// SPDX-License-Identifier: Apache-2.0
// `floe clean`: removes what floe made in target/.
#include "base/text.h"
#include "cli/product.h"
#include "cli/report.h"

#include <fmt/core.h>

namespace floe::cli {

namespace {

Result<std::vector<std::string>> clean_target(const OpenProduct& opened, bool keep_data) {
  std::vector<std::string> removed;
  std::error_code error;
  if (!fs::is_directory(opened.target_path, error)) return removed;
  const FileLock lock = FLOE_TRY(lock_product(opened));
  for (const fs::directory_entry& entry : fs::directory_iterator(opened.target_path, error)) {
    const std::string name = entry.path().filename().string();
    if (name == ".floe.lock") continue;
    if (keep_data && (name.ends_with(".duckdb") || name.ends_with(".duckdb.wal"))) continue;
    FLOE_CHECK(floe::remove_all(entry.path()));
    removed.push_back(name);
  }
  if (error) {
    return fail(ErrorKind::kEnvironment,
                fmt::format("cannot list {}: {}", opened.target_path.string(), error.message()));
  }
  return removed;
}

int run_clean(const Args& args) {
  const Output output = output_of(args);
  const Result<OpenProduct> opened = open_product(".");
  if (!opened) return report_error(output, opened.error());
  const Result<std::vector<std::string>> removed = clean_target(*opened, args.flag("keep-data"));
  if (!removed) return report_error(output, removed.error());
  if (removed->empty()) {
    note(output, "nothing to remove");
  } else {
    print_line(
        fmt::format("removed {} from target/", counted(removed->size(), "entry", "entries")));
  }
  return 0;
}

}  // namespace

const Command command_clean = {
    .path = "clean",
    .summary = "Remove target/: compiled files, artifacts, the local database",
    .details = "",
    .options = {{.name = "keep-data", .help = "Keep the local DuckDB database"}},
    .positionals = {},
    .run = run_clean,
};

}  // namespace floe::cli
