// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/product_package.h"
#include "value/json.h"

#include <array>

namespace floe::artifact {

namespace {

using value::Member;
using value::Value;

/// When and by whom dbt was called: nothing that the project says.
constexpr std::array<std::string_view, 6> kInvocationMembers = {
    "generated_at",   "invocation_id", "invocation_started_at",
    "run_started_at", "user_id",       "send_anonymous_usage_stats",
};

/// A node, source, macro, … as the manifest has it.
void settle_resource(Value& resource) {
  if (!resource.is_map()) return;
  if (resource.find("created_at") != nullptr) resource.set("created_at", 0);
  // Where the project was on the machine that compiled it.
  if (resource.find("root_path") != nullptr) resource.set("root_path", nullptr);
}

/// A part of the manifest that holds resources by their id; `disabled` has lists of them.
void settle_section(Value& section) {
  if (!section.is_map()) return;
  for (Member& entry : section.edit_map()) {
    if (entry.value.is_list()) {
      for (Value& resource : entry.value.edit_list()) settle_resource(resource);
    } else {
      settle_resource(entry.value);
    }
  }
}

}  // namespace

Result<std::string> settled_dbt_manifest(std::string_view json) {
  Value manifest = FLOE_TRY(value::read_json(json));
  Value* metadata = manifest.is_map() ? manifest.edit("metadata") : nullptr;
  const Value* schema = metadata == nullptr ? nullptr : metadata->find("dbt_schema_version");
  if (schema == nullptr || !schema->is_string()) {
    return fail(ErrorKind::kUsage, "this is no manifest.json of dbt");
  }
  for (const std::string_view member : kInvocationMembers) metadata->erase(member);
  metadata->set("env", Value::map());
  for (Member& section : manifest.edit_map()) {
    if (section.key != "metadata") settle_section(section.value);
  }
  // Not canonical JSON: the order of columns has a meaning.
  return value::write_json(manifest);
}

}  // namespace floe::artifact
