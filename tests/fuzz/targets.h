// SPDX-License-Identifier: Apache-2.0
// What is fuzzed: each function takes any bytes and must return, whatever they are. A mistake in
// them is reported by the code under test as it reports mistakes of users; a crash, a hang, a
// sanitizer's finding or a broken promise (std::abort) is a bug.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace floe::fuzz {

void jinja(std::string_view data);     // lexer, parser, static questions, interpreter
void yaml(std::string_view data);      // both schemas, and JSON
void manifest(std::string_view data);  // manifest.json read, its graph, selections, written again
void project(std::string_view data);   // a project of a few files: loading and linking
void texts(std::string_view data);  // the small languages: selectors, versions, CSV, SQL injection
void signatures(std::string_view data);  // bundles, envelopes, keys, certificates, trusted roots
void contracts(std::string_view data);   // data contracts: what is written reads as it was
void lineage(std::string_view data);     // syntax trees, as DuckDB writes them

/// A target by the name of its function; null if there is none.
using Target = void (*)(std::string_view);
Target find_target(std::string_view name);

}  // namespace floe::fuzz
