// SPDX-License-Identifier: Apache-2.0
#include "dbt/project/project_object.h"

#include "dbt/context/convert.h"
#include "dbt/project/profile.h"

#include <functional>
#include <unordered_map>

namespace floe::dbt {

namespace {

/// What the objects of all packages share.
struct ProjectFacts {
  std::vector<PackageConfig> packages;  // the root first
  Profile profile;
  Value cli_vars;
  jinja::Value args;
};
using ProjectFactsRef = std::shared_ptr<const ProjectFacts>;

/// `config.vars`: the vars of dbt_project.yml.
class VarsObject : public jinja::Object {
 public:
  explicit VarsObject(const Value& vars) : vars_(to_jinja(vars)) {}
  std::string type_name() const override { return "VarProvider"; }
  std::optional<jinja::Value> get_attr(jinja::Name name) override {
    if (name == "vars") return vars_;
    return std::nullopt;
  }
  bool call_method(jinja::CallContext&, jinja::Name name, const jinja::Args&,
                   jinja::Value& result) override {
    if (name != "to_dict") return false;
    result = vars_;
    return true;
  }

 private:
  jinja::Value vars_;
};

jinja::Value texts(const std::vector<std::string>& list) {
  jinja::Value out = jinja::Value::list();
  for (const std::string& each : list) out.append(jinja::Value(each));
  return out;
}

/// A key of dbt_project.yml that holds a dict.
std::function<jinja::Value(const PackageConfig&)> section(const char* key) {
  return [key](const PackageConfig& package) {
    const Value* found = package.rendered.find(key);
    return found != nullptr && found->is_map() ? to_jinja(*found) : jinja::Value::dict();
  };
}

using PackageGetter = std::function<jinja::Value(const PackageConfig&)>;

const std::unordered_map<std::string_view, PackageGetter>& package_attributes() {
  using P = PackageConfig;
  static const std::unordered_map<std::string_view, PackageGetter> table = {
      {"project_name", [](const P& p) { return jinja::Value(p.name); }},
      {"version",
       [](const P& p) {
         const Value* version = p.rendered.find("version");
         return version == nullptr ? jinja::Value::none() : to_jinja(*version);
       }},
      {"project_root", [](const P& p) { return jinja::Value(p.root.string()); }},
      {"model_paths", [](const P& p) { return texts(p.model_paths); }},
      {"macro_paths", [](const P& p) { return texts(p.macro_paths); }},
      {"seed_paths", [](const P& p) { return texts(p.seed_paths); }},
      {"test_paths", [](const P& p) { return texts(p.test_paths); }},
      {"analysis_paths", [](const P& p) { return texts(p.analysis_paths); }},
      {"docs_paths", [](const P& p) { return texts(p.docs_paths); }},
      {"asset_paths", [](const P& p) { return texts(p.asset_paths); }},
      {"snapshot_paths", [](const P& p) { return texts(p.snapshot_paths); }},
      {"function_paths", [](const P& p) { return texts(p.function_paths); }},
      {"clean_targets", [](const P& p) { return texts(p.clean_targets); }},
      {"all_source_paths", [](const P& p) { return texts(p.all_source_paths); }},
      {"target_path", [](const P& p) { return jinja::Value(p.target_path); }},
      {"log_path", [](const P& p) { return jinja::Value(p.log_path); }},
      {"packages_install_path", [](const P& p) { return jinja::Value(p.packages_install_path); }},
      {"packages_specified_path", [](const P&) { return jinja::Value("packages.yml"); }},
      {"quoting", [](const P& p) { return to_jinja(p.quoting); }},
      {"on_run_start", [](const P& p) { return texts(p.on_run_start); }},
      {"on_run_end", [](const P& p) { return texts(p.on_run_end); }},
      {"dispatch", [](const P& p) { return to_jinja(p.dispatch); }},
      {"models", section("models")},
      {"seeds", section("seeds")},
      {"snapshots", section("snapshots")},
      {"sources", section("sources")},
      {"data_tests", section("data_tests")},
      {"unit_tests", section("unit_tests")},
      {"metrics", section("metrics")},
      {"semantic_models", section("semantic-models")},
      {"saved_queries", section("saved-queries")},
      {"analyses", section("analyses")},
      {"exposures", section("exposures")},
      {"functions", section("functions")},
      {"dbt_cloud", section("dbt-cloud")},
      {"flags", [](const P& p) { return to_jinja(p.flags); }},
      {"restrict_access", [](const P& p) { return jinja::Value(p.restrict_access); }},
      {"config_version", [](const P&) { return jinja::Value(2); }},
      {"vars", [](const P& p) { return jinja::make_object<VarsObject>(p.vars); }},
  };
  return table;
}

class ProjectObject : public jinja::Object {
 public:
  ProjectObject(ProjectFactsRef facts, std::size_t package)
      : facts_(std::move(facts)), package_(package) {}
  std::string type_name() const override { return "RuntimeConfig"; }
  std::optional<jinja::Value> get_attr(jinja::Name name) override {
    const auto found = package_attributes().find(name.view());
    if (found != package_attributes().end()) return found->second(facts_->packages[package_]);
    if (name == "profile_name") return jinja::Value(facts_->profile.profile_name);
    if (name == "target_name") return jinja::Value(facts_->profile.target_name);
    if (name == "threads") return jinja::Value(facts_->profile.threads);
    if (name == "credentials") return target_variable(facts_->profile);
    if (name == "cli_vars") return to_jinja(facts_->cli_vars);
    if (name == "args") return facts_->args;
    if (name == "dependencies") return dependencies();
    return std::nullopt;
  }

 private:
  jinja::Value dependencies() const {
    jinja::Value all = jinja::Value::dict();
    for (std::size_t i = 0; i < facts_->packages.size(); ++i) {
      all.set(facts_->packages[i].name, jinja::make_object<ProjectObject>(facts_, i));
    }
    return all;
  }

  ProjectFactsRef facts_;
  std::size_t package_;
};

}  // namespace

jinja::Value project_config_value(const Loaded& loaded, const Session& session) {
  auto facts = std::make_shared<ProjectFacts>();
  facts->packages = loaded.packages;
  facts->profile = loaded.profile;
  facts->cli_vars = session.cli_vars;
  facts->args = session.invocation_args;
  return jinja::make_object<ProjectObject>(std::move(facts), 0);
}

}  // namespace floe::dbt
