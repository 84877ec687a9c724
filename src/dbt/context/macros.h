// SPDX-License-Identifier: Apache-2.0
// The macros of all packages: who sees which under what name, adapter.dispatch, materializations;
// bodies are parsed at their first call.
#pragma once

#include "dbt/jinja/interp.h"
#include "dbt/jinja/object.h"
#include "dbt/project/model.h"

#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace floe::dbt {

/// What a rendering tells its owner: jinja::Interp::host points to one, or is null.
class RenderHost {
 public:
  virtual ~RenderHost() = default;
  /// A project's macro starts; `depth` project macros are running already. dbt counts those with
  /// depth 0 as dependencies of the node.
  virtual void macro_called(const Macro& macro) = 0;
  /// A macro that a template called by its name has given `result`, which may be replaced.
  virtual void macro_returned(const Macro& macro, jinja::Value& result) {
    (void)macro;
    (void)result;
  }
  std::size_t depth = 0;  // kept by ProjectMacro
};

/// A project's macro as a callable value. Shared by all threads.
class ProjectMacro : public jinja::LazyMacro {
 public:
  ProjectMacro(const Macro& macro, std::string file, int line_offset);
  const Macro& macro() const { return macro_; }
  void enter(jinja::CallContext& context, const jinja::Args& args) override;
  void leave(jinja::CallContext& context) override;

 private:
  const Macro& macro_;
};

/// What a template gets for a macro that was found: a new object at each access, as in dbt.
jinja::Value macro_access(const jinja::Value& found);

/// A materialization that was found.
struct Materialization {
  const ProjectMacro* macro = nullptr;
  jinja::Value callable;
};

class MacroRegistry {
 public:
  /// `internal_packages` as dbt orders them: the adapter's first ("dbt_duckdb", "dbt").
  MacroRegistry(std::string root_package, std::vector<std::string> internal_packages,
                std::vector<std::string> adapter_prefixes);

  /// Adds a macro; it must outlive the registry. False if its package has one of this name.
  bool add(const Macro& macro, std::string file, int line_offset);
  /// `dispatch:` of the root's dbt_project.yml: namespace → packages to search.
  void set_search_order(std::string macro_namespace, std::vector<std::string> packages);
  /// Tells which packages are dependencies of the root (dispatch looks in the root first).
  void set_dependencies(std::vector<std::string> packages);

  /// The names a node of `package` sees: its own package's macros, the root's, packages as
  /// namespaces, the internal ones. Thread-safe after loading.
  jinja::ContextRef namespace_of(std::string_view package) const;

  /// The macro that a plain or package-qualified call resolves to, or null.
  const ProjectMacro* find(std::string_view search_package, std::string_view name) const;
  const ProjectMacro* find_in(std::string_view package, std::string_view name) const;

  /// adapter.dispatch. Throws TemplateError (kHost, dbt's wording) if there is none, or if the
  /// namespace is unknown.
  jinja::Value dispatch(std::string_view search_package, std::string_view name,
                        const std::optional<std::string>& macro_namespace) const;
  /// The same as generic tests see it while they are read: without a namespace, of any package.
  jinja::Value dispatch_in_test(std::string_view name,
                                const std::optional<std::string>& macro_namespace) const;

  /// The materialization macro for an adapter, as dbt chooses: adapter-specific before default;
  /// root, then (if `packages_may_override`) packages, then internal ones.
  Materialization find_materialization(std::string_view root_package, std::string_view name,
                                       std::string_view adapter_type,
                                       bool packages_may_override) const;

  /// generate_{component}_name: the root's, else the internal one; with `package`, that package's
  /// own or null.
  jinja::Value find_generate_name(std::string_view component,
                                  std::optional<std::string_view> package = std::nullopt) const;

  /// What dbt's static look at macro texts resolves names with: `package`'s own macro, else the
  /// winner among all packages (root, then packages, then internal ones).
  const ProjectMacro* find_static(std::string_view package, std::string_view name) const;
  /// adapter.dispatch in the same manner: any package's macro wins over internal ones. Null if
  /// there is none.
  const ProjectMacro* dispatch_static(std::string_view name,
                                      const std::optional<std::string>& macro_namespace) const;
  /// To call after the last add(): builds what the lookups need.
  void finish();

  /// The ProjectMacro of a unique_id, or null.
  const ProjectMacro* by_id(std::string_view unique_id) const;
  /// The same as a callable value, or None.
  jinja::Value value_by_id(std::string_view unique_id) const;
  const std::vector<std::string>& internal_packages() const { return internal_; }
  const std::string& root_package() const { return root_; }

 private:
  struct Package {
    std::string name;
    std::unordered_map<jinja::Name, jinja::Value> macros;
  };
  class Namespace;
  class PackageObject;
  const Package* package(std::string_view name) const;
  bool is_internal(std::string_view package) const;
  const jinja::Value* find_internal(jinja::Name name) const;
  const jinja::Value* find_from_package(const Package* own, std::optional<std::string_view> package,
                                        jinja::Name name) const;
  const jinja::Value* find_plain(const Package* own, jinja::Name name) const;
  jinja::Value search_dispatch(std::string_view search_package, std::string_view name,
                               const std::optional<std::string>& macro_namespace) const;
  std::vector<std::optional<std::string>> search_packages(
      const std::optional<std::string>& macro_namespace) const;

  std::string root_;
  std::vector<std::string> internal_;
  std::vector<std::string> prefixes_;
  std::unordered_map<std::string, std::unique_ptr<Package>> packages_;
  std::vector<Package*> ordered_;  // in the order in which they first had a macro
  std::unordered_map<std::string_view, jinja::Value> by_id_;
  std::unordered_map<jinja::Name, jinja::Value> winners_;          // for find_static
  const Package* root_package_ = nullptr;                          // after finish()
  std::unordered_map<jinja::Name, jinja::Value> internal_macros_;  // merged, after finish()
  /// What dispatch() found, by package, name and namespace: macros ask it again and again.
  mutable std::shared_mutex dispatched_mutex_;
  mutable std::unordered_map<std::string, jinja::Value> dispatched_;
  mutable std::mutex namespaces_mutex_;
  mutable std::unordered_map<std::string, jinja::ContextRef> namespaces_;
  std::unordered_map<jinja::Name, jinja::Value> package_objects_;
  std::unordered_map<std::string, std::vector<std::string>> search_order_;
  std::vector<std::string> dependencies_;
};

/// What adapter.dispatch() is called with.
struct DispatchCall {
  std::string macro_name;
  std::optional<std::string> macro_namespace;
};
/// Reads its arguments; throws what dbt raises of wrong ones.
DispatchCall read_dispatch_call(const jinja::Args& args);

}  // namespace floe::dbt
