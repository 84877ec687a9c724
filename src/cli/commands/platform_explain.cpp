// SPDX-License-Identifier: Apache-2.0
#include "base/term.h"
#include "base/text.h"
#include "cli/platform.h"
#include "cli/product.h"
#include "core/artifact/version.h"
#include "core/config/fields.h"
#include "core/platform/document.h"
#include "core/platform/effective.h"
#include "core/platform/explain.h"
#include "core/platform/load.h"
#include "core/platform/tighten_data.h"
#include "value/json.h"

#include <fmt/core.h>

namespace floe::cli {

namespace {

using core::ExplainedValue;
using core::Platform;
using core::Setting;
using core::TierDocument;
using value::Value;

/// What is explained, or the exit code of files that are wrong.
struct ExplainSubject {
  std::string name;  // "acme-sales v1.0.0"
  TierDocument tier;
  int failed = 0;
};

Result<ExplainSubject> subject_of(const Platform& platform) {
  if (platform.document.empty()) {
    return fail(
        ErrorKind::kEnvironment,
        fmt::format("{} was published by a floe that kept no effective manifest", platform.tier()),
        "ask its team to publish a new version with this floe");
  }
  return ExplainSubject{platform.tier(), {core::ordered_document(platform), platform.provenance}};
}

/// The platform of the data product that this folder is in, with what the product tightens.
Result<ExplainSubject> product_subject(const Args& args, const Output& output) {
  const OpenProduct opened = FLOE_TRY(open_product("."));
  if (opened.sink->has_errors()) {
    report_diagnostics(output, opened.sink->sorted(*opened.sources), *opened.sources);
    return ExplainSubject{"", {}, 2};
  }
  ProductOptions options;
  options.lock = core::LockUse::kObey;
  options.load = FLOE_TRY(load_settings_of(args));
  const core::LoadedPlatform loaded = FLOE_TRY(open_platform(opened, options));
  for (const std::string& text : loaded.warnings) warn(output, text);
  ExplainSubject subject = FLOE_TRY(subject_of(loaded.platform));
  const config::DataProduct& product = opened.product;
  if (product.tightenings.empty()) return subject;
  const Value asked = core::effective_tightenings(product);
  const core::LowerTier lower{fmt::format("{} v{}", product.name, product.version), asked,
                              core::set_locations(asked, *opened.sources)};
  // What it may not set is told by `floe compile`; here the platform's value counts.
  std::vector<core::Loosening> refused;
  subject.tier =
      core::put_tier(subject.tier, lower,
                     core::merge_rules_for(subject.tier.document, lower.document, ""), refused);
  subject.name = lower.name + " on " + subject.name;
  return subject;
}

Result<ExplainSubject> explain_subject(const Args& args, const Output& output) {
  std::error_code error;
  const std::optional<std::string> named = args.positional(1);
  const fs::path manifest = "manifest.yaml";
  if (!named && !fs::exists(manifest, error) && in_product(".")) {
    return product_subject(args, output);
  }
  const NamedPlatform read =
      FLOE_TRY(read_named_platform(args, named.value_or(manifest.string()), output));
  if (!read.platform) return ExplainSubject{"", {}, read.exit_code};
  return subject_of(*read.platform);
}

/// kUsage for a path that no manifest can have.
Status check_explained_path(const std::string& path) {
  const value::Schema* at = &config::manifest_schema();
  std::string known;
  for (const std::string_view name : split(path, '.')) {
    if (at->type == value::Schema::Type::kAny) return {};
    const value::Field* field = at->find(name);
    const bool is_map = at->type == value::Schema::Type::kMapOf;
    if (field == nullptr && !is_map) {
      std::vector<std::string> names;
      for (const value::Field& each : at->fields) names.push_back(each.name);
      const std::string near = nearest(name, names);
      return fail(ErrorKind::kUsage, fmt::format("no manifest has '{}'", path),
                  near.empty() ? (names.empty() ? "" : "there is " + list_and(names))
                               : fmt::format("did you mean '{}{}'?", known, near));
    }
    at = field != nullptr ? &field->schema : at->items.get();
    known += std::string(name) + ".";
  }
  return {};
}

std::string shown_value(const Value& value) {
  return value.is_string() ? value.as_string() : value::canonical_json(value);
}

std::string setting_text(const Setting& setting) {
  return setting.location.empty() ? setting.tier
                                  : fmt::format("{} at {}", setting.tier, setting.location);
}

void print_explained(const ExplainedValue& value) {
  print_line(printable(fmt::format("{}: {}", value.path, shown_value(value.value))));
  if (value.set_by.empty()) return print_line("  default");
  print_line("  set by " + printable(setting_text(value.set_by.back())));
  for (std::size_t i = value.set_by.size() - 1; i-- > 0;) {
    const Setting& above = value.set_by[i];
    print_line(
        printable(fmt::format("  over   {}: {}", setting_text(above), shown_value(above.value))));
  }
}

std::string explained_json(const std::string& name, const std::string& path,
                           const std::vector<ExplainedValue>& values) {
  Value list = Value::list();
  for (const ExplainedValue& each : values) {
    Value chain = Value::list();
    for (const Setting& setting : each.set_by) {
      Value entry = Value::map();
      entry.set("tier", setting.tier);
      entry.set("location", setting.location);
      entry.set("value", setting.value);
      chain.push(std::move(entry));
    }
    Value entry = Value::map();
    entry.set("path", each.path);
    entry.set("value", each.value);
    entry.set("set_by", std::move(chain));
    list.push(std::move(entry));
  }
  Value document = Value::map();
  document.set("format_version", 1);
  document.set("effective_in", name);
  document.set("path", path);
  document.set("values", std::move(list));
  return value::write_json(document, 2);
}

Result<int> explain_platform(const Args& args, const Output& output) {
  const std::string path = args.positional(0).value_or("");
  if (!path.empty()) FLOE_CHECK(check_explained_path(path));
  const ExplainSubject subject = FLOE_TRY(explain_subject(args, output));
  if (subject.failed != 0) return subject.failed;
  const auto values = core::explain_values(subject.tier, path);
  if (args.value_or("format", "text") == "json") {
    print_line(explained_json(subject.name, path, values));
    return 0;
  }
  if (values.empty()) {
    print_line(printable(fmt::format("{} sets nothing at {}", subject.name, path)));
    return 0;
  }
  print_line(printable("Effective in " + subject.name));
  for (const ExplainedValue& value : values) print_explained(value);
  return 0;
}

int run_platform_explain(const Args& args) {
  const Output output = output_of(args);
  const Result<int> code = explain_platform(args, output);
  return code ? *code : report_error(output, code.error());
}

}  // namespace

const Command command_platform_explain = {
    .path = "platform explain",
    .summary = "Show effective values and which tier set each of them",
    .details =
        "A value is set by the enterprise platform, by a domain, or tightened by a data product; "
        "the last one that set it counts, and what it was set over is listed below it. Of a "
        "manifest.yaml in this folder, else of the data product that this folder is in.\n\n"
        "  floe platform explain governance.quality_gates\n"
        "  floe platform explain data_architecture.layers.gold domains/sales\n"
        "  floe platform explain plugins oci://registry.acme.com/floe-platform:v1.2.3",
    .options = {registry_option(), format_option()},
    .positionals = {{.name = "PATH", .help = "Dotted path in a manifest; all of it if not given"},
                    {.name = "PLATFORM",
                     .help = "A manifest.yaml or its folder, a whole reference, or a version "
                             "(v1.2.3)"}},
    .run = run_platform_explain,
};

}  // namespace floe::cli
