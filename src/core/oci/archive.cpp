// SPDX-License-Identifier: Apache-2.0
#include "core/oci/archive.h"

#include "base/tar.h"
#include "core/oci/layout_reader.h"

#include <fmt/core.h>

#include <map>

namespace floe::oci {

namespace {

class Archive final : public LayoutReader {
 public:
  Archive(std::string name, TarIndex files)
      : LayoutReader(std::move(name)), files_(std::move(files)) {}

  Status push_blobs(std::span<const BlobSource>) override { return read_only(); }
  Status push_manifests(std::span<const std::string>) override { return read_only(); }
  Result<TagOutcome> push_tag(std::string_view, std::string_view, IfTagged) override {
    return read_only();
  }
  Status remove_tag(std::string_view) override { return read_only(); }
  Status remove_manifest(const std::string&) override { return read_only(); }

  tl::unexpected<Error> read_only() const {
    return fail(ErrorKind::kUsage, fmt::format("{} is an archive and cannot be changed", name()),
                "publish to a registry or a layout folder, and make a new archive with `floe "
                "platform export`");
  }

 protected:
  Result<std::optional<FileRange>> find_file(const std::string& file) const override {
    const auto found = files_.find(file);
    if (found == files_.end()) return std::optional<FileRange>();
    return std::optional(found->second);
  }

 private:
  TarIndex files_;
};

}  // namespace

Result<std::unique_ptr<Registry>> open_archive(const Reference& reference, const fs::path& base,
                                               Access access) {
  const std::string name = repository_name(reference);
  std::error_code error;
  // What a link leads to: the parts of an archive are read as files that are none.
  const fs::path path = fs::weakly_canonical(resolve_path(reference, base).repository, error);
  auto files = read_tar_index(path);
  if (!files) {
    return fail_because(fmt::format("cannot open the archive {}", name), files.error());
  }
  auto archive = std::make_unique<Archive>(name, std::move(*files));
  FLOE_CHECK(archive->check());
  if (access != Access::kRead) return archive->read_only();
  return archive;
}

}  // namespace floe::oci
