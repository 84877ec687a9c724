// SPDX-License-Identifier: Apache-2.0
#include "core/config/data_product.h"
#include "core/config/fields.h"

#include <algorithm>

namespace floe::config {

using namespace value;  // the schema vocabulary

namespace {

Schema product_metadata_schema() {
  return object({
      required("name", text(Form::kDnsLabel), "Name of the data product."),
      required("version", text(Form::kVersion), "Version of the data product."),
      field("description", text(), "What it offers."),
      field("labels", map_of(text()), "Labels of your own."),
  });
}

Schema reference_schema(std::string doc) {
  return object({required("ref", text(Form::kOciReference), std::move(doc))});
}

Schema names_schema() { return list_of(filled_text()).unique(); }

Schema transform_schema() {
  return object({
      required("type", choice({"dbt"}), "What the transforms are written in."),
      required("path", filled_text(), "The dbt project, or its folder of models."),
      field("vars", map_of(anything()), "Variables of the dbt project."),
      field("select", names_schema(), "Which nodes belong to the product; all if not given."),
      field("exclude", names_schema(), "Which nodes do not."),
      field("threads", integer(1, 256), "How many nodes run at a time."),
  });
}

Schema schedule_schema() {
  return object(
             {
                 field("cron", text(Form::kCron), "When it runs."),
                 field("timezone", text(Form::kTimezone), "In which time zone.", Value("UTC")),
                 field("catchup", boolean(), "Whether missed runs are made up for.", Value(false)),
                 field("on", names_schema().at_least(1),
                       "Upstream ports whose update starts a run."),
                 field("enabled", boolean(), "Whether it runs by itself at all.", Value(true)),
             })
      .one_field_of({"cron", "on"}, true);
}

Schema ingestion_schema() {
  return list_of(object({
                     required("name", text(Form::kIdentifier), "Name of the ingestion."),
                     required("type", plugin_name(),
                              "Kind of source: rest_api, sql_database, filesystem, …"),
                     field("config", map_of(anything().with_references()),
                           "Settings of the source; credentials by reference."),
                     field("destination",
                           object({
                               field("layer", filled_text(), "Layer it loads into."),
                               field("schema", text(Form::kIdentifier), "Schema it loads into."),
                               field("table", text(Form::kIdentifier), "Table it loads into."),
                           }),
                           "Where the data goes."),
                     field("schedule", schedule_schema(), "When it runs, if not with the product."),
                     field("contract", choice({"evolve", "freeze", "discard"}),
                           "What happens when the source's schema changes.", Value("evolve")),
                 }))
      .unique_by("name");
}

Schema input_ports_schema() {
  return list_of(
             object({
                 required("name", text(Form::kIdentifier), "Name of the port."),
                 field("description", filled_text(), "What it brings."),
                 required("source",
                          object({
                              required("type", choice({"data_product", "ingestion", "external"}),
                                       "Where the data comes from."),
                              required("ref", filled_text(),
                                       "Which one: PRODUCT.PORT or REFERENCE:vX.Y#PORT of a "
                                       "published product, the name of an ingestion, or a "
                                       "table."),
                          }),
                          "Where the data comes from."),
                 field("freshness_requirement", text(Form::kDuration), "How old the data may be."),
                 field("schema",
                       list_of(object({
                                   required("name", filled_text(), "Column."),
                                   field("type", filled_text(), "Its type."),
                                   field("required", boolean(), "Whether it must be there.",
                                         Value(true)),
                               }))
                           .unique_by("name"),
                       "Columns that are expected."),
             }))
      .unique_by("name");
}

Schema output_ports_schema() {
  const auto grants = [] {
    return list_of(object({
        required("to", filled_text(), "Product, domain or role that may read."),
        field("columns", names_schema(), "Only these columns."),
    }));
  };
  return list_of(
             object({
                        required("name", text(Form::kIdentifier), "Name of the port."),
                        field("model", filled_text(), "The model it offers."),
                        field("table", filled_text(), "The table it offers."),
                        field("description", filled_text(), "What it offers."),
                        field("version", text(Form::kVersion), "Version of what it offers."),
                        field("owner", filled_text(), "Who answers for it."),
                        field("contract", one_of({filled_text(), map_of(anything())}),
                              "Its data contract: a file, or the contract itself."),
                        field("sla",
                              object({
                                  field("freshness", text(Form::kDuration), "How old data gets."),
                                  field("availability", one_of({number(0, 100), filled_text()}),
                                        "Percentage of time it can be read."),
                                  field("quality", one_of({number(0, 100), filled_text()}),
                                        "Percentage of checks that pass."),
                              }),
                              "What is promised."),
                        field("access",
                              object({
                                  field("default", choice({"deny", "allow"}),
                                        "What holds for everybody else."),
                                  field("grants", grants(), "Who may read it."),
                              }),
                              "Who may read it."),
                        field("deprecation",
                              object({
                                  required("date", text(Form::kDate), "The day it ends."),
                                  field("replaced_by", filled_text(), "What to read instead."),
                                  field("reason", filled_text(), "Why."),
                              }),
                              "When it ends."),
                    })
                 .one_field_of({"model", "table"}, true))
      .unique_by("name");
}

Schema one_or_more() { return one_of({filled_text(), names_schema()}); }

/// {type: row_count, min: 1} or, shorter, {row_count: {min: 1}}; what each type takes is checked
/// where the checks are made (C041).
Schema check_schema_of_gate() {
  std::vector<Field> fields = {
      field(
          "type",
          choice({"row_count", "null_percentage", "freshness", "unique", "accepted_range", "sql"}),
          "Kind of check."),
      field("column", filled_text(), "Column it looks at."),
      field("columns", names_schema(), "Columns it looks at."),
      field("min", number(), "Least value allowed."),
      field("max", number(), "Greatest value allowed."),
      field("max_age", text(Form::kDuration), "Of freshness."),
      field("query", filled_text(), "Of sql: a query that returns the violations."),
      field("description", filled_text(), "Of sql: what it checks."),
      field("sql", one_of({filled_text(), map_of(anything())}), "A query, instead of a type."),
  };
  for (const char* type :
       {"row_count", "null_percentage", "freshness", "unique", "accepted_range"}) {
    fields.push_back(field(type, map_of(anything()), "Settings of this check, instead of a type."));
  }
  return object(std::move(fields));
}

Schema gates_schema() {
  return list_of(object({
                     required("name", filled_text(), "Name of the gate."),
                     field("description", filled_text(), "What it is for."),
                     field("scope",
                           object({
                               field("layer", one_or_more(), "Models of this layer."),
                               field("tags", one_or_more(), "Models with one of these tags."),
                               field("models", one_or_more(), "These models; * and ? allowed."),
                           }),
                           "What it looks at; everything if not given."),
                     field("checks", list_of(check_schema_of_gate()).at_least(1),
                           "What is checked besides the tests of the models in scope."),
                     field("on_failure", gate_action_schema(), "What happens then."),
                 }))
      .unique_by("name");
}

Schema product_environments_schema() {
  std::vector<Refusal> refused;
  for (const char* key : {"compute", "engine", "plugins", "endpoints", "credentials"}) {
    refused.push_back({key, "C022",
                       std::string("a data product can't set '") + key + "' of an environment",
                       "the platform says where and on what products run"});
  }
  return map_of(object({
                           field("vars", map_of(anything()), "Variables of the dbt project."),
                           field("schedule", schedule_schema(), "Another schedule."),
                           field("resources", map_of(anything()), "Size of the jobs."),
                           field("threads", integer(1, 256), "How many nodes run at a time."),
                       })
                    .refusing(std::move(refused)))
      .keyed_by(Form::kDnsLabel);
}

/// A section that a product may tighten: only these fields have an effect (core/platform/tighten).
Schema tightening_schema(Schema schema, const std::vector<std::string>& effective) {
  for (Field& field : schema.fields) {
    if (std::find(effective.begin(), effective.end(), field.name) == effective.end()) {
      field.schema.has_effect = false;
    }
  }
  return schema;
}

/// A mapping with entries of which only these fields have an effect.
Schema tightening_entries(Schema schema, const std::vector<std::string>& effective) {
  schema.items = std::make_shared<const Schema>(tightening_schema(*schema.items, effective));
  return schema;
}

/// Which layers there are, and what they are for, is the platform's.
Schema product_architecture_schema() {
  Schema schema =
      tightening_schema(data_architecture_schema(), {"pattern", "enforcement", "layers", "naming"});
  for (Field& field : schema.fields) {
    if (field.name != "layers") continue;
    field.schema = tightening_entries(std::move(field.schema),
                                      {"prefix", "schema", "catalog_namespace", "materializations",
                                       "may_depend_on", "quality_gates", "scd"});
    Schema layer = *field.schema.items;
    for (Field& part : layer.fields) {
      if (part.name != "scd") continue;
      part.schema = tightening_schema(std::move(part.schema), {"types_allowed"});
    }
    field.schema.items = std::make_shared<const Schema>(std::move(layer));
  }
  return schema;
}

Schema product_governance_schema() {
  Schema schema = tightening_schema(
      governance_schema(),
      {"quality_gates", "classification", "access_control", "retention", "documentation",
       "ownership", "sql", "contracts", "include_hub_packages", "cost", "custom_rules"});
  for (Field& field : schema.fields) {
    if (field.name != "quality_gates") continue;
    field.schema = tightening_schema(
        std::move(field.schema),
        {"enforcement", "minimum_test_coverage", "count_inferred_columns", "required_tests",
         "on_failure", "block_on_failure", "by_classification"});
  }
  return schema;
}

Schema build_data_product_schema() {
  return object({
      api_version_field(),
      kind_field("DataProduct"),
      required("metadata", product_metadata_schema(), "What the data product is."),
      field("platform", reference_schema("The platform artifact, exactly: a version or a digest."),
            "The platform it is built on."),
      field("domain", reference_schema("The domain's artifact, exactly: a version or a digest."),
            "The domain platform it is built on."),
      field("ownership", owner_schema(), "Who answers for it."),
      field("transforms", list_of(transform_schema()), "What computes its data."),
      field("ingestion", ingestion_schema(), "What loads its data."),
      field("schedule", schedule_schema(), "When it runs."),
      field("input_ports", input_ports_schema(), "What it reads of others."),
      field("output_ports", output_ports_schema(), "What it offers to others."),
      field("quality", object({field("gates", gates_schema(), "Checks on its data.")}),
            "Quality beyond what the platform asks for."),
      field("semantic", map_of(anything()), "Cubes, views and measures for the semantic layer."),
      field("environments", product_environments_schema(),
            "What differs by environment; never where data is or what computes it."),
      field("plugins", tightening_entries(plugins_schema(), {"type"}),
            "Choices among the approved plugins of the platform."),
      field("data_architecture", product_architecture_schema(), "Stricter architecture rules."),
      field("governance", product_governance_schema(), "Stricter rules."),
  });
}

}  // namespace

const Schema& data_product_schema() {
  static const Schema kSchema = build_data_product_schema();
  return kSchema;
}

}  // namespace floe::config
