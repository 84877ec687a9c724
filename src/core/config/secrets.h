// SPDX-License-Identifier: Apache-2.0
// Finds credentials that were written into configuration files.
#pragma once

#include "diag/diagnostic.h"
#include "value/value.h"

#include <optional>
#include <string>
#include <string_view>

namespace floe::config {

/// What kind of credential the value of `key` looks like ("an AWS access key"), or "". Values that
/// refer to one (${env:NAME}, ${secret:NAME}, `*_ref` keys) are none.
std::string credential_kind(std::string_view key, std::string_view text);

/// Reports every credential in a document (C020), without ever showing it.
void report_credentials(const value::Value& document, diag::Sink& sink);

/// The text with ${env:NAME} and ${secret:NAME} replaced by what they stand for: environment
/// variables, a secret's in capitals with '_' for '-'. Nothing if a variable is not set, whose name
/// is in `missing` then.
std::optional<std::string> expand_references(std::string text, std::string& missing);

}  // namespace floe::config
