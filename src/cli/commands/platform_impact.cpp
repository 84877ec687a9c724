// SPDX-License-Identifier: Apache-2.0
#include "base/term.h"
#include "base/text.h"
#include "cli/platform.h"
#include "cli/product.h"
#include "cli/version_check.h"
#include "core/platform/load.h"
#include "value/json.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::cli {

namespace {

using value::Value;

/// What a new version would do to one product.
struct ProductImpact {
  fs::path folder;
  std::string name;
  std::string now;      // "acme-enterprise v1.4.0"
  std::string skipped;  // why it is not concerned; "" if it is
  VersionEffect effect;

  std::string word() const {
    if (!skipped.empty()) return "skipped";
    if (effect.breaks()) return "breaks";
    if (!effect.after.passed) return "failing";
    return effect.added.empty() ? "fine" : "warns";
  }
};

/// The version asked for: an unpublished manifest, or what the product's own registry has.
struct AskedVersion {
  std::string text;
  std::optional<core::Platform> unpublished;
};

Result<core::Platform> asked_platform(const OpenProduct& opened, const AskedVersion& asked,
                                      const core::LoadSettings& settings) {
  if (asked.unpublished) return *asked.unpublished;
  ProductOptions options;
  options.platform = asked.text;
  options.lock = core::LockUse::kIgnore;
  options.load = settings;
  return FLOE_TRY(open_platform(opened, options)).platform;
}

Result<ProductImpact> impact_on(const fs::path& folder, const AskedVersion& asked,
                                const core::LoadSettings& settings) {
  const OpenProduct opened = FLOE_TRY(open_product(folder));
  ProductImpact impact{folder, opened.product.name, "", "", {}};
  if (opened.sink->has_errors()) {
    impact.skipped = "its floe.yaml is wrong: run `floe compile` there";
    return impact;
  }
  ProductOptions options;
  options.lock = core::LockUse::kObey;
  options.load = settings;
  const core::Platform now = FLOE_TRY(open_platform(opened, options)).platform;
  impact.now = now.tier();
  const core::Platform then = FLOE_TRY(asked_platform(opened, asked, settings));
  if (then.name != now.name) {
    impact.skipped = "it is on another platform";
    return impact;
  }
  impact.effect = FLOE_TRY(compare_verdicts(folder, now, then));
  return impact;
}

void print_impact(const ProductImpact& impact, const Output& output) {
  const std::string word = impact.word();
  const Style style = word == "breaks" ? Style::kRed
                      : word == "fine" ? Style::kGreen
                                       : Style::kYellow;
  const auto& effect = impact.effect;
  const std::string what =
      !impact.skipped.empty()
          ? impact.skipped
          : fmt::format("{} new, {} gone", counted(effect.added.size(), "finding"),
                        effect.removed.size());
  print_line(fmt::format("  {} {} ({}) in {}: {}",
                         styled(fmt::format("{:<8}", word), style, output.color_out),
                         printable(impact.name), printable(impact.now),
                         printable(impact.folder.lexically_normal().generic_string()), what));
  for (const TestFinding& finding : effect.added) {
    print_line("             " + printable(finding_line(finding)));
  }
}

Value impact_json(const ProductImpact& impact) {
  Value entry = Value::map();
  entry.set("folder", impact.folder.generic_string());
  entry.set("product", impact.name);
  entry.set("now", impact.now);
  entry.set("impact", impact.word());
  if (!impact.skipped.empty()) entry.set("reason", impact.skipped);
  for (const auto& [key, findings] :
       {std::pair("added", &impact.effect.added), std::pair("removed", &impact.effect.removed)}) {
    entry.set(key, findings_json(*findings));
  }
  return entry;
}

/// The version of the command line; the exit code if it is a manifest that is wrong.
Result<int> read_asked(const Args& args, const Output& output, AskedVersion& asked) {
  asked.text = *args.positional(0);
  std::error_code error;
  if (!fs::exists(asked.text, error)) return 0;
  const CompiledManifest compiled =
      FLOE_TRY(compile_manifest_at(asked.text, output, {core::LockUse::kObey, args}));
  const int code = report_manifest(compiled, output, "text");
  if (code != 0) return code;
  asked.unpublished = FLOE_TRY(artifact::decode(compiled.package->files));
  asked.unpublished->digest = compiled.package->digest;
  return 0;
}

Result<int> platform_impact(const Args& args, const Output& output) {
  AskedVersion asked;
  if (const int code = FLOE_TRY(read_asked(args, output, asked)); code != 0) return code;
  const core::LoadSettings settings = FLOE_TRY(load_settings_of(args));
  std::vector<std::string> folders = args.values("products");
  if (folders.empty()) folders.emplace_back(".");
  std::vector<ProductImpact> impacts;
  for (const std::string& folder : folders) {
    for (const fs::path& product : FLOE_TRY(products_in(folder))) {
      impacts.push_back(FLOE_TRY(impact_on(product, asked, settings)));
    }
  }
  const auto breaking = static_cast<std::size_t>(
      std::count_if(impacts.begin(), impacts.end(),
                    [](const ProductImpact& impact) { return impact.effect.breaks(); }));
  if (args.value_or("format", "text") == "json") {
    Value list = Value::list();
    for (const ProductImpact& impact : impacts) list.push(impact_json(impact));
    Value document = Value::map();
    document.set("format_version", 1);
    document.set("version", asked.text);
    document.set("breaks", static_cast<std::int64_t>(breaking));
    document.set("products", std::move(list));
    print_line(value::write_json(document, 2));
  } else {
    print_line("Impact of " + printable(asked.text));
    for (const ProductImpact& impact : impacts) print_impact(impact, output);
    print_line(fmt::format("{}, {} would break", counted(impacts.size(), "product"), breaking));
  }
  return breaking > 0 ? 1 : 0;
}

int run_platform_impact(const Args& args) {
  const Output output = output_of(args);
  const Result<int> code = platform_impact(args, output);
  return code ? *code : report_error(output, code.error());
}

}  // namespace

const Command command_platform_impact = {
    .path = "platform impact",
    .summary = "Show which data products another version would break, and how",
    .details =
        "Compiles each product against the platform it is on now and against another version; "
        "what only the other version finds is listed. No floe.yaml and no floe.lock changes. A "
        "product that fails already is told as `failing`. Exit code 1: a product would break.\n\n"
        "  floe platform impact v1.3.0 --products ../orders ../payments\n"
        "  floe platform impact manifest.yaml --products ../products",
    .options = {{.name = "products",
                 .takes = Takes::kValues,
                 .value_name = "DIR",
                 .help = "Folders of data products, or folders that hold some",
                 .fallback = "."},
                format_option()},
    .positionals = {{.name = "VERSION",
                     .help = "A version (v1.3.0) in each product's registry, a whole reference, "
                             "or an unpublished manifest.yaml or its folder",
                     .required = true}},
    .run = run_platform_impact,
};

}  // namespace floe::cli
