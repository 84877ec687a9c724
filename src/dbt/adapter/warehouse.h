// SPDX-License-Identifier: Apache-2.0
// The DuckDB instance of a run as a dbt profile describes it, and one session of it a thread: lazy
// connections, transactions as dbt-duckdb opens and closes them, query comments.
#pragma once

#include "base/files.h"
#include "base/result.h"
#include "dbt/adapter/cache.h"
#include "dbt/adapter/duckdb.h"
#include "value/value.h"

#include <atomic>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace floe::dbt {

struct WarehouseOptions {
  value::Value credentials = value::Value::map();  // the profile's target entry
  std::string database;                            // the catalog dbt works in
  fs::path project_root;                           // relative paths start here
  bool read_only = false;
  /// Refuses a text of several statements: names come from elsewhere, and may try to end one.
  bool one_statement_a_text = false;
  /// Gets every SQL text that is sent; may be null. Called from all threads.
  std::function<void(std::string_view sql)> on_query;
};

/// Shared by all threads. The database is opened at the first connection.
class Warehouse {
 public:
  explicit Warehouse(WarehouseOptions options);

  /// A new connection with the profile's settings. The first one opens the database, loads
  /// extensions, makes secrets and attaches databases.
  Result<Connection> connect();
  RelationsCache& cache() { return cache_; }
  const WarehouseOptions& options() const { return options_; }
  const value::Value& credentials() const { return options_.credentials; }
  bool disable_transactions() const { return disable_transactions_; }
  /// Catalogs that are DuckLake attachments.
  bool is_ducklake(const std::string& database) const { return ducklakes_.contains(database); }
  std::string external_root() const;
  /// True the first time it is asked about this text.
  bool first_warning(const std::string& text);

  /// Serializes models that share foreign keys (DuckDB alters both tables).
  std::mutex& foreign_key_lock() { return foreign_key_lock_; }

 private:
  Status open();
  Status prepare(Connection& connection) const;
  Status attach_all(Connection& connection) const;

  WarehouseOptions options_;
  RelationsCache cache_;
  std::mutex mutex_;
  std::optional<Database> database_;
  std::vector<std::string> setting_statements_;
  std::set<std::string> ducklakes_;
  std::set<std::string> warned_;
  bool disable_transactions_ = false;
  std::mutex foreign_key_lock_;
};

/// What one thread does in the warehouse.
class WarehouseSession {
 public:
  explicit WarehouseSession(Warehouse& warehouse) : warehouse_(warehouse) {}
  Warehouse& warehouse() { return warehouse_; }

  /// Runs SQL with the query comment; `auto_begin` opens a transaction first if there is none. An
  /// error rolls an open transaction back. Throws DbtError ("Runtime Error") with DuckDB's text, or
  /// jinja's kCancelled after interrupt().
  Table run(const std::string& sql, bool auto_begin, std::optional<std::size_t> max_rows = {});
  Table run_bound(const std::string& sql, bool auto_begin,
                  const std::vector<std::optional<std::string>>& parameters);
  /// If the next statement is a SELECT that would open a transaction, it does without: for work
  /// that reads once, and would roll back. What comes after it opens one as ever.
  void read_once() { reads_once_ = true; }
  void begin();
  void commit();
  void commit_if_open();
  void rollback_if_open();
  bool transaction_open() const { return transaction_open_; }

  /// Closes the connection (rolling back); the next run() opens a new one, without temporary
  /// tables.
  void release();
  /// Stops the running query from another thread; later ones fail too as well.
  void interrupt();
  std::optional<double> progress();

  /// From now on every query fails with this text: there is no connection (--no-introspect).
  void refuse(std::string reason) { refusal_ = std::move(reason); }

  /// The text that precedes every query ("/* … */"), or "".
  void set_comment(std::string comment, bool append);

 private:
  bool must_begin(bool auto_begin) const;
  Connection& connection();
  template <class T>
  T checked(Result<T> result, const std::string& sql);
  std::string commented(const std::string& sql) const;

  Warehouse& warehouse_;
  std::mutex mutex_;  // guards connection_ against interrupt() and progress()
  std::optional<Connection> connection_;
  bool transaction_open_ = false;
  bool reads_once_ = false;    // read_once() was called, and nothing has come since
  bool read_outside_ = false;  // that SELECT was run; the next statement begins a transaction
  std::atomic<bool> interrupted_ = false;
  std::string comment_;
  bool append_comment_ = false;
  std::string refusal_;
};

/// The warehouse cannot be reached: thrown through templates, told to the caller as its Error.
class WarehouseError : public std::exception {
 public:
  explicit WarehouseError(Error error) : error_(std::move(error)) {}
  const Error& error() const { return error_; }
  const char* what() const noexcept override { return error_.message.c_str(); }

 private:
  Error error_;
};

/// The ATTACH statement of an entry of `attach:`. kUsage for options given twice.
Result<std::string> attach_statement(const value::Value& attachment);
/// The CREATE SECRET statement of an entry of `secrets:`; `number` is its place, from 1.
std::string secret_statement(const value::Value& secret, std::size_t number);

}  // namespace floe::dbt
