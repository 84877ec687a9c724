// SPDX-License-Identifier: Apache-2.0
// What dbt warns of in semantic models and metrics: its semantic layer reads all of them together.
#include "base/text.h"
#include "dbt/project/loader.h"
#include "dbt/project/properties.h"
#include "dbt/project/semantic_shapes.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace floe::dbt {

namespace {

/// 0 for the finest granularity; beyond the last for a name that is none.
std::size_t granularity_rank(std::string_view name) {
  using property_shapes::kGranularities;  // from the finest to the coarsest
  const auto* const at = std::find(std::begin(kGranularities), std::end(kGranularities), name);
  return static_cast<std::size_t>(at - std::begin(kGranularities));
}

/// The granularity of a time spine that is configured in YAML; nothing for other nodes.
std::optional<std::size_t> spine_rank(const Node& node) {
  const std::string column = text_member(node.time_spine, "standard_granularity_column");
  for (const auto& [key, declared] : node.columns) {
    if (!column.empty() && declared.name == column && declared.granularity) {
      return granularity_rank(*declared.granularity);
    }
  }
  return std::nullopt;
}

bool has_value(const Value* value) {
  return value != nullptr && !value->is_null() && !(value->is_bool() && !value->as_bool());
}

class SemanticCheck {
 public:
  explicit SemanticCheck(Loader& loader) : loader_(loader) {
    for (const auto& [id, model] : loader.project.semantic_models) {
      for_each(model->data, "measures", [&](const Value& measure) {
        measures_.emplace(text_member(measure, "name"), &measure);
      });
    }
  }

  void run() {
    check_old_params();
    check_time_spines();
    for (const auto& [id, model] : loader_.project.semantic_models) check_dimensions(*model);
    for (const auto& [id, metric] : loader_.project.metrics) check_metric(*metric);
  }

  /// Semantic models are nothing without a calendar to count in.
  void require_time_spine() {
    const std::size_t day = granularity_rank("day");
    for (const auto& [id, node] : loader_.project.nodes) {
      if (node->type != ResourceType::kModel) continue;
      if (node->name == "metricflow_time_spine") return;
      const auto rank = spine_rank(*node);
      if (rank && *rank <= day) return;
    }
    const Resource& model = *loader_.project.semantic_models.begin()->second;
    loader_.error(
        "T042",
        "The semantic layer requires a time spine model with granularity DAY or smaller in "
        "the project, but none was found.",
        model.span,
        "give a model of days a `time_spine` with its standard_granularity_column, whose "
        "`granularity` is day",
        model.unique_id);
  }

  /// dbt writes the semantic layer in another format as well, which cannot hold everything.
  void check_conversion_to_osi() {
    for (const auto& entry : loader_.project.semantic_models) {
      const Resource& model = *entry.second;
      for_each(model.data, "entities", [&](const Value& entity) {
        if (text_member(entity, "type") != "natural") return;
        warn_of_loss(model, text_member(entity, "name"), "NATURAL_ENTITY_DROPPED");
      });
    }
    for (const auto& [id, metric] : loader_.project.metrics) {
      const std::string type = text_member(metric->data, "type");
      if (type == "conversion") {
        warn_of_loss(*metric, metric->name, "CONVERSION_METRIC_DROPPED");
      } else if (has_value(param(*metric, "is_private"))) {
        warn_of_loss(*metric, metric->name, "PRIVATE_METRIC_DROPPED");
      } else if (type == "cumulative") {
        warn_of_loss(*metric, metric->name, "CUMULATIVE_SEMANTICS_LOSS");
      }
    }
  }

 private:
  template <class Use>
  static void for_each(const Value& data, std::string_view key, Use use) {
    const Value* list = data.find(key);
    if (list == nullptr || !list->is_list()) return;
    for (const Value& item : list->as_list()) use(item);
  }

  static const Value* param(const Resource& metric, std::string_view path) {
    const Value* params = metric.data.find("type_params");
    return params == nullptr ? nullptr : params->find_path(path);
  }

  void warn(const Resource& resource, std::string text) {
    Value data = warning_data({{"msg", text}});
    loader_.warn({{"SemanticValidationFailure", std::move(text), std::move(data)},
                  resource.span,
                  "",
                  resource.unique_id});
  }

  // --- Metrics -----------------------------------------------------------------------------------

  /// window and grain_to_date of cumulative metrics have another place now.
  void check_old_params() {
    std::vector<std::string> old;
    diag::Span span;
    for (const auto& [id, metric] : loader_.project.metrics) {
      if (!has_value(param(*metric, "window")) && !has_value(param(*metric, "grain_to_date"))) {
        continue;
      }
      old.push_back(metric->name);
      if (!span) span = metric->span;
    }
    if (old.empty()) return;
    const std::string text = "`window` and `grain_to_date` of " + join(old, ", ") +
                             " belong into `cumulative_type_params`";
    const std::string help = "write them under type_params.cumulative_type_params";
    if (loader_.flag("require_nested_cumulative_type_params")) {
      loader_.error("T028", text, span, help);
    } else {
      loader_.warn({{"MFCumulativeTypeParamsDeprecation", text}, span, help});
    }
  }

  void check_metric(const Resource& metric) {
    const std::string type = text_member(metric.data, "type");
    if (type == "simple") check_simple(metric);
    if (type == "derived") check_derived(metric);
    if (type == "cumulative" && has_value(param(metric, "measure")) &&
        has_value(param(metric, "cumulative_type_params.metric"))) {
      warn(metric, "cumulative metric '" + metric.name +
                       "' has both a measure and a metric: the measure is ignored");
    }
    for (const std::string part : {"base", "conversion"}) {
      if (type != "conversion") break;
      const std::string at = "conversion_type_params." + part;
      if (has_value(param(metric, at + "_measure")) && has_value(param(metric, at + "_metric"))) {
        warn(metric, "conversion metric '" + metric.name + "' has both a " + part +
                         " measure and a " + part + " metric: the measure is ignored");
      }
    }
  }

  void check_simple(const Resource& metric) {
    const Value* measure = param(metric, "measure");
    if (!has_value(measure)) return;
    for (const char* key : {"metric_aggregation_params", "fill_nulls_with", "join_to_timespine"}) {
      if (!has_value(param(metric, key))) continue;
      warn(metric, "simple metric '" + metric.name + "' has both a measure and " + key +
                       ": one of the two is ignored");
    }
    const Value* expression = param(metric, "expr");
    const auto known = measures_.find(text_member(*measure, "name"));
    if (expression == nullptr || !expression->is_string() || known == measures_.end()) return;
    const std::string& text = expression->as_string();
    if (text == text_member(*known->second, "expr") || text == known->first) return;
    warn(metric, "simple metric '" + metric.name + "' of a measure should have no expr");
  }

  void check_derived(const Resource& metric) {
    const Value* expression = param(metric, "expr");
    if (!has_value(expression) || !expression->is_string() || expression->as_string().empty()) {
      warn(metric, "derived metric '" + metric.name + "' has no expr");
      return;
    }
    const Value* params = metric.data.find("type_params");
    for_each(*params, "metrics", [&](const Value& input) {
      const std::string alias = text_member(input, "alias");
      const std::string name = alias.empty() ? text_member(input, "name") : alias;
      if (contains(expression->as_string(), name)) return;
      warn(metric, "the expr of derived metric '" + metric.name + "' does not use its input '" +
                       name + "'");
    });
  }

  // --- Time --------------------------------------------------------------------------------------

  void check_dimensions(const Resource& model) {
    for_each(model.data, "dimensions", [&](const Value& dimension) {
      if (text_member(dimension, "type") != "time") return;
      if (has_value(dimension.find_path("type_params.time_granularity"))) return;
      loader_.warn({{"TimeDimensionsRequireGranularityDeprecation",
                     "time dimension '" + text_member(dimension, "name") + "' of semantic model '" +
                         model.name + "' has no time_granularity",
                     warning_data({{"msg", ""}})},
                    model.span,
                    "give it a `time_granularity`",
                    model.unique_id});
    });
  }

  /// The granularities of the dimensions that have type_params.
  std::set<std::size_t> dimension_ranks() const {
    std::set<std::size_t> ranks;
    for (const auto& [id, model] : loader_.project.semantic_models) {
      for_each(model->data, "dimensions", [&](const Value& dimension) {
        const Value* given = dimension.find_path("type_params.time_granularity");
        if (has_value(given) && given->is_string()) {
          ranks.insert(granularity_rank(given->as_string()));
        }
      });
    }
    return ranks;
  }

  void check_time_spines() {
    std::map<std::size_t, std::vector<const Node*>> spines;
    const Node* by_name = nullptr;
    for (const auto& [id, node] : loader_.project.nodes) {
      if (node->type != ResourceType::kModel) continue;
      if (node->name == "metricflow_time_spine" && node->time_spine.is_null()) by_name = node.get();
      if (const auto rank = spine_rank(*node)) spines[*rank].push_back(node.get());
    }
    if (by_name != nullptr && !spines.contains(granularity_rank("day")) &&
        !loader_.flag("require_yaml_configuration_for_mf_time_spines")) {
      loader_.warn({{"MFTimespineWithoutYamlConfigurationDeprecation",
                     "the time spine 'metricflow_time_spine' is not configured in YAML"},
                    by_name->span,
                    "give the model a `time_spine` in a properties file"});
    }
    if (!spines.empty()) compare_spines(spines);
  }

  void compare_spines(const std::map<std::size_t, std::vector<const Node*>>& spines) {
    const auto tell = [&](const Node& node, const std::string& text) {
      loader_.warn({{"SemanticValidationFailure", text, warning_data({{"msg", text}})},
                    node.patch_span ? node.patch_span : node.span,
                    "",
                    node.unique_id});
    };
    const Node& first = *spines.begin()->second.front();
    const bool doubled = std::any_of(spines.begin(), spines.end(),
                                     [](const auto& entry) { return entry.second.size() > 1; });
    if (doubled) tell(first, "there is more than one time spine of the same granularity");
    const std::set<std::size_t> ranks = dimension_ranks();
    if (ranks.empty()) {
      tell(first, "there is a time spine, but no time dimension");
    } else if (*ranks.begin() < spines.begin()->first) {
      tell(first, "no time spine is as fine as the finest time dimension");
    }
  }

  void warn_of_loss(const Resource& resource, const std::string& element, const char* what) {
    loader_.warn({{"MFConverterIssue",
                   "the OSI document of the semantic layer does not hold all of '" + element + "'",
                   warning_data({{"converter_name", "MSIToOSIConverter"},
                                 {"element_name", element},
                                 {"issue_type", what}})},
                  resource.span,
                  "",
                  resource.unique_id});
  }

  Loader& loader_;
  std::map<std::string, const Value*> measures_;
};

}  // namespace

void check_semantics(Loader& loader) {
  if (loader.project.metrics.empty() && loader.project.semantic_models.empty()) return;
  SemanticCheck check(loader);
  if (!loader.project.semantic_models.empty()) check.require_time_spine();
  if (!loader.project.metrics.empty() && !loader.project.semantic_models.empty()) {
    check_semantic_names(loader);
    check.run();
  }
  if (loader.flag("write_json")) check.check_conversion_to_osi();
}

}  // namespace floe::dbt
