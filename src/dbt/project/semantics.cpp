// SPDX-License-Identifier: Apache-2.0
// Semantic models, metrics and saved queries of properties files.
#include "dbt/project/semantics.h"

#include "base/text.h"
#include "dbt/context/convert.h"
#include "dbt/project/names.h"
#include "dbt/project/resource_data.h"
#include "dbt/project/semantic_shapes.h"
#include "dbt/project/static_sql.h"

#include <algorithm>
#include <set>

namespace floe::dbt {

namespace {

/// A key of a shape with what stands there when nothing is given.
struct ShapeKey {
  const char* name;
  Value fallback;
};

/// The keys of a shape, in order, taken from `given` where it has them.
Value shaped(const Value& given, std::initializer_list<ShapeKey> keys) {
  Value out = Value::map();
  for (const ShapeKey& key : keys) {
    const Value* value = given.is_map() ? given.find(key.name) : nullptr;
    out.set(key.name, value == nullptr || value->is_null() ? key.fallback : *value);
  }
  return out;
}

/// A filter (a text or several) as the manifest has it.
Value where_filter(const Value& given) {
  if (given.is_null()) return {};
  Value filters = Value::list();
  const auto add = [&](const Value& text) {
    Value filter = Value::map();
    filter.set("where_sql_template", python_str(text));
    filters.push(std::move(filter));
  };
  if (given.is_list()) {
    for (const Value& each : given.as_list()) add(each);
  } else {
    add(given);
  }
  Value out = Value::map();
  out.set("where_filters", std::move(filters));
  return out;
}

/// "7 days" → {count: 7, granularity: day}.
Value time_window(PropertiesStep& step, const Value& given, const std::string& owner) {
  if (given.is_null()) return {};
  const std::string text = to_lower(python_str(given));
  const std::vector<std::string_view> parts = split(text, ' ');
  const bool fine =
      parts.size() == 2 && !parts[0].empty() &&
      std::all_of(parts[0].begin(), parts[0].end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!fine) {
    step.loader.error("T028",
                      "Invalid window (" + python_str(given) +
                          ") in cumulative/conversion metric. Should be of the form `<count> "
                          "<granularity>`",
                      given.span, "write for example `28 days`", owner);
    return {};
  }
  std::string granularity(parts[1]);
  if (granularity.ends_with('s')) {
    const std::string singular = granularity.substr(0, granularity.size() - 1);
    for (const std::string_view each : property_shapes::kGranularities) {
      if (singular == each) granularity = singular;
    }
  }
  Value window = Value::map();
  window.set("count", static_cast<std::int64_t>(std::stoll(std::string(parts[0]))));
  window.set("granularity", std::move(granularity));
  return window;
}

Value input_measure(const Value& given) {
  if (given.is_null()) return {};
  Value named = given;
  if (!given.is_map()) {
    named = Value::map();
    named.set("name", python_str(given));
  }
  Value out = shaped(named, {{"name", {}},
                             {"filter", {}},
                             {"alias", {}},
                             {"join_to_timespine", false},
                             {"fill_nulls_with", {}}});
  out.set("filter", where_filter(*out.find("filter")));
  return out;
}

Value input_metric(PropertiesStep& step, const Value& given, const std::string& owner) {
  if (given.is_null()) return {};
  Value named = given;
  if (!given.is_map()) {
    named = Value::map();
    named.set("name", python_str(given));
  }
  Value out = shaped(named, {{"name", {}},
                             {"filter", {}},
                             {"alias", {}},
                             {"offset_window", {}},
                             {"offset_to_grain", {}}});
  out.set("filter", where_filter(*out.find("filter")));
  out.set("offset_window", time_window(step, *out.find("offset_window"), owner));
  return out;
}

Value input_metrics(PropertiesStep& step, const Value& given, const std::string& owner) {
  Value list = Value::list();
  if (!given.is_list()) return list;
  for (const Value& each : given.as_list()) list.push(input_metric(step, each, owner));
  return list;
}

Value text_or_null(const Value& given) {
  return given.is_null() ? Value() : Value(python_str(given));
}

/// The type_params of a metric: the members dbt writes, in its order.
Value empty_type_params() {
  Value out = Value::map();
  for (const char* key :
       {"measure", "input_measures", "numerator", "denominator", "expr", "window", "grain_to_date",
        "metrics", "conversion_type_params", "cumulative_type_params", "metric_aggregation_params",
        "fill_nulls_with", "join_to_timespine", "is_private"}) {
    out.set(key, nullptr);
  }
  out.set("input_measures", Value::list());
  out.set("metrics", Value::list());
  out.set("join_to_timespine", false);
  return out;
}

using property_shapes::kAggregation;
using property_shapes::kCalculation;
using property_shapes::kGranularity;
using property_shapes::kPeriodAggregation;

/// A word of an enumeration as the manifest has it, in lower case; null stays null.
Value enumerated(PropertiesStep& step, const Value& given, const Shape& choices,
                 const std::string& owner) {
  if (given.is_null()) return given;
  if (fits(given, choices)) return Value(to_lower(given.as_string()));
  step.loader.shape_error("T028", "Invalid value in " + owner, shape_problems(given, choices),
                          given.span, owner);
  return given;
}

void require_keys(PropertiesStep& step, const Value& entry, std::initializer_list<const char*> keys,
                  const std::string& owner) {
  for (const char* key : keys) {
    if (!member_or_null(entry, key).is_null()) continue;
    step.loader.error("T028", std::string(key) + " is required for metrics of this type",
                      entry.span, std::string("add `") + key + "`", owner);
  }
}

Value conversion_params(PropertiesStep& step, const Value& given, const std::string& owner) {
  Value out = shaped(given, {{"entity", {}},
                             {"base_measure", {}},
                             {"conversion_measure", {}},
                             {"base_metric", {}},
                             {"conversion_metric", {}},
                             {"calculation", "conversion_rate"},
                             {"window", {}},
                             {"constant_properties", {}}});
  out.set("calculation", enumerated(step, *out.find("calculation"), kCalculation, owner));
  out.set("base_measure", input_measure(*out.find("base_measure")));
  out.set("conversion_measure", input_measure(*out.find("conversion_measure")));
  out.set("base_metric", input_metric(step, *out.find("base_metric"), owner));
  out.set("conversion_metric", input_metric(step, *out.find("conversion_metric"), owner));
  out.set("window", time_window(step, *out.find("window"), owner));
  return out;
}

Value type_params_v1(PropertiesStep& step, const Value& entry, const std::string& type,
                     const std::string& owner) {
  const Value given = map_member(entry, "type_params");
  Value out = empty_type_params();
  out.set("measure", input_measure(member_or_null(given, "measure")));
  out.set("numerator", input_metric(step, member_or_null(given, "numerator"), owner));
  out.set("denominator", input_metric(step, member_or_null(given, "denominator"), owner));
  out.set("expr", text_or_null(member_or_null(given, "expr")));
  out.set("window", time_window(step, member_or_null(given, "window"), owner));
  out.set("grain_to_date",
          enumerated(step, member_or_null(given, "grain_to_date"), kGranularity, owner));
  out.set("metrics", input_metrics(step, member_or_null(given, "metrics"), owner));
  if (const Value* conversion = given.find("conversion_type_params");
      conversion && conversion->is_map()) {
    out.set("conversion_type_params", conversion_params(step, *conversion, owner));
  }
  if (type == "cumulative") {
    Value cumulative = shaped(map_member(given, "cumulative_type_params"),
                              {{"window", member_or_null(given, "window")},
                               {"grain_to_date", member_or_null(given, "grain_to_date")},
                               {"period_agg", "first"},
                               {"metric", {}}});
    cumulative.set("window", time_window(step, *cumulative.find("window"), owner));
    cumulative.set("period_agg",
                   enumerated(step, *cumulative.find("period_agg"), kPeriodAggregation, owner));
    out.set("cumulative_type_params", std::move(cumulative));
  }
  return out;
}

/// A metric written without type_params (the newer form).
Value type_params_v2(PropertiesStep& step, const Value& entry, const std::string& type,
                     const MetricOrigin& origin, const std::string& owner) {
  Value out = empty_type_params();
  const auto given = [&](const char* key) { return member_or_null(entry, key); };
  out.set("numerator", input_metric(step, given("numerator"), owner));
  out.set("denominator", input_metric(step, given("denominator"), owner));
  out.set("expr", text_or_null(given("expr")));
  out.set("metrics", input_metrics(step, given("input_metrics"), owner));
  if (type == "conversion") {
    require_keys(step, entry, {"base_metric", "conversion_metric", "entity", "calculation"}, owner);
    out.set("conversion_type_params", conversion_params(step, entry, owner));
  }
  if (type == "cumulative") {
    require_keys(step, entry, {"input_metric"}, owner);
    Value cumulative = Value::map();
    cumulative.set("window", time_window(step, given("window"), owner));
    cumulative.set("grain_to_date", given("grain_to_date"));
    const Value period = given("period_agg");
    cumulative.set("period_agg", period.is_null()
                                     ? Value("first")
                                     : enumerated(step, period, kPeriodAggregation, owner));
    cumulative.set("metric", input_metric(step, given("input_metric"), owner));
    out.set("cumulative_type_params", std::move(cumulative));
  }
  if (!given("agg").is_null()) {
    Value aggregation = Value::map();
    aggregation.set("semantic_model", origin.semantic_model);
    if (origin.semantic_model.is_null()) {
      step.loader.error("T028", "simple metrics in v2 YAML must be attached to semantic_model",
                        entry.span, "move the metric to the model, or give it `type_params`",
                        owner);
    }
    aggregation.set("agg", enumerated(step, given("agg"), kAggregation, owner));
    const std::string percentile = to_lower(text_member(entry, "percentile_type"));
    Value params = Value::map();
    params.set("percentile", given("percentile"));
    params.set("use_discrete_percentile", percentile == "discrete");
    params.set("use_approximate_percentile", percentile == "continuous");
    aggregation.set("agg_params", std::move(params));
    const Value time = given("agg_time_dimension");
    aggregation.set("agg_time_dimension", time.is_null() ? origin.agg_time_dimension : time);
    Value additive;
    if (const Value* dimension = entry.find("non_additive_dimension");
        dimension && dimension->is_map()) {
      additive = Value::map();
      additive.set("name", member_or_null(*dimension, "name"));
      additive.set("window_choice",
                   enumerated(step, member_or_null(*dimension, "window_agg"), kAggregation, owner));
      const Value groups = member_or_null(*dimension, "group_by");
      additive.set("window_groupings", groups.is_null() ? Value::list() : groups);
    }
    aggregation.set("non_additive_dimension", std::move(additive));
    out.set("metric_aggregation_params", std::move(aggregation));
  }
  const Value join_to = given("join_to_timespine");
  out.set("join_to_timespine", join_to.is_null() ? Value(false) : join_to);
  const Value hidden = given("hidden");
  out.set("is_private", hidden.is_null() ? Value(false) : hidden);
  out.set("fill_nulls_with", given("fill_nulls_with"));
  return out;
}

}  // namespace

void add_metric(PropertiesStep& step, const Value& entry, diag::Span span,
                const MetricOrigin& origin) {
  const std::string name = text_member(entry, "name");
  auto metric = make_resource(step, ResourceType::kMetric, name, span);
  const Value* written_type = entry.find("type");
  const std::string type = written_type == nullptr ? "simple" : to_lower(written_type->as_string());
  if (written_type != nullptr && !fits(Value(type), property_shapes::kMetricType)) {
    step.loader.shape_error("T028", "metric '" + name + "' has no valid `type`",
                            shape_problems(*written_type, property_shapes::kMetricType), span,
                            metric->unique_id);
    return;
  }
  const bool old_form = entry.find("type_params") != nullptr;
  const Value patch = map_member(entry, "config");
  configure_resource(step.loader, *metric, patch);
  metric->group = text_member(metric->config, "group");
  Value& data = metric->data;
  add_identity(*metric, data);
  data.set("description", text_member(entry, "description"));
  const std::string label = text_member(entry, "label");
  data.set("label", label.empty() ? name : label);
  data.set("type", type);
  data.set("type_params", old_form ? type_params_v1(step, entry, type, metric->unique_id)
                                   : type_params_v2(step, entry, type, origin, metric->unique_id));
  data.set("filter", where_filter(member_or_null(entry, "filter")));
  data.set("metadata", nullptr);
  data.set("time_granularity", member_or_null(entry, "time_granularity"));
  data.set("config", metric->config);
  data.set("unrendered_config",
           step.loader.configs.build_unrendered(metric->type, metric->package_name, metric->fqn,
                                                Value::map(), &patch));
  data.set("sources", Value::list());
  data.set("depends_on", Value::map());
  data.set("refs", Value::list());
  data.set("metrics", Value::list());
  data.set("created_at", step.loader.now);
  data.set("group", member_or_null(metric->config, "group"));
  Value meta = Value::map();
  if (old_form) {
    meta = map_member(metric->config, "meta");
    if (meta.empty()) meta = map_member(entry, "meta");
    metric->tags = texts_member(entry, "tags");
  }
  data.set("meta", std::move(meta));
  data.set("tags", Value::texts(metric->tags));
  add_resource(step.loader, step.loader.project.metrics, std::move(metric));
}

// --- Semantic models -----------------------------------------------------------------------------

namespace {

/// {meta} of an element: the model's, then its own.
Value element_config(const Value& model_config, const Value& own_meta) {
  Value meta = map_member(model_config, "meta");
  if (own_meta.is_map()) {
    meta.update(own_meta);
  }
  Value config = Value::map();
  config.set("meta", std::move(meta));
  return config;
}

Value own_meta(const Value& element) { return map_member(map_member(element, "config"), "meta"); }

/// The resource that elements are made for, and its config.
struct ElementStep {
  PropertiesStep& step;
  const Resource& owner;

  void settle(Value& element, const char* key, const Shape& choices) const {
    Value& slot = *element.edit(key);
    slot = enumerated(step, slot, choices, owner.unique_id);
  }
};

Value dimension_data(const ElementStep& step, const Value& given) {
  const Value& config = step.owner.config;
  Value out = shaped(given, {{"name", {}},
                             {"type", {}},
                             {"description", {}},
                             {"label", {}},
                             {"is_partition", false},
                             {"type_params", {}},
                             {"expr", {}},
                             {"metadata", {}}});
  step.settle(out, "type", property_shapes::kDimensionType);
  if (const Value* params = given.find("type_params"); params && params->is_map()) {
    Value full = shaped(*params, {{"time_granularity", {}}, {"validity_params", {}}});
    step.settle(full, "time_granularity", kGranularity);
    if (const Value* validity = params->find("validity_params"); validity && validity->is_map()) {
      full.set("validity_params", shaped(*validity, {{"is_start", false}, {"is_end", false}}));
    }
    out.set("type_params", std::move(full));
  }
  out.set("metadata", nullptr);
  out.set("config", element_config(config, own_meta(given)));
  out.set("datatype", nullptr);
  return out;
}

Value entity_data(const ElementStep& step, const Value& given) {
  Value out = shaped(
      given,
      {{"name", {}}, {"type", {}}, {"description", {}}, {"label", {}}, {"role", {}}, {"expr", {}}});
  step.settle(out, "type", property_shapes::kEntityType);
  out.set("config", element_config(step.owner.config, own_meta(given)));
  return out;
}

Value measure_data(const ElementStep& step, const Value& given) {
  Value out = shaped(given, {{"name", {}},
                             {"agg", {}},
                             {"description", {}},
                             {"label", {}},
                             {"create_metric", false},
                             {"expr", {}},
                             {"agg_params", {}},
                             {"non_additive_dimension", {}},
                             {"agg_time_dimension", {}}});
  step.settle(out, "agg", kAggregation);
  out.set("create_metric", false);  // dbt makes the metric and forgets the wish
  out.set("expr", text_or_null(*out.find("expr")));
  if (const Value* params = given.find("agg_params"); params && params->is_map()) {
    out.set("agg_params", shaped(*params, {{"percentile", {}},
                                           {"use_discrete_percentile", false},
                                           {"use_approximate_percentile", false}}));
  }
  if (const Value* dimension = given.find("non_additive_dimension");
      dimension && dimension->is_map()) {
    Value full = shaped(*dimension,
                        {{"name", {}}, {"window_choice", {}}, {"window_groupings", Value::list()}});
    step.settle(full, "window_choice", kAggregation);
    out.set("non_additive_dimension", std::move(full));
  }
  out.set("config", element_config(step.owner.config, own_meta(given)));
  return out;
}

template <class Make>
Value data_list(const ElementStep& step, const Value& entry, const char* key, Make make) {
  Value list = Value::list();
  const Value* given = entry.find(key);
  if (given == nullptr || !given->is_list()) return list;
  for (const Value& each : given->as_list()) {
    if (each.is_map()) list.push(make(step, each));
  }
  return list;
}

void add_ref_of_model(PropertiesStep& step, Resource& resource, const Value& model) {
  StaticSql found;
  if (model.is_string() && read_static_expression(model.as_string(), found) &&
      !found.refs.empty()) {
    resource.refs = std::move(found.refs);
    for (RefArgs& ref : resource.refs) ref.span = model.span;
    return;
  }
  step.loader.error(
      "T028", "semantic model '" + resource.name + "' needs a `model` of the form ref('name')",
      model.span ? model.span : resource.span, "", resource.unique_id);
}

/// A simple metric for each measure that asks for one.
void add_measure_metrics(PropertiesStep& step, const Value& measures, const Resource& model) {
  if (!measures.is_list()) return;
  for (const Value& measure : measures.as_list()) {
    const Value create = member_or_null(measure, "create_metric");
    if (!create.is_bool() || !create.as_bool()) continue;
    const std::string name = text_member(measure, "name");
    Value metric = Value::map();
    metric.set("name", name);
    const std::string label = text_member(measure, "label");
    metric.set("label", label.empty() ? name : label);
    metric.set("type", "simple");
    Value params = Value::map();
    params.set("measure", name);
    const std::string expr = text_member(measure, "expr");
    params.set("expr", expr.empty() ? name : expr);
    metric.set("type_params", std::move(params));
    const std::string description = text_member(measure, "description");
    metric.set("description",
               description.empty() ? "Metric created from measure " + name : description);
    Value config = Value::map();
    config.set("enabled", model.enabled);
    config.set("meta", map_member(model.config, "meta"));
    metric.set("config", std::move(config));
    add_metric(step, metric, measure.span, {Value(model.name), {}});
  }
}

void add_semantic_model(PropertiesStep& step, const Value& entry, diag::Span span) {
  const std::string name = text_member(entry, "name");
  auto model = make_resource(step, ResourceType::kSemanticModel, name, span);
  const Value patch = map_member(entry, "config");
  configure_resource(step.loader, *model, patch);
  model->group = text_member(model->config, "group");
  const Value expression = member_or_null(entry, "model");
  add_ref_of_model(step, *model, expression);
  Value& data = model->data;
  add_identity(*model, data);
  data.set("model", expression);
  data.set("node_relation", nullptr);
  data.set("description", member_or_null(entry, "description"));
  data.set("label", member_or_null(entry, "label"));
  Value defaults;
  if (const Value* given = entry.find("defaults"); given && given->is_map()) {
    defaults = shaped(*given, {{"agg_time_dimension", {}}});
  }
  data.set("defaults", std::move(defaults));
  const ElementStep elements = {step, *model};
  data.set("entities", data_list(elements, entry, "entities", entity_data));
  data.set("measures", data_list(elements, entry, "measures", measure_data));
  data.set("dimensions", data_list(elements, entry, "dimensions", dimension_data));
  data.set("metadata", nullptr);
  data.set("depends_on", Value::map());
  data.set("refs", Value::list());
  data.set("created_at", step.loader.now);
  data.set("config", model->config);
  data.set("unrendered_config",
           step.loader.configs.build_unrendered(model->type, model->package_name, model->fqn,
                                                Value::map(), &patch));
  data.set("primary_entity", member_or_null(entry, "primary_entity"));
  data.set("group", member_or_null(model->config, "group"));
  const Resource copy = *model;
  add_resource(step.loader, step.loader.project.semantic_models, std::move(model));
  add_measure_metrics(step, member_or_null(entry, "measures"), copy);
}

/// A dimension or entity that a column declares (the newer form).
Value column_element(const Column& column, const Value& declared, bool is_dimension) {
  Value out = Value::map();
  const bool detailed = declared.is_map();
  const std::string name = detailed ? text_member(declared, "name") : column.name;
  out.set("name", name);
  out.set("type", detailed ? member_or_null(declared, "type") : declared);
  const Value description = detailed ? member_or_null(declared, "description") : Value();
  out.set("description", description.is_null() ? Value(column.description) : description);
  if (detailed) out.set("label", member_or_null(declared, "label"));
  if (detailed && name != column.name) out.set("expr", column.name);
  Value meta = column.meta;
  const Value own = own_meta(declared);
  meta.update(own);
  Value config = Value::map();
  config.set("meta", std::move(meta));
  out.set("config", std::move(config));
  if (is_dimension && detailed) {
    out.set("is_partition", member_or_null(declared, "is_partition"));
    if (column.granularity) {
      Value params = Value::map();
      params.set("time_granularity", *column.granularity);
      params.set("validity_params", member_or_null(declared, "validity_params"));
      out.set("type_params", std::move(params));
    }
  }
  return out;
}

}  // namespace

void add_model_semantics(PropertiesStep& step, const Value& entry, const Node& node,
                         diag::Span span) {
  const Value given = member_or_null(entry, "semantic_model");
  const Value* switched = given.is_map() ? given.find("enabled") : nullptr;
  const bool off = switched != nullptr && switched->is_bool() && !switched->as_bool();
  if (!(given.is_bool() && given.as_bool()) && (!given.is_map() || off)) return;
  Value model = Value::map();
  const std::string own_name = given.is_map() ? text_member(given, "name") : "";
  const std::string name = own_name.empty() ? node.name : own_name;
  model.set("name", name);
  model.set("description", node.description);
  model.set("model", "ref('" + node.name + "')");
  Value config = Value::map();
  if (given.is_map() && given.find("config") != nullptr) {
    config.set("meta", map_member(map_member(given, "config"), "meta"));
    config.set("enabled", switched == nullptr ? Value(true) : *switched);
    const Value group = member_or_null(given, "group");
    if (!group.is_null()) config.set("group", group);
  }
  model.set("config", std::move(config));
  const Value time = member_or_null(entry, "agg_time_dimension");
  Value defaults = Value::map();
  defaults.set("agg_time_dimension", time);
  model.set("defaults", std::move(defaults));
  model.set("primary_entity", member_or_null(entry, "primary_entity"));
  Value dimensions = Value::list();
  Value entities = Value::list();
  for (const auto& [key, column] : node.columns) {
    if (!column.dimension.is_null()) {
      dimensions.push(column_element(column, column.dimension, true));
    }
    if (!column.entity.is_null()) entities.push(column_element(column, column.entity, false));
  }
  const Value derived = map_member(entry, "derived_semantics");
  if (const Value* list = derived.find("dimensions"); list && list->is_list()) {
    for (Value each : list->as_list()) {
      const Value granularity = member_or_null(each, "granularity");
      if (!granularity.is_null()) {
        Value params = Value::map();
        params.set("time_granularity", granularity);
        params.set("validity_params", member_or_null(each, "validity_params"));
        each.set("type_params", std::move(params));
      }
      dimensions.push(std::move(each));
    }
  }
  if (const Value* list = derived.find("entities"); list && list->is_list()) {
    for (const Value& each : list->as_list()) entities.push(each);
  }
  model.set("dimensions", std::move(dimensions));
  model.set("entities", std::move(entities));
  add_semantic_model(step, model, span);
  const Value metrics = member_or_null(entry, "metrics");
  if (!metrics.is_list()) return;
  for (const Value& metric : metrics.as_list()) {
    const bool simple = text_member(metric, "type") == "simple";
    add_metric(step, metric, metric.span,
               simple ? MetricOrigin{Value(name), time} : MetricOrigin{});
  }
}

// --- Saved queries -------------------------------------------------------------------------------

namespace {

Value export_data(PropertiesStep& step, const Value& given, const Value& query_config) {
  const Value own = map_member(given, "config");
  const auto from = [&](const char* key) {
    const Value* value = own.find(key);
    return value == nullptr ? member_or_null(query_config, key) : *value;
  };
  Value config = Value::map();
  config.set("export_as", from("export_as"));
  const Value schema_name = member_or_null(own, "schema_name");
  config.set("schema_name", schema_name.is_null() ? from("schema") : schema_name);
  config.set("alias", member_or_null(own, "alias"));
  config.set("database", member_or_null(own, "database"));
  if (!read_as(config, property_shapes::kExportConfig)) {
    step.loader.shape_error("T028", "Invalid config of export '" + text_member(given, "name") + "'",
                            shape_problems(config, property_shapes::kExportConfig), given.span);
  }
  Node node;  // dbt runs the naming macros on the export
  node.type = ResourceType::kAnalysis;
  node.name = text_member(given, "name");
  node.package_name = step.loader.project.name;
  node.span = given.span;
  step.loader.names->apply(node, config);
  if (text_member(config, "schema_name").empty()) config.set("schema_name", node.schema);
  if (!node.database.empty()) config.set("database", node.database);
  if (text_member(config, "alias").empty()) config.set("alias", node.alias);
  Value out = Value::map();
  out.set("name", node.name);
  out.set("config", std::move(config));
  out.set("unrendered_config", own);
  return out;
}

void add_saved_query(PropertiesStep& step, const PropertiesEntry& entry) {
  auto query = make_resource(step, ResourceType::kSavedQuery, entry.name, entry.name_span);
  const Value patch = map_member(entry.data, "config");
  configure_resource(step.loader, *query, patch);
  query->group = text_member(query->config, "group");
  std::set<std::string> tags;
  for (const std::string& tag : texts_member(entry.data, "tags")) tags.insert(tag);
  for (const std::string& tag : texts_member(query->config, "tags")) tags.insert(tag);
  query->tags.assign(tags.begin(), tags.end());
  Value& data = query->data;
  add_identity(*query, data);
  const Value given = map_member(entry.data, "query_params");
  Value params = shaped(given, {{"metrics", Value::list()},
                                {"group_by", Value::list()},
                                {"where", {}},
                                {"order_by", Value::list()},
                                {"limit", {}}});
  params.set("where", where_filter(*params.find("where")));
  data.set("query_params", std::move(params));
  Value exports = Value::list();
  if (const Value* list = entry.data.find("exports"); list && list->is_list()) {
    for (const Value& each : list->as_list()) {
      exports.push(export_data(step, each, query->config));
    }
  }
  data.set("exports", std::move(exports));
  data.set("description", member_or_null(entry.data, "description"));
  data.set("label", member_or_null(entry.data, "label"));
  data.set("metadata", nullptr);
  data.set("config", query->config);
  data.set("unrendered_config",
           step.loader.configs.build_unrendered(query->type, query->package_name, query->fqn,
                                                Value::map(), &patch));
  data.set("group", member_or_null(query->config, "group"));
  data.set("depends_on", Value::map());
  data.set("created_at", step.loader.now);
  data.set("refs", Value::list());
  data.set("tags", Value::texts(query->tags));
  add_resource(step.loader, step.loader.project.saved_queries, std::move(query));
}

}  // namespace

void read_semantics(PropertiesStep& step) {
  if (step.data.find("metrics") != nullptr) {
    for (const PropertiesEntry& entry : entries_of(step, "metrics")) {
      add_metric(step, entry.data, entry.name_span, {});
    }
  }
  if (step.data.find("semantic_models") != nullptr) {
    for (const PropertiesEntry& entry : entries_of(step, "semantic_models")) {
      add_semantic_model(step, entry.data, entry.name_span);
    }
  }
  if (step.data.find("saved_queries") != nullptr) {
    for (const PropertiesEntry& entry : entries_of(step, "saved_queries")) {
      add_saved_query(step, entry);
    }
  }
}

}  // namespace floe::dbt
