// SPDX-License-Identifier: Apache-2.0
// Custom rules whose SQL is in a file of its own.
#pragma once

#include "base/files.h"
#include "diag/diagnostic.h"
#include "value/value.h"

#include <map>
#include <string>

namespace floe::cli {

/// Replaces each `sql_file` under governance.custom_rules of a document by the `sql` it holds.
/// Files lie in `folder`, that of the document called `name`; one that can't be read is a C042.
/// Returns what was read: path in the folder → sha256.
std::map<std::string, std::string> embed_rule_files(value::Value& document, const fs::path& folder,
                                                    std::string_view name, diag::Sink& sink);

}  // namespace floe::cli
