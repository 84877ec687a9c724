// SPDX-License-Identifier: Apache-2.0
#include "dbt/project/node_object.h"

#include "dbt/context/convert.h"

#include <functional>
#include <unordered_map>

namespace floe::dbt {

namespace {

jinja::Value text_items(const std::vector<std::string>& texts) {
  std::vector<jinja::Value> items;
  items.reserve(texts.size());
  for (const std::string& text : texts) items.emplace_back(text);
  return jinja::Value::list(std::move(items));
}

jinja::Value text_or_none(const std::string& text) {
  return text.empty() ? jinja::Value::none() : jinja::Value(text);
}

jinja::Value ref_items(const Node& node) {
  std::vector<jinja::Value> items;
  for (const RefArgs& ref : node.refs) {
    items.push_back(jinja::Value::dict(
        {{"name", jinja::Value(ref.name)},
         {"package", ref.package ? jinja::Value(*ref.package) : jinja::Value::none()},
         {"version", to_jinja(ref.version)}}));
  }
  return jinja::Value::list(std::move(items));
}

jinja::Value function_items(const Node& node) {
  std::vector<jinja::Value> items;
  for (const std::vector<std::string>& called : node.functions) items.push_back(text_items(called));
  return jinja::Value::list(std::move(items));
}

jinja::Value column_items(const Node& node) {
  jinja::Value columns = jinja::Value::dict();
  for (const auto& [name, column] : node.columns) {
    columns.set(name,
                jinja::Value::dict({{"name", jinja::Value(column.name)},
                                    {"description", jinja::Value(column.description)},
                                    {"data_type", column.data_type ? jinja::Value(*column.data_type)
                                                                   : jinja::Value::none()},
                                    {"meta", to_jinja(column.meta)},
                                    {"tags", text_items(column.tags)},
                                    {"constraints", to_jinja(column.constraints)}}));
  }
  return columns;
}

using Reader = std::function<jinja::Value(const Node&)>;

const std::unordered_map<jinja::Name, Reader>& node_readers() {
  static const std::unordered_map<jinja::Name, Reader> kReaders = [] {
    std::unordered_map<jinja::Name, Reader> all;
    const auto put = [&all](std::string_view name, Reader reader) {
      all.emplace(jinja::Name(name), std::move(reader));
    };
    put("name", [](const Node& n) { return jinja::Value(n.name); });
    put("unique_id", [](const Node& n) { return jinja::Value(n.unique_id); });
    put("resource_type", [](const Node& n) { return jinja::Value(resource_type_name(n.type)); });
    put("package_name", [](const Node& n) { return jinja::Value(n.package_name); });
    put("path", [](const Node& n) { return jinja::Value(n.path); });
    put("original_file_path", [](const Node& n) { return jinja::Value(n.original_file_path); });
    put("fqn", [](const Node& n) { return text_items(n.fqn); });
    put("database", [](const Node& n) { return jinja::Value(n.database); });
    put("schema",
        [](const Node& n) { return n.has_schema ? jinja::Value(n.schema) : jinja::Value::none(); });
    put("alias", [](const Node& n) { return jinja::Value(n.alias); });
    put("identifier", [](const Node& n) { return jinja::Value(n.alias); });
    put("relation_name", [](const Node& n) { return text_or_none(n.relation_name); });
    put("config", [](const Node& n) { return config_object(n.config); });
    put("unrendered_config", [](const Node& n) { return to_jinja(n.unrendered_config); });
    put("tags", [](const Node& n) { return text_items(n.tags); });
    put("meta", [](const Node& n) { return to_jinja(n.meta); });
    put("docs", [](const Node& n) { return to_jinja(n.docs); });
    put("description", [](const Node& n) { return jinja::Value(n.description); });
    put("columns", column_items);
    put("raw_code", [](const Node& n) { return jinja::Value(n.raw_code); });
    put("raw_sql", [](const Node& n) { return jinja::Value(n.raw_code); });
    put("language", [](const Node& n) { return jinja::Value(n.language); });
    put("refs", ref_items);
    put("functions", function_items);
    put("arguments", [](const Node& n) { return to_jinja(n.arguments); });
    put("returns", [](const Node& n) { return to_jinja(n.returns); });
    put("overloads", [](const Node& n) { return to_jinja(n.overloads); });
    put("group", [](const Node& n) { return text_or_none(n.group); });
    put("access", [](const Node& n) { return text_or_none(n.access); });
    put("version", [](const Node& n) { return to_jinja(n.version); });
    put("latest_version", [](const Node& n) { return to_jinja(n.latest_version); });
    put("checksum", [](const Node& n) {
      return jinja::Value::dict({{"name", jinja::Value(n.checksum.name)},
                                 {"checksum", jinja::Value(n.checksum.checksum)}});
    });
    put("depends_on", [](const Node& n) {
      return jinja::Value::dict(
          {{"macros", text_items(n.depends_on_macros)}, {"nodes", text_items(n.depends_on_nodes)}});
    });
    put("column_name", [](const Node& n) { return text_or_none(n.column_name); });
    put("file_key_name", [](const Node& n) { return text_or_none(n.file_key_name); });
    put("attached_node", [](const Node& n) { return text_or_none(n.attached_node); });
    put("test_metadata", [](const Node& n) {
      if (!n.test_metadata) return jinja::Value::none();
      return jinja::Value::dict(
          {{"name", jinja::Value(n.test_metadata->name)},
           {"kwargs", to_jinja(n.test_metadata->kwargs)},
           {"namespace", n.test_metadata->namespace_ ? jinja::Value(*n.test_metadata->namespace_)
                                                     : jinja::Value::none()}});
    });
    put("is_versioned", [](const Node& n) { return jinja::Value(!n.version.is_null()); });
    put("is_ephemeral",
        [](const Node& n) { return jinja::Value(n.materialized() == "ephemeral"); });
    put("is_ephemeral_model",
        [](const Node& n) { return jinja::Value(n.materialized() == "ephemeral"); });
    put("is_refable", [](const Node& n) { return jinja::Value(n.is_refable()); });
    return all;
  }();
  return kReaders;
}

class ConfigObject : public jinja::Object {
 public:
  explicit ConfigObject(const Value& config) : values_(to_jinja(config)) {}
  std::string type_name() const override { return "ModelConfig"; }
  std::optional<jinja::Value> get_attr(jinja::Name name) override {
    const jinja::Value* found = values_.as_dict().find(name.view());
    if (found == nullptr && name == "pre_hook")
      found = values_.as_dict().find(std::string_view("pre-hook"));
    if (found == nullptr && name == "post_hook")
      found = values_.as_dict().find(std::string_view("post-hook"));
    return found == nullptr ? std::nullopt : std::optional(*found);
  }
  std::optional<jinja::Value> get_item(const jinja::Value& key) override {
    if (!key.is_str()) return std::nullopt;
    return get_attr(jinja::Name(key.as_str()));
  }
  bool call_method(jinja::CallContext&, jinja::Name name, const jinja::Args& args,
                   jinja::Value& result) override {
    if (name != "get" && name != "meta_get") return false;
    if (args.positional.empty()) return false;
    const jinja::Value source = name == "get" ? values_ : values_.get("meta");
    const jinja::Value* found =
        source.is_dict() ? source.as_dict().find(args.positional[0]) : nullptr;
    if (found != nullptr) {
      result = *found;
    } else if (args.positional.size() > 1) {
      result = args.positional[1];
    } else {
      const jinja::Value* fallback = args.find("default");
      result = fallback == nullptr ? jinja::Value::none() : *fallback;
    }
    return true;
  }
  std::optional<bool> contains(const jinja::Value& item) override {
    return values_.as_dict().contains(item);
  }
  bool is_mapping() const override { return true; }

 private:
  jinja::Value values_;
};

}  // namespace

jinja::Value config_object(const Value& config) { return jinja::make_object<ConfigObject>(config); }

std::optional<jinja::Value> NodeObject::get_attr(jinja::Name name) {
  const auto it = node_readers().find(name);
  std::optional<jinja::Value> value;
  if (it != node_readers().end()) value = it->second(*node_);
  if (!value || !value->is_str()) {
    reads_.reset();
  } else if (reads_) {
    reads_->emplace_back(name, value->as_str());
  }
  return value;
}

bool reads_same(const Node& node, const NodeObject::Reads& reads) {
  return std::all_of(reads.begin(), reads.end(), [&node](const auto& read) {
    const jinja::Value value = node_readers().at(read.first)(node);
    return value.is_str() && value.as_str() == read.second;
  });
}

std::optional<jinja::Value> NodeObject::get_item(const jinja::Value& key) {
  if (!key.is_str()) return std::nullopt;
  return get_attr(jinja::Name(key.as_str()));
}

bool NodeObject::call_method(jinja::CallContext&, jinja::Name name, const jinja::Args& args,
                             jinja::Value& result) {
  if (name != "get" || args.positional.empty() || !args[0].is_str()) return false;
  if (std::optional<jinja::Value> found = get_item(args[0])) {
    result = *found;
  } else {
    result = args.positional.size() > 1 ? args[1] : jinja::Value::none();
  }
  return true;
}

std::optional<bool> NodeObject::contains(const jinja::Value& item) {
  return get_item(item).has_value();
}

}  // namespace floe::dbt
