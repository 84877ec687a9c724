// SPDX-License-Identifier: Apache-2.0
#include "dbt/project/check_calls.h"
#include "dbt/project/config.h"
#include "dbt/project/csv_rows.h"
#include "dbt/project/generic_tests.h"
#include "dbt/project/static_sql.h"
#include "dbt/project/version_spec.h"
#include "unit/dbt/project_fixture.h"
#include "value/json.h"

#include <gmock/gmock.h>

namespace floe::dbt {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string json(const Value& value) { return value::write_json(value); }

TEST_F(ProjectFixture, ConfigLevelsMergeAsDbtMergesThem) {
  write(
      "dbt_project.yml",
      "name: shop\nprofile: shop\nmodels:\n  +tags: project\n  +meta: {a: 1, b: 1}\n"
      "  shop:\n    +materialized: table\n    marts:\n      +schema: gold\n      tags: [folder]\n");
  write("models/marts/orders.sql",
        "{{ config(tags=['file'], meta={'b': 3}, alias='o') }} select 1 as id");
  write("models/marts/schema.yml",
        "models:\n  - name: orders\n    config: {tags: [yaml], meta: {b: 2, c: 2}, materialized: "
        "view}\n");
  const auto loaded = load();
  ASSERT_TRUE(loaded) << first();
  EXPECT_EQ(first(), "");
  const Node& orders = node(*loaded, "model.shop.orders");
  EXPECT_EQ(json(*orders.config.find("tags")), R"(["project","folder","yaml","file"])");
  EXPECT_EQ(json(*orders.config.find("meta")), R"({"a":1,"b":3,"c":2})");
  EXPECT_EQ(orders.materialized(), "view");
  EXPECT_EQ(orders.schema, "main_gold");
  EXPECT_EQ(orders.alias, "o");
  EXPECT_EQ(orders.relation_name, "\"dev\".\"main_gold\".\"o\"");
  EXPECT_THAT(orders.fqn, ElementsAre("shop", "marts", "orders"));
}

TEST_F(ProjectFixture, NodesOfAFolderShareTheirConfigButNotItsMistakes) {
  write("dbt_project.yml",
        "name: shop\nversion: '1.0'\nprofile: shop\nmodels: {shop: {mart: {+materialized: "
        "table}}}\n");
  for (const char* name : {"a", "b"}) {
    write("models/mart/" + std::string(name) + ".sql", "{{ config(tags=['x']) }} select 1");
  }
  write("models/mart/c.sql", "{{ config(tags=['y']) }} select 1");
  write("models/d.sql", "{{ config(tags=['x']) }} select 1");
  const auto loaded = load();
  ASSERT_TRUE(loaded);
  const auto config = [&](const char* name) -> const Value& {
    return node(*loaded, "model.shop." + std::string(name)).config;
  };
  EXPECT_EQ(config("a").identity(), config("b").identity());
  EXPECT_EQ(config("c").find("tags")->as_list()[0].as_string(), "y");
  EXPECT_EQ(config("c").find("materialized")->as_string(), "table");
  EXPECT_EQ(config("d").find("materialized")->as_string(), "view");
  for (const char* name : {"a", "b"}) {
    write("models/mart/" + std::string(name) + ".sql", "{{ config(docs={'show': 7}) }} select 1");
  }
  load();
  std::set<std::string> blamed;
  for (const auto& each : found) blamed.insert(each.node);
  EXPECT_EQ(blamed, (std::set<std::string>{"model.shop.a", "model.shop.b"}));
}

TEST_F(ProjectFixture, FunctionsTakeTheirOverloadsIn) {
  write("functions/area.sql", "select a");
  write("functions/area_box.sql", "select a * b * {{ function('unit') }}()");
  write("functions/unit.sql", "{{ config(volatility='stable') }} select 1");
  write("functions/schema.yml",
        "functions:\n  - name: area\n    arguments: [{name: a, data_type: integer}]\n    returns: "
        "{data_type: integer}\n    overloads:\n      - defined_in: area_box\n        arguments: "
        "[{name: a, data_type: integer}, {name: b, data_type: integer, default_value: 2}]\n");
  write("models/square.sql", "select {{ function('area') }}(2) as a");
  const auto loaded = load();
  ASSERT_TRUE(loaded) << first();
  EXPECT_EQ(first(), "");
  EXPECT_EQ(loaded->project.functions.size(), 2U);
  const Node& area = node(*loaded, "function.shop.area");
  EXPECT_EQ(json(area.arguments),
            R"([{"name":"a","data_type":"integer","description":null,"default_value":null}])");
  EXPECT_EQ(json(area.returns), R"({"data_type":"integer","description":null})");
  ASSERT_EQ(area.overloads.size(), 1U);
  EXPECT_EQ(area.overloads.as_list()[0].find("raw_body")->as_string(),
            "select a * b * {{ function('unit') }}()");
  EXPECT_THAT(area.depends_on_nodes, ElementsAre("function.shop.unit"));
  EXPECT_THAT(node(*loaded, "model.shop.square").depends_on_nodes,
              ElementsAre("function.shop.area"));
  const Node& unit = node(*loaded, "function.shop.unit");
  EXPECT_EQ(json(unit.returns), R"({"data_type":"INVALID_TYPE","description":null})");
  EXPECT_EQ(json(*unit.config.find("volatility")), R"("stable")");
}

TEST_F(ProjectFixture, FunctionsThatCannotBeAreReported) {
  const auto finding = [&](const std::string& file, const std::string& text) {
    write(file, text);
    load();
    std::filesystem::remove(root_ / file);
    return first();
  };
  write("functions/twice.sql", "select val * 2");
  write("functions/twice_text.sql", "select val || val");
  write("functions/schema.yml",
        "functions:\n  - name: twice\n    returns: {data_type: integer}\n    overloads: "
        "[{defined_in: twice_text}]\n");
  EXPECT_THAT(finding("models/a.sql", "select {{ function('twise') }}(1)"),
              HasSubstr("T036 models/a.sql:1:20 Model 'model.shop.a' (models/a.sql) depends on a "
                        "function named 'twise' which was not found | did you mean `twice`?"));
  EXPECT_THAT(finding("models/a.sql", "select {{ function('twice_text') }}(1)"),
              HasSubstr("'twice_text' is an overload of 'function.shop.twice'"));
  EXPECT_THAT(finding("functions/b.js", "return 1;"), HasSubstr("T037 functions/b.js:1:1"));
  EXPECT_THAT(
      finding("functions/b.yml", "functions: [{name: twice_text}]"),
      HasSubstr("T008 functions/b.yml:1:13 Invalid functions config given in functions/b.yml @ "
                "functions: twice_text: 'returns' is a required property | add `returns`"));
  EXPECT_THAT(finding("functions/zz.yml",
                      "functions: [{name: twice_text, returns: {data_type: text}, overloads: "
                      "[{defined_in: nowhere}]}]"),
              "");
}

TEST_F(ProjectFixture, ValuesOfPropertiesAreTakenAsDbtTakesThem) {
  write("models/dated.sql", "select 1 as id");
  write("models/schema.yml",
        "models:\n  - name: dated\n    deprecation_date: '2052-05-01 00:00:00-04:00'\n    "
        "config:\n      docs: {node_color: red, shown: false}\n      meta:\n        text: |\n  "
        "        two\n          lines\n");
  const auto loaded = load();
  ASSERT_TRUE(loaded) << first();
  const Node& dated = node(*loaded, "model.shop.dated");
  EXPECT_EQ(dated.deprecation_date, "2052-05-01T00:00:00-04:00");
  EXPECT_EQ(json(*dated.config.find("docs")), R"({"show":true,"node_color":"red"})");
  EXPECT_EQ(json(dated.meta), R"({"text":"two\nlines"})");
}

TEST_F(ProjectFixture, GenericTestsGetDbtsNamesAndIds) {
  write("dbt_project.yml", "name: jaffle_shop\nprofile: shop\n");
  write("models/customers.sql", "select 1 as customer_id");
  write("models/orders.sql", "select 1 as order_id, 1 as customer_id, 'x' as status");
  write("models/schema.yml",
        "models:\n  - name: customers\n    columns:\n      - name: customer_id\n        tests: "
        "[unique, not_null]\n  - name: orders\n    columns:\n      - name: customer_id\n        "
        "tests:\n          - relationships:\n              arguments: {to: ref('customers'), "
        "field: customer_id}\n      - "
        "name: status\n        tests:\n          - accepted_values:\n              arguments:\n    "
        "            "
        "values: ['placed', 'shipped', 'completed', 'return_pending', 'returned']\n");
  const auto loaded = load();
  ASSERT_TRUE(loaded) << first();
  EXPECT_EQ(first(), "");
  EXPECT_NE(loaded->project.find_node("test.jaffle_shop.unique_customers_customer_id.c5af1ff4b1"),
            nullptr);
  EXPECT_NE(loaded->project.find_node("test.jaffle_shop.not_null_customers_customer_id.5c9bf9911d"),
            nullptr);
  const Node& values = node(*loaded,
                            "test.jaffle_shop.accepted_values_orders_status__placed__shipped__"
                            "completed__return_pending__returned.be6b5b5ec3");
  EXPECT_EQ(values.alias, "accepted_values_orders_1ce6ab157c285f7cd2ac656013faf758");
  EXPECT_EQ(values.raw_code,
            "{{ test_accepted_values(**_dbt_generic_test_kwargs) }}{{ config(alias=\"" +
                values.alias + "\") }}");
  EXPECT_EQ(values.attached_node, "model.jaffle_shop.orders");
  const Node& related = node(*loaded,
                             "test.jaffle_shop.relationships_orders_customer_id__customer_id__ref_"
                             "customers_.c6ec7f58f2");
  EXPECT_THAT(related.depends_on_nodes,
              ElementsAre("model.jaffle_shop.customers", "model.jaffle_shop.orders"));
  EXPECT_THAT(related.depends_on_macros,
              ElementsAre("macro.dbt.test_relationships", "macro.dbt.get_where_subquery"));
  EXPECT_EQ(json(node(*loaded, "model.jaffle_shop.customers").primary_key), R"(["customer_id"])");
}

TEST(StaticSql, KeepsEscapesAsWritten) {
  StaticSql found;
  ASSERT_TRUE(read_static_sql(R"({{ config(a='it\'s', b="x\ny") }})", found));
  EXPECT_EQ(found.configs[0].second, Value(R"(it\'s)"));
  EXPECT_EQ(found.configs[1].second, Value(R"(x\ny)"));
  StaticSql other;
  EXPECT_FALSE(read_static_sql(R"({{ config(a='x\\') }})", other));
}

TEST(GenericTestNames, LongNamesAreCutAndHashed) {
  Value args = Value::map();
  args.set("column_name", "c");
  args.set("flag", false);
  args.set("nothing", nullptr);
  args.set("ratio", 1.5);
  const auto [short_name, full_name] = generic_test_names("t", "m", args);
  EXPECT_EQ(full_name, "t_m_c__False__None__1_5");
  EXPECT_EQ(short_name, full_name);
  args.set("long", std::string(60, 'x'));
  const auto [cut, whole] = generic_test_names("t", "m", args);
  EXPECT_EQ(cut.size(), 3 + 1 + 32u);
  EXPECT_GT(whole.size(), 64u);
}

TEST_F(ProjectFixture, StaticReadingFindsWhatRenderingFinds) {
  const std::string text =
      "{{ config(materialized='table', tags=['a', 'b'], meta={'k': True}) }}\n"
      "select * from {{ ref('one') }} join {{ ref('shop', 'two') }} using (id) "
      "join {{ source('raw', 't') }} using (id) {# {{ ref('no') }} #}";
  StaticSql found;
  ASSERT_TRUE(read_static_sql(text, found));
  write("models/one.sql", "select 1 as id");
  write("models/two.sql", "select 1 as id");
  write("models/sources.yml", "sources:\n  - name: raw\n    tables: [{name: t}]\n");
  write("models/fast.sql", text);
  write("models/slow.sql", text + "{% if true %}{% endif %}");
  const auto loaded = load();
  ASSERT_TRUE(loaded) << first();
  EXPECT_EQ(first(), "");
  const Node& fast = node(*loaded, "model.shop.fast");
  const Node& slow = node(*loaded, "model.shop.slow");
  EXPECT_EQ(fast.depends_on_nodes, slow.depends_on_nodes);
  EXPECT_EQ(fast.refs.size(), slow.refs.size());
  EXPECT_EQ(json(fast.config), json(slow.config));
  EXPECT_THAT(fast.depends_on_nodes,
              ElementsAre("source.shop.raw.t", "model.shop.one", "model.shop.two"));
}

TEST(StaticSql, LeavesTheRestToTheInterpreter) {
  for (const char* text :
       {"{% if x %}{% endif %}", "{{ this }}", "{{- ref('a') }}", "{{ config(a=1) }}",
        "{{ ref('a').x }}", "{{ ref(x) }}", "{{ config() }}", "{{ ref('a') | upper }}"}) {
    StaticSql found;
    EXPECT_FALSE(read_static_sql(text, found)) << text;
  }
  StaticSql versions;
  ASSERT_TRUE(read_static_sql("{{ ref('a', v=1) }}{{ ref('a', version='2') }}", versions));
  EXPECT_EQ(json(versions.refs[0].version), "1");
  EXPECT_EQ(json(versions.refs[1].version), "\"2\"");
}

TEST_F(ProjectFixture, VersionsBecomeNodesAndRefsFindThem) {
  write("models/dim_v1.sql", "select 1 as id");
  write("models/dim_v2.sql", "select 1 as id");
  write(
      "models/schema.yml",
      "models:\n  - name: dim\n    latest_version: 1\n    columns: [{name: id, tests: [unique]}]\n"
      "    versions: [{v: 1}, {v: 2}]\n");
  write("models/use.sql", "select * from {{ ref('dim') }} union {{ ref('dim', v=2) }}");
  const auto loaded = load();
  ASSERT_TRUE(loaded) << first();
  EXPECT_EQ(first(), "");
  EXPECT_THAT(node(*loaded, "model.shop.use").depends_on_nodes,
              ElementsAre("model.shop.dim.v1", "model.shop.dim.v2"));
  EXPECT_EQ(node(*loaded, "model.shop.dim.v2").alias, "dim_v2");
  EXPECT_THAT(node(*loaded, "model.shop.dim.v2").fqn, ElementsAre("shop", "dim", "v2"));
}

TEST_F(ProjectFixture, MacrosAndVarsResolveFromTheProject) {
  write("dbt_project.yml", "name: shop\nprofile: shop\nvars: {which: one, shop: {which: two}}\n");
  write(
      "macros/pick.sql",
      "{% macro pick() %}{{ ref(var('which')) }}{% endmacro %}\n"
      "{% macro generate_schema_name(custom, node) %}{{ custom or target.schema }}{% endmacro %}");
  write("models/one.sql", "select 1 as id");
  write("models/two.sql", "select 1 as id");
  write("models/use.sql", "{{ config(schema='other') }} select * from {{ pick() }}");
  const auto loaded = load();
  ASSERT_TRUE(loaded) << first();
  const Node& use = node(*loaded, "model.shop.use");
  EXPECT_THAT(use.depends_on_nodes, ElementsAre("model.shop.two"));
  EXPECT_THAT(use.depends_on_macros, ElementsAre("macro.shop.pick"));
  EXPECT_EQ(use.schema, "other");
  options.cli_vars = Value::map();
  options.cli_vars.set("which", "one");
  const auto again = load();
  ASSERT_TRUE(again);
  EXPECT_THAT(node(*again, "model.shop.use").depends_on_nodes, ElementsAre("model.shop.one"));
}

TEST_F(ProjectFixture, VirtualProjectNeedsNoFiles) {
  std::filesystem::remove(root_ / "dbt_project.yml");
  std::filesystem::remove(root_ / "profiles.yml");
  write("models/a.sql", "select 1 as id");
  VirtualProject project;
  project.dbt_project.set("name", "product");
  project.profile.target_name = "dev";
  project.profile.database = "memory";
  project.profile.schema = "bronze";
  options.virtual_project = project;
  const auto loaded = load();
  ASSERT_TRUE(loaded) << first();
  EXPECT_EQ(node(*loaded, "model.product.a").relation_name, "\"memory\".\"bronze\".\"a\"");
}

// --- Bad input -----------------------------------------------------------------------------------

TEST_F(ProjectFixture, UnknownRefSaysWhereAndWhatWasMeant) {
  write("models/orders.sql", "select 1 as id");
  write("models/use.sql", "select *\nfrom {{ ref('order') }}");
  load();
  EXPECT_EQ(first(),
            "T001 models/use.sql:2:9 Model 'model.shop.use' (models/use.sql) depends on a node "
            "named 'order' which was not found | did you mean `orders`?");
}

TEST_F(ProjectFixture, DisabledRefIsToldApart) {
  write("models/off.sql", "{{ config(enabled=False) }} select 1 as id");
  write("models/use.sql", "select * from {{ ref('off') }}");
  load();
  EXPECT_THAT(first(), HasSubstr("depends on a node named 'off' which is disabled"));
}

TEST_F(ProjectFixture, UnknownSourceSaysWhatWasMeant) {
  write("models/s.yml", "sources:\n  - name: raw\n    tables: [{name: customers}]\n");
  write("models/use.sql", "select * from {{ source('raw', 'customer') }}");
  load();
  EXPECT_THAT(first(), HasSubstr("T002 models/use.sql:1:18"));
  EXPECT_THAT(first(), HasSubstr("did you mean `raw.customers`?"));
}

TEST_F(ProjectFixture, CyclesShowTheirPath) {
  write("models/a.sql", "select * from {{ ref('b') }}");
  write("models/b.sql", "select * from {{ ref('a') }}");
  load();
  EXPECT_THAT(first(), HasSubstr("T007"));
  EXPECT_THAT(first(), HasSubstr("Found a cycle: model.shop.a --> model.shop.b --> model.shop.a"));
}

TEST_F(ProjectFixture, DuplicateNamesAreRefused) {
  write("models/a/x.sql", "select 1 as id");
  write("models/b/x.sql", "select 1 as id");
  load();
  EXPECT_THAT(first(),
              HasSubstr("T005 models/b/x.sql:1:1 dbt found two models with the name \"x\""));
}

TEST_F(ProjectFixture, TwoNodesMustNotBuildOneRelation) {
  write("models/a.sql", "{{ config(alias='x') }} select 1 as id");
  write("models/x.sql", "select 1 as id");
  load();
  EXPECT_THAT(first(), HasSubstr("T006"));
  EXPECT_THAT(first(), HasSubstr("dev.main.x"));
}

TEST_F(ProjectFixture, TemplateMistakesHaveAPlace) {
  write("models/a.sql", "select 1\n{% if %}");
  load();
  EXPECT_THAT(first(), HasSubstr("T004 models/a.sql:2:"));
}

TEST_F(ProjectFixture, UnknownTestIsNamed) {
  write("models/a.sql", "select 1 as id");
  write("models/s.yml", "models:\n  - name: a\n    columns: [{name: id, tests: [not_nul]}]\n");
  const auto loaded = load();
  ASSERT_TRUE(loaded && found.empty()) << first();
  diag::Sink calls;
  check_calls(*loaded, calls);
  ASSERT_EQ(calls.errors(), 1U);
  found = calls.sorted();
  EXPECT_EQ(first(),
            "T031 models/s.yml:3:34 'test_not_nul' is undefined: no test macro of that name | did "
            "you mean `not_null`?");
}

TEST_F(ProjectFixture, UnknownDocIsNamed) {
  write("models/a.sql", "select 1 as id");
  write("models/d.md", "{% docs orders %}Orders{% enddocs %}");
  write("models/s.yml", "models:\n  - name: a\n    description: \"{{ doc('order') }}\"\n");
  load();
  EXPECT_THAT(first(), HasSubstr("T009"));
  EXPECT_THAT(first(), HasSubstr("did you mean `orders`?"));
}

TEST_F(ProjectFixture, WarningsNameDbtsEvent) {
  write("models/a.sql", "{{ exceptions.warn('take care') }}select 1 as id");
  load();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(first(), HasSubstr("T038"));
  EXPECT_THAT(first(), HasSubstr("take care"));
  EXPECT_EQ(found.front().event, "JinjaLogWarning");
  EXPECT_EQ(found.front().severity, diag::Severity::kWarning);
  EXPECT_EQ(found.front().data, R"({"msg":"take care"})");
}

TEST_F(ProjectFixture, TheProjectsFlagsSayWhatAWarningIs) {
  const std::string project = "name: shop\nversion: '1.0'\nprofile: shop\nflags:\n";
  write("models/a.sql", "{{ exceptions.warn('take care') }}select 1 as id");
  write("dbt_project.yml", project + "  warn_error_options: {error: [JinjaLogWarning]}\n");
  load();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.front().severity, diag::Severity::kError);
  write("dbt_project.yml", project + "  warn_error_options: {silence: [JinjaLogWarning]}\n");
  load();
  EXPECT_TRUE(found.empty());
  write("dbt_project.yml", project + "  warn_error: true\n");
  load();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.front().severity, diag::Severity::kError);
}

TEST_F(ProjectFixture, SpacesInNamesAreRefused) {
  write("models/two words.sql", "select 1 as id");
  load();
  ASSERT_FALSE(found.empty());
  EXPECT_THAT(first(), HasSubstr("T039"));
  EXPECT_EQ(found.front().severity, diag::Severity::kError);
}

TEST_F(ProjectFixture, WarningsEndWithTheNextDate) {
  write("models/old.sql", "select 1 as id");
  write("models/reader.sql", "select * from {{ ref('old') }}");
  write("models/s.yml", "models:\n  - {name: old, deprecation_date: 2199-01-01}\n");
  const std::optional<Loaded> loaded = load();
  ASSERT_TRUE(loaded);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.front().event, "UpcomingReferenceDeprecation");
  ASSERT_TRUE(loaded->warnings_end.has_value());
  EXPECT_EQ(*loaded->warnings_end, 7226582400.0);
}

TEST_F(ProjectFixture, MissingFilesAndProfiles) {
  write("dbt_project.yml", "name: shop\nprofile: nope\n");
  EXPECT_FALSE(load());
  EXPECT_THAT(first(), HasSubstr("T013"));
  EXPECT_THAT(first(), HasSubstr("Could not find profile named 'nope'"));
  write("dbt_project.yml", "name: 1shop\nprofile: shop\n");
  EXPECT_FALSE(load());
  EXPECT_THAT(first(), HasSubstr("T012"));
  write("dbt_project.yml", "name: shop\nprofile: shop\nrequire-dbt-version: '>=2.0.0'\n");
  EXPECT_FALSE(load());
  EXPECT_THAT(first(), HasSubstr("T030"));
  write("dbt_project.yml", "name: shop\nprofile: shop\n");
  write("packages.yml", "packages:\n  - local: ../nowhere\n");
  EXPECT_FALSE(load());
  EXPECT_THAT(first(), HasSubstr("T014"));
  std::filesystem::remove(root_ / "dbt_project.yml");
  EXPECT_FALSE(load());
  EXPECT_THAT(first(), HasSubstr("No dbt_project.yml found"));
}

TEST_F(ProjectFixture, WrongShapesOfPropertiesAreReported) {
  write("models/a.sql", "select 1 as id");
  write("models/s.yml", "models: {name: a}\n");
  load();
  EXPECT_THAT(first(), HasSubstr("T008 models/s.yml:1:9"));
  write("models/s.yml", "models:\n  - description: x\n");
  load();
  EXPECT_THAT(first(), HasSubstr("'name' is a required property"));
  write("models/s.yml", "models:\n  - name: a\n    columns: [{name: id, tests: [{a: 1, b: 2}]}]\n");
  load();
  EXPECT_THAT(first(), HasSubstr("T022"));
  write("models/s.yml", "models:\n  - name: a\n    config: {access: secret}\n");
  load();
  EXPECT_THAT(first(), HasSubstr("invalid value (secret) for the access field"));
}

TEST_F(ProjectFixture, SnapshotsNeedAStrategy) {
  write("snapshots/s.sql",
        "{% snapshot s %}{{ config(unique_key='id') }} select 1 as id{% endsnapshot %}");
  load();
  EXPECT_THAT(first(), HasSubstr("T025"));
}

TEST_F(ProjectFixture, NamesAreMadeOfWhatEachNodeSays) {
  write("macros/names.sql",
        "{% macro generate_alias_name(custom=none, node=none) %}x_{{ node.name }}{% endmacro %}"
        "{% macro generate_schema_name(custom, node) %}"
        "{% if node.config.wide %}wide{% else %}{{ node.original_file_path[7:8] }}{% endif %}"
        "{% endmacro %}");
  const std::vector<std::string> names = {"a1", "a2", "b1", "b2", "c1", "d1", "e1", "f1"};
  for (const std::string& name : names) write("models/" + name + ".sql", "select 1 as id");
  write("models/a2.sql", "{{ config(wide=true) }}select 1 as id");
  const auto loaded = load();
  ASSERT_TRUE(loaded) << first();
  for (const std::string& name : names) {
    const Node& model = node(*loaded, "model.shop." + name);
    EXPECT_EQ(model.alias, "x_" + name);
    EXPECT_EQ(model.schema, name == "a2" ? "wide" : name.substr(0, 1));
  }
}

TEST_F(ProjectFixture, HooksOfSeedsDependOnNothing) {
  write("models/a.sql", "select 1 as id");
  write("seeds/s.csv", "id\n1\n");
  write("seeds/s.yml", "seeds: [{name: s, config: {post_hook: 'select {{ 1 }}'}}]");
  load();
  EXPECT_EQ(first(), "");
  write("seeds/s.yml", "seeds: [{name: s, config: {post_hook: \"select {{ ref('a') }}\"}}]");
  load();
  EXPECT_THAT(first(), HasSubstr("T043 seeds/s.yml:1:"));
  EXPECT_THAT(first(), HasSubstr("- post_hook: \"select {{ ref('a') }}\""));
}

TEST_F(ProjectFixture, PrivateModelsStayInTheirGroup) {
  write("models/g.yml",
        "groups: [{name: g, owner: {name: o}}]\nmodels:\n  - name: a\n    config: {group: g, "
        "access: private}\n");
  write("models/a.sql", "select 1 as id");
  write("models/b.sql", "select * from {{ ref('a') }}");
  load();
  EXPECT_THAT(first(), HasSubstr("T017 models/b.sql:1:18"));
}

TEST_F(ProjectFixture, SemanticModelsNeedATimeSpineAndFitNames) {
  write("models/days.sql", "select 1 as day");
  const auto model = [&](const std::string& name, const std::string& measure) {
    write("models/meaning.yml",
          "semantic_models:\n  - name: " + name +
              "\n    model: ref('days')\n    defaults: {agg_time_dimension: day_of}\n    entities: "
              "[{name: person, type: primary, expr: day}]\n    dimensions: [{name: day_of, type: "
              "time, expr: day, type_params: {time_granularity: day}}]\n    measures: [{name: " +
              measure +
              ", agg: sum, expr: day}]\nmetrics:\n  - {name: total, label: Total, type: "
              "simple, type_params: {measure: " +
              measure + "}}\n");
    load();
    return first();
  };
  EXPECT_THAT(model("people", "how_many"), HasSubstr("requires a time spine model"));
  write("models/metricflow_time_spine.sql", "select 1 as date_day");
  EXPECT_THAT(model("people", "how_many"), Not(HasSubstr("T028")));
  EXPECT_THAT(model("people", "day"), HasSubstr("T028"));
  EXPECT_THAT(first(), HasSubstr("it is the name of a time granularity"));
  EXPECT_THAT(model("People", "how_many"), HasSubstr("Invalid name `People`"));
  EXPECT_THAT(model("people", "person"), HasSubstr("already used for a measure"));
}

TEST_F(ProjectFixture, VersionedAndUnversionedModelsAreTold) {
  write("models/orders.sql", "select 1 as id");
  write("models/orders_v1.sql", "select 1 as id");
  write("models/s.yml", "models:\n  - name: orders\n    versions: [{v: 1}]\n");
  load();
  EXPECT_THAT(first(), HasSubstr("T005"));
  EXPECT_THAT(first(), HasSubstr("versioned and unversioned models with the name \"orders\""));
}

TEST_F(ProjectFixture, FlagsOfAProjectAreNotThoseOfCommands) {
  write("dbt_project.yml",
        "name: shop\nprofile: shop\nlog-path: lines\n"
        "flags: {full_refresh: true, store_failures: true, printer_width: 90}\n");
  options.env["DBT_EMPTY"] = "true";
  const auto flag = [](const Loaded& loaded, const char* name) {
    const Value* value = loaded.flags.find(name);
    return value == nullptr ? Value("absent") : *value;
  };
  std::optional<Loaded> loaded = load();
  ASSERT_TRUE(loaded);
  EXPECT_EQ(flag(*loaded, "full_refresh"), Value(false));
  EXPECT_EQ(flag(*loaded, "store_failures"), Value(false));
  EXPECT_TRUE(flag(*loaded, "empty").is_null());
  EXPECT_TRUE(flag(*loaded, "warn_error").is_null());
  EXPECT_EQ(flag(*loaded, "printer_width"), Value(90));
  EXPECT_EQ(flag(*loaded, "log_path"), Value((root_ / "lines").string()));
  options.user_flags.set("warn_error", true);
  loaded = load();
  ASSERT_TRUE(loaded);
  EXPECT_EQ(flag(*loaded, "warn_error"), Value(true));
}

TEST_F(ProjectFixture, FixturesOfOneNameAreTold) {
  write("tests/fixtures/rows.csv", "id\n1\n");
  write("tests/fixtures/more/rows.csv", "id\n2\n");
  load();
  EXPECT_THAT(first(), HasSubstr("more than one fixture file is called 'rows'"));
}

// --- Small parts ---------------------------------------------------------------------------------

TEST(LoaderParts, CsvRowsAreReadAsPythonReadsThem) {
  EXPECT_EQ(json(csv_rows("a,b\n1,\"x,\"\"y\"\"\"\n\n2\n")),
            R"([{"a":"1","b":"x,\"y\""},{"a":"2","b":null}])");
}

TEST(LoaderParts, VersionRequirements) {
  Value list = Value::list();
  list.push(">=1.0.0,<2.0.0");
  std::string problem;
  EXPECT_TRUE(version_satisfies("1.12.6", list, problem));
  EXPECT_FALSE(version_satisfies("2.0.0", list, problem));
  EXPECT_LT(compare_versions("1.0.0-rc1", "1.0.0"), 0);
}

TEST(LoaderParts, HooksAreDictsHoweverWritten) {
  const ConfigClass& fields = config_class(ResourceType::kModel);
  const auto hooks = [&](const char* text) {
    Value config = fields.defaults;
    Value given = Value::map();
    given.set("pre-hook", text);
    ConfigFindings findings;
    merge_config(fields, config, given, findings);
    EXPECT_TRUE(findings.problems.empty());
    return json(*config.find("pre-hook"));
  };
  EXPECT_EQ(hooks("select 1"), R"([{"sql":"select 1","transaction":true,"index":null}])");
  EXPECT_EQ(hooks(R"({"sql": "x", "transaction": false})"),
            R"([{"sql":"x","transaction":false,"index":null}])");
}

TEST(LoaderParts, EveryCodeHasAnErrorClass) {
  for (const LoadCode& code : load_codes()) {
    EXPECT_EQ(dbt_error_class(code.code), code.error_class);
    EXPECT_FALSE(code.explanation.empty());
  }
}

}  // namespace
}  // namespace floe::dbt
