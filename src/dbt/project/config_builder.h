// SPDX-License-Identifier: Apache-2.0
// The config of each resource from its levels: dbt_project.yml, properties, config() in the file.
#pragma once

#include "dbt/project/config.h"
#include "dbt/project/load.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace floe::dbt {

/// Configs by what they were made from: most nodes of a folder have the same, and then share it.
class ConfigMemory {
 public:
  struct Config {
    Value config;
    std::uint64_t given = 0;  // as in ConfigFindings
  };
  std::optional<Config> find(const std::string& made_from) const;
  void add(std::string made_from, Config config);

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Config> configs_;
};

/// Computes configs for the nodes of all packages. Thread-safe after construction.
class ConfigBuilder {
 public:
  ConfigBuilder() = default;
  ConfigBuilder(const std::vector<PackageConfig>& packages, bool corrected_analysis_fqns);

  /// The resolved config with all keys of the class. `patch` (from a properties file) may be null.
  Value build(ResourceType type, const std::string& package, const std::vector<std::string>& fqn,
              const Value& call, const Value* patch, ConfigFindings& findings) const;
  /// The same levels unrendered, laid over each other without merging.
  Value build_unrendered(ResourceType type, const std::string& package,
                         const std::vector<std::string>& fqn, const Value& call,
                         const Value* patch) const;

 private:
  struct Trees {
    const Value* rendered = nullptr;
    const Value* unrendered = nullptr;
  };
  /// What a node's config is made of, in order: levels of its package, properties, config() in its
  /// file, levels of the root project if that is another package.
  struct Levels {
    std::vector<const Value*> own, root;
  };
  const Value* tree(ResourceType type, const std::string& package, bool rendered) const;
  Levels levels(ResourceType type, const std::string& package, const std::vector<std::string>& fqn,
                bool rendered) const;
  Value merged(ResourceType type, const Levels& levels, const Value& call, const Value* patch,
               ConfigFindings& findings) const;

  std::unordered_map<std::string, std::unordered_map<int, Trees>> trees_;
  std::string root_;
  bool corrected_analysis_fqns_ = false;
  std::unique_ptr<ConfigMemory> memory_ = std::make_unique<ConfigMemory>();
};

/// dbt_project.yml's key for a resource type's configs ("models", "data_tests", …).
std::string_view project_config_key(ResourceType type, bool corrected_analysis_fqns);

}  // namespace floe::dbt
