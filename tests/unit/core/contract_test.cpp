// SPDX-License-Identifier: Apache-2.0
// Data contracts: reading ODCS and the short form, types, what a change breaks.
#include "core/contract/contract.h"

#include "core/contract/compare.h"
#include "value/json.h"
#include "value/yaml.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace floe::contract {
namespace {

struct ReadContract {
  diag::SourceMap sources;
  diag::Sink sink;
  std::optional<Contract> contract;

  explicit ReadContract(const std::string& text,
                        const Defaults& defaults = {"shop", "orders", "1.2", "gold_orders", ""}) {
    const value::Value document = value::read_yaml(sources.add("contract.yaml", text), {}, sink);
    if (!sink.has_errors()) contract = read_contract(document, defaults, sink);
  }
  std::string first_code() const { return sink.sorted().empty() ? "" : sink.sorted().front().code; }
  std::string first_message() const {
    return sink.sorted().empty() ? "" : sink.sorted().front().message;
  }
};

TypeStep step(const char* from, const char* to) {
  return compare_types(parse_type(from), parse_type(to));
}

TEST(ContractType, AliasesAreOneType) {
  for (const auto& [a, b] :
       std::map<std::string, std::string>{{"INTEGER", "int4"},
                                          {"bigint", "INT8"},
                                          {"varchar", "text"},
                                          {"double precision", "FLOAT8"},
                                          {"timestamp with time zone", "timestamptz"},
                                          {"Timestamp (6) With Time Zone", "timestamptz"},
                                          {"numeric(10, 2)", "decimal(10,2)"},
                                          {"string", "varchar"}}) {
    EXPECT_EQ(compare_types(parse_type(a), parse_type(b)), TypeStep::kSame) << a << " " << b;
  }
}

TEST(ContractType, WideningIsOneWay) {
  const std::pair<const char*, const char*> wider[] = {
      {"integer", "bigint"},
      {"tinyint", "smallint"},
      {"utinyint", "smallint"},
      {"decimal(10,2)", "decimal(12,2)"},
      {"decimal(10,2)", "decimal(12,4)"},
      {"real", "double"},
      {"varchar(10)", "varchar(20)"},
      {"varchar(10)", "varchar"},
      {"integer", "double"},
      {"integer", "decimal(12,0)"},
      {"timestamp_s", "timestamp"},
  };
  for (const auto& [from, to] : wider) {
    EXPECT_EQ(step(from, to), TypeStep::kWidened) << from << " " << to;
    EXPECT_EQ(step(to, from), TypeStep::kNarrowed) << to << " " << from;
  }
}

TEST(ContractType, OthersChangeOrAreUnknown) {
  const std::pair<const char*, const char*> changed[] = {
      {"integer", "varchar"},      {"uinteger", "integer"},
      {"bigint", "double"},        {"timestamp", "timestamptz"},
      {"date", "timestamp"},       {"decimal(10,2)", "decimal(10,4)"},
      {"bigint", "decimal(18,2)"}, {"struct(a int)", "struct(b int)"},
      {"integer[]", "varchar[]"},  {"boolean", "integer"},
  };
  for (const auto& [from, to] : changed) {
    EXPECT_EQ(step(from, to), TypeStep::kChanged) << from << " " << to;
  }
  EXPECT_EQ(step("geography", "integer"), TypeStep::kUnknown);
  EXPECT_EQ(step("geography", "GEOGRAPHY"), TypeStep::kSame);
  EXPECT_EQ(step("decimal", "decimal(10,2)"), TypeStep::kUnknown);
  for (const char* odd : {"", "(", "decimal(", "decimal(,)", "decimal(x,y)", "varchar()", "[]",
                          "<>", "int(99999999999999999999)", "struct("}) {
    parse_type(odd);  // whatever comes out, it comes out
  }
}

TEST(ContractType, LogicalKinds) {
  EXPECT_EQ(is_of_family(parse_type("bigint"), Family::kNumber), true);
  EXPECT_EQ(is_of_family(parse_type("decimal(10,0)"), Family::kInteger), true);
  EXPECT_EQ(is_of_family(parse_type("decimal(10,2)"), Family::kInteger), false);
  EXPECT_EQ(is_of_family(parse_type("uuid"), Family::kText), true);
  EXPECT_EQ(is_of_family(parse_type("varchar"), Family::kInteger), false);
  EXPECT_EQ(is_of_family(parse_type("geography"), Family::kText), std::nullopt);
}

constexpr const char* kOdcs = R"(apiVersion: v3.1.0
kind: DataContract
id: c-1
name: orders
version: 1.2.0
status: active
domain: sales
description: {purpose: One row an order}
schema:
  - name: orders
    physicalName: gold_orders
    properties:
      - {name: order_id, id: o1, logicalType: integer, physicalType: bigint, primaryKey: true, required: true, unique: true}
      - name: total
        logicalType: number
        physicalType: decimal(10,2)
        classification: internal
slaProperties:
  - {property: latency, value: 6, unit: h}
  - {property: availability, value: 99.5, unit: "%"}
customProperties:
  - {property: floe.compatibility, value: backward}
)";

TEST(ContractReading, Odcs) {
  const ReadContract read(kOdcs);
  ASSERT_TRUE(read.contract) << read.first_message();
  const Contract& contract = *read.contract;
  EXPECT_EQ(contract.id, "c-1");
  EXPECT_EQ(contract.compatibility, "backward");
  EXPECT_EQ(contract.description, "One row an order");
  EXPECT_EQ(contract.sla.freshness, 6 * 3600);
  EXPECT_EQ(contract.sla.availability, 99.5);
  const Table* table = contract.table_of("gold_orders");
  ASSERT_NE(table, nullptr);
  ASSERT_EQ(table->columns.size(), 2u);
  EXPECT_TRUE(table->columns[0].primary_key);
  EXPECT_TRUE(table->columns[0].required);
  EXPECT_EQ(table->columns[1].type_text(), "decimal(10,2)");
  const auto place = read.sources.locate(table->columns[1].type_span);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->line, 16u);
  // As it was written.
  EXPECT_EQ(contract.document.find("version")->as_string(), "1.2.0");
}

TEST(ContractReading, ShortFormBecomesOdcs) {
  const ReadContract read(R"(description: What was ordered
columns:
  - {name: order_id, type: bigint, primary_key: true, required: true}
  - {name: total, type: number, renamed_from: amount, x-note: gross}
  - {name: place, type: geography}
sla: {freshness: 90m, availability: "99.9%"}
compatibility: full
x-since: 2026-01-01
)");
  ASSERT_TRUE(read.contract) << read.first_message();
  const Contract& contract = *read.contract;
  EXPECT_EQ(contract.id, "shop.orders");
  EXPECT_EQ(contract.version, "1.2");
  EXPECT_EQ(contract.compatibility, "full");
  EXPECT_EQ(contract.sla.freshness, 90 * 60);
  ASSERT_EQ(contract.tables.size(), 1u);
  EXPECT_EQ(contract.tables[0].physical_name, "gold_orders");
  const std::vector<Column>& columns = contract.tables[0].columns;
  EXPECT_EQ(columns[0].logical_type, "integer");
  EXPECT_EQ(columns[0].physical_type, "bigint");
  EXPECT_EQ(columns[1].renamed_from, "amount");
  EXPECT_EQ(columns[2].logical_type, "");
  EXPECT_EQ(columns[2].physical_type, "geography");
  // What is written reads back as the same contract.
  const ReadContract again(yaml_text(contract.document));
  ASSERT_TRUE(again.contract) << again.first_message();
  EXPECT_EQ(again.contract->document, contract.document);
  EXPECT_TRUE(compare_contracts(contract, *again.contract).empty());
}

TEST(ContractReading, WhatIsNoContractIsRefusedWithAReason) {
  const std::pair<const char*, const char*> bad[] = {
      {"", "C060"},
      {"- a\n", "C060"},
      {"apiVersion: v2.2.2\nkind: DataContract\n", "C060"},
      {"apiVersion: v4.0.0\nkind: DataContract\n", "C060"},
      {"apiVersion: v3\nkind: DataContract\n", "C060"},
      {"apiVersion: 3\nkind: DataContract\n", "C060"},
      {"kind: DataContract\nid: x\n", "C060"},
      {"apiVersion: v3.1.0\nkind: Contract\n", "C060"},
      {"dataContractSpecification: 1.1.0\nid: x\n", "C060"},
      {"apiVersion: v3.1.0\nkind: DataContract\nversion: 1.0.0\n", "C012"},
      {"apiVersion: v3.1.0\nkind: DataContract\nid: x\nversion: 1.0.0\ncolumns: []\n", "C010"},
      {"apiVersion: v3.1.0\nkind: DataContract\nid: x\nversion: 1.0.0\nx-mine: 1\n", "C010"},
      {"apiVersion: v3.1.0\nkind: DataContract\nid: x\nversion: 1.0.0\nschema: {}\n", "C011"},
      {"apiVersion: v3.1.0\nkind: DataContract\nid: x\nversion: 1.0.0\nschema: [{properties: "
       "[]}]\n",
       "C012"},
      {"apiVersion: v3.1.0\nkind: DataContract\nid: x\nversion: 1.0.0\n"
       "schema: [{name: t, properties: [{name: a, logicalType: int}]}]\n",
       "C013"},
      {"apiVersion: v3.1.0\nkind: DataContract\nid: x\nversion: 1.0.0\n"
       "schema: [{name: t, properties: [{name: a}, {name: A}]}]\n",
       "C061"},
      {"apiVersion: v3.1.0\nkind: DataContract\nid: x\nversion: 1.0.0\nschema: [{name: t}, {name: "
       "t}]\n",
       "C061"},
      {"apiVersion: v3.1.0\nkind: DataContract\nid: x\nversion: 1.0.0\n"
       "customProperties: [{property: floe.compatibility, value: sideways}]\n",
       "C013"},
      {"apiVersion: v3.1.0\nkind: DataContract\nid: x\nversion: 1.0.0\n"
       "customProperties: [{property: floe.compatability, value: full}]\n",
       "C013"},
      {"colums: []\n", "C010"},
      {"columns: [{name: a, type: 1}]\n", "C011"},
  };
  for (const auto& [text, code] : bad) {
    const ReadContract read(text);
    EXPECT_FALSE(read.contract) << text;
    EXPECT_EQ(read.first_code(), code) << text << read.first_message();
  }
}

TEST(ContractReading, NewerMinorVersionsMayHaveMore) {
  const ReadContract read(
      "apiVersion: v3.9.0\nkind: DataContract\nid: x\nversion: 1.0.0\nmood: good\n"
      "schema: [{name: t, properties: [{name: a, logicalType: quaternion}]}]\n");
  EXPECT_TRUE(read.contract) << read.first_message();
}

Contract made(const std::string& columns) {
  const ReadContract read("columns:\n" + columns);
  EXPECT_TRUE(read.contract) << read.first_message();
  return read.contract.value_or(Contract());
}

struct Verdict {
  std::string kind;
  bool backward;
  bool forward;
  bool operator==(const Verdict&) const = default;
};

std::vector<Verdict> verdicts(const std::string& before, const std::string& after) {
  std::vector<Verdict> out;
  for (const ContractChange& change : compare_contracts(made(before), made(after))) {
    out.push_back(
        {std::string(change_name(change.kind)), change.breaks_backward, change.breaks_forward});
  }
  return out;
}

TEST(ContractChanges, EachKindBreaksWhomTheTableSays) {
  const std::string id = "  - {name: id, type: integer}\n";
  const std::string key = "  - {name: id, type: integer, primary_key: true}\n";
  using V = std::vector<Verdict>;
  EXPECT_EQ(verdicts(id, id), V{});
  EXPECT_EQ(verdicts(id, "  - {name: ID, type: integer}\n"), V{});
  EXPECT_EQ(verdicts(id, id + "  - {name: b}\n"), (V{{"column-added", false, false}}));
  EXPECT_EQ(verdicts(id, id + "  - {name: b, required: true}\n"),
            (V{{"column-added", false, true}}));
  EXPECT_EQ(verdicts(id + "  - {name: b}\n", id), (V{{"column-removed", true, false}}));
  EXPECT_EQ(verdicts(id, "  - {name: key, type: integer, renamed_from: id}\n"),
            (V{{"column-renamed", true, true}}));
  // In the short form, types are SQL's: integer and int are one.
  EXPECT_EQ(verdicts(id, "  - {name: id, type: bigint}\n"), (V{{"type-widened", true, false}}));
  EXPECT_EQ(verdicts(id, "  - {name: id, type: int}\n"), V{});
  const std::string small = "  - {name: id, type: int4}\n";
  EXPECT_EQ(verdicts(small, "  - {name: id, type: bigint}\n"), (V{{"type-widened", true, false}}));
  EXPECT_EQ(verdicts("  - {name: id, type: bigint}\n", small), (V{{"type-narrowed", false, true}}));
  EXPECT_EQ(verdicts(small, "  - {name: id, type: varchar}\n"), (V{{"type-changed", true, true}}));
  EXPECT_EQ(verdicts(small, "  - {name: id, type: geography}\n"),
            (V{{"type-unclear", true, true}}));
  EXPECT_EQ(verdicts(small, "  - {name: id}\n"), (V{{"type-widened", true, false}}));
  EXPECT_EQ(verdicts("  - {name: id}\n", small), (V{{"type-narrowed", false, true}}));
  EXPECT_EQ(verdicts(id, "  - {name: id, type: integer, required: true}\n"),
            (V{{"required", false, true}}));
  EXPECT_EQ(verdicts("  - {name: id, required: true}\n", "  - {name: id}\n"),
            (V{{"nullable", true, false}}));
  EXPECT_EQ(verdicts("  - {name: id, unique: true}\n", "  - {name: id}\n"),
            (V{{"not-unique", true, false}}));
  EXPECT_EQ(verdicts("  - {name: id}\n", "  - {name: id, unique: true}\n"),
            (V{{"unique", false, true}}));
  EXPECT_EQ(verdicts(id, key), (V{{"key-added", true, true}}));
  EXPECT_EQ(verdicts(key, id), (V{{"key-removed", true, true}}));
  EXPECT_EQ(verdicts(id, "  - {name: id, type: integer, classification: pii}\n"),
            (V{{"classification", false, false}}));
}

TEST(ContractChanges, PromisesCount) {
  const auto sla = [](const std::string& text) {
    const ReadContract read("sla: {" + text + "}\n");
    return read.contract.value_or(Contract());
  };
  const auto first = [](const std::vector<ContractChange>& changes) {
    return changes.size() == 1 ? std::string(change_name(changes[0].kind)) : "";
  };
  EXPECT_EQ(first(compare_contracts(sla("freshness: 6h"), sla("freshness: 1d"))),
            "promise-loosened");
  EXPECT_EQ(first(compare_contracts(sla("freshness: 1d"), sla("freshness: 6h"))),
            "promise-tightened");
  EXPECT_EQ(first(compare_contracts(sla("availability: 99"), sla("availability: 99.9"))),
            "promise-tightened");
  EXPECT_EQ(first(compare_contracts(sla("availability: 99"), sla(""))), "promise-loosened");
  EXPECT_TRUE(compare_contracts(sla("freshness: 24h"), sla("freshness: 1d")).empty());
}

TEST(ContractChanges, Modes) {
  EXPECT_TRUE(parse_compatibility("none")->is_none());
  EXPECT_TRUE(parse_compatibility("full_transitive")->transitive);
  EXPECT_FALSE(parse_compatibility("sideways"));
  for (const char* name : {"none", "backward", "forward", "full", "backward_transitive",
                           "forward_transitive", "full_transitive"}) {
    EXPECT_EQ(compatibility_name(*parse_compatibility(name)), name);
  }
  const Compatibility full =
      both(*parse_compatibility("backward"), *parse_compatibility("forward"));
  EXPECT_EQ(compatibility_name(full), "full");
}

TEST(ContractDurations, ReadAndWritten) {
  EXPECT_EQ(duration_seconds("1h30m"), 5400);
  EXPECT_EQ(duration_seconds("PT6H"), 6 * 3600);
  EXPECT_EQ(duration_seconds("P1DT2H"), 26 * 3600);
  EXPECT_EQ(duration_seconds("1500ms"), 1);
  EXPECT_EQ(duration_seconds("soon"), std::nullopt);
  EXPECT_EQ(duration_seconds(""), std::nullopt);
  EXPECT_EQ(duration_words(5400), "90m");
  EXPECT_EQ(duration_words(86400), "24h");
  EXPECT_EQ(duration_words(172800), "2d");
  EXPECT_EQ(duration_words(0), "0s");
}

TEST(ContractYaml, HardTextsReadBack) {
  value::Value document = value::Value::map();
  document.set("a: b", value::Value::texts({"yes", "1.0", "# no", "", " lead", "a\nb", "ü", "null",
                                            "- x", "{", "2026-01-01", "plain words", "0x1F", "~"}));
  document.set("empty", value::Value::list({value::Value::map(), value::Value::list(),
                                            value::Value(true), value::Value(2.5)}));
  document.set("deep", value::Value::list({value::Value::list({value::Value(1)})}));
  diag::SourceMap sources;
  for (const auto schema : {value::YamlSchema::kCore, value::YamlSchema::kYaml11}) {
    diag::Sink sink;
    value::YamlOptions options;
    options.schema = schema;
    const value::Value again =
        value::read_yaml(sources.add("again", yaml_text(document)), options, sink);
    EXPECT_FALSE(sink.has_errors());
    EXPECT_EQ(again, document) << yaml_text(document);
  }
}

}  // namespace
}  // namespace floe::contract
