// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "cli/platform.h"
#include "cli/product.h"
#include "value/json.h"

#include <fmt/core.h>

namespace floe::cli {

namespace {

constexpr std::string_view kDefaultFolder = "target/platform";

/// Writes the artifact's files; of what lies in the folder otherwise nothing is touched.
Status write_artifact(const artifact::Package& package, const fs::path& folder) {
  for (const auto& [path, bytes] : package.files) FLOE_CHECK(write_output(folder / path, bytes));
  return {};
}

void print_compiled(const CompiledManifest& compiled, const std::string& folder) {
  const core::Platform& platform = *compiled.platform;
  print_line(fmt::format("Compiled {} v{}", platform.name, platform.version));
  print_line("Digest: " + compiled.package->digest);
  print_line(fmt::format("Output: {}", folder));
  for (const auto& [path, bytes] : compiled.package->files) print_line("  " + path);
}

void print_compiled_json(const CompiledManifest& compiled, const std::string& folder) {
  value::Value files = value::Value::list();
  for (const auto& [path, bytes] : compiled.package->files) files.push(path);
  value::Value document = value::Value::map();
  document.set("format_version", 1);
  document.set("name", compiled.platform->name);
  document.set("version", compiled.platform->version);
  document.set("digest", compiled.package->digest);
  document.set("output", folder);
  document.set("files", std::move(files));
  print_line(value::write_json(document, 2));
}

int run_platform_compile(const Args& args) {
  const Output output = output_of(args);
  const std::string format = args.value_or("format", "text");
  const Result<CompiledManifest> compiled = compile_manifest(args, output);
  if (!compiled) return report_error(output, compiled.error());
  const bool failed = compiled->sink->has_errors();
  const int code = report_manifest(*compiled, output, failed ? format : "text");
  if (failed) return code;
  const std::string folder = args.value_or("output", kDefaultFolder);
  if (const Status written = write_artifact(*compiled->package, folder); !written) {
    return report_error(output, written.error());
  }
  if (format == "json") print_compiled_json(*compiled, folder);
  else print_compiled(*compiled, folder);
  return 0;
}

}  // namespace

const Command command_platform_compile = {
    .path = "platform compile",
    .summary = "Check manifest.yaml and write the platform's artifact files",
    .details =
        "The files are the same bytes for the same manifest, whoever compiles it and where: that "
        "is what the digest stands for. Exit code 2: the manifest is wrong.",
    .options = {manifest_option(),
                locked_option(),
                {.name = "output",
                 .letter = 'o',
                 .takes = Takes::kValue,
                 .value_name = "DIR",
                 .help = "Where the files go",
                 .fallback = kDefaultFolder},
                format_option()},
    .positionals = {},
    .run = run_platform_compile,
};

}  // namespace floe::cli
