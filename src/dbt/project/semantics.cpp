// SPDX-License-Identifier: Apache-2.0
// Semantic models, metrics and saved queries of properties files.
#include "dbt/project/linker.h"
#include "dbt/project/resource_data.h"

namespace floe::dbt {

void read_semantics(PropertiesStep&) {}

void link_semantics(Loader&, Linker&) {}

}  // namespace floe::dbt
