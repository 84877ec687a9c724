// SPDX-License-Identifier: Apache-2.0
#include "dbt/adapter/relation.h"

#include "dbt/adapter/cache.h"
#include "dbt/adapter/column.h"
#include "dbt/context/base_context.h"
#include "dbt/jinja/interp.h"

#include <gtest/gtest.h>

namespace floe::dbt {
namespace {

Relation orders() {
  Relation relation;
  relation.database = "dev";
  relation.schema = "main";
  relation.identifier = "orders";
  return relation;
}

std::string render(const std::string& source) {
  auto context = std::make_shared<jinja::MapContext>(jinja::builtin_context());
  context->set("orders", relation_value(orders()));
  context->set("Relation", relation_class(Value::map()));
  context->set("Column", column_class());
  jinja::Interp interp;
  return interp.render(jinja::parse_template(source), context);
}

TEST(Relation, RendersQuotedParts) {
  EXPECT_EQ(orders().render(), "\"dev\".\"main\".\"orders\"");
  EXPECT_EQ(orders().without_identifier().render(), "\"dev\".\"main\"");
}

TEST(Relation, LimitsAndEventTimesWrapTheName) {
  Relation relation = orders();
  relation.limit = 0;
  EXPECT_EQ(relation.to_text(), "(select * from \"dev\".\"main\".\"orders\" where false limit 0)");
  relation.limit.reset();
  relation.event_time_filter = EventTimeFilter{"at", "2024-01-01", "2024-01-02"};
  EXPECT_EQ(relation.to_text(),
            "(select * from \"dev\".\"main\".\"orders\" where at >= '2024-01-01' and at < "
            "'2024-01-02')");
}

TEST(Relation, EphemeralNamesAreUnquoted) {
  EXPECT_EQ(ephemeral_relation("stg").render(), "__dbt__cte__stg");
}

TEST(Relation, TemplatesChangeCopies) {
  EXPECT_EQ(render("{{ orders.include(database=false) }}|{{ orders }}"),
            "\"main\".\"orders\"|\"dev\".\"main\".\"orders\"");
  EXPECT_EQ(render("{{ orders.incorporate(path={'identifier': 'x'}, type='view').is_view }}"),
            "True");
  EXPECT_EQ(render("{{ orders.quote(identifier=false).include(database=false, schema=false) }}"),
            "orders");
  EXPECT_EQ(render("{{ orders.identifier }} {{ orders['schema'] }} {{ orders.type is none }}"),
            "orders main True");
  EXPECT_EQ(render("{{ Relation.create(schema='s', identifier='t', type='table').type }}"),
            "table");
  EXPECT_EQ(render("{{ orders.get('metadata', {}).get('type', '') }}"), "DuckDBRelation");
  EXPECT_EQ(render("{{ orders.information_schema('tables') }}"),
            "\"dev\".INFORMATION_SCHEMA.tables");
}

TEST(Relation, BadPathsRaise) {
  EXPECT_THROW(render("{{ Relation.create(schema=1) }}"), DbtError);
  EXPECT_THROW(render("{{ Relation.create(type='nonsense') }}"), DbtError);
}

TEST(Relation, SourcesFormatTheirExternalLocation) {
  SourceNode source;
  source.name = "events";
  source.identifier = "events";
  source.schema = "raw";
  source.database = "dev";
  source.meta.set("external_location", Value("data/{name}.parquet"));
  EXPECT_EQ(source_relation(source, Value::map()).render(), "'data/events.parquet'");
  source.meta.set("formatter", Value("template"));
  source.meta.set("external_location", Value("read_csv('$name.csv')"));
  EXPECT_EQ(source_relation(source, Value::map()).render(), "read_csv('events.csv')");
  source.meta.set("formatter", Value("oldstyle"));
  source.meta.set("external_location", Value("%(identifier)s.csv"));
  EXPECT_EQ(source_relation(source, Value::map()).render(), "'events.csv'");
}

TEST(Column, KnowsItsTypes) {
  const RelationColumn text{"a", "VARCHAR", {}, {}, {}};
  EXPECT_EQ(text.data_type(), "character varying(256)");
  const RelationColumn decimal{"b", "DECIMAL(18,3)", {}, {}, {}};
  EXPECT_EQ(decimal.data_type(), "DECIMAL(18,3)");
  const RelationColumn nested{"s", "STRUCT(a INTEGER, b STRUCT(c DECIMAL(10, 2)))", {}, {}, {}};
  const auto flat = nested.flatten();
  ASSERT_EQ(flat.size(), 2u);
  EXPECT_EQ(flat[1].name, "s.b.c");
  EXPECT_EQ(flat[1].dtype, "DECIMAL(10, 2)");
  EXPECT_EQ(render("{{ Column.translate_type('string') }} {{ Column('x', 'int').quoted }}"),
            "TEXT \"x\"");
}

TEST(RelationsCache, FollowsWhatHappens) {
  RelationsCache cache;
  EXPECT_FALSE(cache.has_schema("dev", "main"));
  cache.add(orders());
  EXPECT_TRUE(cache.has_schema("DEV", "MAIN"));
  EXPECT_TRUE(cache.find("dev", "main", "ORDERS").has_value());
  Relation backup = orders();
  backup.identifier = "orders__dbt_backup";
  cache.rename(orders(), backup);
  EXPECT_FALSE(cache.find("dev", "main", "orders").has_value());
  cache.add(orders());
  EXPECT_THROW(cache.rename(orders(), backup), DbtError);
  cache.drop(backup);
  EXPECT_FALSE(cache.find("dev", "main", "orders__dbt_backup").has_value());
  cache.drop_schema("dev", "main");
  EXPECT_FALSE(cache.find("dev", "main", "orders").has_value());
}

}  // namespace
}  // namespace floe::dbt
