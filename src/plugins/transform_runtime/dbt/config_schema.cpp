// SPDX-License-Identifier: Apache-2.0
#include "plugins/transform_runtime/dbt/config_schema.h"

namespace floe::plugins::dbt_runtime {

std::string_view config_schema() {
  return R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "A dbt executable as the transform runtime",
  "type": "object",
  "properties": {
    "executable": {"type": "string", "minLength": 1}
  },
  "patternProperties": {"^x-": true},
  "additionalProperties": false
})json";
}

}  // namespace floe::plugins::dbt_runtime
