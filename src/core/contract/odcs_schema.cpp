// SPDX-License-Identifier: Apache-2.0
#include "core/config/fields.h"
#include "core/contract/contract.h"

namespace floe::contract {

using namespace value;  // the schema vocabulary

namespace {

using config::filled_text;

Schema odcs_texts() { return list_of(filled_text()); }

/// What floe passes on without looking into it.
Schema odcs_objects() { return list_of(map_of(anything())); }

Schema custom_properties_schema() {
  return list_of(object({
      field("id", text(), "Stable identifier."),
      required("property", filled_text(), "Name; floe's begin with floe."),
      required("value", anything(), "Anything."),
      field("vendor", text(), "Whose property it is."),
      field("description", text(), "What it means."),
  }));
}

/// Fields of every element of an ODCS schema.
void add_element_fields(std::vector<Field>& fields) {
  fields.push_back(field("id", text(), "Stable identifier, the same when it is renamed."));
  fields.push_back(required("name", filled_text(), "Name."));
  fields.push_back(field("physicalName", text(), "Name in the engine."));
  fields.push_back(field("physicalType", text(), "Type in the engine."));
  fields.push_back(field("businessName", text(), "Name for people."));
  fields.push_back(field("description", text(), "What it holds."));
  fields.push_back(field("deprecated", boolean(), "Whether it will go."));
  fields.push_back(field("synonyms", anything(), "Other names."));
  fields.push_back(field("authoritativeDefinitions", odcs_objects(), "Where it is defined."));
  fields.push_back(field("tags", odcs_texts(), "Tags."));
  fields.push_back(field("customProperties", custom_properties_schema(), "Further properties."));
  fields.push_back(field("quality", odcs_objects(), "Checks on the data."));
  fields.push_back(field("relationships", odcs_objects(), "What it refers to."));
}

Schema build_column_schema() {
  std::vector<Field> fields;
  add_element_fields(fields);
  const auto add = [&](Field each) { fields.push_back(std::move(each)); };
  add(field("logicalType",
            choice({"string", "date", "timestamp", "time", "number", "integer", "object", "array",
                    "boolean", "map", "vector"}),
            "Kind of values."));
  add(field("logicalTypeOptions", map_of(anything()), "Limits of the values."));
  add(field("primaryKey", boolean(), "Whether it is part of the key."));
  add(field("primaryKeyPosition", integer(), "Its place in the key."));
  add(field("required", boolean(), "Whether it is never null."));
  add(field("unique", boolean(), "Whether values differ."));
  add(field("semanticType", choice({"column", "measure", "dimension"}), "Its role."));
  add(field("partitioned", boolean(), "Whether the table is partitioned by it."));
  add(field("partitionKeyPosition", integer(), "Its place in the partition key."));
  add(field("classification", text(), "How sensitive it is."));
  add(field("encryptedName", text(), "The column with the encrypted values."));
  add(field("transformSourceObjects", odcs_texts(), "What it is made from."));
  add(field("transformLogic", text(), "How it is made."));
  add(field("transformDescription", text(), "The same in words."));
  add(field("examples", list_of(anything()), "Values it may have."));
  add(field("enum", list_of(anything()), "All values it may have."));
  add(field("criticalDataElement", boolean(), "Whether much depends on it."));
  add(field("properties", list_of(anything()), "Fields of an object."));
  add(field("items", anything(), "What an array holds."));
  add(field("map", map_of(anything()), "What a map holds: key and value."));
  add(field("context", anything(), "For tools that read it."));
  return object(std::move(fields));
}

Schema build_table_schema() {
  std::vector<Field> fields;
  add_element_fields(fields);
  fields.push_back(field("logicalType", choice({"object"}), "Always object."));
  fields.push_back(field("dataGranularityDescription", text(), "What one row is."));
  // Columns are checked one by one, so that those of objects are, too.
  fields.push_back(field("properties", list_of(anything()), "Columns."));
  fields.push_back(field("context", anything(), "For tools that read it."));
  return object(std::move(fields));
}

Schema sla_properties_schema() {
  return list_of(object({
      field("id", text(), "Stable identifier."),
      required("property", filled_text(), "What is promised: freshness, availability, …"),
      required("value", anything(), "How much of it."),
      field("valueExt", anything(), "Second value."),
      field("unit", text(), "Unit of the value."),
      field("element", text(), "What it is promised of."),
      field("driver", text(), "Why: regulatory, analytics, operational."),
      field("description", text(), "In words."),
      field("scheduler", text(), "What checks it."),
      field("schedule", text(), "When."),
      field("customProperties", custom_properties_schema(), "Further properties."),
      field("authoritativeDefinitions", odcs_objects(), "Where it is defined."),
  }));
}

Schema build_odcs_schema() {
  return object({
      required("apiVersion", filled_text(), "Version of the standard: v3.1.0."),
      required("kind", choice({"DataContract"}), "What this file describes."),
      required("id", filled_text(), "Identifier of the contract."),
      required("version", filled_text(), "Version of the contract."),
      field("status", filled_text(), "draft, active, deprecated, …"),
      field("name", text(), "Name of the contract."),
      field("tenant", text(), "Whose it is."),
      field("tags", odcs_texts(), "Tags."),
      field("servers", odcs_objects(), "Where the data is."),
      field("dataProduct", text(), "Data product it belongs to."),
      field("description", map_of(anything()), "Purpose, usage, limitations."),
      field("domain", text(), "Business domain."),
      field("context", anything(), "For tools that read it."),
      field("schema", odcs_objects(), "Tables."),
      field("support", odcs_objects(), "Where to ask."),
      field("price", map_of(anything()), "What it costs."),
      field("team", anything(), "Who answers for it."),
      field("roles", odcs_objects(), "Who may read it."),
      field("slaDefaultElement", text(), "What slaProperties are about."),
      field("slaProperties", sla_properties_schema(), "What is promised."),
      field("authoritativeDefinitions", odcs_objects(), "Where it is defined."),
      field("customProperties", custom_properties_schema(), "Further properties."),
      field("contractCreatedTs", anything(), "When it was made."),
  });
}

Schema build_short_form_schema() {
  const auto column = object({
      required("name", filled_text(), "Name of the column."),
      field("type", filled_text(), "Its type: one of ODCS (integer) or of the engine (bigint)."),
      field("description", text(), "What it holds."),
      field("required", boolean(), "Whether it is never null.", Value(false)),
      field("unique", boolean(), "Whether values differ.", Value(false)),
      field("primary_key", boolean(), "Whether it is part of the key.", Value(false)),
      field("classification", filled_text(), "How sensitive it is."),
      field("tags", odcs_texts(), "Tags."),
      field("renamed_from", filled_text(), "What it was called in the version before."),
  });
  return object({
      field("apiVersion", choice({"floe.dev/v1"}), "Version of this file format."),
      field("kind", choice({"DataContract"}), "What this file describes."),
      field("id", filled_text(), "Identifier; PRODUCT.PORT if not given."),
      field("name", filled_text(), "Name; that of the port if not given."),
      field("version", filled_text(), "Version; that of the port, else of the product."),
      field("status", filled_text(), "draft, active, deprecated, …", Value("active")),
      field("description", text(), "What the data is for."),
      field("columns", list_of(column).at_least(1), "Columns of the model."),
      field("sla",
            object({
                field("freshness", text(Form::kDuration), "How old data gets."),
                field("availability", one_of({number(0, 100), filled_text()}),
                      "Percentage of time it can be read."),
                field("quality", one_of({number(0, 100), filled_text()}),
                      "Percentage of checks that pass."),
            }),
            "What is promised."),
      field("compatibility",
            choice({"none", "backward", "forward", "full", "backward_transitive",
                    "forward_transitive", "full_transitive"}),
            "Which changes a new version may bring, if fewer than the platform allows."),
      field("tags", odcs_texts(), "Tags."),
      field("support", odcs_objects(), "Where to ask, as ODCS has it: {channel, url}."),
  });
}

}  // namespace

const Schema& odcs_schema() {
  static const Schema kSchema = build_odcs_schema();
  return kSchema;
}

const Schema& odcs_table_schema() {
  static const Schema kSchema = build_table_schema();
  return kSchema;
}

const Schema& odcs_column_schema() {
  static const Schema kSchema = build_column_schema();
  return kSchema;
}

const Schema& short_form_schema() {
  static const Schema kSchema = build_short_form_schema();
  return kSchema;
}

}  // namespace floe::contract
