// SPDX-License-Identifier: Apache-2.0
// Why parsing a project again takes milliseconds: what the last `floe dbt parse` wrote is believed
// while nothing it was made of has changed, and mended where only the texts of models have.
#pragma once

#include "cli/dbt/artifacts.h"
#include "cli/dbt/console.h"
#include "cli/dbt/file_states.h"
#include "cli/dbt/options.h"

#include <optional>
#include <string>
#include <vector>

namespace floe::cli {

class DbtTask;

/// Writes perf_info.json and says where.
Status write_perf_info(const fs::path& target, const std::string& text, Console& console);

/// The memory of one call's project; made before anything is read.
class ParseMemory {
 public:
  explicit ParseMemory(const DbtCall& call);

  /// Answers the call from memory: writes the artifacts anew and prints what loading prints. False
  /// if the project has to be loaded.
  bool answer(const DbtTask& task);

  /// Keeps what was written and said for the next call, if it may be believed then. `perf_info` is
  /// the text of perf_info.json.
  void remember(DbtTask& task, const WrittenManifest& written, const std::string& perf_info);

 private:
  struct Record;
  struct Mend;
  std::optional<Record> recall() const;
  std::optional<std::vector<Mend>> mend(const Record& record, std::string_view manifest) const;
  static bool is_settled(const Record& record);
  bool renew_heads(Record& record, std::string_view manifest_head, std::string_view summary_head);
  /// How many models have new texts; nothing if the project has to be loaded.
  std::optional<std::size_t> rewrite(Record& record, const std::string& started_at);
  void keep(const Record& record) const;
  fs::path file() const;

  const DbtCall& call_;
  std::string key_;                              // of everything but files
  fs::path target_;                              // where the artifacts go
  std::optional<std::vector<FileState>> files_;  // as they were before loading
};

}  // namespace floe::cli
