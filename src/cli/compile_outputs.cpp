// SPDX-License-Identifier: Apache-2.0
#include "cli/compile_outputs.h"

#include "base/hash.h"
#include "base/version.h"
#include "dbt/columns/lineage_json.h"
#include "dbt/manifest/write_manifest.h"
#include "diag/render.h"
#include "policy/report/report_page.h"
#include "value/json.h"

#include <fmt/core.h>

#include <utility>

namespace floe::cli {

using value::Value;

namespace {

/// Digest over every file of the project as floe read it; order and place do not matter.
std::string project_digest(const dbt::Project& project) {
  std::string text;
  for (const auto& [id, node] : project.nodes) {
    text += fmt::format("{} {} {}\n", id, node->checksum.checksum,
                        xxh128_hex(value::write_json(node->config)));
  }
  for (const auto& [id, macro] : project.macros) {
    text += fmt::format("{} {}\n", id, xxh128_hex(macro->macro_sql));
  }
  return "sha256:" + sha256_hex(text);
}

Value transform_summary(const CompiledTransform& compiled) {
  Value entry = Value::map();
  entry.set("project", compiled.loaded.project.name);
  entry.set("digest", project_digest(compiled.loaded.project));
  entry.set("models", static_cast<std::int64_t>(compiled.outcome.models.size()));
  entry.set("columns", static_cast<std::int64_t>(compiled.outcome.total_columns));
  entry.set("covered_columns", static_cast<std::int64_t>(compiled.outcome.covered_columns));
  return entry;
}

}  // namespace

std::string dbt_manifest_text(const dbt::Loaded& loaded) {
  dbt::ManifestOptions options;
  options.info.invocation_id = loaded.session->invocation_id;
  options.info.started_at = dbt::artifact_time_now();
  options.quoting = loaded.root().quoting;
  return dbt::manifest_json(loaded.project, loaded.graph, options);
}

namespace {

Value compiled_document(const OpenProduct& opened, const CompileResult& result) {
  Value document = Value::map();
  document.set("schemaVersion", 1);
  document.set("floe", version());
  Value platform = Value::map();
  platform.set("name", result.platform.name);
  platform.set("version", result.platform.version);
  platform.set("digest", result.platform.digest);
  document.set("platform", std::move(platform));
  Value product = Value::map();
  product.set("name", opened.product.name);
  product.set("version", opened.product.version);
  document.set("product", std::move(product));
  document.set("passed", result.passed);
  document.set("errors", static_cast<std::int64_t>(opened.sink->errors()));
  document.set("warnings", static_cast<std::int64_t>(opened.sink->warnings()));
  Value transforms = Value::list();
  for (const CompiledTransform& compiled : result.transforms) {
    transforms.push(transform_summary(compiled));
  }
  document.set("transforms", std::move(transforms));
  document.set("digest", "sha256:" + sha256_hex(value::canonical_json(document)));
  return document;
}

std::string report_text(const OpenProduct& opened, const CompileResult& result,
                        const std::vector<diag::Diagnostic>& findings) {
  policy::ProductReport report;
  report.product = opened.product.name;
  report.version = opened.product.version;
  report.platform = result.platform.name;
  report.platform_version = result.platform.version;
  report.platform_digest = result.platform.digest;
  report.platform_owner = result.platform.owner;
  report.floe_version = version();
  report.passed = result.passed;
  for (const CompiledTransform& compiled : result.transforms) {
    report.transforms.push_back(compiled.report);
  }
  return policy::report_page(report, findings, *opened.sources);
}

}  // namespace

Result<std::vector<fs::path>> write_compile_outputs(const OpenProduct& opened,
                                                    const CompileResult& result) {
  std::vector<fs::path> written;
  const Value document = compiled_document(opened, result);
  const fs::path compiled_json = opened.target_path / "compiled.json";
  FLOE_CHECK(write_output(compiled_json, value::write_json(document, 2) + "\n"));
  written.push_back(compiled_json);
  const fs::path diagnostics = opened.target_path / "diagnostics.json";
  diag::RenderOptions options;
  options.version = version();
  const std::vector<diag::Diagnostic> findings = opened.sink->sorted(*opened.sources);
  FLOE_CHECK(write_output(diagnostics, diag::render_json(findings, *opened.sources, options)));
  written.push_back(diagnostics);
  const fs::path page = opened.target_path / "report.html";
  FLOE_CHECK(write_output(page, report_text(opened, result, findings)));
  written.push_back(page);
  for (const CompiledTransform& compiled : result.transforms) {
    const fs::path manifest = compiled.loaded.target_path / "manifest.json";
    FLOE_CHECK(write_output(manifest, dbt_manifest_text(compiled.loaded)));
    written.push_back(manifest);
    if (!compiled.columns) continue;
    const fs::path lineage = compiled.loaded.target_path / "lineage.json";
    FLOE_CHECK(write_output(lineage,
                            value::write_json(dbt::lineage_document(*compiled.columns), 1) + "\n"));
    written.push_back(lineage);
  }
  return written;
}

}  // namespace floe::cli
