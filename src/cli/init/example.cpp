// SPDX-License-Identifier: Apache-2.0
#include "cli/init/example.h"

#include "cli/init/governed.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

namespace floe::cli {

namespace {

/// Where rows of one order each can be read from.
struct OrderRows {
  const core::Layer* layer = nullptr;  // nullptr: the seed
  std::string from;                    // what stands behind FROM
};

std::string ref_to(const std::string& model) { return "{{ ref('" + model + "') }}"; }

bool has_prefix(const core::Layer& layer, std::string_view prefix) {
  return std::find(layer.prefixes.begin(), layer.prefixes.end(), prefix) != layer.prefixes.end();
}

bool may_read_layer(const core::Layer& reader, const std::string& layer) {
  const auto& allowed = reader.may_depend_on;
  return std::find(allowed.begin(), allowed.end(), layer) != allowed.end();
}

/// The digit of "type_2", "SCD2", "2".
std::string scd_type_digit(const std::string& text) {
  const std::size_t digit = text.find_last_of("0123456789");
  return digit == std::string::npos ? "" : text.substr(digit, 1);
}

/// Plans the models layer by layer.
class ExamplePlanner {
 public:
  explicit ExamplePlanner(const core::Platform& platform)
      : platform_(platform),
        governance_(platform),
        example_{example_seed_name(platform), example_columns(platform), {}} {
    sources_.push_back({nullptr, ref_to(example_.seed)});
  }

  Example plan() {
    if (platform_.layers.empty()) add_orders(nullptr, "");
    for (const core::Layer& layer : platform_.layers) add_layer(layer);
    return std::move(example_);
  }

 private:
  void add_layer(const core::Layer& layer) {
    const bool is_last = &layer == &platform_.layers.back();
    const std::string prefix = layer.prefixes.empty() ? "" : layer.prefixes.front();
    if (prefix == "hub_" && has_prefix(layer, "sat_")) return add_vault(layer);
    if (prefix == "dim_") return add_star(layer);
    if (is_last && example_.models.size() > 1) return add_summary(layer, prefix);
    add_orders(&layer, prefix);
  }

  /// The most refined rows that the layer may read; at last the seed, which every layer may.
  const OrderRows& input_of(const core::Layer* layer) const {
    for (auto rows = sources_.rbegin(); rows != sources_.rend(); ++rows) {
      if (rows->layer == nullptr ||
          (layer != nullptr && may_read_layer(*layer, rows->layer->name))) {
        return *rows;
      }
    }
    return sources_.front();
  }

  ExampleModel& add_model(const core::Layer* layer, const std::string& prefix,
                          const std::vector<std::string>& nouns) {
    ExampleModel& model = example_.models.emplace_back();
    model.layer = layer;
    model.name = example_model_name(platform_, prefix, nouns);
    if (layer != nullptr) {
      model.classification = governance_.classification_in(layer->name);
      model.retention_days = governance_.retention_days_in(layer->name);
    }
    return model;
  }

  std::vector<ExampleColumn> order_columns() const {
    const ExampleColumns& c = example_.columns;
    return {{c.order_id, "Number of the order.", {"not_null", "unique"}},
            {c.customer_id, "Number of the customer who ordered.", {"not_null"}},
            {c.status,
             "How far the order has come.",
             {"not_null", "accepted_values: {arguments: {values: [placed, shipped, returned]}}"}},
            {c.amount, "Value of the order in EUR.", {"not_null"}},
            {c.ordered_on, "Day of the order.", {"not_null"}}};
  }

  /// One row per order: typed if it reads the seed, without returned orders otherwise.
  void add_orders(const core::Layer* layer, const std::string& prefix) {
    const ExampleColumns& c = example_.columns;
    const OrderRows input = input_of(layer);
    ExampleModel& model = add_model(layer, prefix, {"orders", "purchases"});
    if (input.layer == nullptr) {
      model.description = "One row per order, typed; example data from a seed.";
      model.sql = fmt::format(
          "select\n"
          "    cast({0} as integer) as {0},\n"
          "    cast({1} as integer) as {1},\n"
          "    cast({2} as varchar) as {2},\n"
          "    cast({3} as decimal(12, 2)) as {3},\n"
          "    cast({4} as date) as {4}\n"
          "from {5}\n",
          c.order_id, c.customer_id, c.status, c.amount, c.ordered_on, input.from);
    } else {
      model.description = "One row per order that was kept: returned ones are left out.";
      model.sql =
          fmt::format("select {}, {}, {}, {}, {}\nfrom {}\nwhere {} <> 'returned'\n", c.order_id,
                      c.customer_id, c.status, c.amount, c.ordered_on, input.from, c.status);
    }
    model.columns = order_columns();
    sources_.push_back({layer, ref_to(model.name)});
  }

  /// One row per customer, for the layer that people read.
  void add_summary(const core::Layer& layer, const std::string& prefix) {
    const ExampleColumns& c = example_.columns;
    const OrderRows input = input_of(&layer);
    ExampleModel& model = add_model(&layer, prefix, {"customer_orders", "customer_totals"});
    model.description = "One row per customer, with what they ordered.";
    model.sql = fmt::format(
        "select\n"
        "    {0},\n"
        "    count(*) as {1},\n"
        "    sum({2}) as {3},\n"
        "    min({4}) as {5}\n"
        "from {6}\n"
        "group by {0}\n",
        c.customer_id, c.order_count, c.amount, c.total_amount, c.ordered_on, c.first_order_on,
        input.from);
    model.columns = {{c.customer_id, "Number of the customer.", {"not_null", "unique"}},
                     {c.order_count, "How many orders they made.", {"not_null"}},
                     {c.total_amount, "Value of these orders in EUR.", {"not_null"}},
                     {c.first_order_on, "Day of their first order.", {"not_null"}}};
  }

  /// A dimension, and a fact that reads it where the layer may read itself.
  void add_star(const core::Layer& layer) {
    const OrderRows input = input_of(&layer);
    const std::string dimension = add_dimension(layer, input);
    const std::string fact_prefix = has_prefix(layer, "fact_")  ? "fact_"
                                    : has_prefix(layer, "fct_") ? "fct_"
                                                                : "";
    if (fact_prefix.empty() || !may_read_layer(layer, layer.name)) return;
    const ExampleColumns& c = example_.columns;
    ExampleModel& model = add_model(&layer, fact_prefix, {"orders", "purchases"});
    model.description = "One row per order, with the key of its customer.";
    model.sql = fmt::format(
        "with orders as (\n"
        "    select {0}, {1}, {2}, {3}, {4}\n"
        "    from {5}\n"
        ")\n\n"
        "select orders.{0}, customers.{1}, orders.{2}, orders.{3}, orders.{4}\n"
        "from orders\n"
        "inner join {6} as customers on customers.{1} = orders.{1}\n",
        c.order_id, c.customer_id, c.status, c.amount, c.ordered_on, input.from, ref_to(dimension));
    model.columns = order_columns();
    model.columns[1].tests.push_back(fmt::format(
        "relationships: {{arguments: {{to: ref('{}'), field: {}}}}}", dimension, c.customer_id));
    sources_.push_back({&layer, ref_to(model.name)});
  }

  std::string add_dimension(const core::Layer& layer, const OrderRows& input) {
    const ExampleColumns& c = example_.columns;
    const bool historic = needs_history(layer);
    ExampleModel& model = add_model(&layer, "dim_", {"customers", "buyers"});
    model.description = "One row per customer.";
    model.slowly_changing_1 = !historic && scd_type_digit(layer.scd_default_type) != "1" &&
                              !layer.scd_default_type.empty();
    model.sql =
        fmt::format("select\n    {0},\n    min({1}) as {2}{3}\nfrom {4}\ngroup by {0}\n",
                    c.customer_id, c.ordered_on, c.first_order_on,
                    historic ? fmt::format(",\n    min({}) as effective_from,\n"
                                           "    cast('9999-12-31' as date) as effective_to,\n"
                                           "    true as is_current",
                                           c.ordered_on)
                             : "",
                    input.from);
    model.columns = {{c.customer_id, "Number of the customer.", {"not_null", "unique"}},
                     {c.first_order_on, "Day of their first order.", {"not_null"}}};
    if (historic) {
      model.columns.push_back({"effective_from", "First day the row held.", {"not_null"}});
      model.columns.push_back({"effective_to", "Last day the row holds.", {"not_null"}});
      model.columns.push_back({"is_current", "Whether the row holds now.", {"not_null"}});
    }
    return model.name;
  }

  /// Whether dimensions of the layer must keep history, so that type 1 is not allowed.
  static bool needs_history(const core::Layer& layer) {
    if (scd_type_digit(layer.scd_default_type) != "2") return false;
    const auto& allowed = layer.scd_types_allowed;
    return !allowed.empty() && std::none_of(allowed.begin(), allowed.end(), [](const auto& type) {
      return scd_type_digit(type) == "1";
    });
  }

  /// A hub with the orders' keys and a satellite with everything else about them.
  void add_vault(const core::Layer& layer) {
    const ExampleColumns& c = example_.columns;
    const OrderRows input = input_of(&layer);
    const std::string technical = fmt::format(
        "    md5(cast({} as varchar)) as order_hk,\n"
        "    current_date as load_date,\n"
        "    'example' as record_source,\n",
        c.order_id);
    const std::vector<ExampleColumn> common = {
        {"order_hk", "Hash of the order's number.", {"not_null", "unique"}},
        {"load_date", "Day the row was loaded.", {"not_null"}},
        {"record_source", "System the row comes from.", {"not_null"}}};

    ExampleModel& hub = add_model(&layer, "hub_", {"orders", "purchases"});
    hub.description = "One row per order: its business key and nothing else.";
    hub.sql = fmt::format("select\n{}    {}\nfrom {}\n", technical, c.order_id, input.from);
    hub.columns = common;
    hub.columns.push_back(order_columns()[0]);
    const std::string hub_name = hub.name;

    ExampleModel& satellite = add_model(&layer, "sat_", {"orders", "purchases"});
    satellite.description = "What is known about each order of the hub.";
    satellite.sql = fmt::format("select\n{}    {},\n    {},\n    {},\n    {}\nfrom {}\n", technical,
                                c.customer_id, c.status, c.amount, c.ordered_on, input.from);
    satellite.columns = common;
    const std::vector<ExampleColumn> all = order_columns();
    satellite.columns.insert(satellite.columns.end(), all.begin() + 1, all.end());
    sources_.push_back({&layer, fmt::format("{} as hub\ninner join {} as sat using (order_hk)",
                                            ref_to(hub_name), ref_to(satellite.name))});
  }

  const core::Platform& platform_;
  ExampleGovernance governance_;
  Example example_;
  std::vector<OrderRows> sources_;  // in the order in which they were made
};

}  // namespace

Example plan_example(const core::Platform& platform) { return ExamplePlanner(platform).plan(); }

}  // namespace floe::cli
