// SPDX-License-Identifier: Apache-2.0
// Between configuration values (YAML, JSON) and template values.
#pragma once

#include "dbt/jinja/value.h"
#include "value/value.h"

namespace floe::dbt {

/// Keys of other YAML 1.1 kinds become the Python keys they stand for; dates become date objects.
jinja::Value to_jinja(const value::Value& value);

/// Tuples and sets become lists, keys their str(); objects what they say for JSON, else their
/// str(); undefined becomes null.
value::Value from_jinja(const jinja::Value& value);

/// str() and repr() as Python would give for the value as PyYAML reads it.
std::string python_str(const value::Value& value);
std::string python_repr(const value::Value& value);
/// repr() of a mapping's key, of the type that YAML 1.1 gives it.
void append_python_key(const value::Member& member, std::string& out);

}  // namespace floe::dbt
