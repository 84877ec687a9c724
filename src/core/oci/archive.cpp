// SPDX-License-Identifier: Apache-2.0
#include "core/oci/archive.h"

#include "base/tar.h"
#include "core/oci/layout_reader.h"

#include <fmt/core.h>

#include <map>

namespace floe::oci {

namespace {

class Archive final : public Registry {
 public:
  Archive(std::string name, TarIndex files)
      : name_(std::move(name)),
        files_(std::move(files)),
        reader_(name_, [this](const std::string& file) -> Result<std::optional<FileRange>> {
          const auto found = files_.find(file);
          if (found == files_.end()) return std::optional<FileRange>();
          return std::optional(found->second);
        }) {}

  Status check() const { return reader_.check(); }
  std::string name() const override { return name_; }
  bool is_local() const override { return true; }
  Result<std::optional<Descriptor>> resolve(std::string_view tag) override {
    return reader_.resolve(tag);
  }
  Result<std::optional<TaggedManifest>> fetch_tagged(std::string_view tag) override {
    auto found = FLOE_TRY(reader_.resolve(tag));
    if (!found) return std::optional<TaggedManifest>();
    std::string bytes = FLOE_TRY(reader_.fetch_manifest(found->digest));
    return std::optional(TaggedManifest{std::move(*found), std::move(bytes)});
  }
  Result<std::vector<std::string>> tags() override { return reader_.tags(); }
  Result<std::string> fetch_manifest(const std::string& digest) override {
    return reader_.fetch_manifest(digest);
  }
  Status fetch_blob_to(const Descriptor& descriptor, const BlobTarget& target) override {
    return reader_.fetch_blob_to(descriptor, target);
  }
  Result<std::vector<Descriptor>> referrers(const std::string& digest) override {
    return reader_.referrers(digest);
  }

  Status push_blobs(std::span<const BlobSource>) override { return read_only(); }
  Status push_manifests(std::span<const std::string>) override { return read_only(); }
  Result<TagOutcome> push_tag(std::string_view, std::string_view, IfTagged) override {
    return read_only();
  }
  Status remove_tag(std::string_view) override { return read_only(); }
  Status remove_manifest(const std::string&) override { return read_only(); }

  tl::unexpected<Error> read_only() const {
    return fail(ErrorKind::kUsage, fmt::format("{} is an archive and cannot be changed", name_),
                "publish to a registry or a layout folder, and make a new archive with `floe "
                "platform export`");
  }

 private:
  std::string name_;
  TarIndex files_;
  LayoutReader reader_;
};

}  // namespace

Result<std::unique_ptr<Registry>> open_archive(const Reference& reference, const fs::path& base,
                                               Access access) {
  const std::string name = repository_name(reference);
  const fs::path path = resolve_path(reference, base).repository;
  auto files = read_tar_index(path);
  if (!files) {
    return fail_because(fmt::format("cannot open the archive {}", name), files.error());
  }
  auto archive = std::make_unique<Archive>(name, std::move(*files));
  FLOE_CHECK(archive->check());
  if (access != Access::kRead) return archive->read_only();
  return archive;
}

Status write_archive(const fs::path& layout, const fs::path& file) {
  return write_tar(layout, file);
}

}  // namespace floe::oci
