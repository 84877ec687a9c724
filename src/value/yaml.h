// SPDX-License-Identifier: Apache-2.0
// Reads YAML into Values with exact positions, through libyaml's events.
#pragma once

#include "diag/diagnostic.h"
#include "diag/source.h"
#include "value/value.h"

#include <string>
#include <string_view>
#include <vector>

namespace floe::value {

/// Which scalars are what. kCore is YAML 1.2's core schema (floe's own files); kYaml11 resolves as
/// PyYAML's SafeLoader does (dbt's files: `yes` is true, `010` is 8, `1:30` is 90, `<<` merges).
enum class YamlSchema { kCore, kYaml11 };

/// A key that a mapping has more than once, where it stands again.
struct DuplicateKey {
  std::string key;
  diag::Span span;
  diag::Span first;
};

/// How a reader treats what the two kinds of file see differently.
struct YamlOptions {
  YamlSchema schema = YamlSchema::kCore;
  bool duplicate_keys_are_errors = true;  // dbt's files: false, the last one wins
  /// Gets the keys that PyYAML's users would call doubled: also those that a `<<` behind them
  /// brings, but none of a mapping that begins with `<<`.
  std::vector<DuplicateKey>* duplicates = nullptr;
  bool stripped = false;  // dbt's files: white space around the whole text is no part of it
  std::size_t max_depth = 128;
  std::size_t max_nodes = 5'000'000;        // after expanding aliases
  std::size_t max_aliased_nodes = 500'000;  // of these from aliases: bounds alias bombs
};

/// Parses one document. Every mistake becomes a diagnostic (codes C001…C009) in `sink`; the result
/// is null then. An empty document is null without a diagnostic.
Value read_yaml(const diag::Source& source, const YamlOptions& options, diag::Sink& sink);

}  // namespace floe::value
