// SPDX-License-Identifier: Apache-2.0
#include "dbt/adapter/external.h"

#include "base/files.h"
#include "base/text.h"

#include <fmt/format.h>

namespace floe::dbt {

namespace {

/// format (and compression) from "data.csv.gz", unless they were given.
void infer_format(const std::string& location, jinja::Value& options) {
  if (options.has("format")) return;
  const fs::path path(location);
  std::string extension = to_lower(path.extension().string());
  std::string compression;
  if (extension == ".gz" || extension == ".zst") {
    compression = extension == ".gz" ? "gzip" : "zstd";
    extension = to_lower(path.stem().extension().string());
  }
  if (!extension.empty()) {
    options.set("format", jinja::Value(extension.substr(1)));
    if (!compression.empty() && !options.has("compression")) {
      options.set("compression", jinja::Value(compression));
    }
  } else {
    options.set("format", jinja::Value(options.has("delimiter") ? "csv" : "parquet"));
  }
}

}  // namespace

std::string write_options(const std::string& location, const jinja::Value& given) {
  // The macro reads the completed options back from the same dict.
  jinja::Value options = given;
  infer_format(location, options);
  if (options.get("format").to_str() == "csv" && !options.has("header")) {
    options.set("header", jinja::Value(1));
  }
  if (options.has("partition_by")) {
    const std::string columns = options.get("partition_by").to_str();
    if (contains(columns, ",") && !columns.starts_with("(")) {
      options.set("partition_by", jinja::Value("(" + columns + ")"));
    }
  }
  std::vector<std::string> parts;
  for (const auto& entry : options.as_dict()) {
    const std::string key = entry.key.to_str();
    const std::string text = entry.value.to_str();
    const std::string lower = to_lower(key);
    const bool quoted =
        lower == "delimiter" || lower == "quote" || lower == "escape" || lower == "null";
    parts.push_back(quoted && !text.starts_with("'") ? fmt::format("{} '{}'", key, text)
                                                     : fmt::format("{} {}", key, text));
  }
  return join(parts, ", ");
}

std::string read_location(const std::string& location, const jinja::Value& options) {
  const bool partitioned = options.get("partition_by").truthy();
  if (!partitioned && !options.get("per_thread_output").truthy()) return location;
  std::string glob = location + "/*";
  if (partitioned) {
    for ([[maybe_unused]] const auto& part : split(options.get("partition_by").to_str(), ',')) {
      glob += "/*";
    }
  }
  const std::string format = options.has("format") ? options.get("format").to_str() : "parquet";
  return glob + "." + format;
}

}  // namespace floe::dbt
