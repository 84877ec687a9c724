// SPDX-License-Identifier: Apache-2.0
// What metric() gives templates while nodes run: the metric, its fields as dbt's classes show them,
// and which metrics it is made of.
#pragma once

#include "dbt/jinja/object.h"
#include "dbt/project/model.h"

namespace floe::runtime {

/// The metric as dbt's ResolvedMetricReference; as a text it is its name. `project` must outlive
/// it.
jinja::Value metric_object(const dbt::Project& project, const dbt::Resource& metric);

}  // namespace floe::runtime
