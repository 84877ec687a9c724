// SPDX-License-Identifier: Apache-2.0
// Unit tests: the tested model's query over the given rows, compared with the expected rows.
#include "base/files.h"
#include "base/text.h"
#include "dbt/adapter/agate.h"
#include "dbt/adapter/call_args.h"
#include "dbt/context/convert.h"
#include "runtime/compile.h"
#include "runtime/inject.h"
#include "runtime/overlay.h"
#include "runtime/row_diff.h"
#include "runtime/runner.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::runtime {

namespace {

using dbt::DbtError;
using dbt::ResourceType;
using JValue = jinja::Value;

/// One `given:` entry: a stand-in for a model or a source.
struct UnitInput {
  std::string target_id;  // unique id of what it replaces; "this" for the tested model itself
  dbt::Node node;         // the ephemeral stand-in
  std::string cte_name;
  JValue rows;  // none for SQL fixtures
  bool compiled = false;
};

const dbt::Value& member(const dbt::Value& map, std::string_view key) {
  static const dbt::Value kNothing;
  const dbt::Value* found = map.is_map() ? map.find(key) : nullptr;
  return found == nullptr ? kNothing : *found;
}

std::string text_member(const dbt::Value& map, std::string_view key) {
  const dbt::Value& value = member(map, key);
  return value.is_string() ? value.as_string() : std::string();
}

/// What `ref('x')` or `source('a', 'b')` in an input means: literal arguments only.
struct InputCall {
  bool is_ref = false;
  std::vector<std::string> args;
  std::string version;
};

/// `own_keywords`: the project's own ref() may take keywords that dbt's does not know.
InputCall parse_input(const std::string& input, bool own_keywords) {
  const jinja::TemplateRef parsed = jinja::parse_template("{{ " + input + " }}");
  for (const jinja::StaticCall& call : jinja::static_calls(*parsed)) {
    if (call.callee != "ref" && call.callee != "source") continue;
    InputCall out;
    out.is_ref = call.callee == "ref";
    for (const jinja::StaticArg& arg : call.args) {
      const std::string text = arg.literal ? arg.literal->to_str() : "";
      if (arg.name.empty()) {
        out.args.push_back(text);
      } else if (arg.name == "v" || arg.name == "version") {
        out.version = text;
      } else if (!own_keywords) {
        out.args.clear();
        break;
      }
    }
    if (!out.args.empty()) return out;
  }
  throw DbtError("Parsing Error",
                 fmt::format("Unit test given inputs must be either a 'ref', 'source' or 'this' "
                             "call. Got: '{}'.",
                             input));
}

class UnitTestRun {
 public:
  UnitTestRun(Worker& worker, const dbt::Resource& test)
      : worker_(worker), test_(test), tested_(find_tested()) {}

  void run(NodeResult& result) {
    make_unit_node();
    make_inputs();
    timed(result, "compile", [] {});
    timed(result, "execute", [&] {
      compile();
      execute(result);
      result.compiled = true;
      result.compiled_code = unit_.compiled_code;
    });
  }

 private:
  dbt::Node& find_tested() const {
    const std::string id = test_.depends_on_nodes.empty() ? "" : test_.depends_on_nodes.front();
    const auto at = worker_.state.project.nodes.find(id);
    if (at == worker_.state.project.nodes.end()) {
      throw DbtError("Parsing Error", fmt::format("unit test {} tests no model", test_.name));
    }
    return *at->second;
  }

  void make_unit_node() {
    unit_.type = ResourceType::kUnitTest;
    unit_.unique_id = test_.unique_id;
    unit_.name = test_.name;
    if (!tested_.version.is_null()) unit_.name += "_v" + dbt::python_str(tested_.version);
    unit_.package_name = test_.package_name;
    unit_.original_file_path = test_.original_file_path;
    unit_.path =
        (fs::path(test_.original_file_path).parent_path() / (unit_.name + ".sql")).string();
    unit_.raw_code = tested_.raw_code;
    unit_.database = tested_.database;
    unit_.schema = tested_.schema;
    unit_.alias = unit_.name;
    unit_.fqn = test_.fqn;
    const dbt::Value& expect = member(test_.data, "expect");
    const bool sql = text_member(expect, "format") == "sql";
    unit_.config.set("materialized", dbt::Value("unit"));
    unit_.config.set("expected_rows", sql || !member(expect, "rows").is_list()
                                          ? dbt::Value::list()
                                          : member(expect, "rows"));
    unit_.config.set("expected_sql", sql ? dbt::Value(text_member(expect, "rows")) : dbt::Value());
  }

  void make_inputs() {
    const dbt::Value& given = member(test_.data, "given");
    if (!given.is_list()) return;
    for (const dbt::Value& each : given.as_list()) {
      const std::string text(trim(text_member(each, "input")));
      auto input = std::make_unique<UnitInput>();
      if (text == "this") {
        from_node(tested_, *input);
        this_input_ = input.get();
      } else {
        const dbt::Value* own = worker_.state.loaded.flags.find("support_custom_ref_kwargs");
        const bool own_keywords = own != nullptr && own->is_bool() && own->as_bool();
        from_call(parse_input(text, own_keywords), text, *input);
      }
      dbt::Node& node = input->node;
      node.type = ResourceType::kModel;
      node.original_file_path = test_.original_file_path;
      node.path = node.name + ".sql";
      node.config.set("materialized", dbt::Value("ephemeral"));
      if (text_member(each, "format") == "sql") {
        node.raw_code = text_member(each, "rows");
      } else {
        node.raw_code = "{{ get_fixture_sql(_unit_test_rows, none) }}";
        const dbt::Value& rows = member(each, "rows");
        input->rows = rows.is_list() ? dbt::to_jinja(rows) : JValue::list();
      }
      inputs_.push_back(std::move(input));
    }
  }

  void from_node(const dbt::Node& original, UnitInput& input) const {
    input.target_id = original.unique_id;
    input.node.name = original.name;
    input.node.package_name = original.package_name;
    input.node.database = original.database;
    input.node.schema = original.schema;
    input.node.alias = original.identifier();
    input.node.fqn = original.fqn;
    input.node.version = original.version;
    input.node.unique_id = fmt::format("model.{}.{}", original.package_name, original.name);
    input.cte_name = dbt::add_ephemeral_prefix(input.node.alias);
  }

  void from_call(const InputCall& call, const std::string& text, UnitInput& input) const {
    const RefFinder& refs = worker_.state.refs;
    if (call.is_ref) {
      std::optional<std::string> package;
      if (call.args.size() > 1) package = call.args[0];
      const dbt::Node* original =
          refs.find_node(test_.package_name, call.args.back(), package, call.version);
      if (original == nullptr) raise_not_found(text);
      from_node(*original, input);
      return;
    }
    const dbt::SourceNode* source =
        call.args.size() < 2 ? nullptr
                             : refs.find_source(test_.package_name, call.args[0], call.args[1]);
    if (source == nullptr) raise_not_found(text);
    input.target_id = source->unique_id;
    input.node.name = source->name;
    input.node.package_name = source->package_name;
    input.node.database = source->database;
    input.node.schema = source->schema;
    input.node.alias = source->identifier;
    input.node.fqn = source->fqn;
    input.node.unique_id =
        fmt::format("model.{}.{}__{}", source->package_name, source->source_name, source->name);
    input.cte_name =
        dbt::add_ephemeral_prefix(fmt::format("{}__{}", source->source_name, source->name));
  }

  [[noreturn]] void raise_not_found(const std::string& input) const {
    throw DbtError("Parsing Error",
                   fmt::format("Unit test '{}' had an input ({}) which was not found in the "
                               "manifest.",
                               test_.name, input));
  }

  UnitInput* find_input(const std::string& target_id) {
    for (auto& input : inputs_) {
      if (input->target_id == target_id) return input.get();
    }
    return nullptr;
  }

  JValue stand_in(const std::string& target_id, const std::string& name) {
    UnitInput* input = find_input(target_id);
    if (input == nullptr) {
      throw DbtError("Compilation Error",
                     fmt::format("Unit_Test '{}' ({}) depends on a node named '{}' which was not "
                                 "found",
                                 unit_.unique_id, unit_.original_file_path, name));
    }
    add_extra_cte(unit_, input->node.unique_id);
    dbt::Relation relation;
    relation.type = "cte";
    relation.identifier = input->cte_name;
    relation.quote.identifier = false;
    return dbt::relation_value(std::move(relation));
  }

  /// The CTE of an input: its fixture as SQL.
  std::string compile_input(UnitInput& input) {
    if (!input.compiled) {
      Scope scope(worker_, input.node);
      scope.names().set("_unit_test_rows", input.rows);
      input.node.compiled_code =
          jinja::has_jinja(input.node.raw_code)
              ? worker_.interp.render(jinja::parse_template(input.node.raw_code), scope.context())
              : input.node.raw_code;
      input.node.compiled = true;
      input.compiled = true;
      write_compiled(worker_.state, input.node);
    }
    return fmt::format(" {} as (\n{}\n)", input.cte_name, input.node.compiled_code);
  }

  void apply_overrides(Scope& scope) {
    auto overlay = std::make_shared<OverlayContext>(scope.context());
    const dbt::Value& overrides = member(test_.data, "overrides");
    const dbt::Value& macros = member(overrides, "macros");
    if (macros.is_map()) {
      for (const auto& each : macros.as_map()) override_macro(*overlay, each.key, each.value);
    }
    const dbt::Value& vars = member(overrides, "vars");
    if (vars.is_map() && !vars.empty()) {
      JValue merged = worker_.vars(unit_.package_name).deep_copy();
      for (const auto& each : vars.as_map()) merged.set(each.key, dbt::to_jinja(each.value));
      scope.names().set("var", dbt::make_var(worker_.state.session, merged, unit_.name, false));
    }
    const dbt::Value& envs = member(overrides, "env_vars");
    if (envs.is_map() && !envs.empty()) {
      const JValue values = dbt::to_jinja(envs);
      const JValue original =
          scope.context()->lookup(jinja::Name("env_var")).value_or(JValue::none());
      scope.names().set("env_var",
                        jinja::native("env_var", [values, original](jinja::CallContext& context,
                                                                    const jinja::Args& args) {
                          const std::string name = dbt::argument(args, 0, "var").to_str();
                          if (values.has(name)) return values.get(name);
                          return context.interp.call(original, args);
                        }));
    }
    scope.overlay = overlay;
  }

  static void override_macro(OverlayContext& overlay, const std::string& key,
                             const dbt::Value& value) {
    const std::size_t dot = key.find('.');
    const std::string name = dot == std::string::npos ? key : key.substr(dot + 1);
    const std::string package = dot == std::string::npos ? "" : key.substr(0, dot);
    const JValue plain = dbt::to_jinja(value);
    if (package.empty()) {
      // Other names of the context can be overridden, too: they become the value itself.
      const std::optional<JValue> known = overlay.base()->lookup(jinja::Name(name));
      if (!known) return;
      if (!known->is_callable()) return overlay.set(name, plain);
    }
    const JValue given = constant_function(name, plain);
    if (package.empty()) {
      overlay.set(name, given);
      overlay.set_in_package("dbt", name, given);
    } else {
      overlay.set_in_package(package, name, given);
      if (package == "dbt") overlay.set(name, given);
    }
  }

  void compile() {
    Scope scope(worker_, unit_);
    scope.substitute = [this](const dbt::Node* target, const dbt::SourceNode* source) {
      return std::optional(target != nullptr ? stand_in(target->unique_id, target->name)
                                             : stand_in(source->unique_id, source->name));
    };
    if (this_input_ != nullptr) {
      add_extra_cte(unit_, this_input_->node.unique_id);
      scope.names().set("this", JValue(this_input_->cte_name));
    } else {
      scope.names().set("this", JValue::none());
    }
    apply_overrides(scope);
    unit_.compiled_code =
        jinja::has_jinja(unit_.raw_code)
            ? worker_.interp.render(jinja::parse_template(unit_.raw_code), scope.render_context())
            : unit_.raw_code;
    unit_.compiled = true;
    for (dbt::InjectedCte& cte : unit_.extra_ctes) {
      for (auto& input : inputs_) {
        if (input->node.unique_id == cte.id) cte.sql = compile_input(*input);
      }
    }
    unit_.compiled_code =
        inject_ctes(unit_.compiled_code, unit_.extra_ctes, worker_.state.request.grouping);
    write_compiled(worker_.state, unit_);
  }

  void execute(NodeResult& result) {
    Scope scope(worker_, unit_);
    try {
      call_materialization(scope);
    } catch (const jinja::TemplateError& error) {
      if (error.type == jinja::ErrorType::kCancelled) throw;
      throw DbtError("Runtime Error",
                     fmt::format("An error occurred during execution of unit test '{}'. There may "
                                 "be an error in the unit test definition: check the data types.\n "
                                 "{}",
                                 test_.name, failure_text(error, worker_.state)));
    }
    const JValue main = scope.load_result("main");
    const auto* table = main.is_dict() ? main.get("table").as<dbt::AgateTable>() : nullptr;
    if (table == nullptr) throw DbtError("Runtime Error", "the unit test returned no table");
    result.adapter_response = dbt::adapter_response_data(main.get("response"));
    const std::optional<std::string> difference = row_difference(*table->data());
    result.status = difference ? NodeStatus::kFail : NodeStatus::kPass;
    result.failures = difference ? 1 : 0;
    if (difference) {
      result.message = fmt::format("\n\nactual differs from expected:\n\n{}\n", *difference);
    }
  }

  Worker& worker_;
  const dbt::Resource& test_;
  dbt::Node& tested_;
  dbt::Node unit_;
  std::vector<std::unique_ptr<UnitInput>> inputs_;
  UnitInput* this_input_ = nullptr;
};

}  // namespace

void run_unit_test(Worker& worker, const dbt::Resource& test, NodeResult& result) {
  UnitTestRun(worker, test).run(result);
}

}  // namespace floe::runtime
