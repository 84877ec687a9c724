// SPDX-License-Identifier: Apache-2.0
// What must hold of every platform, however it was come by.
#pragma once

#include "base/result.h"
#include "core/platform/platform.h"

namespace floe::artifact {

/// Checks names, versions, ranges and cross references; a failure is of the given kind.
Status check_platform(const core::Platform& platform, ErrorKind kind);

}  // namespace floe::artifact
