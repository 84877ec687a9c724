// SPDX-License-Identifier: Apache-2.0
// Which layer of an architecture each model belongs to, and what it would be called there, told
// from facts: what it reads, who reads it, its columns, the words in its name.
#pragma once

#include "policy/rule.h"

#include <string>
#include <vector>

namespace floe::fix {

/// Where a model is, and where it belongs.
struct Placement {
  const dbt::Node* node = nullptr;
  const core::Layer* present = nullptr;        // by the platform it was written for
  const core::Layer* layer = nullptr;          // null: can't be told
  std::vector<const core::Layer*> candidates;  // what its inputs and readers allow
  std::string name;                            // "" can't be told
  std::vector<std::string> names;              // what it could be called, if that can't be told
  std::string why;                             // a sentence part: "it reads only sources"
  std::string open;                            // what a human has to decide; "" if nothing

  bool is_decided() const { return layer != nullptr && !name.empty(); }
};

/// Places every model of the project in the layers of `target`, in the order of the data flow.
/// Models that carry a prefix of `target` stay where they are. `context.platform` is the platform
/// that the product was written for; its columns, where known, tell hubs from satellites.
std::vector<Placement> place_models(const policy::Context& context, const core::Platform& target);

/// The name as the naming rules of a platform want it, layer prefix left alone; "" if no name can
/// be told from it. `kind`: whose pattern holds.
std::string well_formed_name(const core::Platform& platform, const std::string& name,
                             dbt::ResourceType kind);
/// What is wrong with a name by the naming rules, as the rules' codes.
std::vector<std::string> name_faults(const core::Platform& platform, const std::string& name,
                                     dbt::ResourceType kind);

}  // namespace floe::fix
