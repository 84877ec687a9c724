// SPDX-License-Identifier: Apache-2.0
// What is known of columns as JSON: target/lineage.json and `floe lineage --format json`.
#pragma once

#include "dbt/columns/facts.h"
#include "value/value.h"

namespace floe::dbt {

/// {format_version: 1, relations: {unique_id: {complete, unknown?, columns: [{name, type, unknown?,
/// from: [{node, column, kind, functions?}]}], filters: [{node, column}]}}}; a type is null if it
/// is unknown.
value::Value lineage_document(const ColumnFacts& facts);

}  // namespace floe::dbt
