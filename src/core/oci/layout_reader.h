// SPDX-License-Identifier: Apache-2.0
// Reads an OCI image layout, whether its files are in a folder or in an archive.
#pragma once

#include "core/oci/registry.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floe::oci {

/// What can be read of a layout; who derives from it says where the files are and how to write.
class LayoutReader : public Registry {
 public:
  explicit LayoutReader(std::string name) : name_(std::move(name)) {}

  std::string name() const final { return name_; }
  bool is_local() const final { return true; }
  /// kSecurity if the tag stands twice with different digests: tools would read it differently.
  Result<std::optional<Descriptor>> resolve(std::string_view tag) final;
  Result<std::optional<TaggedManifest>> fetch_tagged(std::string_view tag) final;
  Result<std::vector<std::string>> tags() final;
  Result<std::string> fetch_manifest(const std::string& digest) final;
  Status fetch_blob_to(const Descriptor& descriptor, const BlobTarget& target) final;
  Result<std::vector<Descriptor>> referrers(const std::string& digest, std::string_view type) final;

  /// Checks the oci-layout file.
  Status check() const;

 protected:
  /// Where a file of the layout is ("index.json", "blobs/sha256/…"); nothing if it is missing.
  virtual Result<std::optional<FileRange>> find_file(const std::string& file) const = 0;
  /// An empty one if there is no index.json.
  Result<Index> index() const;

 private:
  std::string name_;
};

/// What `tag` names in an index; see LayoutReader::resolve.
Result<std::optional<Descriptor>> find_tag(const std::string& name, const Index& index,
                                           std::string_view tag);

/// Gives a range of a file to `target` and checks that it has this digest; `what` for messages.
Status read_checked(const FileRange& file, const std::string& digest, const std::string& what,
                    const BlobTarget& target);

}  // namespace floe::oci
