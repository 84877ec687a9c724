// SPDX-License-Identifier: Apache-2.0
// Checks the free-form configuration of plugins against the schema that each plugin declares.
#pragma once

#include "core/platform/platform.h"
#include "diag/diagnostic.h"

namespace floe::plugins {

/// Checks plugins.<kind>.config of every plugin that declares a schema for it; each mistake becomes
/// a diagnostic (C010…C015).
void check_plugin_configs(const core::Platform& platform, diag::Sink& sink);

}  // namespace floe::plugins
