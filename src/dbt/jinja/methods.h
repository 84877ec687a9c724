// SPDX-License-Identifier: Apache-2.0
// The methods of str, list, tuple, dict, set, int and float.
#pragma once

#include "dbt/jinja/object.h"
#include "dbt/jinja/value.h"

#include <unordered_map>

namespace floe::jinja {

using MethodFn = Value (*)(CallContext&, const Value& self, const Args&);
using MethodTable = std::unordered_map<Name, MethodFn>;

/// The method of a builtin type; null when there is none (or the value is an object).
MethodFn find_method(const Value& value, Name name);
/// A callable for self.name.
Value bound_method(const Value& self, Name name, MethodFn method);

// The tables, one a source file.
const MethodTable& str_methods();
const MethodTable& list_methods();
const MethodTable& tuple_methods();
const MethodTable& dict_methods();
const MethodTable& set_methods();
const MethodTable& number_methods(bool is_float);

/// Sorts as list.sort() and sorted() do: stable, by key, errors as in Python.
/// `equal_first`: keys that are equal are never asked for their order (the sort filter compares
/// one-item lists).
void sort_values(std::vector<Value>& items, const std::vector<Value>& keys, bool reverse,
                 bool equal_first = false);

}  // namespace floe::jinja
