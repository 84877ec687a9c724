// SPDX-License-Identifier: Apache-2.0
// The file formats that have a schema: what `floe schema` prints and schemas/ holds.
#pragma once

#include "value/schema.h"

#include <span>
#include <string>
#include <string_view>

namespace floe::config {

struct FileFormat {
  std::string_view name;         // "data-product": given to `floe schema`
  std::string_view title;        // "floe.yaml"
  std::string_view description;  // one sentence
  const value::Schema& (*schema)();
};

/// All formats, in the order they are listed.
std::span<const FileFormat> file_formats();
const FileFormat* find_file_format(std::string_view name);

/// Its JSON Schema (draft 2020-12) as text, as committed under schemas/.
std::string json_schema_text(const FileFormat& format);

}  // namespace floe::config
