// SPDX-License-Identifier: Apache-2.0
// A repository of a network registry (OCI distribution-spec 1.1).
#pragma once

#include "core/oci/registry.h"

#include <memory>

namespace floe::oci {

/// The registry of an oci:// reference. Nothing is sent before it is used.
Result<std::unique_ptr<Registry>> open_remote(const Reference& reference, Access access,
                                              const ClientSettings& settings);

}  // namespace floe::oci
