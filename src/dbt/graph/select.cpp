// SPDX-License-Identifier: Apache-2.0
#include "dbt/graph/select.h"

#include "base/text.h"
#include "dbt/graph/methods.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::dbt {

namespace {

constexpr int kMaxSelectorDepth = 100;

/// Selected nodes, and with them those tests that may still join.
struct Bundle {
  NodeSet direct;
  NodeSet indirect;
};

class SelectEvaluator {
 public:
  SelectEvaluator(const Project& project, const Graph& graph, const SelectOptions& options,
                  Selection& selection)
      : graph_(graph),
        options_(options),
        selectors_(project.selectors),
        selection_(selection),
        context_{project, graph, options, selection.warnings} {}

  /// Everything `spec` selects, resource types and blank files filtered.
  Result<NodeSet> selected(const SelectSpec& spec) {
    const Bundle bundle = FLOE_TRY(evaluate(spec));
    NodeSet result = graph_.none();
    for (const std::uint32_t i : bundle.direct.members()) {
      if (is_wanted(graph_.member(i))) result.add(i);
    }
    return result;
  }

 private:
  bool is_wanted(const Member& member) const {
    if (!options_.types.empty() && std::find(options_.types.begin(), options_.types.end(),
                                             member.type) == options_.types.end()) {
      return false;
    }
    if (options_.keep_empty || member.node == nullptr || member.type == ResourceType::kSeed) {
      return true;
    }
    return !trim(member.node->raw_code).empty() ||
           context_.project.functions.contains(member.unique_id());
  }

  Result<Bundle> evaluate(const SelectSpec& spec) {
    if (spec.kind == SelectSpec::Kind::kCriterion) return evaluate_criterion(spec);
    Bundle result{graph_.none(), graph_.none()};
    bool first = true;
    for (const SelectSpec& part : spec.parts) {
      Bundle bundle = FLOE_TRY(evaluate(part));
      bundle.indirect |= bundle.direct;
      if (first) {
        result = std::move(bundle);
        first = false;
      } else if (spec.kind == SelectSpec::Kind::kUnion) {
        result.direct |= bundle.direct;
        result.indirect |= bundle.indirect;
      } else if (spec.kind == SelectSpec::Kind::kIntersection) {
        result.direct &= bundle.direct;
        result.indirect &= bundle.indirect;
      } else {
        result.direct -= bundle.direct;
        result.indirect -= bundle.indirect;
      }
    }
    add_complete_tests(result, spec.indirect);
    if (spec.expect_exists && result.direct.empty()) selection_.unmatched.push_back(spec.raw);
    return result;
  }

  Result<Bundle> evaluate_criterion(const SelectSpec& spec) {
    NodeSet found = spec.method == SelectMethod::kSelector ? FLOE_TRY(search_selectors(spec))
                                                           : FLOE_TRY(search(context_, spec));
    NodeSet selected = found;
    if (spec.with_childrens_parents) {
      NodeSet below = graph_.descendants(found);
      below |= found;
      selected |= below;
      selected |= graph_.ancestors(below);
    }
    if (spec.with_parents) selected |= graph_.ancestors(found, spec.parents_depth);
    if (spec.with_children) selected |= graph_.descendants(found, spec.children_depth);
    // A named selector has brought its own tests, and left out those it excludes.
    if (spec.method == SelectMethod::kSelector || spec.indirect == IndirectSelection::kEmpty) {
      return Bundle{std::move(selected), graph_.none()};
    }
    return with_tests(std::move(selected), spec.indirect);
  }

  /// Adds the tests of selected nodes, as far as the mode lets them in.
  Bundle with_tests(NodeSet selected, IndirectSelection mode) const {
    Bundle result{selected, graph_.none()};
    NodeSet known = selected;
    if (mode == IndirectSelection::kBuildable) {
      known |= graph_.ancestors(selected);
      for (std::size_t i = 0; i < graph_.size(); ++i) {
        if (graph_.member(i).source != nullptr) known.add(i);
      }
    }
    for (const std::uint32_t i : selected.members()) {
      for (const std::uint32_t child : graph_.children(i)) {
        const ResourceType type = graph_.member(child).type;
        if (type != ResourceType::kTest && type != ResourceType::kUnitTest) continue;
        if (mode == IndirectSelection::kEager || has_all_parents(child, known)) {
          result.direct.add(child);
        } else {
          result.indirect.add(child);
        }
      }
    }
    return result;
  }

  /// Tests that were waiting for a parent join once all their parents are there.
  void add_complete_tests(Bundle& bundle, IndirectSelection mode) const {
    if (mode != IndirectSelection::kCautious && mode != IndirectSelection::kBuildable) return;
    NodeSet known = bundle.direct;
    if (mode == IndirectSelection::kBuildable) known |= graph_.ancestors(bundle.direct);
    for (const std::uint32_t i : bundle.indirect.members()) {
      if (graph_.member(i).node != nullptr && has_all_parents(i, known)) bundle.direct.add(i);
    }
  }

  bool has_all_parents(std::uint32_t i, const NodeSet& known) const {
    return std::all_of(graph_.member(i).depends_on().begin(), graph_.member(i).depends_on().end(),
                       [&](const std::string& parent) {
                         const std::optional<std::uint32_t> number = graph_.find(parent);
                         return number && known.contains(*number);
                       });
  }

  Result<NodeSet> search_selectors(const SelectSpec& spec) {
    if (!selectors_.is_map() || selectors_.empty()) {
      return fail(
          ErrorKind::kUsage,
          fmt::format("'{}' needs selectors.yml, which this project does not have", spec.raw));
    }
    if (++depth_ > kMaxSelectorDepth) {
      return fail(ErrorKind::kUsage,
                  fmt::format("selectors refer to each other in a circle at '{}'", spec.raw));
    }
    const std::string pattern = selector_text(spec.value);
    NodeSet found = graph_.none();
    bool any = false;
    for (const value::Member& member : selectors_.as_map()) {
      if (!glob_match(pattern, member.key)) continue;
      any = true;
      const SelectSpec inner =
          FLOE_TRY(parse_definition(selector_definition(member.value), options_.indirect));
      found |= FLOE_TRY(selected(inner));
    }
    --depth_;
    if (!any) {
      return fail(ErrorKind::kUsage, fmt::format("selectors.yml has no selector '{}'", pattern));
    }
    return found;
  }

  const Graph& graph_;
  const SelectOptions& options_;
  const Value& selectors_;
  Selection& selection_;
  SelectContext context_;
  int depth_ = 0;
};

}  // namespace

std::vector<std::string> Selection::unique_ids(const Graph& graph) const {
  std::vector<std::string> ids;
  for (const std::uint32_t i : nodes.members()) ids.push_back(graph.member(i).unique_id());
  return ids;
}

Result<Selection> select_nodes(const Project& project, const Graph& graph, const SelectSpec& spec,
                               const SelectOptions& options) {
  Selection selection;
  SelectEvaluator evaluator(project, graph, options, selection);
  selection.nodes = FLOE_TRY(evaluator.selected(spec));
  return selection;
}

}  // namespace floe::dbt
