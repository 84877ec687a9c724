// SPDX-License-Identifier: Apache-2.0
// The sections that say who may read what, and how long data is kept.
#include "core/config/fields.h"

namespace floe::config {

using namespace value;  // the schema vocabulary

namespace {

Schema access_grants_schema() {
  return list_of(object({
                     required("role", filled_text(), "Who is allowed."),
                     required("access",
                              choice({"READ_WRITE", "READ"})
                                  .merged(Merge::kStricterOnly, Stricter::kLaterChoice),
                              "What is allowed."),
                     field("namespace", filled_text().merged(Merge::kIntersect),
                           "In this namespace; patterns with * allowed."),
                     field("layer", filled_text(), "In this layer."),
                     field("classification", filled_text(), "Up to this classification."),
                 }))
      .unique()
      .merged(Merge::kIntersect);
}

Schema row_filters_schema() {
  return list_of(object({
                     required("role", filled_text(), "Whose queries are filtered."),
                     required("table", filled_text(), "On which tables; patterns with * allowed."),
                     required("condition", filled_text(), "SQL condition that rows must meet."),
                 }))
      .unique()
      .merged(Merge::kExtend);
}

Schema column_masks_schema() {
  return list_of(object({
                     required("role", filled_text(), "For whom values are masked."),
                     field("tag", filled_text(), "Columns with this tag."),
                     field("classification", filled_text(),
                           "Columns of this classification or a more sensitive one."),
                     required("mask", filled_text(), "SQL expression or masking function."),
                 }))
      .unique()
      .merged(Merge::kExtend);
}

Schema retention_rule_schema() {
  return object({
      field("max_days", days_at_most(), "Longest time data is kept."),
      field("min_days", integer(0).merged(Merge::kStricterOnly, Stricter::kHigher),
            "Shortest time data is kept."),
      field("delete_strategy",
            choice({"hard_delete", "soft_delete", "anonymize", "archive"})
                .merged(Merge::kFixed)
                .without_effect(),
            "What happens to data that is too old."),
  });
}

}  // namespace

Schema days_at_most() { return integer(1).merged(Merge::kStricterOnly, Stricter::kLower); }

Schema access_control_schema() {
  const auto roles = [] { return list_of(filled_text()).unique().merged(Merge::kIntersect); };
  return object({
      field("enforcement", enforcement_schema(), "What a port that is open to too many does.",
            Value("strict")),
      field("default",
            choice({"allow", "deny"}).merged(Merge::kStricterOnly, Stricter::kLaterChoice),
            "What holds where no grant does.", Value("deny")),
      field("roles",
            map_of(object({
                       field("description", filled_text(), "What the role is for."),
                       field("inherits", roles(), "Roles whose grants it has, too."),
                   }))
                .merged(Merge::kFixed),
            "Roles by name."),
      field("groups", map_of(roles()).merged(Merge::kFixed),
            "Roles of each group of the identity provider."),
      field("grants", access_grants_schema(), "Who may do what, where."),
      field("row_filters", row_filters_schema(), "Rows a role sees."),
      field("column_masks", column_masks_schema(), "Columns a role sees masked."),
  });
}

Schema retention_schema() {
  const auto rules = [] { return map_of(retention_rule_schema()).within("default"); };
  return object({
      field("enforcement", enforcement_schema(), "What missing or wrong retention does.",
            Value("strict")),
      field("required_for", extended_names(),
            "Layers whose models say how long their data is kept: meta.floe.retention_days."),
      field("default", retention_rule_schema(), "Where nothing else applies."),
      field("layers", rules(), "By layer."),
      field("classifications", rules(), "By classification."),
      field("tags", rules(), "By tag."),
      field(
          "snapshots",
          object({
              field("expire_after_days", days_at_most(), "Age at which Iceberg snapshots expire."),
              field("keep_last", integer(1).without_effect(), "Snapshots that are kept anyway."),
          }),
          "Iceberg snapshots."),
  });
}

}  // namespace floe::config
