// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/origin.h"

#include "base/process.h"
#include "base/text.h"
#include "base/time.h"

#include <fmt/core.h>

#include <charconv>
#include <cstdlib>
#include <optional>

namespace floe::artifact {

namespace {

std::optional<std::int64_t> parse_seconds(std::string_view text) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (seconds < 0 || seconds > kLastTime) return std::nullopt;
  return seconds;
}

/// What git prints, or nothing if it is not installed, fails, or knows no such folder.
std::optional<std::string> ask_git(const fs::path& folder, std::vector<std::string> arguments) {
  // A repository's own configuration must not start programs here.
  std::vector<std::string> command{"git", "-c", "core.fsmonitor=false", "--no-optional-locks"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const auto output = run_process(command, {.folder = folder});
  if (!output || output->exit_code != 0) return std::nullopt;
  return std::string(trim(output->out));
}

}  // namespace

Result<Origin> find_origin(const fs::path& folder) {
  Origin origin;
  if (const auto commit = ask_git(folder, {"log", "-1", "--format=%H %ct", "--", "."})) {
    const std::vector<std::string_view> words = split_words(*commit);
    if (words.size() == 2) {
      origin.revision = words[0];
      if (const auto seconds = parse_seconds(words[1])) origin.created = rfc3339_text(*seconds);
      const auto changes =
          ask_git(folder, {"status", "--porcelain", "--untracked-files=no", "--", "."});
      if (changes && !changes->empty()) origin.revision += "-dirty";
    }
  }
  if (const char* epoch = std::getenv("SOURCE_DATE_EPOCH"); epoch != nullptr && *epoch != '\0') {
    const auto seconds = parse_seconds(epoch);
    if (!seconds) {
      return fail(ErrorKind::kUsage, "SOURCE_DATE_EPOCH is no number of seconds since 1970",
                  "set it to a whole number, for example with `git log -1 --format=%ct`");
    }
    origin.created = rfc3339_text(*seconds);
  }
  return origin;
}

}  // namespace floe::artifact
