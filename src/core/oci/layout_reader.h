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

/// Where a file of the layout is ("index.json", "blobs/sha256/…"); nothing if it is missing.
using FindFile = std::function<Result<std::optional<FileRange>>(const std::string& name)>;

class LayoutReader {
 public:
  LayoutReader(std::string name, FindFile find) : name_(std::move(name)), find_(std::move(find)) {}

  /// Checks the oci-layout file.
  Status check() const;
  /// An empty one if there is no index.json.
  Result<Index> index() const;
  /// kSecurity if the tag stands twice with different digests: tools would read it differently.
  Result<std::optional<Descriptor>> resolve(std::string_view tag) const;
  Result<std::vector<std::string>> tags() const;
  Result<std::string> fetch_manifest(const std::string& digest) const;
  Status fetch_blob_to(const Descriptor& descriptor, const BlobTarget& target) const;
  Result<std::vector<Descriptor>> referrers(const std::string& digest) const;

 private:
  std::string name_;
  FindFile find_;
};

/// What `tag` names in an index; see LayoutReader::resolve.
Result<std::optional<Descriptor>> find_tag(const std::string& name, const Index& index,
                                           std::string_view tag);

/// Gives a range of a file to `target` and checks that it has this digest; `what` for messages.
Status read_checked(const FileRange& file, const std::string& digest, const std::string& what,
                    const BlobTarget& target);

}  // namespace floe::oci
