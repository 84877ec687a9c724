// SPDX-License-Identifier: Apache-2.0
// Masks that a platform approves and a product defines itself: they do not count, since nobody but
// the product says what they do.
#pragma once

#include "dbt/project/model.h"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace floe::policy {

/// Where SQL of a product defines a function.
struct FunctionDefinition {
  std::string file;
  diag::Span span;
};

/// Macros by the names of masks.
class OwnMasks {
 public:
  /// `masks`: the approved names, in lower case.
  OwnMasks(const dbt::Project& project, const std::set<std::string, std::less<>>& masks);

  /// The unique_ids of the macros of approved names whose result counts as masked: those of
  /// packages that come from elsewhere, unless a macro of the product's decides what they render.
  const std::set<std::string, std::less<>>& approved_macros() const { return approved_; }
  /// Whether macros of that name are there and none of them counts.
  bool refuses(std::string_view mask) const;
  /// The macros of approved names that do not count and that `node` may call, each with the macro
  /// of the product's that decides what it renders.
  std::vector<std::pair<const dbt::Macro*, const dbt::Macro*>> used_by(const dbt::Node& node) const;

 private:
  const dbt::Macro* deciding(const dbt::Macro& mask) const;

  const dbt::Project& project_;
  std::set<std::string, std::less<>> approved_;
  std::map<std::string, const dbt::Macro*, std::less<>> refused_;  // by unique_id of the mask
  std::map<std::string, const dbt::Macro*, std::less<>> local_;    // the product's macros by name
};

using FunctionDefinitions = std::map<std::string, FunctionDefinition, std::less<>>;

/// The SQL functions among `masks` (approved names, in lower case) that SQL of the product's (a
/// hook, a macro, a model, a dbt function) defines anew, each with the place of one definition.
FunctionDefinitions redefined_masks(const dbt::Project& project,
                                    const std::set<std::string, std::less<>>& masks);

}  // namespace floe::policy
