// SPDX-License-Identifier: Apache-2.0
#include "dbt/project/reread.h"

#include "base/text.h"
#include "dbt/project/loader.h"
#include "dbt/project/node_builder.h"
#include "dbt/project/python_text.h"
#include "value/json.h"

#include <algorithm>
#include <array>

namespace floe::dbt {

namespace {

/// The file of a model, found by its path.
std::optional<ProjectFile> model_file(const PackageConfig& package, const std::string& original) {
  for (const std::string& folder : package.model_paths) {
    const std::string prefix = folder.empty() || folder.back() == '/' ? folder : folder + "/";
    if (!original.starts_with(prefix)) continue;
    ProjectFile file;
    file.package = &package;
    file.searched = folder;
    file.relative = original.substr(prefix.size());
    file.original = original;
    file.absolute = package.root / original;
    return file;
  }
  return std::nullopt;
}

/// Equal to the last byte when written, order of keys included.
bool same_value(const Value& a, const Value& b) {
  return a.kind() == b.kind() && value::write_json(a) == value::write_json(b);
}

bool same_refs(const std::vector<RefArgs>& a, const std::vector<RefArgs>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const RefArgs& x, const RefArgs& y) {
    return x.name == y.name && x.package == y.package && same_value(x.version, y.version);
  });
}

bool same_sources(const std::vector<SourceArgs>& a, const std::vector<SourceArgs>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const SourceArgs& x, const SourceArgs& y) {
                      return x.source_name == y.source_name && x.table_name == y.table_name;
                    });
}

bool same_meaning(const Node& a, const Node& b) {
  return same_refs(a.refs, b.refs) && same_sources(a.sources, b.sources) &&
         a.metrics == b.metrics && a.functions == b.functions &&
         a.depends_on_nodes == b.depends_on_nodes && a.depends_on_macros == b.depends_on_macros &&
         a.language == b.language && same_value(a.config, b.config) &&
         same_value(a.config_call_dict, b.config_call_dict) &&
         same_value(a.unrendered_config_call_dict, b.unrendered_config_call_dict);
}

/// Everything that rendering a model at parse time needs: config, macros, names.
bool prepare(Loader& loader, Loaded& out) {
  if (!load_project_file(loader) || !load_packages(loader)) return false;
  out.target_path = out.packages.front().root / out.packages.front().target_path;
  find_macro_files(loader);
  read_files(loader);
  load_macros(loader, MacroExtent::kNames);  // they are as they were
  out.session = loader.session;
  loader.configs = ConfigBuilder(out.packages, loader.flag("require_corrected_analysis_fqns"));
  return true;
}

}  // namespace

std::optional<std::vector<RereadModel>> reread_models(const LoadOptions& options,
                                                      const std::vector<ChangedModel>& models) {
  diag::SourceMap sources;
  diag::Sink sink;
  Loaded out;
  Loader loader(options, sources, sink, out);
  if (!prepare(loader, out)) return std::nullopt;
  WorkerPool pool(loader);
  std::vector<RereadModel> reread;
  for (const ChangedModel& changed : models) {
    std::optional<ProjectFile> file = model_file(out.packages.front(), changed.original_file_path);
    if (!file || !file->original.ends_with(".sql")) return std::nullopt;
    ProjectFile old = *file;
    old.source = &sources.add(old.original, changed.old_code);
    old.contents = old.source->text;
    read_file_of(loader, *file);
    if (file->source == nullptr) return std::nullopt;
    const std::unique_ptr<Node> before = draft_model(loader, pool, old);
    const std::unique_ptr<Node> after = draft_model(loader, pool, *file);
    if (before == nullptr || after == nullptr || !same_meaning(*before, *after)) {
      return std::nullopt;
    }
    reread.push_back({std::move(after->raw_code), after->checksum});
  }
  if (sink.errors() + sink.warnings() + loader.pending.size() > 0) return std::nullopt;
  return reread;
}

bool texts_stay_private(const Loaded& loaded) {
  static constexpr std::array kWords = {"raw_code", "raw_sql", "checksum"};
  bool names = false;
  bool texts = false;
  for (const auto& [id, macro] : loaded.project.macros) {
    const PackageConfig* package = loaded.package(macro->package_name);
    if (package != nullptr && package->internal) continue;
    names = names || (contains(macro->name, "generate_") && macro->name.ends_with("_name"));
    texts = texts || std::any_of(kWords.begin(), kWords.end(), [&](const char* word) {
              return contains(macro->macro_sql, word);
            });
  }
  return !names || !texts;
}

}  // namespace floe::dbt
