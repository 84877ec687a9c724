// SPDX-License-Identifier: Apache-2.0
#include "plugins/compute/duckdb/config_schema.h"

namespace floe::plugins::duckdb {

std::string_view config_schema() {
  return R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "DuckDB compute",
  "type": "object",
  "properties": {
    "memory_limit": {"type": "string", "minLength": 1},
    "extensions": {
      "type": "array",
      "items": {
        "type": ["string", "object"],
        "minLength": 1,
        "required": ["name"],
        "properties": {"name": {"type": "string", "minLength": 1}, "repo": {"type": "string"}}
      }
    },
    "settings": {"$ref": "#/$defs/options"},
    "config_options": {"$ref": "#/$defs/options"},
    "attach": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["path"],
        "properties": {
          "path": {"type": "string", "minLength": 1},
          "alias": {"type": "string", "minLength": 1},
          "type": {"type": "string"},
          "read_only": {"type": "boolean"},
          "is_ducklake": {"type": "boolean"}
        }
      }
    }
  },
  "patternProperties": {"^x-": true},
  "additionalProperties": false,
  "$defs": {
    "options": {
      "type": "object",
      "additionalProperties": {"type": ["string", "number", "boolean"]}
    }
  }
})json";
}

}  // namespace floe::plugins::duckdb
