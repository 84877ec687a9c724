// SPDX-License-Identifier: Apache-2.0
#include "runtime/metric_object.h"

#include "base/text.h"
#include "dbt/context/convert.h"
#include "dbt/jinja/methods.h"
#include "dbt/jinja/modules/host_object.h"

#include <algorithm>
#include <set>

namespace floe::runtime {

namespace {

using JValue = jinja::Value;

/// A field that holds an instance, or a list of instances, of one of dbt's classes. Fields that are
/// not listed hold plain values.
struct Field {
  std::string_view owner;  // class
  std::string_view name;
  std::string_view type;  // class, or with is_enum an enumeration
  bool is_enum = false;
};

constexpr Field kFields[] = {
    {"MetricTypeParams", "measure", "MetricInputMeasure"},
    {"MetricTypeParams", "input_measures", "MetricInputMeasure"},
    {"MetricTypeParams", "numerator", "MetricInput"},
    {"MetricTypeParams", "denominator", "MetricInput"},
    {"MetricTypeParams", "window", "MetricTimeWindow"},
    {"MetricTypeParams", "grain_to_date", "TimeGranularity", true},
    {"MetricTypeParams", "metrics", "MetricInput"},
    {"MetricTypeParams", "conversion_type_params", "ConversionTypeParams"},
    {"MetricTypeParams", "cumulative_type_params", "CumulativeTypeParams"},
    {"MetricTypeParams", "metric_aggregation_params", "MetricAggregationParams"},
    {"MetricInputMeasure", "filter", "WhereFilterIntersection"},
    {"MetricInput", "filter", "WhereFilterIntersection"},
    {"MetricInput", "offset_window", "MetricTimeWindow"},
    {"WhereFilterIntersection", "where_filters", "WhereFilter"},
    {"ConversionTypeParams", "base_measure", "MetricInputMeasure"},
    {"ConversionTypeParams", "conversion_measure", "MetricInputMeasure"},
    {"ConversionTypeParams", "base_metric", "MetricInput"},
    {"ConversionTypeParams", "conversion_metric", "MetricInput"},
    {"ConversionTypeParams", "calculation", "ConversionCalculationType", true},
    {"ConversionTypeParams", "window", "MetricTimeWindow"},
    {"ConversionTypeParams", "constant_properties", "ConstantPropertyInput"},
    {"CumulativeTypeParams", "window", "MetricTimeWindow"},
    {"CumulativeTypeParams", "period_agg", "PeriodAggregation", true},
    {"CumulativeTypeParams", "metric", "MetricInput"},
    {"MetricAggregationParams", "agg", "AggregationType", true},
    {"MetricAggregationParams", "agg_params", "MeasureAggregationParameters"},
    {"MetricAggregationParams", "non_additive_dimension", "NonAdditiveDimension"},
    {"NonAdditiveDimension", "window_choice", "AggregationType", true},
};

/// A member of one of dbt's enumerations, of which templates see `value` and `name`.
class EnumObject : public jinja::Object {
 public:
  EnumObject(std::string_view type, std::string value) : type_(type), value_(std::move(value)) {}

  std::string type_name() const override { return std::string(type_); }
  std::string str() override { return std::string(type_) + "." + to_upper(value_); }
  std::string repr() override { return "<" + str() + ": '" + value_ + "'>"; }
  std::optional<JValue> get_attr(jinja::Name name) override {
    if (name.view() == "value") return JValue(value_);
    if (name.view() == "name") return JValue(to_upper(value_));
    return std::nullopt;
  }

 private:
  std::string_view type_;
  std::string value_;
};

/// An instance of one of dbt's data classes.
class DataObject : public jinja::Object {
 public:
  DataObject(std::string_view type, const dbt::Value& data) : type_(type), data_(data) {}

  std::string type_name() const override { return std::string(type_); }
  std::string repr() override {
    std::vector<std::string> fields;
    for (const value::Member& member : data_.as_map()) {
      fields.push_back(member.key + "=" + field(member).repr());
    }
    return std::string(type_) + "(" + join(fields, ", ") + ")";
  }
  std::optional<JValue> get_attr(jinja::Name name) override {
    for (const value::Member& member : data_.as_map()) {
      if (member.key == name.view()) return field(member);
    }
    return std::nullopt;
  }

 private:
  JValue field(const value::Member& member) const {
    const auto* known = std::find_if(
        std::begin(kFields), std::end(kFields),
        [&](const Field& each) { return each.owner == type_ && each.name == member.key; });
    if (known == std::end(kFields)) return dbt::to_jinja(member.value);
    if (known->is_enum && member.value.is_string()) {
      return jinja::make_object<EnumObject>(known->type, member.value.as_string());
    }
    if (member.value.is_map()) return jinja::make_object<DataObject>(known->type, member.value);
    if (!member.value.is_list()) return dbt::to_jinja(member.value);
    JValue list = JValue::list();
    for (const dbt::Value& item : member.value.as_list()) {
      list.append(item.is_map() ? jinja::make_object<DataObject>(known->type, item)
                                : dbt::to_jinja(item));
    }
    return list;
  }

  std::string_view type_;
  const dbt::Value& data_;
};

bool is_derived(const dbt::Resource& metric) {
  const dbt::Value* type = metric.data.find("type");
  return type != nullptr && type->is_string() &&
         (type->as_string() == "derived" || type->as_string() == "ratio");
}

class MetricObject : public jinja::MethodObject {
 public:
  MetricObject(const dbt::Project& project, const dbt::Resource& metric)
      : project_(project), metric_(metric) {}

  std::string type_name() const override { return "ResolvedMetricReference"; }
  std::string str() override { return metric_.name; }
  const jinja::MethodTable& methods() const override;
  std::optional<JValue> attribute(jinja::Name name) override;

  enum class Which { kAll, kBase, kDerived };
  JValue dependency(Which which) const {
    JValue names = JValue::list();
    std::set<std::string> seen;
    add_parents(metric_, which, seen, names);
    return names;
  }
  JValue depths() const {
    JValue list = JValue::list();
    add_depths(metric_, 1, list);
    return list;
  }

 private:
  template <class Work>
  void for_each_parent(const dbt::Resource& metric, Work work) const {
    for (const std::string& id : metric.depends_on_nodes) {
      const auto parent = project_.metrics.find(id);
      if (parent != project_.metrics.end()) work(*parent->second);
    }
  }
  void add_parents(const dbt::Resource& metric, Which which, std::set<std::string>& seen,
                   JValue& names) const {
    if (!seen.insert(metric.unique_id).second) return;
    if (which == Which::kAll || is_derived(metric) == (which == Which::kDerived)) {
      names.append(JValue(metric.name));
    }
    for_each_parent(metric,
                    [&](const dbt::Resource& parent) { add_parents(parent, which, seen, names); });
  }
  void add_depths(const dbt::Resource& metric, std::int64_t depth, JValue& list) const {
    if (!is_derived(metric)) return;
    JValue entry = JValue::dict();
    entry.set(metric.name, JValue(depth));
    list.append(std::move(entry));
    for_each_parent(metric,
                    [&](const dbt::Resource& parent) { add_depths(parent, depth + 1, list); });
  }

  const dbt::Project& project_;
  const dbt::Resource& metric_;
};

template <MetricObject::Which kWhich>
JValue dependency_method(jinja::CallContext&, const JValue& self, const jinja::Args&) {
  return self.as<MetricObject>()->dependency(kWhich);
}

JValue depths_method(jinja::CallContext&, const JValue& self, const jinja::Args&) {
  return self.as<MetricObject>()->depths();
}

const jinja::MethodTable& MetricObject::methods() const {
  static const jinja::MethodTable kMethods = {
      {jinja::Name("full_metric_dependency"), dependency_method<Which::kAll>},
      {jinja::Name("base_metric_dependency"), dependency_method<Which::kBase>},
      {jinja::Name("derived_metric_dependency"), dependency_method<Which::kDerived>},
      {jinja::Name("derived_metric_dependency_depth"), depths_method},
  };
  return kMethods;
}

JValue texts(const std::vector<std::string>& list) {
  JValue out = JValue::list();
  for (const std::string& text : list) out.append(JValue(text));
  return out;
}

std::optional<JValue> MetricObject::attribute(jinja::Name name) {
  const std::string_view key = name.view();
  if (key == "name" || key == "metric_name") return JValue(metric_.name);
  if (key == "package_name") return JValue(metric_.package_name);
  if (key == "unique_id") return JValue(metric_.unique_id);
  if (key == "path") return JValue(metric_.path);
  if (key == "original_file_path") return JValue(metric_.original_file_path);
  if (key == "fqn") return texts(metric_.fqn);
  if (key == "tags") return texts(metric_.tags);
  if (key == "group") return metric_.group.empty() ? JValue::none() : JValue(metric_.group);
  if (key == "config") return dbt::to_jinja(metric_.config);
  if (key == "resource_type") return jinja::make_object<EnumObject>("NodeType", "metric");
  const dbt::Value* field = metric_.data.find(key);
  if (field == nullptr) return std::nullopt;
  if (key == "type" && field->is_string()) {
    return jinja::make_object<EnumObject>("MetricType", field->as_string());
  }
  if (key == "type_params" && field->is_map()) {
    return jinja::make_object<DataObject>("MetricTypeParams", *field);
  }
  if (key == "filter" && field->is_map()) {
    return jinja::make_object<DataObject>("WhereFilterIntersection", *field);
  }
  return dbt::to_jinja(*field);
}

}  // namespace

jinja::Value metric_object(const dbt::Project& project, const dbt::Resource& metric) {
  return jinja::make_object<MetricObject>(project, metric);
}

}  // namespace floe::runtime
