// SPDX-License-Identifier: Apache-2.0
#include "runtime/live_graph.h"

#include "base/text.h"
#include "dbt/jinja/object.h"
#include "dbt/manifest/json_writer.h"
#include "dbt/manifest/write_manifest.h"
#include "dbt/project/config.h"

#include <algorithm>
#include <tuple>
#include <unordered_set>

namespace floe::runtime {

std::string node_json(const dbt::Node& node) {
  dbt::JsonWriter json;
  dbt::write_node(json, node);
  return json.take();
}

void PublishedNodes::open(const dbt::Project& project) {
  for (const auto* nodes : {&project.nodes, &project.functions}) {
    for (const auto& [id, node] : *nodes) {
      texts_.emplace(id, std::make_shared<const std::string>(node_json(*node)));
    }
  }
}

void PublishedNodes::publish(const dbt::Node& node) {
  if (texts_.empty()) return;
  Text text = std::make_shared<const std::string>(node_json(node));
  const std::lock_guard lock(mutex_);
  const auto at = texts_.find(node.unique_id);
  if (at != texts_.end()) at->second = std::move(text);
}

PublishedNodes::Text PublishedNodes::find(const std::string& unique_id) const {
  const std::lock_guard lock(mutex_);
  const auto at = texts_.find(unique_id);
  return at == texts_.end() ? nullptr : at->second;
}

namespace {

using JValue = jinja::Value;

class GraphMapping : public jinja::Object {
 public:
  GraphMapping(std::vector<std::string> ids, std::function<JValue(const std::string&)> get)
      : ids_(std::move(ids)), known_(ids_.begin(), ids_.end()), get_(std::move(get)) {}
  std::string type_name() const override { return "FlatGraphMapping"; }
  bool is_mapping() const override { return true; }
  bool truthy() override { return !ids_.empty(); }
  std::optional<std::size_t> length() override { return ids_.size(); }
  std::optional<bool> contains(const JValue& key) override {
    return key.is_str() && known_.contains(std::string(key.as_str()));
  }
  std::optional<JValue> get_item(const JValue& key) override {
    if (!*contains(key)) return std::nullopt;
    return get_(std::string(key.as_str()));
  }
  jinja::IteratorPtr iterate() override { return std::make_unique<Ids>(ids_); }
  std::span<const std::string_view> method_names() const override {
    static constexpr std::string_view kNames[] = {"get", "items", "keys", "values"};
    return kNames;
  }
  bool call_method(jinja::CallContext&, jinja::Name name, const jinja::Args& args,
                   JValue& result) override {
    if (name == "get" && (args.size() == 1 || args.size() == 2)) {
      std::optional<JValue> found = get_item(args[0]);
      result = found ? std::move(*found) : args.size() == 2 ? args[1] : JValue::none();
      return true;
    }
    const bool keys = name == "keys";
    const bool items = name == "items";
    if ((!keys && !items && name != "values") || !args.empty()) return false;
    result = JValue::list();
    for (const std::string& id : ids_) {
      if (keys) {
        result.append(JValue(id));
      } else {
        result.append(items ? JValue::tuple({JValue(id), get_(id)}) : get_(id));
      }
    }
    return true;
  }

 private:
  class Ids : public jinja::ValueIterator {
   public:
    explicit Ids(const std::vector<std::string>& ids) : ids_(ids) {}
    bool next(JValue& out) override {
      if (at_ == ids_.size()) return false;
      out = JValue(ids_[at_++]);
      return true;
    }

   private:
    std::vector<std::string> ids_;
    std::size_t at_ = 0;
  };

  std::vector<std::string> ids_;
  std::unordered_set<std::string> known_;
  std::function<JValue(const std::string&)> get_;
};

int reading_rank(const dbt::Node& node) {
  using Type = dbt::ResourceType;
  switch (node.type) {
    case Type::kModel: return 0;
    case Type::kSnapshot: return 1;
    case Type::kAnalysis: return 2;
    case Type::kTest: return 3;
    case Type::kSeed: return 4;
    case Type::kOperation: return contains(node.name, "-on-run-end-") ? 6 : 5;
    default: return 7;
  }
}

/// Files of a folder come before its subfolders.
bool is_read_before(const std::string& a, const std::string& b) {
  std::size_t begin = 0;
  while (true) {
    const std::size_t end_a = a.find('/', begin);
    const std::size_t end_b = b.find('/', begin);
    const bool same = a.compare(begin, end_a - begin, b, begin, end_b - begin) == 0;
    if (!same || end_a == std::string::npos || end_b == std::string::npos) {
      const bool folder_a = end_a != std::string::npos;
      const bool folder_b = end_b != std::string::npos;
      if (folder_a != folder_b) return folder_b;
      return a.compare(begin, std::string::npos, b, begin, std::string::npos) < 0;
    }
    begin = end_a + 1;
  }
}

/// A new dict with what `copied` makes of each value.
template <class Copied>
JValue copied_dict(const JValue& dict, Copied copied) {
  JValue copy = JValue::dict();
  for (const auto& entry : dict.as_dict()) {
    const std::string_view name = entry.key.is_str() ? entry.key.as_str() : std::string_view();
    copy.mutable_dict().set(entry.key, copied(name, entry.value));
  }
  return copy;
}

/// A value that dbt knows the type of; what stands in a mapping of anything is taken over.
JValue copied_member(std::string_view name, const JValue& value) {
  if (value.is_dict() && (name == "meta" || name == "unrendered_config")) {
    return copied_dict(value, [](std::string_view, const JValue& each) { return each; });
  }
  return value.deep_copy();
}

JValue copied_config(const JValue& config, dbt::ResourceType type) {
  const auto& known = dbt::config_class(type).index;
  return copied_dict(config, [&](std::string_view name, const JValue& value) {
    return known.contains(name) ? copied_member(name, value) : value;
  });
}

}  // namespace

std::vector<std::string> ids_as_read(const std::map<std::string, std::unique_ptr<dbt::Node>>& nodes,
                                     const std::vector<std::string>& packages) {
  std::vector<const dbt::Node*> order;
  for (const auto& [id, node] : nodes) order.push_back(node.get());
  const auto key = [&](const dbt::Node& node) {
    const auto package = std::find(packages.begin(), packages.end(), node.package_name);
    return std::tuple(node.test_metadata.has_value(), package - packages.begin(),
                      reading_rank(node));
  };
  // Of a resource the tests of its columns come before its own.
  const auto place = [&](const dbt::Node& node) {
    const auto tested = nodes.find(node.attached_node);
    const std::uint32_t patch =
        tested == nodes.end() ? node.span.begin : tested->second->patch_span.begin;
    return std::tuple(patch, tested != nodes.end() && node.column_name.empty(), node.span.begin);
  };
  std::stable_sort(order.begin(), order.end(), [&](const dbt::Node* a, const dbt::Node* b) {
    const auto key_a = key(*a);
    const auto key_b = key(*b);
    if (key_a != key_b) return key_a < key_b;
    if (a->original_file_path != b->original_file_path) {
      return is_read_before(a->original_file_path, b->original_file_path);
    }
    return place(*a) < place(*b);
  });
  std::vector<std::string> ids;
  for (const dbt::Node* node : order) ids.push_back(node->unique_id);
  return ids;
}

jinja::Value graph_mapping(std::vector<std::string> ids,
                           std::function<jinja::Value(const std::string&)> get) {
  return jinja::make_object<GraphMapping>(std::move(ids), std::move(get));
}

jinja::Value graph_copy(const jinja::Value& resource, dbt::ResourceType type) {
  if (!resource.is_dict()) return resource;
  return copied_dict(resource, [&](std::string_view name, const JValue& value) {
    return name == "config" && value.is_dict() ? copied_config(value, type)
                                               : copied_member(name, value);
  });
}

}  // namespace floe::runtime
