// SPDX-License-Identifier: Apache-2.0
#include "cli/packages/spec.h"

#include "base/hash.h"
#include "base/text.h"
#include "dbt/context/builtins.h"
#include "dbt/context/convert.h"
#include "dbt/jinja/interp.h"
#include "dbt/project/file_shapes.h"
#include "dbt/project/properties.h"
#include "value/json.h"
#include "value/yaml.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::cli {

namespace {

using value::Value;

tl::unexpected<Error> malformed_packages(const std::string& why) {
  return fail(ErrorKind::kUsage,
              "The packages.yml file in this project is malformed. Please double check\nthe "
              "contents of this file and fix any errors before retrying.\n\nValidator Error:\n" +
                  why);
}

/// A package of a checked list, of a lock file, or of the hub.
Result<PackageSpec> package_spec(const Value& entry, const Value& written) {
  static constexpr std::pair<const char*, PackageKind> kKinds[] = {
      {"local", PackageKind::kLocal}, {"tarball", PackageKind::kTarball},
      {"git", PackageKind::kGit},     {"private", PackageKind::kPrivate},
      {"package", PackageKind::kHub},
  };
  PackageSpec spec;
  spec.written = written;
  const auto kind = std::find_if(std::begin(kKinds), std::end(kKinds), [&](const auto& each) {
    return entry.find(each.first) != nullptr;
  });
  if (kind == std::end(kKinds)) {
    return malformed_packages(dbt::python_repr(entry) +
                              " is not valid under any of the given schemas");
  }
  spec.kind = kind->second;
  spec.where = dbt::text_member(entry, kind->first);
  spec.name = dbt::text_member(entry, "name");
  spec.subdirectory = dbt::text_member(entry, "subdirectory");
  spec.provider = dbt::text_member(entry, "provider");
  const bool hub = spec.kind == PackageKind::kHub;
  const Value* versions = entry.find(hub ? "version" : "revision");
  if (versions != nullptr && versions->is_list()) {
    spec.versions = versions->as_list();
    spec.versions_listed = true;
  } else if (versions != nullptr && !versions->is_null() &&
             !(versions->is_string() && versions->empty())) {
    spec.versions.push_back(*versions);
  }
  const Value* warn = entry.find("warn-unpinned");
  if (warn != nullptr && warn->is_bool()) spec.warn_unpinned = warn->as_bool();
  const Value* prerelease = entry.find("install_prerelease");
  spec.install_prerelease = prerelease != nullptr && prerelease->is_bool() && prerelease->as_bool();
  return spec;
}

jinja::Value text_or_null(const std::string& text) {
  return text.empty() ? jinja::Value::none() : jinja::Value(text);
}

/// A version or revision as dbt keeps it: a whole number becomes a float.
jinja::Value raw_version(const Value& version) {
  if (version.is_string()) return jinja::Value(version.as_string());
  if (version.is_number() && !version.is_bool()) return jinja::Value(version.as_double());
  return dbt::to_jinja(version);
}

/// The dict that dbt hashes.
jinja::Value hashed_spec(const PackageSpec& spec) {
  jinja::Value dict = jinja::Value::dict();
  dict.set("unrendered", dbt::to_jinja(spec.written));
  if (!spec.name.empty()) dict.set("name", jinja::Value(spec.name));
  switch (spec.kind) {
    case PackageKind::kLocal: dict.set("local", jinja::Value(spec.where)); return dict;
    case PackageKind::kTarball: dict.set("tarball", jinja::Value(spec.where)); return dict;
    case PackageKind::kHub: {
      dict.set("package", jinja::Value(spec.where));
      dict.set("install_prerelease", jinja::Value(spec.install_prerelease));
      if (!spec.versions_listed) {
        dict.set("version", raw_version(spec.versions.front()));
        return dict;
      }
      jinja::Value list = jinja::Value::list();
      for (const Value& version : spec.versions) list.append(raw_version(version));
      dict.set("version", list);
      return dict;
    }
    case PackageKind::kPrivate: dict.set("provider", text_or_null(spec.provider)); [[fallthrough]];
    case PackageKind::kGit: break;
  }
  dict.set(spec.kind == PackageKind::kGit ? "git" : "private", jinja::Value(spec.where));
  dict.set("revision",
           spec.versions.empty() ? jinja::Value::none() : raw_version(spec.versions.front()));
  dict.set("subdirectory", text_or_null(spec.subdirectory));
  dict.set("warn-unpinned",
           spec.warn_unpinned ? jinja::Value(*spec.warn_unpinned) : jinja::Value::none());
  return dict;
}

}  // namespace

PackageRenderer::PackageRenderer(std::map<std::string, std::string> env, const Value& vars)
    : session_(std::make_shared<dbt::Session>()) {
  session_->env = std::move(env);
  session_->cli_vars = vars;
  auto names = std::make_shared<jinja::MapContext>(dbt::session_names(session_));
  names->set("env_var", dbt::make_env_var(session_, true));
  names->set("var", dbt::make_var(session_, dbt::to_jinja(vars), "<Configuration>", true));
  context_ = std::move(names);
}

Status PackageRenderer::render(Value& tree) const {
  if (tree.is_map()) {
    for (value::Member& member : tree.edit_map()) FLOE_CHECK(render(member.value));
  } else if (tree.is_list()) {
    for (Value& item : tree.edit_list()) FLOE_CHECK(render(item));
  } else if (tree.is_string() && jinja::has_jinja(tree.as_string())) {
    try {
      jinja::Interp interp;
      Value made =
          dbt::from_jinja(interp.render_native(jinja::parse_template(tree.as_string()), context_));
      if (made.is_string()) made = Value(dbt::reveal_secrets(*session_, made.as_string()));
      tree = std::move(made);
    } catch (const jinja::TemplateError& error) {
      return fail(ErrorKind::kUsage,
                  fmt::format("Could not render {}: {}", tree.as_string(), error.message));
    }
  }
  return {};
}

Result<Value> read_package_yaml(const fs::path& file) {
  std::error_code code;
  if (!fs::exists(file, code)) return Value::map();
  const std::string text = FLOE_TRY(read_file(file));
  diag::SourceMap sources;
  diag::Sink sink;
  value::YamlOptions options;
  options.schema = value::YamlSchema::kYaml11;
  options.duplicate_keys_are_errors = false;
  options.stripped = true;
  Value value = value::read_yaml(sources.add(file.string(), text), options, sink);
  if (sink.has_errors()) {
    return fail(ErrorKind::kUsage, fmt::format("{} is no valid YAML: {}", file.string(),
                                               sink.sorted().front().message));
  }
  return value.is_null() ? Value::map() : value;
}

Result<std::vector<PackageSpec>> package_specs(const Value& rendered, const Value& written) {
  std::vector<PackageSpec> specs;
  const Value* list = rendered.find("packages");
  const Value* raw = written.find("packages");
  if (list == nullptr || list->empty()) return specs;
  if (!list->is_list() || raw == nullptr || !raw->is_list()) {
    return malformed_packages("'packages' is not a list");
  }
  for (std::size_t i = 0; i < list->as_list().size(); ++i) {
    specs.push_back(FLOE_TRY(package_spec(list->as_list()[i], raw->as_list()[i])));
  }
  return specs;
}

Result<PackageList> wanted_packages(const fs::path& project, const PackageRenderer& renderer) {
  const Value packages = FLOE_TRY(read_package_yaml(project / "packages.yml"));
  const Value dependencies = FLOE_TRY(read_package_yaml(project / "dependencies.yml"));
  const bool in_dependencies = dependencies.is_map() && dependencies.find("packages") != nullptr;
  if (in_dependencies && packages.is_map() && packages.find("packages") != nullptr) {
    return fail(ErrorKind::kUsage,
                "The 'packages' key cannot be specified in both packages.yml and "
                "dependencies.yml");
  }
  if (packages.is_map() && packages.find("projects") != nullptr) {
    return fail(ErrorKind::kUsage, "The 'projects' key cannot be specified in packages.yml");
  }
  PackageList out;
  if (in_dependencies) out.file = "dependencies.yml";
  Value written = packages;
  if (in_dependencies) {
    written = Value::map();
    written.set("packages", *dependencies.find("packages"));
  } else if (written.is_map()) {
    written.erase("sha1_hash");
  }
  Value rendered = written;
  FLOE_CHECK(renderer.render(rendered));
  if (rendered.is_map() &&
      (rendered.find("packages") == nullptr || rendered.find("packages")->is_null())) {
    rendered.set("packages", Value::list());
  }
  if (const auto problems = dbt::package_list_problems(rendered); !problems.empty()) {
    return malformed_packages(problems.front().text());
  }
  out.specs = FLOE_TRY(package_specs(rendered, written));
  return out;
}

std::string packages_sha1(const std::vector<PackageSpec>& specs) {
  jinja::JsonStyle style;
  style.sort_keys = true;
  std::vector<std::string> texts;
  for (const PackageSpec& spec : specs) texts.push_back(jinja::to_json(hashed_spec(spec), style));
  std::sort(texts.begin(), texts.end());
  return sha1_hex(join(texts, "\n"));
}

Result<std::string> package_project_name(const fs::path& folder) {
  const fs::path file = folder / "dbt_project.yml";
  std::error_code code;
  if (!fs::exists(file, code)) {
    return fail(ErrorKind::kUsage,
                fmt::format("No dbt_project.yml found at expected path {}\nVerify that each entry "
                            "within packages.yml (and their transitive dependencies) contains a "
                            "file named dbt_project.yml",
                            file.string()));
  }
  const Value project = FLOE_TRY(read_package_yaml(file));
  std::string name = project.is_map() ? dbt::text_member(project, "name") : "";
  if (!is_identifier(name)) {
    return fail(ErrorKind::kUsage,
                fmt::format("{} does not give the package a valid name", file.string()));
  }
  return name;
}

}  // namespace floe::cli
