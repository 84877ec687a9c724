// SPDX-License-Identifier: Apache-2.0
// Where the messages of `floe dbt` go: stdout and logs/dbt.log, each in a format and from a level
// of its own, as dbt writes them.
#pragma once

#include "base/files.h"
#include "value/value.h"

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floe::cli {

enum class LogLevel { kDebug, kInfo, kWarn, kError };

/// text: "12:00:00  message"; debug: with microseconds, level and thread; json: one object a line.
enum class LineFormat { kText, kDebug, kJson };

/// One of the two places.
struct LogTarget {
  LineFormat format = LineFormat::kText;
  LogLevel level = LogLevel::kInfo;
  bool off = false;
};

/// A message under dbt's name of its event.
struct LogMessage {
  LogLevel level = LogLevel::kInfo;
  std::string_view name;
  std::string_view text;
  const value::Value& data;
  std::string_view thread = "MainThread";
  bool file_only = false;
};

/// PrintEvent, ShowNode and CompiledNode: output that callers wait for, whatever the level is.
bool is_output_event(std::string_view name);

struct EventLogOptions {
  LogTarget console;
  LogTarget file{LineFormat::kDebug, LogLevel::kDebug, false};
  fs::path file_path;                   // dbt.log; empty: none
  std::size_t file_bytes = 10'485'760;  // the file is put aside when it would grow beyond; 0: never
  std::string invocation_id;
  value::Value extra = value::Value::map();  // info.extra: DBT_ENV_CUSTOM_ENV_* without the prefix
  std::vector<std::string> secrets;          // texts that are never written
};

/// Writes messages to both places. Not thread-safe.
class EventLog {
 public:
  explicit EventLog(EventLogOptions options);
  EventLog(const EventLog&) = delete;
  EventLog& operator=(const EventLog&) = delete;

  /// Whether a message of this level and name would be written at all.
  bool wants(LogLevel level, std::string_view name) const;
  void write(const LogMessage& message);
  /// Why dbt.log cannot be written, once.
  std::optional<std::string> take_problem();

 private:
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  void open_file();
  void write_to_file(const LogMessage& message);
  std::string line(const LogMessage& message, LineFormat format, bool plain) const;
  std::string json_line(const LogMessage& message) const;
  std::string debug_line(const LogMessage& message) const;
  std::string without_secrets(std::string text) const;

  EventLogOptions options_;
  std::unique_ptr<std::FILE, Closer> file_;
  std::size_t written_ = 0;
  std::optional<std::string> problem_;
};

}  // namespace floe::cli
