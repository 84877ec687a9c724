// SPDX-License-Identifier: Apache-2.0
// A repository of artifacts, wherever it is: the seam between what floe stores and how it is moved.
#pragma once

#include "base/files.h"
#include "base/result.h"
#include "core/oci/manifest.h"
#include "core/oci/reference.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floe::oci {

/// A tag and what it names.
struct Tag {
  std::string name;
  Descriptor descriptor;
};

/// What became of an attempt to tag a manifest.
struct TagOutcome {
  enum class What {
    kCreated,   // the tag is new
    kSame,      // the tag named this very manifest before
    kReplaced,  // the tag named another one, and that was allowed
    kConflict,  // the tag names another one: nothing was changed
  };
  What what = What::kCreated;
  Descriptor current;  // what the tag names now
};

/// Whether a tag that names something else may be moved.
enum class IfTagged { kRefuse, kReplace };

/// One repository. Every byte that comes out has been checked against its digest (kSecurity if it
/// differs); what is missing or unreachable is kEnvironment.
class Registry {
 public:
  Registry() = default;
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;
  virtual ~Registry() = default;

  /// The repository as users write it: "oci-layout:./registry".
  virtual std::string name() const = 0;
  /// Whether asking it costs no network call.
  virtual bool is_local() const = 0;
  /// What a tag names; nothing if there is no such tag.
  virtual Result<std::optional<Descriptor>> resolve(std::string_view tag) = 0;
  /// All tags, sorted by name.
  virtual Result<std::vector<Tag>> tags() = 0;
  /// The bytes of a manifest, at most kMaxManifest.
  virtual Result<std::string> fetch_manifest(const std::string& digest) = 0;
  /// The bytes of a blob, which must have the descriptor's size and at most kMaxBlob.
  virtual Result<std::string> fetch_blob(const Descriptor& descriptor) = 0;
  /// Stores a blob; one that is there and whole already is left alone.
  virtual Status push_blob(std::string_view bytes) = 0;
  /// Stores a manifest, whose blobs must be there, and names it by a tag in one atomic step.
  virtual Result<TagOutcome> push_manifest(std::string_view bytes, std::string_view tag,
                                           IfTagged if_tagged) = 0;
};

/// What a caller of open_registry is about to do.
enum class Access { kRead, kPublish };

/// The registry of a reference; paths in it are relative to `base`. kRead fails if there is none;
/// kPublish makes an image layout where there is none. References that this build cannot serve are
/// refused here, and only here.
Result<std::unique_ptr<Registry>> open_registry(const Reference& reference, const fs::path& base,
                                                Access access);

}  // namespace floe::oci
