// SPDX-License-Identifier: Apache-2.0
#include "dbt/columns/flow.h"

#include <algorithm>

namespace floe::dbt {

namespace {

/// Does `less` say all that `more` says? Kinds are kept apart only where one lets values pass and
/// the other doesn't.
bool flow_covers(const Flow& less, const Flow& more) {
  if (less.from != more.from) return false;
  if ((less.kind == FlowKind::kFilter) != (more.kind == FlowKind::kFilter)) return false;
  if (less.kind > more.kind) return false;
  return std::includes(more.functions.begin(), more.functions.end(), less.functions.begin(),
                       less.functions.end());
}

}  // namespace

std::string_view flow_kind_name(FlowKind kind) {
  switch (kind) {
    case FlowKind::kCopy: return "copy";
    case FlowKind::kTransform: return "transform";
    case FlowKind::kAggregate: return "aggregate";
    case FlowKind::kFilter: return "filter";
  }
  return "copy";
}

void Flows::add(Flow flow) {
  for (const Flow& each : flows_) {
    if (flow_covers(each, flow)) return;
  }
  std::erase_if(flows_, [&](const Flow& each) { return flow_covers(flow, each); });
  flows_.push_back(std::move(flow));
}

void Flows::add(const Flows& more) {
  for (const Flow& flow : more.flows_) add(flow);
}

Flows Flows::through(FlowKind kind, const std::string& function) const {
  Flows result;
  for (Flow flow : flows_) {
    flow.kind = std::max(flow.kind, kind);
    if (flow.kind == FlowKind::kFilter) {
      flow.functions.clear();
    } else if (!function.empty()) {
      const auto at = std::lower_bound(flow.functions.begin(), flow.functions.end(), function);
      if (at == flow.functions.end() || *at != function) flow.functions.insert(at, function);
    }
    result.add(std::move(flow));
  }
  return result;
}

}  // namespace floe::dbt
