// SPDX-License-Identifier: Apache-2.0
#include "core/config/fields.h"

#include "base/text.h"

#include <fmt/format.h>

namespace floe::config {

using namespace value;  // the schema vocabulary

Schema enforcement_schema() {
  return choice({"off", "warn", "strict"}).merged(Merge::kStricterOnly, Stricter::kLaterChoice);
}

Schema gate_action_schema() {
  return choice({"notify", "warn", "block"}).merged(Merge::kStricterOnly, Stricter::kLaterChoice);
}

Schema coverage_schema() { return number(0, 100).merged(Merge::kStricterOnly, Stricter::kHigher); }

Schema extended_names() { return list_of(filled_text()).unique().merged(Merge::kExtend); }

Schema strict_flag() { return boolean().merged(Merge::kStricterOnly, Stricter::kTrue); }

Schema filled_text() { return text().at_least(1); }

Schema plugin_name() {
  return text().matching("^[a-z0-9][a-z0-9_-]*$", "lower-case letters, digits, '_' and '-'");
}

Field api_version_field() {
  return required("apiVersion", choice({"floe.dev/v1"}), "Version of this file format.");
}

Field kind_field(std::string_view kind) {
  return required("kind", choice({std::string(kind)}), "What this file describes.");
}

Schema owner_schema() {
  return object({
      field("team", filled_text(), "Name of the team."),
      field("email", text(Form::kEmail), "Where the team is reached."),
      field("slack", filled_text(), "Channel of the team."),
  });
}

const std::vector<std::string>& plugin_categories() {
  static const std::vector<std::string> kCategories = {
      "compute", "orchestrator", "catalog", "storage",  "semantic_layer", "ingestion",
      "lineage", "telemetry",    "secrets", "identity", "quality",        "transform_runtime",
  };
  return kCategories;
}

namespace {

/// The kinds of file there are, with where they belong.
std::string_view file_of_kind(std::string_view kind) {
  if (kind == "Manifest") return "manifest.yaml";
  if (kind == "DataProduct") return "floe.yaml";
  return {};
}

}  // namespace

bool check_kind(const Value& document, std::string_view kind, diag::Sink& sink) {
  const std::string wanted = fmt::format("apiVersion: floe.dev/v1 and kind: {}", kind);
  if (!document.is_map()) {
    if (document.is_null() && !document.span) {
      sink.add({.code = "C012",
                .message = "the file is empty",
                .position = diag::Position{.path = std::string(file_of_kind(kind))},
                .expected = wanted});
    } else {
      sink.add({.code = "C011",
                .message = fmt::format("the file must be a mapping, not {}", document.kind_name()),
                .span = document.span,
                .expected = wanted});
    }
    return false;
  }
  const Value* found = document.find("kind");
  const bool known = found != nullptr && found->is_string();
  if (known && found->as_string() != kind) {
    const std::string_view home = file_of_kind(found->as_string());
    const std::string near = nearest(found->as_string(), {std::string(kind)});
    sink.add(
        {.code = "C016",
         .message = fmt::format("the file is of kind '{}', not '{}'", found->as_string(), kind),
         .span = found->span,
         .expected = wanted,
         .help = !home.empty()   ? fmt::format("a {} belongs in a {}", found->as_string(), home)
                 : !near.empty() ? fmt::format("did you mean '{}'?", near)
                                 : ""});
    return false;
  }
  const Value* version = document.find("apiVersion");
  if (version != nullptr && version->is_string() && version->as_string() != "floe.dev/v1") {
    sink.add({.code = "C016",
              .message = fmt::format("apiVersion '{}' is not known", version->as_string()),
              .span = version->span,
              .expected = "floe.dev/v1",
              .help = "a newer version may need a newer floe"});
    return false;
  }
  return true;
}

namespace {
void walk_idle_rules(const Value& value, const Schema& schema, const std::string& path,
                     diag::Sink& sink) {
  if (value.is_list() && schema.items != nullptr) {
    for (const Value& item : value.as_list()) walk_idle_rules(item, *schema.items, path, sink);
  }
  if (!value.is_map()) return;
  for (const Member& member : value.as_map()) {
    const Field* field = schema.find(member.key);
    const Schema* below = field != nullptr ? &field->schema : schema.items.get();
    if (below == nullptr || member.key.starts_with("x-")) continue;
    const std::string name = path + "." + member.key;
    if (name == "governance.waivers") continue;  // where it has no effect it is refused: C029
    if (below->has_effect) {
      walk_idle_rules(member.value, *below, name, sink);
      continue;
    }
    sink.add({.code = "C030",
              .severity = diag::Severity::kWarning,
              .message =
                  fmt::format("'{}' is checked, but this version of floe does not act on it", name),
              .span = member.key_span,
              .help = "do not rely on it; `floe schema` marks such fields with x-floe-effect"});
  }
}
}  // namespace

void report_idle_rules(const Value& document, const Schema& schema,
                       const std::vector<std::string>& sections, diag::Sink& sink) {
  for (const std::string& name : sections) {
    const Value* section = document.find(name);
    const Field* field = schema.find(name);
    if (section == nullptr || field == nullptr) continue;
    walk_idle_rules(*section, field->schema, name, sink);
  }
}

}  // namespace floe::config
