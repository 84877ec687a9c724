// SPDX-License-Identifier: Apache-2.0
// Models, snapshots, analyses, singular tests, seeds, functions and project hooks, from their
// files.
#include "base/hash.h"
#include "base/text.h"
#include "dbt/context/convert.h"
#include "dbt/project/node_builder.h"
#include "dbt/project/python_model.h"
#include "dbt/project/python_text.h"
#include "dbt/project/static_sql.h"

#include <algorithm>

namespace floe::dbt {

namespace {

/// A node on its way: made in parallel, finished in order.
struct Draft {
  std::unique_ptr<Node> node;
  Value written = Value::map();  // config() of a file that was read without an interpreter
  bool failed = false;
};

/// Does the project replace ref, source or config by macros? Then files must be rendered.
bool overrides_builtins(const Loader& loader, const std::string& package) {
  for (const char* name : {"ref", "source", "config"}) {
    for (const std::string& owner : {package, loader.project.name}) {
      if (loader.out.macros->find_in(owner, name) != nullptr) return true;
    }
  }
  return false;
}

/// `written` takes what config() says, where merging with other configs would change its form.
bool take_static(Node& node, const diag::Source& source, std::string_view contents,
                 Value& written) {
  StaticSql found;
  if (!read_static_sql(contents, found)) return false;
  const std::size_t start = static_cast<std::size_t>(contents.data() - source.text.data());
  const auto placed = [&](diag::Span span) {
    return source.span(start + span.begin, start + span.end);
  };
  for (RefArgs& ref : found.refs) {
    ref.span = placed(ref.span);
    node.refs.push_back(std::move(ref));
  }
  for (SourceArgs& each : found.sources) {
    each.span = placed(each.span);
    node.sources.push_back(std::move(each));
  }
  if (found.config_span) node.config_span = placed(found.config_span);
  for (auto& [key, value] : found.configs) {
    Value call = Value::map();
    written.set(key, value);
    call.set(key, std::move(value));
    merge_config_calls(node.config_call_dict, call);
  }
  return true;
}

void draft_model(Loader& loader, WorkerPool& pool, const ProjectFile& file, bool must_render,
                 Draft& draft) {
  const std::string name = node_name_of(loader, file.relative);
  draft.node = make_node(loader, ResourceType::kModel, file, name, file.relative,
                         fqn_of(file.package->name, file.relative, name));
  Node& node = *draft.node;
  node.config = base_config(loader, node);
  if (file.relative.ends_with(".py")) {
    node.language = "python";
    draft.failed = !read_python_model(loader, node, *file.source);
    return;
  }
  if (!must_render && take_static(node, *file.source, file.contents, draft.written)) return;
  std::unique_ptr<ParseWorker> worker = pool.take();
  draft.failed = !render_for_parse(loader, *worker, node, node.raw_code, file.source);
  pool.give_back(std::move(worker));
}

/// What a function's file alone says of it; its properties say what it returns.
void set_function_file(Node& node) {
  if (node.path.ends_with(".py")) node.language = "python";
  if (node.path.ends_with(".js")) node.language = "javascript";
  node.returns = Value::map();
  node.returns.set("data_type", "INVALID_TYPE");
  node.returns.set("description", nullptr);
}

void draft_sql(Loader& loader, WorkerPool& pool, ResourceType type, const ProjectFile& file,
               Draft& draft) {
  const std::string name = node_name_of(loader, file.relative);
  std::string path = file.relative;
  if (type == ResourceType::kAnalysis && !loader.flag("require_corrected_analysis_fqns")) {
    path = "analysis/" + path;
  }
  if (type == ResourceType::kTest) {
    const std::size_t slash = path.rfind('/');
    path = (slash == std::string::npos ? "" : path.substr(0, slash + 1)) + name + ".sql";
  }
  draft.node = make_node(loader, type, file, name, path, fqn_of(file.package->name, path, name));
  Node& node = *draft.node;
  node.config = base_config(loader, node);
  if (type == ResourceType::kFunction) set_function_file(node);
  std::unique_ptr<ParseWorker> worker = pool.take();
  draft.failed = !render_for_parse(loader, *worker, node, node.raw_code, file.source);
  pool.give_back(std::move(worker));
}

void draft_snapshots(Loader& loader, WorkerPool& pool, const ProjectFile& file,
                     std::vector<Draft>& drafts) {
  std::vector<jinja::Block> blocks;
  std::vector<jinja::UnexpectedTag> unexpected;
  try {
    blocks = jinja::scan_blocks(file.contents, {"snapshot"}, &unexpected);
  } catch (const jinja::TemplateError& error) {
    loader.template_error(error, file.source, file.source->span(0, 0), "");
    return;
  }
  warn_of_tags(loader, file, file.relative, unexpected);
  for (const jinja::Block& block : blocks) {
    Draft draft;
    std::string no_extension = file.relative.substr(0, file.relative.rfind('.'));
    draft.node = make_node(loader, ResourceType::kSnapshot, file, block.name, file.relative,
                           fqn_of(file.package->name, no_extension + "/", block.name));
    Node& node = *draft.node;
    node.raw_code = std::string(
        file.contents.substr(block.content_begin, block.content_end - block.content_begin));
    const std::size_t start =
        static_cast<std::size_t>(file.contents.data() - file.source->text.data());
    node.span = file.source->span(start + block.begin, start + block.end);
    node.config = base_config(loader, node);
    std::unique_ptr<ParseWorker> worker = pool.take();
    draft.failed = !render_for_parse(loader, *worker, node, node.raw_code, nullptr);
    pool.give_back(std::move(worker));
    drafts.push_back(std::move(draft));
  }
}

void draft_seed(Loader& loader, const ProjectFile& file, Draft& draft) {
  const std::string name = node_name_of(loader, file.relative);
  draft.node = make_node(loader, ResourceType::kSeed, file, name, file.relative,
                         fqn_of(file.package->name, file.relative, name));
  Node& node = *draft.node;
  node.language.clear();
  node.seed_root_path = node.root_path;
  const Value* limit_value = loader.out.flags.find("maximum_seed_size_mib");
  const std::int64_t limit =
      (limit_value && limit_value->is_int() ? limit_value->as_int() : 1) * 1024 * 1024;
  std::error_code ignored;
  const auto size = static_cast<std::int64_t>(fs::file_size(file.absolute, ignored));
  if (limit != 0 && size > limit) {
    node.checksum = {"path", file.original};
    return;
  }
  const Result<std::string> text = read_file(file.absolute);
  if (!text) {
    loader.error("T029", describe(text.error()), {}, text.error().hint, node.unique_id);
    draft.failed = true;
    return;
  }
  node.checksum = {"sha256", sha256_hex(python_strip(universal_newlines(*text)))};
}

void finish(Loader& loader, std::vector<Draft>& drafts, WorkerPool& pool) {
  std::unique_ptr<ParseWorker> worker = pool.take();
  for (Draft& draft : drafts) {
    if (draft.node == nullptr || draft.failed) continue;
    apply_config(loader, *draft.node, nullptr, nullptr);
    for (const value::Member& written : draft.written.as_map()) {
      set_if_new(draft.node->unrendered_config, written.key, written.value);
    }
    render_hooks(loader, *worker, *draft.node);
    loader.add_node(std::move(draft.node));
  }
  pool.give_back(std::move(worker));
}

void load_files(Loader& loader, WorkerPool& pool, ResourceType type,
                const std::vector<ProjectFile>& files) {
  std::vector<std::vector<Draft>> drafts(files.size());
  const bool must_render =
      !files.empty() && overrides_builtins(loader, files.front().package->name);
  for_each_parallel(loader.threads, files.size(), [&](std::size_t i) {
    const ProjectFile& file = files[i];
    if (type != ResourceType::kSeed && file.source == nullptr) return;
    if (type == ResourceType::kSnapshot) {
      draft_snapshots(loader, pool, file, drafts[i]);
      return;
    }
    drafts[i].emplace_back();
    if (type == ResourceType::kModel) {
      draft_model(loader, pool, file, must_render, drafts[i].back());
    } else if (type == ResourceType::kSeed) {
      draft_seed(loader, file, drafts[i].back());
    } else {
      draft_sql(loader, pool, type, file, drafts[i].back());
    }
  });
  for (std::vector<Draft>& each : drafts) finish(loader, each, pool);
}

void load_hooks(Loader& loader, WorkerPool& pool, const PackageConfig& package) {
  ProjectFile file;
  file.package = &package;
  file.searched = ".";
  file.relative = "dbt_project.yml";
  file.original = "./dbt_project.yml";
  const Result<std::string> text = read_file(package.root / "dbt_project.yml");
  const std::string checksum = text ? sha256_hex(python_collapse(python_strip(*text))) : "";
  std::vector<Draft> drafts;
  for (const bool at_start : {true, false}) {
    const std::string type = at_start ? "on-run-start" : "on-run-end";
    const auto& hooks = at_start ? package.on_run_start : package.on_run_end;
    for (std::size_t i = 0; i < hooks.size(); ++i) {
      const std::string name = package.name + "-" + type + "-" + std::to_string(i);
      const std::string path = "hooks/" + name + ".sql";
      Draft draft;
      draft.node = make_node(loader, ResourceType::kOperation, file, name, path,
                             fqn_of(package.name, path, name));
      Node& node = *draft.node;
      node.raw_code = hooks[i];
      node.checksum = {"sha256", checksum};
      node.hook_index = static_cast<int>(i);
      node.tags.push_back(type);
      node.config = base_config(loader, node);
      std::unique_ptr<ParseWorker> worker = pool.take();
      draft.failed = !render_for_parse(loader, *worker, node, node.raw_code, nullptr);
      pool.give_back(std::move(worker));
      drafts.push_back(std::move(draft));
    }
  }
  finish(loader, drafts, pool);
}

}  // namespace

std::unique_ptr<Node> draft_model(Loader& loader, WorkerPool& pool, const ProjectFile& file) {
  Draft draft;
  draft_model(loader, pool, file, overrides_builtins(loader, file.package->name), draft);
  return draft.failed ? nullptr : std::move(draft.node);
}

void load_sql_nodes(Loader& loader) {
  WorkerPool pool(loader);
  for (std::size_t i = 0; i < loader.files.size(); ++i) {
    const PackageFiles& files = loader.files[i];
    load_files(loader, pool, ResourceType::kModel, files.models);
    load_files(loader, pool, ResourceType::kSnapshot, files.snapshots);
    load_files(loader, pool, ResourceType::kAnalysis, files.analyses);
    load_files(loader, pool, ResourceType::kTest, files.singular_tests);
    load_files(loader, pool, ResourceType::kSeed, files.seeds);
    load_hooks(loader, pool, loader.out.packages[i]);
    load_files(loader, pool, ResourceType::kFunction, files.functions);
    for (const ProjectFile& file : files.fixtures) {
      if (file.source == nullptr) continue;
      Fixture fixture;
      fixture.original_file_path = file.original;
      fixture.text = std::string(file.contents);
      fixture.csv = file.relative.ends_with(".csv");
      const std::string name = node_name_of(loader, file.relative);
      if (!loader.fixtures.emplace(std::pair(file.package->name, name), std::move(fixture))
               .second) {
        loader.error("T023", "more than one fixture file is called '" + name + "'",
                     file.source->span(0, 0), "give each fixture a file name of its own");
      }
    }
  }
}

}  // namespace floe::dbt
