// SPDX-License-Identifier: Apache-2.0
// Opening a data product: its floe.yaml, its platform, and the dbt projects its transforms name.
#pragma once

#include "base/files.h"
#include "base/result.h"
#include "cli/command.h"
#include "cli/registry.h"
#include "core/config/data_product.h"
#include "core/platform/load.h"
#include "core/platform/platform.h"
#include "dbt/project/load.h"
#include "diag/diagnostic.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace floe::cli {

/// The environment of `floe run` where none is asked for (see design of environments): DuckDB in a
/// file under target/.
inline constexpr std::string_view kLocalEnvironment = "local";

/// What is looked up of other products and of what the product published before.
enum class PortUse {
  kNone,     // nothing: neither registry nor floe.lock is touched
  kRead,     // input ports; earlier versions, with a warning where they cannot be read
  kPublish,  // the same, but what cannot be read is an error
};

/// What the command line says about how to open a product.
struct ProductOptions {
  std::string environment = std::string(kLocalEnvironment);
  /// Instead of the reference in floe.yaml: "v1.3.0" (another version of the same platform) or a
  /// whole reference. The lock is neither read nor written then.
  std::string platform;
  core::LockUse lock = core::LockUse::kRecord;
  /// How registries are reached, and whom to trust; as environment and configuration say it if a
  /// command says nothing, never nobody.
  std::optional<core::LoadSettings> load = std::nullopt;
  std::optional<int> threads;
  bool full_refresh = false;
  value::Value vars = value::Value::map();  // --vars, above the transform's own
  std::string command = "compile";          // flags.WHICH for dbt's templates
  std::string invocation_id;
  PortUse ports = PortUse::kRead;
  /// Told what is written to floe.lock, a sentence each; nothing is said without it.
  std::function<void(const std::string&)> tell = nullptr;
  /// Where the product's own versions are, if that was chosen already.
  std::optional<RegistryChoice> own_registry = std::nullopt;
};

/// --env, --platform, --locked, --threads, --full-refresh and --vars, as far as a command has them.
/// What is written to floe.lock is told on stderr.
Result<ProductOptions> product_options(const Args& args, std::string_view command);

/// Options that commands on a data product share.
Option environment_option();
Option threads_option();
Option full_refresh_option();
Option vars_option();
Option locked_option();
Option select_option();
Option exclude_option();

struct ProductMesh;  // cli/mesh.h

/// A data product's folder with what floe.yaml says. Findings about it are in `sink`.
struct OpenProduct {
  fs::path root;         // absolute folder of floe.yaml
  fs::path target_path;  // root/target
  std::unique_ptr<diag::SourceMap> sources = std::make_unique<diag::SourceMap>();
  std::unique_ptr<diag::Sink> sink = std::make_unique<diag::Sink>();
  config::DataProduct product;
  std::shared_ptr<ProductMesh> mesh;  // once open_mesh has looked
};

/// Whether `path` is `folder` or lies in it; both absolute and normal.
bool lies_in(const fs::path& path, const fs::path& folder);

/// The folder at or above `start` that holds floe.yaml; kUsage if there is none.
Result<fs::path> find_product_root(const fs::path& start);
/// Whether `start` lies in a data product's folder.
bool in_product(const fs::path& start);

/// What `floe fix` and `floe migrate` leave beside floe.yaml while they write.
inline constexpr std::string_view kChangeJournal = ".floe-fix.journal";

/// kEnvironment if the files of the product in `root` are half changed by one that was cut short.
Status check_whole(const fs::path& root);

/// Finds and reads floe.yaml. Mistakes in it are in the sink of the result. Fails as
/// check_whole() does.
Result<OpenProduct> open_product(const fs::path& start = ".");
/// The same, also in the middle of changing it.
Result<OpenProduct> open_product_as_it_is(const fs::path& start);

/// Takes the product's target/ for this process (target/.floe.lock); kEnvironment if another floe
/// works in it.
Result<FileLock> lock_product(const OpenProduct& opened);
Result<FileLock> lock_product(const fs::path& root);

/// The reference that floe.yaml gives, or with --platform the one asked for instead.
Result<std::string> platform_reference(const OpenProduct& opened, const ProductOptions& options);

/// Loads the platform of the product: floe.lock, cache, registry (see core::load_platform).
Result<core::LoadedPlatform> open_platform(const OpenProduct& opened,
                                           const ProductOptions& options);

/// One entry of transforms[] as a dbt project.
struct TransformProject {
  const config::Transform* transform = nullptr;
  fs::path root;            // absolute folder of the dbt project
  bool is_virtual = false;  // no dbt_project.yml: floe makes one up from the folders there are
  fs::path models;          // is_virtual: the models folder, relative to root
};

/// Finds the dbt projects of all transforms of type dbt. What is wrong with their paths goes to the
/// product's sink.
std::vector<TransformProject> transform_projects(const OpenProduct& opened);

/// How to load a transform's dbt project on the platform's compute in an environment. kUsage if the
/// platform has no such environment or no endpoint for its compute there.
Result<dbt::LoadOptions> transform_load_options(const OpenProduct& opened,
                                                const core::Platform& platform,
                                                const TransformProject& project,
                                                const ProductOptions& options);

/// A line for each service that the platform selects and that the built-in environment `local`
/// stands in for ("catalog polaris: DuckDB tables in target/…").
std::vector<std::string> local_stand_ins(const core::Platform& platform);

}  // namespace floe::cli
