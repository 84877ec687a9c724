// SPDX-License-Identifier: Apache-2.0
// Groups and exposures of properties files; what all resources kept as data share.
#include "base/text.h"
#include "dbt/context/convert.h"
#include "dbt/jinja/unicode.h"
#include "dbt/project/file_shapes.h"
#include "dbt/project/render.h"
#include "dbt/project/resource_data.h"

#include <algorithm>
#include <set>

namespace floe::dbt {

Value refs_data(const std::vector<RefArgs>& refs) {
  Value list = Value::list();
  for (const RefArgs& ref : refs) {
    Value one = Value::map();
    one.set("name", ref.name);
    one.set("package", ref.package ? Value(*ref.package) : Value());
    one.set("version", ref.version);
    list.push(std::move(one));
  }
  return list;
}

Value member_or_null(const Value& map, std::string_view key) {
  const Value* value = map.is_map() ? map.find(key) : nullptr;
  return value == nullptr ? Value() : *value;
}

std::unique_ptr<Resource> make_resource(PropertiesStep& step, ResourceType type,
                                        const std::string& name, diag::Span span) {
  auto resource = std::make_unique<Resource>();
  resource->type = type;
  resource->name = name;
  resource->package_name = step.package().name;
  resource->unique_id =
      std::string(resource_type_name(type)) + "." + resource->package_name + "." + name;
  resource->path = step.file.relative;
  resource->original_file_path = step.file.original;
  resource->fqn = fqn_of(resource->package_name, step.file.relative, name);
  resource->span = span;
  return resource;
}

void configure_resource(Loader& loader, Resource& resource, const Value& patch) {
  ConfigFindings findings;
  resource.config = loader.configs.build(resource.type, resource.package_name, resource.fqn,
                                         Value::map(), &patch, findings);
  loader.shape_error("T011", "Invalid config of " + resource.unique_id, findings.problems,
                     resource.span, resource.unique_id);
  const Value* enabled = resource.config.find("enabled");
  resource.enabled = enabled == nullptr || !enabled->is_bool() || enabled->as_bool();
}

void add_identity(const Resource& resource, Value& data) {
  data.set("name", resource.name);
  data.set("resource_type", resource_type_name(resource.type));
  data.set("package_name", resource.package_name);
  data.set("path", resource.path);
  data.set("original_file_path", resource.original_file_path);
  data.set("unique_id", resource.unique_id);
  data.set("fqn", Value::texts(resource.fqn));
}

void refresh_data(Resource& resource) {
  Value& data = resource.data;
  Value depends_on = Value::map();
  depends_on.set("macros", Value::texts(resource.depends_on_macros));
  depends_on.set("nodes", Value::texts(resource.depends_on_nodes));
  data.set("depends_on", std::move(depends_on));
  if (data.find("refs") != nullptr) data.set("refs", refs_data(resource.refs));
  if (data.find("sources") != nullptr) {
    Value sources = Value::list();
    for (const SourceArgs& source : resource.sources) {
      sources.push(Value::texts({source.source_name, source.table_name}));
    }
    data.set("sources", std::move(sources));
  }
  data.set("config", resource.config);
}

void add_resource(Loader& loader, std::map<std::string, std::unique_ptr<Resource>>& map,
                  std::unique_ptr<Resource> resource) {
  if (!resource->enabled) {
    refresh_data(*resource);
    loader.project.disabled_resources[resource->unique_id].push_back(std::move(resource));
    return;
  }
  std::unique_ptr<Resource>& slot = map[resource->unique_id];
  if (slot != nullptr) {
    diag::Diagnostic diagnostic;
    diagnostic.code = "T005";
    diagnostic.message = "dbt found two " + std::string(resource_type_name(resource->type)) +
                         "s with the name \"" + resource->name + "\"";
    diagnostic.span = resource->span;
    diagnostic.labels.push_back({slot->span, "first defined here"});
    diagnostic.help = "rename one of the two";
    diagnostic.node = resource->unique_id;
    loader.sink.add(std::move(diagnostic));
    return;
  }
  slot = std::move(resource);
}

// --- Groups --------------------------------------------------------------------------------------

void read_groups(PropertiesStep& step) {
  if (step.data.find("groups") == nullptr) return;
  for (const PropertiesEntry& entry : entries_of(step, "groups")) {
    auto group = std::make_unique<Group>();
    group->name = entry.name;
    group->package_name = step.package().name;
    group->unique_id = "group." + group->package_name + "." + group->name;
    group->path = step.file.relative;
    group->original_file_path = step.file.original;
    group->span = entry.name_span;
    const Value& owner = *entry.data.find("owner");
    group->owner.set("email", member_or_null(owner, "email"));
    group->owner.set("name", member_or_null(owner, "name"));
    group->owner.update(owner);
    group->description = text_member(entry.data, "description");
    const Value patch = map_member(entry.data, "config");
    ConfigFindings findings;
    group->config =
        step.loader.configs.build(ResourceType::kGroup, group->package_name,
                                  fqn_of(group->package_name, step.file.relative, group->name),
                                  Value::map(), &patch, findings);
    step.loader.shape_error("T011", "Invalid config of " + group->unique_id, findings.problems,
                            group->span, group->unique_id);
    std::unique_ptr<Group>& slot = step.loader.project.groups[group->unique_id];
    if (slot != nullptr) {
      step.loader.error("T005", "dbt found two groups with the name \"" + entry.name + "\"",
                        entry.name_span, "rename one of the two", group->unique_id);
      continue;
    }
    slot = std::move(group);
  }
}

// --- Exposures -----------------------------------------------------------------------------------

namespace {

/// Renders "ref('a')", "source('a', 'b')", "metric('c')" lines and records them.
void read_depends_on(PropertiesStep& step, const Value& lines, Resource& exposure, Value& metrics) {
  auto names = std::make_shared<jinja::MapContext>(jinja::builtin_context());
  names->set("ref", jinja::native("ref", [&](jinja::CallContext&, const jinja::Args& args) {
               if (args.positional.empty() || args.positional.size() > 2) {
                 raise_compilation_error("ref() takes at most two arguments (" +
                                         std::to_string(args.positional.size()) + " given)");
               }
               RefArgs ref;
               ref.name = args.positional.back().to_str();
               if (args.positional.size() == 2) ref.package = args[0].to_str();
               const jinja::Value* version = args.find("version");
               if (version == nullptr || !version->truthy()) version = args.find("v");
               if (version != nullptr && version->truthy()) ref.version = from_jinja(*version);
               exposure.refs.push_back(std::move(ref));
               return jinja::Value("");
             }));
  names->set("source", jinja::native("source", [&](jinja::CallContext&, const jinja::Args& args) {
               if (args.positional.size() != 2) {
                 raise_compilation_error("source() takes exactly two arguments (" +
                                         std::to_string(args.positional.size()) + " given)");
               }
               exposure.sources.push_back({args[0].to_str(), args[1].to_str(), {}});
               return jinja::Value("");
             }));
  names->set("metric", jinja::native("metric", [&](jinja::CallContext&, const jinja::Args& args) {
               Value metric = Value::list();
               for (const jinja::Value& part : args.positional) metric.push(part.to_str());
               metrics.push(std::move(metric));
               return jinja::Value("");
             }));
  for (const Value& line : lines.as_list()) {
    const std::size_t refs = exposure.refs.size();
    const std::size_t sources = exposure.sources.size();
    try {
      step.worker.interp().host = nullptr;
      step.worker.interp().render(jinja::parse_template("{{ " + python_str(line) + "}}"), names);
    } catch (const jinja::TemplateError& error) {
      step.loader.template_error(error, nullptr, line.span, exposure.unique_id);
    }
    for (std::size_t i = refs; i < exposure.refs.size(); ++i) exposure.refs[i].span = line.span;
    for (std::size_t i = sources; i < exposure.sources.size(); ++i) {
      exposure.sources[i].span = line.span;
    }
  }
}

/// Letters, digits, underscores and hyphens make the name of an exposure.
void warn_of_exposure_name(PropertiesStep& step, const PropertiesEntry& entry) {
  bool plain = !entry.name.empty();
  std::size_t size = 1;
  for (std::size_t at = 0; at < entry.name.size() && plain; at += size) {
    const std::uint32_t point = jinja::decode_at(entry.name, at, size);
    plain = point == '-' || jinja::is_word(point);
  }
  if (plain) return;
  step.loader.warn({{"ExposureNameDeprecation",
                     "the name of exposure '" + entry.name +
                         "' has other characters than letters, digits and underscores",
                     warning_data({{"exposure", entry.name}})},
                    entry.name_span,
                    "a `label` may have any"});
}

/// The sorted union of a few lists of tags.
std::vector<std::string> sorted_tags(std::initializer_list<std::vector<std::string>> lists) {
  std::set<std::string> tags;
  for (const auto& list : lists) tags.insert(list.begin(), list.end());
  return {tags.begin(), tags.end()};
}

}  // namespace

void read_exposures(PropertiesStep& step) {
  if (step.data.find("exposures") == nullptr) return;
  const Value project = map_member(step.package().rendered, "exposures");
  for (const PropertiesEntry& entry : entries_of(step, "exposures")) {
    warn_of_exposure_name(step, entry);
    auto exposure = make_resource(step, ResourceType::kExposure, entry.name, entry.name_span);
    const Value patch = map_member(entry.data, "config");
    configure_resource(step.loader, *exposure, patch);
    exposure->tags = sorted_tags({texts_member(project, "tags"), texts_member(entry.data, "tags"),
                                  texts_member(exposure->config, "tags")});
    Value meta = map_member(project, "meta");
    for (const Value& level :
         {map_member(entry.data, "meta"), map_member(exposure->config, "meta")}) {
      meta.update(level);
    }
    exposure->config.set("tags", Value::texts(exposure->tags));
    exposure->config.set("meta", meta);
    Value metrics = Value::list();
    if (const Value* lines = entry.data.find("depends_on"); lines && lines->is_list()) {
      read_depends_on(step, *lines, *exposure, metrics);
    }
    Value& data = exposure->data;
    add_identity(*exposure, data);
    data.set("type", member_or_null(entry.data, "type"));
    Value owner = Value::map();
    const Value given = map_member(entry.data, "owner");
    owner.set("email", member_or_null(given, "email"));
    owner.set("name", member_or_null(given, "name"));
    owner.update(given);
    data.set("owner", std::move(owner));
    data.set("description", text_member(entry.data, "description"));
    data.set("label", member_or_null(entry.data, "label"));
    data.set("maturity", member_or_null(entry.data, "maturity"));
    data.set("meta", meta);
    data.set("tags", Value::texts(exposure->tags));
    data.set("config", exposure->config);
    data.set("unrendered_config",
             step.loader.configs.build_unrendered(exposure->type, exposure->package_name,
                                                  exposure->fqn, Value::map(), &patch));
    data.set("url", member_or_null(entry.data, "url"));
    data.set("depends_on", Value::map());
    data.set("refs", Value::list());
    data.set("sources", Value::list());
    data.set("metrics", std::move(metrics));
    data.set("created_at", step.loader.now);
    add_resource(step.loader, step.loader.project.exposures, std::move(exposure));
  }
}

// --- Selectors -----------------------------------------------------------------------------------

void load_selectors(Loader& loader) {
  if (loader.options.virtual_project) return;
  const fs::path path = loader.out.packages.front().root / "selectors.yml";
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return;
  const diag::Source* source = read_source(loader, path);
  if (source == nullptr) return;
  Value document = read_dbt_yaml(loader, *source);
  if (document.empty()) return;
  auto names = std::make_shared<jinja::MapContext>(session_names(loader.session));
  names->set("var",
             make_var(loader.session, to_jinja(loader.options.cli_vars), "<Configuration>", false));
  loader.renderer->render_tree(document, names, [](const KeyPath&) { return true; });
  if (const auto problems = shape_problems(document, kSelectorsShape); !problems.empty()) {
    loader.shape_error("T033", "Invalid selectors.yml", problems, source->span(0, 0));
    return;
  }
  std::string default_name;
  for (const Value& each : document.find("selectors")->as_list()) {
    const std::string& name = each.find("name")->as_string();
    const Value* is_default = each.find("default");
    if (is_default != nullptr && is_default->is_bool() && is_default->as_bool()) {
      if (!default_name.empty()) {
        loader.error(
            "T033", "selectors '" + default_name + "' and '" + name + "' both have `default: true`",
            each.span, "keep one of them");
      }
      default_name = name;
    }
    loader.project.selectors.set(name, each);
  }
}

}  // namespace floe::dbt
