// SPDX-License-Identifier: Apache-2.0
// Unit tests of properties files: their fixtures, versions and the models they test.
#include "base/hash.h"
#include "base/text.h"
#include "dbt/context/convert.h"
#include "dbt/project/csv_rows.h"
#include "dbt/project/linker.h"
#include "dbt/project/python_text.h"
#include "dbt/project/resource_data.h"
#include "dbt/project/static_sql.h"
#include "value/yaml_scalar.h"

#include <algorithm>

namespace floe::dbt {

namespace {

/// One `given` or `expect` on its way.
struct FixtureStep {
  PropertiesStep& step;
  const Resource& test;
  const char* kind;  // "input" or "expected"
};

void bad_fixture(const FixtureStep& fixture, diag::Span span, const std::string& format,
                 const char* extra) {
  fixture.step.loader.error("T023",
                            "Unit test " + fixture.test.name + " has " + fixture.kind + " rows" +
                                extra + " which do not match format " + format + ".",
                            span ? span : fixture.test.span, "", fixture.test.unique_id);
}

const Fixture* fixture_file(const FixtureStep& fixture, const Value& name) {
  const auto& all = fixture.step.loader.fixtures;
  const auto found = all.find({fixture.step.package().name, name.as_string()});
  if (found != all.end()) return &found->second;
  std::vector<std::string> known;
  for (const auto& [key, each] : all) {
    if (key.first == fixture.step.package().name) known.push_back(key.second);
  }
  const std::string near = nearest(name.as_string(), known);
  fixture.step.loader.error("T023",
                            "File not found for fixture '" + name.as_string() +
                                "' in unit tests in " + fixture.step.file.original,
                            name.span, near.empty() ? "" : "did you mean `" + near + "`?",
                            fixture.test.unique_id);
  return nullptr;
}

/// Empty cells of CSV fixtures mean null.
void null_empty_cells(Value& rows) {
  for (Value& row : rows.edit_list()) {
    for (value::Member& member : row.edit_map()) {
      if (member.value.is_string() && member.value.as_string().empty()) member.value = Value();
    }
  }
}

/// The rows of a seed, for an input without rows.
Value seed_rows(const FixtureStep& fixture, const std::string& input) {
  StaticSql found;
  Loader& loader = fixture.step.loader;
  if (read_static_expression(input, found) && found.refs.size() == 1) {
    const RefArgs& ref = found.refs.front();
    const std::string package = ref.package.value_or(fixture.step.package().name);
    const std::string id = loader.refs.first(ref.name, package);
    const Node* seed = id.empty() ? nullptr : loader.project.find_node(id);
    if (seed != nullptr && seed->type == ResourceType::kSeed) {
      const Result<std::string> text =
          read_file(fs::path(seed->root_path) / seed->original_file_path);
      if (text) return csv_rows(universal_newlines(*text));
    }
    loader.error("T023", "Unable to find seed '" + package + "." + ref.name + "' for unit tests",
                 fixture.test.span, "give the input's rows", fixture.test.unique_id);
  } else {
    loader.error("T023", "only seeds can be inputs without rows: " + input, fixture.test.span,
                 "give the input's `rows`", fixture.test.unique_id);
  }
  return Value::list();
}

/// Puts the first row without nulls to the front, as dbt does for type inference.
void promote_full_row(Value& rows) {
  std::vector<Value>& list = rows.edit_list();
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (!list[i].is_map()) return;
    const bool full = std::none_of(list[i].as_map().begin(), list[i].as_map().end(),
                                   [](const value::Member& m) { return m.value.is_null(); });
    if (!full) continue;
    if (i != 0) std::swap(list[0], list[i]);
    return;
  }
}

/// Dates become the texts that dbt keeps of them.
void dates_as_text(Value& value) {
  if (value.kind() == value::Kind::kTimestamp) {
    value = Value(value::iso_timestamp(value.as_string()));
  } else if (value.is_list()) {
    for (Value& item : value.edit_list()) dates_as_text(item);
  } else if (value.is_map()) {
    for (value::Member& member : value.edit_map()) dates_as_text(member.value);
  }
}

/// {input?, rows, format, fixture} with the rows read and normalized.
Value fixture_data(const FixtureStep& fixture, const Value& given, bool is_input) {
  Value out = Value::map();
  if (is_input) out.set("input", text_member(given, "input"));
  std::string format = text_member(given, "format");
  if (format.empty()) format = "dict";
  Value rows = member_or_null(given, "rows");
  const Value file = member_or_null(given, "fixture");
  if (format == "dict") {
    if (rows.is_null() && file.is_null() && is_input) {
      rows = seed_rows(fixture, text_member(given, "input"));
    }
    if (!rows.is_list()) {
      bad_fixture(fixture, given.span, format, "");
      rows = Value::list();
    }
  } else if (format == "csv" || format == "sql") {
    if (!rows.is_string() && !file.is_string()) {
      bad_fixture(fixture, given.span, format, " or fixtures");
      rows = Value::list();
    } else if (file.is_string()) {
      const Fixture* found = fixture_file(fixture, file);
      if (format == "csv") {
        rows = found == nullptr ? Value::list() : csv_rows(found->text);
      } else {
        rows = Value(found == nullptr ? std::string() : found->text);
      }
    } else if (format == "csv") {
      rows = csv_rows(rows.as_string());
    }
    if (format == "csv" && rows.is_list()) null_empty_cells(rows);
  }
  if (rows.is_list()) {
    dates_as_text(rows);
    promote_full_row(rows);
  }
  out.set("rows", std::move(rows));
  out.set("format", std::move(format));
  out.set("fixture", file);
  return out;
}

std::string format_repr(const std::string& format) {
  const std::string name = format == "csv" ? "CSV" : format == "sql" ? "SQL" : "Dict";
  return "<UnitTestFormat." + name + ": '" + format + "'>";
}

std::string input_repr(const Value& data, bool is_input) {
  const std::string head =
      is_input ? "UnitTestInputFixture(input=" + python_repr(*data.find("input")) + ", "
               : "UnitTestOutputFixture(";
  return head + "rows=" + python_repr(*data.find("rows")) +
         ", format=" + format_repr(data.find("format")->as_string()) +
         ", fixture=" + python_repr(*data.find("fixture")) + ")";
}

/// A digest of what the test says, in the form dbt digests it.
std::string unit_test_checksum(const Value& data) {
  std::string given = "[";
  for (const Value& each : data.find("given")->as_list()) {
    if (given.size() > 1) given += ", ";
    given += input_repr(each, true);
  }
  given += "]";
  std::string versions = "None";
  if (const Value& value = *data.find("versions"); value.is_map()) {
    versions = "UnitTestNodeVersions(include=" + python_repr(*value.find("include")) +
               ", exclude=" + python_repr(*value.find("exclude")) + ")";
  }
  std::string overrides = "None";
  if (const Value& value = *data.find("overrides"); value.is_map()) {
    overrides = "UnitTestOverrides(macros=" + python_repr(*value.find("macros")) +
                ", vars=" + python_repr(*value.find("vars")) +
                ", env_vars=" + python_repr(*value.find("env_vars")) + ")";
  }
  std::string text = text_member(data, "model") + "-" + versions + "-" + given + "-" +
                     input_repr(*data.find("expect"), false) + "-" + overrides;
  for (const Value& each : data.find("given")->as_list()) {
    const Value* fixture = each.find("fixture");
    if (fixture->is_string() && !fixture->as_string().empty()) {
      text += "-" + python_str(*each.find("rows"));
    }
  }
  return sha256_hex(text);
}

Value overrides_data(const Value& entry) {
  const Value* given = entry.find("overrides");
  if (given == nullptr || !given->is_map()) return {};
  Value out = Value::map();
  for (const char* key : {"macros", "vars", "env_vars"}) out.set(key, map_member(*given, key));
  return out;
}

Value versions_data(const Value& entry) {
  const Value* given = entry.find("versions");
  if (given == nullptr || !given->is_map()) return {};
  Value out = Value::map();
  out.set("include", member_or_null(*given, "include"));
  out.set("exclude", member_or_null(*given, "exclude"));
  return out;
}

void read_unit_test(PropertiesStep& step, const PropertiesEntry& entry) {
  const std::string model = text_member(entry.data, "model");
  auto test = make_resource(step, ResourceType::kUnitTest, entry.name, entry.name_span);
  const Value* expect = entry.data.find("expect");
  test->unique_id = "unit_test." + test->package_name + "." + model + "." + entry.name;
  const std::size_t slash = step.file.original.find('/');
  test->fqn = fqn_of(test->package_name,
                     slash == std::string::npos ? "" : step.file.original.substr(slash + 1), model);
  test->fqn.push_back(entry.name);
  const Value patch = map_member(entry.data, "config");
  configure_resource(step.loader, *test, patch);
  test->tags = texts_member(test->config, "tags");
  Value& data = test->data;
  data.set("model", model);
  Value given = Value::list();
  if (const Value* list = entry.data.find("given"); list && list->is_list()) {
    for (const Value& each : list->as_list()) {
      if (each.is_map()) given.push(fixture_data({step, *test, "input"}, each, true));
    }
  }
  data.set("given", std::move(given));
  data.set("expect", fixture_data({step, *test, "expected"}, *expect, false));
  add_identity(*test, data);
  data.set("description", text_member(entry.data, "description"));
  data.set("overrides", overrides_data(entry.data));
  data.set("depends_on", Value::map());
  data.set("config", test->config);
  data.set("checksum", nullptr);
  data.set("schema", nullptr);
  data.set("created_at", step.loader.now);
  data.set("versions", versions_data(entry.data));
  data.set("version", nullptr);
  data.set("checksum", unit_test_checksum(data));
  add_resource(step.loader, step.loader.project.unit_tests, std::move(test));
}

// --- Linking -------------------------------------------------------------------------------------

/// The model a unit test is about ("model" or "model version"), enabled or not.
const Node* tested_model(Loader& loader, const Resource& test) {
  const std::string named = text_member(test.data, "model");
  const std::vector<std::string_view> words = split_words(named);
  if (words.empty()) return nullptr;
  std::string key(words[0]);
  if (words.size() == 2) key += ".v" + std::string(words[1]);
  const std::string id = loader.refs.first(key, test.package_name);
  if (!id.empty()) return loader.project.find_node(id);
  const std::vector<Node*> disabled =
      find_disabled(loader, key, test.package_name, ResourceType::kModel);
  return disabled.empty() ? nullptr : disabled.front();
}

bool check_incremental(Loader& loader, const Resource& test, const Node& model) {
  const auto& macros = model.depends_on_macros;
  if (std::find(macros.begin(), macros.end(), "macro.dbt.is_incremental") == macros.end()) {
    return true;
  }
  const Value* override_value = test.data.find_path("overrides.macros.is_incremental");
  if (override_value == nullptr || !override_value->is_bool()) {
    loader.error("T023",
                 "Boolean override for 'is_incremental' must be provided for unit test '" +
                     test.name + "' in model '" + model.name + "'",
                 test.span, "add overrides: {macros: {is_incremental: false}}", test.unique_id);
    return false;
  }
  const Value& given = *test.data.find("given");
  const bool has_this =
      std::any_of(given.as_list().begin(), given.as_list().end(),
                  [](const Value& each) { return text_member(each, "input") == "this"; });
  if (override_value->as_bool() && !has_this) {
    loader.error("T023",
                 "Unit test '" + test.name + "' for incremental model '" + model.name +
                     "' must have a 'this' input",
                 test.span, "", test.unique_id);
    return false;
  }
  return true;
}

bool lists_version(const Value* list, const Value& version) {
  return list != nullptr && list->is_list() &&
         std::find(list->as_list().begin(), list->as_list().end(), version) !=
             list->as_list().end();
}

/// A copy of the unit test for each version of its model.
void multiply_by_versions(Loader& loader, std::unique_ptr<Resource> test, const Node& model) {
  const Value& versions = *test->data.find("versions");
  bool any = false;
  std::vector<const Node*> models;
  for (const auto& [id, node] : loader.project.nodes) {
    if (node->type == ResourceType::kModel && node->package_name == model.package_name &&
        node->name == model.name && !node->version.is_null()) {
      models.push_back(node.get());
    }
  }
  for (const Node* each : models) {
    if (versions.is_map()) {
      const Value* exclude = versions.find("exclude");
      const Value* include = versions.find("include");
      if (exclude != nullptr && !exclude->is_null() && !exclude->empty()) {
        if (lists_version(exclude, each->version)) continue;
      } else if (include != nullptr && !include->is_null() &&
                 !lists_version(include, each->version)) {
        continue;
      }
    }
    any = true;
    auto copy = std::make_unique<Resource>(*test);
    copy->unique_id = "unit_test." + test->package_name + "." + text_member(test->data, "model") +
                      "." + test->name + "_v" + python_str(each->version);
    copy->depends_on_nodes = {each->unique_id};
    copy->data.set("unique_id", copy->unique_id);
    copy->data.set("version", each->version);
    loader.project.unit_tests[copy->unique_id] = std::move(copy);
  }
  if (!any) {
    loader.error("T023",
                 "Unit test '" + test->name + "' referenced a version of '" + model.name +
                     "' which was not found.",
                 test->span, "", test->unique_id);
  }
}

}  // namespace

void read_unit_tests(PropertiesStep& step) {
  if (step.data.find("unit_tests") == nullptr) return;
  for (const PropertiesEntry& entry : entries_of(step, "unit_tests")) read_unit_test(step, entry);
}

void link_unit_tests(Loader& loader) {
  std::vector<std::string> ids;
  for (const auto& [id, test] : loader.project.unit_tests) ids.push_back(id);
  for (const std::string& id : ids) {
    Resource& test = *loader.project.unit_tests.at(id);
    const Node* model = tested_model(loader, test);
    if (model == nullptr) {
      const std::string near = nearest(text_member(test.data, "model"), loader.refs.names());
      loader.error("T023",
                   "Unable to find model '" + test.package_name + "." +
                       text_member(test.data, "model") + "' for unit test '" + test.name + "' in " +
                       test.original_file_path,
                   test.span, near.empty() ? "" : "did you mean `" + near + "`?", test.unique_id);
      continue;
    }
    if (!model->enabled) {
      std::unique_ptr<Resource> taken = std::move(loader.project.unit_tests.at(id));
      loader.project.unit_tests.erase(id);
      taken->enabled = false;
      taken->config.set("enabled", false);
      refresh_data(*taken);
      loader.project.disabled_resources[id].push_back(std::move(taken));
      continue;
    }
    test.depends_on_nodes = {model->unique_id};
    test.data.set("schema", model->schema);
    if (!check_incremental(loader, test, *model)) continue;
    if (model->version.is_null()) {
      const Value& versions = *test.data.find("versions");
      if (versions.is_map() &&
          (!versions.find("include")->is_null() || !versions.find("exclude")->is_null())) {
        loader.error("T023",
                     "Unit test '" + test.name +
                         "' should not have a versions include or exclude when referencing "
                         "non-versioned model '" +
                         model->name + "'",
                     test.span, "", test.unique_id);
      }
      continue;
    }
    std::unique_ptr<Resource> taken = std::move(loader.project.unit_tests.at(id));
    loader.project.unit_tests.erase(id);
    multiply_by_versions(loader, std::move(taken), *model);
  }
}

}  // namespace floe::dbt
