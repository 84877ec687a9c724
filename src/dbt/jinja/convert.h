// SPDX-License-Identifier: Apache-2.0
// Between documents (YAML, JSON) and template values.
#pragma once

#include "dbt/jinja/value.h"
#include "value/value.h"

namespace floe::jinja {

/// A document as a template sees it: timestamps become dates or datetimes, keys what YAML 1.1 makes
/// of them.
Value from_document(const value::Value& document);
/// Back; sets become lists, objects their JSON form or their text.
value::Value to_document(const Value& value);

}  // namespace floe::jinja
