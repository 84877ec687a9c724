// SPDX-License-Identifier: Apache-2.0
// The sections that set policy: plugins, data_architecture and governance.
#include "core/config/fields.h"

namespace floe::config {

using namespace value;  // the schema vocabulary

namespace {

Schema plugin_schema() {
  return object({
      required("type", plugin_name().merged(Merge::kOverrideWithinApproved),
               "Which plugin of this category everybody uses."),
      field("version", text(Form::kVersion), "Exact version of the plugin, if it is pinned."),
      field("config", map_of(anything().with_references()).merged(Merge::kOverride),
            "Settings of the plugin, checked by the plugin's own schema."),
      field("connection_secret_ref", text(Form::kSecretReference),
            "Where the plugin's credentials are: never the credentials."),
  });
}

Schema scd_type_schema() {
  return one_of(
      {text().matching("^([Ss][Cc][Dd]|[Tt]ype)?[ _-]?[0-7]$", "type1, type2, … or 1, 2, …"),
       integer(0, 7)});
}

Schema layer_schema() {
  const auto prefix = [] {
    return text().matching("^[A-Za-z][A-Za-z0-9_]*$",
                           "a letter, then letters, digits and '_', such as bronze_");
  };
  return object({
      field("prefix",
            one_of({prefix(), list_of(prefix()).unique().at_least(1)}).merged(Merge::kFixed),
            "What the names of the layer's models begin with; one or several."),
      field("description", filled_text(), "What the layer is for."),
      field("schema", text(Form::kIdentifier).merged(Merge::kFixed),
            "Database schema of the layer's models."),
      field("catalog_namespace", text(Form::kNamespace).merged(Merge::kFixed),
            "Namespace of the layer in the catalog."),
      field("materializations",
            list_of(plugin_name()).unique().merged(Merge::kIntersect).all_if_absent(),
            "Materializations its models may have; all if not given."),
      field("may_depend_on", list_of(filled_text()).unique().merged(Merge::kIntersect),
            "Layers its models may read, and `source` for reading source tables."),
      field("quality_gates",
            object({
                field("required_tests", extended_names(), "Tests every model of the layer needs."),
                field("minimum_coverage", coverage_schema(),
                      "Percentage of the layer's columns that a test must cover."),
                field("required_documentation", strict_flag(),
                      "Whether models and columns need a description.", Value(false)),
            }),
            "Quality the layer asks for beyond governance.quality_gates."),
      field("scd",
            object({
                field("types_allowed",
                      list_of(scd_type_schema()).unique().merged(Merge::kIntersect).all_if_absent(),
                      "Ways of keeping history that dimensions may use."),
                field("default_type", scd_type_schema(), "The way new dimensions begin with."),
            }),
            "Slowly changing dimensions."),
  });
}

Schema data_vault_schema() {
  const auto names = [] {
    return list_of(filled_text()).unique().at_least(1).merged(Merge::kFixed);
  };
  return object({
      field("hub_prefixes", names(), "What the names of hubs begin with: hub_."),
      field("link_prefixes", names(), "What the names of links begin with: link_ and lnk_."),
      field("satellite_prefixes", names(), "What the names of satellites begin with: sat_."),
      field("hash_key", names(),
            "Names of hash keys, with * and ?: *_hk, hk_*, *_hkey, *_hash_key, *_hashkey."),
      field("load_date", names(),
            "Names of the load date: load_date, load_dts, load_datetime, load_ts, ldts …"),
      field("record_source", names(), "Names of the record source: record_source, rsrc, rec_src …"),
      field("business_key", names(),
            "Names of business keys: *_bk, *_id, *_nk, *_number, *_no, *_code, *_key."),
      field("hubs_hold_keys_only", strict_flag(),
            "Whether hubs may have nothing but keys, load date and record source.", Value(false)),
  });
}

Schema naming_schema() {
  const auto pattern = [] { return text(Form::kRegex).merged(Merge::kFixed); };
  return object({
      field("enforcement", enforcement_schema(), "What a broken naming rule does.", Value("warn")),
      field("case", choice({"snake_case", "camelCase", "PascalCase"}).merged(Merge::kFixed),
            "Case of the names of models and columns."),
      field("max_length", integer(1, 1024).merged(Merge::kStricterOnly, Stricter::kLower),
            "Longest name allowed, in characters."),
      field("reserved", extended_names(), "Names nothing may have."),
      field("patterns",
            object({
                field("models", pattern(), "What the names of models must match as a whole."),
                field("columns", pattern(), "What the names of columns must match."),
                field("sources", pattern(), "What the names of sources must match."),
                field("seeds", pattern(), "What the names of seeds must match."),
                field("snapshots", pattern(), "What the names of snapshots must match."),
            }),
            "Regular expressions as RE2 has them."),
  });
}

Schema notify_schema() {
  return list_of(object({
      required("type", choice({"webhook", "slack", "email"}), "How to tell."),
      field("url", text(Form::kEndpoint), "Address of the webhook; by reference if it is secret."),
      field("channel", filled_text(), "Slack channel."),
      field("to", list_of(text(Form::kEmail)).at_least(1), "Recipients of an e-mail."),
      field("secret_ref", text(Form::kSecretReference), "Credentials for sending."),
  }));
}

Schema quality_gates_schema() {
  return object({
      field("enforcement", enforcement_schema(), "What missing quality does at compile time.",
            Value("strict")),
      field("minimum_test_coverage", coverage_schema(),
            "Percentage of the columns of a product that a test must cover.", Value(0)),
      field("count_inferred_columns", strict_flag(),
            "Whether coverage also counts the columns that a model has by its SQL and nobody "
            "declared.",
            Value(true)),
      field("required_tests", extended_names(),
            "Tests every model needs: not_null_pk, unique_pk, freshness, documentation, "
            "referential_integrity, scd_validation, or the name of a generic test."),
      field("block_on_failure", strict_flag(),
            "Whether a failing test stops everything downstream of it at run time.", Value(false)),
      field("on_failure", gate_action_schema(), "What a failing gate does at run time."),
      field("notify", notify_schema().merged(Merge::kExtend), "Whom to tell about failing gates."),
      field("by_classification",
            map_of(object({
                field("minimum_test_coverage", coverage_schema(),
                      "Percentage of the columns of this level, or a more sensitive one, to be "
                      "covered."),
                field("required_tests", extended_names(),
                      "Tests that models with such columns need; what is none of floe's own names "
                      "is a test that each of these columns needs."),
            })),
            "Stricter gates for data of a classification and above."),
  });
}

Schema classification_schema() {
  return object({
      field("levels", list_of(filled_text()).unique().at_least(1).merged(Merge::kFixed),
            "Classifications, least sensitive first."),
      field("default_level",
            filled_text()
                .merged(Merge::kStricterOnly, Stricter::kLaterChoice)
                .answering("required_for"),
            "Level of data that names none; with it, no column of `required_for` lacks one."),
      field("required_for", extended_names(), "Layers in which every column needs one."),
      field(
          "tags",
          map_of(
              object({
                  field("description", filled_text(), "What the tag means."),
                  field("level", filled_text().merged(Merge::kStricterOnly, Stricter::kLaterChoice),
                        "The least level that data with the tag has."),
                  field("requires_encryption", strict_flag().without_effect(), "Stored encrypted.",
                        Value(false)),
                  field("requires_masking_in_non_prod", strict_flag(), "Masked outside production.",
                        Value(false)),
                  field("retention_max_days", days_at_most(), "Longest time such data is kept."),
              }))
              .merged(Merge::kExtend),
          "Kinds of data that need more care: pii, phi, …"),
      field("auto_detect",
            list_of(
                object({
                    required("pattern", text(Form::kRegex), "Column names it applies to."),
                    field("tag", filled_text(), "The tag such a column should have."),
                    field("level", filled_text(), "The level such a column should have at least."),
                }))
                .merged(Merge::kExtend),
            "Column names that give sensitive data away."),
      field("propagation", enforcement_schema(),
            "What losing a classification along column lineage does.", Value("off")),
      field("declassify_with", list_of(filled_text()).unique().merged(Merge::kIntersect),
            "Functions and macros whose result may be less sensitive than their input."),
  });
}

Schema documentation_schema() {
  return object({
      field("enforcement", enforcement_schema(),
            "What missing documentation does; strict if anything below is required."),
      field("require_model_descriptions", strict_flag(), "Models need one.", Value(false)),
      field("require_column_descriptions", strict_flag(), "Columns need one.", Value(false)),
      field("require_source_descriptions", strict_flag(), "Sources need one.", Value(false)),
      field("require_port_descriptions", strict_flag(), "Output ports need one.", Value(false)),
      field("require_exposure_descriptions", strict_flag(), "Exposures need one.", Value(false)),
  });
}

Schema ownership_schema() {
  return object({
      field("enforcement", enforcement_schema(),
            "What a missing owner does; strict if anything below is required."),
      field("require_product_owner", strict_flag(), "Products need one.", Value(false)),
      field("require_model_owner", strict_flag(), "Models need one.", Value(false)),
      field("require_port_owner", strict_flag(), "Output ports need one.", Value(false)),
  });
}

Schema contracts_schema() {
  return object({
      field("enforcement", enforcement_schema(), "What a missing or broken contract does.",
            Value("strict")),
      field("required_for_layers", extended_names(), "Layers whose models need a contract."),
      field("required_for_output_ports", strict_flag(), "Whether every output port needs one.",
            Value(false)),
      field("compatibility",
            choice({"none", "backward", "forward", "full", "backward_transitive",
                    "forward_transitive", "full_transitive"})
                .merged(Merge::kStricterOnly, Stricter::kCompatibility),
            "Whom a new version of a product may not break: who was written for the version "
            "before (backward), or who is written for the new one (forward)."),
  });
}

Schema cost_schema() {
  const auto limit = [] { return integer(1).merged(Merge::kStricterOnly, Stricter::kLower); };
  return object({
      field("enforcement", enforcement_schema(), "What going over a limit does.", Value("strict")),
      field("max_models_per_product", limit(), "Models of one product."),
      field("max_fan_out", limit(), "Models that read one model."),
      field("max_fan_in", limit(), "Models that one model reads."),
      field("max_columns_per_model", limit(), "Columns of one model."),
  });
}

Schema security_schema() {
  return object(
             {
                 field("run_as_non_root", strict_flag(), "Containers run without root."),
                 field("read_only_root_filesystem", strict_flag(),
                       "Containers can't write to their image."),
                 field("network_policies", strict_flag(), "Traffic is denied unless it is needed."),
                 field("require_image_digests", strict_flag(), "Images are named by digest."),
                 field("allowed_registries",
                       list_of(filled_text()).unique().merged(Merge::kIntersect).all_if_absent(),
                       "Where images may come from."),
             })
      .without_effect();
}

Schema custom_rule_schema() {
  // What a rule demands is the higher tier's; severity may rise, words may differ.
  const auto fixed = [](Schema schema) { return std::move(schema).merged(Merge::kFixed); };
  return object({
                    required("code",
                             text().matching("^X([1-9][0-9]{2}|0[1-9][0-9]|00[1-9])$",
                                             "X and three digits, such as X001"),
                             "Code of the rule."),
                    required("description", filled_text(),
                             "What the rule asks for, shown when it is broken."),
                    field("severity",
                          choice({"warning", "error"})
                              .merged(Merge::kStricterOnly, Stricter::kLaterChoice),
                          "What breaking it is.", Value("error")),
                    field("help", filled_text(), "What to do about it."),
                    field("sql", fixed(filled_text()),
                          "A query that returns the violations: name, message and more."),
                    field("sql_file", fixed(text(Form::kSqlFile)), "A file with such a query."),
                    field("kind",
                          fixed(choice({"require_meta", "require_tag", "require_test",
                                        "forbid_materialization", "require_tags_for_prefix"})),
                          "A rule without SQL."),
                    field("key", fixed(filled_text()), "Of require_meta: the meta key, dotted."),
                    field("tag", fixed(filled_text()), "Of require_tag."),
                    field("tags", fixed(list_of(filled_text()).at_least(1)),
                          "Of require_tags_for_prefix."),
                    field("prefix", fixed(filled_text()), "Of require_tags_for_prefix."),
                    field("test", fixed(filled_text()), "Of require_test."),
                    field("materialization", fixed(filled_text()), "Of forbid_materialization."),
                    field("applies_to", fixed(filled_text()),
                          "Names of models, with * and ?; all if not given."),
                    field("layers", fixed(list_of(filled_text()).at_least(1).unique()),
                          "Layers it applies to."),
                })
      .one_field_of({"sql", "sql_file", "kind"}, true);
}

Schema waiver_schema() {
  return object({
      required("rule", filled_text(), "Code of the rule that is waived."),
      field("product", filled_text(),
            "Data product it is waived for, with * and ?; all if not given."),
      field("nodes", filled_text(), "Names of models, with * and ?; all findings if not given."),
      required("reason", filled_text(), "Why."),
      required("owner", filled_text(), "Who answers for it."),
      required("expires", text(Form::kDate), "The last day it holds."),
  });
}

}  // namespace

Schema plugins_schema() { return map_of(plugin_schema()).keyed_by(plugin_categories()); }

Schema data_architecture_schema() {
  return object({
      field("pattern",
            choice({"medallion", "kimball", "data_vault", "hybrid"})
                .merged(Merge::kFixed)
                .within("layers"),
            "Which set of layers the platform starts from."),
      field("enforcement", enforcement_schema(), "What breaking a layer's rules does.",
            Value("strict")),
      field("layers", map_of(layer_schema()).keyed_by(Form::kIdentifier).merged(Merge::kFixed),
            "Layers: changes to those of the pattern, and further ones, in the order of the data."),
      field("naming", naming_schema(), "Naming conventions."),
      field("data_vault", data_vault_schema(),
            "How hubs, links and satellites are told and what their columns are called, where the "
            "pattern is data_vault or hybrid."),
  });
}

Schema governance_schema() {
  return object({
      field("quality_gates", quality_gates_schema(), "Test coverage and required tests."),
      field("classification", classification_schema(), "How sensitive data is."),
      field("access_control", access_control_schema().silent_if_absent(),
            "Who may read and write what."),
      field("retention",
            retention_schema().silent_if_absent(
                {"governance.classification.tags.*.retention_max_days"}),
            "How long data is kept."),
      field("documentation", documentation_schema(), "What needs a description."),
      field("ownership", ownership_schema(), "What needs an owner."),
      field("sql",
            object({field("enforcement", enforcement_schema(),
                          "What SQL does that hides what it reads or changes from run to run.",
                          Value("warn")),
                    field("errors", enforcement_schema(), "What SQL does that would fail.",
                          Value("strict"))}),
            "SQL checked without running it."),
      field("contracts", contracts_schema(), "What needs a contract."),
      field("include_hub_packages", strict_flag(),
            "Whether rules also judge the models that packages of the dbt hub bring; those of "
            "folders and repositories are judged like the product's own.",
            Value(false)),
      field("cost", cost_schema().silent_if_absent(), "Limits that keep products affordable."),
      field("security", security_schema(), "How jobs and services are hardened."),
      field("custom_rules", list_of(custom_rule_schema()).unique_by("code").merged(Merge::kExtend),
            "Rules of this platform's own."),
      field("waivers", list_of(waiver_schema()).merged(Merge::kExtend),
            "Exceptions: only a platform can grant one, and never for ever."),
      field("waivable", list_of(filled_text()).unique().merged(Merge::kIntersect),
            "Codes of rules that a domain may waive although they are enforced strictly; patterns "
            "with * allowed."),
  });
}

}  // namespace floe::config
