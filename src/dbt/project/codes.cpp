// SPDX-License-Identifier: Apache-2.0
#include "dbt/project/load.h"

namespace floe::dbt {

const std::vector<LoadCode>& load_codes() {
  static const std::vector<LoadCode> kCodes = {
#define FLOE_LOAD_CODE(code, slug, error_class, explanation) {code, slug, error_class, explanation},
#include "dbt/project/codes.def"
#undef FLOE_LOAD_CODE
  };
  return kCodes;
}

std::string_view dbt_error_class(std::string_view code) {
  for (const LoadCode& each : load_codes()) {
    if (each.code == code) return each.error_class;
  }
  return "Parsing Error";
}

}  // namespace floe::dbt
