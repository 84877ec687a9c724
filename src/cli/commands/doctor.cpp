// SPDX-License-Identifier: Apache-2.0
// `floe doctor`: what floe needs on this machine, and whether it is there.
#include "base/install_paths.h"
#include "base/process.h"
#include "base/term.h"
#include "base/version.h"
#include "cli/product.h"
#include "cli/report.h"
#include "dbt/adapter/duckdb.h"
#include "value/json.h"

#include <dlfcn.h>
#include <fmt/core.h>

namespace floe::cli {

namespace {

using value::Value;

enum class Health { kFine, kMissing, kOptional };

/// One thing that was looked at.
struct Finding {
  std::string what;
  Health health = Health::kFine;
  std::string detail;
  std::string help;
};

Finding check_duckdb() {
  const auto database = dbt::Database::open(":memory:");
  if (!database) {
    return {"DuckDB", Health::kMissing, describe(database.error()), database.error().hint};
  }
  return {"DuckDB", Health::kFine, database->library_version(), ""};
}

Finding check_macros() {
  for (const char* package : {"dbt/dbt", "dbt/dbt_duckdb"}) {
    if (find_data_file(package)) continue;
    return {"dbt's macro packages", Health::kMissing, fmt::format("{} is not found", package),
            "set FLOE_HOME to the folder with floe's data files"};
  }
  return {"dbt's macro packages", Health::kFine, find_data_file("dbt")->string(), ""};
}

Finding check_curl() {
  void* library = ::dlopen("libcurl.so.4", RTLD_LAZY | RTLD_LOCAL);
  if (library == nullptr) {
    return {"libcurl", Health::kMissing, "cannot be loaded", "install libcurl4"};
  }
  ::dlclose(library);
  return {"libcurl", Health::kFine, "", ""};
}

Finding check_program(const char* name, const char* purpose) {
  const auto path = find_program(name);
  if (!path) return {name, Health::kOptional, "not installed", purpose};
  return {name, Health::kFine, path->string(), ""};
}

std::vector<Finding> check_product() {
  std::vector<Finding> findings;
  if (!in_product(".")) return findings;
  const Result<OpenProduct> opened = open_product(".");
  if (!opened)
    return {{"floe.yaml", Health::kMissing, describe(opened.error()), opened.error().hint}};
  if (opened->sink->has_errors()) {
    return {{"floe.yaml", Health::kMissing, "has mistakes", "floe compile lists them"}};
  }
  findings.push_back({"floe.yaml", Health::kFine, opened->product.name, ""});
  ProductOptions options;
  options.lock = core::LockUse::kIgnore;
  const auto platform = open_platform(*opened, options);
  if (!platform) {
    findings.push_back(
        {"platform", Health::kMissing, describe(platform.error()), platform.error().hint});
  } else {
    findings.push_back({"platform", Health::kFine,
                        fmt::format("{} v{}", platform->platform.name, platform->platform.version),
                        ""});
  }
  return findings;
}

void print_findings(const Output& output, const std::vector<Finding>& findings) {
  for (const Finding& finding : findings) {
    const bool fine = finding.health == Health::kFine;
    const std::string_view sign = fine ? "✓" : finding.health == Health::kMissing ? "✗" : "-";
    const Style style = fine                                 ? Style::kGreen
                        : finding.health == Health::kMissing ? Style::kRed
                                                             : Style::kDim;
    std::string line = styled(sign, style, output.color_out) + " " + finding.what;
    if (!finding.detail.empty()) line += ": " + finding.detail;
    if (!finding.help.empty()) line += " (" + finding.help + ")";
    print_line(line);
  }
}

void print_findings_json(const std::vector<Finding>& findings) {
  Value list = Value::list();
  for (const Finding& finding : findings) {
    Value entry = Value::map();
    entry.set("what", finding.what);
    entry.set("health", finding.health == Health::kFine      ? "fine"
                        : finding.health == Health::kMissing ? "missing"
                                                             : "optional");
    entry.set("detail", finding.detail);
    if (!finding.help.empty()) entry.set("help", finding.help);
    list.push(std::move(entry));
  }
  print_line(value::write_json(list, 2));
}

int run_doctor(const Args& args) {
  const Output output = output_of(args);
  std::vector<Finding> findings = {{"floe", Health::kFine, std::string(version()), ""},
                                   check_duckdb(),
                                   check_macros(),
                                   check_curl(),
                                   check_program("git", "for packages from git"),
                                   check_program("kubectl", "for clusters"),
                                   check_program("helm", "for clusters")};
  for (Finding& finding : check_product()) findings.push_back(std::move(finding));
  if (args.value_or("format", "text") == "json") {
    print_findings_json(findings);
  } else {
    print_findings(output, findings);
  }
  for (const Finding& finding : findings) {
    if (finding.health == Health::kMissing) return exit_code(ErrorKind::kEnvironment);
  }
  return 0;
}

}  // namespace

const Command command_doctor = {
    .path = "doctor",
    .summary = "Check that what floe needs is there",
    .details = "Exit code 3 if something is missing.",
    .options = {format_option()},
    .positionals = {},
    .run = run_doctor,
};

}  // namespace floe::cli
