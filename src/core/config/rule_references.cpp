// SPDX-License-Identifier: Apache-2.0
// What rules of a platform's own refer to, and fields of governance and catalog that would do
// nothing by themselves. Values without a place are inherited: they were checked where they stand.
#include "core/config/references.h"
#include "core/contract/type.h"

#include <fmt/format.h>

namespace floe::config {

namespace {

using value::Member;
using value::Value;

/// A kind of rule without SQL, and the fields that say what it asks for.
struct RuleKind {
  std::string_view name;
  std::vector<std::string_view> needs;
};

const std::vector<RuleKind>& rule_kinds() {
  static const std::vector<RuleKind> kKinds = {
      {"require_meta", {"key"}},
      {"require_tag", {"tag"}},
      {"require_test", {"test"}},
      {"forbid_materialization", {"materialization"}},
      {"require_tags_for_prefix", {"prefix", "tags"}},
  };
  return kKinds;
}

void check_rule_kind(const Value& rule, diag::Sink& sink) {
  const Value* kind = rule.find("kind");
  if (kind == nullptr || !kind->is_string() || !kind->span) return;
  for (const RuleKind& known : rule_kinds()) {
    if (known.name != kind->as_string()) continue;
    for (const std::string_view field : known.needs) {
      if (rule.find(field) != nullptr) continue;
      sink.add({.code = "C012",
                .message = fmt::format("'governance.custom_rules.{}.{}' is missing",
                                       manifest_text(rule, "code"), field),
                .span = kind->span,
                .help = fmt::format("a rule of kind '{}' needs it", known.name)});
    }
  }
}

}  // namespace

void check_custom_rules(const Value& document, diag::Sink& sink) {
  const std::vector<std::string> layers = manifest_layers(document);
  for (const Value& rule : manifest_items(document, "governance.custom_rules")) {
    check_rule_kind(rule, sink);
    for (const Value& layer : manifest_items(rule, "layers")) {
      if (layer.span) check_known_name(layer, layers, "layer", sink);
    }
  }
}

void check_idle_classification(const Value& document, diag::Sink& sink) {
  const std::string base = "governance.classification.";
  const Value* layers = document.find_path(base + "required_for");
  if (layers != nullptr && layers->span && !layers->empty() && manifest_levels(document).empty()) {
    sink.add({.code = "C012",
              .message = fmt::format("'{}levels' is missing", base),
              .span = layers->span,
              .help = "required_for asks for one of the levels: list them, the least sensitive "
                      "first"});
  }
  std::vector<std::string> tags;
  for (const Member& tag : manifest_members(document, base + "tags")) tags.push_back(tag.key);
  for (const Value& hint : manifest_items(document, base + "auto_detect")) {
    if (!hint.is_map() || !hint.span) continue;
    // Where no tag is declared, any may be asked for.
    const Value* tag = hint.find("tag");
    if (tag != nullptr && !tags.empty()) check_known_name(*tag, tags, "classification tag", sink);
    if (tag != nullptr || hint.find("level") != nullptr) continue;
    sink.add({.code = "C012",
              .message = fmt::format("an entry of {}auto_detect needs 'tag' or 'level'", base),
              .span = hint.span,
              .help = "say what columns with such names should have"});
  }
}

void check_allowed_types(const Value& document, diag::Sink& sink) {
  for (const Value& type : manifest_items(document, "catalog.schema_registry.allowed_types")) {
    if (!type.is_string() || !type.span) continue;
    if (contract::parse_type(type.as_string()).family != contract::Family::kUnknown) continue;
    sink.add({.code = "C027",
              .message = fmt::format("'{}' is no SQL type that floe knows", type.as_string()),
              .span = type.span,
              .expected = "a type as DuckDB or PostgreSQL names it, such as integer, decimal(9,2), "
                          "varchar, date"});
  }
}

}  // namespace floe::config
