// SPDX-License-Identifier: Apache-2.0
// What governance.retention refers to, and whether its numbers fit together.
#include "core/config/references.h"

#include <fmt/format.h>

#include <optional>

namespace floe::config {

namespace {

using value::Member;
using value::Value;

const std::string kRetention = "governance.retention";

std::optional<std::int64_t> whole_days(const Value* days) {
  if (days == nullptr || !days->is_int()) return std::nullopt;
  return days->as_int();
}

diag::Span span_or(const Value* first, const Value* second) {
  return first != nullptr && first->span ? first->span
         : second != nullptr             ? second->span
                                         : diag::Span();
}

/// `min_days` of an entry, or of the default where it says nothing, is at most its `max_days`.
void check_range(const std::string& name, const Value& entry, const Value* general,
                 diag::Sink& sink) {
  const auto field = [&](std::string_view key) {
    const Value* own = entry.find(key);
    return own != nullptr || general == nullptr ? own : general->find(key);
  };
  const Value* least = field("min_days");
  const Value* most = field("max_days");
  const auto min = whole_days(least);
  const auto max = whole_days(most);
  if (!min || !max || *min <= *max) return;
  sink.add({.code = "C028",
            .message = fmt::format("{} is kept at least {} days, but at most {}", name, *min, *max),
            .span = span_or(entry.find("min_days"), most),
            .labels = {{most->span, "at most"}},
            .help = "lower min_days or raise max_days"});
}

/// What a tag of governance.classification says of its data's age.
void check_tag(const Value& document, const Member& tag, diag::Sink& sink) {
  const Value* cap =
      document.find_path("governance.classification.tags." + tag.key + ".retention_max_days");
  const auto most = whole_days(cap);
  if (!most) return;
  for (const char* key : {"max_days", "min_days"}) {
    const Value* own = tag.value.find(key);
    const auto days = whole_days(own);
    if (!days || *days <= *most) continue;
    sink.add({.code = "C028",
              .message = fmt::format("'{}.tags.{}.{}' is {}, but classification lets such data be "
                                     "kept for {} days at most",
                                     kRetention, tag.key, key, *days, *most),
              .span = own->span,
              .labels = {{cap->span, "retention_max_days of the tag"}},
              .help = "the shorter time counts: lower this one, or remove it"});
  }
}

/// Snapshots keep what was deleted until they expire.
void check_snapshots(const Value& document, diag::Sink& sink) {
  const Value* expire = document.find_path(kRetention + ".snapshots.expire_after_days");
  const auto days = whole_days(expire);
  if (!days) return;
  const auto check = [&](const std::string& name, const Value& entry) {
    const Value* most = entry.find("max_days");
    const auto max = whole_days(most);
    if (!max || *max >= *days) return;
    sink.add({.code = "C028",
              .message = fmt::format("{} is kept {} days at most, but snapshots hold it for {}",
                                     name, *max, *days),
              .span = expire->span ? expire->span : most->span,
              .labels = {{most->span, "at most"}},
              .help = "let snapshots expire no later than the data they hold"});
  };
  if (const Value* general = document.find_path(kRetention + ".default")) {
    check("data", *general);
  }
  for (const char* part : {"layers", "classifications", "tags"}) {
    for (const Member& member : manifest_members(document, kRetention + "." + part)) {
      check(fmt::format("'{}'", member.key), member.value);
    }
  }
}

}  // namespace

void check_retention(const Value& document, diag::Sink& sink) {
  const std::vector<std::string> layers = manifest_layers(document);
  check_known_keys(document, kRetention + ".layers", layers, "layer", sink);
  for (const Value& layer : manifest_items(document, kRetention + ".required_for")) {
    check_known_name(layer, layers, "layer", sink);
  }
  const std::vector<std::string> levels = manifest_levels(document);
  if (!levels.empty()) {
    check_known_keys(document, kRetention + ".classifications", levels, "classification level",
                     sink);
  }
  std::vector<std::string> tags;
  for (const Member& tag : manifest_members(document, "governance.classification.tags")) {
    tags.push_back(tag.key);
  }
  if (!tags.empty()) check_known_keys(document, kRetention + ".tags", tags, "tag", sink);
  const Value* general = document.find_path(kRetention + ".default");
  if (general != nullptr) check_range("data", *general, nullptr, sink);
  for (const char* part : {"layers", "classifications", "tags"}) {
    for (const Member& member : manifest_members(document, kRetention + "." + part)) {
      check_range(fmt::format("'{}'", member.key), member.value, general, sink);
    }
  }
  for (const Member& tag : manifest_members(document, kRetention + ".tags")) {
    check_tag(document, tag, sink);
  }
  check_snapshots(document, sink);
}

}  // namespace floe::config
