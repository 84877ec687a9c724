// SPDX-License-Identifier: Apache-2.0
#include "cli/access_report.h"

#include "base/text.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::cli {

using core::AccessAnswer;
using core::AccessColumn;
using core::AccessGrant;
using core::AccessModel;
using core::AccessWay;
using value::Value;

namespace {

const std::string kAccessDefault = "governance.access_control.default";

std::string class_of(const AccessModel& access, const AccessColumn& column) {
  if (column.level < 0) return column.unknown ? "unknown" : "-";
  std::string level = access.levels().at(static_cast<std::size_t>(column.level));
  return column.unknown ? "at least " + level : level;
}

std::string verdict_text(const ColumnVerdict& verdict) {
  if (!verdict.reads) return "no: " + verdict.why;
  return verdict.mask.empty() ? "read" : "masked by " + verdict.mask;
}

std::string place_of_target(const AccessQuestion& question) {
  std::vector<std::string> parts;
  if (!question.target.layer.empty()) parts.push_back("layer " + question.target.layer);
  parts.push_back(question.target.name_space.empty() ? "no namespace known"
                                                     : "namespace " + question.target.name_space);
  return join(parts, ", ");
}

std::string headline(const AccessQuestion& question, const AccessAnswer& answer) {
  const std::string what = fmt::format("{} ({})", question.table, place_of_target(question));
  if (answer.ways.empty()) return fmt::format("{} may not read {}", question.who, what);
  return fmt::format("{} may read {}{}", question.who, answer.may_write() ? "and write " : "",
                     what);
}

/// "grant 2 of governance.access_control: analyst may READ in layer gold".
std::string grant_text(const AccessGrant& grant) {
  const std::string_view own = "governance.access_control.grants";
  const std::string of = grant.setting == own ? "governance.access_control" : grant.setting;
  return fmt::format("grant {} of {}: {} may {}", grant.number, of, grant.role, grant.words());
}

std::string way_text(const core::Platform& platform, const AccessWay& way) {
  std::string text;
  if (way.grant != nullptr) {
    text = fmt::format("  by {}\n    {}\n", grant_text(*way.grant),
                       platform.set_at(way.grant->setting));
  } else if (platform.access_control.empty()) {
    text = "  by default: the platform sets no access control\n";
  } else {
    text =
        fmt::format("  by default: nothing is denied\n    {}\n", platform.set_at(kAccessDefault));
  }
  if (way.roles.size() > 1) text += fmt::format("    {}\n", join(way.roles, " inherits "));
  for (const core::RowFilter* filter : way.filters) {
    text += fmt::format("    rows where {} (filter of {})\n", filter->condition, filter->role);
  }
  for (const core::ColumnMask* mask : way.masks) {
    const std::string of = mask->tag.empty()     ? mask->level + " and above"
                           : mask->level.empty() ? mask->tag
                                                 : mask->tag + " of " + mask->level + " and above";
    text +=
        fmt::format("    columns of {} masked by {} (mask of {})\n", of, mask->mask, mask->role);
  }
  return text;
}

std::string columns_text(const AccessModel& access, const AccessQuestion& question,
                         const AccessAnswer& answer) {
  if (!question.has_columns) return "";
  if (question.columns.empty()) return "columns\n  none is known\n";
  std::size_t name_width = 0;
  std::size_t class_width = 0;
  for (const AccessColumn& column : question.columns) {
    name_width = std::max(name_width, display_width(column.name));
    class_width = std::max(class_width, display_width(class_of(access, column)));
  }
  std::string text = "columns\n";
  for (const AccessColumn& column : question.columns) {
    const std::string level = class_of(access, column);
    const std::vector<std::string> tags(column.tags.begin(), column.tags.end());
    text += fmt::format("  {}{}  {}{}  {}{}\n", column.name,
                        std::string(name_width - display_width(column.name), ' '), level,
                        std::string(class_width - display_width(level), ' '),
                        verdict_text(column_verdict(access, answer, column)),
                        tags.empty() ? "" : fmt::format(" ({})", join(tags, ", ")));
  }
  return text;
}

std::string why_not(const core::Platform& platform, const AccessModel& access,
                    const AccessQuestion& question, const AccessAnswer& answer) {
  if (platform.access_control.empty()) return "";
  std::string text;
  if (answer.ways.empty() && answer.obstacles.empty()) {
    text += fmt::format("  {} has no grant\n", list_or(question.roles));
  }
  for (const core::AccessObstacle& each : answer.obstacles) {
    text += fmt::format("  not by {}, but {}\n    {}\n", grant_text(*each.grant), each.why,
                        platform.set_at(each.grant->setting));
  }
  if (answer.ways.empty() && access.denies_by_default()) {
    text += fmt::format("  and what is not granted is denied\n    {}\n",
                        platform.set_at(kAccessDefault));
  }
  return text;
}

Value grant_document(const core::Platform& platform, const AccessGrant& grant) {
  Value entry = Value::map();
  entry.set("setting", grant.setting);
  entry.set("number", static_cast<std::int64_t>(grant.number));
  entry.set("set_at", platform.set_at(grant.setting));
  entry.set("role", grant.role);
  entry.set("access", grant.writes ? "READ_WRITE" : "READ");
  const auto limit = [&](const char* key, const std::string& text) {
    if (!text.empty()) entry.set(key, text);
  };
  limit("namespace", grant.name_space);
  limit("layer", grant.layer);
  limit("classification", grant.level);
  return entry;
}

Value way_document(const core::Platform& platform, const AccessWay& way) {
  Value entry = Value::map();
  entry.set("grant", way.grant == nullptr ? Value() : grant_document(platform, *way.grant));
  entry.set("roles", Value::texts(way.roles));
  Value filters = Value::list();
  for (const core::RowFilter* filter : way.filters) {
    Value each = Value::map();
    each.set("role", filter->role);
    each.set("table", filter->table);
    each.set("condition", filter->condition);
    filters.push(std::move(each));
  }
  entry.set("row_filters", std::move(filters));
  Value masks = Value::list();
  for (const core::ColumnMask* mask : way.masks) {
    Value each = Value::map();
    each.set("role", mask->role);
    if (!mask->tag.empty()) each.set("tag", mask->tag);
    if (!mask->level.empty()) each.set("classification", mask->level);
    each.set("mask", mask->mask);
    masks.push(std::move(each));
  }
  entry.set("column_masks", std::move(masks));
  return entry;
}

Value column_document(const AccessModel& access, const AccessAnswer& answer,
                      const AccessColumn& column) {
  const ColumnVerdict verdict = column_verdict(access, answer, column);
  Value entry = Value::map();
  entry.set("name", column.name);
  entry.set("classification",
            column.level < 0 ? Value()
                             : Value(access.levels().at(static_cast<std::size_t>(column.level))));
  entry.set("tags", Value::texts({column.tags.begin(), column.tags.end()}));
  entry.set("fully_known", !column.unknown);
  entry.set("read", verdict.reads);
  if (!verdict.mask.empty()) entry.set("mask", verdict.mask);
  if (!verdict.why.empty()) entry.set("why", verdict.why);
  return entry;
}

}  // namespace

ColumnVerdict column_verdict(const AccessModel& access, const AccessAnswer& answer,
                             const AccessColumn& column) {
  ColumnVerdict verdict;
  int most = -1;
  for (const AccessWay& way : answer.ways) {
    if (!access.covers(way, column)) {
      const auto& levels = access.levels();
      const auto at = std::find(levels.begin(), levels.end(), way.grant->level);
      most = std::max(most, static_cast<int>(at - levels.begin()));
      continue;
    }
    const std::string mask = access.mask_of(way, column);
    if (!verdict.reads || mask.empty()) verdict.mask = mask;
    verdict.reads = true;
    if (mask.empty()) return verdict;
  }
  if (verdict.reads) return verdict;
  verdict.why = "no grant is for the table";
  const bool is_level = most >= 0 && most < static_cast<int>(access.levels().size());
  if (is_level) {
    verdict.why = "more sensitive than " + access.levels().at(static_cast<std::size_t>(most));
  }
  return verdict;
}

std::string access_text(const core::Platform& platform, const AccessModel& access,
                        const AccessQuestion& question) {
  const AccessAnswer answer = access.answer(question.roles, question.target);
  std::string text = headline(question, answer) + "\n";
  if (question.is_group) {
    text += fmt::format("  group {} has {}\n", question.who, list_and(question.roles));
  }
  for (const AccessWay& way : answer.ways) text += way_text(platform, way);
  text += why_not(platform, access, question, answer);
  return text + columns_text(access, question, answer);
}

Value access_document(const core::Platform& platform, const AccessModel& access,
                      const AccessQuestion& question) {
  const AccessAnswer answer = access.answer(question.roles, question.target);
  Value ways = Value::list();
  for (const AccessWay& way : answer.ways) ways.push(way_document(platform, way));
  Value obstacles = Value::list();
  for (const core::AccessObstacle& each : answer.obstacles) {
    Value entry = Value::map();
    entry.set("grant", grant_document(platform, *each.grant));
    entry.set("why", each.why);
    obstacles.push(std::move(entry));
  }
  Value columns = Value::list();
  for (const AccessColumn& column : question.columns) {
    columns.push(column_document(access, answer, column));
  }
  Value out = Value::map();
  out.set("format_version", 1);
  out.set("platform", platform.tier());
  out.set("who", question.who);
  out.set("kind", question.is_group ? "group" : "role");
  out.set("roles", Value::texts(question.roles));
  out.set("table", question.table);
  const auto name_or_null = [](const std::string& name) {
    return name.empty() ? Value() : Value(name);
  };
  out.set("layer", name_or_null(question.target.layer));
  out.set("namespace", name_or_null(question.target.name_space));
  out.set("default", access.denies_by_default() ? "deny" : "allow");
  out.set("read", !answer.ways.empty());
  out.set("write", answer.may_write());
  out.set("ways", std::move(ways));
  out.set("columns", std::move(columns));
  out.set("obstacles", std::move(obstacles));
  return out;
}

}  // namespace floe::cli
