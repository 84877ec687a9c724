// SPDX-License-Identifier: Apache-2.0
// What the filters' source files share (internal).
#pragma once

#include "dbt/jinja/filters.h"
#include "dbt/jinja/interp.h"

#include <string>
#include <unordered_map>
#include <vector>

namespace floe::jinja {

using FilterTable = std::unordered_map<Name, FilterFn>;
/// Text filters, and sequence filters.
void add_text_filters(FilterTable& table);
void add_sequence_filters(FilterTable& table);

/// The value and the arguments bound to a signature whose first parameter is the value.
std::vector<Value> bind_filter(const Signature& signature, const FilterCall& call);
/// soft_str: markup stays, everything else goes through str().
Value soft_text(const Value& value);
/// The text of a str filter's subject; others raise like a missing attribute would.
Value keep_kind(const Value& like, std::string text);
/// What Python says about value.name when there is no such attribute (undefined raises its own
/// error).
[[noreturn]] void no_attribute(const Value& value, std::string_view name);

/// Looks up "a.b.0" in items with the sandbox's rules.
class AttributeGetter {
 public:
  AttributeGetter(Interp& interp, const Value& attribute, bool ignore_case,
                  Value fallback = Value());
  Value operator()(const Value& item) const;

 private:
  Interp& interp_;
  std::vector<Value> parts_;
  bool ignore_case_;
  Value fallback_;
};

}  // namespace floe::jinja
