// SPDX-License-Identifier: Apache-2.0
// Who may read and write what: governance.access_control and the grants of catalog namespaces,
// resolved. Nobody is let in by what is not known.
#pragma once

#include "core/platform/platform.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace floe::core {

/// A grant; what is "" limits nothing.
struct AccessGrant {
  std::string role;
  bool writes = false;
  std::string name_space;  // a pattern with * and ?
  std::string layer;
  std::string level;       // up to this classification
  std::string setting;     // dotted manifest path of what grants it
  std::size_t number = 0;  // which one of it, from 1

  /// "READ in layer gold up to INTERNAL".
  std::string words() const;
};

struct RowFilter {
  std::string role;
  std::string table;  // a pattern
  std::string condition;
};

struct ColumnMask {
  std::string role;
  std::string tag;    // columns that have it, if given
  std::string level;  // columns of this level or above, if given
  std::string mask;
};

/// A column as access control sees it.
struct AccessColumn {
  std::string name;
  int level = -1;  // number of its classification, -1: none
  std::set<std::string> tags;
  bool unknown = false;  // perhaps more sensitive than it is known to be
};

/// What somebody wants to read.
struct AccessTarget {
  std::vector<std::string> names;  // by which filters know it: "gold_orders", "gold.gold_orders"
  std::string name_space;          // "" if it is in none that is known
  std::string layer;               // "" if it is in none
};

/// One way to the data. Who has several sees what any of them shows.
struct AccessWay {
  const AccessGrant* grant = nullptr;  // null: nothing is denied by default
  std::vector<std::string> roles;      // the one that asks … the one that the grant names
  std::vector<const RowFilter*> filters;
  std::vector<const ColumnMask*> masks;  // of these roles, whatever columns they are for
};

/// Why a grant of the role is no way.
struct AccessObstacle {
  const AccessGrant* grant = nullptr;
  std::string why;
};

struct AccessAnswer {
  std::vector<AccessWay> ways;
  std::vector<AccessObstacle> obstacles;

  bool may_write() const;
};

class AccessModel {
 public:
  explicit AccessModel(const Platform& platform);

  bool denies_by_default() const { return denies_; }
  /// All roles: those declared, else those that entries name.
  const std::vector<std::string>& roles() const { return roles_; }
  const std::map<std::string, std::vector<std::string>>& groups() const { return groups_; }
  bool has_role(std::string_view name) const;

  /// The roles of a group, or the role itself; empty for a name that is neither.
  std::vector<std::string> roles_of(const std::string& role_or_group) const;
  /// `role` and all that it inherits, nearest first, each with the way to it.
  std::vector<std::vector<std::string>> inherited(const std::string& role) const;

  AccessAnswer answer(const std::vector<std::string>& roles, const AccessTarget& target) const;

  /// Whether a way shows a column at all, and the mask that it shows it through ("" none).
  bool covers(const AccessWay& way, const AccessColumn& column) const;
  std::string mask_of(const AccessWay& way, const AccessColumn& column) const;
  /// Whether a mask is for a column.
  bool masks(const ColumnMask& mask, const AccessColumn& column) const;

  const std::vector<AccessGrant>& grants() const { return grants_; }
  const std::vector<RowFilter>& row_filters() const { return filters_; }
  const std::vector<ColumnMask>& column_masks() const { return masks_; }
  const std::vector<std::string>& levels() const { return levels_; }

 private:
  void read_grants(const Platform& platform);
  void read_roles(const value::Value& section);
  std::string obstacle(const AccessGrant& grant, const AccessTarget& target) const;
  int level_number(std::string_view name) const;

  bool denies_ = true;
  std::vector<std::string> levels_;
  std::vector<std::string> roles_;
  std::map<std::string, std::vector<std::string>> inherits_;
  std::map<std::string, std::vector<std::string>> groups_;
  std::vector<AccessGrant> grants_;
  std::vector<RowFilter> filters_;
  std::vector<ColumnMask> masks_;
};

/// The namespace that a layer's tables are in: its own, else the only one that the catalog lists
/// for it; "" if there is no such.
std::string namespace_of_layer(const Platform& platform, std::string_view layer);
/// The layer that the catalog lists a namespace for, "" if none.
std::string layer_of_namespace(const Platform& platform, std::string_view name_space);
/// The names of catalog.namespaces.
std::vector<std::string> namespace_names(const Platform& platform);

/// The access model as data, for catalogs that apply it: {default, roles: {NAME: {groups, inherits,
/// grants: [{access, role, namespaces, namespace, layer, classification, levels}], row_filters,
/// column_masks}}}.
value::Value resolved_access(const Platform& platform);

}  // namespace floe::core
