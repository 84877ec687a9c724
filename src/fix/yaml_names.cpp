// SPDX-License-Identifier: Apache-2.0
#include "fix/yaml_names.h"

#include "base/text.h"

#include <algorithm>
#include <array>

namespace floe::fix {

using value::Member;
using value::Value;

namespace {

/// Gathers edits in one file; a place that an alias shares is edited once.
class YamlNames {
 public:
  YamlNames(const YamlText& yaml, const ProjectFolder& folder, const Names& names)
      : yaml_(yaml), folder_(folder), names_(names) {}

  /// A scalar that is a node's name and nothing else.
  void name(const Value* scalar) {
    if (scalar == nullptr || !scalar->is_string()) return;
    const auto to = names_.find(scalar->as_string());
    if (to != names_.end()) replace(*scalar, to->second);
  }

  void replace(const Value& scalar, std::string_view text) {
    if (auto edit = yaml_.replace(scalar, text)) add(std::move(*edit));
  }

  void key(const Member& member, std::string_view text) { add(yaml_.replace_key(member, text)); }

  /// ref() calls in every text below, but for those that are prose.
  void code(const Value& value) {
    if (value.is_list()) {
      for (const Value& item : value.as_list()) code(item);
    } else if (value.is_map()) {
      for (const Member& member : value.as_map()) {
        static constexpr std::array<std::string_view, 3> kProse = {"description", "meta", "label"};
        if (std::find(kProse.begin(), kProse.end(), member.key) == kProse.end()) code(member.value);
      }
    } else if (value.is_string()) {
      code_text(value);
    }
  }

  /// A selector in command-line form.
  void selector(const Value& scalar) {
    if (!scalar.is_string()) return;
    const std::string text = renamed_selector(scalar.as_string(), folder_, names_);
    if (text != scalar.as_string()) replace(scalar, text);
  }

  std::vector<TextEdit> take() { return std::move(edits_); }

 private:
  void add(TextEdit edit) {
    if (std::find(edits_.begin(), edits_.end(), edit) == edits_.end()) {
      edits_.push_back(std::move(edit));
    }
  }

  void code_text(const Value& scalar) {
    const std::string& text = scalar.as_string();
    if (!contains(text, "ref") && !contains(text, folder_.project().name + ".")) return;
    const auto written = decode_scalar(yaml_.written(scalar.span));
    if (!written) return;
    const bool is_template = contains(written->text, "{{") || contains(written->text, "{%");
    const bool is_call = trim(written->text).starts_with("ref(");
    if (!is_template && !is_call) return;
    const auto sites =
        is_template ? sites_in_jinja(written->text) : sites_in_expression(written->text);
    for (const NameSite& site : sites) {
      const auto to = names_.find(site.name);
      if (to == names_.end()) continue;
      if (!site.package.empty() && site.package != folder_.project().name) continue;
      const std::size_t base = yaml_.begin_of(scalar.span);
      add({base + written->offsets[site.begin], base + written->offsets[site.end], to->second});
    }
  }

  const YamlText& yaml_;
  const ProjectFolder& folder_;
  const Names& names_;
  std::vector<TextEdit> edits_;
};

const Value::List& items_of(const Value* list) {
  static const Value::List kNone;
  return list != nullptr && list->is_list() ? list->as_list() : kNone;
}

/// Files of versions are named in `defined_in`.
void add_version_files(YamlNames& out, const ProjectFolder& folder, const Names& names,
                       const Value& entry, const std::string& name) {
  for (const Value& version : items_of(entry.find("versions"))) {
    const Value* defined = version.find("defined_in");
    if (defined == nullptr || !defined->is_string()) continue;
    for (const dbt::Node* node : folder.named(name)) {
      const std::string path = folder.file_of(*node);
      if (stem_of(path) != defined->as_string()) continue;
      const std::string stem = stem_of(renamed_file(folder, *node, names));
      if (stem != defined->as_string()) out.replace(*defined, stem);
    }
  }
}

/// Keys of dbt_project.yml that stand for the node itself: models: → project → folder → name.
void add_config_keys(YamlNames& out, const Value* section, const dbt::Node& node,
                     const std::string& to) {
  const Value* level = section;
  for (const std::string& part : node.fqn) {
    if (level == nullptr || !level->is_map()) return;
    const Value* next = nullptr;
    for (const Member& member : level->as_map()) {
      if (member.key != part) continue;
      const bool is_last = part == node.name && &part != node.fqn.data();
      if (is_last) out.key(member, to);
      next = &member.value;
    }
    level = next;
  }
}

std::string_view section_of(dbt::ResourceType type) {
  switch (type) {
    case dbt::ResourceType::kSeed: return "seeds";
    case dbt::ResourceType::kSnapshot: return "snapshots";
    default: return "models";
  }
}

/// A definition of selectors.yml.
void add_selectors(YamlNames& out, const ProjectFolder& folder, const Names& names,
                   const Value& definition) {
  if (definition.is_list()) {
    for (const Value& item : definition.as_list()) add_selectors(out, folder, names, item);
    return;
  }
  if (definition.is_string()) {
    out.selector(definition);
    return;
  }
  if (!definition.is_map()) return;
  const Value* method = definition.find("method");
  const Value* value = definition.find("value");
  if (method != nullptr && method->is_string() && value != nullptr && value->is_string()) {
    const std::string lead = method->as_string() + ":";
    const std::string text = renamed_selector(lead + value->as_string(), folder, names);
    if (text.starts_with(lead) && text.substr(lead.size()) != value->as_string()) {
      out.replace(*value, text.substr(lead.size()));
    }
  }
  for (const Member& member : definition.as_map()) {
    if (member.key != "method" && member.key != "value") {
      add_selectors(out, folder, names, member.value);
    }
  }
}

std::string renamed_value(const std::string& method, const std::string& value,
                          const ProjectFolder& folder, const Names& names) {
  for (const auto& [from, to] : names) {
    for (const dbt::Node* node : folder.named(from)) {
      if (method == "path" || method == "file") {
        const std::string path = folder.file_of(*node).substr(folder.prefix.size());
        const std::string target = renamed_file(folder, *node, names).substr(folder.prefix.size());
        if (value == path) return target;
        if (method == "file" && value == path.substr(folder_of(path).size())) {
          return target.substr(folder_of(target).size());
        }
        if (method == "file" && value == stem_of(path)) return stem_of(target);
      } else if (value == from) {
        return to;
      } else if (value == join(node->fqn, ".") && value.ends_with("." + from)) {
        return value.substr(0, value.size() - from.size()) + to;
      }
    }
  }
  return value;
}

/// One criterion: `2+fqn:stg_orders+1`.
std::string renamed_criterion(std::string_view text, const ProjectFolder& folder,
                              const Names& names) {
  static constexpr std::string_view kDigits = "0123456789";
  std::size_t begin = text.starts_with('@') ? 1 : 0;
  const std::size_t digits = std::min(text.find_first_not_of(kDigits, begin), text.size());
  if (digits < text.size() && text[digits] == '+') begin = digits + 1;
  std::size_t end = text.size();
  const std::size_t plus = text.rfind('+');
  if (plus != std::string_view::npos && plus >= begin &&
      text.find_first_not_of(kDigits, plus + 1) == std::string_view::npos) {
    end = plus;
  }
  std::string_view inner = text.substr(begin, end - begin);
  std::string method;
  if (const std::size_t colon = inner.find(':'); colon != std::string_view::npos) {
    method = inner.substr(0, colon);
    inner.remove_prefix(colon + 1);
    static constexpr std::array<std::string_view, 3> kNaming = {"fqn", "path", "file"};
    if (std::find(kNaming.begin(), kNaming.end(), method) == kNaming.end()) {
      return std::string(text);
    }
  } else if (contains(inner, "/")) {
    method = "path";
  } else if (contains(inner, ".sql") || contains(inner, ".csv") || contains(inner, ".py")) {
    method = "file";
  }
  const std::string renamed = renamed_value(method, std::string(inner), folder, names);
  const std::size_t at = static_cast<std::size_t>(inner.data() - text.data());
  return std::string(text.substr(0, at)) + renamed + std::string(text.substr(end));
}

}  // namespace

std::string renamed_selector(std::string_view text, const ProjectFolder& folder,
                             const Names& names) {
  std::string out;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find_first_of(", ", at), text.size());
    out += renamed_criterion(text.substr(at, end - at), folder, names);
    if (end < text.size()) out += text[end];
    at = end + 1;
  }
  return out;
}

std::vector<TextEdit> yaml_name_edits(const YamlText& yaml, const std::string& path,
                                      const ProjectFolder& folder, const Names& names) {
  YamlNames out(yaml, folder, names);
  const Value& root = yaml.root();
  if (path == folder.prefix + "selectors.yml") {
    for (const Value& entry : items_of(root.find("selectors"))) {
      if (const Value* definition = entry.find("definition")) {
        add_selectors(out, folder, names, *definition);
      }
    }
    return out.take();
  }
  if (path == folder.prefix + "dbt_project.yml") {
    for (const auto& [from, to] : names) {
      for (const dbt::Node* node : folder.named(from)) {
        add_config_keys(out, root.find(section_of(node->type)), *node, to);
      }
    }
    out.code(root);
    return out.take();
  }
  for (const std::string_view section : {"models", "seeds", "snapshots"}) {
    for (const Value& entry : items_of(root.find(section))) {
      const Value* name = entry.find("name");
      if (name == nullptr || !name->is_string()) continue;
      out.name(name);
      if (names.contains(name->as_string())) {
        add_version_files(out, folder, names, entry, name->as_string());
      }
    }
  }
  for (const Value& test : items_of(root.find("unit_tests"))) out.name(test.find("model"));
  out.code(root);
  return out.take();
}

std::string pattern_that_loses(const YamlText& yaml, const std::string& from,
                               const std::string& to) {
  const auto loses = [&](const Value& pattern) {
    if (!pattern.is_string()) return false;
    std::string_view text = pattern.as_string();
    if (text.find_first_of("*?[") == std::string_view::npos) return false;
    while (!text.empty() && contains("@+0123456789", text.substr(0, 1))) text.remove_prefix(1);
    while (!text.empty() && contains("+0123456789", text.substr(text.size() - 1))) {
      text.remove_suffix(1);
    }
    return glob_match(text, from) && !glob_match(text, to);
  };
  for (const Value& gate : items_of(yaml.root().find_path("quality.gates"))) {
    const Value* models = gate.find_path("scope.models");
    bool lost = models != nullptr && loses(*models);
    for (const Value& model : items_of(models)) lost = lost || loses(model);
    if (lost) return "a quality gate of floe.yaml takes it by a pattern";
  }
  for (const Value& transform : items_of(yaml.root().find("transforms"))) {
    for (const char* key : {"select", "exclude"}) {
      for (const Value& item : items_of(transform.find(key))) {
        if (loses(item)) return "floe.yaml selects it by a pattern";
      }
    }
  }
  return "";
}

std::vector<TextEdit> product_name_edits(const YamlText& yaml, const ProjectFolder& folder,
                                         const Names& names) {
  YamlNames out(yaml, folder, names);
  const Value& root = yaml.root();
  for (const Value& port : items_of(root.find("output_ports"))) out.name(port.find("model"));
  for (const Value& gate : items_of(root.find_path("quality.gates"))) {
    const Value* models = gate.find_path("scope.models");
    out.name(models);
    for (const Value& model : items_of(models)) out.name(&model);
  }
  for (const Value& transform : items_of(root.find("transforms"))) {
    for (const char* key : {"select", "exclude"}) {
      for (const Value& item : items_of(transform.find(key))) out.selector(item);
    }
  }
  return out.take();
}

}  // namespace floe::fix
