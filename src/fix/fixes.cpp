// SPDX-License-Identifier: Apache-2.0
#include "fix/fixes.h"

#include "base/text.h"
#include "fix/fix_names.h"
#include "fix/properties_edit.h"
#include "fix/yaml_edit.h"
#include "policy/facts.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace floe::fix {

using dbt::Node;
using value::Value;

std::string path_in_layer(const std::string& path, const core::Platform& platform,
                          const core::Layer& layer) {
  std::vector<std::string> parts;
  for (const std::string_view part : split(path, '/')) parts.emplace_back(part);
  for (std::size_t i = parts.size() - 1; i-- > 0;) {
    const core::Layer* other = platform.find_layer(parts[i]);
    if (other == nullptr) continue;
    if (other == &layer) return "";
    parts[i] = layer.name;
    return join(parts, "/");
  }
  return "";
}

bool is_made_anew(std::string_view materialized) {
  static constexpr std::array<std::string_view, 5> kMadeAnew = {"table", "view", "ephemeral",
                                                                "materialized_view", "external"};
  return std::find(kMadeAnew.begin(), kMadeAnew.end(), materialized) != kMadeAnew.end();
}

std::string sound_materialization(std::string_view current,
                                  const std::vector<std::string>& allowed) {
  if (!is_made_anew(current)) return "";
  for (const std::string& name : allowed) {
    if (name == "table" || name == "view") return name;
  }
  return "";
}

Status set_model_config(Tree& tree, const ProjectFolder& folder, const Node& model,
                        std::string_view key, std::string_view text) {
  const std::string path = folder.file_of(model);
  const std::string* code = tree.find(path);
  const bool is_sql = path.ends_with(".sql");
  if (is_sql && code != nullptr) {
    const auto site = config_site(*code, key);
    if (site && site->has_argument) return set_config_call(tree, path, key, text);
  }
  const std::string properties = folder.properties_of(model);
  const EntryPlace place{properties, "models", model.name, ""};
  const bool in_properties = !properties.empty() && !config_text(tree, place, key).empty();
  if (in_properties || !is_sql) {
    return set_config(tree, FLOE_TRY(ensure_entry(tree, folder, model)), key, text);
  }
  return set_config_call(tree, path, key, text);
}

namespace {

/// What a repair needs to know.
struct FixStep {
  Tree& tree;
  const policy::Context& context;
  const ProjectFolder& folder;
  const diag::Diagnostic& finding;
  const Node* node;  // the finding's; null if it has none
  std::string subject;
};

/// What was done: a sentence for each repair; an error says why nothing can be.
struct Done {
  std::vector<std::string> summaries;
  bool is_stub = false;
  std::set<std::string> config = {};  // keys of the node's config that are to change
};

tl::unexpected<Error> leave(std::string reason) {
  return fail(ErrorKind::kUsage, std::move(reason));
}

Result<Done> fix_materialization(FixStep& step) {
  const core::Layer* layer = step.context.platform.layer_of(step.node->name);
  if (layer == nullptr) return leave("it is in no layer");
  const std::string current = step.node->materialized();
  const std::string sound = sound_materialization(current, layer->materializations);
  if (sound.empty()) {
    return leave(fmt::format("{} can't become {} without losing or doubling rows", current,
                             list_or(layer->materializations)));
  }
  FLOE_CHECK(set_model_config(step.tree, step.folder, *step.node, "materialized", sound));
  return Done{
      {fmt::format("materialized as {} instead of {}", sound, current)}, false, {"materialized"}};
}

Result<Done> fix_schema(FixStep& step) {
  const core::Layer* layer = step.context.platform.layer_of(step.node->name);
  if (layer == nullptr) return leave("it is in no layer");
  if (step.node->materialized() == "incremental") {
    return leave("it is incremental: in another schema it would begin anew");
  }
  const std::string path = step.folder.file_of(*step.node);
  const std::string* code = step.tree.find(path);
  const auto site = code == nullptr ? std::nullopt : config_site(*code, "schema");
  const EntryPlace place{step.folder.properties_of(*step.node), "models", step.node->name, ""};
  const bool in_properties =
      !place.path.empty() && !config_text(step.tree, place, "schema").empty();
  if (!in_properties && !(site && site->has_argument)) {
    return leave("its schema is set for a folder, in dbt_project.yml");
  }
  if (!layer->schema.empty()) {
    FLOE_CHECK(set_model_config(step.tree, step.folder, *step.node, "schema", layer->schema));
    return Done{{fmt::format("schema is '{}' as its layer's", layer->schema)}, false, {"schema"}};
  }
  if (!in_properties) return leave("its schema is set in its SQL: remove it from config() there");
  FLOE_CHECK(remove_config(step.tree, place, "schema"));
  return Done{{"names no schema of another layer any more"}, false, {"schema"}};
}

/// Which of the required tests that floe can write are missing, each as (column, test).
Result<std::vector<std::pair<std::string, Value>>> missing_tests(FixStep& step,
                                                                 const std::string& requirement) {
  std::vector<std::pair<std::string, Value>> missing;
  const policy::Context& context = step.context;
  const Node& model = *step.node;
  const auto want = [&](const std::string& column, const std::string& test) {
    if (!policy::has_test(context, model, test, column)) missing.emplace_back(column, Value(test));
  };
  if (requirement == "not_null_pk" || requirement == "unique_pk") {
    const auto key = policy::primary_key(context, model);
    if (requirement == "unique_pk" && key.size() > 1) {
      return leave("its key has several columns: add a test of their combination");
    }
    for (const std::string& column : key) {
      want(column, requirement == "unique_pk" ? "unique" : "not_null");
    }
    return missing;
  }
  if (requirement == "scd_validation") {
    for (const char* column : {"effective_from", "is_current"}) want(column, "not_null");
    return missing;
  }
  if (requirement == "referential_integrity") {
    for (const std::string& id : model.depends_on_nodes) {
      const Node* parent = context.project.find_node(id);
      if (parent == nullptr || !parent->name.starts_with("dim_")) continue;
      const auto key = policy::primary_key(context, *parent);
      const bool shared =
          key.size() == 1 &&
          std::any_of(model.columns.begin(), model.columns.end(), [&](const auto& column) {
            return to_lower(column.first) == to_lower(key.front());
          });
      if (!shared) {
        return leave(
            fmt::format("no declared column of it has the name of the key of '{}'", parent->name));
      }
      Value arguments = Value::map();
      arguments.set("to", fmt::format("ref('{}')", parent->name));
      arguments.set("field", key.front());
      Value test = Value::map();
      Value with = Value::map();
      with.set("arguments", std::move(arguments));
      test.set("relationships", std::move(with));
      const auto& tests = context.tests_on(model.unique_id);
      const bool tested = std::any_of(tests.begin(), tests.end(), [&](const Node* each) {
        return each->test_metadata && each->test_metadata->name == "relationships" &&
               std::find(each->depends_on_nodes.begin(), each->depends_on_nodes.end(), id) !=
                   each->depends_on_nodes.end();
      });
      if (!tested) missing.emplace_back(key.front(), std::move(test));
    }
    return missing;
  }
  if (requirement == "freshness") return leave("only its owner knows how old a source may get");
  return leave(fmt::format("nothing says which column '{}' belongs to", requirement));
}

std::vector<std::string> required_of_model(const policy::Context& context, const Node& model) {
  std::vector<std::string> names = context.platform.quality_gates.required_tests;
  if (const core::Layer* layer = context.platform.layer_of(model.name)) {
    names.insert(names.end(), layer->required_tests.begin(), layer->required_tests.end());
  }
  return names;
}

Result<Done> stub_descriptions(FixStep& step, bool model, bool columns) {
  const EntryPlace place = FLOE_TRY(ensure_entry(step.tree, step.folder, *step.node));
  Done done;
  done.is_stub = true;
  const Value todo("TODO");
  if (model && !policy::is_documentation(step.node->description) &&
      FLOE_TRY(ensure_member(step.tree, place, "", "description", todo))) {
    done.summaries.emplace_back("has a place for its description");
  }
  for (const auto& [name, column] : step.node->columns) {
    if (!columns || policy::is_documentation(column.description)) continue;
    if (FLOE_TRY(ensure_member(step.tree, place, name, "description", todo))) {
      done.summaries.push_back(fmt::format("column '{}' has a place for its description", name));
    }
  }
  return done;
}

Result<Done> fix_required_tests(FixStep& step) {
  Done done;
  std::string reason;
  for (const std::string& requirement : required_of_model(step.context, *step.node)) {
    const bool about = step.finding.message.ends_with(" " + requirement);  // a finding is about one
    if (!about) continue;
    if (requirement == "documentation") return stub_descriptions(step, true, true);
    for (const auto& [column, test] : FLOE_TRY(missing_tests(step, requirement))) {
      const EntryPlace place = FLOE_TRY(ensure_entry(step.tree, step.folder, *step.node));
      FLOE_CHECK(add_column_test(step.tree, place, column, test));
      const std::string name = test.is_string() ? test.as_string() : test.as_map().front().key;
      done.summaries.push_back(fmt::format("tests {} for {}", column, name));
    }
    return done;
  }
  return leave("the requirement is not known");
}

Result<Done> stub_model_description(FixStep& step) { return stub_descriptions(step, true, false); }

Result<Done> stub_column_descriptions(FixStep& step) {
  return stub_descriptions(step, false, true);
}

Result<Done> stub_source_description(FixStep& step) {
  const auto source = step.context.project.sources.find(step.finding.node);
  if (source == step.context.project.sources.end()) return leave("it is no source");
  const EntryPlace place = source_entry(step.folder, *source->second);
  Done done;
  done.is_stub = true;
  if (FLOE_TRY(ensure_member(step.tree, place, "", "description", Value("TODO")))) {
    done.summaries.emplace_back("has a place for its description");
  }
  return done;
}

Result<Done> stub_owner(FixStep& step) {
  const EntryPlace place = FLOE_TRY(ensure_entry(step.tree, step.folder, *step.node));
  if (policy::find_meta(*step.node, "owner") != nullptr) return Done{};
  Done done;
  done.is_stub = true;
  done.config = {"meta"};
  if (!FLOE_TRY(ensure_owner(step.tree, place))) return done;
  done.summaries.emplace_back("has a place for its owner");
  return done;
}

int action_rank(std::string_view action) {
  return action == "block" ? 2 : action == "warn" ? 1 : 0;
}

Result<Done> fix_gate_action(FixStep& step) {
  const core::QualityGates& gates = step.context.platform.quality_gates;
  const std::string least(gates.block_on_failure ? "block"
                                                 : core::gate_action_name(gates.on_failure));
  const std::string* text = step.tree.find("floe.yaml");
  const auto yaml =
      text == nullptr ? std::nullopt : YamlText::read(*text, value::YamlSchema::kCore);
  const Value* list = yaml ? yaml->root().find_path("quality.gates") : nullptr;
  if (list == nullptr || !list->is_list()) return leave("floe.yaml has no gates to edit");
  Done done;
  std::vector<TextEdit> edits;
  for (const Value& gate : list->as_list()) {
    const Value* action = gate.find("on_failure");
    const Value* name = gate.find("name");
    if (action == nullptr || !action->is_string() || name == nullptr || !name->is_string())
      continue;
    if (action_rank(action->as_string()) >= action_rank(least)) continue;
    if (auto edit = yaml->replace(*action, least)) edits.push_back(std::move(*edit));
    done.summaries.push_back(fmt::format("gate '{}' says {} on failure instead of {}",
                                         name->as_string(), least, action->as_string()));
  }
  if (edits.empty()) return leave("only a human knows what it should check");
  FLOE_CHECK(step.tree.edit("floe.yaml", std::move(edits)));
  return done;
}

constexpr std::string_view kRenames = "renames it: file, every reference to it, properties, ports";

struct Fixer {
  FixableRule rule;
  Result<Done> (*fix)(FixStep&);  // null: of a round of its own
};
constexpr auto kFixers = std::to_array<Fixer>({
    {{"A003", "sets the materialization that the layer allows, if no row is lost by it"},
     fix_materialization},
    {{"A004", "moves the file to the folder of its layer"}, nullptr},
    {{"A005", "sets the layer's schema, or removes the other layer's"}, fix_schema},
    {{"D001", "writes `description: TODO` for a human to replace; the rule still reports it"},
     stub_model_description},
    {{"D002", "the same for columns"}, stub_column_descriptions},
    {{"D003", "the same for tables of sources"}, stub_source_description},
    {{"D005", "writes an empty owner for a human to fill in; the rule still reports it"},
     stub_owner},
    {{"N001", kRenames}, nullptr},
    {{"N002", kRenames}, nullptr},
    {{"N003", kRenames}, nullptr},
    {{"N004", kRenames}, nullptr},
    {{"N005", kRenames}, nullptr},
    {{"N008", kRenames}, nullptr},
    {{"N009", kRenames}, nullptr},
    {{"Q003", "writes the missing tests of keys, SCD columns and dimensions"}, fix_required_tests},
    {{"Q006", "makes the gate act as the platform's"}, fix_gate_action},
});

const Fixer* find_fixer(std::string_view code) {
  const auto found = std::find_if(kFixers.begin(), kFixers.end(),
                                  [&](const Fixer& fixer) { return fixer.rule.code == code; });
  return found == kFixers.end() ? nullptr : &*found;
}

bool fix_folders(Tree& tree, const policy::Context& context, const ProjectFolder& folder,
                 const std::vector<diag::Diagnostic>& findings, const FixOptions& options,
                 Round& round) {
  for (const diag::Diagnostic& finding : findings) {
    const Node* node = context.project.find_node(finding.node);
    if (finding.code != "A004" || node == nullptr || round.fixes.size() >= options.limit) continue;
    if (options.barred.contains({finding.code, node->name})) continue;
    const core::Layer* layer = context.platform.layer_of(node->name);
    const std::string path = folder.file_of(*node);
    const std::string target =
        layer == nullptr ? "" : path_in_layer(path, context.platform, *layer);
    const Status moved = target.empty() ? Status(leave("its folder is called after no other layer"))
                                        : tree.move({{path, target}});
    if (!moved) {
      round.refusals.push_back({finding.code, node->name, moved.error().message});
      continue;
    }
    round.moves[path] = target;
    round.fixes.push_back({finding.code, node->name, fmt::format("moved to {}", target), false});
  }
  return !round.fixes.empty();
}

std::string subject_of(const policy::Context& context, const diag::Diagnostic& finding) {
  if (const Node* node = context.project.find_node(finding.node)) return node->name;
  const auto source = context.project.sources.find(finding.node);
  if (source == context.project.sources.end()) return "";
  return source->second->source_name + "." + source->second->name;
}

/// The findings about what the root project defines; its files are the only ones that are edited.
std::vector<diag::Diagnostic> findings_of_root(const policy::Context& context,
                                               const std::vector<diag::Diagnostic>& all,
                                               Round& round) {
  std::vector<diag::Diagnostic> kept;
  for (const diag::Diagnostic& finding : all) {
    const Node* node = context.project.find_node(finding.node);
    const auto source = context.project.sources.find(finding.node);
    const std::string package = node != nullptr ? node->package_name
                                : source != context.project.sources.end()
                                    ? source->second->package_name
                                    : context.project.name;
    if (package == context.project.name) {
      kept.push_back(finding);
    } else if (is_fixable(finding.code)) {
      round.refusals.push_back({finding.code, subject_of(context, finding),
                                fmt::format("it belongs to package '{}'", package)});
    }
  }
  return kept;
}

}  // namespace

std::span<const FixableRule> fixable_rules() {
  static const std::vector<FixableRule> kRules = [] {
    std::vector<FixableRule> rules;
    for (const Fixer& fixer : kFixers) rules.push_back(fixer.rule);
    return rules;
  }();
  return kRules;
}

bool is_fixable(std::string_view code) { return find_fixer(code) != nullptr; }

Round fix_round(Tree& tree, const policy::Context& context, const ProjectFolder& folder,
                const std::vector<diag::Diagnostic>& all, const FixOptions& options) {
  Round round;
  const std::vector<diag::Diagnostic> findings = findings_of_root(context, all, round);
  if (fix_names(tree, context, folder, findings, options, round)) return round;
  if (fix_folders(tree, context, folder, findings, options, round)) return round;
  std::set<std::pair<std::string, std::string>> done_before;
  for (const diag::Diagnostic& finding : findings) {
    const Fixer* fixer = find_fixer(finding.code);
    if (fixer == nullptr || fixer->fix == nullptr || round.fixes.size() >= options.limit) continue;
    FixStep step{tree,
                 context,
                 folder,
                 finding,
                 context.project.find_node(finding.node),
                 subject_of(context, finding)};
    const bool needs_node = finding.code != "D003" && finding.code != "Q006";
    if (needs_node && step.node == nullptr) continue;
    if (options.barred.contains({finding.code, step.subject})) continue;
    // Several findings of one rule about one node are one repair, but for required tests.
    if (finding.code != "Q003" && !done_before.emplace(finding.code, step.subject).second) continue;
    tree.checkpoint();
    const Result<Done> done = fixer->fix(step);
    if (!done || done->summaries.empty()) {
      tree.rollback();
      if (!done) round.refusals.push_back({finding.code, step.subject, done.error().message});
      continue;
    }
    for (const std::string& summary : done->summaries) {
      round.fixes.push_back({finding.code, step.subject, summary, done->is_stub, done->config});
    }
  }
  return round;
}

}  // namespace floe::fix
