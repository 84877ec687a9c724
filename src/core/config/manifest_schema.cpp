// SPDX-License-Identifier: Apache-2.0
#include "core/config/fields.h"
#include "core/config/manifest.h"

namespace floe::config {

using namespace value;  // the schema vocabulary

namespace {

Schema manifest_metadata_schema() {
  return object(
             {
                 required("name", text(Form::kDnsLabel), "Name of the platform."),
                 required(
                     "version", text(Form::kSemver),
                     "Version of the platform; the tag it is published under is this with a 'v'."),
                 required("scope", choice({"enterprise", "domain"}),
                          "The tier: `domain` inherits from an enterprise platform."),
                 field("owner", filled_text(), "Who answers questions; shown in every refusal."),
                 field("description", text(), "What the platform is for."),
                 field("labels", map_of(text()), "Labels of your own."),
             })
      .merged(Merge::kOwn);
}

Schema domains_schema() {
  return list_of(object({
                     required("name", text(Form::kDnsLabel), "Name of the domain."),
                     field("namespace", text(Form::kNamespace), "What its namespaces begin with."),
                     field("description", filled_text(), "What the domain is about."),
                     field("owners", list_of(filled_text()).at_least(1).unique(), "Its owners."),
                     field("extra_policies", governance_schema(),
                           "Rules that hold in this domain only, as under governance."),
                 }))
      .unique_by("name")
      .merged(Merge::kOwn);
}

Schema grants_schema() {
  return list_of(object({
                     required("role", filled_text(), "Who is allowed."),
                     required("access",
                              choice({"READ_WRITE", "READ"})
                                  .merged(Merge::kStricterOnly, Stricter::kLaterChoice),
                              "What is allowed."),
                 }))
      .merged(Merge::kIntersect);
}

Schema catalog_schema() {
  const auto columns = [] {
    return list_of(object({
                       required("name", filled_text(), "Name of the column."),
                       field("type", filled_text().merged(Merge::kFixed), "Type it must have."),
                   }))
        .unique_by("name")
        .merged(Merge::kExtend);
  };
  return object({
      field("namespaces",
            list_of(object({
                        required("name", text(Form::kNamespace), "Name of the namespace."),
                        field("description", filled_text(), "What it holds."),
                        field("owner", filled_text(), "Who answers for it."),
                        field("layer", filled_text(), "The layer whose models live in it."),
                        field("grants", grants_schema(), "Who may use it."),
                        field("properties", map_of(text()).without_effect(),
                              "Properties set in the catalog."),
                        field("location", text(Form::kEndpoint).without_effect(),
                              "Where its tables are stored."),
                    }))
                .unique_by("name")
                .merged(Merge::kNamespaced),
            "Approved namespaces."),
      field("schema_registry",
            object(
                {
                    field("enforcement", enforcement_schema(), "What a column that breaks it does.",
                          Value("strict")),
                    field("allowed_types",
                          list_of(filled_text()).unique().merged(Merge::kIntersect).all_if_absent(),
                          "Column types models may have; all if not given."),
                    field("required_columns", map_of(columns()),
                          "Columns every model of a layer has, such as audit columns."),
                    field("reserved_columns", extended_names(), "Names no column may have."),
                    field("compatibility",
                          choice({"none", "backward", "forward", "full"})
                              .merged(Merge::kStricterOnly, Stricter::kCompatibility)
                              .without_effect(),
                          "Which changes of a published table are allowed; of ports see "
                          "governance.contracts."),
                })
                .silent_if_absent(),
            "Rules for the columns of tables."),
  });
}

Schema resources_schema() {
  const auto amounts = [] {
    return object({
        field("cpu", one_of({filled_text(), number(0)}), "CPUs, such as 500m or 2."),
        field("memory", filled_text(), "Memory, such as 2Gi."),
    });
  };
  return object({
      field("requests", amounts(), "What is reserved."),
      field("limits", amounts(), "What is allowed."),
  });
}

std::vector<Refusal> engine_refusals(const std::vector<std::string>& keys) {
  std::vector<Refusal> refusals;
  for (const std::string& key : keys) {
    refusals.push_back({key, "C022", "an environment can't choose the " + key,
                        "the engine is set once, under plugins.compute, so that every environment "
                        "computes the same; here only endpoints, credentials and sizes differ"});
  }
  return refusals;
}

std::vector<Refusal> environment_refusals() {
  std::vector<Refusal> refusals = engine_refusals({"compute", "engine", "plugins"});
  for (const char* key :
       {"governance", "data_architecture", "naming", "quality_gates", "classification",
        "access_control", "retention", "documentation", "ownership", "contracts", "custom_rules",
        "waivers", "enforcement", "policies", "approved_plugins", "catalog", "layers"}) {
    refusals.push_back({key, "C023", std::string("an environment can't hold '") + key + "'",
                        "rules hold in every environment, or production would be the first to "
                        "see them; set it at the top level"});
  }
  return refusals;
}

Schema environment_schema() {
  return object(
             {
                 required(
                     "type",
                     choice({"development", "preview", "staging", "production"})
                         .merged(Merge::kFixed),
                     "What the environment is for; all but production count as non-production."),
                 field("description", filled_text(), "More about it."),
                 field("endpoints",
                       map_of(one_of({text(Form::kEndpoint),
                                      map_of(anything().with_references())
                                          .refusing(engine_refusals({"type"}))}))
                           .keyed_by(plugin_categories()),
                       "Where each plugin's service is; credentials by reference."),
                 field("credentials",
                       map_of(text(Form::kSecretReference))
                           .keyed_by(plugin_categories())
                           .without_effect(),
                       "Which secret each plugin logs in with."),
                 field("schema_prefix", text(Form::kIdentifier), "Put before every schema's name."),
                 field("namespace_prefix", text(Form::kNamespace).without_effect(),
                       "Put before every namespace."),
                 field("resources", resources_schema().without_effect(), "Size of the jobs."),
                 field("replicas", map_of(integer(0, 1000)).without_effect(),
                       "Copies of each service."),
             })
      .refusing(environment_refusals());
}

Schema artifacts_schema() {
  return object({
      field("registry", text(Form::kOciReference).merged(Merge::kOwn),
            "The repository that versions are published to, without a tag."),
      field("immutability",
            object({
                       field("mutable_prereleases", boolean(),
                             "Pre-releases (v1.2.3-rc.1) may be replaced.", Value(false)),
                       field("mutable_latest", boolean(), "Tags latest-* may move.", Value(false)),
                   })
                .merged(Merge::kOwn),
            "Releases (v1.2.3) never change; these may."),
      field(
          "signing",
          object(
              {
                  required("mode", choice({"none", "key", "keyless", "external"}), "How to sign."),
                  field("key_ref", text(Form::kSecretReference), "Of mode key: where the key is."),
                  field("identity", filled_text(), "Of mode keyless: who signs."),
                  field("issuer", text(Form::kEndpoint), "Of mode keyless: who vouches for them."),
                  field("command", list_of(filled_text()).at_least(1),
                        "Of mode external: the program that signs stdin (a KMS, an HSM)."),
                  field("public_key", text(Form::kSqlFile),
                        "Of mode external: the PEM file of the program's public key."),
                  field("format", choice({"bundle", "classic", "both"}),
                        "How signatures are stored: as cosign 3 does, as it did before, or both.",
                        Value("bundle")),
              })
              .merged(Merge::kOwn),
          "Signatures of published versions."),
      field("verification",
            choice({"off", "warn", "enforce"}).merged(Merge::kStricterOnly, Stricter::kLaterChoice),
            "What a missing or wrong signature does."),
      field("retention",
            object({
                       field("keep_last_versions", integer(1), "Versions that are kept at least."),
                       field("keep_duration_days", integer(0),
                             "Days that versions are kept at least."),
                       field("protected_tags", list_of(filled_text()).unique(),
                             "Tags that are never deleted; patterns with * allowed."),
                   })
                .merged(Merge::kOwn)
                .without_effect(),
            "Which old versions may be deleted."),
  });
}

Schema services_schema() {
  return map_of(object({
      field("enabled", boolean(), "Whether the service is deployed.", Value(true)),
      field("version", filled_text(), "Version of its image or chart."),
      field("replicas", integer(0, 1000), "Copies of it."),
      field("resources", resources_schema(), "Its size."),
      field("storage",
            object({
                field("size", filled_text(), "Size of its volume, such as 20Gi."),
                field("class", filled_text(), "Storage class of its volume."),
            }),
            "Its volume."),
      field("ingress",
            object({
                field("enabled", boolean(), "Whether it is reachable from outside."),
                field("host", text(Form::kEndpoint), "Under which name."),
                field("class", filled_text(), "Ingress class."),
                field("tls_secret_ref", text(Form::kSecretReference), "Its certificate."),
            }),
            "Access from outside the cluster."),
      field("values", map_of(anything().with_references()), "Further values of its chart."),
  }));
}

/// A finding that a policy test expects: a code alone, or more of it.
Schema expected_finding_schema() {
  return one_of(
      {filled_text(),
       object({
           required("code", filled_text(), "Code of the finding; patterns with * allowed."),
           field("node", filled_text(), "Name of the model, with * and ?."),
           field("severity", choice({"warning", "error"}), "How severe it is."),
           field("message", filled_text(), "A part of what it says."),
       })});
}

Field must_field() {
  return field("must", list_of(expected_finding_schema()),
               "Findings there must be: codes, or code and node.");
}

Field must_not_field() {
  return field("must_not", list_of(expected_finding_schema()), "Findings there must not be.");
}

Schema tests_schema() {
  return list_of(object({
                     required("name", filled_text(), "What is tested."),
                     field("description", filled_text(), "Why."),
                     field("product", text(Form::kSqlFile), "Folder of a data product."),
                     field("files", map_of(text()),
                           "Files of a small product, by path; over those of `product`."),
                     must_field(),
                     must_not_field(),
                 }))
      .unique_by("name")
      .merged(Merge::kOwn);
}

Schema build_manifest_schema() {
  return object({
      api_version_field(),
      kind_field("Manifest"),
      required("metadata", manifest_metadata_schema(), "Who the platform is."),
      field("parent",
            object({required("ref", text(Form::kOciReference),
                             "The enterprise platform that is inherited from.")})
                .merged(Merge::kOwn),
            "Of a domain tier: what it inherits from."),
      field("domain",
            object({
                       required("name", text(Form::kDnsLabel), "Name of the domain."),
                       required("namespace", text(Form::kNamespace),
                                "What all its namespaces begin with."),
                       field("owners", list_of(filled_text()).at_least(1).unique(), "Its owners."),
                   })
                .merged(Merge::kOwn),
            "Of a domain tier: which domain it is."),
      field("domains", domains_schema(), "Of an enterprise tier: the domains there are."),
      field("plugins", plugins_schema(),
            "The tools that everybody uses: set once, inherited by all data products."),
      field("approved_plugins",
            map_of(list_of(plugin_name()).unique().merged(Merge::kIntersect))
                .keyed_by(plugin_categories()),
            "What a lower tier may choose instead."),
      field("data_architecture", data_architecture_schema(), "Layers and naming."),
      field("governance", governance_schema(), "Rules."),
      field("catalog", catalog_schema(), "Namespaces and schemas of tables."),
      field("environments", map_of(environment_schema()).keyed_by(Form::kDnsLabel),
            "Where products run. No engine and no rule can differ here."),
      field("artifacts", artifacts_schema(), "How versions of this platform are published."),
      field("services", services_schema().without_effect(), "Sizes of the long-lived services."),
      field("tests", tests_schema(), "Policy tests: `floe platform test`."),
  });
}

}  // namespace

const Schema& expectation_schema() {
  static const Schema kSchema = object({
      field("description", filled_text(), "What is tested, and why."),
      must_field(),
      must_not_field(),
  });
  return kSchema;
}

const Schema& manifest_schema() {
  static const Schema kSchema = build_manifest_schema();
  return kSchema;
}

}  // namespace floe::config
