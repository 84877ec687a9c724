// SPDX-License-Identifier: Apache-2.0
#include "cli/dbt/event_log.h"

#include "base/text.h"
#include "dbt/manifest/json_writer.h"
#include "dbt/manifest/write_manifest.h"
#include "dbt/warnings/events.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <iterator>
#include <system_error>
#include <utility>

namespace floe::cli {

namespace {

constexpr std::size_t kKeptLogs = 5;
constexpr std::size_t kThreadWidth = 10;
constexpr std::string_view kHidden = "*****";

std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return "debug";
    case LogLevel::kInfo: return "info";
    case LogLevel::kWarn: return "warn";
    case LogLevel::kError: return "error";
  }
  return "info";
}

std::string time_of_day(bool with_microseconds) {
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::string text = fmt::format("{:%H:%M:%S}", fmt::gmtime(seconds));
  if (!with_microseconds) return text;
  const auto rest = std::chrono::duration_cast<std::chrono::microseconds>(
      now - std::chrono::system_clock::from_time_t(seconds));
  return fmt::format("{}.{:06}", text, rest.count());
}

/// The text without the terminal's colour codes.
std::string without_colors(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b' && i + 1 < text.size() && text[i + 1] == '[') {
      const std::size_t end = text.find('m', i);
      if (end == std::string_view::npos) break;
      i = end;
      continue;
    }
    plain += text[i];
  }
  return plain;
}

/// dbt never writes what "clean" says to the file that may be among what is deleted.
bool is_about_cleaning(std::string_view name) {
  return name.ends_with("CleanPath") || name.ends_with("CleanPaths");
}

}  // namespace

bool is_output_event(std::string_view name) {
  return name == "PrintEvent" || name == "ShowNode" || name == "CompiledNode";
}

EventLog::EventLog(EventLogOptions options) : options_(std::move(options)) {
  if (!options_.file.off && !options_.file_path.empty()) open_file();
}

void EventLog::open_file() {
  std::error_code code;
  fs::create_directories(options_.file_path.parent_path(), code);
  file_.reset(std::fopen(options_.file_path.c_str(), "ae"));
  if (!file_) {
    problem_ = fmt::format("cannot write {}: {}", options_.file_path.string(),
                           std::generic_category().message(errno));
    return;
  }
  const auto size = fs::file_size(options_.file_path, code);
  written_ = code ? 0 : static_cast<std::size_t>(size);
}

std::optional<std::string> EventLog::take_problem() { return std::exchange(problem_, {}); }

bool EventLog::wants(LogLevel level, std::string_view name) const {
  const LogLevel as = is_output_event(name) ? LogLevel::kError : level;
  const bool shown = !options_.console.off && as >= options_.console.level;
  return shown || (file_ && as >= options_.file.level);
}

void EventLog::write(const LogMessage& message) {
  const LogLevel as = is_output_event(message.name) ? LogLevel::kError : message.level;
  if (!options_.console.off && as >= options_.console.level && !message.file_only) {
    fmt::print("{}\n", line(message, options_.console.format, false));
    std::fflush(stdout);
  }
  if (file_ && as >= options_.file.level && !is_about_cleaning(message.name)) {
    write_to_file(message);
  }
}

void EventLog::write_to_file(const LogMessage& message) {
  const std::string text = line(message, options_.file.format, true);
  if (options_.file_bytes != 0 && written_ != 0 && written_ + text.size() > options_.file_bytes) {
    file_.reset();
    std::error_code code;
    for (std::size_t i = kKeptLogs; i > 0; --i) {
      const std::string path = options_.file_path.string();
      fs::rename(i == 1 ? path : fmt::format("{}.{}", path, i - 1), fmt::format("{}.{}", path, i),
                 code);
    }
    open_file();
    if (!file_) return;
  }
  written_ += text.size() + 1;
  std::fwrite(text.data(), 1, text.size(), file_.get());
  std::fputc('\n', file_.get());
  if (message.level != LogLevel::kDebug) std::fflush(file_.get());
}

std::string EventLog::line(const LogMessage& message, LineFormat format, bool plain) const {
  if (format == LineFormat::kJson) return without_secrets(json_line(message));
  std::string text = format == LineFormat::kDebug ? debug_line(message)
                     : is_output_event(message.name)
                         ? std::string(message.text)
                         : fmt::format("{}  {}", time_of_day(false), message.text);
  return without_secrets(plain ? without_colors(text) : std::move(text));
}

std::string EventLog::debug_line(const LogMessage& message) const {
  const std::string now = time_of_day(true);
  std::string text;
  if (message.name == "MainReportVersion") {
    const std::string rule(30, '=');
    text = fmt::format("\n\n{} {} | {} {}\n", rule, now, options_.invocation_id, rule);
  }
  text += fmt::format("{} [{:<5}] [{:<10}]: {}", now, level_name(message.level),
                      message.thread.substr(0, kThreadWidth), message.text);
  return text;
}

std::string EventLog::json_line(const LogMessage& message) const {
  dbt::JsonWriter json;
  json.begin_object();
  json.member("data", message.data);
  json.key("info");
  json.begin_object();
  json.member("category", "");
  json.member("code", dbt::event_code(message.name));
  json.member("extra", options_.extra);
  json.member("invocation_id", options_.invocation_id);
  json.member("level", level_name(message.level));
  json.member("msg", message.text);
  json.member("name", message.name);
  json.key("pid");
  json.integer(::getpid());
  json.member("thread", message.thread);
  json.member("ts", dbt::artifact_time_now());
  json.end_object();
  json.end_object();
  return json.take();
}

std::string EventLog::without_secrets(std::string text) const {
  for (const std::string& secret : options_.secrets) {
    if (!secret.empty() && contains(text, secret)) text = replace_all(text, secret, kHidden);
  }
  return text;
}

}  // namespace floe::cli
