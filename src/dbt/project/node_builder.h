// SPDX-License-Identifier: Apache-2.0
// Makes nodes of SQL: their first state, rendering them to see what they use, their final config.
#pragma once

#include "dbt/context/parse_context.h"
#include "dbt/jinja/interp.h"
#include "dbt/project/loader.h"

#include <memory>
#include <mutex>
#include <unordered_map>

namespace floe::dbt {

/// What one thread needs to render nodes: an interpreter and a context for each package.
class ParseWorker {
 public:
  explicit ParseWorker(Loader& loader);
  ParseContext& context_of(const std::string& package);
  jinja::Interp& interp() { return interp_; }

 private:
  Loader& loader_;
  std::shared_ptr<const jinja::MapContext> base_;
  std::unordered_map<std::string, std::shared_ptr<ParseContext>> contexts_;
  jinja::Interp interp_;
};

/// Workers for the threads of a parallel step.
class WorkerPool {
 public:
  explicit WorkerPool(Loader& loader) : loader_(loader) {}
  std::unique_ptr<ParseWorker> take();
  void give_back(std::unique_ptr<ParseWorker> worker);

 private:
  Loader& loader_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<ParseWorker>> idle_;
};

/// What `docs` says of a resource that says nothing of it.
const Value& default_docs();

/// Identity, place and base config of a node that comes from a file.
std::unique_ptr<Node> make_node(Loader& loader, ResourceType type, const ProjectFile& file,
                                std::string name, std::string path, std::vector<std::string> fqn);

/// A model as its file alone says it, before configs and names; null, with a diagnostic, if the
/// file can't be understood.
std::unique_ptr<Node> draft_model(Loader& loader, WorkerPool& pool, const ProjectFile& file);

/// Directories of a path below the package, then the name.
std::vector<std::string> fqn_of(const std::string& package, const std::string& path,
                                const std::string& name);

/// The arguments of the first config() call as written (dbt's unrendered config).
Value unrendered_config_call(const jinja::Template& parsed);

/// Renders a text in the node's parse context and adds what it uses to the node. False, with a
/// diagnostic, if that fails. `base` is the file the text is a part of.
bool render_for_parse(Loader& loader, ParseWorker& worker, Node& node, const std::string& text,
                      const diag::Source* base);

/// Sets a member, but leaves a map that has it as it is: it may be shared.
void set_if_new(Value& map, const std::string& key, const Value& value);

/// The config of a node before its file or properties say anything, with what is wrong reported.
Value base_config(Loader& loader, const Node& node);

/// Computes the config from its levels and what follows from it: tags, meta, docs, group, access,
/// names. `patch` is the config of a properties file, `unrendered_patch` the same unrendered.
void apply_config(Loader& loader, Node& node, const Value* patch, const Value* unrendered_patch);
/// Renders the hooks of a node's config to see what they use.
void render_hooks(Loader& loader, ParseWorker& worker, Node& node);

}  // namespace floe::dbt
