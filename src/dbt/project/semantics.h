// SPDX-License-Identifier: Apache-2.0
// What makes metrics and semantic models (internal to src/dbt/project).
#pragma once

#include "dbt/project/properties.h"

namespace floe::dbt {

/// Where a metric in the newer form comes from.
struct MetricOrigin {
  Value semantic_model;      // its name, or null
  Value agg_time_dimension;  // the model's, or null
};

void add_metric(PropertiesStep& step, const Value& entry, diag::Span span,
                const MetricOrigin& origin);

/// `semantic_model:` of a model's entry: the semantic model and metrics it declares.
void add_model_semantics(PropertiesStep& step, const Value& entry, const Node& node,
                         diag::Span span);

}  // namespace floe::dbt
