// SPDX-License-Identifier: Apache-2.0
// Links names to nodes and checks the whole project (internal to src/dbt/project).
#pragma once

#include "dbt/jinja/interp.h"
#include "dbt/project/loader.h"

#include <set>
#include <unordered_map>

namespace floe::dbt {

class Linker {
 public:
  explicit Linker(Loader& loader);
  void run();

  /// Who has a reference, for messages and access rules.
  struct Owner {
    std::string unique_id;
    std::string package;
    std::string group;
    std::string_view type_name;
    std::string path;
    bool is_test = false;
    std::string name = {};
  };
  Owner owner_of(const Node& node) const;
  Owner owner_of(const Resource& resource) const;
  /// Each adds the target to `depends_on`, or reports that there is none.
  bool link_ref(const Owner& owner, const RefArgs& ref, diag::Span span,
                std::vector<std::string>& depends_on);
  bool link_source(const Owner& owner, const SourceArgs& source, diag::Span span,
                   std::vector<std::string>& depends_on);
  bool link_metric(const Owner& owner, const std::vector<std::string>& metric, diag::Span span,
                   std::vector<std::string>& depends_on);
  const RefIndex& metrics() const { return metrics_; }
  /// The id a name resolves to from a package, or "".
  std::string resolve(const RefIndex& index, const std::string& name,
                      const std::optional<std::string>& target,
                      const std::string& node_package) const;

 private:
  void link_node(Node& node);
  /// Like a node, but dbt does not look for a function's sources.
  void link_function(Node& function);
  bool link_refs(Node& node, const Owner& owner);
  bool link_functions(Node& node, const Owner& owner);
  void link_resource(Resource& resource);
  void report_missing(const Owner& owner, const char* kind, const std::string& target,
                      const std::optional<std::string>& package, bool disabled, diag::Span span,
                      const std::vector<std::string>& known);
  void warn_missing(const Owner& owner, const char* kind, const std::string& target,
                    const std::optional<std::string>& package, bool disabled, diag::Span span,
                    const std::string& message);
  void warn_of_root(const Owner& owner, const RefArgs& ref, const Node& target, diag::Span span);
  void check_access(const Owner& owner, const Node& target, diag::Span span);
  bool is_disabled(const std::string& name, const std::optional<std::string>& package);

  void render_descriptions();
  void render_description(std::string& text, const std::string& owner_id,
                          const std::string& package, diag::Span span,
                          std::vector<std::string>* blocks);
  void render_columns(std::vector<std::pair<std::string, Column>>& columns,
                      const std::string& owner_id, const std::string& package);
  void render_resource_text(const Resource& resource, Value& data);
  jinja::ContextRef docs_context(const std::string& owner_id, const std::string& package);
  jinja::Value doc_text(const jinja::Args& args);

  void infer_primary_keys();
  static Value primary_key(const Node& node, const std::vector<const Node*>& tests);
  void check_relations();
  void check_snapshots();
  void check_groups();
  void check_cycles();
  void build_maps();

  Loader& loader_;
  bool node_first_;
  jinja::Interp interp_;
  RefIndex sources_;
  RefIndex metrics_;
  RefIndex docs_;
  RefIndex disabled_names_;
  RefIndex disabled_sources_;
  bool disabled_indexed_ = false;
  std::unordered_map<std::string, jinja::ContextRef> docs_contexts_;
  std::string docs_owner_;
  std::string docs_package_;
  std::string missing_doc_;
  bool doc_missing_ = false;
};

/// Functions: the order of their arguments, and their language.
void check_functions(Loader& loader);
/// Unit tests: their models, versions and inputs.
void link_unit_tests(Loader& loader);
/// Metrics and saved queries: what they are made of.
void link_semantics(Loader& loader, Linker& linker);

}  // namespace floe::dbt
