// SPDX-License-Identifier: Apache-2.0
#include "core/config/migration_plan.h"

#include "core/config/fields.h"

namespace floe::config {

using namespace value;  // the schema vocabulary

namespace {

Schema build_plan_schema() {
  const auto model = object({
      required("model", text(Form::kIdentifier), "The model's name now."),
      field("project", text(Form::kIdentifier), "The dbt project it is in, if there are several."),
      field("from_layer", text(), "The layer it is in now; for readers only."),
      field("layer", text(), "The layer it goes to, one of the target."),
      field("name", text(Form::kIdentifier),
            "Its name afterwards; required unless `decide` is there."),
      field("folder", text(),
            "The folder its file goes to, relative to the dbt project; that of its layer if not "
            "given."),
      field("config",
            object({
                field("materialized", text(Form::kIdentifier), "Its materialization afterwards."),
                field("schema", text(Form::kIdentifier), "Its schema afterwards."),
            }),
            "What its config says afterwards."),
      field("why", text(), "What the proposal follows from."),
      field("decide", text(),
            "What a human has to decide. The entry is not applied while this key is there."),
      field("choices", list_of(text(Form::kIdentifier)), "Names among which to decide."),
  });
  return object({
      api_version_field(),
      kind_field("MigrationPlan"),
      field("product", text(), "The data product the plan was made for."),
      field("from", text(), "The architecture it was written for."),
      required("to", text(Form::kAny), "medallion, kimball, data_vault, hybrid, or a platform."),
      required("models", list_of(model), "What becomes of each model."),
  });
}

}  // namespace

const Schema& migration_plan_schema() {
  static const Schema kSchema = build_plan_schema();
  return kSchema;
}

}  // namespace floe::config
