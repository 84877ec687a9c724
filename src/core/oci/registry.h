// SPDX-License-Identifier: Apache-2.0
// A repository of artifacts, wherever it is: the seam between what floe stores and how it is moved.
// The headers of this folder are a client library of their own: docs/guides/registry-client.md.
#pragma once

#include "base/files.h"
#include "base/http.h"
#include "base/result.h"
#include "core/oci/manifest.h"
#include "core/oci/reference.h"
#include "core/oci/settings.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace floe::oci {

/// A manifest with what describes it.
struct TaggedManifest {
  Descriptor descriptor;
  std::string bytes;
};

/// A blob to be pushed: its bytes in memory, or the part of a file where they are.
struct BlobSource {
  Descriptor descriptor;
  std::string bytes;
  std::optional<FileRange> file;
};

/// A blob of these bytes.
BlobSource blob_of(std::string bytes, std::string media_type = "application/octet-stream");

/// A blob of a file's bytes, which are read once now and once more when they are pushed.
Result<BlobSource> blob_of_file(const fs::path& path,
                                std::string media_type = "application/octet-stream");

/// Takes the bytes of a blob as they come. They are whole and checked once the fetch has succeeded,
/// and not to be used before.
struct BlobTarget {
  std::function<Status()> restart;  // forget what came so far: it comes again from the beginning
  std::function<Status(std::string_view)> write;
};

/// Collects a blob in `text`, which must outlive it.
BlobTarget text_target(std::string& text);

/// What became of an attempt to tag a manifest.
struct TagOutcome {
  enum class What {
    kCreated,   // the tag is new
    kSame,      // the tag named this very manifest before
    kReplaced,  // the tag named another one, and that was allowed
    kConflict,  // the tag names another one: nothing was changed, or somebody else came last
  };
  What what = What::kCreated;
  Descriptor current;  // what the tag names now
};

/// Whether a tag that names something else may be moved.
enum class IfTagged { kRefuse, kReplace };

/// Whether a file must survive a power cut; it costs an fsync.
enum class Durable { kNo, kYes };

/// One repository. Every byte that comes out has been checked against its digest (kSecurity if it
/// differs); what is missing or unreachable is kEnvironment. All functions may be called by several
/// threads at once.
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
  /// How many transfers at once are worth while for `count` of them.
  virtual std::size_t parallel(std::size_t count) const { return std::min<std::size_t>(count, 1); }

  /// What a tag names; nothing if there is no such tag.
  virtual Result<std::optional<Descriptor>> resolve(std::string_view tag) = 0;
  /// The same with the manifest's or index's bytes, in one request where that can be.
  virtual Result<std::optional<TaggedManifest>> fetch_tagged(std::string_view tag) = 0;
  /// All tags, sorted.
  virtual Result<std::vector<std::string>> tags() = 0;
  /// The bytes of a manifest, at most kMaxManifest.
  virtual Result<std::string> fetch_manifest(const std::string& digest) = 0;
  /// Gives a blob, which must have the descriptor's digest and size, to `target`.
  virtual Status fetch_blob_to(const Descriptor& descriptor, const BlobTarget& target) = 0;
  /// What refers to a manifest by its `subject` (distribution-spec 1.1 §"Listing Referrers") and
  /// may have an artifactType that begins with `type` (see may_have_type).
  virtual Result<std::vector<Descriptor>> referrers(const std::string& digest,
                                                    std::string_view type = {}) = 0;

  /// Stores blobs; those that are there and whole are left alone.
  virtual Status push_blobs(std::span<const BlobSource> blobs) = 0;
  /// Stores manifests, whose blobs must be there, without a tag. Those that have a `subject` are
  /// among the subject's referrers afterwards; many at once cost hardly more than one.
  virtual Status push_manifests(std::span<const std::string> manifests) = 0;
  /// Names a manifest, whose blobs must be there, by a tag, and stores it. Without kReplace, a tag
  /// that names something else is left as it is; where the registry cannot promise that (no network
  /// registry can), a publisher that came at the same moment is found out by reading back, at once
  /// and a little later.
  virtual Result<TagOutcome> push_tag(std::string_view bytes, std::string_view tag,
                                      IfTagged if_tagged) = 0;
  /// Takes a tag away; what it named stays. Fails where the registry does not allow it.
  virtual Status remove_tag(std::string_view tag) = 0;
  /// Takes a manifest away, with all tags that name it and from the referrers of its subject.
  virtual Status remove_manifest(const std::string& digest) = 0;

  /// The tags without those under which signatures and referrers are kept ("sha256-…").
  Result<std::vector<std::string>> artifact_tags();
  /// Stores one manifest.
  Status push_manifest(std::string_view bytes);
  /// A blob in memory: at most kMaxBlob bytes.
  Result<std::string> fetch_blob(const Descriptor& descriptor);
  /// A blob as a file, written beside it first and moved in place when it is whole.
  Status fetch_blob_file(const Descriptor& descriptor, const fs::path& path, Durable durable);
  /// Many blobs in memory, in order; several at once where that is faster.
  Result<std::vector<std::string>> fetch_blobs(const std::vector<Descriptor>& descriptors);
};

/// Whether the artifact behind a referrer's descriptor may have an artifactType that begins with
/// `type`. Some registries do not tell it, or tell the type of the config instead.
bool may_have_type(const Descriptor& referrer, std::string_view type);

/// The error, beginning with `what` (a reference) unless it names that already.
Error naming(std::string_view what, Error error);

/// What a caller of open_registry is about to do: it decides which rights a network registry is
/// asked for. kPublish makes an image layout where there is none.
enum class Access { kRead, kPublish, kDelete };

/// The registry of a reference; paths in it are relative to `base`. For network registries nothing
/// is sent yet. Fails if there is no such folder or archive.
Result<std::unique_ptr<Registry>> open_registry(const Reference& reference, const fs::path& base,
                                                Access access, const ClientSettings& settings = {});

}  // namespace floe::oci
