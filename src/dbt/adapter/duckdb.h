// SPDX-License-Identifier: Apache-2.0
// DuckDB as floe sees it: a database, its connections, and query results as typed cells. The shared
// library is loaded when the first database is opened.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace floe::dbt {

/// What a Cell holds.
enum class CellKind : std::uint8_t {
  kNull,
  kBool,       // integer 0 or 1
  kInt,        // integer
  kBigInt,     // text: decimal digits, beyond 64 bits
  kDouble,     // real
  kDecimal,    // text: exact digits with their scale ("1.50")
  kText,       // text
  kBlob,       // text: raw bytes
  kDate,       // integer: days since 1970-01-01
  kTime,       // integer: microseconds since midnight
  kTimestamp,  // integer: microseconds since the epoch
  kInterval,   // integer: microseconds (months count 30 days, as Python's timedelta)
  kUuid,       // text
  kList,       // items
  kStruct,     // items with names
  kMap,        // items: key, value, key, value, …
};

/// One value of a query result.
struct Cell {
  CellKind kind = CellKind::kNull;
  bool with_zone = false;  // kTimestamp, kTime: of a type with a time zone
  std::int64_t integer = 0;
  double real = 0;
  std::string text;
  std::vector<Cell> items;
  std::vector<std::string> names;

  bool is_null() const { return kind == CellKind::kNull; }
  /// The value as DuckDB's CAST to VARCHAR shows scalars; "NULL" for null.
  std::string to_text() const;
};

/// A column of a query result; `type` is DuckDB's name ("DECIMAL(18,3)", "STRUCT(a INTEGER)").
struct ResultColumn {
  std::string name;
  std::string type;
};

/// A materialized query result. For statements that only change rows `rows_changed` says how many.
struct Table {
  std::vector<ResultColumn> columns;
  std::vector<std::vector<Cell>> rows;
  std::int64_t rows_changed = 0;
};

/// A value to store: null, a flag, a number, a text, or a list of texts (VARCHAR[]).
using BulkCell =
    std::variant<std::monostate, bool, std::int64_t, double, std::string, std::vector<std::string>>;

/// Rows to store, one after the other: `width` cells each.
struct BulkRows {
  std::size_t width = 0;
  std::vector<BulkCell> cells;
};

/// How much of a result is fetched.
struct ResultLimits {
  std::size_t rows = 1000;
  std::size_t bytes = 4u << 20;  // of all texts together
};

/// What select() fetched.
struct Selected {
  Table table;
  bool more = false;  // there is more than the limits allow
};

/// How to open a database.
struct OpenOptions {
  bool read_only = false;
  /// Configuration that must be known at opening ("threads", "memory_limit", "access_mode", …).
  std::vector<std::pair<std::string, std::string>> config;
};

class Connection;

/// An open database file, or a database in memory. Copies share the same instance.
class Database {
 public:
  /// Opens or creates the file; ":memory:" (or "") makes a private database in memory. Fails with
  /// kEnvironment if the library is missing, or the file is locked by another process or corrupt.
  static Result<Database> open(const std::string& path, const OpenOptions& options = {});
  /// A new connection; thread-safe.
  Result<Connection> connect() const;
  /// "v1.5.5".
  std::string library_version() const;

 private:
  struct Handle;
  friend class Connection;
  explicit Database(std::shared_ptr<Handle> handle) : handle_(std::move(handle)) {}
  std::shared_ptr<Handle> handle_;
};

/// A connection: for one thread at a time, except interrupt() and progress().
class Connection {
 public:
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&& other) noexcept;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  /// From now on a text of several statements is refused (kViolation).
  void take_one_statement_a_text();

  /// Runs one or more statements and returns the last one's result; nothing of it is kept open.
  /// `max_rows` cuts the fetched rows. The error keeps DuckDB's text (kViolation for what the SQL
  /// did wrong, kInterrupted after interrupt(), kEnvironment for the file system or memory).
  Result<Table> query(std::string_view sql, std::optional<std::size_t> max_rows = {});
  /// The same if the text is one SELECT that can be prepared; else nothing, and nothing is run.
  /// Calls `before` before it runs.
  Result<std::optional<Table>> query_if_select(std::string_view sql,
                                               std::optional<std::size_t> max_rows,
                                               const std::function<void()>& before);
  /// The same for statements whose result does not matter: returns the number of changed rows.
  Result<std::int64_t> execute(std::string_view sql);
  /// Runs a text that must be exactly one SELECT; kViolation if it is anything else. Rows are made
  /// as they are fetched: what lies beyond the limits is never computed.
  Result<Selected> select(std::string_view sql, const ResultLimits& limits);
  /// Stores rows in a table whose columns take the cells' types.
  Status append(const std::string& schema, const std::string& table, const BulkRows& rows);
  /// Runs one statement with positional text parameters ("?"); nothing binds NULL.
  Result<Table> query_with(std::string_view sql,
                           const std::vector<std::optional<std::string>>& parameters);

  /// Stops the running query from another thread; it then fails with kInterrupted.
  void interrupt() const;
  /// Percentage of the running query, if DuckDB knows (from another thread).
  std::optional<double> progress() const;

 private:
  struct Handle;
  friend class Database;
  explicit Connection(std::unique_ptr<Handle> handle);
  Result<std::optional<Table>> run(std::string_view sql, std::optional<std::size_t> max_rows,
                                   const std::function<void()>* before_select);
  std::unique_ptr<Handle> handle_;
};

/// `name` as a quoted identifier, `text` as a string literal.
std::string quote_identifier(std::string_view name);
std::string quote_literal(std::string_view text);

}  // namespace floe::dbt
