// SPDX-License-Identifier: Apache-2.0
#include "dbt/graph/methods.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

namespace floe::dbt {

namespace {

using MemberTest = std::function<bool(const Member&)>;

NodeSet matching(const Graph& graph, const MemberTest& test) {
  NodeSet found = graph.none();
  for (std::size_t i = 0; i < graph.size(); ++i) {
    if (test(graph.member(i))) found.add(i);
  }
  return found;
}

bool is_versioned(const Member& member) {
  return member.node != nullptr && member.type == ResourceType::kModel &&
         !member.node->version.is_null();
}

/// Whether a dotted name or pattern names an fqn, from its front.
bool fqn_matches_from(const std::vector<std::string>& fqn, std::size_t from,
                      const std::string& name, bool versioned) {
  if (fqn.size() <= from) return false;
  const std::vector<std::string_view> wanted = split(name, '.');
  const std::string& leaf = versioned && fqn.size() - from >= 2 ? fqn[fqn.size() - 2] : fqn.back();
  if (leaf == name) return true;
  if (versioned && fqn.size() - from >= 2 && wanted.size() >= 2) {
    const std::string last_two = leaf + "_" + fqn.back();
    if (last_two == std::string(wanted[wanted.size() - 2]) + "_" + std::string(wanted.back())) {
      return true;
    }
  }
  if (versioned && wanted.size() == 1 && fqn.size() - from >= 2 &&
      leaf + "_" + fqn.back() == name) {
    return true;
  }
  std::vector<std::string_view> flat;
  for (std::size_t i = from; i < fqn.size(); ++i) {
    for (const std::string_view piece : split(fqn[i], '.')) flat.push_back(piece);
  }
  if (flat.size() < wanted.size()) return false;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i].find_first_of("*?[]") == std::string_view::npos) {
      if (flat[i] != wanted[i]) return false;
      continue;
    }
    // From the first wildcard on, the pattern must match all that is left.
    std::string rest;
    for (std::size_t j = i; j < flat.size(); ++j) {
      if (j > i) rest += '.';
      rest += flat[j];
    }
    std::string pattern;
    for (std::size_t j = i; j < wanted.size(); ++j) {
      if (j > i) pattern += '.';
      pattern += wanted[j];
    }
    return glob_match(pattern, rest) || (wanted.size() == 1 && glob_match(name, leaf));
  }
  return true;
}

bool fqn_matches(const Member& member, const std::string& name) {
  if (member.source != nullptr) return false;
  const bool versioned = is_versioned(member);
  return fqn_matches_from(member.fqn(), 0, name, versioned) ||
         fqn_matches_from(member.fqn(), 1, name, versioned);
}

const std::vector<std::string>* tags_of(const Member& member) {
  if (member.node != nullptr) return &member.node->tags;
  if (member.source != nullptr) return &member.source->tags;
  return member.type == ResourceType::kSemanticModel ? nullptr : &member.resource->tags;
}

const Value& config_of(const Member& member) {
  return member.node != nullptr     ? member.node->config
         : member.source != nullptr ? member.source->config
                                    : member.resource->config;
}

/// `[package.]name` for one type of resource.
Result<NodeSet> search_by_name(const SelectContext& context, const SelectSpec& spec,
                               ResourceType type) {
  const std::string text = selector_text(spec.value);
  const std::vector<std::string_view> pieces = split(text, '.');
  if (pieces.size() > 2) {
    return fail(ErrorKind::kUsage, fmt::format("selector '{}' has too many dots", spec.raw),
                "use NAME or PACKAGE.NAME");
  }
  const std::string_view package = pieces.size() == 2 ? pieces[0] : "*";
  const std::string_view name = pieces.back();
  return matching(context.graph, [&](const Member& member) {
    return member.type == type && glob_match(package, member.package_name()) &&
           glob_match(name, member.name());
  });
}

Result<NodeSet> search_source(const SelectContext& context, const SelectSpec& spec) {
  const std::string text = selector_text(spec.value);
  const std::vector<std::string_view> pieces = split(text, '.');
  if (pieces.size() > 3) {
    return fail(ErrorKind::kUsage, fmt::format("selector '{}' has too many dots", spec.raw),
                "use SOURCE, SOURCE.TABLE or PACKAGE.SOURCE.TABLE");
  }
  const std::string_view package = pieces.size() == 3 ? pieces[0] : "*";
  const std::string_view name = pieces.size() == 3 ? pieces[1] : pieces[0];
  const std::string_view table = pieces.size() == 1 ? "*" : pieces.back();
  return matching(context.graph, [&](const Member& member) {
    return member.source != nullptr && glob_match(package, member.package_name()) &&
           glob_match(name, member.source->source_name) && glob_match(table, member.name());
  });
}

/// Matches a file path against a pattern of path components, where ** is any number of folders.
bool path_matches(const std::vector<std::string_view>& pattern, std::size_t p,
                  const std::vector<std::string_view>& path, std::size_t i) {
  for (; p < pattern.size(); ++p) {
    if (pattern[p] == "**") {
      for (std::size_t skip = i; skip <= path.size(); ++skip) {
        if (path_matches(pattern, p + 1, path, skip)) return true;
      }
      return false;
    }
    if (i >= path.size() || !glob_match(pattern[p], path[i])) return false;
    ++i;
  }
  return i == path.size();
}

std::vector<std::string_view> path_components(std::string_view path) {
  std::vector<std::string_view> components;
  for (const std::string_view piece : split(path, '/')) {
    if (!piece.empty() && piece != ".") components.push_back(piece);
  }
  return components;
}

/// Decides which files and folders of the project a path pattern names.
class PathPattern {
 public:
  PathPattern(const fs::path& root, std::string_view pattern)
      : root_(root),
        components_(path_components(pattern)),
        folders_only_(pattern.ends_with('/') ||
                      (!components_.empty() && components_.back() == "**")) {}

  /// The path itself or one of the folders above it is named.
  bool names(const std::string& path, bool or_folder_above) {
    if (names_exactly(path)) return true;
    if (!or_folder_above) return false;
    std::string folder = path;
    for (std::size_t slash = folder.rfind('/'); slash != std::string::npos;
         slash = folder.rfind('/')) {
      folder.resize(slash);
      if (names_exactly(folder)) return true;
    }
    return names_exactly("");
  }

 private:
  bool names_exactly(const std::string& path) {
    const auto [it, added] = known_.try_emplace(path, false);
    if (!added) return it->second;
    std::error_code code;
    it->second =
        path_matches(components_, 0, path_components(path), 0) &&
        (folders_only_ ? fs::is_directory(root_ / path, code) : fs::exists(root_ / path, code));
    return it->second;
  }

  fs::path root_;
  std::vector<std::string_view> components_;
  bool folders_only_;
  std::map<std::string, bool> known_;
};

Result<NodeSet> search_path(const SelectContext& context, const SelectSpec& spec) {
  const std::string text = selector_text(spec.value);
  if (text.starts_with('/')) {
    return fail(ErrorKind::kUsage, fmt::format("selector '{}' is an absolute path", spec.raw),
                "give the path relative to the project");
  }
  if (path_components(text).empty()) {
    return fail(ErrorKind::kUsage, fmt::format("selector '{}' names no path", spec.raw));
  }
  PathPattern pattern(context.project.root, text);
  return matching(context.graph, [&](const Member& member) {
    if (pattern.names(member.original_file_path(), true)) return true;
    std::string_view patch = member.node != nullptr     ? member.node->patch_path
                             : member.source != nullptr ? member.source->patch_path
                                                        : std::string_view();
    const std::size_t scheme = patch.find("://");
    return scheme != std::string_view::npos &&
           pattern.names(std::string(patch.substr(scheme + 3)), false);
  });
}

bool file_matches(const Member& member, const std::string& pattern) {
  const fs::path path(member.original_file_path());
  return glob_match(pattern, path.filename().string()) || glob_match(pattern, path.stem().string());
}

/// Whether a resolved config value equals what the selector asks for.
bool config_equals(const Value& wanted, const Value& actual, bool ignore_case) {
  if (wanted.is_string() && actual.is_string()) {
    return ignore_case ? to_upper(wanted.as_string()) == to_upper(actual.as_string())
                       : wanted.as_string() == actual.as_string();
  }
  if (actual.is_bool()) {
    if (wanted.is_bool()) return wanted.as_bool() == actual.as_bool();
    return to_lower(selector_text(wanted)) == (actual.as_bool() ? "true" : "false");
  }
  return !actual.is_list() && wanted == actual;
}

/// Is it one of the manifest's functions? Some methods look at its nodes only.
bool is_function_member(const SelectContext& context, const Member& member) {
  return member.type == ResourceType::kFunction &&
         context.project.functions.contains(member.unique_id());
}

NodeSet search_config(const SelectContext& context, const SelectSpec& spec) {
  const bool ignore_case = spec.arguments == std::vector<std::string>{"severity"};
  return matching(context.graph, [&](const Member& member) {
    if (member.resource != nullptr || spec.arguments.empty()) return false;
    if (is_function_member(context, member)) return false;
    const Value* at = &config_of(member);
    for (const std::string& argument : spec.arguments) {
      const Value* next = at->find(argument);
      if (next == nullptr) next = at->find(replace_all(argument, "_", "-"));
      if (next == nullptr) return false;
      at = next;
    }
    if (!at->is_list()) return config_equals(spec.value, *at, ignore_case);
    return std::any_of(at->as_list().begin(), at->as_list().end(), [&](const Value& item) {
      return config_equals(spec.value, item, ignore_case);
    });
  });
}

std::optional<ResourceType> resource_type_from(std::string_view name) {
  for (const ResourceType type :
       {ResourceType::kModel, ResourceType::kAnalysis, ResourceType::kTest, ResourceType::kSnapshot,
        ResourceType::kOperation, ResourceType::kSeed, ResourceType::kSource,
        ResourceType::kExposure, ResourceType::kMetric, ResourceType::kSemanticModel,
        ResourceType::kSavedQuery, ResourceType::kUnitTest, ResourceType::kGroup,
        ResourceType::kMacro, ResourceType::kDoc, ResourceType::kFunction}) {
    if (resource_type_name(type) == name) return type;
  }
  return std::nullopt;
}

Result<NodeSet> search_resource_type(const SelectContext& context, const SelectSpec& spec) {
  const std::string text = selector_text(spec.value);
  const std::optional<ResourceType> type = resource_type_from(text);
  // Types that dbt has, but never in a graph.
  if (text == "rpc" || text == "sql_operation" || text == "fixture") return context.graph.none();
  if (!type) {
    return fail(ErrorKind::kUsage,
                fmt::format("'{}' in selector '{}' is not a resource type", text, spec.raw));
  }
  return matching(context.graph, [&](const Member& member) { return member.type == *type; });
}

Result<NodeSet> search_test_type(const SelectContext& context, const SelectSpec& spec) {
  const std::string text = selector_text(spec.value);
  const bool generic = text == "generic" || text == "schema" || text == "data";
  const bool singular = text == "singular" || text == "data";
  const bool unit = text == "unit";
  if (!generic && !singular && !unit) {
    return fail(ErrorKind::kUsage, fmt::format("'{}' is not a type of test", text),
                "use generic, singular, unit or data");
  }
  return matching(context.graph, [&](const Member& member) {
    if (member.type == ResourceType::kUnitTest) return unit;
    if (member.type != ResourceType::kTest) return false;
    return member.node->test_metadata ? generic : singular;
  });
}

/// -1, 0, 1 as dbt orders model versions: as numbers if both are, else as text.
int compare_versions(const Value& a, const Value& b) {
  const auto number = [](const Value& value) -> std::optional<double> {
    if (value.is_number()) return value.as_double();
    const std::string text = selector_text(value);
    char* end = nullptr;
    const double result = std::strtod(text.c_str(), &end);
    if (text.empty() || end != text.c_str() + text.size()) return std::nullopt;
    return result;
  };
  const std::optional<double> x = number(a);
  const std::optional<double> y = number(b);
  if (x && y) return *x < *y ? -1 : *x > *y ? 1 : 0;
  return selector_text(a).compare(selector_text(b));
}

Result<NodeSet> search_version(const SelectContext& context, const SelectSpec& spec) {
  const std::string text = selector_text(spec.value);
  if (text != "latest" && text != "prerelease" && text != "old" && text != "none") {
    return fail(ErrorKind::kUsage, fmt::format("'{}' is not a kind of model version", text),
                "use latest, prerelease, old or none");
  }
  return matching(context.graph, [&](const Member& member) {
    if (member.node == nullptr || member.type != ResourceType::kModel) return false;
    const Node& node = *member.node;
    if (text == "none") return node.version.is_null();
    if (node.version.is_null() || node.latest_version.is_null()) return false;
    const int order = compare_versions(node.version, node.latest_version);
    return text == "latest" ? node.version == node.latest_version
                            : (text == "prerelease" ? order > 0 : order < 0);
  });
}

Result<NodeSet> search_result(const SelectContext& context, const SelectSpec& spec) {
  const PreviousState* state = context.options.state;
  if (state == nullptr || !state->run_results) {
    return fail(ErrorKind::kUsage,
                fmt::format("'{}' needs the results of an earlier run", spec.raw),
                "give the folder of its run_results.json with --state");
  }
  const std::string wanted = selector_text(spec.value);
  std::set<std::string> ids;
  if (const Value* results = state->run_results->find("results");
      results != nullptr && results->is_list()) {
    for (const Value& result : results->as_list()) {
      const Value* status = result.find("status");
      const Value* id = result.find("unique_id");
      if (status != nullptr && id != nullptr && selector_text(*status) == wanted) {
        ids.insert(selector_text(*id));
      }
    }
  }
  return matching(context.graph,
                  [&](const Member& member) { return ids.contains(member.unique_id()); });
}

/// unique_id → max_loaded_at ("" if the freshness query failed).
std::map<std::string, std::string> loaded_times(const Value& sources) {
  std::map<std::string, std::string> times;
  const Value* results = sources.find("results");
  if (results == nullptr || !results->is_list()) return times;
  for (const Value& result : results->as_list()) {
    const Value* id = result.find("unique_id");
    const Value* time = result.find("max_loaded_at");
    if (id != nullptr) times[selector_text(*id)] = time == nullptr ? "" : selector_text(*time);
  }
  return times;
}

Result<NodeSet> search_source_status(const SelectContext& context, const SelectSpec& spec) {
  const PreviousState* state = context.options.state;
  if (state == nullptr || !state->sources) {
    return fail(ErrorKind::kUsage,
                fmt::format("'{}' needs the sources.json of an earlier run", spec.raw),
                "give its folder with --state");
  }
  if (!state->current_sources) {
    return fail(ErrorKind::kUsage, fmt::format("'{}' needs a current sources.json", spec.raw),
                "run `source freshness` first");
  }
  if (selector_text(spec.value) != "fresher") return context.graph.none();
  const std::map<std::string, std::string> before = loaded_times(*state->sources);
  const std::map<std::string, std::string> now = loaded_times(*state->current_sources);
  return matching(context.graph, [&](const Member& member) {
    const auto current = now.find(member.unique_id());
    if (current == now.end() || current->second.empty()) return false;
    const auto previous = before.find(member.unique_id());
    // Times are ISO 8601 in UTC: text order is time order.
    return previous == before.end() || previous->second < current->second;
  });
}

NodeSet search_test_name(const SelectContext& context, const std::string& pattern) {
  return matching(context.graph, [&](const Member& member) {
    if (member.type == ResourceType::kUnitTest) return glob_match(pattern, member.name());
    return member.type == ResourceType::kTest && member.node->test_metadata &&
           glob_match(pattern, member.node->test_metadata->name);
  });
}

NodeSet search_group(const SelectContext& context, const std::string& pattern) {
  return matching(context.graph, [&](const Member& member) {
    if (member.node == nullptr && member.type != ResourceType::kMetric) return false;
    if (is_function_member(context, member)) return false;
    const Value* group = config_of(member).find("group");
    return group != nullptr && group->is_string() && !group->empty() &&
           glob_match(pattern, group->as_string());
  });
}

}  // namespace

std::string selector_text(const Value& value) {
  switch (value.kind()) {
    case value::Kind::kString:
    case value::Kind::kTimestamp: return value.as_string();
    case value::Kind::kBool: return value.as_bool() ? "True" : "False";
    case value::Kind::kInt: return std::to_string(value.as_int());
    case value::Kind::kFloat: return fmt::format("{}", value.as_double());
    default: return {};
  }
}

Result<NodeSet> search(const SelectContext& context, const SelectSpec& spec) {
  const std::string text = selector_text(spec.value);
  const auto filter = [&](const MemberTest& test) { return matching(context.graph, test); };
  switch (spec.method) {
    case SelectMethod::kFqn:
      return filter([&](const Member& member) { return fqn_matches(member, text); });
    case SelectMethod::kTag:
      return filter([&](const Member& member) {
        const std::vector<std::string>* tags = tags_of(member);
        return tags != nullptr &&
               std::any_of(tags->begin(), tags->end(),
                           [&](const std::string& tag) { return glob_match(text, tag); });
      });
    case SelectMethod::kGroup: return search_group(context, text);
    case SelectMethod::kAccess:
      return filter([&](const Member& member) {
        return member.type == ResourceType::kModel && member.node->access == text;
      });
    case SelectMethod::kSource: return search_source(context, spec);
    case SelectMethod::kPath: return search_path(context, spec);
    case SelectMethod::kFile:
      return filter([&](const Member& member) { return file_matches(member, text); });
    case SelectMethod::kPackage: {
      const std::string package = text == "this" ? context.project.name : text;
      return filter(
          [&](const Member& member) { return glob_match(package, member.package_name()); });
    }
    case SelectMethod::kConfig: return search_config(context, spec);
    case SelectMethod::kTestName: return search_test_name(context, text);
    case SelectMethod::kTestType: return search_test_type(context, spec);
    case SelectMethod::kResourceType: return search_resource_type(context, spec);
    case SelectMethod::kState: return search_state(context, text);
    case SelectMethod::kExposure: return search_by_name(context, spec, ResourceType::kExposure);
    case SelectMethod::kMetric: return search_by_name(context, spec, ResourceType::kMetric);
    case SelectMethod::kResult: return search_result(context, spec);
    case SelectMethod::kSourceStatus: return search_source_status(context, spec);
    case SelectMethod::kVersion: return search_version(context, spec);
    case SelectMethod::kSemanticModel:
      return search_by_name(context, spec, ResourceType::kSemanticModel);
    case SelectMethod::kSavedQuery: return search_by_name(context, spec, ResourceType::kSavedQuery);
    case SelectMethod::kUnitTest: return search_by_name(context, spec, ResourceType::kUnitTest);
    case SelectMethod::kSelector: break;  // needs the evaluator
  }
  return context.graph.none();
}

}  // namespace floe::dbt
