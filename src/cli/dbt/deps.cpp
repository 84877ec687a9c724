// SPDX-License-Identifier: Apache-2.0
// `floe dbt deps`: installs the packages of packages.yml and dependencies.yml.
#include "base/text.h"
#include "cli/dbt/call_warnings.h"
#include "cli/dbt/commands.h"
#include "cli/packages/install.h"
#include "cli/packages/resolve.h"
#include "dbt/context/convert.h"
#include "dbt/context/yaml_text.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

namespace floe::cli {

namespace {

constexpr const char* kLockFile = "package-lock.yml";
constexpr const char* kChecksumFile = "package-checksums.txt";
constexpr const char* kHashKey = "sha1_hash";
constexpr const char* kDefaultHub = "https://hub.getdbt.com/";
constexpr const char* kNoPackages = "Warning: No packages were found in packages.yml";

std::string map_text(const value::Value& map, std::string_view key, std::string fallback = {}) {
  const value::Value* found = map.is_map() ? map.find(key) : nullptr;
  return found == nullptr || found->is_null() ? fallback : dbt::python_str(*found);
}

/// A scalar as PyYAML writes it.
std::string yaml_scalar(const std::string& text) {
  std::string out = dbt::yaml_text(jinja::Value(text), false);
  out.resize(out.find('\n'));
  return out;
}

/// Replaces the values of secret environment variables.
std::string without_secrets(std::string text, const std::map<std::string, std::string>& env) {
  for (const auto& [name, secret] : env) {
    if (name.starts_with(dbt::kSecretEnvPrefix) && !trim(secret).empty()) {
      text = replace_all(text, secret, "*****");
    }
  }
  return text;
}

/// The entry of package-lock.yml, keys in order.
std::string lock_entry(const PinnedPackage& package, const std::string& name,
                       const std::map<std::string, std::string>& env) {
  const PackageRequest& request = package.request;
  std::map<std::string, std::string> fields = {{"name", name}};
  switch (request.kind) {
    case PackageKind::kLocal: fields["local"] = request.where; break;
    case PackageKind::kTarball: fields["tarball"] = without_secrets(request.written, env); break;
    case PackageKind::kHub:
      fields["package"] = request.where;
      fields["version"] = package.version;
      break;
    case PackageKind::kGit:
    case PackageKind::kPrivate: {
      const bool git = request.kind == PackageKind::kGit;
      fields[git ? "git" : "private"] = without_secrets(request.written, env);
      fields["revision"] = package.version;
      if (!request.subdirectory.empty()) fields["subdirectory"] = request.subdirectory;
      if (!request.provider.empty()) fields["provider"] = request.provider;
      break;
    }
  }
  std::string text;
  for (const auto& [key, value] : fields) {
    text += fmt::format("{}{}: {}\n", text.empty() ? "  - " : "    ", key, yaml_scalar(value));
  }
  return text;
}

/// The text of packages.yml with a mapping of lists of mappings, as dbt dumps it.
void dump_yaml(const jinja::Value& value, std::size_t indent, std::string& out) {
  const std::string margin(indent, ' ');
  if (value.is_list()) {
    for (const jinja::Value& item : value.items()) {
      std::string inner;
      dump_yaml(item, indent + 2, inner);
      if (inner.starts_with(margin + "  ")) inner = inner.substr(indent + 2);
      out += margin + "- " + inner;
    }
    return;
  }
  if (!value.is_dict()) {
    std::string scalar = dbt::yaml_text(value, true);
    out += margin + scalar.substr(0, scalar.find('\n')) + "\n";
    return;
  }
  std::vector<std::pair<std::string, jinja::Value>> entries;
  for (const auto& entry : value.as_dict()) {
    entries.emplace_back(entry.key.to_str(), entry.value);
  }
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [key, item] : entries) {
    out += margin + yaml_scalar(key) + ":";
    const bool empty_list = item.is_list() && item.items().empty();
    const bool empty_dict = item.is_dict() && item.as_dict().empty();
    if ((item.is_list() || item.is_dict()) && !empty_list && !empty_dict) {
      out += "\n";
      dump_yaml(item, indent + 2, out);
    } else {
      std::string scalar;
      dump_yaml(empty_list ? jinja::Value("[]") : item, 0, scalar);
      out += empty_list ? " []\n" : empty_dict ? " {}\n" : " " + scalar;
    }
  }
}

/// Does the package of an entry carry this name (with - or _, with or without its namespace)?
bool names_package(const jinja::Value& entry, const std::string& name) {
  std::vector<std::string> variants = {name};
  if (contains(name, "/")) variants.push_back(name.substr(name.rfind('/') + 1));
  for (std::size_t i = variants.size(); i-- > 0;) {
    variants.push_back(replace_all(variants[i], "_", "-"));
    variants.push_back(replace_all(variants[i], "-", "_"));
  }
  std::string identifier;
  for (const char* key : {"package", "git", "local", "tarball", "private"}) {
    if (identifier.empty() && entry.is_dict() && entry.has(key)) {
      identifier = entry.get(key).to_str();
    }
  }
  return std::any_of(variants.begin(), variants.end(), [&](const std::string& variant) {
    const std::size_t at = identifier.find(variant);
    if (at == std::string::npos) return false;
    const std::size_t end = at + variant.size();
    const auto is_edge = [&](std::size_t i) {
      return identifier[i] == '/' || identifier[i] == '.';
    };
    return (at == 0 || is_edge(at - 1)) && (end == identifier.size() || is_edge(end));
  });
}

class DepsCommand {
 public:
  DepsCommand(const DbtCall& call, Console& console)
      : call_(call),
        console_(console),
        renderer_(call.env, call.vars),
        hub_(hub_url(call)),
        root_(call.project_dir) {}
  DepsCommand(const DepsCommand&) = delete;
  DepsCommand& operator=(const DepsCommand&) = delete;
  ~DepsCommand() {
    if (!downloads_.empty()) static_cast<void>(floe::remove_all(downloads_));
  }

  Status run() {
    FLOE_CHECK(read_project());
    if (call_.args.has("add-package")) FLOE_CHECK(add_package());
    wanted_ = FLOE_TRY(wanted_packages(root_, renderer_));
    checksums_ = FLOE_TRY(ArchiveChecksums::read(root_ / kChecksumFile));
    const value::Value locked = FLOE_TRY(read_package_yaml(root_ / kLockFile));
    const bool fresh = map_text(locked, kHashKey) == packages_sha1(wanted_.specs);
    setup_.emplace(make_setup());
    resolver_.emplace(*setup_);
    if (call_.args.flag("upgrade") || !fresh) FLOE_CHECK(write_lock());
    if (call_.args.flag("lock")) return checksums_written(false);
    return install();
  }

 private:
  static std::string hub_url(const DbtCall& call) {
    const auto given = call.env.find("DBT_PACKAGE_HUB_URL");
    return given == call.env.end() || given->second.empty() ? kDefaultHub : given->second;
  }

  Status read_project() {
    std::error_code code;
    if (!fs::exists(root_ / "dbt_project.yml", code)) {
      return fail(ErrorKind::kUsage,
                  fmt::format("there is no dbt_project.yml in {}", root_.string()));
    }
    value::Value project = FLOE_TRY(read_package_yaml(root_ / "dbt_project.yml"));
    root_name_ = FLOE_TRY(package_project_name(root_));
    value::Value folder = value::Value(map_text(project, "packages-install-path", "dbt_packages"));
    FLOE_CHECK(renderer_.render(folder));
    folder_ = (root_ / dbt::python_str(folder)).lexically_normal();
    const fs::path inside = root_.lexically_normal().lexically_relative(folder_);
    if (!inside.empty() && *inside.begin() != "..") {
      return fail(ErrorKind::kUsage,
                  "packages-install-path holds the project itself: deps would delete it",
                  "give it a folder of its own, such as dbt_packages");
    }
    return {};
  }

  PackageSetup make_setup() {
    downloads_ = folder_ / fmt::format(".downloads-{}", ::getpid());
    return PackageSetup{root_,
                        downloads_,
                        root_name_,
                        call_.args.flag("version-check", true),
                        call_.env,
                        renderer_,
                        hub_,
                        [this](dbt::Warning warning) {
                          warning.text = scrubbed(warning.text);
                          return console_.warn(warning);
                        },
                        [this](const std::string& identity, const std::string& sha256) {
                          return checksums_.check(identity, sha256, call_.args.flag("upgrade"));
                        }};
  }

  std::string scrubbed(const std::string& text) const { return without_secrets(text, call_.env); }

  Status add_package() {
    std::string name = call_.args.value_or("add-package", "");
    std::string version;
    const std::size_t at = name.find('@');
    if (at != std::string::npos && name.find('@', at + 1) == std::string::npos) {
      version = name.substr(at + 1);
      name = name.substr(0, at);
    }
    const std::string source = call_.args.value_or("source", "hub");
    wanted_ = FLOE_TRY(wanted_packages(root_, renderer_));
    const fs::path file = root_ / wanted_.file;
    std::error_code code;
    if (!fs::exists(file, code)) console_.info("Created packages.yml");
    jinja::Value document = dbt::to_jinja(FLOE_TRY(read_package_yaml(file)));
    jinja::Value kept = jinja::Value::list();
    const jinja::Value old = document.get("packages");
    if (old.is_list()) {
      for (const jinja::Value& entry : old.items()) {
        if (!names_package(entry, name)) {
          kept.append(entry);
        } else {
          console_.say(LogLevel::kInfo,
                       "Found duplicate package in packages.yml, removing: " + entry.to_str(),
                       "DepsFoundDuplicatePackage");
        }
      }
    }
    jinja::Value added = jinja::Value::dict();
    added.set(source == "hub" ? "package" : source, jinja::Value(name));
    if (!version.empty()) {
      jinja::Value versions = jinja::Value(version);
      if (contains(version, ",")) {
        versions = jinja::Value::list();
        for (const std::string_view part : split(version, ',')) {
          versions.append(jinja::Value(part));
        }
      }
      added.set(source == "git" ? "revision" : "version", versions);
    }
    kept.append(added);
    document.set("packages", kept);
    std::string text;
    dump_yaml(document, 0, text);
    FLOE_CHECK(write_output(file, text));
    console_.say(LogLevel::kInfo,
                 fmt::format("Added new package {}@{} to {}", name,
                             version.empty() ? "None" : version, file.string()),
                 "DepsAddPackage");
    return {};
  }

  Status write_lock() {
    if (wanted_.specs.empty()) {
      console_.say(LogLevel::kInfo, kNoPackages, "DepsNoPackagesFound");
      return {};
    }
    FLOE_CHECK(make_directories(downloads_));
    std::string text = "packages:\n";
    for (PinnedPackage& package : FLOE_TRY(resolver_->resolve(wanted_.specs))) {
      const std::string name = FLOE_TRY(resolver_->metadata(package)).name;
      const std::string& written = package.request.written;
      if (scrubbed(written) != written) {
        FLOE_CHECK(console_.warn(
            {"DepsScrubbedPackageName",
             fmt::format("Detected secret env var in {}. The lock file gets it without the secret: "
                         "`deps` from it needs --upgrade",
                         scrubbed(written)),
             event_data({{"package_name", scrubbed(written)}})}));
      }
      text += lock_entry(package, name, call_.env);
    }
    text += fmt::format("{}: {}\n", kHashKey, packages_sha1(wanted_.specs));
    FLOE_CHECK(write_output(root_ / kLockFile, text));
    console_.say(LogLevel::kInfo,
                 "Updating lock file in file path: " + (root_ / kLockFile).string(),
                 "DepsLockUpdating");
    return {};
  }

  Status install() {
    const value::Value written = FLOE_TRY(read_package_yaml(root_ / kLockFile));
    value::Value rendered = written;
    FLOE_CHECK(renderer_.render(rendered));
    const std::vector<PackageSpec> specs = FLOE_TRY(package_specs(rendered, written));
    FLOE_CHECK(make_directories(folder_));
    InstalledPackages installed(folder_);
    if (specs.empty()) console_.say(LogLevel::kInfo, kNoPackages, "DepsNoPackagesFound");
    std::set<std::string> names;
    std::vector<std::string> outdated;
    for (PackageRequest& request : FLOE_TRY(resolver_->locked(specs))) {
      console_.say(LogLevel::kInfo, "Installing " + scrubbed(request.label()),
                   "DepsStartPackageInstall");
      names.insert(FLOE_TRY(install_one(request, installed, outdated)));
    }
    FLOE_CHECK(floe::remove_all(downloads_));
    FLOE_CHECK(installed.finish(names));
    if (!outdated.empty()) {
      console_.blank();
      console_.say(LogLevel::kInfo,
                   fmt::format("Updates available for packages: ['{}'] \nUpdate your versions in "
                               "packages.yml, then run dbt deps",
                               join(outdated, "', '")),
                   "DepsNotifyUpdatesAvailable");
    }
    return checksums_written(true);
  }

  /// Gives the name of the package's folder.
  Result<std::string> install_one(const PackageRequest& request, InstalledPackages& installed,
                                  std::vector<std::string>& outdated) {
    const std::string identity = package_identity(request);
    identities_.insert(identity);
    if (!request.name.empty() && installed.has(request.name, identity)) {
      say_installed(request, request.versions.empty() ? "" : request.versions.front());
      return request.name;
    }
    FLOE_CHECK(make_directories(downloads_));
    PinnedPackage pinned = FLOE_TRY(resolver_->pin(request));
    const PackageMetadata metadata = FLOE_TRY(resolver_->fetch(pinned));
    if (request.kind == PackageKind::kLocal) {
      FLOE_CHECK(installed.link(metadata.name, metadata.folder));
    } else {
      FLOE_CHECK(installed.put(metadata.name, identity, metadata.folder));
    }
    say_installed(request, pinned.version);
    if (request.kind == PackageKind::kHub) {
      const bool newest = pinned.latest == pinned.version;
      if (!newest) outdated.push_back(request.where);
      console_.say(LogLevel::kInfo,
                   newest ? "Up to date!" : "Updated version available: " + pinned.latest,
                   newest ? "DepsUpToDate" : "DepsUpdateAvailable");
    }
    return metadata.name;
  }

  void say_installed(const PackageRequest& request, const std::string& version) {
    std::string what;
    switch (request.kind) {
      case PackageKind::kLocal: what = fmt::format("<local @ {}>", request.where); break;
      case PackageKind::kTarball: what = fmt::format("tarball (url: {})", request.where); break;
      case PackageKind::kHub: what = "version " + version; break;
      case PackageKind::kGit:
      case PackageKind::kPrivate:
        what = version == "HEAD" ? "HEAD (default revision)" : "revision " + version;
        break;
    }
    console_.say(LogLevel::kInfo, "Installed from " + scrubbed(what), "DepsInstallInfo");
    if (request.subdirectory.empty()) return;
    console_.say(LogLevel::kInfo, "and subdirectory " + request.subdirectory,
                 "DepsListSubdirectory");
  }

  /// Writes the checksums; of archives that are no longer wanted only after an installation.
  Status checksums_written(bool complete) {
    if (!downloads_.empty()) FLOE_CHECK(floe::remove_all(downloads_));
    return complete ? checksums_.write(identities_) : Status();
  }

  const DbtCall& call_;
  Console& console_;
  PackageRenderer renderer_;
  PackageHub hub_;
  fs::path root_;
  fs::path folder_;  // packages-install-path
  fs::path downloads_;
  std::string root_name_;
  PackageList wanted_;
  ArchiveChecksums checksums_;
  std::set<std::string> identities_;
  std::optional<PackageSetup> setup_;
  std::optional<PackageResolver> resolver_;
};

}  // namespace

int dbt_deps(const DbtCall& call, Console& console) {
  Status done = warn_of_project_file(call, console);
  if (done) {
    DepsCommand command(call, console);
    done = command.run();
  }
  if (done) return kDbtFine;
  Error error = done.error();
  error.message = without_secrets(describe(error), call.env);
  error.cause = nullptr;
  return DbtTask(call, console).report(error);
}

}  // namespace floe::cli
