// SPDX-License-Identifier: Apache-2.0
// Makes the effective platform of a manifest: the defaults of its pattern, what it sets, and where
// it set it.
#pragma once

#include "core/config/manifest.h"
#include "core/platform/platform.h"
#include "diag/source.h"

#include <map>
#include <set>
#include <string>

namespace floe::core {

/// The platform that `manifest` describes by itself, without what a parent adds. The manifest must
/// have been read without errors; parts that are missing or of a wrong type are left at their
/// defaults. Provenance is recorded for every value that is set.
Platform make_platform(const config::Manifest& manifest, const diag::SourceMap& sources);

/// Where each value of a manifest's document is set: dotted path → "file:line:column" of its key.
/// List items count as part of their list; those with a name have a path of their own, too
/// ("governance.custom_rules.X001").
std::map<std::string, std::string> set_locations(const value::Value& document,
                                                 const diag::SourceMap& sources);

/// All paths that a manifest's document has, in that notation.
std::set<std::string> document_paths(const value::Value& document);

}  // namespace floe::core
