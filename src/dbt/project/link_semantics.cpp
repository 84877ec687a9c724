// SPDX-License-Identifier: Apache-2.0
// Links metrics to measures and metrics, semantic models to relations, saved queries to metrics.
#include "base/text.h"
#include "dbt/project/linker.h"
#include "dbt/project/resource_data.h"

#include <algorithm>
#include <set>

namespace floe::dbt {

namespace {

class MetricLinker {
 public:
  MetricLinker(Loader& loader, Linker& linker) : loader_(loader), linker_(linker) {
    for (const auto& [id, model] : loader.project.semantic_models) {
      const Value* measures = model->data.find("measures");
      if (measures == nullptr || !measures->is_list()) continue;
      for (const Value& measure : measures->as_list()) {
        measures_.add(text_member(measure, "name"), model->package_name, id);
      }
    }
  }

  void link(Resource& metric) {
    if (!done_.insert(metric.unique_id).second) return;
    Value& params = *metric.data.edit("type_params");
    const std::string type = text_member(metric.data, "type");
    if (type == "simple" || type == "cumulative") {
      link_simple(metric, params, type);
    } else if (type == "conversion") {
      link_conversion(metric, params);
    } else if (type == "ratio") {
      const Value* numerator = params.find("numerator");
      const Value* denominator = params.find("denominator");
      if (numerator->is_null() || denominator->is_null()) {
        bad(metric, "Invalid ratio metric. Both a numerator and denominator must be specified");
        return;
      }
      add_metric(metric, *numerator);
      add_metric(metric, *denominator);
    } else {
      const Value inputs = *params.find("metrics");
      for (const Value& input : inputs.as_list()) add_metric(metric, input);
    }
  }

 private:
  void bad(const Resource& metric, const std::string& message, std::string help = {}) {
    loader_.error("T028", message, metric.span, std::move(help), metric.unique_id);
  }
  static void depend(Resource& metric, const std::string& id) {
    std::vector<std::string>& all = metric.depends_on_nodes;
    if (std::find(all.begin(), all.end(), id) == all.end()) all.push_back(id);
  }
  static void add_measure(Resource& metric, const Value& measure) {
    Value& list = *metric.data.edit("type_params")->edit("input_measures");
    const auto& all = list.as_list();
    if (std::find(all.begin(), all.end(), measure) == all.end()) list.push(measure);
  }

  void link_simple(Resource& metric, Value& params, const std::string& type) {
    const Value measure = *params.find("measure");
    if (!measure.is_null()) {
      add_measure(metric, measure);
      depend_on_measures(metric);
      return;
    }
    const Value* aggregation = params.find("metric_aggregation_params");
    if (type == "simple") {
      if (aggregation->is_null() || text_member(*aggregation, "semantic_model").empty()) {
        bad(metric, "Simple metric `" + metric.name + "` must be attached to a semantic model.",
            "give it a measure, or write it under a model with a semantic_model");
        return;
      }
      depend(metric, "semantic_model." + loader_.project.name + "." +
                         text_member(*aggregation, "semantic_model"));
      return;
    }
    const Value* cumulative = params.find("cumulative_type_params");
    const Value input = cumulative->is_map() ? member_or_null(*cumulative, "metric") : Value();
    if (input.is_null()) {
      bad(metric, "Cumulative metric " + metric.name +
                      " should have a measure or input_metric defined, but it does not.");
      return;
    }
    add_metric(metric, input);
  }

  void link_conversion(Resource& metric, Value& params) {
    const Value* conversion = params.find("conversion_type_params");
    const auto given = [&](const char* key) {
      return conversion->is_map() ? member_or_null(*conversion, key) : Value();
    };
    const Value base = given("base_measure");
    const Value target = given("conversion_measure");
    if (!base.is_null() && !target.is_null()) {
      add_measure(metric, base);
      add_measure(metric, target);
      depend_on_measures(metric);
      return;
    }
    const Value base_metric = given("base_metric");
    const Value target_metric = given("conversion_metric");
    if (base_metric.is_null() || target_metric.is_null()) {
      bad(metric, "Depending the version of YAML being used, conversion metric `" + metric.name +
                      "` must have base and conversion measures or base and conversion metrics "
                      "defined.");
      return;
    }
    add_metric(metric, base_metric);
    add_metric(metric, target_metric);
  }

  void depend_on_measures(Resource& metric) {
    const Value measures = *metric.data.find("type_params")->find("input_measures");
    for (const Value& measure : measures.as_list()) {
      const std::string name = text_member(measure, "name");
      const std::string id = linker_.resolve(measures_, name, std::nullopt, metric.package_name);
      if (!id.empty()) {
        depend(metric, id);
        continue;
      }
      const std::string near = nearest(name, measures_.names());
      bad(metric,
          "A semantic model having a measure `" + name + "` does not exist but was referenced.",
          near.empty() ? "" : "did you mean `" + near + "`?");
    }
  }

  void add_metric(Resource& metric, const Value& input) {
    const std::string name = text_member(input, "name");
    const std::string id =
        linker_.resolve(linker_.metrics(), name, std::nullopt, metric.package_name);
    if (id.empty()) {
      const std::string near = nearest(name, linker_.metrics().names());
      bad(metric,
          "The metric `" + name + "` does not exist but was referenced by metric `" + metric.name +
              "`.",
          near.empty() ? "" : "did you mean `" + near + "`?");
      return;
    }
    Resource& target = *loader_.project.metrics.at(id);
    link(target);
    const Value measures = *target.data.find("type_params")->find("input_measures");
    for (const Value& measure : measures.as_list()) add_measure(metric, measure);
    depend(metric, id);
  }

  Loader& loader_;
  Linker& linker_;
  RefIndex measures_;
  std::set<std::string> done_;
};

/// The relation of the model that a semantic model is about.
void set_node_relation(Loader& loader, Resource& model) {
  if (model.depends_on_nodes.empty()) return;
  const Node* node = loader.project.find_node(model.depends_on_nodes.front());
  if (node == nullptr) return;
  Value relation = Value::map();
  relation.set("alias", node->alias);
  relation.set("schema_name", node->schema);
  relation.set("database", node->database);
  relation.set("relation_name", node->relation_name.empty() ? Value() : Value(node->relation_name));
  model.data.set("node_relation", std::move(relation));
}

}  // namespace

void link_semantics(Loader& loader, Linker& linker) {
  for (auto& [id, model] : loader.project.semantic_models) set_node_relation(loader, *model);
  MetricLinker metrics(loader, linker);
  for (auto& [id, metric] : loader.project.metrics) metrics.link(*metric);
  for (auto& [id, query] : loader.project.saved_queries) {
    const Value* names = query->data.find_path("query_params.metrics");
    if (names == nullptr || !names->is_list()) continue;
    for (const Value& name : names->as_list()) {
      if (!name.is_string()) continue;
      linker.link_metric(linker.owner_of(*query), {name.as_string()}, query->span,
                         query->depends_on_nodes);
    }
  }
}

}  // namespace floe::dbt
