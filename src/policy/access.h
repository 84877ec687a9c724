// SPDX-License-Identifier: Apache-2.0
// What the nodes and ports of a project are to access control (core/platform/access.h).
#pragma once

#include "core/platform/access.h"
#include "policy/rule.h"

#include <string>
#include <string_view>
#include <vector>

namespace floe::policy {

/// The catalog namespace that a node says it is in (meta.floe.namespace), else that of its layer.
std::string namespace_of_node(const Context& context, const dbt::Node& node);

/// Where a node is.
core::AccessTarget access_target(const Context& context, const dbt::Node& node);

/// All columns that are known of a node, in their order, with how sensitive they are.
std::vector<core::AccessColumn> access_columns(const Context& context, const dbt::Node& node);

/// Whether a column says itself how it is masked: meta.floe.mask.
bool has_own_mask(const dbt::Node& node, std::string_view column);

/// A grant of an output port.
struct PortGrant {
  std::string to;                    // as written; "" for everybody
  std::string name;                  // without "role:" or "group:"
  bool names_role = false;           // said to be a role or group
  std::vector<std::string> columns;  // in lower case; empty: all
  diag::Span span;

  bool shows(std::string_view column) const;
};

/// The grants of a port, and one to everybody where it is open: access.default is allow, or nothing
/// is said of access.
std::vector<PortGrant> port_grants(const config::Port& port);

/// Whether a port offers a node: by its name, or by that of its relation, which databases compare
/// without case.
bool is_offered(const config::Port& port, const dbt::Node& node);

/// All that a port offers of the project, whichever package it is from: each version of a model,
/// seeds and snapshots, too. None if it is another project's, or a table that dbt does not build.
std::vector<const dbt::Node*> port_nodes(const Context& context, const config::Port& port);

/// "orders", "orders.v2".
std::string name_with_version(const dbt::Node& node);

}  // namespace floe::policy
