// SPDX-License-Identifier: Apache-2.0
// Whole runs of small projects on DuckDB in a temporary folder.
#include "runtime/execute.h"

#include "base/files.h"
#include "base/install_paths.h"
#include "dbt/project/load.h"
#include "value/json.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

namespace floe::runtime {
namespace {

class Silence : public EventSink {
 public:
  void on_event(const Event& event) override { kinds.push_back(event.kind); }
  std::vector<EventKind> kinds;
};

class ExecuteTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* needed : {"duckdb/libduckdb.so", "dbt/dbt"}) {
      ASSERT_TRUE(find_data_file(needed)) << needed << ": run scripts/setup";
    }
    root_ = fs::temp_directory_path() /
            ("floe_execute_" + std::to_string(::getpid()) + "_" +
             ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(root_);
    write("dbt_project.yml", "name: shop\nversion: '1.0'\nprofile: shop\n");
    write("profiles.yml",
          "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: shop.duckdb, threads: "
          "2}\n");
  }
  void TearDown() override {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  void write(const std::string& path, const std::string& text) {
    ASSERT_TRUE(write_output(root_ / path, text).has_value());
  }

  std::map<std::string, NodeResult> run(Command command = Command::kBuild, bool fail_fast = false) {
    dbt::LoadOptions options;
    options.project_dir = root_;
    options.profiles_dir = root_;
    options.command = std::string(command_name(command));
    diag::SourceMap sources;
    diag::Sink sink;
    auto loaded = dbt::load_project(options, sources, sink);
    for (const auto& diagnostic : sink.sorted()) {
      if (diagnostic.severity == diag::Severity::kError) ADD_FAILURE() << diagnostic.message;
    }
    if (!loaded) {
      ADD_FAILURE() << "the project did not load";
      return {};
    }
    std::vector<std::string> selected;
    for (const auto& [id, node] : loaded->project.nodes) {
      if (node->type != dbt::ResourceType::kOperation) selected.push_back(id);
    }
    for (const auto& [id, test] : loaded->project.unit_tests) selected.push_back(id);
    for (const auto& [id, function] : loaded->project.functions) selected.push_back(id);
    RunRequest request{.loaded = *loaded,
                       .selected = selected,
                       .command = command,
                       .threads = 2,
                       .fail_fast = fail_fast,
                       .target_path = (root_ / "target").string(),
                       .cancel = cancel_,
                       .events = sink_};
    request.gate = gate_;
    request.previous_overloads = previous_overloads_;
    const auto start = std::chrono::steady_clock::now();
    auto done = execute(request);
    elapsed_ = std::chrono::steady_clock::now() - start;
    error_.reset();
    if (!done) {
      error_ = done.error();
      return {};
    }
    run_ = std::move(*done);
    std::map<std::string, NodeResult> by_id;
    for (const NodeResult& result : run_.results) by_id[result.unique_id] = result;
    return by_id;
  }

  std::string rows(const std::string& sql) {
    auto database = dbt::Database::open((root_ / "shop.duckdb").string());
    if (!database) return describe(database.error());
    auto connection = database->connect();
    auto table = connection->query(sql);
    if (!table) return table.error().message;
    std::string text;
    for (const auto& row : table->rows) {
      for (const auto& cell : row) text += cell.to_text() + " ";
    }
    return text;
  }

  fs::path root_;
  std::atomic<bool> cancel_{false};
  Silence sink_;
  std::function<GateDecision(const NodeResult&)> gate_;
  std::map<std::string, std::set<std::string>> previous_overloads_;
  RunResult run_;
  std::optional<Error> error_;
  std::chrono::steady_clock::duration elapsed_{};
};

TEST_F(ExecuteTest, BuildsSeedsModelsEphemeralsAndTests) {
  write("seeds/raw.csv", "id,amount\n1,2.5\n2,3.5\n");
  write("models/stg.sql", "{{ config(materialized='ephemeral') }}select * from {{ ref('raw') }}");
  write("models/total.sql",
        "{{ config(materialized='table') }}select sum(amount) as total from {{ ref('stg') }}");
  write("models/schema.yml",
        "models:\n  - name: total\n    columns:\n      - name: total\n        data_tests: "
        "[not_null]\n");
  const auto results = run();
  EXPECT_TRUE(run_.success);
  EXPECT_EQ(results.size(), 3u);
  EXPECT_EQ(results.at("seed.shop.raw").message, "INSERT 2");
  const NodeResult& total = results.at("model.shop.total");
  EXPECT_EQ(total.status, NodeStatus::kSuccess);
  EXPECT_EQ(total.message, "OK");
  EXPECT_EQ(*total.compiled_code,
            "with __dbt__cte__stg as (\nselect * from \"shop\".\"main\".\"raw\"\n) select "
            "sum(amount) as total from __dbt__cte__stg");
  EXPECT_EQ(total.timing.size(), 2u);
  EXPECT_TRUE(fs::exists(root_ / "target/compiled/shop/models/total.sql"));
  EXPECT_TRUE(fs::exists(root_ / "target/run/shop/models/total.sql"));
  EXPECT_EQ(rows("select total from main.total"), "6.0 ");
  EXPECT_TRUE(run().contains("model.shop.total"));  // again, over what is there
  EXPECT_EQ(rows("select count(*) from duckdb_tables()"), "2 ");
}

TEST_F(ExecuteTest, OverloadsOfAFunctionFailOneByOne) {
  write("macros/functions.sql",
        "{% macro duckdb__scalar_function_sql(relation) %}create or replace macro {{ "
        "relation.render() }}({{ model.arguments | map(attribute='name') | join(', ') }}) as ({{ "
        "model.compiled_code }}){% endmacro %}");
  write("functions/twice.sql", "select a * 2");
  write("functions/twice_sum.sql", "select (a + b) * {{ 1 + 1 }}");
  write("functions/twice_bad.sql", "select nothing");
  write("functions/schema.yml",
        "functions:\n  - name: twice\n    arguments: [{name: a, data_type: integer}]\n    "
        "returns: {data_type: integer}\n    overloads:\n      - {defined_in: twice_bad}\n      - "
        "defined_in: twice_sum\n        arguments: [{name: a, data_type: integer}, {name: b, "
        "data_type: integer}]\n");
  write("models/below.sql", "select {{ function('twice') }}(1) as a");
  auto results = run();
  const NodeResult& twice = results.at("function.shop.twice");
  EXPECT_EQ(twice.status, NodeStatus::kPartialSuccess);
  EXPECT_EQ(twice.message, "PARTIAL SUCCESS twice");
  EXPECT_EQ(value::write_json(twice.overload_results),
            R"({"successful":["twice_sum"],"failed":["twice_bad"]})");
  EXPECT_EQ(results.at("model.shop.below").status, NodeStatus::kSkipped);
  EXPECT_EQ(rows("select main.twice(1, 2)"), "6 ");
  write("functions/twice_bad.sql", "select 0");
  previous_overloads_["function.shop.twice"] = {"twice_sum"};
  results = run();
  EXPECT_EQ(value::write_json(results.at("function.shop.twice").overload_results),
            R"({"successful":["twice_bad","twice_sum"],"failed":[]})");
  EXPECT_EQ(rows("select main.twice()"), "0 ");  // the last one made; the other was left out
}

TEST_F(ExecuteTest, AFailureSkipsWhatDependsOnIt) {
  write("models/bad.sql", "select * from nowhere");
  write("models/child.sql", "select * from {{ ref('bad') }}");
  write("models/other.sql", "select 1 as id");
  const auto results = run(Command::kRun);
  EXPECT_FALSE(run_.success);
  EXPECT_EQ(results.at("model.shop.bad").status, NodeStatus::kError);
  EXPECT_TRUE(results.at("model.shop.bad")
                  .message->starts_with("Runtime Error in model bad (models/bad.sql)\n  Catalog "
                                        "Error: Table with name nowhere"))
      << *results.at("model.shop.bad").message;
  EXPECT_EQ(results.at("model.shop.child").status, NodeStatus::kSkipped);
  EXPECT_EQ(results.at("model.shop.other").status, NodeStatus::kSuccess);
}

TEST_F(ExecuteTest, AFailedTestSkipsDownstreamInBuildOnly) {
  write("models/a.sql", "{{ config(materialized='table') }}select null as id");
  write("models/b.sql", "select * from {{ ref('a') }}");
  write("models/schema.yml",
        "models:\n  - name: a\n    columns: [{name: id, data_tests: [not_null]}]\n");
  auto results = run();
  std::string test_id;
  for (const auto& [id, result] : results) {
    if (id.starts_with("test.")) test_id = id;
  }
  EXPECT_EQ(results.at(test_id).status, NodeStatus::kFail);
  EXPECT_EQ(results.at(test_id).message, "Got 1 result, configured to fail if != 0");
  EXPECT_EQ(results.at(test_id).failures, 1);
  EXPECT_EQ(results.at("model.shop.b").status, NodeStatus::kSkipped);
}

TEST_F(ExecuteTest, FailFastSkipsTheRest) {
  write("models/a_bad.sql", "select * from nowhere");
  for (int i = 0; i < 20; ++i) {
    const std::string n = std::to_string(i);
    write("models/m" + n + ".sql",
          i == 0 ? "select 1 as x" : "select * from {{ ref('m" + std::to_string(i - 1) + "') }}");
  }
  const auto results = run(Command::kRun, true);
  EXPECT_EQ(results.size(), 21u);
  EXPECT_EQ(results.at("model.shop.m19").status, NodeStatus::kSkipped);
  EXPECT_EQ(results.at("model.shop.m19").message, "Skipping due to fail_fast");
}

TEST_F(ExecuteTest, CancellationInterruptsTheRunningQuery) {
  write("models/slow.sql",
        "{{ config(materialized='table') }}select sum(a.range * b.range) as s from "
        "range(10000000) a, range(10000000) b");
  write("models/after.sql", "select * from {{ ref('slow') }}");
  std::thread stopper([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(1500));
    cancel_ = true;
  });
  const auto results = run(Command::kRun);
  stopper.join();
  EXPECT_LT(elapsed_, std::chrono::seconds(20));
  EXPECT_TRUE(run_.cancelled || error_.has_value());
  if (!error_) {
    EXPECT_EQ(results.at("model.shop.after").status, NodeStatus::kSkipped);
  }
  cancel_ = false;
  EXPECT_EQ(rows("select count(*) from duckdb_tables()"), "0 ");
}

TEST_F(ExecuteTest, GatesStopWhatFollows) {
  write("models/a.sql", "select 1 as id");
  write("models/b.sql", "select * from {{ ref('a') }}");
  gate_ = [](const NodeResult& result) {
    return result.unique_id == "model.shop.a" ? GateDecision::kSkipDownstream
                                              : GateDecision::kContinue;
  };
  const auto results = run(Command::kRun);
  EXPECT_EQ(results.at("model.shop.a").status, NodeStatus::kSuccess);
  EXPECT_EQ(results.at("model.shop.b").status, NodeStatus::kSkipped);
}

TEST_F(ExecuteTest, HooksRunAroundTheNodes) {
  write("dbt_project.yml",
        "name: shop\nversion: '1.0'\nprofile: shop\n"
        "on-run-start: ['create table if not exists main.log (what varchar)']\n"
        "on-run-end: [\"insert into main.log values ('{{ results | length }} {{ schemas | join "
        "}}')\"]\n");
  write(
      "models/a.sql",
      "{{ config(post_hook=\"insert into main.log values ('{{ this.name }}')\") }}select 1 as id");
  const auto results = run(Command::kRun);
  EXPECT_TRUE(run_.success);
  EXPECT_EQ(results.at("operation.shop.shop-on-run-start-0").status, NodeStatus::kSuccess);
  EXPECT_EQ(rows("select what from main.log"), "a 1 main ");
}

TEST_F(ExecuteTest, UnitTestsCompareRows) {
  write("models/a.sql", "select 1 as id, 2 as n");
  write("models/b.sql", "select id, n * 2 as twice from {{ ref('a') }}");
  write("models/unit.yml",
        "unit_tests:\n"
        "  - name: good\n    model: b\n    given: [{input: ref('a'), rows: [{id: 1, n: 4}]}]\n"
        "    expect: {rows: [{id: 1, twice: 8}]}\n"
        "  - name: wrong\n    model: b\n    given: [{input: ref('a'), rows: [{id: 1, n: 4}]}]\n"
        "    expect: {rows: [{id: 1, twice: 9}]}\n");
  const auto results = run();
  EXPECT_EQ(results.at("unit_test.shop.b.good").status, NodeStatus::kPass)
      << results.at("unit_test.shop.b.good").message.value_or("");
  EXPECT_EQ(results.at("unit_test.shop.b.wrong").status, NodeStatus::kFail);
  EXPECT_NE(results.at("unit_test.shop.b.wrong").message->find("8→9"), std::string::npos);
  EXPECT_EQ(results.at("model.shop.b").status, NodeStatus::kSkipped);
}

TEST_F(ExecuteTest, UnitTestsOverrideMacrosAndOtherNames) {
  write("macros/m.sql", "{% macro factor() %}2{% endmacro %}");
  write("models/a.sql", "select 1 as id");
  write("models/b.sql",
        "select {{ factor() }} as f, '{{ invocation_id }}' as i from {{ ref('a') }}");
  write(
      "models/unit.yml",
      "unit_tests:\n  - name: good\n    model: b\n    given: [{input: ref('a'), rows: [{id: 1}]}]\n"
      "    overrides: {macros: {factor: 3, invocation_id: mine, no_such_name: 1}}\n"
      "    expect: {rows: [{f: 3, i: mine}]}\n");
  const auto results = run();
  EXPECT_EQ(results.at("unit_test.shop.b.good").status, NodeStatus::kPass)
      << results.at("unit_test.shop.b.good").message.value_or("");
}

TEST_F(ExecuteTest, MetricsShowTheirFieldsAndWhatTheyAreMadeOf) {
  write("models/days.sql", "select 1 as day");
  write("models/metricflow_time_spine.sql", "select 1 as date_day");
  write("models/meaning.yml",
        "semantic_models:\n  - name: people\n    model: ref('days')\n    defaults: "
        "{agg_time_dimension: seen}\n    entities: [{name: person, type: primary, expr: day}]\n"
        "    dimensions: [{name: seen, type: time, expr: day, type_params: {time_granularity: "
        "day}}]\n"
        "    measures: [{name: how_many, agg: sum, expr: day}]\n"
        "metrics:\n"
        "  - {name: total, label: Total, type: simple, type_params: {measure: how_many}}\n"
        "  - {name: twice, label: Twice, type: derived, type_params: {expr: total * 2, metrics: "
        "[total]}}\n");
  write("models/shown.sql",
        "{% set m = metric('twice') %}{% set t = metric('total') %}"
        "select '{{ m }} {{ m.label }} {{ m.type }} {{ m.full_metric_dependency() | join(' ') }} "
        "{{ m.base_metric_dependency() | join(' ') }} {{ t.type_params.measure.name }} "
        "{{ m.derived_metric_dependency_depth()[0].twice }}' as said");
  const auto results = run();
  ASSERT_EQ(results.at("model.shop.shown").status, NodeStatus::kSuccess)
      << results.at("model.shop.shown").message.value_or("");
  EXPECT_EQ(rows("select said from shown"),
            "twice Twice MetricType.DERIVED twice total total how_many 1 ");
}

TEST_F(ExecuteTest, ALockedOrBrokenDatabaseIsTheWorldsFault) {
  write("models/a.sql", "select 1 as id");
  write("shop.duckdb", std::string(20000, 'x'));
  run(Command::kRun);
  ASSERT_TRUE(error_.has_value());
  EXPECT_EQ(error_->kind, ErrorKind::kEnvironment);
}

TEST_F(ExecuteTest, LeftoversOfAKilledRunAreDropped) {
  write("models/a.sql", "{{ config(materialized='table') }}select 1 as id");
  run(Command::kRun);
  {
    auto database = dbt::Database::open((root_ / "shop.duckdb").string());
    auto connection = database->connect();
    ASSERT_TRUE(connection
                    ->query("create table main.a__dbt_tmp as select 2 as id; create table "
                            "main.a__dbt_backup as select 3 as id")
                    .has_value());
  }
  run(Command::kRun);
  EXPECT_TRUE(run_.success);
  EXPECT_EQ(rows("select table_name from duckdb_tables()"), "a ");
}

}  // namespace
}  // namespace floe::runtime
