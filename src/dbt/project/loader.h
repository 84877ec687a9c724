// SPDX-License-Identifier: Apache-2.0
// What the steps of loading a project share (internal to src/dbt/project).
#pragma once

#include "dbt/context/base_context.h"
#include "dbt/project/config_builder.h"
#include "dbt/project/load.h"
#include "dbt/project/resolve.h"
#include "dbt/warnings/warnings.h"
#include "diag/diagnostic.h"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace floe::dbt {

class Renderer;
class NameGenerator;

/// A file of a package.
struct ProjectFile {
  const PackageConfig* package = nullptr;
  std::string searched;  // "models"
  std::string relative;  // "staging/a.sql"
  std::string original;  // "models/staging/a.sql"
  fs::path absolute;
  const diag::Source* source = nullptr;  // once read
  std::string_view contents;             // without the white space around it
};

/// The files of one package by what they are.
struct PackageFiles {
  std::vector<ProjectFile> macros, models, snapshots, analyses, singular_tests, generic_tests,
      seeds, docs, properties, fixtures, functions;
};

/// A source of a properties file, waiting for overrides from other packages.
struct SourceEntry {
  const ProjectFile* file = nullptr;
  Value data;  // rendered
  Value written_database;
  Value written_schema;
  diag::Span span;
};

struct Fixture {
  std::string original_file_path;
  std::string text;
  bool csv = false;
};

/// A warning of the load, with where it belongs.
struct LoadWarning {
  Warning what;
  diag::Span span;
  std::string help = {};
  std::string node = {};
  std::vector<diag::Label> labels = {};
};

/// The state of one load, from the first file to the linked project.
struct Loader {
  Loader(const LoadOptions& options_in, diag::SourceMap& sources_in, diag::Sink& sink_in,
         Loaded& out_in);
  ~Loader();

  const LoadOptions& options;
  diag::SourceMap& sources;
  diag::Sink& sink;
  Loaded& out;
  Project& project;
  std::shared_ptr<Session> session;
  std::vector<PackageFiles> files;  // as out.packages
  ConfigBuilder configs;
  std::unique_ptr<Renderer> renderer;
  std::unique_ptr<NameGenerator> names;
  RefIndex refs;                                                    // models, seeds, snapshots
  RefIndex functions;                                               // those of their own files
  std::map<std::pair<std::string, std::string>, Fixture> fixtures;  // by package and name
  std::vector<Node*> node_order;                       // enabled nodes in the order of parsing
  std::map<std::string, std::string> overload_owners;  // overloads' ids → that of their function
  std::vector<SourceEntry> source_entries;
  std::map<std::pair<std::string, std::string>, SourceEntry> source_overrides;  // package, source
  unsigned threads = 1;
  double now = 0;                    // created_at
  std::vector<LoadWarning> pending;  // guarded by pending_mutex
  std::mutex pending_mutex;

  /// A flag by its lower-case name; behaviour flags have dbt's defaults.
  bool flag(std::string_view name) const;
  void error(std::string_view code, std::string message, diag::Span span, std::string help = {},
             std::string node = {});
  /// What is wrong with a value: one diagnostic a problem, its message after `what`. The same
  /// mistake at the same place, as of a config that many nodes share, is reported once.
  void shape_error(std::string_view code, const std::string& what,
                   const std::vector<ShapeProblem>& problems, diag::Span near,
                   const std::string& node = {}, diag::Severity severity = diag::Severity::kError);
  /// A warning under dbt's name of it. settle_warnings() says what becomes of it.
  void warn(LoadWarning warning);
  /// An exception of a template as a diagnostic. `base` is the source whose offsets the template
  /// has, if it is one; else `span` is the place.
  void template_error(const jinja::TemplateError& error, const diag::Source* base, diag::Span span,
                      const std::string& node);

  /// Adds a finished node to the project's nodes or functions (or to the disabled ones) and reports
  /// duplicates.
  Node* add_node(std::unique_ptr<Node> node);
  /// Adds an enabled node of whatever type to the project's nodes.
  Node* add_to_nodes(std::unique_ptr<Node> node);

 private:
  std::mutex reported_mutex_;
  std::set<std::pair<std::uint32_t, std::string>> reported_;  // of shape_error()
};

/// Tags of a file that stand outside of the blocks it may have. `file` is what dbt calls it.
void warn_of_tags(Loader& loader, const ProjectFile& file, const std::string& name,
                  const std::vector<jinja::UnexpectedTag>& tags);

/// Calls `work(i)` for 0 ≤ i < count on the loader's threads.
void for_each_parallel(unsigned threads, std::size_t count,
                       const std::function<void(std::size_t)>& work);

// The steps, in order. Each returns false only if nothing sensible can follow.
bool load_project_file(Loader& loader);  // dbt_project.yml, profile, flags
bool load_packages(Loader& loader);

/// The packages that the root's files ask for, and the names of those that are locked; nothing,
/// with diagnostics, if the files are not as they must be.
struct WantedPackages {
  std::size_t count = 0;
  std::vector<std::string> names;
  std::map<std::string, PackageOrigin, std::less<>>
      origins;  // by name, of those that are not local
  diag::Span span;
};
std::optional<WantedPackages> wanted_packages(Loader& loader);

void find_files(Loader& loader);
void find_macro_files(Loader& loader);  // in place of find_files: only what defines macros
void read_files(Loader& loader);
/// What a file calls its node: "a/b/c.sql" → "c"; by flag also without .j2, .jinja and .jinja2.
std::string node_name_of(const Loader& loader, const std::string& path);
void read_file_of(Loader& loader, ProjectFile& file);  // one; its source stays null on failure
/// How much of macros is read: for the calls that templates make of them, names are enough.
enum class MacroExtent { kWhole, kNames };
void load_macros(Loader& loader, MacroExtent extent = MacroExtent::kWhole);
void load_sql_nodes(Loader& loader);  // models, snapshots, analyses, tests, seeds, hooks, functions
void load_docs(Loader& loader);
void load_properties(Loader& loader);
void load_sources(Loader& loader);
void load_selectors(Loader& loader);
void load_catalogs(Loader& loader);  // catalogs.yml
void link_project(Loader& loader);
void check_project(Loader& loader);  // what dbt warns of in a linked project
void check_semantic_names(Loader& loader);
void check_semantics(Loader& loader);  // the same for semantic models and metrics
void settle_warnings(Loader& loader);  // warnings become diagnostics; the last step

}  // namespace floe::dbt
