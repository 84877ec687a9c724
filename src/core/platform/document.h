// SPDX-License-Identifier: Apache-2.0
// The effective manifest of a platform: what a lower tier is merged with.
#pragma once

#include "core/platform/platform.h"
#include "value/value.h"

namespace floe::core {

/// What `written` (a manifest's document) says about the platform that was made of it, with the
/// defaults that a lower tier could loosen: layers of the pattern, enforcement, gates. Without what
/// concerns the file alone: metadata, parent, domain, tests, keys that begin with "x-".
value::Value effective_document(const value::Value& written, const Platform& platform);

/// `platform.document` with layers and environments in the platform's order; an artifact, whose
/// JSON is sorted, does not keep it there.
value::Value ordered_document(const Platform& platform);

}  // namespace floe::core
