// SPDX-License-Identifier: Apache-2.0
#include "dbt/manifest/read_manifest.h"

#include "value/json.h"

#include <fmt/format.h>

#include <array>

namespace floe::dbt {

namespace {

/// The fields of one JSON object, with what a missing or null one stands for.
class FieldReader {
 public:
  explicit FieldReader(const Value& object) : object_(object) {}

  std::string text(std::string_view key) const {
    const Value* found = object_.find(key);
    return found != nullptr && found->is_string() ? found->as_string() : std::string();
  }
  std::vector<std::string> texts(std::string_view key) const {
    std::vector<std::string> result;
    const Value* found = object_.find(key);
    if (found == nullptr || !found->is_list()) return result;
    for (const Value& item : found->as_list()) {
      if (item.is_string()) result.push_back(item.as_string());
    }
    return result;
  }
  Value tree(std::string_view key) const {
    const Value* found = object_.find(key);
    return found == nullptr ? Value() : *found;
  }
  Value map(std::string_view key) const {
    const Value* found = object_.find(key);
    return found != nullptr && found->is_map() ? *found : Value::map();
  }
  Value list(std::string_view key) const {
    const Value* found = object_.find(key);
    return found != nullptr && found->is_list() ? *found : Value::list();
  }
  double number(std::string_view key) const {
    const Value* found = object_.find(key);
    return found != nullptr && found->is_number() ? found->as_double() : 0;
  }
  bool has(std::string_view key) const {
    const Value* found = object_.find(key);
    return found != nullptr && !found->is_null();
  }
  FieldReader inside(std::string_view key) const {
    static const Value kEmpty = Value::map();
    const Value* found = object_.find(key);
    return FieldReader(found != nullptr && found->is_map() ? *found : kEmpty);
  }

 private:
  const Value& object_;
};

std::vector<std::pair<std::string, Column>> read_columns(const FieldReader& fields) {
  std::vector<std::pair<std::string, Column>> columns;
  const Value map = fields.map("columns");
  for (const value::Member& member : map.as_map()) {
    const FieldReader from(member.value);
    Column column;
    column.name = from.text("name");
    column.description = from.text("description");
    column.meta = from.map("meta");
    if (from.has("data_type")) column.data_type = from.text("data_type");
    column.constraints = from.list("constraints");
    const Value quote = from.tree("quote");
    if (quote.is_bool()) column.quote = quote.as_bool();
    column.config = from.map("config");
    column.tags = from.texts("tags");
    if (from.has("granularity")) column.granularity = from.text("granularity");
    column.doc_blocks = from.texts("doc_blocks");
    columns.emplace_back(member.key, std::move(column));
  }
  return columns;
}

std::vector<RefArgs> read_refs(const FieldReader& fields) {
  std::vector<RefArgs> refs;
  const Value list = fields.list("refs");
  for (const Value& item : list.as_list()) {
    const FieldReader from(item);
    RefArgs ref;
    ref.name = from.text("name");
    if (from.has("package")) ref.package = from.text("package");
    ref.version = from.tree("version");
    refs.push_back(std::move(ref));
  }
  return refs;
}

std::vector<SourceArgs> read_sources(const FieldReader& fields) {
  std::vector<SourceArgs> sources;
  const Value list = fields.list("sources");
  for (const Value& item : list.as_list()) {
    if (!item.is_list() || item.size() != 2) continue;
    const Value::List& pair = item.as_list();
    if (!pair[0].is_string() || !pair[1].is_string()) continue;
    sources.push_back({pair[0].as_string(), pair[1].as_string(), {}});
  }
  return sources;
}

/// The metrics or functions that code calls: [package,] name.
std::vector<std::vector<std::string>> read_name_lists(const FieldReader& fields,
                                                      std::string_view key) {
  std::vector<std::vector<std::string>> lists;
  const Value list = fields.list(key);
  for (const Value& item : list.as_list()) {
    std::vector<std::string> names;
    if (item.is_list()) {
      for (const Value& name : item.as_list()) {
        if (name.is_string()) names.push_back(name.as_string());
      }
    }
    lists.push_back(std::move(names));
  }
  return lists;
}

constexpr std::array kResourceTypes = {
    ResourceType::kModel,         ResourceType::kAnalysis,   ResourceType::kTest,
    ResourceType::kSnapshot,      ResourceType::kOperation,  ResourceType::kSeed,
    ResourceType::kSource,        ResourceType::kExposure,   ResourceType::kMetric,
    ResourceType::kSemanticModel, ResourceType::kSavedQuery, ResourceType::kUnitTest,
    ResourceType::kGroup,         ResourceType::kMacro,      ResourceType::kDoc,
    ResourceType::kFunction};

ResourceType read_type(const FieldReader& fields) {
  const std::string name = fields.text("resource_type");
  for (const ResourceType type : kResourceTypes) {
    if (resource_type_name(type) == name) return type;
  }
  return ResourceType::kModel;
}

/// The fields that nodes, sources and resources share.
template <class T>
void read_identity(const FieldReader& from, T& to) {
  to.unique_id = from.text("unique_id");
  to.name = from.text("name");
  to.package_name = from.text("package_name");
  to.path = from.text("path");
  to.original_file_path = from.text("original_file_path");
}

void read_code(const FieldReader& from, Node& node) {
  node.raw_code = from.text("raw_code");
  node.refs = read_refs(from);
  node.sources = read_sources(from);
  node.metrics = read_name_lists(from, "metrics");
  node.functions = read_name_lists(from, "functions");
  const FieldReader depends_on = from.inside("depends_on");
  node.depends_on_nodes = depends_on.texts("nodes");
  node.depends_on_macros = depends_on.texts("macros");
  node.compiled_path = from.text("compiled_path");
  const Value compiled = from.tree("compiled");
  node.compiled = compiled.is_bool() && compiled.as_bool();
  node.compiled_code = from.text("compiled_code");
  const Value ctes = from.list("extra_ctes");
  for (const Value& cte : ctes.as_list()) {
    const FieldReader fields(cte);
    node.extra_ctes.push_back({fields.text("id"), fields.text("sql")});
  }
}

std::unique_ptr<Node> read_node(const Value& object) {
  const FieldReader from(object);
  auto node = std::make_unique<Node>();
  read_identity(from, *node);
  node->type = read_type(from);
  node->root_path = from.text("root_path");
  node->patch_path = from.text("patch_path");
  node->fqn = from.texts("fqn");
  if (from.has("language")) node->language = from.text("language");
  node->database = from.text("database");
  node->schema = from.text("schema");
  node->has_schema = from.has("schema");
  node->alias = from.text("alias");
  node->relation_name = from.text("relation_name");
  node->checksum = {from.inside("checksum").text("name"), from.inside("checksum").text("checksum")};
  node->config = from.map("config");
  node->unrendered_config = from.map("unrendered_config");
  node->tags = from.texts("tags");
  node->description = from.text("description");
  node->meta = from.map("meta");
  node->docs = from.map("docs");
  node->group = from.text("group");
  node->access = from.text("access");
  node->columns = read_columns(from);
  node->constraints = from.list("constraints");
  node->doc_blocks = from.texts("doc_blocks");
  node->version = from.tree("version");
  node->latest_version = from.tree("latest_version");
  node->deprecation_date = from.text("deprecation_date");
  node->primary_key = from.list("primary_key");
  node->time_spine = from.tree("time_spine");
  read_code(from, *node);
  node->arguments = from.list("arguments");
  node->returns = from.tree("returns");
  node->overloads = from.list("overloads");
  if (from.has("test_metadata")) {
    const FieldReader metadata = from.inside("test_metadata");
    TestMetadata test;
    test.name = metadata.text("name");
    if (metadata.has("namespace")) test.namespace_ = metadata.text("namespace");
    test.kwargs = metadata.map("kwargs");
    node->test_metadata = std::move(test);
  }
  node->column_name = from.text("column_name");
  node->file_key_name = from.text("file_key_name");
  node->attached_node = from.text("attached_node");
  node->build_path = from.text("build_path");
  const Value index = from.tree("index");
  if (index.is_int()) node->hook_index = static_cast<int>(index.as_int());
  node->created_at = from.number("created_at");
  return node;
}

std::unique_ptr<SourceNode> read_source(const Value& object) {
  const FieldReader from(object);
  auto source = std::make_unique<SourceNode>();
  read_identity(from, *source);
  source->source_name = from.text("source_name");
  source->patch_path = from.text("patch_path");
  source->fqn = from.texts("fqn");
  source->database = from.text("database");
  source->schema = from.text("schema");
  source->identifier = from.text("identifier");
  source->relation_name = from.text("relation_name");
  source->description = from.text("description");
  source->source_description = from.text("source_description");
  source->loader = from.text("loader");
  source->meta = from.map("meta");
  source->source_meta = from.map("source_meta");
  source->config = from.map("config");
  source->unrendered_config = from.map("unrendered_config");
  source->quoting = from.map("quoting");
  source->freshness = from.tree("freshness");
  source->loaded_at_field = from.tree("loaded_at_field");
  source->loaded_at_query = from.tree("loaded_at_query");
  source->external = from.tree("external");
  source->unrendered_database = from.tree("unrendered_database");
  source->unrendered_schema = from.tree("unrendered_schema");
  source->tags = from.texts("tags");
  source->columns = read_columns(from);
  source->doc_blocks = from.texts("doc_blocks");
  source->created_at = from.number("created_at");
  return source;
}

std::unique_ptr<Macro> read_macro(const Value& object) {
  const FieldReader from(object);
  auto macro = std::make_unique<Macro>();
  read_identity(from, *macro);
  macro->macro_sql = from.text("macro_sql");
  macro->depends_on_macros = from.inside("depends_on").texts("macros");
  macro->description = from.text("description");
  macro->meta = from.map("meta");
  macro->docs = from.map("docs");
  macro->config = from.map("config");
  macro->patch_path = from.text("patch_path");
  const Value arguments = from.list("arguments");
  for (const Value& argument : arguments.as_list()) {
    const FieldReader fields(argument);
    macro->arguments.push_back(
        {fields.text("name"), fields.text("type"), fields.text("description")});
  }
  macro->supported_languages = from.texts("supported_languages");
  macro->created_at = from.number("created_at");
  return macro;
}

std::unique_ptr<Doc> read_doc(const Value& object) {
  const FieldReader from(object);
  auto doc = std::make_unique<Doc>();
  read_identity(from, *doc);
  doc->block_contents = from.text("block_contents");
  return doc;
}

std::unique_ptr<Group> read_group(const Value& object) {
  const FieldReader from(object);
  auto group = std::make_unique<Group>();
  read_identity(from, *group);
  group->owner = from.map("owner");
  group->description = from.text("description");
  group->config = from.map("config");
  return group;
}

std::unique_ptr<Resource> read_resource(const Value& object) {
  const FieldReader from(object);
  auto resource = std::make_unique<Resource>();
  read_identity(from, *resource);
  resource->type = read_type(from);
  resource->fqn = from.texts("fqn");
  resource->config = from.map("config");
  resource->tags = from.texts("tags");
  if (resource->type == ResourceType::kUnitTest) {
    resource->tags = from.inside("config").texts("tags");
  }
  const FieldReader depends_on = from.inside("depends_on");
  resource->depends_on_nodes = depends_on.texts("nodes");
  resource->depends_on_macros = depends_on.texts("macros");
  resource->refs = read_refs(from);
  resource->sources = read_sources(from);
  resource->group = from.text("group");
  resource->data = object;
  return resource;
}

template <class Map, class Read>
void read_section(const Value& manifest, std::string_view name, Map& map, Read read) {
  const Value* section = manifest.find(name);
  if (section == nullptr || !section->is_map()) return;
  for (const value::Member& member : section->as_map()) {
    map.emplace(member.key, read(member.value));
  }
}

void read_disabled(const Value& manifest, Project& project) {
  const Value* section = manifest.find("disabled");
  if (section == nullptr || !section->is_map()) return;
  for (const value::Member& member : section->as_map()) {
    if (!member.value.is_list()) continue;
    for (const Value& item : member.value.as_list()) {
      switch (read_type(FieldReader(item))) {
        case ResourceType::kSource:
          project.disabled_sources[member.key].push_back(read_source(item));
          break;
        case ResourceType::kExposure:
        case ResourceType::kMetric:
        case ResourceType::kSemanticModel:
        case ResourceType::kSavedQuery:
        case ResourceType::kUnitTest:
          project.disabled_resources[member.key].push_back(read_resource(item));
          break;
        default: project.disabled[member.key].push_back(read_node(item));
      }
    }
  }
}

}  // namespace

Result<Project> project_of_manifest(const Value& manifest) {
  const Value* nodes = manifest.find("nodes");
  const Value* version = manifest.find_path("metadata.dbt_schema_version");
  if (nodes == nullptr || !nodes->is_map() || version == nullptr || !version->is_string()) {
    return fail(ErrorKind::kUsage, "the file is not a manifest.json of dbt");
  }
  if (version->as_string().find("/manifest/v12") == std::string::npos) {
    return fail(ErrorKind::kUsage, fmt::format("the manifest has schema {}", version->as_string()),
                "floe reads schema v12 (dbt 1.8 and later)");
  }
  Project project;
  const FieldReader metadata = FieldReader(manifest).inside("metadata");
  project.name = metadata.text("project_name");
  project.adapter_type = metadata.text("adapter_type");
  read_section(manifest, "nodes", project.nodes, read_node);
  read_section(manifest, "sources", project.sources, read_source);
  read_section(manifest, "macros", project.macros, read_macro);
  read_section(manifest, "docs", project.docs, read_doc);
  read_section(manifest, "exposures", project.exposures, read_resource);
  read_section(manifest, "metrics", project.metrics, read_resource);
  read_section(manifest, "semantic_models", project.semantic_models, read_resource);
  read_section(manifest, "saved_queries", project.saved_queries, read_resource);
  read_section(manifest, "unit_tests", project.unit_tests, read_resource);
  read_section(manifest, "functions", project.functions, read_node);
  read_section(manifest, "groups", project.groups, read_group);
  read_disabled(manifest, project);
  if (const Value* selectors = manifest.find("selectors"); selectors != nullptr) {
    project.selectors = *selectors;
  }
  return project;
}

Result<Project> read_manifest(std::string_view json) {
  const Value manifest = FLOE_TRY(value::read_json(json));
  return project_of_manifest(manifest);
}

}  // namespace floe::dbt
