// SPDX-License-Identifier: Apache-2.0
// Publishing an artifact of any kind: a version, once published, never changes.
#pragma once

#include "base/result.h"
#include "core/artifact/kind.h"
#include "core/artifact/signing.h"
#include "core/oci/registry.h"

#include <functional>
#include <string>
#include <string_view>

namespace floe::artifact {

struct Published {
  std::string reference;  // "oci-layout:./registry:v1.2.3"
  std::string digest;     // of the artifact that the tag names
  bool already = false;   // the same content was there before; nothing was changed
  bool is_signed = false;
};

/// What is published and what depends on its kind.
struct Publication {
  const ArtifactKind& kind;
  const Package& package;
  std::string tag;
  bool may_move = false;  // whether the tag may name something else afterwards
  /// Reads the artifact as its consumers do; run on what was published, through the tag.
  std::function<Status(std::string_view manifest, const FetchLayers& fetch)> read;
  std::string raise_hint;  // how to get another version
  std::string list_hint;   // the command that shows what is there
};

/// Publishes under the tag: blobs first, then the manifest by its digest, then signature and
/// attestations, the tag last; then everything is read back. So a tag is never there without its
/// content and signature, whenever a publisher is stopped. A version that is there with other
/// content is refused (kSecurity); with the same content it is a success, and what of its
/// signatures is missing is added. With `dry_run` all checks are made and nothing is written; a
/// missing registry is passed as nullptr then.
Result<Published> publish_package(const Publication& publication, oci::Registry* registry,
                                  bool dry_run, const Signing& signing = {});

}  // namespace floe::artifact
