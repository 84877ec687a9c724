// SPDX-License-Identifier: Apache-2.0
// floe.yaml (kind: DataProduct) as typed data.
#pragma once

#include "diag/diagnostic.h"
#include "value/schema.h"
#include "value/value.h"

#include <optional>
#include <string>
#include <vector>

namespace floe::config {

struct Transform {
  std::string type = "dbt";
  std::string path;
  value::Value vars = value::Value::map();
  std::vector<std::string> select;
  std::vector<std::string> exclude;
  std::optional<std::int64_t> threads;
  diag::Span span;
  diag::Span path_span;
};

struct Schedule {
  std::string cron;
  std::string timezone = "UTC";
  bool catchup = false;
  std::vector<std::string> on;  // upstream ports
  bool enabled = true;
  diag::Span span;
};

struct Owner {
  std::string team;
  std::string email;
  std::string slack;
};

/// checks[] and on_failure of one quality gate.
struct Gate {
  std::string name;
  value::Value scope = value::Value::map();
  value::Value checks = value::Value::list();
  std::string on_failure;  // "", block, warn, notify
  diag::Span span;
};

struct Port {
  std::string name;
  std::string model;  // or table
  std::string description;
  std::string version;
  value::Value data = value::Value::map();  // the whole entry
  diag::Span span;
};

struct DataProduct {
  std::string name;
  std::string version;
  std::string description;
  value::Value labels = value::Value::map();
  std::string platform_ref;  // exactly one of the two refs
  std::string domain_ref;
  diag::Span ref_span;
  diag::Span metadata_span;
  std::optional<Owner> ownership;
  std::vector<Transform> transforms;
  std::optional<Schedule> schedule;
  std::vector<Gate> gates;
  std::vector<Port> input_ports;
  std::vector<Port> output_ports;
  value::Value ingestion = value::Value::list();
  value::Value semantic = value::Value::map();
  value::Value environments = value::Value::map();
  /// Tightenings under plugins, governance, data_architecture.
  value::Value tightenings = value::Value::map();
  value::Value document;  // the whole file, with spans
};

/// The schema of floe.yaml: loader, `floe schema data-product` and editors follow from it.
const value::Schema& data_product_schema();

/// Reads floe.yaml; mistakes go to `sink`, the result is what could be understood.
DataProduct read_data_product(const diag::Source& source, diag::Sink& sink);

}  // namespace floe::config
