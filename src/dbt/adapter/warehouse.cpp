// SPDX-License-Identifier: Apache-2.0
#include "dbt/adapter/warehouse.h"

#include "base/text.h"
#include "dbt/context/base_context.h"
#include "dbt/context/convert.h"

#include <fmt/format.h>

namespace floe::dbt {

namespace {

using value::Value;

std::string text_of(const Value& map, std::string_view key, std::string_view fallback = {}) {
  const Value* value = map.find(key);
  if (value == nullptr || value->is_null()) return std::string(fallback);
  return python_str(*value);
}

bool flag_of(const Value& map, std::string_view key) {
  const Value* value = map.find(key);
  return value != nullptr && value->is_bool() && value->as_bool();
}

std::string doubled_quotes(std::string_view text) {
  return replace_all(std::string(text), "'", "''");
}

bool is_motherduck(const std::string& path) {
  return path.starts_with("md:") || path.starts_with("motherduck:");
}

/// The name that DuckDB gives the catalog of a file.
std::string catalog_name(const std::string& path) {
  const std::string file = fs::path(path).filename().string();
  const std::size_t first = file.find_first_not_of('.');
  return first == std::string::npos ? file : file.substr(first, file.find('.', first) - first);
}

std::string option_text(const std::string& key, const Value& value) {
  if (!value.is_string()) return fmt::format("{} {}", to_upper(key), python_str(value));
  const std::string_view stripped = trim(value.as_string());
  const bool quoted = stripped.size() >= 2 && stripped.front() == stripped.back() &&
                      (stripped.front() == '\'' || stripped.front() == '"');
  if (quoted) return fmt::format("{} {}", to_upper(key), value.as_string());
  return fmt::format("{} '{}'", to_upper(key), doubled_quotes(value.as_string()));
}

std::string secret_value(const std::string& key, const Value& value) {
  std::vector<std::string> items;
  if (value.is_map()) {
    for (const auto& member : value.as_map()) {
      items.push_back(fmt::format("'{}': '{}'", doubled_quotes(member.key),
                                  doubled_quotes(python_str(member.value))));
    }
    return fmt::format("{} map {{{}}}", key, join(items, ", "));
  }
  if (value.is_list()) {
    for (const Value& item : value.as_list())
      items.push_back("'" + doubled_quotes(python_str(item)) + "'");
    return fmt::format("{} array [{}]", key, join(items, ", "));
  }
  if (key == "type" || key == "provider" || key == "extra_http_headers") {
    return fmt::format("{} {}", key, python_str(value));
  }
  return fmt::format("{} '{}'", key, doubled_quotes(python_str(value)));
}

/// What floe cannot do with DuckDB's C API or without Python, told before anything runs.
Status check_supported(const Value& credentials) {
  for (const char* key : {"remote", "filesystems", "flights"}) {
    const Value* value = credentials.find(key);
    if (value != nullptr && !value->empty()) {
      return fail(ErrorKind::kUsage,
                  fmt::format("the profile's `{}` needs Python and is not supported", key),
                  "remove it, or run this project with dbt itself");
    }
  }
  if (is_motherduck(text_of(credentials, "path"))) {
    return fail(ErrorKind::kUsage, "MotherDuck databases are not supported",
                "use a local DuckDB file, or run this project with dbt itself");
  }
  return {};
}

}  // namespace

Result<std::string> attach_statement(const Value& attachment) {
  std::string base =
      fmt::format("ATTACH IF NOT EXISTS '{}'", doubled_quotes(text_of(attachment, "path")));
  const std::string alias = text_of(attachment, "alias");
  if (!alias.empty()) base += " AS " + alias;
  const Value* given = attachment.find("options");
  const Value options = given != nullptr && given->is_map() ? *given : Value::map();
  std::vector<std::string> all;
  for (const char* key : {"type", "secret"}) {
    const std::string direct = text_of(attachment, key);
    const std::string other = text_of(options, key);
    if (!direct.empty() && !other.empty()) {
      return fail(
          ErrorKind::kUsage,
          fmt::format("attachment option \"{}\" is given both directly and in options", key));
    }
    if (!direct.empty() || !other.empty()) {
      all.push_back(to_upper(key) + " " + (direct.empty() ? other : direct));
    }
  }
  if (flag_of(attachment, "read_only") || flag_of(options, "read_only"))
    all.emplace_back("READ_ONLY");
  for (const auto& member : options.as_map()) {
    if (member.key == "type" || member.key == "secret" || member.key == "read_only") continue;
    if (member.value.is_bool()) {
      if (member.value.as_bool()) all.push_back(to_upper(member.key));
    } else if (!member.value.is_null()) {
      all.push_back(option_text(member.key, member.value));
    }
  }
  if (!all.empty()) base += " (" + join(all, ", ") + ")";
  return base;
}

std::string secret_statement(const Value& secret, std::size_t number) {
  const std::string name = text_of(secret, "name", fmt::format("_dbt_secret_{}", number));
  std::vector<std::string> parts;
  for (const char* key : {"type", "provider"}) {
    const Value* value = secret.find(key);
    if (value != nullptr && !value->is_null()) parts.push_back(secret_value(key, *value));
  }
  for (const auto& member : secret.as_map()) {
    if (member.key == "type" || member.key == "provider" || member.key == "name" ||
        member.key == "persistent" || member.key == "scope" || member.value.is_null()) {
      continue;
    }
    parts.push_back(secret_value(member.key, member.value));
  }
  if (const Value* scope = secret.find("scope"); scope != nullptr && !scope->is_null()) {
    if (scope->is_list()) {
      for (const Value& item : scope->as_list()) parts.push_back(secret_value("scope", item));
    } else {
      parts.push_back(secret_value("scope", *scope));
    }
  }
  return fmt::format("CREATE OR REPLACE{} SECRET {} (\n    {}\n)",
                     flag_of(secret, "persistent") ? " PERSISTENT" : "", name,
                     join(parts, ",\n    "));
}

Warehouse::Warehouse(WarehouseOptions options) : options_(std::move(options)) {
  const Value& credentials = options_.credentials;
  disable_transactions_ = flag_of(credentials, "disable_transactions");
  const std::string path = text_of(credentials, "path", ":memory:");
  if (flag_of(credentials, "is_ducklake") || contains(to_lower(path), "ducklake:")) {
    ducklakes_.insert(options_.database);
  }
  if (const Value* list = credentials.find("attach"); list != nullptr && list->is_list()) {
    for (const Value& attachment : list->as_list()) {
      const std::string attached = text_of(attachment, "path");
      if (flag_of(attachment, "is_ducklake") || contains(to_lower(attached), "ducklake:")) {
        ducklakes_.insert(text_of(attachment, "alias", catalog_name(attached)));
      }
    }
  }
  if (const Value* settings = credentials.find("settings");
      settings != nullptr && settings->is_map()) {
    for (const auto& member : settings->as_map()) {
      setting_statements_.push_back(
          fmt::format("SET {} = '{}'", member.key, doubled_quotes(python_str(member.value))));
    }
  }
}

std::string Warehouse::external_root() const {
  return text_of(options_.credentials, "external_root", ".");
}

bool Warehouse::first_warning(const std::string& text) {
  const std::lock_guard lock(mutex_);
  return warned_.insert(text).second;
}

Status Warehouse::open() {
  FLOE_CHECK(check_supported(options_.credentials));
  std::string path = text_of(options_.credentials, "path", ":memory:");
  if (path != ":memory:" && !contains(path, "://") && fs::path(path).is_relative()) {
    path = (options_.project_root / path).lexically_normal().string();
  }
  OpenOptions open_options;
  open_options.read_only = options_.read_only;
  // Nothing may be fetched behind the user's back.
  open_options.config.emplace_back("autoinstall_known_extensions", "false");
  if (const Value* config = options_.credentials.find("config_options");
      config != nullptr && config->is_map()) {
    for (const auto& member : config->as_map()) {
      open_options.config.emplace_back(member.key, python_str(member.value));
    }
  }
  database_ = FLOE_TRY(Database::open(path, open_options));
  return {};
}

Status Warehouse::attach_all(Connection& connection) const {
  const Value* attachments = options_.credentials.find("attach");
  if (attachments == nullptr || !attachments->is_list()) return {};
  for (const Value& attachment : attachments->as_list()) {
    const std::string sql = FLOE_TRY(attach_statement(attachment));
    if (const auto done = connection.execute(sql); !done) {
      return fail(
          ErrorKind::kEnvironment,
          fmt::format("cannot attach {}: {}", text_of(attachment, "path"), done.error().message));
    }
  }
  return {};
}

Status Warehouse::prepare(Connection& connection) const {
  const Value& credentials = options_.credentials;
  if (const Value* list = credentials.find("extensions"); list != nullptr && list->is_list()) {
    for (const Value& extension : list->as_list()) {
      const std::string name =
          extension.is_map() ? text_of(extension, "name") : python_str(extension);
      if (const auto done = connection.execute("LOAD " + name); !done) {
        return fail(
            ErrorKind::kEnvironment,
            fmt::format("cannot load the DuckDB extension {}: {}", name, done.error().message),
            "install it first (INSTALL in a DuckDB shell of the same version)");
      }
    }
  }
  if (const Value* list = credentials.find("secrets"); list != nullptr && list->is_list()) {
    for (std::size_t i = 0; i < list->as_list().size(); ++i) {
      if (const auto done = connection.execute(secret_statement(list->as_list()[i], i + 1));
          !done) {
        return fail(ErrorKind::kEnvironment, fmt::format("cannot make secret {} of the profile: {}",
                                                         i + 1, done.error().message));
      }
    }
  }
  return attach_all(connection);
}

Result<Connection> Warehouse::connect() {
  const std::lock_guard lock(mutex_);
  if (!database_) {
    FLOE_CHECK(open());
    Connection first = FLOE_TRY(database_->connect());
    if (const Status prepared = prepare(first); !prepared) {
      database_.reset();
      return tl::unexpected(prepared.error());
    }
  }
  Connection connection = FLOE_TRY(database_->connect());
  for (const std::string& statement : setting_statements_) {
    if (const auto done = connection.execute(statement); !done) {
      return fail(ErrorKind::kUsage,
                  fmt::format("the profile's settings: {}", done.error().message));
    }
  }
  if (options_.one_statement_a_text) connection.take_one_statement_a_text();
  return connection;
}

Connection& WarehouseSession::connection() {
  if (!refusal_.empty()) throw DbtError("Runtime Error", refusal_);
  const std::lock_guard lock(mutex_);
  if (!connection_) {
    auto opened = warehouse_.connect();
    if (!opened) throw WarehouseError(opened.error());
    connection_ = std::move(*opened);
  }
  return *connection_;
}

std::string WarehouseSession::commented(const std::string& sql) const {
  if (comment_.empty()) return sql;
  if (!append_comment_) return fmt::format("/* {} */\n{}", trim(comment_), sql);
  std::string_view body = trim_right(sql);
  if (body.ends_with(';')) {
    body.remove_suffix(1);
    return fmt::format("{}\n/* {} */;", body, trim(comment_));
  }
  return fmt::format("{}\n/* {} */", body, trim(comment_));
}

template <class T>
T WarehouseSession::checked(Result<T> result, const std::string& sql) {
  if (result) return std::move(*result);
  rollback_if_open();
  if (result.error().kind == ErrorKind::kInterrupted) {
    throw jinja::TemplateError(jinja::ErrorType::kCancelled, result.error().message);
  }
  DbtError error("Runtime Error", result.error().message);
  error.statement = sql;
  throw error;
}

Table WarehouseSession::run(const std::string& sql, bool auto_begin,
                            std::optional<std::size_t> max_rows) {
  Connection& live = connection();
  if (interrupted_) throw jinja::TemplateError(jinja::ErrorType::kCancelled, "Interrupted!");
  const bool may_read = std::exchange(reads_once_, false);
  const bool begins = must_begin(auto_begin);
  const std::string text = commented(sql);
  const auto tell = [&] {
    if (warehouse_.options().on_query) warehouse_.options().on_query(text);
  };
  if (begins && may_read) {
    auto table = checked(live.query_if_select(text, max_rows, tell), text);
    if (table) {
      read_outside_ = true;
      return std::move(*table);
    }
  }
  if (begins) begin();
  tell();
  return checked(live.query(text, max_rows), text);
}

Table WarehouseSession::run_bound(const std::string& sql, bool auto_begin,
                                  const std::vector<std::optional<std::string>>& parameters) {
  Connection& live = connection();
  reads_once_ = false;
  if (must_begin(auto_begin)) begin();
  if (warehouse_.options().on_query) warehouse_.options().on_query(sql);
  return checked(live.query_with(sql, parameters), sql);
}

bool WarehouseSession::must_begin(bool auto_begin) const {
  return (auto_begin || read_outside_) && !transaction_open_ && !warehouse_.disable_transactions();
}

void WarehouseSession::begin() {
  Connection& live = connection();
  if (warehouse_.options().on_query) warehouse_.options().on_query("BEGIN");
  checked(live.query("BEGIN"), "BEGIN");
  transaction_open_ = true;
  reads_once_ = read_outside_ = false;
}

void WarehouseSession::commit() {
  if (warehouse_.options().on_query) warehouse_.options().on_query("COMMIT");
  checked(connection().query("COMMIT"), "COMMIT");
  transaction_open_ = false;
}

void WarehouseSession::commit_if_open() {
  if (transaction_open_) commit();
}

void WarehouseSession::rollback_if_open() {
  if (!transaction_open_ || !connection_) return;
  if (warehouse_.options().on_query) warehouse_.options().on_query("ROLLBACK");
  // After a fatal error there may be nothing left to roll back; the connection closes anyway.
  static_cast<void>(connection_->query("ROLLBACK"));
  transaction_open_ = false;
}

void WarehouseSession::release() {
  rollback_if_open();
  reads_once_ = read_outside_ = false;
  const std::lock_guard lock(mutex_);
  connection_.reset();
}

void WarehouseSession::interrupt() {
  const std::lock_guard lock(mutex_);
  interrupted_ = true;
  if (connection_) connection_->interrupt();
}

std::optional<double> WarehouseSession::progress() {
  const std::lock_guard lock(mutex_);
  return connection_ ? connection_->progress() : std::nullopt;
}

void WarehouseSession::set_comment(std::string comment, bool append) {
  comment_ = std::move(comment);
  append_comment_ = append;
}

}  // namespace floe::dbt
