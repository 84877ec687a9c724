// SPDX-License-Identifier: Apache-2.0
// Reads configuration from texts and tells the findings as short lines.
#pragma once

#include "base/files.h"
#include "core/config/data_product.h"
#include "core/config/manifest.h"
#include "diag/render.h"

#include <fmt/format.h>

#include <string>
#include <vector>

namespace floe::config {

struct ReadBack {
  diag::SourceMap sources;
  diag::Sink sink;
  Manifest manifest;
  DataProduct product;

  /// "C010 3:5 unknown key 'x' [help]" for each finding, in order.
  std::vector<std::string> findings() const {
    std::vector<std::string> lines;
    for (const diag::Diagnostic& found : sink.sorted()) {
      const auto position = sources.locate(found.span);
      lines.push_back(fmt::format("{} {}:{} {}{}", found.code, position ? position->line : 0,
                                  position ? position->column : 0, found.message,
                                  found.help.empty() ? "" : " [" + found.help + "]"));
    }
    return lines;
  }
  /// The codes alone.
  std::vector<std::string> codes() const {
    std::vector<std::string> codes;
    for (const diag::Diagnostic& found : sink.sorted()) codes.push_back(found.code);
    return codes;
  }
};

inline std::string seed_file(const std::string& name) {
  return read_file(fs::path(FLOE_SOURCE_DIR) / "tests/unit/core/data/seed" / name).value();
}

inline std::unique_ptr<ReadBack> manifest_of(std::string text) {
  auto back = std::make_unique<ReadBack>();
  const auto& source = back->sources.add("manifest.yaml", std::move(text));
  back->manifest = read_manifest(source, back->sink);
  return back;
}

inline std::unique_ptr<ReadBack> product_of(std::string text) {
  auto back = std::make_unique<ReadBack>();
  const auto& source = back->sources.add("floe.yaml", std::move(text));
  back->product = read_data_product(source, back->sink);
  return back;
}

}  // namespace floe::config
