// SPDX-License-Identifier: Apache-2.0
// Random manifests, made by walking the manifest's schema: every field there is takes part.
#pragma once

#include "core/config/manifest.h"
#include "core/platform/platform.h"
#include "value/schema.h"
#include "value/value.h"

#include <random>
#include <string>
#include <vector>

namespace floe::testing {

/// Sections that chains of tiers are made of: all but those that each tier has for itself.
value::Value random_manifest(std::mt19937& random);

/// A part of a document: members are left out at random, at every level.
value::Value random_part(std::mt19937& random, const value::Value& document);

/// The platform of a document, with the effective document.
core::Platform platform_of(const value::Value& document);

}  // namespace floe::testing
