// SPDX-License-Identifier: Apache-2.0
// A data product among others, looked up: its contracts in files, its input ports and what it
// published before in registries, floe.lock obeyed. What rules see of it is mesh::Mesh.
#pragma once

#include "base/result.h"
#include "cli/product.h"
#include "core/lock/lock.h"
#include "core/mesh/mesh.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace floe::cli {

/// The contract of an output port: read from the file it names, or from floe.yaml itself.
struct PortContract {
  std::optional<contract::Contract> contract;
  std::string file;  // relative to floe.yaml; "" if it stands in floe.yaml
};

struct ProductMesh {
  mesh::Mesh mesh;
  std::map<std::string, PortContract> contracts;  // by output port, of those that have one
  std::map<std::string, std::string> files;       // contract files: path → SHA-256
  std::vector<std::string> warnings;              // what the user should know, a sentence each
  std::string fingerprint;                        // of everything that came from registries
};

/// The largest contract file.
inline constexpr std::uintmax_t kMaxContractFile = 4 << 20;

/// Reads the contracts of the output ports, and as far as options.ports says it, resolves input
/// ports and earlier versions; pins what was resolved in floe.lock. Mistakes in the files are in
/// the product's sink; what is not published is data for the rules; a registry that cannot be
/// reached, tampering and a missing pin under LockUse::kRequire are errors.
Result<std::shared_ptr<ProductMesh>> open_mesh(const OpenProduct& opened,
                                               const ProductOptions& options,
                                               const core::Platform& platform);

/// The same for a product whose floe.yaml was read with other sources and another sink.
Result<std::shared_ptr<ProductMesh>> open_mesh(const OpenProduct& opened,
                                               const ProductOptions& options,
                                               const core::Platform& platform,
                                               diag::SourceMap& sources, diag::Sink& sink);

}  // namespace floe::cli
