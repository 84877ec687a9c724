// SPDX-License-Identifier: Apache-2.0
#include "dbt/project/generic_tests.h"

#include "base/hash.h"
#include "base/text.h"
#include "dbt/context/convert.h"
#include "dbt/project/properties.h"
#include "dbt/project/render.h"

#include <algorithm>
#include <set>

namespace floe::dbt {

namespace {

constexpr std::string_view kConfigArgs[] = {
    "severity",   "tags",     "enabled",   "where",          "limit",
    "warn_if",    "error_if", "fail_calc", "store_failures", "store_failures_as",
    "sql_header", "meta",     "database",  "schema",         "alias"};

bool is_config_arg(std::string_view key) {
  return std::find(std::begin(kConfigArgs), std::end(kConfigArgs), key) != std::end(kConfigArgs);
}

/// Runs of characters other than letters, digits and _ become one "_".
std::string clean_part(std::string_view text) {
  std::string out;
  bool gap = false;
  for (const char c : text) {
    const bool word =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    if (!word) {
      gap = true;
      continue;
    }
    if (gap) out += '_';
    gap = false;
    out += c;
  }
  if (gap) out += '_';
  return out;
}

/// repr() of the data with sorted keys and the str() of every leaf: what the id of a test is a
/// digest of.
void append_hashable(const Value& data, std::string& out) {
  std::string_view separator;
  const auto separate = [&] {
    out += separator;
    separator = ", ";
  };
  if (data.is_map()) {
    std::vector<const value::Member*> members;
    for (const value::Member& member : data.as_map()) members.push_back(&member);
    std::sort(members.begin(), members.end(),
              [](const auto* a, const auto* b) { return a->key < b->key; });
    out += '{';
    for (const value::Member* member : members) {
      separate();
      append_python_key(*member, out);
      out += ": ";
      append_hashable(member->value, out);
    }
    out += '}';
  } else if (data.is_list()) {
    out += '[';
    for (const Value& item : data.as_list()) {
      separate();
      append_hashable(item, out);
    }
    out += ']';
  } else if (data.is_string()) {
    jinja::append_str_repr(data.as_string(), out);
  } else {
    jinja::append_str_repr(python_str(data), out);
  }
}

bool is_truthy(const Value& value) {
  switch (value.kind()) {
    case value::Kind::kNull: return false;
    case value::Kind::kBool: return value.as_bool();
    case value::Kind::kInt:
    case value::Kind::kFloat: return value.as_double() != 0;
    default: return !value.empty();
  }
}

/// "env_var(…)", "ref(…)", … : rendered even without braces.
bool looks_like_function(std::string_view text) {
  const std::string_view body = trim(text);
  for (const std::string_view name : {"env_var", "ref", "var", "source", "doc"}) {
    if (!body.starts_with(name)) continue;
    const std::string_view rest = trim_left(body.substr(name.size()));
    if (rest.size() > 2 && rest.front() == '(' && rest.back() == ')') return true;
  }
  return false;
}

std::string config_text(const Value& value) {
  if (value.is_string()) return "\"" + replace_all(value.as_string(), "\"", "\\\"") + "\"";
  return python_str(value);
}

}  // namespace

struct GenericTestBuilder::Draft {
  std::string name;
  std::optional<std::string> space;
  Value args = Value::map();
  Value config = Value::map();
  std::string description;
  std::string compiled_name;
  std::string full_name;
  std::string file;
  diag::Span span;
};

std::pair<std::string, std::string> generic_test_names(const std::string& test_type,
                                                       const std::string& target,
                                                       const Value& args) {
  std::vector<const value::Member*> sorted;
  for (const value::Member& member : args.as_map()) {
    if (member.key != "model") sorted.push_back(&member);
  }
  std::sort(sorted.begin(), sorted.end(),
            [](const auto* a, const auto* b) { return a->key < b->key; });
  std::vector<std::string> parts;
  for (const value::Member* member : sorted) {
    const Value& value = member->value;
    if (value.is_map()) {
      for (const value::Member& inner : value.as_map()) {
        parts.push_back(clean_part(python_str(inner.value)));
      }
    } else if (value.is_list()) {
      for (const Value& item : value.as_list()) parts.push_back(clean_part(python_str(item)));
    } else {
      parts.push_back(clean_part(python_str(value)));
    }
  }
  const std::string identifier = test_type + "_" + target;
  const std::string full = identifier + "_" + join(parts, "__");
  if (utf8_length(full) < 64) return {full, full};
  std::string head;
  std::size_t points = 0;
  for (const char c : identifier) {
    if ((static_cast<unsigned char>(c) & 0xc0) != 0x80 && ++points > 30) break;
    head += c;
  }
  return {head + "_" + md5_hex(full), full};
}

std::string generic_test_hash(const std::string& name, const Value& metadata) {
  std::string text = name;
  append_hashable(metadata, text);
  return md5_hex(text).substr(22);
}

// --- Reading -------------------------------------------------------------------------------------

bool GenericTestBuilder::read_arguments(const TestTarget& target, const TestSpec& spec,
                                        Draft& draft) {
  const auto bad = [&](const std::string& message, std::string help) {
    loader_.error("T022", "Invalid test config given in " + target.file->original + ": " + message,
                  spec.test->span, std::move(help));
    return false;
  };
  draft.span = spec.test->span;
  std::string test_name;
  if (spec.test->is_string()) {
    test_name = spec.test->as_string();
  } else if (const Value* named = spec.test->find("test_name")) {
    if (!named->is_string()) return bad("`test_name` must be a string", "");
    test_name = named->as_string();
    draft.args = *spec.test;
    draft.args.erase("test_name");
  } else {
    if (spec.test->as_map().size() != 1) {
      return bad("test definition dictionary must have exactly one key, got " +
                     python_repr(*spec.test) + " instead",
                 "indent the test's arguments below its name");
    }
    const value::Member& only = spec.test->as_map().front();
    test_name = only.key;
    draft.span = only.key_span;
    if (!only.value.is_map()) {
      return bad("test arguments must be a dictionary, got " + python_repr(only.value),
                 "give arguments as `name: value` pairs, or write the test's name alone");
    }
    draft.args = only.value;
  }
  if (spec.column) draft.args.set("column_name", *spec.column);
  draft.file = target.file->original;
  warn_of_arguments(target, test_name, draft);
  if (loader_.flag("require_generic_test_arguments_property")) {
    if (const Value* given = draft.args.find("arguments")) {
      const Value arguments = *given;
      draft.args.erase("arguments");
      if (arguments.is_map()) draft.args.update(arguments);
    }
  }
  if (draft.args.find("model") != nullptr) {
    return bad("test arguments include \"model\", which is a reserved argument",
               "rename the argument");
  }
  std::string model;
  const std::string version = spec.version.is_null() ? "" : python_str(spec.version);
  if (target.kind == TestTarget::Kind::kSource) {
    model = "source('" + target.source_name + "', '" + target.table_name + "')";
  } else if (target.kind == TestTarget::Kind::kModel && is_truthy(spec.version)) {
    model = "ref('" + target.name + "', version='" + version + "')";
  } else {
    model = "ref('" + target.name + "')";
  }
  draft.args.set("model", "{{ get_where_subquery(" + model + ") }}");
  const std::size_t dot = test_name.find('.');
  const auto word = [](std::string_view text) {
    std::size_t end = 0;
    while (end < text.size() && is_identifier(text.substr(0, end + 1))) ++end;
    return std::string(text.substr(0, end));
  };
  if (dot != std::string::npos && is_identifier(std::string_view(test_name).substr(0, dot)) &&
      !word(std::string_view(test_name).substr(dot + 1)).empty()) {
    draft.space = test_name.substr(0, dot);
    draft.name = word(std::string_view(test_name).substr(dot + 1));
  } else {
    draft.name = word(test_name);
  }
  if (draft.name.empty()) {
    return bad("Test name string did not match expected pattern: " + test_name, "");
  }
  return true;
}

/// Arguments belong under `arguments`, configs under `config`.
void GenericTestBuilder::warn_of_arguments(const TestTarget& target, const std::string& test,
                                           const Draft& draft) {
  const std::string& file = target.file->original;
  const Value* arguments = draft.args.find("arguments");
  if (!loader_.flag("require_generic_test_arguments_property")) {
    if (arguments == nullptr) return;
    const std::string name = "`" + test + "` (" + python_repr(*arguments) + ")";
    loader_.warn({{"ArgumentsPropertyInGenericTestDeprecation",
                   "test " + name +
                       " has `arguments`, but "
                       "`require_generic_test_arguments_property` is off",
                   warning_data({{"test_name", name}})},
                  draft.span,
                  "switch the flag on: `arguments` will hold the test's arguments"});
    return;
  }
  bool has_others = false;
  for (const value::Member& member : draft.args.as_map()) {
    const std::string& key = member.key;
    if (key == "arguments") continue;
    if (is_config_arg(key)) {
      const std::string path = "data_tests." + test + "." + key;
      loader_.warn({{"PropertyMovedToConfigDeprecation",
                     "`" + key + "` of `" + path + "` belongs into its `config`",
                     warning_data({{"file", file}, {"key", key}, {"key_path", path}})},
                    member.key_span ? member.key_span : draft.span,
                    "write it under `config`"});
    } else if (key != "config" && key != "column_name" && key != "description" && key != "name") {
      has_others = true;
    }
  }
  if (!has_others || (arguments != nullptr && is_truthy(*arguments))) return;
  const std::string name = "`" + test + "` defined on '" + target.name + "' in package '" +
                           target.file->package->name + "' (" + file + ")";
  loader_.warn({{"MissingArgumentsPropertyInGenericTestDeprecation",
                 "test " + name + " has arguments outside of `arguments`",
                 warning_data({{"test_name", name}})},
                draft.span,
                "write them under `arguments`"});
}

bool GenericTestBuilder::read_config(const jinja::ContextRef& yaml_context, Draft& draft) {
  Value given = Value::map();
  if (const Value* config = draft.args.find("config")) {
    if (!config->is_map()) {
      loader_.error("T022",
                    "The test 'config' parameter must be a dictionary, got " + python_repr(*config),
                    config->span);
      return false;
    }
    given = *config;
    draft.args.erase("config");
  }
  const auto& args = draft.args.as_map();
  if (given.empty() && std::none_of(args.begin(), args.end(), [](const value::Member& member) {
        return is_config_arg(member.key);
      })) {
    return true;
  }
  Value config = Value::map();
  for (const std::string_view key : kConfigArgs) {
    Value value;
    if (const Value* top = draft.args.find(key)) {
      value = *top;
      draft.args.erase(key);
    }
    const Value* nested = given.find(key);
    if (is_truthy(value) && nested != nullptr) {
      loader_.error(
          "T022",
          "Test cannot have the same key at the top-level and in config: " + std::string(key),
          draft.span, "keep it under `config`");
      return false;
    }
    if (!is_truthy(value) && nested != nullptr) {
      value = *nested;
      given.erase(key);
    }
    if (!value.is_null()) config.set(std::string(key), std::move(value));
  }
  for (value::Member& member : given.edit_map()) {
    if (!member.value.is_null()) config.set(member.key, std::move(member.value));
  }
  for (value::Member& member : config.edit_map()) {
    if (!member.value.is_string() || !jinja::has_jinja(member.value.as_string())) continue;
    try {
      member.value = from_jinja(loader_.renderer->native(member.value.as_string(), yaml_context));
    } catch (const jinja::TemplateError& error) {
      loader_.template_error(error, nullptr, member.value.span ? member.value.span : draft.span,
                             "");
      return false;
    }
  }
  std::erase_if(config.edit_map(), [](const value::Member& m) { return m.value.is_null(); });
  if (config.find("sql_header") != nullptr && !loader_.flag("require_sql_header_in_test_configs")) {
    loader_.warn(
        {{"CustomKeyInConfigDeprecation",
          "`sql_header` in the config of a test has no effect unless "
          "`require_sql_header_in_test_configs` is on",
          warning_data(
              {{"file", draft.file}, {"key", "sql_header"}, {"key_path", "models.config"}})},
         draft.span});
  }
  draft.config = std::move(config);
  return true;
}

bool GenericTestBuilder::check_words(const TestTarget& target, const Draft& draft) {
  static constexpr ShapeField kArguments[] = {{"description", kText}, {"name", kText}};
  static constexpr ShapeField kConfigs[] = {{"tags", kTextOrTexts}};
  static constexpr Shape kArgumentsShape = open_object_of(kArguments);
  static constexpr Shape kConfigShape = open_object_of(kConfigs);
  if (fits(draft.args, kArgumentsShape) && fits(draft.config, kConfigShape)) return true;
  std::vector<ShapeProblem> problems = shape_problems(draft.args, kArgumentsShape);
  for (ShapeProblem& each : shape_problems(draft.config, kConfigShape)) {
    problems.push_back(std::move(each));
  }
  loader_.shape_error("T022", "Invalid test config given in " + target.file->original, problems,
                      draft.span);
  return false;
}

void GenericTestBuilder::name_test(const TestTarget& target, const TestSpec& spec, Draft& draft) {
  if (const Value* description = draft.args.find("description")) {
    draft.description = python_str(*description);
    draft.args.erase("description");
  }
  if (const Value* name = draft.args.find("name")) {
    draft.compiled_name = python_str(*name);
    draft.full_name = draft.compiled_name;
    draft.args.erase("name");
    return;
  }
  std::string target_name = target.name;
  std::string type = draft.name;
  if (target.kind == TestTarget::Kind::kModel && is_truthy(spec.version)) {
    target_name += "_v" + python_str(spec.version);
  }
  if (target.kind == TestTarget::Kind::kSource) type = "source_" + type;
  if (draft.space) type = *draft.space + "_" + type;
  std::tie(draft.compiled_name, draft.full_name) =
      generic_test_names(type, target_name, draft.args);
  if (draft.compiled_name != draft.full_name && draft.config.find("alias") == nullptr) {
    draft.config.set("alias", draft.compiled_name);
  }
}

// --- Rendering -----------------------------------------------------------------------------------

const jinja::ContextRef& GenericTestBuilder::macros_of(const std::string& macro_id) {
  jinja::ContextRef& slot = namespaces_[macro_id];
  if (slot == nullptr) {
    slot = test_namespace(*loader_.out.macros, macro_id, loader_.flag("support_custom_ref_kwargs"));
  }
  return slot;
}

jinja::Value GenericTestBuilder::render_kwargs(ParseWorker& worker, const Value& kwargs,
                                               ParseContext& context) {
  const jinja::ContextRef ref(jinja::ContextRef(), &context);
  const std::function<jinja::Value(const Value&, bool)> render = [&](const Value& value,
                                                                     bool is_column) {
    if (value.is_string() && !is_column) {
      std::string text = value.as_string();
      if (looks_like_function(text)) text = "{{ " + text + " }}";
      if (!jinja::has_jinja(text)) return jinja::Value(text);
      return worker.interp().render_native(jinja::parse_template(text), ref);
    }
    if (value.is_list()) {
      std::vector<jinja::Value> items;
      for (const Value& item : value.as_list()) items.push_back(render(item, false));
      return jinja::Value::list(std::move(items));
    }
    if (value.is_map()) {
      jinja::Value dict = jinja::Value::dict();
      for (const value::Member& member : value.as_map()) {
        dict.set(member.key, render(member.value, false));
      }
      return dict;
    }
    return to_jinja(value);
  };
  jinja::Value dict = jinja::Value::dict();
  for (const value::Member& member : kwargs.as_map()) {
    dict.set(member.key, render(member.value, member.key == "column_name"));
  }
  return dict;
}

bool GenericTestBuilder::render(ParseWorker& worker, const TestTarget& target, const TestSpec& spec,
                                Draft& draft, Node& node) {
  const std::string macro_name = "test_" + draft.name;
  const ProjectMacro* macro = loader_.out.macros->find_static(node.package_name, macro_name);
  const std::string macro_id(macro == nullptr ? kNoMacro : macro->macro().unique_id);
  node.depends_on_macros.push_back(macro_id);
  node.config_call_dict = draft.config;
  if (macro_id == "macro.dbt.test_not_null" || macro_id == "macro.dbt.test_unique") {
    // dbt takes these two without rendering: what they use is known.
    if (target.kind == TestTarget::Kind::kSource) {
      node.sources.push_back({target.source_name, target.table_name, draft.span});
    } else {
      node.refs.push_back({target.name, std::nullopt, spec.version, draft.span});
    }
    return true;
  }
  ParseContext& context = worker.context_of(node.package_name);
  const jinja::ContextRef all_macros = loader_.out.macros->namespace_of(node.package_name);
  context.begin(node);
  context.enter_test(macros_of(macro_id));
  context.config_call = draft.config;
  bool fine = true;
  try {
    worker.interp().host = static_cast<RenderHost*>(&context);
    context.test_kwargs = render_kwargs(worker, node.test_metadata->kwargs, context);
    jinja::TemplateRef& parsed = templates_[node.raw_code];
    if (parsed == nullptr) parsed = jinja::parse_template(node.raw_code, target.file->original);
    worker.interp().render(parsed, jinja::ContextRef(jinja::ContextRef(), &context));
    node.config_call_dict = std::move(context.config_call);
    if (context.config_called) {
      node.unrendered_config_call_dict = unrendered_config_call(*parsed);
    }
  } catch (const jinja::TemplateError& error) {
    loader_.template_error(error, nullptr, draft.span, node.unique_id);
    fine = false;
  }
  context.leave_test(all_macros);
  return fine;
}

void GenericTestBuilder::attach(const TestTarget& target, const TestSpec& spec, Node& node) {
  if (target.kind == TestTarget::Kind::kSource) return;
  std::string key = target.name;
  if (is_truthy(spec.version)) key += ".v" + python_str(spec.version);
  const Node* attached = nullptr;
  const std::string id = loader_.refs.first(key, target.file->package->name);
  if (!id.empty()) attached = loader_.project.find_node(id);
  if (attached == nullptr && is_truthy(spec.version)) {
    // A version that its own properties switch off is still what the test was written for.
    const auto off =
        loader_.project.disabled.find("model." + target.file->package->name + "." + key);
    if (off != loader_.project.disabled.end() && !off->second.empty()) {
      attached = off->second.front().get();
    }
  }
  if (attached == nullptr) {
    const std::vector<Node*> disabled =
        find_disabled(loader_, target.name, std::nullopt, std::nullopt);
    if (!disabled.empty()) attached = disabled.front();
  }
  if (attached == nullptr) return;
  node.attached_node = attached->unique_id;
  node.group = attached->group;
}

std::unique_ptr<Node> GenericTestBuilder::build(ParseWorker& worker,
                                                const jinja::ContextRef& yaml_context,
                                                const TestTarget& target, const TestSpec& spec) {
  Draft draft;
  if (!read_arguments(target, spec, draft) || !read_config(yaml_context, draft) ||
      !check_words(target, draft)) {
    return nullptr;
  }
  name_test(target, spec, draft);
  const ProjectFile& file = *target.file;
  auto node = std::make_unique<Node>();
  node->type = ResourceType::kTest;
  node->package_name = file.package->name;
  node->name = draft.full_name;
  node->alias = draft.full_name;
  node->path = draft.compiled_name + ".sql";
  node->original_file_path = file.original;
  node->root_path = file.package->root.string();
  const std::size_t slash = file.original.find('/');
  node->fqn =
      fqn_of(node->package_name, slash == std::string::npos ? "" : file.original.substr(slash + 1),
             draft.full_name);
  node->database = loader_.out.profile.database;
  node->schema = loader_.out.profile.schema;
  node->created_at = loader_.now;
  node->docs = default_docs();
  node->description = draft.description;
  if (spec.column) node->column_name = *spec.column;
  node->file_key_name =
      target.yaml_key + "." +
      (target.kind == TestTarget::Kind::kSource ? target.source_name : target.name);
  node->span = draft.span;
  node->patch_span = draft.span;
  std::set<std::string> tags(spec.tags.begin(), spec.tags.end());
  for (const std::string& tag : texts_member(draft.config, "tags")) tags.insert(tag);
  node->tags.assign(tags.begin(), tags.end());

  Value metadata = Value::map();
  metadata.set("namespace", draft.space ? Value(*draft.space) : Value());
  metadata.set("name", draft.name);
  metadata.set("kwargs", draft.args);
  node->unique_id = "test." + node->package_name + "." + node->name + "." +
                    generic_test_hash(node->name, metadata);
  node->test_metadata = TestMetadata{draft.name, draft.space, draft.args};
  std::string configs;
  for (const value::Member& member : draft.config.as_map()) {
    if (!configs.empty()) configs += ",";
    configs += member.key + "=" + config_text(member.value);
  }
  node->raw_code = "{{ " + (draft.space ? *draft.space + "." : std::string()) + "test_" +
                   draft.name + "(**_dbt_generic_test_kwargs) }}" +
                   (configs.empty() ? "" : "{{ config(" + configs + ") }}");
  node->config = base_config(loader_, *node);
  if (!render(worker, target, spec, draft, *node)) return nullptr;
  apply_config(loader_, *node, nullptr, nullptr);
  attach(target, spec, *node);
  return node;
}

}  // namespace floe::dbt
