// SPDX-License-Identifier: Apache-2.0
#include "dbt/adapter/duckdb.h"

#include "base/files.h"
#include "base/install_paths.h"
#include "base/text.h"
#include "dbt/adapter/duckdb_library.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <mutex>

namespace floe::dbt {

namespace {

Result<DuckLibrary> load_duck_library() {
  const auto path = find_data_file("duckdb/libduckdb.so");
  if (!path) {
    return fail(ErrorKind::kEnvironment, "libduckdb.so was not found",
                "install floe with its data files, or set FLOE_HOME to the folder that holds "
                "duckdb/libduckdb.so");
  }
  void* handle = dlopen(path->c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    return fail(ErrorKind::kEnvironment,
                fmt::format("cannot load {}: {}", path->string(), dlerror()));
  }
  DuckLibrary library;
#define FLOE_RESOLVE(name)                                                                    \
  library.name = reinterpret_cast<decltype(library.name)>(dlsym(handle, #name));              \
  if (library.name == nullptr) {                                                              \
    return fail(ErrorKind::kEnvironment, fmt::format("{} has no {}", path->string(), #name)); \
  }
  FLOE_DUCKDB_FUNCTIONS(FLOE_RESOLVE)
#undef FLOE_RESOLVE
  return library;
}

}  // namespace

Result<const DuckLibrary*> duck_library() {
  static const Result<DuckLibrary> loaded = load_duck_library();
  if (!loaded) return tl::unexpected(loaded.error());
  return &*loaded;
}

const DuckLibrary& duck() { return **duck_library(); }

namespace {

ErrorKind kind_of_error(duckdb_error_type type) {
  switch (type) {
    case DUCKDB_ERROR_INTERRUPT: return ErrorKind::kInterrupted;
    case DUCKDB_ERROR_IO:
    case DUCKDB_ERROR_FATAL:
    case DUCKDB_ERROR_INTERNAL:
    case DUCKDB_ERROR_OUT_OF_MEMORY:
    case DUCKDB_ERROR_HTTP: return ErrorKind::kEnvironment;
    default: return ErrorKind::kViolation;
  }
}

std::size_t cell_bytes(const Cell& cell) {
  std::size_t bytes = sizeof(Cell) + cell.text.size();
  for (const Cell& item : cell.items) bytes += cell_bytes(item);
  return bytes;
}

/// Owns a result and reads it.
class DuckResult {
 public:
  DuckResult() { std::memset(&raw_, 0, sizeof raw_); }
  DuckResult(const DuckResult&) = delete;
  DuckResult& operator=(const DuckResult&) = delete;
  ~DuckResult() { duck().duckdb_destroy_result(&raw_); }
  duckdb_result* get() { return &raw_; }

  Error error() {
    const char* text = duck().duckdb_result_error(&raw_);
    return Error{kind_of_error(duck().duckdb_result_error_type(&raw_)),
                 text == nullptr ? "unknown error" : text,
                 {},
                 nullptr};
  }

  Table read(std::optional<std::size_t> max_rows) {
    const DuckLibrary& lib = duck();
    Table table;
    table.rows_changed = static_cast<std::int64_t>(lib.duckdb_rows_changed(&raw_));
    const std::uint64_t count = lib.duckdb_column_count(&raw_);
    std::vector<DuckType> types;
    for (std::uint64_t i = 0; i < count; ++i) {
      types.push_back(read_and_destroy_type(lib.duckdb_column_logical_type(&raw_, i)));
      table.columns.push_back({lib.duckdb_column_name(&raw_, i), types.back().name});
    }
    const std::size_t limit = max_rows.value_or(SIZE_MAX);
    while (table.rows.size() < limit) {
      duckdb_data_chunk chunk = lib.duckdb_fetch_chunk(raw_);
      if (chunk == nullptr) break;
      append(chunk, types, limit, table);
      lib.duckdb_destroy_data_chunk(&chunk);
    }
    return table;
  }

  /// Reads a result that is made as it is fetched, up to the limits.
  Result<Selected> fetch(const ResultLimits& limits) {
    const char* failed = duck().duckdb_result_error(&raw_);
    if (failed != nullptr && *failed != 0) return tl::unexpected(error());
    Selected selected;
    selected.table = read(limits.rows + 1);
    failed = duck().duckdb_result_error(&raw_);
    if (failed != nullptr && *failed != 0) return tl::unexpected(error());
    std::vector<std::vector<Cell>>& rows = selected.table.rows;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      for (const Cell& cell : rows[i]) bytes += cell_bytes(cell);
      if (bytes <= limits.bytes && i < limits.rows) continue;
      rows.resize(i);
      selected.more = true;
    }
    return selected;
  }

 private:
  static void append(duckdb_data_chunk chunk, const std::vector<DuckType>& types, std::size_t limit,
                     Table& table) {
    const DuckLibrary& lib = duck();
    const std::uint64_t size =
        std::min<std::uint64_t>(lib.duckdb_data_chunk_get_size(chunk), limit - table.rows.size());
    const std::size_t first = table.rows.size();
    table.rows.resize(first + size);
    for (std::size_t column = 0; column < types.size(); ++column) {
      duckdb_vector vector = lib.duckdb_data_chunk_get_vector(chunk, column);
      for (std::uint64_t row = 0; row < size; ++row) {
        table.rows[first + row].push_back(read_cell(vector, types[column], row));
      }
    }
  }

  duckdb_result raw_;
};

/// Owns a prepared statement.
class DuckStatement {
 public:
  DuckStatement() = default;
  DuckStatement(const DuckStatement&) = delete;
  DuckStatement& operator=(const DuckStatement&) = delete;
  ~DuckStatement() {
    if (raw_ != nullptr) duck().duckdb_destroy_prepare(&raw_);
  }
  duckdb_prepared_statement* get() { return &raw_; }
  duckdb_prepared_statement raw() { return raw_; }
  Error error() {
    const char* text = raw_ == nullptr ? nullptr : duck().duckdb_prepare_error(raw_);
    const std::string message = text == nullptr ? "unknown error" : text;
    const bool stopped = message.starts_with("INTERRUPT");
    const bool world = message.starts_with("IO Error") || message.starts_with("FATAL");
    return Error{stopped ? ErrorKind::kInterrupted
                         : (world ? ErrorKind::kEnvironment : ErrorKind::kViolation),
                 message,
                 {},
                 nullptr};
  }

 private:
  duckdb_prepared_statement raw_ = nullptr;
};

/// Owns what a text of several statements was parsed into.
class DuckStatements {
 public:
  DuckStatements(duckdb_connection connection, const std::string& sql)
      : count_(duck().duckdb_extract_statements(connection, sql.c_str(), &raw_)) {}
  DuckStatements(const DuckStatements&) = delete;
  DuckStatements& operator=(const DuckStatements&) = delete;
  ~DuckStatements() { duck().duckdb_destroy_extracted(&raw_); }
  std::uint64_t size() const { return count_; }
  duckdb_extracted_statements raw() { return raw_; }
  /// The parser's complaint, or nothing (the text was empty).
  std::string error() {
    const char* text = duck().duckdb_extract_statements_error(raw_);
    return text == nullptr ? std::string() : std::string(text);
  }

 private:
  duckdb_extracted_statements raw_ = nullptr;
  std::uint64_t count_;
};

}  // namespace

struct Database::Handle {
  duckdb_database raw = nullptr;
  ~Handle() {
    if (raw != nullptr) duck().duckdb_close(&raw);
  }
};

struct Connection::Handle {
  std::shared_ptr<Database::Handle> database;
  duckdb_connection raw = nullptr;
  bool one_statement_a_text = false;
  ~Handle() {
    if (raw != nullptr) duck().duckdb_disconnect(&raw);
  }
};

Result<Database> Database::open(const std::string& path, const OpenOptions& options) {
  const DuckLibrary& lib = *FLOE_TRY(duck_library());
  duckdb_config config = nullptr;
  if (lib.duckdb_create_config(&config) != DuckDBSuccess) {
    return fail(ErrorKind::kEnvironment, "DuckDB could not make a configuration");
  }
  auto set = [&](const std::string& name, const std::string& value) {
    return lib.duckdb_set_config(config, name.c_str(), value.c_str()) == DuckDBSuccess;
  };
  std::string bad;
  if (options.read_only && !set("access_mode", "READ_ONLY")) bad = "access_mode";
  for (const auto& [name, value] : options.config) {
    if (!set(name, value) && bad.empty()) bad = name;
  }
  if (!bad.empty()) {
    lib.duckdb_destroy_config(&config);
    return fail(ErrorKind::kUsage, fmt::format("DuckDB does not accept the setting \"{}\"", bad));
  }
  auto handle = std::make_shared<Handle>();
  char* error = nullptr;
  const bool memory = path.empty() || path == ":memory:";
  const auto state =
      lib.duckdb_open_ext(memory ? nullptr : path.c_str(), &handle->raw, config, &error);
  lib.duckdb_destroy_config(&config);
  if (state != DuckDBSuccess) {
    const std::string text = error == nullptr ? "unknown error" : error;
    lib.duckdb_free(error);
    handle->raw = nullptr;
    std::string hint;
    if (contains(text, "lock on file")) {
      hint = "another process has the database open: close it, or wait until it has finished";
    } else if (contains(text, "not a valid DuckDB database")) {
      hint = "the file is damaged or something else: move it away to start with an empty database";
    }
    return fail(ErrorKind::kEnvironment, fmt::format("cannot open database {}: {}", path, text),
                hint);
  }
  return Database(std::move(handle));
}

Result<Connection> Database::connect() const {
  auto handle = std::make_unique<Connection::Handle>();
  handle->database = handle_;
  if (duck().duckdb_connect(handle_->raw, &handle->raw) != DuckDBSuccess) {
    handle->raw = nullptr;
    return fail(ErrorKind::kEnvironment, "DuckDB could not open a connection");
  }
  return Connection(std::move(handle));
}

std::string Database::library_version() const { return duck().duckdb_library_version(); }

Connection::Connection(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
Connection::Connection(Connection&& other) noexcept = default;
Connection& Connection::operator=(Connection&& other) noexcept = default;
Connection::~Connection() = default;

Result<Table> Connection::query(std::string_view sql, std::optional<std::size_t> max_rows) {
  return std::move(*FLOE_TRY(run(sql, max_rows, nullptr)));
}

void Connection::take_one_statement_a_text() { handle_->one_statement_a_text = true; }

Result<std::optional<Table>> Connection::query_if_select(std::string_view sql,
                                                         std::optional<std::size_t> max_rows,
                                                         const std::function<void()>& before) {
  return run(sql, max_rows, &before);
}

/// With `before_select`, whatever is not one SELECT that can be prepared gives nothing.
Result<std::optional<Table>> Connection::run(std::string_view sql,
                                             std::optional<std::size_t> max_rows,
                                             const std::function<void()>* before_select) {
  const DuckLibrary& lib = duck();
  const bool only_select = before_select != nullptr;
  const std::string text(sql);
  if (text.find('\0') != std::string::npos) {
    return fail(ErrorKind::kViolation, "Parser Error: the SQL holds a NUL byte");
  }
  DuckStatements statements(handle_->raw, text);
  if (handle_->one_statement_a_text && statements.size() > 1) {
    return fail(ErrorKind::kViolation, "Parser Error: it is not one statement");
  }
  if (only_select && statements.size() != 1) return std::nullopt;
  if (statements.size() == 0) {
    std::string error = statements.error();
    if (!error.empty()) return fail(ErrorKind::kViolation, std::move(error));
    return Table{};
  }
  for (std::uint64_t i = 0; i < statements.size(); ++i) {
    DuckStatement statement;
    const bool prepared = lib.duckdb_prepare_extracted_statement(handle_->raw, statements.raw(), i,
                                                                 statement.get()) == DuckDBSuccess;
    if (only_select) {
      if (!prepared && statement.error().kind == ErrorKind::kInterrupted) {
        return tl::unexpected(statement.error());
      }
      const bool select = prepared && lib.duckdb_prepared_statement_type(statement.raw()) ==
                                          DUCKDB_STATEMENT_TYPE_SELECT;
      if (!select) return std::nullopt;
      (*before_select)();
    } else if (!prepared) {
      return tl::unexpected(statement.error());
    }
    DuckResult result;
    if (lib.duckdb_execute_prepared(statement.raw(), result.get()) != DuckDBSuccess) {
      return tl::unexpected(result.error());
    }
    if (i + 1 == statements.size()) return result.read(max_rows);
  }
  return Table{};
}

Result<std::int64_t> Connection::execute(std::string_view sql) {
  return FLOE_TRY(query(sql, 0)).rows_changed;
}

Result<Table> Connection::query_with(std::string_view sql,
                                     const std::vector<std::optional<std::string>>& parameters) {
  const DuckLibrary& lib = duck();
  DuckStatement statement;
  if (lib.duckdb_prepare(handle_->raw, std::string(sql).c_str(), statement.get()) !=
      DuckDBSuccess) {
    return tl::unexpected(statement.error());
  }
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const auto& value = parameters[i];
    const auto state =
        value ? lib.duckdb_bind_varchar_length(statement.raw(), i + 1, value->data(), value->size())
              : lib.duckdb_bind_null(statement.raw(), i + 1);
    if (state != DuckDBSuccess) return tl::unexpected(statement.error());
  }
  DuckResult result;
  if (lib.duckdb_execute_prepared(statement.raw(), result.get()) != DuckDBSuccess) {
    return tl::unexpected(result.error());
  }
  return result.read({});
}

namespace {

/// Owns a result that is still being made.
class DuckPending {
 public:
  explicit DuckPending(duckdb_prepared_statement statement)
      : ok_(duck().duckdb_pending_prepared_streaming(statement, &raw_) == DuckDBSuccess) {}
  DuckPending(const DuckPending&) = delete;
  DuckPending& operator=(const DuckPending&) = delete;
  ~DuckPending() { duck().duckdb_destroy_pending(&raw_); }
  bool ok() const { return ok_; }
  duckdb_pending_result raw() const { return raw_; }
  std::string error() const {
    const char* text = duck().duckdb_pending_error(raw_);
    return text == nullptr ? "unknown error" : text;
  }

 private:
  duckdb_pending_result raw_ = nullptr;
  bool ok_;
};

/// Appends one cell; lists are lists of texts.
duckdb_state append_cell(duckdb_appender appender, const BulkCell& cell,
                         duckdb_logical_type text_type) {
  const DuckLibrary& lib = duck();
  if (const auto* flag = std::get_if<bool>(&cell)) return lib.duckdb_append_bool(appender, *flag);
  if (const auto* whole = std::get_if<std::int64_t>(&cell)) {
    return lib.duckdb_append_int64(appender, *whole);
  }
  if (const auto* real = std::get_if<double>(&cell)) {
    return lib.duckdb_append_double(appender, *real);
  }
  if (const auto* text = std::get_if<std::string>(&cell)) {
    return lib.duckdb_append_varchar_length(appender, text->data(), text->size());
  }
  const auto* list = std::get_if<std::vector<std::string>>(&cell);
  if (list == nullptr) return lib.duckdb_append_null(appender);
  std::vector<duckdb_value> items;
  items.reserve(list->size() + 1);  // DuckDB takes no null pointer, not even for an empty list
  for (const std::string& item : *list) {
    items.push_back(lib.duckdb_create_varchar_length(item.data(), item.size()));
  }
  // DuckDB makes nothing of a text that is no UTF-8, and does not look whether it is nothing.
  const bool whole = std::find(items.begin(), items.end(), nullptr) == items.end();
  duckdb_value value =
      whole ? lib.duckdb_create_list_value(text_type, items.data(), items.size()) : nullptr;
  const duckdb_state state =
      value == nullptr ? DuckDBError : lib.duckdb_append_value(appender, value);
  lib.duckdb_destroy_value(&value);
  for (duckdb_value& item : items) lib.duckdb_destroy_value(&item);
  return state;
}

}  // namespace

Result<Selected> Connection::select(std::string_view sql, const ResultLimits& limits) {
  const DuckLibrary& lib = duck();
  const std::string text(sql);
  if (text.find('\0') != std::string::npos) {
    return fail(ErrorKind::kViolation, "Parser Error: the SQL holds a NUL byte");
  }
  DuckStatements statements(handle_->raw, text);
  if (statements.size() != 1) {
    std::string error = statements.error();
    if (error.empty()) {
      error = statements.size() == 0 ? "there is no statement"
                                     : "there are several statements: only one SELECT is allowed";
    }
    return fail(ErrorKind::kViolation, std::move(error));
  }
  DuckStatement statement;
  if (lib.duckdb_prepare_extracted_statement(handle_->raw, statements.raw(), 0, statement.get()) !=
      DuckDBSuccess) {
    return tl::unexpected(statement.error());
  }
  if (lib.duckdb_prepared_statement_type(statement.raw()) != DUCKDB_STATEMENT_TYPE_SELECT) {
    return fail(ErrorKind::kViolation, "this is no query: only one SELECT is allowed");
  }
  const DuckPending pending(statement.raw());
  if (!pending.ok()) return fail(ErrorKind::kViolation, pending.error());
  DuckResult result;
  if (lib.duckdb_execute_pending(pending.raw(), result.get()) != DuckDBSuccess) {
    return tl::unexpected(result.error());
  }
  return result.fetch(limits);
}

Status Connection::append(const std::string& schema, const std::string& table,
                          const BulkRows& rows) {
  const DuckLibrary& lib = duck();
  duckdb_appender appender = nullptr;
  duckdb_logical_type text_type = lib.duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
  bool ok = lib.duckdb_appender_create(handle_->raw, schema.c_str(), table.c_str(), &appender) ==
            DuckDBSuccess;
  for (std::size_t i = 0; ok && i < rows.cells.size(); ++i) {
    ok = append_cell(appender, rows.cells[i], text_type) == DuckDBSuccess;
    if (ok && (i + 1) % rows.width == 0) {
      ok = lib.duckdb_appender_end_row(appender) == DuckDBSuccess;
    }
  }
  ok = ok && lib.duckdb_appender_flush(appender) == DuckDBSuccess;
  const char* text = ok ? nullptr : lib.duckdb_appender_error(appender);
  std::string problem = text == nullptr ? "unknown error" : text;
  lib.duckdb_destroy_logical_type(&text_type);
  if (lib.duckdb_appender_destroy(&appender) == DuckDBSuccess && ok) return {};
  return fail(ErrorKind::kEnvironment,
              fmt::format("cannot store rows in {}.{}: {}", schema, table, problem));
}

void Connection::interrupt() const { duck().duckdb_interrupt(handle_->raw); }

std::optional<double> Connection::progress() const {
  const double percentage = duck().duckdb_query_progress(handle_->raw).percentage;
  if (percentage < 0) return std::nullopt;
  return percentage;
}

}  // namespace floe::dbt
