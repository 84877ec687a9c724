// SPDX-License-Identifier: Apache-2.0
#include "dbt/context/macros.h"

#include "base/text.h"
#include "dbt/context/base_context.h"

#include <algorithm>

namespace floe::dbt {

namespace {

const ProjectMacro* macro_of(const jinja::Value* value) {
  return value == nullptr ? nullptr : value->as<ProjectMacro>();
}

}  // namespace

// --- The macro itself ----------------------------------------------------------------------------

ProjectMacro::ProjectMacro(const Macro& macro, std::string file, int line_offset)
    : LazyMacro(macro.name, macro.macro_sql, std::move(file), line_offset), macro_(macro) {}

void ProjectMacro::enter(jinja::CallContext& context, const jinja::Args&) {
  auto* host = static_cast<RenderHost*>(context.interp.host);
  if (host == nullptr) return;
  host->macro_called(macro_);
  ++host->depth;
}

void ProjectMacro::leave(jinja::CallContext& context) {
  auto* host = static_cast<RenderHost*>(context.interp.host);
  if (host != nullptr && host->depth > 0) --host->depth;
}

namespace {

/// What a template gets when it names a macro. dbt makes it anew at each access, so that a macro
/// equals only what came of the same access.
class MacroAccess : public jinja::Object {
 public:
  explicit MacroAccess(const jinja::Value& macro) : macro_(macro) {}
  std::string type_name() const override { return "MacroGenerator"; }
  bool callable() const override { return true; }
  jinja::Value call(jinja::CallContext& context, const jinja::Args& args) override {
    jinja::Value result = macro_.as_object()->call(context, args);
    auto* host = static_cast<RenderHost*>(context.interp.host);
    const ProjectMacro* macro = macro_of(&macro_);
    if (host != nullptr && macro != nullptr) host->macro_returned(macro->macro(), result);
    return result;
  }

 private:
  jinja::Value macro_;
};

}  // namespace

jinja::Value macro_access(const jinja::Value& found) {
  return macro_of(&found) == nullptr ? found : jinja::make_object<MacroAccess>(found);
}

// --- Namespaces ----------------------------------------------------------------------------------

/// `dbt_utils` as a name in a template: its macros are its attributes and items.
class MacroRegistry::PackageObject : public jinja::Object {
 public:
  PackageObject(const MacroRegistry& registry, const Package* package)
      : registry_(registry), package_(package) {}
  std::string type_name() const override { return "MacroNamespace"; }
  std::optional<jinja::Value> get_attr(jinja::Name name) override { return find(name); }
  std::optional<jinja::Value> get_item(const jinja::Value& key) override {
    if (!key.is_str()) return std::nullopt;
    return find(jinja::Name(key.as_str()));
  }
  bool call_method(jinja::CallContext&, jinja::Name name, const jinja::Args& args,
                   jinja::Value& result) override {
    if (name != "get" || args.positional.empty() || !args[0].is_str()) return false;
    if (std::optional<jinja::Value> found = find(jinja::Name(args[0].as_str()))) {
      result = *found;
    } else {
      result = args.positional.size() > 1 ? args[1] : jinja::Value::none();
    }
    return true;
  }
  std::optional<bool> contains(const jinja::Value& item) override {
    return item.is_str() && find(jinja::Name(item.as_str())).has_value();
  }
  bool is_mapping() const override { return true; }
  /// Compared item by item, and macros equal only themselves.
  bool equals(const jinja::Value&) override { return false; }

 private:
  std::optional<jinja::Value> find(jinja::Name name) const {
    if (package_ == nullptr) {  // the internal packages as one
      const jinja::Value* value = registry_.find_internal(name);
      return value == nullptr ? std::nullopt : std::optional(macro_access(*value));
    }
    const auto it = package_->macros.find(name);
    return it == package_->macros.end() ? std::nullopt : std::optional(macro_access(it->second));
  }
  const MacroRegistry& registry_;
  const Package* package_;
};

/// The macro names that the nodes of one package see.
class MacroRegistry::Namespace : public jinja::Context {
 public:
  Namespace(const MacroRegistry& registry, const Package* own) : registry_(registry), own_(own) {}
  std::optional<jinja::Value> lookup(jinja::Name name) const override {
    const jinja::Value* value = registry_.find_plain(own_, name);
    if (value != nullptr) return macro_access(*value);
    return std::nullopt;
  }

 private:
  const MacroRegistry& registry_;
  const Package* own_;
};

MacroRegistry::MacroRegistry(std::string root_package, std::vector<std::string> internal_packages,
                             std::vector<std::string> adapter_prefixes)
    : root_(std::move(root_package)),
      internal_(std::move(internal_packages)),
      prefixes_(std::move(adapter_prefixes)) {
  prefixes_.emplace_back("default");
}

bool MacroRegistry::add(const Macro& macro, std::string file, int line_offset) {
  std::unique_ptr<Package>& slot = packages_[macro.package_name];
  if (slot == nullptr) {
    slot = std::make_unique<Package>();
    slot->name = macro.package_name;
    ordered_.push_back(slot.get());
  }
  const jinja::Name name{std::string_view(macro.name)};
  if (slot->macros.contains(name)) return false;
  jinja::Value value = jinja::make_object<ProjectMacro>(macro, std::move(file), line_offset);
  by_id_[macro.unique_id] = value;
  slot->macros.emplace(name, std::move(value));
  return true;
}

void MacroRegistry::set_search_order(std::string macro_namespace,
                                     std::vector<std::string> packages) {
  search_order_.try_emplace(std::move(macro_namespace), std::move(packages));
}

void MacroRegistry::set_dependencies(std::vector<std::string> packages) {
  dependencies_ = std::move(packages);
}

void MacroRegistry::finish() {
  root_package_ = package(root_);
  for (const std::string& name : internal_) {
    if (const Package* found = package(name)) {
      for (const auto& [key, value] : found->macros) internal_macros_.try_emplace(key, value);
    }
  }
  winners_ = internal_macros_;
  for (const Package* each : ordered_) {
    if (is_internal(each->name)) continue;
    for (const auto& [key, value] : each->macros) winners_[key] = value;
    package_objects_[jinja::Name(each->name)] = jinja::make_object<PackageObject>(*this, each);
  }
  if (const Package* root = package(root_)) {
    for (const auto& [key, value] : root->macros) winners_[key] = value;
  }
  package_objects_.try_emplace(jinja::Name(std::string_view("dbt")),
                               jinja::make_object<PackageObject>(*this, nullptr));
}

const MacroRegistry::Package* MacroRegistry::package(std::string_view name) const {
  const auto it = packages_.find(std::string(name));
  return it == packages_.end() ? nullptr : it->second.get();
}

bool MacroRegistry::is_internal(std::string_view package) const {
  return std::find(internal_.begin(), internal_.end(), package) != internal_.end();
}

const jinja::Value* MacroRegistry::find_internal(jinja::Name name) const {
  const auto it = internal_macros_.find(name);
  return it == internal_macros_.end() ? nullptr : &it->second;
}

const jinja::Value* MacroRegistry::find_plain(const Package* own, jinja::Name name) const {
  if (own != nullptr) {
    const auto it = own->macros.find(name);
    if (it != own->macros.end()) return &it->second;
  }
  if (root_package_ != nullptr && root_package_ != own) {
    const auto it = root_package_->macros.find(name);
    if (it != root_package_->macros.end()) return &it->second;
  }
  const auto object = package_objects_.find(name);
  if (object != package_objects_.end()) return &object->second;
  return find_internal(name);
}

const jinja::Value* MacroRegistry::find_from_package(const Package* own,
                                                     std::optional<std::string_view> name_of,
                                                     jinja::Name name) const {
  if (!name_of) return find_plain(own, name);
  if (*name_of == "dbt") return find_internal(name);
  if (is_internal(*name_of)) return nullptr;  // not a namespace of its own
  const Package* found = package(*name_of);
  if (found == nullptr) return nullptr;
  const auto it = found->macros.find(name);
  return it == found->macros.end() ? nullptr : &it->second;
}

jinja::ContextRef MacroRegistry::namespace_of(std::string_view package_name) const {
  const std::lock_guard lock(namespaces_mutex_);
  jinja::ContextRef& slot = namespaces_[std::string(package_name)];
  if (slot == nullptr) slot = std::make_shared<Namespace>(*this, package(package_name));
  return slot;
}

const ProjectMacro* MacroRegistry::find(std::string_view search_package,
                                        std::string_view name) const {
  return macro_of(find_plain(package(search_package), jinja::Name(name)));
}

const ProjectMacro* MacroRegistry::find_in(std::string_view package_name,
                                           std::string_view name) const {
  const Package* found = package(package_name);
  if (found == nullptr) return nullptr;
  const auto it = found->macros.find(jinja::Name(name));
  return it == found->macros.end() ? nullptr : macro_of(&it->second);
}

const ProjectMacro* MacroRegistry::by_id(std::string_view unique_id) const {
  const auto it = by_id_.find(unique_id);
  return it == by_id_.end() ? nullptr : macro_of(&it->second);
}

jinja::Value MacroRegistry::value_by_id(std::string_view unique_id) const {
  const auto it = by_id_.find(unique_id);
  return it == by_id_.end() ? jinja::Value::none() : it->second;
}

// --- Dispatch ------------------------------------------------------------------------------------

std::vector<std::optional<std::string>> MacroRegistry::search_packages(
    const std::optional<std::string>& macro_namespace) const {
  if (!macro_namespace) return {std::nullopt};
  const auto order = search_order_.find(*macro_namespace);
  if (order != search_order_.end() && !order->second.empty()) {
    return {order->second.begin(), order->second.end()};
  }
  if (std::find(dependencies_.begin(), dependencies_.end(), *macro_namespace) !=
      dependencies_.end()) {
    return {root_, *macro_namespace};
  }
  return {std::nullopt};
}

jinja::Value MacroRegistry::dispatch(std::string_view search_package, std::string_view name,
                                     const std::optional<std::string>& macro_namespace) const {
  std::string key;
  key.reserve(search_package.size() + name.size() + 16);
  key.append(search_package).append(1, '\0').append(name).append(1, '\0');
  key.append(macro_namespace ? std::string_view(*macro_namespace) : std::string_view("\0", 1));
  {
    const std::shared_lock lock(dispatched_mutex_);
    const auto known = dispatched_.find(key);
    if (known != dispatched_.end()) return known->second;
  }
  jinja::Value found = search_dispatch(search_package, name, macro_namespace);
  const std::unique_lock lock(dispatched_mutex_);
  dispatched_.emplace(std::move(key), found);
  return found;
}

jinja::Value MacroRegistry::dispatch_in_test(
    std::string_view name, const std::optional<std::string>& macro_namespace) const {
  const ProjectMacro* found = dispatch_static(name, macro_namespace);
  if (found == nullptr) return dispatch(root_, name, macro_namespace);  // raises
  return value_by_id(found->macro().unique_id);
}

jinja::Value MacroRegistry::search_dispatch(
    std::string_view search_package, std::string_view name,
    const std::optional<std::string>& macro_namespace) const {
  const std::size_t dot = name.find('.');
  if (dot != std::string_view::npos) {
    const std::string wanted(name.substr(dot + 1));
    const std::string space(name.substr(0, dot));
    raise_compilation_error("In adapter.dispatch, got a macro name of \"" + std::string(name) +
                            "\", but \".\" is not a valid macro name component. Did you mean "
                            "`adapter.dispatch(\"" +
                            wanted + "\", macro_namespace=\"" + space + "\")`?");
  }
  const Package* own = package(search_package);
  std::vector<std::string> attempts;
  for (const std::optional<std::string>& each : search_packages(macro_namespace)) {
    for (const std::string& prefix : prefixes_) {
      const std::string wanted = prefix + "__" + std::string(name);
      const jinja::Value* found = find_from_package(own, each, jinja::Name(wanted));
      if (found != nullptr) return *found;
      attempts.push_back("'" + (each ? *each + "." : std::string()) + wanted + "'");
    }
  }
  raise_compilation_error("In dispatch: No macro named '" + std::string(name) +
                          "' found within namespace: '" + macro_namespace.value_or("None") +
                          "'\n    Searched for: " + join(attempts, ", "));
}

const ProjectMacro* MacroRegistry::find_static(std::string_view package_name,
                                               std::string_view name) const {
  const jinja::Name wanted(name);
  if (const Package* own = package(package_name)) {
    const auto it = own->macros.find(wanted);
    if (it != own->macros.end()) return macro_of(&it->second);
  }
  const auto it = winners_.find(wanted);
  return it == winners_.end() ? nullptr : macro_of(&it->second);
}

const ProjectMacro* MacroRegistry::dispatch_static(
    std::string_view name, const std::optional<std::string>& macro_namespace) const {
  for (const std::optional<std::string>& each : search_packages(macro_namespace)) {
    for (const std::string& prefix : prefixes_) {
      const jinja::Name wanted(prefix + "__" + std::string(name));
      if (!each) {
        const auto it = winners_.find(wanted);
        if (it != winners_.end()) return macro_of(&it->second);
      } else if (const jinja::Value* found = find_from_package(nullptr, *each, wanted)) {
        return macro_of(found);
      }
    }
  }
  return nullptr;
}

// --- Materializations and names ------------------------------------------------------------------

Materialization MacroRegistry::find_materialization(std::string_view root_package,
                                                    std::string_view name,
                                                    std::string_view adapter_type,
                                                    bool packages_may_override) const {
  enum Locality { kCore, kImported, kRoot };
  struct Candidate {
    int rank = -1;  // adapter-specific before default, then by locality
    Locality locality = kCore;
    const jinja::Value* macro = nullptr;
  };
  Candidate best;        // of all packages
  Candidate best_local;  // of the root and the internal packages
  bool has_core = false;
  const std::vector<std::string> adapters = {std::string(adapter_type), "default"};
  for (std::size_t i = 0; i < adapters.size(); ++i) {
    const jinja::Name wanted("materialization_" + std::string(name) + "_" + adapters[i]);
    for (const Package* each : ordered_) {
      const auto it = each->macros.find(wanted);
      if (it == each->macros.end()) continue;
      Candidate candidate;
      candidate.locality = each->name == root_package ? kRoot
                           : is_internal(each->name)  ? kCore
                                                      : kImported;
      candidate.rank = (i == 0 ? 10 : 0) + candidate.locality;
      candidate.macro = &it->second;
      has_core = has_core || candidate.locality == kCore;
      if (candidate.rank > best.rank) best = candidate;
      if (candidate.locality != kImported && candidate.rank > best_local.rank) {
        best_local = candidate;
      }
    }
  }
  const Candidate& chosen =
      best.locality == kImported && has_core && !packages_may_override ? best_local : best;
  if (chosen.macro == nullptr) return {};
  return {macro_of(chosen.macro), *chosen.macro};
}

jinja::Value MacroRegistry::find_generate_name(std::string_view component,
                                               std::optional<std::string_view> of_package) const {
  const jinja::Name wanted("generate_" + std::string(component) + "_name");
  const auto in_package = [&](std::string_view name) -> const jinja::Value* {
    const Package* found = package(name);
    if (found == nullptr) return nullptr;
    const auto it = found->macros.find(wanted);
    return it == found->macros.end() ? nullptr : &it->second;
  };
  const jinja::Value* value = nullptr;
  if (of_package) {
    if (*of_package != root_ && !is_internal(*of_package)) value = in_package(*of_package);
  } else {
    value = in_package(root_);
    if (value == nullptr) value = find_internal(wanted);
  }
  return value == nullptr ? jinja::Value::none() : *value;
}

DispatchCall read_dispatch_call(const jinja::Args& args) {
  const auto argument = [&args](std::size_t index, std::string_view name) {
    return index < args.positional.size() ? &args.positional[index] : args.find(name);
  };
  const jinja::Value* name = argument(0, "macro_name");
  const jinja::Value* space = argument(1, "macro_namespace");
  const jinja::Value* packages = argument(2, "packages");
  if (name == nullptr) {
    jinja::raise_type_error(
        "BaseDatabaseWrapper.dispatch() missing 1 required positional argument: 'macro_name'");
  }
  if (packages != nullptr && !packages->is_none()) {
    raise_compilation_error(
        "The \"packages\" argument of adapter.dispatch() has been deprecated.\n"
        "Use the \"macro_namespace\" argument instead.\n\n"
        "Raised during dispatch for: " +
        name->to_str() +
        "\n\nFor more information, see:\n\n"
        "https://docs.getdbt.com/reference/dbt-jinja-functions/dispatch");
  }
  DispatchCall call{name->to_str(), std::nullopt};
  if (space != nullptr && !space->is_none()) {
    if (!space->is_str()) {
      raise_compilation_error("In adapter.dispatch, got a " + space->type_name() +
                              " macro_namespace argument (\"" + space->to_str() +
                              "\"), but macro_namespace should be None or a string.");
    }
    call.macro_namespace = space->as_str();
  }
  return call;
}

}  // namespace floe::dbt
