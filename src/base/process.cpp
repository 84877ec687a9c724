// SPDX-License-Identifier: Apache-2.0
#include "base/process.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

extern char** environ;

namespace floe {

namespace {

/// Both ends of a pipe, closed at the end of the scope.
struct Pipe {
  std::array<int, 2> ends{-1, -1};
  bool open() { return ::pipe2(ends.data(), O_CLOEXEC) == 0; }
  void close(int end) {
    if (ends[end] >= 0) ::close(std::exchange(ends[end], -1));
  }
  ~Pipe() {
    close(0);
    close(1);
  }
};

tl::unexpected<Error> process_failure(const std::string& program, std::string_view why) {
  return fail(ErrorKind::kEnvironment, fmt::format("cannot run {}: {}", program, why));
}

Result<pid_t> spawn(const std::vector<std::string>& arguments, const fs::path& folder,
                    const Pipe& out, const Pipe& err) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out.ends[1], 1);
  posix_spawn_file_actions_adddup2(&actions, err.ends[1], 2);
  if (!folder.empty()) posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  pid_t child = -1;
  const int error = ::posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return process_failure(arguments[0], std::strerror(error));
  return child;
}

/// Takes what is there; closes the read end at the end of the stream.
void drain(Pipe& pipe, std::string& into) {
  std::array<char, 16384> buffer;
  const ssize_t got = ::read(pipe.ends[0], buffer.data(), buffer.size());
  if (got > 0) into.append(buffer.data(), static_cast<std::size_t>(got));
  else if (got == 0 || errno != EINTR) pipe.close(0);
}

/// Reads both streams to their ends; an empty text if all went well, else the reason.
std::string collect(Pipe& out, Pipe& err, const ProcessOptions& options, ProcessOutput& output) {
  const auto deadline = std::chrono::steady_clock::now() + options.timeout;
  while (out.ends[0] >= 0 || err.ends[0] >= 0) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return "it took too long";
    std::array<pollfd, 2> polled{{{out.ends[0], POLLIN, 0}, {err.ends[0], POLLIN, 0}}};
    if (::poll(polled.data(), polled.size(), static_cast<int>(left.count())) < 0 &&
        errno != EINTR) {
      return std::strerror(errno);
    }
    if (polled[0].revents != 0) drain(out, output.out);
    if (polled[1].revents != 0) drain(err, output.err);
    if (output.out.size() > options.max_output || output.err.size() > options.max_output) {
      return "it printed too much";
    }
  }
  return "";
}

}  // namespace

Result<ProcessOutput> run_process(const std::vector<std::string>& arguments,
                                  const ProcessOptions& options) {
  Pipe out;
  Pipe err;
  if (!out.open() || !err.open()) return process_failure(arguments[0], std::strerror(errno));
  const pid_t child = FLOE_TRY(spawn(arguments, options.folder, out, err));
  out.close(1);
  err.close(1);
  ProcessOutput output;
  const std::string trouble = collect(out, err, options, output);
  if (!trouble.empty()) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!trouble.empty()) return process_failure(arguments[0], trouble);
  output.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return output;
}

}  // namespace floe
