// SPDX-License-Identifier: Apache-2.0
#include "policy/custom/sandbox.h"

#include "base/memory.h"
#include "base/text.h"
#include "value/json.h"

#include <fmt/core.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>
#include <new>
#include <optional>
#include <thread>

namespace floe::policy {

namespace {

/// What closes the database, in this order: nothing can be changed behind the last one.
constexpr std::string_view kClosing =
    "set allow_persistent_secrets = false;"
    "set disabled_filesystems = 'LocalFileSystem';"
    "set lock_configuration = true";

std::string create_sql(const ProjectTable& table) {
  const std::string name =
      dbt::quote_identifier(table.schema) + "." + dbt::quote_identifier(table.name);
  if (table.is_view()) return fmt::format("create view {} as {};", name, table.view);
  std::vector<std::string> columns;
  for (const TableField& field : table.fields) {
    columns.push_back(dbt::quote_identifier(field.name) + " " + std::string(field.type));
  }
  return fmt::format("create table {} ({});", name, join(columns, ", "));
}

/// A query that cannot be interrupted still runs when the process ends: then no destructor may take
/// the library away from under it.
void end_at_once(int status, void*) {
  std::fflush(nullptr);
  _exit(status);
}

/// One query on its way between the thread that runs it and the one that waits.
struct SandboxQuery {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<Result<dbt::Selected>> answer;

  bool wait(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, time, [&] { return answer.has_value(); });
  }
};

/// The time that a thread has had of the processor.
std::chrono::nanoseconds processor_time(std::thread& thread) {
  clockid_t clock = 0;
  timespec used{};
  if (pthread_getcpuclockid(thread.native_handle(), &clock) != 0) return {};
  if (clock_gettime(clock, &used) != 0) return {};
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

/// "5.0s of the processor (5.1s by the clock)", since `begin`.
std::string time_spent(std::thread& thread, std::chrono::steady_clock::time_point begin) {
  using Seconds = std::chrono::duration<double>;
  return fmt::format("{:.1f}s of the processor ({:.1f}s by the clock)",
                     Seconds(processor_time(thread)).count(),
                     Seconds(std::chrono::steady_clock::now() - begin).count());
}

/// Waits for a query as long as it may take; false if it has to be stopped.
bool wait_within_limits(SandboxQuery& query, std::thread& worker, const SandboxLimits& limits) {
  constexpr std::chrono::milliseconds kStep(50);
  const auto end = std::chrono::steady_clock::now() + limits.wall;
  while (!query.wait(kStep)) {
    if (processor_time(worker) >= limits.time) return false;
    if (std::chrono::steady_clock::now() >= end) return false;
  }
  return true;
}

/// What no query may call. sleep_ms() only lets time pass: DuckDB looks whether it was interrupted
/// between steps of a query, not within one, so it could not be stopped at its limit. query() runs
/// a text that nobody has read.
constexpr std::array<std::string_view, 2> kForbidden = {"sleep_ms", "query"};

/// The forbidden function that is called anywhere in a syntax tree; "" if there is none.
std::string_view forbidden_in(const value::Value& tree) {
  std::vector<const value::Value*> todo{&tree};
  while (!todo.empty()) {
    const value::Value& at = *todo.back();
    todo.pop_back();
    if (at.is_list()) {
      for (const value::Value& item : at.as_list()) todo.push_back(&item);
    }
    if (!at.is_map()) continue;
    for (const value::Member& member : at.as_map()) todo.push_back(&member.value);
    const value::Value* name = at.find("function_name");
    if (name == nullptr || !name->is_string()) continue;
    const auto* found =
        std::find(kForbidden.begin(), kForbidden.end(), to_lower(name->as_string()));
    if (found != kForbidden.end()) return *found;
  }
  return {};
}

/// The same of a query. What has no syntax tree (a PIVOT that asks the data for its columns, say)
/// may not even have such a word in it.
std::string_view forbidden_function(dbt::Connection& connection, const std::string& sql) {
  const std::string ask =
      fmt::format("select json_serialize_sql({})::varchar", dbt::quote_literal(sql));
  const auto answer = connection.select(ask, {});
  if (answer && answer->table.rows.size() == 1) {
    const auto tree = value::read_json(answer->table.rows[0][0].text);
    const value::Value* failed = tree ? tree->find("error") : nullptr;
    if (failed != nullptr && failed->is_bool() && !failed->as_bool()) return forbidden_in(*tree);
  }
  const std::string lower = to_lower(sql);
  const auto* found = std::find_if(kForbidden.begin(), kForbidden.end(),
                                   [&](std::string_view name) { return contains(lower, name); });
  return found == kForbidden.end() ? std::string_view() : *found;
}

Result<dbt::Selected> run_read_only(dbt::Connection& connection, const std::string& sql,
                                    const dbt::ResultLimits& limits) {
  try {
    FLOE_CHECK(connection.execute("begin transaction read only"));
    auto selected = connection.select(sql, limits);
    connection.execute("rollback");
    return selected;
  } catch (const std::bad_alloc&) {
    return fail(ErrorKind::kEnvironment, "Out of Memory Error: the result is too large");
  }
}

}  // namespace

struct Sandbox::State {
  dbt::Connection connection;
  SandboxLimits limits;
  bool lost = false;  // a query did not stop
};

Sandbox::Sandbox(std::shared_ptr<State> state) : state_(std::move(state)) {}
Sandbox::Sandbox(Sandbox&&) noexcept = default;
Sandbox& Sandbox::operator=(Sandbox&&) noexcept = default;
Sandbox::~Sandbox() = default;

Result<Sandbox> Sandbox::open(const std::vector<const ProjectTable*>& tables,
                              const Context* context, const SandboxLimits& limits) {
  dbt::OpenOptions options;
  options.config = {{"enable_external_access", "false"},
                    {"autoinstall_known_extensions", "false"},
                    {"autoload_known_extensions", "false"},
                    {"allow_community_extensions", "false"},
                    {"allow_unsigned_extensions", "false"},
                    {"threads", "1"},
                    {"memory_limit", fmt::format("{}MB", limits.memory_mb)}};
  const dbt::Database database = FLOE_TRY(dbt::Database::open(":memory:", options));
  dbt::Connection connection = FLOE_TRY(database.connect());
  std::string schema = "create schema dbt;";
  for (const ProjectTable* table : tables) schema += create_sql(*table);
  FLOE_CHECK(connection.execute(schema));
  for (const ProjectTable* table : tables) {
    if (table->is_view() || context == nullptr) continue;
    FLOE_CHECK(connection.append(std::string(table->schema), std::string(table->name),
                                 table_rows(*table, *context)));
  }
  FLOE_CHECK(connection.execute(kClosing));
  return Sandbox(std::make_shared<State>(State{std::move(connection), limits}));
}

Result<dbt::Selected> Sandbox::select(const std::string& sql) {
  if (state_->lost) return fail(ErrorKind::kEnvironment, "a query before it did not stop");
  const std::string_view forbidden = forbidden_function(state_->connection, sql);
  if (!forbidden.empty()) {
    return fail(ErrorKind::kViolation, fmt::format("a query may not call {}()", forbidden));
  }
  const MemoryCap cap(state_->limits.process_memory_mb);
  const auto query = std::make_shared<SandboxQuery>();
  std::thread worker([query, sql, state = state_] {
    auto answer = run_read_only(state->connection, sql, state->limits.result);
    const std::lock_guard lock(query->mutex);
    query->answer = std::move(answer);
    query->changed.notify_all();
  });
  const auto begin = std::chrono::steady_clock::now();
  std::string spent;
  if (!wait_within_limits(*query, worker, state_->limits)) {
    spent = time_spent(worker, begin);
    state_->connection.interrupt();
    if (!query->wait(state_->limits.grace)) {
      state_->lost = true;
      worker.detach();
      on_exit(end_at_once, nullptr);
      return fail(ErrorKind::kEnvironment,
                  fmt::format("it did not stop when it was told to, after {}", spent));
    }
  }
  worker.join();
  if (!*query->answer && query->answer->error().kind == ErrorKind::kInterrupted) {
    return fail(ErrorKind::kEnvironment,
                fmt::format("it took too long and was stopped after {}", spent));
  }
  if (!*query->answer && query->answer->error().message.starts_with("Permission Error")) {
    query->answer->error().hint = "queries run without files, network, extensions and settings";
  }
  return std::move(*query->answer);
}

std::string short_error(const Error& error) {
  constexpr std::size_t kMost = 300;
  const std::string text = describe(error);
  std::string line(trim(text.substr(0, text.find('\n'))));
  if (line.size() <= kMost) return line;
  line.resize(kMost);
  while (!line.empty() && find_invalid_utf8(line) != std::string::npos) line.pop_back();
  return line + "…";
}

}  // namespace floe::policy
