// SPDX-License-Identifier: Apache-2.0
// catalogs.yml: where tables are written outside the database. DuckDB's adapter has no integration
// of its own, so that a catalog here is checked and then refused, as dbt does.
#include "base/text.h"
#include "dbt/context/convert.h"
#include "dbt/project/loader.h"
#include "dbt/project/profile.h"
#include "dbt/project/render.h"

#include <algorithm>
#include <array>
#include <set>

namespace floe::dbt {

namespace {

class CatalogCheck {
 public:
  CatalogCheck(Loader& loader, diag::Span file) : loader_(loader), file_(file) {}

  void error(const std::string& message, const Value* at = nullptr, std::string help = {}) {
    loader_.error("T035", message, at != nullptr && at->span ? at->span : file_, std::move(help));
  }

  /// One entry with `write_integrations`; whether it is in order.
  bool check(const Value& catalog) {
    const Value* name = catalog.find("name");
    if (name == nullptr || !name->is_string()) {
      error("a catalog has no `name`", &catalog);
      return false;
    }
    const Value* integrations = catalog.find("write_integrations");
    std::vector<std::string> names;
    if (integrations != nullptr && integrations->is_list()) {
      for (const Value& each : integrations->as_list()) {
        if (!check_integration(*name, each, names)) return false;
      }
    }
    return check_active(catalog, *name, names);
  }

  /// One entry of the second version of the file.
  bool check_v2(const Value& catalog, std::set<std::string>& seen) {
    if (!catalog.is_map()) {
      error("Each entry in catalogs.yml 'catalogs' must be a mapping, got " +
                std::string(catalog.kind_name()),
            &catalog);
      return false;
    }
    static constexpr std::array<std::string_view, 4> kKeys = {"name", "type", "table_format",
                                                              "config"};
    for (const value::Member& member : catalog.as_map()) {
      if (std::find(kKeys.begin(), kKeys.end(), member.key) != kKeys.end()) continue;
      error("Unknown keys in catalog entry: ['" + member.key + "']", &member.value,
            "an entry has name, type, table_format and config");
      return false;
    }
    for (const std::string_view key : kKeys) {
      if (catalog.find(key) != nullptr) continue;
      error("Missing required keys in catalog entry: ['" + std::string(key) + "']", &catalog);
      return false;
    }
    return check_v2_values(catalog, seen);
  }

 private:
  bool check_integration(const Value& catalog_name, const Value& integration,
                         std::vector<std::string>& names) {
    for (const char* key : {"name", "catalog_type"}) {
      const Value* value = integration.find(key);
      if (value != nullptr && value->is_string()) continue;
      error(
          "a write integration of catalog '" + catalog_name.as_string() + "' has no `" + key + "`",
          &integration);
      return false;
    }
    const std::string& name = integration.find("name")->as_string();
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      error("Catalog '" + catalog_name.as_string() +
                "' cannot have multiple 'write_integrations' with the same name: '" + name + "'.",
            &integration);
      return false;
    }
    names.push_back(name);
    return true;
  }

  bool check_active(const Value& catalog, const Value& name,
                    const std::vector<std::string>& names) {
    const Value* active = catalog.find("active_write_integration");
    const bool given = active != nullptr && active->is_string() && !active->as_string().empty();
    if (!given && names.size() == 1) return true;
    if (!given) {
      error("Catalog '" + name.as_string() +
                "' must specify an 'active_write_integration' when multiple 'write_integrations' "
                "are provided.",
            &catalog);
      return false;
    }
    if (std::find(names.begin(), names.end(), active->as_string()) != names.end()) return true;
    error("Catalog '" + name.as_string() +
              "' must specify an 'active_write_integration' from its set of defined "
              "'write_integrations': " +
              list_and(names) + ". Got: '" + active->as_string() + "'.",
          active);
    return false;
  }

  bool check_v2_values(const Value& catalog, std::set<std::string>& seen) {
    const Value& name = *catalog.find("name");
    if (!name.is_string() || trim(name.as_string()).empty()) {
      error("catalogs[].name must be a non-empty string", &name);
      return false;
    }
    const Value& format = *catalog.find("table_format");
    const std::string lower = to_lower(python_str(format));
    if (lower != "default" && lower != "iceberg") {
      error("Invalid table_format '" + python_str(format) +
                "'. Must be one of ['default', 'iceberg']",
            &format);
      return false;
    }
    const Value& config = *catalog.find("config");
    if (!config.is_map()) {
      error("Catalog '" + name.as_string() + "' config must be a mapping, got " +
                std::string(config.kind_name()),
            &config);
      return false;
    }
    for (const value::Member& member : config.as_map()) {
      if (member.value.is_null() || member.value.is_map()) continue;
      error("Catalog '" + name.as_string() + "' config." + member.key + " must be a mapping",
            &member.value);
      return false;
    }
    if (seen.insert(std::string(trim(name.as_string()))).second) return true;
    error("Duplicate catalog name '" + name.as_string() + "' in catalogs.yml", &name);
    return false;
  }

  Loader& loader_;
  diag::Span file_;
};

/// The second version of the file is a list of `catalogs` and nothing else.
bool check_v2_file(CatalogCheck& check, const Value& document) {
  if (!document.is_map()) {
    check.error("catalogs.yml must be a mapping at the top level, got " +
                std::string(document.kind_name()));
    return false;
  }
  for (const value::Member& member : document.as_map()) {
    if (member.key == "catalogs") continue;
    check.error("Unknown top-level keys in catalogs.yml: ['" + member.key +
                    "']. Only 'catalogs' is allowed",
                &member.value);
    return false;
  }
  return true;
}

}  // namespace

void load_catalogs(Loader& loader) {
  const fs::path path = loader.out.packages.front().root / "catalogs.yml";
  std::error_code ignored;
  if (loader.options.virtual_project || !fs::is_regular_file(path, ignored)) return;
  const diag::Source* source = read_source(loader, path);
  if (source == nullptr) return;
  const std::size_t errors = loader.sink.errors();
  Value document = read_dbt_yaml(loader, *source);
  if (loader.sink.errors() > errors) return;
  CatalogCheck check(loader, source->span(0, 0));
  if (document.is_null() || document.empty()) {
    check.error("The file at " + path.string() + " is empty");
    return;
  }
  const bool v2 = loader.flag("use_catalogs_v2");
  if (v2 && !check_v2_file(check, document)) return;
  Value* catalogs = document.is_map() ? document.edit("catalogs") : nullptr;
  if (catalogs == nullptr) return;
  if (!catalogs->is_list()) {
    check.error(
        "'catalogs' in catalogs.yml must be a list, got " + std::string(catalogs->kind_name()),
        catalogs);
    return;
  }
  loader.renderer->render_tree(*catalogs, secret_context(loader),
                               [](const KeyPath&) { return true; });
  if (loader.sink.errors() > errors) return;
  std::set<std::string> seen;
  for (const Value& each : catalogs->as_list()) {
    if (!(v2 ? check.check_v2(each, seen) : check.check(each))) return;
  }
  if (catalogs->as_list().empty() || loader.out.profile.adapter_type != "duckdb") return;
  check.error(v2 ? "Adapter 'duckdb' does not support catalogs.yml v2 yet."
                 : "Catalog type is not supported: DuckDB's adapter has no catalog integrations",
              &catalogs->as_list().front(), "remove catalogs.yml");
}

}  // namespace floe::dbt
