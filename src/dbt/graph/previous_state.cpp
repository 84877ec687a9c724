// SPDX-License-Identifier: Apache-2.0
#include "dbt/graph/previous_state.h"

#include "dbt/context/base_context.h"
#include "dbt/jinja/error.h"
#include "dbt/jinja/template.h"
#include "dbt/project/node_builder.h"
#include "value/json.h"

#include <fmt/format.h>

#include <charconv>

namespace floe::dbt {

namespace {

using value::Value;

/// The versions of one artifact's schema that can be read.
struct ReadableSchema {
  std::string_view name;
  int oldest;
  int newest;
  std::string_view needed;  // a member that none of them lacks
};

constexpr ReadableSchema kManifest{"manifest", 4, 12, "nodes"};
constexpr ReadableSchema kRunResults{"run-results", 4, 6, "results"};
constexpr ReadableSchema kSources{"sources", 3, 3, "results"};

/// "https://schemas.getdbt.com/dbt/manifest/v12.json" → 12, if it is a schema of this name.
std::optional<int> schema_version(const ReadableSchema& schema, std::string_view url) {
  const std::string begin = fmt::format("https://schemas.getdbt.com/dbt/{}/v", schema.name);
  if (!url.starts_with(begin) || !url.ends_with(".json")) return std::nullopt;
  url.remove_prefix(begin.size());
  int version = 0;
  const auto [end, error] = std::from_chars(url.data(), url.data() + url.size(), version);
  if (error != std::errc() || end + 5 != url.data() + url.size()) return std::nullopt;
  return version;
}

/// An artifact and the version of its schema; nothing if there is no such file.
struct Artifact {
  Value value;
  int version = 0;
};

Result<std::optional<Artifact>> read_artifact(const fs::path& path, const ReadableSchema& schema) {
  std::error_code code;
  if (!fs::is_regular_file(path, code)) return std::optional<Artifact>();
  const std::string text = FLOE_TRY(read_file(path, std::uintmax_t{1} << 30));
  Result<Value> read = value::read_json(text);
  if (!read || !read->is_map() || read->find(schema.needed) == nullptr) {
    const std::string what = fmt::format("{} is not an artifact of an earlier run", path.string());
    if (read) return fail(ErrorKind::kUsage, what);
    return fail_because(what, read.error());
  }
  Artifact artifact{std::move(*read), schema.newest};
  const Value* url = artifact.value.find_path("metadata.dbt_schema_version");
  if (url == nullptr || url->is_null()) return std::optional(std::move(artifact));
  const auto version =
      schema_version(schema, url->is_string() ? url->as_string() : std::string_view());
  if (!version || *version < schema.oldest || *version > schema.newest) {
    return fail(
        ErrorKind::kUsage,
        fmt::format("Expected a schema version of "
                    "\"https://schemas.getdbt.com/dbt/{}/v{}.json\" in {}, but found \"{}\"",
                    schema.name, schema.newest, path.string(),
                    url->is_string() ? url->as_string() : "no text"),
        "make the state again with a version of dbt from 1.0 on");
  }
  artifact.version = *version;
  return std::optional(std::move(artifact));
}

void rename_member(Value& map, std::string_view from, const std::string& to) {
  Value* found = map.edit(from);
  if (found == nullptr) return;
  Value moved = std::move(*found);
  map.erase(from);
  map.set(to, std::move(moved));
}

/// ["package", "name"] → {"package": …, "name": …, "version": null}
void upgrade_refs(Value& node) {
  Value* refs = node.edit("refs");
  if (refs == nullptr || !refs->is_list()) return;
  for (Value& ref : refs->edit_list()) {
    if (!ref.is_list() || ref.as_list().empty()) continue;
    const bool has_package = ref.as_list().size() > 1;
    Value named = Value::map();
    named.set("package", has_package ? ref.as_list()[0] : Value());
    named.set("name", ref.as_list()[has_package ? 1 : 0]);
    named.set("version", Value());
    ref = std::move(named);
  }
}

void upgrade_node(Value& node) {
  if (!node.is_map()) return;
  rename_member(node, "raw_sql", "raw_code");
  rename_member(node, "compiled_sql", "compiled_code");
  upgrade_refs(node);
}

/// An older manifest as schema v12 has it. Metrics up to v9 were another thing.
void upgrade_manifest(Artifact& manifest) {
  if (manifest.version == kManifest.newest) return;
  if (manifest.version <= 9 && manifest.value.find("metrics") != nullptr) {
    manifest.value.set("metrics", Value::map());
  }
  for (const char* section : {"nodes", "exposures", "metrics"}) {
    Value* entries = manifest.value.edit(section);
    if (entries == nullptr || !entries->is_map()) continue;
    for (value::Member& member : entries->edit_map()) upgrade_node(member.value);
  }
  Value* disabled = manifest.value.edit("disabled");
  if (disabled == nullptr || !disabled->is_map()) return;
  for (value::Member& member : disabled->edit_map()) {
    if (!member.value.is_list()) continue;
    for (Value& node : member.value.edit_list()) upgrade_node(node);
  }
}

bool is_simple_builtin_test(const Value& node) {
  const Value* macros = node.find_path("depends_on.macros");
  if (macros == nullptr || !macros->is_list() || macros->as_list().size() != 1) return false;
  const Value& only = macros->as_list().front();
  return only.is_string() && (only.as_string() == "macro.dbt.test_not_null" ||
                              only.as_string() == "macro.dbt.test_unique");
}

/// What a node's config() call says, as it is written.
void reread_config_call(Value& node) {
  Value* config = node.edit("unrendered_config");
  const Value* code = node.find("raw_code");
  if (code == nullptr || !code->is_string() || config == nullptr || !config->is_map() ||
      config->empty() || is_simple_builtin_test(node)) {
    return;
  }
  try {
    const Value call = unrendered_config_call(*jinja::parse_template(code->as_string()));
    config->update(call);
  } catch (const jinja::TemplateError&) {
    // Code that no longer parses keeps what was noted.
  }
}

void reread_config_calls(Value& manifest) {
  const Value* version = manifest.find_path("metadata.dbt_version");
  const bool same = version == nullptr || !version->is_string() || version->empty() ||
                    version->as_string() == kDbtVersion;
  Value* nodes = manifest.edit("nodes");
  if (same || nodes == nullptr || !nodes->is_map()) return;
  for (value::Member& member : nodes->edit_map()) {
    if (member.value.is_map()) reread_config_call(member.value);
  }
}

Result<std::optional<Value>> read_plain(const fs::path& path, const ReadableSchema& schema) {
  auto artifact = FLOE_TRY(read_artifact(path, schema));
  if (!artifact) return std::optional<Value>();
  return std::optional(std::move(artifact->value));
}

}  // namespace

Result<PreviousState> read_previous_state(const fs::path& state, const fs::path& target,
                                          bool unrendered) {
  PreviousState result;
  auto manifest = FLOE_TRY(read_artifact(state / "manifest.json", kManifest));
  if (manifest) {
    upgrade_manifest(*manifest);
    if (unrendered) reread_config_calls(manifest->value);
    result.manifest = std::move(manifest->value);
  }
  result.run_results = FLOE_TRY(read_plain(state / "run_results.json", kRunResults));
  result.sources = FLOE_TRY(read_plain(state / "sources.json", kSources));
  result.current_sources = FLOE_TRY(read_plain(target / "sources.json", kSources));
  return result;
}

}  // namespace floe::dbt
