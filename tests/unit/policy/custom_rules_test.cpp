// SPDX-License-Identifier: Apache-2.0
// Custom rules over hand-made projects: where findings stand, what broken rules say, what the
// sandbox refuses.
#include "policy/custom/custom_rules.h"

#include "base/files.h"
#include "policy/custom/project_checks.h"
#include "policy/custom/table_rows.h"
#include "value/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>

namespace floe::policy {
namespace {

using dbt::Node;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

/// A project with one model a name, and a platform with rules.
struct CustomShop {
  core::Platform platform;
  dbt::Project project;
  diag::SourceMap sources;
  config::DataProduct product;

  CustomShop() {
    platform.name = "acme";
    platform.version = "1.2.3";
    platform.owner = "platform@example.com";
    project.name = "shop";
  }

  Node& model(const std::string& name) {
    auto node = std::make_unique<Node>();
    node->name = name;
    node->unique_id = "model.shop." + name;
    node->package_name = "shop";
    node->original_file_path = "models/" + name + ".sql";
    node->config.set("materialized", "view");
    const diag::Source& source = sources.add(node->original_file_path, "select 1\n");
    node->span = source.span(0, 1);
    Node* raw = node.get();
    project.nodes.emplace(node->unique_id, std::move(node));
    return *raw;
  }

  void rule(const std::string& code, const std::string& sql,
            const std::string& severity = "error") {
    value::Value entry = value::Value::map();
    entry.set("code", code);
    entry.set("description", "what " + code + " asks for");
    entry.set("severity", severity);
    entry.set("sql", sql);
    platform.custom_rules.push(std::move(entry));
  }

  void declared(const std::string& json) { platform.custom_rules.push(*value::read_json(json)); }

  std::vector<diag::Diagnostic> findings(const SandboxLimits& limits = {}) {
    diag::Sink sink;
    enforce_custom(make_context(platform, product, project, sources), sink, limits);
    return sink.sorted();
  }

  /// What one query gives: its only finding's message.
  std::string problem(const std::string& sql, const SandboxLimits& limits = {}) {
    platform.custom_rules = value::Value::list();
    rule("X001", sql);
    const auto found = findings(limits);
    return found.empty() ? "" : found.front().code + " " + found.front().message;
  }
};

TEST(CustomRules, FindingsStandAtTheNodeWithPlatformAndOwner) {
  CustomShop shop;
  const Node& orders = shop.model("orders");
  shop.model("customers");
  shop.rule("X001",
            "select name, 'no tests: ' || name as message from models where name = 'orders'");
  const auto found = shop.findings();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].code, "X001");
  EXPECT_EQ(found[0].message, "no tests: orders");
  EXPECT_EQ(found[0].node, "model.shop.orders");
  EXPECT_EQ(found[0].span, orders.span);
  EXPECT_EQ(found[0].severity, diag::Severity::kError);
  EXPECT_EQ(found[0].owner, "platform@example.com");
  EXPECT_THAT(found[0].platform, HasSubstr("acme v1.2.3"));
  EXPECT_EQ(found[0].expected, "what X001 asks for");
}

TEST(CustomRules, WarningsWarn) {
  CustomShop shop;
  shop.model("orders");
  shop.rule("X001", "select name, 'm' as message from models", "warning");
  EXPECT_EQ(shop.findings().at(0).severity, diag::Severity::kWarning);
}

TEST(CustomRules, AColumnHasItsOwnPlace) {
  CustomShop shop;
  Node& orders = shop.model("orders");
  dbt::Column column;
  column.name = "Email";
  const diag::Source& yml = shop.sources.add("models/schema.yml", "a\nb\nc\n");
  column.span = yml.span(2, 3);
  orders.columns.emplace_back("Email", column);
  shop.rule("X001", "select node_id as name, name as \"column\", 'm' as message from columns");
  const auto found = shop.findings();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].span, column.span);
}

TEST(CustomRules, PathAndLineOfARowAreThePlace) {
  CustomShop shop;
  shop.rule("X001", "select null as name, 'm' as message, 'a/b.yml' as path, 7 as line");
  const auto found = shop.findings();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].position->path, "a/b.yml");
  EXPECT_EQ(found[0].position->line, 7u);
}

TEST(CustomRules, WithoutAMessageTheDescriptionSpeaks) {
  CustomShop shop;
  shop.model("orders");
  shop.rule("X001", "select unique_id from models");
  EXPECT_EQ(shop.findings().at(0).message, "'orders': what X001 asks for");
}

TEST(CustomRules, AppliesToAndLayersNarrow) {
  CustomShop shop;
  for (const char* name : {"bronze_a", "gold_a", "gold_b"}) shop.model(name);
  core::Layer gold;
  gold.name = "gold";
  gold.prefixes = {"gold_"};
  shop.platform.layers.push_back(gold);
  shop.declared(R"({"code": "X001", "description": "d", "sql": "select name from models",
                    "layers": ["gold"], "applies_to": "*_b"})");
  shop.declared(R"({"code": "X002", "description": "d", "kind": "require_tag", "tag": "t",
                    "layers": ["gold"]})");
  std::vector<std::string> found;
  for (const auto& finding : shop.findings()) found.push_back(finding.code + " " + finding.node);
  std::sort(found.begin(), found.end());
  EXPECT_THAT(found, ElementsAre("X001 model.shop.gold_b", "X002 model.shop.gold_a",
                                 "X002 model.shop.gold_b"));
}

TEST(CustomRules, NamesWithQuotesAndSemicolonsAreData) {
  CustomShop shop;
  const std::string evil = "a'; drop table models; --\"";
  shop.model(evil);
  shop.rule("X001", "select name, name as message from models");
  shop.rule("X002", "select name, 'still there' as message from models");
  const auto found = shop.findings();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].message, evil);
  EXPECT_EQ(found[0].node, "model.shop." + evil);
  EXPECT_EQ(found[1].message, "still there");
}

TEST(CustomRules, TextThatIsNoUtf8DoesNotStopARule) {
  CustomShop shop;
  shop.model("orders").description = "caf\xe9";
  shop.rule("X001", "select name, description as message from models");
  EXPECT_EQ(shop.findings().at(0).message, "caf?");
}

TEST(CustomRules, DeclarativeKinds) {
  CustomShop shop;
  Node& good = shop.model("fct_good");
  good.tags = {"daily"};
  good.meta = *value::read_json(R"({"owner": {"team": "a"}})");
  Node& bad = shop.model("fct_bad");
  bad.config.set("materialized", "table");
  auto test = std::make_unique<Node>();
  test->type = dbt::ResourceType::kTest;
  test->unique_id = "test.shop.t";
  test->test_metadata = dbt::TestMetadata{"unique", std::nullopt, value::Value::map()};
  test->attached_node = good.unique_id;
  shop.project.nodes.emplace("test.shop.t", std::move(test));
  shop.declared(
      R"({"code": "X001", "description": "d", "kind": "require_meta", "key": "owner.team"})");
  shop.declared(R"({"code": "X002", "description": "d", "kind": "require_tag", "tag": "daily"})");
  shop.declared(
      R"({"code": "X003", "description": "d", "kind": "require_test", "test": "unique"})");
  shop.declared(R"({"code": "X004", "description": "d", "kind": "forbid_materialization",
                    "materialization": "table"})");
  shop.declared(R"({"code": "X005", "description": "d", "kind": "require_tags_for_prefix",
                    "prefix": "fct_", "tags": ["daily"]})");
  std::vector<std::string> messages;
  for (const auto& finding : shop.findings())
    messages.push_back(finding.code + " " + finding.message);
  std::sort(messages.begin(), messages.end());
  EXPECT_THAT(messages, ElementsAre("X001 model 'fct_bad' has no meta 'owner.team'",
                                    "X002 model 'fct_bad' is not tagged 'daily'",
                                    "X003 model 'fct_bad' has no test 'unique'",
                                    "X004 model 'fct_bad' is materialized as table",
                                    "X005 model 'fct_bad' is not tagged 'daily'"));
}

TEST(CustomRules, ABrokenRuleIsThePlatformsFault) {
  CustomShop shop;
  shop.model("orders");
  shop.rule("X001", "select nmae from models");
  shop.rule("X002", "select name, 'm' as message from models");
  const auto found = shop.findings();
  ASSERT_EQ(found.size(), 2u);
  const bool first = found[0].code == "P010";
  const auto& broken = found[first ? 0 : 1];
  EXPECT_THAT(broken.message, StartsWith("rule X001 of acme v1.2.3 cannot be run: Binder Error"));
  EXPECT_THAT(broken.help, HasSubstr("nothing in this product causes it"));
  EXPECT_EQ(broken.owner, "platform@example.com");
  EXPECT_EQ(found[first ? 1 : 0].code, "X002");
  EXPECT_THAT(shop.problem("select 1 as a, 2 as b"),
              HasSubstr("returns a and b, but no column 'name'"));
}

TEST(CustomRules, ACheckOfThePlatformFindsBrokenRulesBeforeAnyProduct) {
  CustomShop shop;
  shop.rule("X001", "select name from models");
  shop.rule("X002", "select name from modles");
  shop.rule("X003", "copy models to 'floe-escape'");
  diag::Sink sink;
  check_custom_rules(shop.platform, sink);
  std::vector<std::string> messages;
  for (const auto& finding : sink.sorted())
    messages.push_back(finding.code + " " + finding.message);
  EXPECT_THAT(messages, ElementsAre(StartsWith("C050 rule X002 cannot be run: Catalog Error"),
                                    StartsWith("C050 rule X003 cannot be run: Permission Error")));
}

TEST(Sandbox, RefusesWhatReachesOut) {
  CustomShop shop;
  shop.model("orders");
  for (const char* sql : {"select content as name from read_text('/etc/passwd')",
                          "select content as name from read_blob('/proc/self/environ')",
                          "select * from read_csv('/etc/passwd')",
                          "select file as name from glob('/*')",
                          "select * from '/etc/passwd'",
                          "select * from read_parquet('x.parquet')",
                          "select * from read_json('/proc/self/status')",
                          "select * from sniff_csv('/etc/passwd')",
                          "select * from parquet_metadata('x')",
                          "attach 'floe-escape.db'",
                          "attach ':memory:' as other",
                          "copy models to 'floe-escape.csv'",
                          "copy (select 1) to 'floe-escape.csv'",
                          "install httpfs",
                          "load httpfs",
                          "select getenv('HOME') as name",
                          "pragma threads=8",
                          "set threads = 8",
                          "set enable_external_access = true",
                          "reset lock_configuration",
                          "export database 'floe-escape'",
                          "import database 'floe-escape'",
                          "create secret s (type s3, key_id 'a', secret 'b')",
                          "create table t (a int)",
                          "create temp table t (a int)",
                          "insert into models (name) values ('x')",
                          "delete from models",
                          "drop table all_nodes",
                          "select 1 as name; drop table all_nodes",
                          "select 1 as name; select 2 as name",
                          "-- nothing",
                          "call pragma_version()",
                          "use dbt",
                          "begin",
                          "commit",
                          "checkpoint",
                          "vacuum",
                          "prepare p as select 1",
                          "with x as (delete from models returning *) select * from x",
                          "select * from query('copy models to ''floe-escape.csv''')",
                          "select * from sqlite_scan('x', 'y')",
                          "select * from duckdb_extensions()"}) {
    EXPECT_THAT(shop.problem(sql), StartsWith("P010 rule X001 of acme v1.2.3 cannot be run: "))
        << sql;
  }
  EXPECT_EQ(shop.problem("select name from duckdb_secrets()"), "");
  EXPECT_EQ(shop.problem("select '(' || current_setting('enable_external_access') || ')' as name, "
                         "current_setting('enable_external_access')::varchar as message"),
            "X001 false");
}

TEST(Sandbox, EndlessAndHugeThingsEnd) {
  CustomShop shop;
  shop.model("orders");
  SandboxLimits limits;
  limits.time = std::chrono::milliseconds(700);
  limits.grace = std::chrono::milliseconds(20'000);
  limits.memory_mb = 64;
  limits.process_memory_mb = 256;
  for (const char* sql :
       {"with recursive r(n) as (select 1 union all select n + 1 from r) select max(n) as name "
        "from r",
        "select count(*) as name from range(10000000000) a, range(10000000000) b",
        "select sum(a.range * b.range) as name from range(10000000) a, range(10000000) b",
        "select length(repeat('x', 3000000000)) as name",
        "select list_sum(range(3000000000)) as name",
        "select string_agg(repeat('x', 1000000)) as name from range(100000)",
        "select repeat('x', 500000000) as name, 'm' as message"}) {
    const auto started = std::chrono::steady_clock::now();
    EXPECT_THAT(shop.problem(sql, limits), StartsWith("P010 ")) << sql;
    EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(40)) << sql;
  }
  // The memory that was refused is there again.
  EXPECT_EQ(shop.problem("select name, 'm' as message from models", limits), "X001 m");
}

TEST(Sandbox, LargeResultsAreCut) {
  CustomShop shop;
  shop.rule("X001", "select 'n' || range as name, 'm' as message from range(1000000000)");
  const auto found = shop.findings();
  ASSERT_EQ(found.size(), 1001u);
  EXPECT_TRUE(std::any_of(found.begin(), found.end(), [](const auto& finding) {
    return finding.message == "rule X001 finds more than the 1000 violations shown";
  }));
  EXPECT_LT(shop.problem("select 'n' as name, repeat('y', 100000) as message").size(), 1100u);
}

TEST(ProjectTables, RowsAreAsWideAsTheirTables) {
  CustomShop shop;
  Node& orders = shop.model("orders");
  orders.depends_on_nodes = {"source.shop.raw.orders"};
  orders.columns.emplace_back("id", dbt::Column{});
  dbt::ColumnFacts facts;
  facts.relations["model.shop.orders"].columns = {
      {"id", "", {{{"source.shop.raw.orders", "id"}, dbt::FlowKind::kFilter, {}}}, ""}};
  const Context context =
      make_context(shop.platform, shop.product, shop.project, shop.sources, &facts);
  std::vector<const ProjectTable*> all;
  for (const ProjectTable& table : project_tables()) {
    all.push_back(&table);
    if (table.is_view()) continue;
    const dbt::BulkRows rows = table_rows(table, context);
    EXPECT_EQ(rows.cells.size() % rows.width, 0u) << table.name;
  }
  // Every cell fits its column, and every view can be read.
  auto sandbox = Sandbox::open(all, &context);
  ASSERT_TRUE(sandbox) << sandbox.error().message;
  for (const ProjectTable* table : all) {
    const auto rows = sandbox->select("select * from " + std::string(table->schema) + "." +
                                      std::string(table->name));
    EXPECT_TRUE(rows) << table->name << ": " << rows.error().message;
  }
  const auto evolution = sandbox->select("select evolution from dbt.column_lineage");
  EXPECT_EQ(evolution->table.rows.at(0).at(0).text, "scan");
}

/// What a file of docs/rules-gallery finds: the unique_ids or names, and columns.
std::vector<std::string> gallery_finds(const std::string& slug, const Context& context) {
  const auto sql = read_file(fs::path(FLOE_SOURCE_DIR) / "docs/rules-gallery" / (slug + ".sql"));
  EXPECT_TRUE(sql) << slug;
  auto sandbox = Sandbox::open(tables_named(*sql), &context);
  const auto rows = sandbox->select(*sql);
  EXPECT_TRUE(rows) << slug << ": " << rows.error().message;
  std::vector<std::string> found;
  for (const auto& row : rows->table.rows) found.push_back(row[0].text + "." + row[1].text);
  return found;
}

// The rules of the gallery that ask for column lineage.
TEST(Gallery, RulesOverColumnLineage) {
  CustomShop shop;
  Node& raw = shop.model("raw");
  Node& gold = shop.model("gold");
  gold.access = "public";
  gold.depends_on_nodes = {raw.unique_id};
  const auto column = [](const std::string& name, const std::string& description, bool pii) {
    dbt::Column made;
    made.name = name;
    made.description = description;
    if (pii) made.meta.set("pii", true);
    return std::pair(name, made);
  };
  raw.columns = {column("email", "The address.", true), column("id", "", false)};
  gold.columns = {column("mail", "", false), column("id", "", false), column("lost", "", false)};
  auto source = std::make_unique<dbt::SourceNode>();
  source->unique_id = "source.shop.s.t";
  source->source_name = "s";
  source->name = "t";
  source->package_name = "shop";
  source->columns = {column("used", "", false), column("unused", "", false)};
  shop.project.sources.emplace(source->unique_id, std::move(source));
  using dbt::FlowKind;
  dbt::ColumnFacts facts;
  facts.relations["model.shop.raw"].columns = {
      {"id", "", {{{"source.shop.s.t", "used"}, FlowKind::kFilter, {}}}, ""}};
  facts.relations["model.shop.gold"].columns = {
      {"mail", "", {{{"model.shop.raw", "email"}, FlowKind::kCopy, {}}}, ""},
      {"id", "", {{{"model.shop.raw", "email"}, FlowKind::kFilter, {}}}, ""}};
  const Context context =
      make_context(shop.platform, shop.product, shop.project, shop.sources, &facts);
  EXPECT_THAT(gallery_finds("column-description-propagated", context),
              ElementsAre("model.shop.gold.mail"));
  EXPECT_THAT(gallery_finds("column-meta-propagated", context),
              ElementsAre("model.shop.gold.mail"));
  EXPECT_THAT(gallery_finds("public-columns-not-personal", context), ElementsAre("gold.mail"));
  EXPECT_THAT(gallery_finds("source-columns-used", context), ElementsAre("source.shop.s.t.unused"));
  EXPECT_THAT(gallery_finds("columns-have-lineage", context), ElementsAre("model.shop.gold.lost"));
  const Context unknown = make_context(shop.platform, shop.product, shop.project, shop.sources);
  EXPECT_TRUE(gallery_finds("columns-have-lineage", unknown).empty());
}

TEST(ProjectTables, OnlyWhatIsNamedIsMade) {
  const auto names = [](std::string_view sql) {
    std::vector<std::string> found;
    for (const ProjectTable* table : tables_named(sql)) {
      found.push_back(std::string(table->schema) + "." + std::string(table->name));
    }
    return found;
  };
  EXPECT_THAT(names("select * from MODELS"), ElementsAre("main.all_nodes", "main.models"));
  EXPECT_THAT(names("select * from \"edges\""), ElementsAre("main.edges"));
  EXPECT_TRUE(names("select 1").empty());
  EXPECT_EQ(names("from query_table('mod' || 'els')").size(), project_tables().size());
}

TEST(ProjectTables, CommentsAreNoCode) {
  EXPECT_EQ(without_comments("a -- b\nc /* d\n */ e {# f #} 'g -- h' \"i /* j\""),
            "a \nc \n  e   'g -- h' \"i /* j\"");
  EXPECT_EQ(without_comments("/* open"), " ");
  EXPECT_EQ(without_comments("'it''s -- ok'"), "'it''s -- ok'");
}

}  // namespace
}  // namespace floe::policy
