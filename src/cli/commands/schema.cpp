// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "cli/command.h"
#include "cli/report.h"
#include "core/config/schemas.h"

#include <fmt/core.h>

#include <string>
#include <vector>

namespace floe::cli {

namespace {

int run_schema(const Args& args) {
  const auto name = args.positional(0);
  if (!name) {
    for (const config::FileFormat& format : config::file_formats()) {
      print_line(fmt::format("{:<14} {:<18} {}", format.name, format.title, format.description));
    }
    return 0;
  }
  // The names in files are taken, too: Manifest, DataProduct, DataContract.
  std::string wanted = to_lower(*name);
  if (wanted == "dataproduct") wanted = "data-product";
  if (wanted == "datacontract") wanted = "data-contract";
  if (const config::FileFormat* format = config::find_file_format(wanted)) {
    print(config::json_schema_text(*format));
    return 0;
  }
  std::vector<std::string> known;
  for (const config::FileFormat& format : config::file_formats()) known.emplace_back(format.name);
  const std::string near = nearest(wanted, known);
  return report_error(args, Error{ErrorKind::kUsage, fmt::format("there is no schema '{}'", *name),
                                  near.empty() ? "there are " + list_and(known)
                                               : fmt::format("did you mean '{}'?", near),
                                  nullptr});
}

}  // namespace

const Command command_schema = {
    .path = "schema",
    .summary = "Print the JSON Schema of a file format",
    .details =
        "Draft 2020-12, made from the very declaration that floe reads the file with. Without a "
        "name, lists the formats.\n\nEditors complete and check with it:\n\n  floe schema "
        "manifest > manifest.schema.json\n  # yaml-language-server: "
        "$schema=manifest.schema.json   (first line of manifest.yaml)",
    .options = {},
    .positionals = {{.name = "FORMAT", .help = "manifest, data-product, data-contract, …"}},
    .run = run_schema,
};

}  // namespace floe::cli
