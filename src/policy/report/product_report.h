// SPDX-License-Identifier: Apache-2.0
// What a page about a compiled data product shows: its findings, how far its columns are tested,
// and what is made from what. Plain values; report_page.h writes them as HTML.
#pragma once

#include "diag/diagnostic.h"
#include "policy/rule.h"

#include <optional>
#include <string>
#include <vector>

namespace floe::policy {

struct ReportOrigin {
  std::string column;  // "silver_orders.amount"
  std::string kind;    // "copy", "transform", "aggregate"
};

struct ReportColumn {
  std::string name;
  std::string type;   // "" if unknown
  std::string level;  // of classification; "" if none
  bool tested = false;
  std::vector<ReportOrigin> origins;
  std::string unknown;  // why not all origins are known
};

/// A model, seed, snapshot, source table or exposure.
struct ReportNode {
  std::string id;     // unique_id
  std::string name;   // "raw.orders" of a source table
  std::string kind;   // "model", "source", …
  std::string layer;  // "" if it is in none
  std::string materialized;
  std::string path;
  std::string description;
  std::vector<std::string> parents;  // ids of nodes of the same report
  std::vector<ReportColumn> columns;
};

/// Test coverage of a layer; of what belongs to none if `layer` is "".
struct LayerCoverage {
  std::string layer;
  std::size_t models = 0;
  std::size_t covered = 0;
  std::size_t columns = 0;
  std::optional<double> minimum;
};

/// One dbt project of the product.
struct TransformReport {
  std::string project;
  std::vector<LayerCoverage> coverage;  // in the order of the layers
  std::vector<ReportNode> nodes;        // in unique_id order
};

struct ProductReport {
  std::string product, version;
  std::string platform, platform_version, platform_digest, platform_owner;
  std::string floe_version;
  bool passed = false;
  std::vector<TransformReport> transforms;
};

/// What the page says of one project. Pure.
TransformReport report_transform(const Context& context);

}  // namespace floe::policy
