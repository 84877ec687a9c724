// SPDX-License-Identifier: Apache-2.0
// `floe dbt` handing a call to a dbt executable: the runtime `dbt`, and Python models.
#include "base/process.h"
#include "base/signals.h"
#include "base/text.h"
#include "cli/dbt/task.h"

#include <fmt/format.h>

#include <cstdio>

namespace floe::cli {

namespace {

/// The options that say which project is read and how, for dbt's own reading of it.
std::vector<std::string> reading_options(const DbtCall& call) {
  std::vector<std::string> words = {"--project-dir", call.project_dir.string()};
  if (call.profiles_dir) {
    words.emplace_back("--profiles-dir");
    words.push_back(call.profiles_dir->string());
  }
  for (const char* name : {"profile", "target", "vars", "threads"}) {
    if (const std::optional<std::string> text = call.args.value(name)) {
      words.push_back("--" + std::string(name));
      words.push_back(*text);
    }
  }
  return words;
}

}  // namespace

Result<int> DbtTask::pass_on(const std::vector<std::string>& python) {
  const fs::path executable = FLOE_TRY(foreign_executable(runtime_, python));
  const std::string why =
      runtime_.is_foreign()
          ? fmt::format("the platform's transform runtime is {}", runtime_.type)
          : fmt::format("{} in Python: {}", counted(python.size(), "model"), join(python, ", "));
  console_.say(LogLevel::kInfo, fmt::format("Passing on to {} ({})", executable.string(), why),
               "Note");
  Cancellation cancellation;
  if (governed_) {
    const runtime::ForeignPlace place{executable, call_.project_dir, reading_options(call_),
                                      loaded_->target_path};
    FLOE_CHECK(runtime::check_dbt_agrees(place, loaded_->project, {}, &cancellation.flag()));
  }
  std::vector<std::string> arguments = {executable.string()};
  arguments.insert(arguments.end(), call_.words.begin(), call_.words.end());
  ProcessOptions options;
  options.folder = call_.working_folder;
  options.timeout = std::chrono::milliseconds(0);
  options.pass_stderr = true;
  options.cancel = &cancellation.flag();
  options.on_output = [](std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
  };
  return FLOE_TRY(run_process(arguments, options)).exit_code;
}

}  // namespace floe::cli
