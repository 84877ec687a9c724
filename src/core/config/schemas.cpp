// SPDX-License-Identifier: Apache-2.0
#include "core/config/schemas.h"

#include "core/config/data_product.h"
#include "core/config/manifest.h"
#include "core/config/migration_plan.h"
#include "core/contract/contract.h"
#include "core/trust/policy.h"
#include "value/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace floe::config {

namespace {

using namespace value;  // the schema vocabulary

Schema build_diagnostics_schema() {
  const auto place = [] {
    return object({
        required("line", integer(1), "Counted from 1."),
        required("column", integer(1), "Counted from 1, in code points."),
        field("byte", integer(0), "Offset in the file, if the file was read."),
    });
  };
  const auto location = [&] {
    return object({
        required("path", text(), "The file."),
        required("start", place(), "Where it begins."),
        required("end", place(), "Behind its last character."),
    });
  };
  const auto finding = object({
      required("code", text(), "Code of the rule or mistake; `floe explain` knows it."),
      required("severity", choice({"error", "warning", "note"}), "How bad it is."),
      required("message", text(), "What is wrong."),
      field("location", location(), "Where, if it is in a file."),
      required("labels",
               list_of(object({
                   required("text", text(), "What is there."),
                   required("location", location(), "Where."),
               })),
               "Further places that matter."),
      field("node", text(), "unique_id of the dbt node it is about."),
      field("event", text(), "What dbt calls the warning; names of --warn-error-options."),
      field("expected", text(), "What was expected."),
      field("platform", text(), "Which platform asks for it, and where it does."),
      field("help", text(), "What to do."),
      field("owner", text(), "Who answers questions about the rule."),
      field("waiver",
            object({
                required("until", text(), "The last day on which it holds."),
                required("owner", text(), "Who answers for it."),
                required("reason", text(), "Why it was granted."),
                required("severity", choice({"error", "warning"}), "The finding's without it."),
            }),
            "The platform's waiver that makes the finding a note."),
      required("notes", list_of(text()), "Further remarks."),
  });
  return object({
      required("format_version", integer(1, 1), "Version of this format."),
      field("floe_version", text(), "The floe that wrote it."),
      required("summary",
               object({
                   required("errors", integer(0), "How many errors."),
                   required("warnings", integer(0), "How many warnings."),
                   required("notes", integer(0), "How many notes."),
               }),
               "Counts."),
      required("diagnostics", list_of(finding), "The findings."),
  });
}

const Schema& diagnostics_schema() {
  static const Schema kSchema = build_diagnostics_schema();
  return kSchema;
}

constexpr auto kFormats = std::to_array<FileFormat>({
    {"manifest", "manifest.yaml",
     "What a platform team decides for everybody: tools, layers, rules (kind: Manifest).",
     manifest_schema},
    {"data-product", "floe.yaml",
     "What a data team builds on a platform: transforms, ports, schedules (kind: DataProduct).",
     data_product_schema},
    {"data-contract", "contract file",
     "What an output port promises, in floe's short form (kind: DataContract).",
     contract::short_form_schema},
    {"migration-plan", "migration plan",
     "What becomes of each model when an architecture changes (kind: MigrationPlan).",
     migration_plan_schema},
    {"trust-policy", "trust.yaml", "Whose signatures on platforms a consumer believes.",
     trust::trust_policy_schema},
    {"diagnostics", "diagnostics.json", "Findings, as `--format json` writes them.",
     diagnostics_schema},
});

}  // namespace

std::span<const FileFormat> file_formats() { return kFormats; }

const FileFormat* find_file_format(std::string_view name) {
  const auto found = std::find_if(kFormats.begin(), kFormats.end(),
                                  [&](const FileFormat& format) { return format.name == name; });
  return found == kFormats.end() ? nullptr : &*found;
}

std::string json_schema_text(const FileFormat& format) {
  const std::string id = fmt::format("https://floe.dev/schemas/v1/{}.schema.json", format.name);
  return write_json(json_schema(format.schema(), id, format.title, format.description), 2) + "\n";
}

}  // namespace floe::config
