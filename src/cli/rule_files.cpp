// SPDX-License-Identifier: Apache-2.0
#include "cli/rule_files.h"

#include "base/hash.h"
#include "base/result.h"

#include <fmt/core.h>

#include <utility>

namespace floe::cli {

namespace {

constexpr std::size_t kMostRuleBytes = 1U << 20;

Result<std::string> read_rule_file(const fs::path& folder, const fs::path& relative) {
  if (relative.is_absolute() || relative.string().starts_with("..")) {
    return fail(ErrorKind::kUsage, "it leaves the folder");
  }
  return read_file(folder / relative, kMostRuleBytes);
}

}  // namespace

std::map<std::string, std::string> embed_rule_files(value::Value& document, const fs::path& folder,
                                                    std::string_view name, diag::Sink& sink) {
  std::map<std::string, std::string> inputs;
  value::Value* governance = document.edit("governance");
  value::Value* rules = governance == nullptr ? nullptr : governance->edit("custom_rules");
  if (rules == nullptr || !rules->is_list()) return inputs;
  for (value::Value& rule : rules->edit_list()) {
    const value::Value* file = rule.find("sql_file");
    if (file == nullptr || !file->is_string()) continue;
    const fs::path relative = fs::path(file->as_string()).lexically_normal();
    auto sql = read_rule_file(folder, relative);
    if (!sql) {
      sink.error(
          "C042",
          fmt::format("sql_file '{}' cannot be read: {}", file->as_string(), describe(sql.error())),
          file->span, fmt::format("name a file in the folder of {}", name));
      continue;
    }
    inputs[relative.generic_string()] = sha256_hex(*sql);
    value::Value text(std::move(*sql));
    text.span = file->span;
    rule.erase("sql_file");
    rule.set("sql", std::move(text));
  }
  return inputs;
}

}  // namespace floe::cli
