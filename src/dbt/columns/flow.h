// SPDX-License-Identifier: Apache-2.0
// Where the values of a query's columns come from: flows from columns of relations, and how they
// combine.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace floe::dbt {

/// What happens to a value on its way, from least to most. A filter decides which rows there are
/// (where, join, group by, windows), and no value passes.
enum class FlowKind : std::uint8_t { kCopy, kTransform, kAggregate, kFilter };

/// "copy", "transform", "aggregate", "filter".
std::string_view flow_kind_name(FlowKind kind);

/// A column of a relation of the project.
struct ColumnRef {
  std::string node;    // unique_id
  std::string column;  // as the relation writes it

  auto operator<=>(const ColumnRef&) const = default;
};

/// A value that comes from `from`; `functions` are all that it passes through, sorted.
struct Flow {
  ColumnRef from;
  FlowKind kind = FlowKind::kCopy;
  std::vector<std::string> functions;

  auto operator<=>(const Flow&) const = default;
};

/// Flows without those that say nothing new: of one origin those with fewer functions stay, since
/// whoever asks whether a value can come through unmasked needs only these.
class Flows {
 public:
  void add(Flow flow);
  void add(const Flows& more);
  /// The same flows through `kind` (the greater of both) and, unless it is empty, `function`.
  Flows through(FlowKind kind, const std::string& function = {}) const;
  const std::vector<Flow>& all() const { return flows_; }
  bool empty() const { return flows_.empty(); }

 private:
  std::vector<Flow> flows_;
};

}  // namespace floe::dbt
