// SPDX-License-Identifier: Apache-2.0
#include "core/oci/registry.h"

#include "core/oci/layout.h"

#include <fmt/core.h>

namespace floe::oci {

Result<std::unique_ptr<Registry>> open_registry(const Reference& reference, const fs::path& base,
                                                Access access) {
  switch (reference.transport) {
    case Transport::kLayout: return open_layout(reference, base, access);
    case Transport::kRegistry:
      return fail(ErrorKind::kEnvironment,
                  fmt::format("network registries are not available in this build of floe: cannot "
                              "reach {}",
                              repository_name(reference)),
                  "use an OCI image layout folder instead, such as oci-layout:./registry; `skopeo "
                  "copy docker://… oci:./registry:v1.2.3` fetches one");
    case Transport::kFile:
      return fail(ErrorKind::kEnvironment,
                  fmt::format("archives are not available in this build of floe: cannot open {}",
                              repository_name(reference)),
                  "unpack the archive and use the folder: oci-layout:./registry:v1.2.3");
  }
  return fail(ErrorKind::kUsage, "unknown kind of reference");
}

}  // namespace floe::oci
