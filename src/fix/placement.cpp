// SPDX-License-Identifier: Apache-2.0
#include "fix/placement.h"

#include "base/text.h"
#include "policy/facts.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace floe::fix {

using core::Layer;
using dbt::Node;

namespace {

/// What a word at the beginning of a name says: how far the data has come.
enum class Stage { kNone, kFirst, kMiddle, kLast };

struct NameWord {
  std::string_view prefix;
  Stage stage;
  std::string_view kind;  // what prefix it wants in a layer that has it
};

constexpr std::array kWords = std::to_array<NameWord>({
    {"staging_", Stage::kFirst, "stg_"},
    {"stg_", Stage::kFirst, "stg_"},
    {"raw_", Stage::kFirst, ""},
    {"src_", Stage::kFirst, ""},
    {"base_", Stage::kFirst, ""},
    {"bronze_", Stage::kFirst, ""},
    {"intermediate_", Stage::kMiddle, ""},
    {"int_", Stage::kMiddle, ""},
    {"silver_", Stage::kMiddle, ""},
    {"hub_", Stage::kMiddle, "hub_"},
    {"link_", Stage::kMiddle, "link_"},
    {"lnk_", Stage::kMiddle, "link_"},
    {"sat_", Stage::kMiddle, "sat_"},
    {"dimension_", Stage::kLast, "dim_"},
    {"dim_", Stage::kLast, "dim_"},
    {"fact_", Stage::kLast, "fact_"},
    {"fct_", Stage::kLast, "fact_"},
    {"mart_", Stage::kLast, ""},
    {"agg_", Stage::kLast, ""},
    {"report_", Stage::kLast, ""},
    {"rpt_", Stage::kLast, ""},
    {"gold_", Stage::kLast, ""},
});

const NameWord* word_of(std::string_view name) {
  const NameWord* best = nullptr;
  for (const NameWord& word : kWords) {
    const bool fits = name.size() > word.prefix.size() && name.starts_with(word.prefix);
    if (fits && (best == nullptr || word.prefix.size() > best->prefix.size())) best = &word;
  }
  return best;
}

/// The name without what says its present layer.
std::string bare_name(const core::Platform& present, const std::string& name) {
  std::string_view best;
  for (const Layer& layer : present.layers) {
    for (const std::string& prefix : layer.prefixes) {
      const bool fits = name.size() > prefix.size() && name.starts_with(prefix);
      if (fits && prefix.size() > best.size()) best = prefix;
    }
  }
  if (const NameWord* word = word_of(name); word != nullptr && best.empty()) best = word->prefix;
  return name.substr(best.size());
}

bool has_layer(const std::vector<const Layer*>& layers, const Layer* layer) {
  return std::find(layers.begin(), layers.end(), layer) != layers.end();
}

bool allows(const Layer& reader, std::string_view read) {
  const auto& list = reader.may_depend_on;
  return std::find(list.begin(), list.end(), read) != list.end();
}

std::string layer_names(const std::vector<const Layer*>& layers) {
  std::vector<std::string> names;
  for (const Layer* layer : layers) names.push_back(layer->name);
  return list_or(names);
}

/// Places the models of one project.
class Placer {
 public:
  Placer(const policy::Context& context, const core::Platform& target)
      : context_(context), target_(target) {
    // Only the root's files can be moved.
    for (const Node* model : context.models) {
      if (model->package_name == context.project.name) ids_.emplace(model->unique_id, model);
    }
  }

  std::vector<Placement> run() {
    for (const Node* model : context_.models) visit(*model);
    for (Placement& place : places_) collect_inputs(place);
    for (Placement& place : places_) narrow_by_inputs(place);
    narrow_by_readers();
    for (Placement& place : places_) decide(place);
    // What was decided narrows what is left: again, along the flow.
    for (Placement& place : places_) narrow_by_inputs(place);
    narrow_by_readers();
    for (Placement& place : places_) decide(place);
    for (Placement& place : places_) {
      name_it(place);
      explain(place);
    }
    return std::move(places_);
  }

 private:
  struct Inputs {
    std::vector<std::size_t> models;  // indices of placements
    bool sources = false;
    bool only_seeds = false;
  };

  /// Parents before children; `stack` instead of recursion, as graphs can be deep.
  void visit(const Node& start) {
    std::vector<std::pair<const Node*, std::size_t>> stack;
    if (seen_.insert(start.unique_id).second) stack.emplace_back(&start, 0);
    while (!stack.empty()) {
      auto& [node, next] = stack.back();
      if (next < node->depends_on_nodes.size()) {
        const std::string& id = node->depends_on_nodes[next++];
        const Node* parent = context_.project.find_node(id);
        if (parent != nullptr && seen_.insert(id).second) stack.emplace_back(parent, 0);
        continue;
      }
      if (ids_.contains(node->unique_id)) {
        Placement place;
        place.node = node;
        place.present = context_.platform.layer_of(node->name);
        index_[node->unique_id] = places_.size();
        places_.push_back(std::move(place));
      }
      stack.pop_back();
    }
  }

  /// What a model reads, seen through snapshots and what else has no layer.
  void collect_inputs(const Placement& place) {
    Inputs inputs;
    std::set<std::string> seen;
    std::vector<std::string> open = place.node->depends_on_nodes;
    while (!open.empty()) {
      const std::string id = std::move(open.back());
      open.pop_back();
      if (!seen.insert(id).second) continue;
      if (context_.project.sources.contains(id)) {
        inputs.sources = true;
      } else if (const auto model = index_.find(id); model != index_.end()) {
        inputs.models.push_back(model->second);
      } else if (const Node* node = context_.project.find_node(id)) {
        if (node->type == dbt::ResourceType::kSeed) inputs.only_seeds = true;
        open.insert(open.end(), node->depends_on_nodes.begin(), node->depends_on_nodes.end());
      }
    }
    inputs.only_seeds = inputs.only_seeds && inputs.models.empty() && !inputs.sources;
    const auto self = index_.at(place.node->unique_id);
    for (const std::size_t input : inputs.models) readers_[input].push_back(self);
    inputs_.push_back(std::move(inputs));
  }

  std::size_t index_of(const Placement& place) const {
    return static_cast<std::size_t>(&place - places_.data());
  }

  void narrow_by_inputs(Placement& place) {
    if (place.layer != nullptr) return;
    if (const Layer* own = target_.layer_of(place.node->name)) {
      place.layer = own;
      place.candidates = {own};
      return;
    }
    const Inputs& inputs = inputs_[index_of(place)];
    std::vector<const Layer*> fitting;
    for (const Layer& layer : target_.layers) {
      bool fits = !inputs.sources || allows(layer, "source");
      for (const std::size_t input : inputs.models) {
        const auto& below = places_[input].candidates;
        fits = fits && (below.empty() || std::any_of(below.begin(), below.end(), [&](auto* each) {
                          return allows(layer, each->name);
                        }));
      }
      const bool was = place.candidates.empty() || has_layer(place.candidates, &layer);
      if (fits && was) fitting.push_back(&layer);
    }
    place.candidates = std::move(fitting);
  }

  void narrow_by_readers() {
    for (std::size_t i = places_.size(); i-- > 0;) {
      Placement& place = places_[i];
      if (place.layer != nullptr || place.candidates.size() < 2) continue;
      std::vector<const Layer*> fitting;
      for (const Layer* layer : place.candidates) {
        const auto& readers = readers_[i];
        const bool fits = std::all_of(readers.begin(), readers.end(), [&](std::size_t reader) {
          const auto& above = places_[reader].candidates;
          return above.empty() || std::any_of(above.begin(), above.end(), [&](auto* each) {
                   return allows(*each, layer->name);
                 });
        });
        if (fits) fitting.push_back(layer);
      }
      if (!fitting.empty()) place.candidates = std::move(fitting);
    }
  }

  const Layer* layer_at(Stage stage) const {
    const auto& layers = target_.layers;
    if (layers.empty()) return nullptr;
    if (stage == Stage::kFirst) return &layers.front();
    if (stage == Stage::kLast) return &layers.back();
    return stage == Stage::kMiddle && layers.size() == 3 ? &layers[1] : nullptr;
  }

  Stage present_stage(const Placement& place) const {
    const auto& layers = context_.platform.layers;
    if (place.present == nullptr || layers.size() < 2) return Stage::kNone;
    if (place.present == &layers.front()) return Stage::kFirst;
    if (place.present == &layers.back()) return Stage::kLast;
    return layers.size() == 3 ? Stage::kMiddle : Stage::kNone;
  }

  bool is_offered(const Node& node) const {
    const auto& ports = context_.product.output_ports;
    const bool port = std::any_of(ports.begin(), ports.end(),
                                  [&](const auto& each) { return each.model == node.name; });
    if (port) return true;
    const auto& exposures = context_.project.exposures;
    return std::any_of(exposures.begin(), exposures.end(), [&](const auto& each) {
      const auto& on = each.second->depends_on_nodes;
      return std::find(on.begin(), on.end(), node.unique_id) != on.end();
    });
  }

  void settle(Placement& place, const Layer* layer, std::string why) {
    place.layer = layer;
    place.candidates = {layer};
    place.why = std::move(why);
  }

  void decide(Placement& place) {
    if (place.layer != nullptr || place.candidates.empty()) return;
    if (place.candidates.size() == 1) {
      settle(place, place.candidates.front(), reads(place));
      return;
    }
    const Layer* by_present = layer_at(present_stage(place));
    if (by_present != nullptr && has_layer(place.candidates, by_present)) {
      settle(place, by_present, fmt::format("it is in {} now", place.present->name));
      return;
    }
    const NameWord* word = word_of(place.node->name);
    const Layer* by_word = word == nullptr ? nullptr : layer_at(word->stage);
    if (by_word != nullptr && has_layer(place.candidates, by_word)) {
      settle(place, by_word, fmt::format("its name begins with '{}'", word->prefix));
      return;
    }
    const Layer* last = layer_at(Stage::kLast);
    if (is_offered(*place.node) && has_layer(place.candidates, last)) {
      settle(place, last, "an output port or exposure offers it");
      return;
    }
    // Seeds are raw data, too.
    const Inputs& inputs = inputs_[index_of(place)];
    const Layer* first = layer_at(Stage::kFirst);
    if (inputs.only_seeds && has_layer(place.candidates, first)) settle(place, first, reads(place));
  }

  std::string reads(const Placement& place) const {
    const Inputs& inputs = inputs_[index_of(place)];
    if (inputs.only_seeds) return "it reads only seeds";
    if (inputs.models.empty())
      return inputs.sources ? "it reads sources" : "it reads no other model";
    std::set<std::string> layers;
    for (const std::size_t input : inputs.models) {
      const Placement& below = places_[input];
      layers.insert(below.layer == nullptr ? "'" + below.node->name + "'" : below.layer->name);
    }
    if (inputs.sources) layers.insert("sources");
    return "it reads " + list_and({layers.begin(), layers.end()});
  }

  /// The names of the columns that are known, in lower case.
  std::set<std::string> columns_of(const Node& node) const {
    std::set<std::string> names;
    for (const auto& [name, column] : node.columns) names.insert(to_lower(name));
    const auto* known =
        context_.columns == nullptr ? nullptr : context_.columns->find(node.unique_id);
    if (known == nullptr) return names;
    for (const auto& column : known->columns) names.insert(to_lower(column.name));
    return names;
  }

  /// What kind of table the columns show it to be: "hub_", "dim_", …; "" if they don't.
  std::string kind_by_columns(const Node& node) const {
    const std::set<std::string> columns = columns_of(node);
    std::size_t keys = 0;
    bool diff = false;
    for (const std::string& column : columns) {
      if (column.ends_with("_hk") || column.ends_with("_hash_key") || column == "hash_key") ++keys;
      if (column == "hashdiff" || column == "hash_diff" || column.ends_with("_hashdiff")) {
        diff = true;
      }
    }
    const auto has = [&](std::initializer_list<const char*> names) {
      return std::any_of(names.begin(), names.end(),
                         [&](const char* name) { return columns.contains(name); });
    };
    const bool loaded = has({"load_date", "load_datetime", "load_dts", "ldts", "load_timestamp"}) &&
                        has({"record_source", "rsrc", "source_system"});
    if (loaded && diff && keys == 1) return "sat_";
    if (loaded && !diff && keys >= 2) return "link_";
    if (loaded && !diff && keys == 1 && columns.size() <= 4) return "hub_";
    const bool historic = has({"effective_from", "valid_from"}) && has({"is_current", "valid_to"});
    return historic ? "dim_" : "";
  }

  void name_it(Placement& place) {
    const Node& node = *place.node;
    if (place.layer == nullptr) {
      const std::string bare = bare_name(context_.platform, node.name);
      for (const Layer* layer : place.candidates) {
        for (const std::string& prefix : layer->prefixes) {
          place.names.push_back(well_formed_name(target_, prefix + bare, node.type));
        }
      }
      std::erase(place.names, "");
      return;
    }
    if (target_.layer_of(node.name) != nullptr) {
      place.name = well_formed_name(target_, node.name, node.type);
      return;
    }
    const std::string bare = bare_name(context_.platform, node.name);
    const auto& prefixes = place.layer->prefixes;
    for (const std::string& prefix : prefixes) {
      place.names.push_back(well_formed_name(target_, prefix + bare, node.type));
    }
    std::erase(place.names, "");
    const NameWord* word = word_of(node.name);
    const std::string by_columns = kind_by_columns(node);
    std::string wanted;
    if (prefixes.size() == 1) wanted = prefixes.front();
    for (const std::string& prefix : prefixes) {
      if (wanted.empty() && word != nullptr && word->kind == prefix) wanted = prefix;
    }
    for (const std::string& prefix : prefixes) {
      if (!wanted.empty() || by_columns != prefix) continue;
      wanted = prefix;
      place.why +=
          fmt::format("; its columns are those of a {}", prefix.substr(0, prefix.size() - 1));
    }
    for (const std::string& prefix : prefixes) {
      if (wanted.empty() && prefix == place.layer->name + "_") wanted = prefix;
    }
    if (!wanted.empty()) place.name = well_formed_name(target_, wanted + bare, node.type);
  }

  void explain(Placement& place) const {
    if (place.layer != nullptr && place.why.empty()) {
      place.why = fmt::format("it carries a prefix of {}", place.layer->name);
    }
    if (place.is_decided()) return;
    if (place.layer == nullptr && place.candidates.empty()) {
      place.open =
          fmt::format("no layer of {} may read what it reads: {}", target_name(), reads(place));
    } else if (place.layer == nullptr) {
      place.open =
          fmt::format("{}, so it can be in {}", reads(place), layer_names(place.candidates));
    } else if (place.names.size() > 1) {
      place.open = fmt::format("nothing tells whether it is {}", list_or(place.names));
    } else {
      place.open = fmt::format("no name of {} that the naming rules take can be made of '{}'",
                               place.layer->name, place.node->name);
    }
  }

  std::string target_name() const {
    return target_.pattern.empty() ? target_.tier() : target_.pattern;
  }

  const policy::Context& context_;
  const core::Platform& target_;
  std::map<std::string, const Node*> ids_;
  std::set<std::string> seen_;
  std::map<std::string, std::size_t> index_;
  std::vector<Placement> places_;
  std::vector<Inputs> inputs_;
  std::map<std::size_t, std::vector<std::size_t>> readers_;
};

const std::string& pattern_of(const core::Platform& platform, dbt::ResourceType kind) {
  const core::NamingPatterns& patterns = platform.naming.patterns;
  if (kind == dbt::ResourceType::kSeed) return patterns.seeds;
  return kind == dbt::ResourceType::kSnapshot ? patterns.snapshots : patterns.models;
}

/// The prefix of the layer the name is in, where the case does not reach.
std::string cased_prefix(const core::Platform& platform, const std::string& name) {
  if (platform.naming.case_style == "snake_case") return "";
  const Layer* layer = platform.layer_of(name);
  std::string longest;
  if (layer == nullptr) return longest;
  for (const std::string& prefix : layer->prefixes) {
    if (name.starts_with(prefix) && prefix.size() > longest.size()) longest = prefix;
  }
  return longest;
}

}  // namespace

std::vector<Placement> place_models(const policy::Context& context, const core::Platform& target) {
  return Placer(context, target).run();
}

std::vector<std::string> name_faults(const core::Platform& platform, const std::string& name,
                                     dbt::ResourceType kind) {
  std::vector<std::string> codes;
  const core::Naming& naming = platform.naming;
  const bool is_model = kind == dbt::ResourceType::kModel;
  if (is_model && !platform.layers.empty() && platform.layer_of(name) == nullptr) {
    codes.emplace_back("N001");
  }
  const std::string rest = name.substr(cased_prefix(platform, name).size());
  if (!naming.case_style.empty() && !policy::in_case(rest, naming.case_style)) {
    codes.emplace_back("N002");
  }
  const std::string& pattern = pattern_of(platform, kind);
  if (!pattern.empty() && !policy::pattern_matches(pattern, name)) {
    codes.emplace_back(is_model ? "N003" : kind == dbt::ResourceType::kSeed ? "N008" : "N009");
  }
  const auto& reserved = naming.reserved;
  if (std::any_of(reserved.begin(), reserved.end(),
                  [&](const auto& word) { return to_lower(word) == to_lower(name); })) {
    codes.emplace_back("N004");
  }
  if (naming.max_length && utf8_length(name) > static_cast<std::size_t>(*naming.max_length)) {
    codes.emplace_back("N005");
  }
  return codes;
}

std::string well_formed_name(const core::Platform& platform, const std::string& name,
                             dbt::ResourceType kind) {
  const auto good = [&](const std::string& candidate) {
    return is_identifier(candidate) && name_faults(platform, candidate, kind).empty();
  };
  if (good(name)) return name;
  const std::string prefix = cased_prefix(platform, name);
  const std::string rest = name.substr(prefix.size());
  const std::string& style = platform.naming.case_style;
  std::set<std::string> found;
  for (const std::string& each : {style.empty() ? rest : policy::to_case(rest, style),
                                  style.empty() ? policy::to_case(rest, "snake_case") : rest,
                                  style.empty() ? to_lower(rest) : rest}) {
    if (good(prefix + each)) found.insert(prefix + each);
  }
  return found.size() == 1 ? *found.begin() : "";
}

}  // namespace floe::fix
