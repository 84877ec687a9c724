// SPDX-License-Identifier: Apache-2.0
// Why an unchanged product compiles in milliseconds: what a compile printed is kept beside its
// inputs' fingerprint, and said again while neither has changed.
#pragma once

#include "base/files.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace floe::cli {

/// What a compile said and did; replayed word for word.
struct CompileMemory {
  int exit_code = 0;
  std::string out;  // stdout
  std::string err;  // stderr
};

/// What a compile depends on, besides the files of the product.
struct CompileInputs {
  fs::path product_dir;
  std::vector<fs::path> other_roots;  // dbt project outside the product, macro packages
  std::vector<fs::path> outputs;      // files the compile wrote: must be as it left them
  std::string platform_digest;
  std::string options;                     // format, verbosity, environment, colours, …
  std::map<std::string, std::string> env;  // the process environment
};

/// The memory of the last compile, if it was of exactly these inputs. Entries are authenticated
/// with a key of this user and machine, so that a file copied or edited into target/ is never
/// believed.
std::optional<CompileMemory> recall_compile(const CompileInputs& inputs);

/// Keeps `memory` for these inputs; best effort: without a place for the key, nothing is kept.
void remember_compile(const CompileInputs& inputs, const CompileMemory& memory);

}  // namespace floe::cli
