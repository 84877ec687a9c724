// SPDX-License-Identifier: Apache-2.0
#include "dbt/project/names.h"

#include "base/hash.h"
#include "base/text.h"
#include "dbt/adapter/relation.h"
#include "dbt/context/convert.h"
#include "dbt/context/parse_context.h"
#include "dbt/project/node_object.h"
#include "dbt/project/python_text.h"

namespace floe::dbt {

namespace {

/// dbt's own generate_alias_name and default__generate_alias_name, by their texts.
constexpr std::string_view kAliasMacros[] = {"ca9666cb05588d2d1ee3f1981203e546",
                                             "177c16c0f9e725cbe2d5275e78f68aec"};

/// A macro that reads the node's own name has as many results as there are nodes: few are looked
/// through.
constexpr std::size_t kKnownResults = 4;

/// Whether an alias is what dbt's own macros make it, whoever asks: nobody overrides either.
bool has_plain_aliases(const MacroRegistry& macros, const jinja::Value& macro) {
  const auto* entry = macro.as<ProjectMacro>();
  if (entry == nullptr || xxh128_hex(entry->macro().macro_sql) != kAliasMacros[0]) return false;
  try {
    const jinja::Value found =
        macros.dispatch(entry->macro().package_name, "generate_alias_name", "dbt");
    const auto* own = found.as<ProjectMacro>();
    return own != nullptr && xxh128_hex(own->macro().macro_sql) == kAliasMacros[1];
  } catch (const jinja::TemplateError&) {
    return false;
  }
}

}  // namespace

NameGenerator::NameGenerator(Loader& loader)
    : loader_(loader),
      base_(session_names(loader.session)),
      database_(make_component("database")),
      schema_(make_component("schema")),
      alias_(make_component("alias")),
      plain_aliases_(alias_.by_package.empty() &&
                     has_plain_aliases(*loader.out.macros, alias_.macro)) {}

NameGenerator::Component NameGenerator::make_component(std::string name) {
  Component component;
  component.macro = loader_.out.macros->find_generate_name(name);
  component.context = macro_context(component.macro);
  for (const PackageConfig& package : loader_.out.packages) {
    const jinja::Value own = loader_.out.macros->find_generate_name(name, package.name);
    if (!own.is_none()) component.by_package[package.name] = {own, macro_context(own)};
  }
  component.name = std::move(name);
  return component;
}

jinja::ContextRef NameGenerator::macro_context(const jinja::Value& macro) {
  const auto* project_macro = macro.as<ProjectMacro>();
  if (project_macro == nullptr) return nullptr;
  const std::string& package = project_macro->macro().package_name;
  auto names = std::make_shared<jinja::MapContext>();
  names->set("execute", jinja::Value(false));
  names->set("database", jinja::Value(loader_.out.profile.database));
  names->set("schema", jinja::Value(loader_.out.profile.schema));
  names->set("graph", jinja::Value::dict());
  names->set("adapter", parse_adapter(loader_.session, package));
  names->set("api", parse_api(loader_.out.packages.front().quoting));
  names->set("var", make_var(loader_.session, vars_for(*loader_.session, package),
                             project_macro->macro().name, false));
  return std::make_shared<NodeContext>(loader_.session, package, base_, std::move(names));
}

std::optional<std::string> NameGenerator::generate(Component& component, const Node& node,
                                                   const Value* custom) {
  const jinja::Value* macro = &component.macro;
  const jinja::ContextRef* context = &component.context;
  const auto own = component.by_package.find(node.package_name);
  if (own != component.by_package.end()) {
    macro = &own->second.first;
    context = &own->second.second;
  }
  if (macro->is_none()) return std::nullopt;
  const bool is_custom = custom != nullptr && !custom->is_null();
  std::pair<const void*, std::string> key = {macro->as_object(),
                                             is_custom ? "=" + python_str(*custom) : ""};
  std::vector<Known>& known = component.known[key];
  for (const Known& result : known) {
    if (reads_same(node, result.reads)) return result.text;
  }
  jinja::Value object = jinja::make_object<NodeObject>(node);
  jinja::Args args;
  args.positional = {is_custom ? to_jinja(*custom) : jinja::Value::none(), object};
  try {
    const jinja::Value result = interp_.call(*macro, args, *context);
    if (result.is_none()) return std::nullopt;
    std::string text(python_strip(result.to_str()));
    const auto& reads = object.as<NodeObject>()->reads();
    if (reads && known.size() < kKnownResults) known.push_back({*reads, text});
    return text;
  } catch (const jinja::TemplateError& error) {
    loader_.template_error(error, nullptr, node.span, node.unique_id);
    failed_ = true;
    return std::nullopt;
  }
}

bool builds_relation(const Node& node) {
  switch (node.type) {
    case ResourceType::kModel: return node.materialized() != "ephemeral";
    case ResourceType::kSeed:
    case ResourceType::kSnapshot:
    case ResourceType::kFunction: return true;
    case ResourceType::kTest: {
      const Value* stored = node.config.find("store_failures");
      return stored != nullptr && stored->is_bool() && stored->as_bool();
    }
    default: return false;
  }
}

std::string NameGenerator::alias(const Node& node, const Value* custom) {
  const bool is_custom = custom != nullptr && !custom->is_null();
  if (plain_aliases_ && is_custom && custom->is_string() && !custom->empty()) {
    return std::string(python_strip(custom->as_string()));
  }
  if (plain_aliases_ && !is_custom && node.version.is_null()) {
    return std::string(python_strip(node.name));
  }
  return generate(alias_, node, custom).value_or("");
}

bool NameGenerator::apply(Node& node, const Value& config) {
  node.database = generate(database_, node, config.find("database")).value_or("");
  failed_ = false;
  const std::optional<std::string> schema = generate(schema_, node, config.find("schema"));
  const bool has_schema = schema.has_value() || failed_;
  node.has_schema = has_schema;
  node.schema = schema.value_or("");
  node.alias = alias(node, config.find("alias"));
  if (node.type == ResourceType::kSnapshot) {
    const auto override_with = [&](const char* key, std::string& target) {
      const Value* value = config.find(key);
      if (value != nullptr && value->is_string() && !value->as_string().empty()) {
        target = value->as_string();
      }
    };
    override_with("target_database", node.database);
    override_with("target_schema", node.schema);
    node.has_schema = node.has_schema || !node.schema.empty();
  }
  node.relation_name.clear();
  if (builds_relation(node)) {
    node.relation_name = node_relation(node, loader_.out.packages.front().quoting).render();
  }
  return has_schema;
}

}  // namespace floe::dbt
