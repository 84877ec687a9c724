// SPDX-License-Identifier: Apache-2.0
// Data tests of properties files: their names, ids, arguments and configs, and the nodes they make.
#pragma once

#include "dbt/project/loader.h"
#include "dbt/project/node_builder.h"

#include <memory>
#include <unordered_map>

namespace floe::dbt {

/// What a data test is attached to.
struct TestTarget {
  enum class Kind { kModel, kOther, kSource };
  Kind kind = Kind::kModel;
  std::string name;         // of the node; of a source: source_table
  std::string source_name;  // sources only
  std::string table_name;   // sources only
  std::string yaml_key;     // "models"
  const ProjectFile* file = nullptr;
};

/// One data test as written.
struct TestSpec {
  const Value* test = nullptr;  // a name, or a dict
  std::optional<std::string> column;
  std::vector<std::string> tags;
  Value version;  // of the model, or null
};

class GenericTestBuilder {
 public:
  explicit GenericTestBuilder(Loader& loader) : loader_(loader) {}
  /// Makes the node of a data test; nothing, with a diagnostic, if it is not valid.
  std::unique_ptr<Node> build(ParseWorker& worker, const jinja::ContextRef& yaml_context,
                              const TestTarget& target, const TestSpec& spec);

 private:
  struct Draft;
  bool read_arguments(const TestTarget& target, const TestSpec& spec, Draft& draft);
  void warn_of_arguments(const TestTarget& target, const std::string& test, const Draft& draft);
  bool read_config(const jinja::ContextRef& yaml_context, Draft& draft);
  bool check_words(const TestTarget& target, const Draft& draft);
  void name_test(const TestTarget& target, const TestSpec& spec, Draft& draft);
  bool render(ParseWorker& worker, const TestTarget& target, const TestSpec& spec, Draft& draft,
              Node& node);
  void attach(const TestTarget& target, const TestSpec& spec, Node& node);
  const jinja::ContextRef& macros_of(const std::string& macro_id);
  jinja::Value render_kwargs(ParseWorker& worker, const Value& kwargs, ParseContext& context);

  Loader& loader_;
  std::unordered_map<std::string, jinja::ContextRef> namespaces_;
  std::unordered_map<std::string, jinja::TemplateRef> templates_;
};

/// The names of a generic test: the short one (file, alias) and the full one (node).
std::pair<std::string, std::string> generic_test_names(const std::string& test_type,
                                                       const std::string& target,
                                                       const Value& args);
/// The last part of a generic test's unique_id: 10 hex digits.
std::string generic_test_hash(const std::string& name, const Value& metadata);

}  // namespace floe::dbt
