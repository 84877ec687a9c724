// SPDX-License-Identifier: Apache-2.0
#include "base/process.h"

#include "base/text.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

extern char** environ;

namespace floe {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPollStep{100};
constexpr std::chrono::seconds kGraceTime{2};

/// A file descriptor that is closed with its owner.
class OwnedFd {
 public:
  OwnedFd() = default;
  explicit OwnedFd(int fd) : fd_(fd) {}
  OwnedFd(OwnedFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  OwnedFd& operator=(OwnedFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  OwnedFd(const OwnedFd&) = delete;
  OwnedFd& operator=(const OwnedFd&) = delete;
  ~OwnedFd() { reset(); }
  void reset() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

struct Pipe {
  OwnedFd read;
  OwnedFd write;
};

Result<Pipe> make_pipe() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) {
    return fail(ErrorKind::kEnvironment,
                fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  }
  return Pipe{OwnedFd(fds[0]), OwnedFd(fds[1])};
}

/// write(2) that answers EPIPE without the signal, whatever the process does with SIGPIPE.
ssize_t write_without_signal(int fd, std::string_view bytes) {
  sigset_t pipe_signal;
  sigset_t before;
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
  const ssize_t written = ::write(fd, bytes.data(), bytes.size());
  const int error = errno;
  if (written < 0 && error == EPIPE) {
    const struct timespec no_time{};
    ::sigtimedwait(&pipe_signal, nullptr, &no_time);
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return written;
}

/// posix_spawn's two settings objects, freed with their owner.
struct SpawnSettings {
  SpawnSettings() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
};

std::vector<std::string> child_environment(const std::map<std::string, std::string>& added) {
  std::vector<std::string> entries;
  for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
    const std::string_view entry = *at;
    const std::string name(entry.substr(0, entry.find('=')));
    if (added.find(name) == added.end()) entries.emplace_back(entry);
  }
  for (const auto& [name, value] : added) entries.push_back(name + "=" + value);
  return entries;
}

std::vector<char*> c_strings(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// A started program and the ends of its pipes.
struct Child {
  pid_t pid = -1;
  OwnedFd in, out, err;
};

Result<Child> start_child(const std::vector<std::string>& arguments,
                          const ProcessOptions& options) {
  Pipe in = FLOE_TRY(make_pipe());
  Pipe out = FLOE_TRY(make_pipe());
  Pipe err = FLOE_TRY(make_pipe());
  SpawnSettings settings;
  posix_spawn_file_actions_adddup2(&settings.actions, in.read.get(), 0);
  posix_spawn_file_actions_adddup2(&settings.actions, out.write.get(), 1);
  if (!options.pass_stderr) posix_spawn_file_actions_adddup2(&settings.actions, err.write.get(), 2);
  if (!options.folder.empty()) {
    posix_spawn_file_actions_addchdir_np(&settings.actions, options.folder.c_str());
  }
  // floe ignores SIGPIPE; other programs expect the default.
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigdefault(&settings.attributes, &defaults);
  posix_spawnattr_setflags(&settings.attributes, POSIX_SPAWN_SETSIGDEF);

  std::vector<std::string> words = arguments;
  std::vector<std::string> variables = child_environment(options.environment);
  std::vector<char*> argv = c_strings(words);
  std::vector<char*> envp = c_strings(variables);
  Child child;
  const int error = ::posix_spawnp(&child.pid, argv[0], &settings.actions, &settings.attributes,
                                   argv.data(), envp.data());
  if (error != 0) {
    return fail(ErrorKind::kEnvironment,
                fmt::format("cannot run {}: {}", arguments[0], std::strerror(error)),
                error == ENOENT ? fmt::format("is {} installed and on PATH?", arguments[0]) : "");
  }
  child.in = std::move(in.write);
  child.out = std::move(out.read);
  child.err = std::move(err.read);
  ::fcntl(child.in.get(), F_SETFL, O_NONBLOCK);
  return child;
}

/// One conversation with a child, until all its pipes are closed.
class ChildTalk {
 public:
  ChildTalk(Child& child, const ProcessOptions& options) : child_(child), options_(options) {
    if (options.timeout.count() > 0) deadline_ = Clock::now() + options.timeout;
    if (options.input.empty()) child_.in.reset();
    if (options.pass_stderr) child_.err.reset();
  }

  Status run(ProcessOutput& result) {
    while (child_.in.open() || child_.out.open() || child_.err.open()) {
      FLOE_CHECK(step(result));
      enforce_limits();
      if (killed_ && Clock::now() > *deadline_ + kGraceTime) break;
    }
    return {};
  }

  bool ended_it() const { return terminated_; }
  bool cancelled() const { return cancelled_; }

  void enforce_limits() {
    const bool cancel = options_.cancel != nullptr && options_.cancel->load();
    const bool late = deadline_ && Clock::now() >= *deadline_;
    if (!terminated_ && (cancel || late)) {
      cancelled_ = cancel;
      ::kill(child_.pid, SIGTERM);
      terminated_ = true;
      deadline_ = Clock::now() + kGraceTime;
    } else if (terminated_ && !killed_ && late) {
      ::kill(child_.pid, SIGKILL);
      killed_ = true;
    }
  }

 private:
  Status step(ProcessOutput& result) {
    struct pollfd fds[3] = {{child_.in.get(), POLLOUT, 0},
                            {child_.out.get(), POLLIN, 0},
                            {child_.err.get(), POLLIN, 0}};
    if (::poll(fds, 3, static_cast<int>(kPollStep.count())) < 0 && errno != EINTR) {
      return fail(ErrorKind::kEnvironment, fmt::format("poll: {}", std::strerror(errno)));
    }
    if (fds[0].revents != 0) feed();
    if (fds[1].revents != 0) FLOE_CHECK(drain(child_.out, result.out, true));
    if (fds[2].revents != 0) FLOE_CHECK(drain(child_.err, result.err, false));
    return {};
  }

  void feed() {
    const std::string_view rest = std::string_view(options_.input).substr(fed_);
    const ssize_t written = write_without_signal(child_.in.get(), rest);
    if (written >= 0) fed_ += static_cast<std::size_t>(written);
    const bool broken = written < 0 && errno != EAGAIN && errno != EINTR;
    if (broken || fed_ == options_.input.size()) child_.in.reset();
  }

  Status drain(OwnedFd& fd, std::string& into, bool is_out) {
    char buffer[65536];
    const ssize_t got = ::read(fd.get(), buffer, sizeof buffer);
    if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN)) fd.reset();
    if (got <= 0) return {};
    const std::string_view bytes(buffer, static_cast<std::size_t>(got));
    if (is_out && options_.on_output) {
      options_.on_output(bytes);
      return {};
    }
    if (into.size() + bytes.size() > options_.max_output) {
      ::kill(child_.pid, SIGKILL);
      return fail(ErrorKind::kEnvironment,
                  fmt::format("the program writes more than {} bytes", options_.max_output));
    }
    into += bytes;
    return {};
  }

  Child& child_;
  const ProcessOptions& options_;
  std::optional<Clock::time_point> deadline_;
  std::size_t fed_ = 0;
  bool terminated_ = false;
  bool killed_ = false;
  bool cancelled_ = false;
};

int exit_code_of(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/// Waits for the child's end, which may come after that of its pipes.
int reap(const Child& child, ChildTalk& talk) {
  int status = 0;
  while (true) {
    const pid_t ended = ::waitpid(child.pid, &status, WNOHANG);
    if (ended == child.pid) return exit_code_of(status);
    if (ended < 0 && errno != EINTR) return -1;
    talk.enforce_limits();
    ::poll(nullptr, 0, 2);
  }
}

}  // namespace

Result<ProcessOutput> run_process(const std::vector<std::string>& arguments,
                                  const ProcessOptions& options) {
  if (arguments.empty()) throw std::logic_error("run_process without arguments");
  Child child = FLOE_TRY(start_child(arguments, options));
  ProcessOutput result;
  ChildTalk talk(child, options);
  Status talked = talk.run(result);
  result.exit_code = reap(child, talk);
  if (talk.cancelled()) {
    return fail(ErrorKind::kInterrupted, fmt::format("{} was stopped", arguments[0]));
  }
  if (talk.ended_it()) {
    return fail(ErrorKind::kEnvironment,
                fmt::format("{} took longer than {} seconds and was ended", arguments[0],
                            static_cast<double>(options.timeout.count()) / 1000));
  }
  if (!talked) return fail_because(fmt::format("running {} failed", arguments[0]), talked.error());
  return result;
}

std::optional<fs::path> find_program(std::string_view name) {
  if (name.find('/') != std::string_view::npos) {
    const fs::path path(name);
    if (::access(path.c_str(), X_OK) == 0) return path;
    return std::nullopt;
  }
  const char* path = std::getenv("PATH");
  for (const std::string_view folder : split(path == nullptr ? "" : path, ':')) {
    const fs::path candidate = fs::path(folder.empty() ? "." : folder) / name;
    std::error_code error;
    if (fs::is_regular_file(candidate, error) && ::access(candidate.c_str(), X_OK) == 0) {
      return candidate;
    }
  }
  return std::nullopt;
}

}  // namespace floe
