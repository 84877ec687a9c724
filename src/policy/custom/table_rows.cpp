// SPDX-License-Identifier: Apache-2.0
#include "policy/custom/table_rows.h"

#include "base/text.h"
#include "value/json.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::policy {

namespace {

std::string clean(std::string text) {
  std::size_t begin = 0;
  while (true) {
    const std::size_t at = find_invalid_utf8(std::string_view(text).substr(begin));
    if (at == std::string_view::npos) return text;
    begin += at;
    text[begin] = '?';
  }
}

}  // namespace

RowWriter& RowWriter::text(std::string_view value) {
  cells_.emplace_back(clean(std::string(value)));
  return *this;
}

RowWriter& RowWriter::texts(std::vector<std::string> value) {
  for (std::string& each : value) each = clean(std::move(each));
  cells_.emplace_back(std::move(value));
  return *this;
}

RowWriter& RowWriter::json(const value::Value* value) {
  return value == nullptr || value->is_null() ? null() : text(value::write_json(*value));
}

RowWriter& RowWriter::scalar(const value::Value* value) {
  if (value == nullptr || value->is_null() || value->is_list() || value->is_map()) return null();
  if (value->is_bool()) return text(value->as_bool() ? "true" : "false");
  if (value->is_int()) return text(std::to_string(value->as_int()));
  if (value->is_number()) return text(fmt::format("{}", value->as_double()));
  return text(value->as_string());
}

std::int64_t LineFinder::line(diag::Span span) {
  const diag::Source* source = span ? sources_.find(span) : nullptr;
  if (source == nullptr) return 0;
  std::vector<std::uint32_t>& starts = starts_[source];
  if (starts.empty()) {
    starts.push_back(0);
    for (std::uint32_t at = 0; at < source->text.size(); ++at) {
      if (source->text[at] == '\n') starts.push_back(at + 1);
    }
  }
  const auto after = std::upper_bound(starts.begin(), starts.end(), span.begin - source->base);
  return after - starts.begin();
}

std::string_view folder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

std::string_view patch_file(std::string_view patch_path) {
  const std::size_t colon = patch_path.find("://");
  return colon == std::string_view::npos ? patch_path : patch_path.substr(colon + 3);
}

namespace {

/// Copies a quoted part that begins at `at`; its end. A doubled quote is part of it.
std::size_t copy_quoted(std::string_view sql, std::size_t at, std::string& out) {
  const char quote = sql[at];
  out += sql[at++];
  while (at < sql.size()) {
    out += sql[at];
    if (sql[at++] != quote) continue;
    if (at >= sql.size() || sql[at] != quote) break;
    out += sql[at++];
  }
  return at;
}

/// Leaves out what ends with `end`, but for its line breaks.
std::size_t skip_comment(std::string_view sql, std::size_t at, std::string_view end,
                         std::string& out) {
  const std::size_t found = sql.find(end, at + 2);
  const std::size_t stop = found == std::string_view::npos ? sql.size() : found + end.size();
  for (; at < stop; ++at) {
    if (sql[at] == '\n') out += '\n';
  }
  out += ' ';
  return stop;
}

}  // namespace

std::string without_comments(std::string_view sql) {
  std::string out;
  out.reserve(sql.size());
  for (std::size_t at = 0; at < sql.size();) {
    const std::string_view two = sql.substr(at, 2);
    if (two == "{#") {
      at = skip_comment(sql, at, "#}", out);
    } else if (two == "/*") {
      at = skip_comment(sql, at, "*/", out);
    } else if (two == "--") {
      while (at < sql.size() && sql[at] != '\n') ++at;
    } else if (sql[at] == '\'' || sql[at] == '"') {
      at = copy_quoted(sql, at, out);
    } else {
      out += sql[at++];
    }
  }
  return out;
}

}  // namespace floe::policy
