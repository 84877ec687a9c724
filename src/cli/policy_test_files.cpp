// SPDX-License-Identifier: Apache-2.0
#include "cli/policy_test_files.h"

#include "base/text.h"
#include "core/config/manifest.h"
#include "dbt/project/load.h"
#include "diag/codes.h"
#include "policy/rule.h"
#include "value/schema.h"
#include "value/yaml.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::cli {

namespace {

using value::Value;

constexpr std::string_view kTestsFolder = "tests";
constexpr std::string_view kExpectFile = "expect.yaml";

std::string member_text(const Value& map, std::string_view key) {
  const Value* found = map.find(key);
  return found != nullptr && found->is_string() ? found->as_string() : "";
}

/// Every code that compiling a product can give.
std::vector<std::string> known_codes(const core::Platform& platform) {
  std::vector<std::string> codes;
  for (const policy::Rule* rule : policy::all_rules()) codes.emplace_back(rule->code);
  for (const diag::CodeInfo& info : diag::all_codes()) codes.emplace_back(info.code);
  for (const dbt::LoadCode& info : dbt::load_codes()) codes.emplace_back(info.code);
  for (const Value& rule : platform.custom_rules.as_list()) {
    codes.push_back(member_text(rule, "code"));
  }
  return codes;
}

/// Reads must and must_not; slugs become codes.
class ExpectationReader {
 public:
  explicit ExpectationReader(const CompiledManifest& manifest)
      : sink_(*manifest.sink), codes_(known_codes(*manifest.platform)) {}

  std::vector<ExpectedFinding> read(const Value* list) const {
    std::vector<ExpectedFinding> expected;
    if (list == nullptr || !list->is_list()) return expected;
    for (const Value& item : list->as_list()) {
      const Value* code = item.is_map() ? item.find("code") : &item;
      if (code == nullptr || !code->is_string()) continue;  // the schema has said so
      expected.push_back({code_of(*code), member_text(item, "node"), member_text(item, "severity"),
                          member_text(item, "message")});
    }
    return expected;
  }

 private:
  std::string code_of(const Value& written) const {
    const std::string& text = written.as_string();
    if (const policy::Rule* rule = policy::find_rule(text)) return std::string(rule->code);
    const bool known = std::any_of(codes_.begin(), codes_.end(),
                                   [&](const std::string& code) { return glob_match(text, code); });
    if (!known) {
      const std::string near = nearest(text, codes_);
      sink_.error("C043", fmt::format("no finding has the code '{}'", text), written.span,
                  near.empty() ? "`floe rules` lists the codes of rules"
                               : fmt::format("did you mean '{}'?", near));
    }
    return text;
  }

  diag::Sink& sink_;
  std::vector<std::string> codes_;
};

bool is_folder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

/// Whether a path keeps to the folder that it is relative to.
bool stays_inside(const std::string& text) {
  const fs::path path(text);
  return !text.empty() && !path.is_absolute() && path.has_filename() &&
         std::none_of(path.begin(), path.end(),
                      [](const fs::path& part) { return part == ".." || part == "."; });
}

void read_files(const Value* files, const CompiledManifest& manifest, PolicyTest& test) {
  if (files == nullptr || !files->is_map()) return;
  for (const value::Member& file : files->as_map()) {
    if (!stays_inside(file.key)) {
      manifest.sink->error("C043",
                           fmt::format("'{}' is no path inside of a data product", file.key),
                           file.key_span, "write it like models/bronze_orders.sql");
    } else if (file.value.is_string()) {
      test.files.emplace_back(file.key, file.value.as_string());
    }
  }
}

PolicyTest manifest_test(const Value& entry, const CompiledManifest& manifest,
                         const ExpectationReader& reader) {
  PolicyTest test;
  test.name = member_text(entry, "name");
  test.description = member_text(entry, "description");
  if (const auto position = manifest.sources->locate(entry.span)) {
    test.place = fmt::format("{}:{}", position->path, position->line);
  }
  const Value* product = entry.find("product");
  if (product != nullptr && product->is_string()) {
    test.product = (manifest.folder / product->as_string()).lexically_normal();
    if (!is_folder(test.product)) {
      manifest.sink->error("C043", fmt::format("there is no folder '{}'", product->as_string()),
                           product->span, "product is relative to manifest.yaml");
    }
  }
  read_files(entry.find("files"), manifest, test);
  if (product == nullptr && entry.find("files") == nullptr) {
    manifest.sink->error("C043", fmt::format("the test '{}' has no data product", test.name),
                         entry.span, "give it `product`, a folder, or `files`, or both");
  }
  test.must = reader.read(entry.find("must"));
  test.must_not = reader.read(entry.find("must_not"));
  return test;
}

/// The test that a folder below tests/ is.
Result<PolicyTest> folder_test(const fs::path& folder, const CompiledManifest& manifest,
                               const ExpectationReader& reader) {
  PolicyTest test;
  test.name = folder.filename().string();
  test.product = folder;
  test.place = (manifest.path.parent_path() / kTestsFolder / folder.filename()).generic_string();
  std::error_code error;
  if (!fs::exists(folder / kExpectFile, error)) return test;
  std::string text = FLOE_TRY(read_file(folder / kExpectFile, 1 << 20));
  const diag::Source& source =
      manifest.sources->add((fs::path(test.place) / kExpectFile).generic_string(), std::move(text));
  const std::size_t before = manifest.sink->errors();
  const Value document = value::read_yaml(source, {}, *manifest.sink);
  if (manifest.sink->errors() > before || document.is_null()) return test;
  value::check_schema(document, config::expectation_schema(), *manifest.sink);
  test.description = member_text(document, "description");
  test.must = reader.read(document.find("must"));
  test.must_not = reader.read(document.find("must_not"));
  return test;
}

/// The folders below tests/ that are tests: they say what they expect, or hold a product. A folder
/// that a test of the manifest takes as its product is that test's.
std::vector<fs::path> test_folders(const fs::path& root, const std::vector<PolicyTest>& taken) {
  std::vector<fs::path> folders;
  std::error_code error;
  for (fs::directory_iterator at(root / kTestsFolder, error), end; !error && at != end;
       at.increment(error)) {
    const fs::path folder = at->path();
    if (!is_folder(folder)) continue;
    std::error_code missing;
    const bool expects = fs::exists(folder / kExpectFile, missing);
    const bool holds_product = fs::exists(folder / "floe.yaml", missing) ||
                               fs::exists(folder / "dbt_project.yml", missing) ||
                               is_folder(folder / "models");
    const bool is_taken = std::any_of(taken.begin(), taken.end(), [&](const PolicyTest& test) {
      return test.product == folder || test.product == folder / "";
    });
    if (expects || (holds_product && !is_taken)) folders.push_back(folder);
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

}  // namespace

std::string expected_words(const ExpectedFinding& expected) {
  std::string words = expected.severity.empty() ? "" : expected.severity + " ";
  words += expected.code;
  if (!expected.node.empty()) words += " on " + expected.node;
  if (!expected.message.empty()) words += fmt::format(" that says '{}'", expected.message);
  return words;
}

Result<std::vector<PolicyTest>> read_policy_tests(const CompiledManifest& manifest) {
  const ExpectationReader reader(manifest);
  std::vector<PolicyTest> tests;
  if (manifest.tests.is_list()) {
    for (const Value& entry : manifest.tests.as_list()) {
      if (entry.is_map()) tests.push_back(manifest_test(entry, manifest, reader));
    }
  }
  const std::vector<fs::path> folders = test_folders(manifest.folder, tests);
  for (const fs::path& folder : folders) {
    tests.push_back(FLOE_TRY(folder_test(folder, manifest, reader)));
  }
  return tests;
}

}  // namespace floe::cli
