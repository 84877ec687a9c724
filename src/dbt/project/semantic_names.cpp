// SPDX-License-Identifier: Apache-2.0
// Names in the semantic layer: which may be given, and which must differ. dbt refuses the project
// otherwise ("Semantic Manifest validation failed").
#include "base/text.h"
#include "dbt/project/loader.h"
#include "dbt/project/properties.h"
#include "dbt/project/semantic_shapes.h"

#include <algorithm>
#include <map>

namespace floe::dbt {

namespace {

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

/// Why a name cannot be used, or "".
std::string name_problem(const std::string& name) {
  const bool shaped = name.size() >= 2 && name.front() >= 'a' && name.front() <= 'z' &&
                      is_lower_or_digit(name.back()) && name.find("__") == std::string::npos &&
                      std::all_of(name.begin(), name.end(),
                                  [](char c) { return is_lower_or_digit(c) || c == '_'; });
  if (!shaped) {
    return "names have lower case letters, digits and single underscores, begin with a letter, do "
           "not end with an underscore, and are at least 2 characters long";
  }
  const std::string lower = to_lower(name);
  if (fits(Value(lower), property_shapes::kGranularity)) {
    return "it is the name of a time granularity";
  }
  const bool reserved = lower == "metric_time" || lower == "mf_internal_uuid";
  return reserved ? "it is reserved by MetricFlow" : "";
}

class NameCheck {
 public:
  explicit NameCheck(Loader& loader) : loader_(loader) {}

  void run() {
    const Project& project = loader_.project;
    for (const auto* resources :
         {&project.semantic_models, &project.metrics, &project.saved_queries}) {
      for (const auto& [id, resource] : *resources) check(*resource, resource->name);
    }
    for (const auto& [id, model] : project.semantic_models) check_elements(*model);
  }

 private:
  void refuse(const Resource& owner, std::string message, std::string help) {
    loader_.error("T028", std::move(message), owner.span, std::move(help), owner.unique_id);
  }
  void check(const Resource& owner, const std::string& name) {
    std::string problem = name_problem(name);
    if (!problem.empty()) refuse(owner, "Invalid name `" + name + "`", std::move(problem));
  }
  void check_elements(const Resource& model) {
    std::map<std::string, const char*> kinds;
    const auto add = [&](const char* key, const char* kind) {
      const Value* list = model.data.find(key);
      if (list == nullptr || !list->is_list()) return;
      for (const Value& each : list->as_list()) {
        const std::string name = text_member(each, "name");
        const auto [known, fresh] = kinds.emplace(name, kind);
        if (!fresh) {
          refuse(model,
                 "In semantic model `" + model.name + "`, can't use name `" + name + "` for a " +
                     kind + " when it was already used for a " + known->second,
                 "give one of them another name");
        }
        check(model, name);
        if (std::string_view(kind) == "measure") check_measure(model, name);
      }
    };
    add("measures", "measure");
    add("entities", "entity");
    add("dimensions", "dimension");
  }
  void check_measure(const Resource& model, const std::string& name) {
    const auto [known, fresh] = measures_.emplace(name, &model);
    if (fresh || known->second == &model) return;
    refuse(model,
           "Found measure with name " + name +
               " in multiple semantic models: " + known->second->name + ", " + model.name,
           "measures have names of their own in all of a project");
  }

  Loader& loader_;
  std::map<std::string, const Resource*> measures_;
};

}  // namespace

void check_semantic_names(Loader& loader) { NameCheck(loader).run(); }

}  // namespace floe::dbt
