// SPDX-License-Identifier: Apache-2.0
// Project tables in a DuckDB that can do nothing but compute: no files, no network, no extensions,
// no settings, bounded in time, memory and size of results. What runs in it is data from elsewhere.
#pragma once

#include "dbt/adapter/duckdb.h"
#include "policy/custom/project_tables.h"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace floe::policy {

struct SandboxLimits {
  std::chrono::milliseconds time{5000};   // of the processor, for one query
  std::chrono::milliseconds wall{60000};  // by the clock: a busy machine is no rule's fault
  std::chrono::milliseconds grace{2000};  // until a query that does not stop is left alone
  int memory_mb = 256;                    // of DuckDB's buffers
  int process_memory_mb = 1024;           // all that a query may add to the process
  dbt::ResultLimits result;
};

/// A database in memory that holds project tables. Move-only.
class Sandbox {
 public:
  /// Makes the tables and closes the database against everything else. kEnvironment if DuckDB is
  /// not there.
  static Result<Sandbox> open(const std::vector<const ProjectTable*>& tables,
                              const Context* context, const SandboxLimits& limits = {});
  Sandbox(Sandbox&&) noexcept;
  Sandbox& operator=(Sandbox&&) noexcept;
  ~Sandbox();

  /// Runs one SELECT; each in a transaction of its own that cannot write. kViolation for what the
  /// SQL did wrong or may not do, kEnvironment if it needed too much memory or time.
  Result<dbt::Selected> select(const std::string& sql);

 private:
  struct State;
  explicit Sandbox(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

/// The first line of an error, cut to what a report can hold.
std::string short_error(const Error& error);

}  // namespace floe::policy
