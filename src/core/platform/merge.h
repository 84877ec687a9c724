// SPDX-License-Identifier: Apache-2.0
// What a lower tier sets on top of a higher one, field by field as the manifest's schema declares:
// one table of strategies, for every field there is.
#pragma once

#include "diag/source.h"
#include "value/schema.h"
#include "value/value.h"

#include <string>
#include <vector>

namespace floe::core {

/// Why a value of the lower tier is refused.
enum class Refused { kLoosened, kPluginNotApproved, kForeignNamespace };

/// A value that a lower tier may not set. The higher one's counts.
struct Loosening {
  Refused why = Refused::kLoosened;
  std::string path;         // dotted manifest path; a further one where the list's items have names
  std::string tried;        // in words: "60"
  std::string required;     // in words: "at least 70"
  diag::Span span;          // of what was tried
  bool is_default = false;  // `required` is what holds because the higher tier sets nothing
};

/// How two documents are merged.
struct MergeRules {
  const value::Schema& schema;
  std::vector<std::string> levels;  // classification levels, least sensitive first
  std::string own_namespace;        // what names of Merge::kNamespaced must lie in
  /// The higher document is not all that holds above the lower one: what it does not set may be
  /// set. For composing two lower tiers before the highest is known.
  bool is_partial = false;
};

/// `lower` over `upper`, neither of which is changed; both must have passed the schema. What is
/// refused goes to `refused`, and the value of `upper` stays. Members that `lower` sets have its
/// spans. A pure function: idempotent, and associative over chains of which nothing is refused.
value::Value merge_tiers(const value::Value& upper, const value::Value& lower,
                         const MergeRules& rules, std::vector<Loosening>& refused);

/// Whether each tier has a field of its own, as metadata: the strategy `own` holds at the dotted
/// path or above it.
bool is_own_field(const value::Schema& schema, std::string_view dotted_path);

/// Whether `name` is `space` or lies in it ("sales.gold" in "sales").
bool lies_in_namespace(std::string_view name, std::string_view space);

}  // namespace floe::core
