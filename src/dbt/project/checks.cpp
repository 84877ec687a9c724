// SPDX-License-Identifier: Apache-2.0
#include "dbt/project/checks.h"

#include "base/text.h"
#include "dbt/context/base_context.h"
#include "dbt/context/convert.h"
#include "dbt/jinja/interp.h"
#include "value/yaml.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

namespace floe::dbt {

namespace {

constexpr std::string_view kCheckCode = "X000";
constexpr std::uintmax_t kMostCheckBytes = 1 << 20;

/// What properties files, dbt_project.yml and the file itself say of a check.
struct CheckSettings {
  std::string description;
  bool enabled = true;
  std::string severity = "error";

  void take(const Value& config) {
    if (const Value* on = config.find("enabled"); on != nullptr && on->is_bool()) {
      enabled = on->as_bool();
    }
    const Value* wanted = config.find("severity");
    if (wanted != nullptr && wanted->is_string()) {
      severity = to_lower(wanted->as_string());
    }
    const Value* text = config.find("description");
    if (text != nullptr && text->is_string()) description = text->as_string();
  }
};

/// Takes `+enabled` and `+severity` on the way down dbt_project.yml's `checks:`.
void take_project_config(const Value& root, const std::vector<std::string>& way,
                         CheckSettings& settings) {
  const Value* at = root.find("checks");
  for (std::size_t i = 0; at != nullptr && at->is_map(); ++i) {
    Value config = Value::map();
    for (const value::Member& member : at->as_map()) {
      if (member.key.starts_with('+')) config.set(member.key.substr(1), member.value);
    }
    settings.take(config);
    at = i < way.size() ? at->find(way[i]) : nullptr;
  }
}

std::vector<std::string> check_folders(const PackageConfig& package) {
  std::vector<std::string> folders;
  const Value* paths = package.rendered.find("check-paths");
  if (paths != nullptr && paths->is_list()) {
    for (const Value& path : paths->as_list()) {
      if (path.is_string()) folders.push_back(path.as_string());
    }
  }
  if (folders.empty()) folders.emplace_back("checks");
  return folders;
}

class CheckReader {
 public:
  CheckReader(const Loaded& loaded, const PackageConfig& package, diag::SourceMap& sources,
              diag::Sink& sink)
      : loaded_(loaded), package_(package), sources_(sources), sink_(sink) {}

  void read(std::vector<ProjectCheck>& out) {
    for (const std::string& folder : check_folders(package_)) {
      auto files = list_files(package_.root / folder);
      if (!files) continue;
      std::sort(files->begin(), files->end());
      for (const std::string& file : *files) {
        if (file.ends_with(".yml") || file.ends_with(".yaml")) read_properties(folder, file);
      }
      for (const std::string& file : *files) {
        if (file.ends_with(".sql")) read_check(folder, file, out);
      }
    }
  }

 private:
  const diag::Source* source_of(const std::string& folder, const std::string& file) {
    const fs::path path = package_.root / folder / file;
    const fs::path shown = path.lexically_relative(loaded_.root().root);
    auto text = read_file(path, kMostCheckBytes);
    if (text) return &sources_.add(shown.generic_string(), std::move(*text));
    sink_.error(std::string(kCheckCode), describe(text.error()), {});
    return nullptr;
  }

  void read_properties(const std::string& folder, const std::string& file) {
    const diag::Source* source = source_of(folder, file);
    if (source == nullptr) return;
    const Value document = value::read_yaml(*source, {}, sink_);
    const Value* checks = document.find("checks");
    if (checks == nullptr || !checks->is_list()) return;
    for (const Value& entry : checks->as_list()) {
      const Value* name = entry.find("name");
      if (name != nullptr && name->is_string()) properties_[name->as_string()] = entry;
    }
  }

  CheckSettings settings_of(const std::string& file, const std::string& name) const {
    CheckSettings settings;
    std::vector<std::string> way = {package_.name};
    for (const std::string_view part : split(file, '/')) way.emplace_back(part);
    way.back() = name;
    take_project_config(package_.rendered, way, settings);
    if (&package_ != &loaded_.root()) take_project_config(loaded_.root().rendered, way, settings);
    const auto found = properties_.find(name);
    if (found == properties_.end()) return settings;
    const Value* description = found->second.find("description");
    if (description != nullptr && description->is_string()) {
      settings.description = description->as_string();
    }
    if (const Value* config = found->second.find("config")) settings.take(*config);
    return settings;
  }

  void read_check(const std::string& folder, const std::string& file,
                  std::vector<ProjectCheck>& out) {
    const std::string name = fs::path(file).stem().string();
    CheckSettings settings = settings_of(file, name);
    const diag::Source* source = source_of(folder, file);
    if (source == nullptr) return;
    const diag::Span span = source->span(0, 0);
    Value config = Value::map();
    auto sql = render_check_sql(loaded_, package_.name, source->text, &config);
    settings.take(config);
    if (!settings.enabled) return;
    if (!sql) {
      sink_.error(std::string(kCheckCode),
                  fmt::format("check '{}' cannot be rendered: {}", name, sql.error().message),
                  span);
      return;
    }
    if (settings.severity != "warn" && settings.severity != "error") {
      sink_.error(std::string(kCheckCode),
                  fmt::format("the severity of check '{}' is '{}'", name, settings.severity), span,
                  "write `warn` or `error`");
      return;
    }
    out.push_back({name, package_.name, source->path, std::move(*sql), settings.description,
                   settings.severity == "warn", span});
  }

  const Loaded& loaded_;
  const PackageConfig& package_;
  diag::SourceMap& sources_;
  diag::Sink& sink_;
  std::map<std::string, Value> properties_;
};

/// config(severity='warn') or config({...}) in a check's file: later calls count.
jinja::Value take_check_config(const jinja::Args& args, Value& config) {
  for (const jinja::Value& given : args.positional) {
    const Value values = from_jinja(given);
    if (!values.is_map()) raise_compilation_error("config() takes settings by their names");
    for (const value::Member& member : values.as_map()) config.set(member.key, member.value);
  }
  for (const auto& [name, given] : args.keyword) config.set(name.string(), from_jinja(given));
  return jinja::Value("");
}

/// info_schema('models'): the name of a table; it is an error of the query if there is none.
jinja::Value info_schema_table(jinja::CallContext&, const jinja::Args& args) {
  const std::string name = args.positional.empty() ? "" : args.positional.front().str_or("");
  if (!is_identifier(name)) raise_compilation_error("info_schema() takes the name of a table");
  return jinja::Value("dbt." + name);
}

}  // namespace

std::vector<ProjectCheck> load_project_checks(const Loaded& loaded, diag::SourceMap& sources,
                                              diag::Sink& sink) {
  std::vector<ProjectCheck> checks;
  if (loaded.root().rendered.find("info_schema") == nullptr) return checks;
  for (const PackageConfig& package : loaded.packages) {
    if (!package.internal) CheckReader(loaded, package, sources, sink).read(checks);
  }
  return checks;
}

Result<std::string> render_check_sql(const Loaded& loaded, const std::string& package,
                                     const std::string& text, Value* config) {
  if (!jinja::has_jinja(text)) return text;
  Value unused = Value::map();
  Value& settings = config == nullptr ? unused : *config;
  auto names = std::make_shared<jinja::MapContext>();
  names->set("info_schema", jinja::native("info_schema", info_schema_table));
  names->set("config", jinja::native("config", [&](jinja::CallContext&, const jinja::Args& args) {
               return take_check_config(args, settings);
             }));
  names->set("execute", jinja::Value(false));
  names->set("var", make_var(loaded.session, vars_for(*loaded.session, package), "check", false));
  const auto context =
      std::make_shared<NodeContext>(loaded.session, package, session_names(loaded.session), names);
  try {
    jinja::Interp interp;
    return interp.render(jinja::parse_template(text), context);
  } catch (const jinja::TemplateError& error) {
    return fail(ErrorKind::kViolation, error.what());
  }
}

}  // namespace floe::dbt
