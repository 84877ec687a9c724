// SPDX-License-Identifier: Apache-2.0
// How a contract changed from one version to the next, and whom a change breaks.
#pragma once

#include "core/contract/contract.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floe::contract {

/// Whom a new version must not break, as readers of the data see it. Backward: who was written for
/// the version before can read the new one. Forward: who is written for the new version can read
/// what the one before it made.
struct Compatibility {
  bool backward = false;
  bool forward = false;
  bool transitive = false;  // not only of the version just before, but of every one

  bool is_none() const { return !backward && !forward; }
};

/// "none", "backward", "forward", "full", and each but none with "_transitive"; "" is none.
std::optional<Compatibility> parse_compatibility(std::string_view word);
/// What both ask for together.
Compatibility both(const Compatibility& a, const Compatibility& b);
std::string compatibility_name(const Compatibility& mode);

enum class ChangeKind {
  kTableAdded,
  kTableRemoved,
  kColumnAdded,
  kColumnRemoved,
  kColumnRenamed,
  kTypeWidened,
  kTypeNarrowed,
  kTypeChanged,
  kTypeUnclear,  // another text, and what it means is not known
  kRequired,     // may no longer be null
  kNullable,     // may be null now
  kUnique,
  kNotUnique,
  kKeyAdded,
  kKeyRemoved,
  kClassification,
  kPromiseTightened,  // service level
  kPromiseLoosened,
};

/// "column-added", …: the names in JSON.
std::string_view change_name(ChangeKind kind);

struct ContractChange {
  ChangeKind kind = ChangeKind::kColumnAdded;
  std::string table;
  std::string column;  // "" if it is about the table or a promise
  std::string before;
  std::string after;
  bool breaks_backward = false;
  bool breaks_forward = false;
  diag::Span span;  // in the newer contract
};

/// Everything that differs and that a reader could notice. Columns are the same if their names are
/// (upper and lower case count as one), if both have the same ODCS `id`, or if floe.renamed_from
/// says so.
std::vector<ContractChange> compare_contracts(const Contract& before, const Contract& after);

/// Whether the mode forbids the change.
bool is_breaking(const ContractChange& change, const Compatibility& mode);

/// "column 'total' was removed", in one line.
std::string change_text(const ContractChange& change);

}  // namespace floe::contract
