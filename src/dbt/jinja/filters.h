// SPDX-License-Identifier: Apache-2.0
// The tables of builtin filters and tests.
#pragma once

#include "dbt/jinja/object.h"
#include "dbt/jinja/value.h"

namespace floe::jinja {

/// A filter's call: value | name(args).
struct FilterCall {
  Interp& interp;
  const Value& value;
  const Args& args;
  bool native = false;  ///< dbt's native environment: as_* make markers
};
using FilterFn = Value (*)(const FilterCall&);
using TestFn = bool (*)(const FilterCall&);

/// Null when there is no such filter or test.
FilterFn find_filter(Name name);
TestFn find_test(Name name);
/// Filters that see the template's context are never evaluated ahead of time.
bool filter_needs_context(Name name);

}  // namespace floe::jinja
