// SPDX-License-Identifier: Apache-2.0
// CSV text as rows of texts, as Python's csv.DictReader reads it.
#pragma once

#include "value/value.h"

#include <string_view>

namespace floe::dbt {

/// A list of maps from the header's names; missing cells are null, empty lines are left out.
value::Value csv_rows(std::string_view text);

}  // namespace floe::dbt
