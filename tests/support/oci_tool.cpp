// SPDX-License-Identifier: Apache-2.0
// The registry client of src/core/oci alone, as another program would use it: for the tests of the
// client, and for measuring it beside other clients.
#include "base/environment.h"
#include "base/tar_header.h"
#include "base/text.h"
#include "base/threads.h"
#include "core/oci/copy.h"
#include "core/oci/registry.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <mutex>

namespace {

using namespace floe;       // NOLINT: a small program
using namespace floe::oci;  // NOLINT

using Words = std::vector<std::string>;

constexpr std::string_view kUsage =
    "oci_tool push REF FILE...      files with their paths as titles\n"
    "oci_tool pull REF DIR          writes the files below DIR\n"
    "oci_tool copy REF REF          with referrers\n"
    "oci_tool resolve REF | tags REPOSITORY | delete REF | referrers REF [TYPE]\n"
    "oci_tool attach REF TYPE FILE  an artifact of that type that refers to REF\n";

struct Opened {
  Reference reference;
  std::unique_ptr<Registry> registry;
};

Result<Opened> open(const std::string& text, Access access) {
  Opened out;
  out.reference = FLOE_TRY(parse_reference(text));
  const ClientSettings settings = FLOE_TRY(client_settings(process_environment()));
  out.registry = FLOE_TRY(open_registry(out.reference, "", access, settings));
  return out;
}

/// What a reference names, with its bytes.
Result<TaggedManifest> find(Opened& opened) {
  const Reference& reference = opened.reference;
  if (!reference.digest.empty()) {
    TaggedManifest out;
    out.bytes = FLOE_TRY(opened.registry->fetch_manifest(reference.digest));
    out.descriptor = describe_bytes(std::string(kManifestType), out.bytes);
    return out;
  }
  auto found = FLOE_TRY(opened.registry->fetch_tagged(reference.tag));
  if (!found) return fail(ErrorKind::kEnvironment, to_string(reference) + " is not there");
  return std::move(*found);
}

Result<BlobSource> file_blob(const std::string& path) {
  BlobSource blob = FLOE_TRY(blob_of_file(path));
  blob.descriptor.annotations[std::string(kTitle)] = path;
  return blob;
}

Status push(const Words& words) {
  Opened opened = FLOE_TRY(open(words.at(0), Access::kPublish));
  Manifest manifest;
  manifest.artifact_type = "application/vnd.floe.test.v1";
  manifest.annotations[std::string(kCreated)] = "2026-11-23T00:00:00Z";
  std::vector<BlobSource> blobs{blob_of(std::string(kEmptyBlob))};
  for (std::size_t i = 1; i < words.size(); ++i) {
    blobs.push_back(FLOE_TRY(file_blob(words[i])));
    manifest.layers.push_back(blobs.back().descriptor);
  }
  FLOE_CHECK(opened.registry->push_blobs(blobs));
  const std::string bytes = write_manifest(manifest);
  FLOE_TRY(opened.registry->push_tag(bytes, opened.reference.tag, IfTagged::kReplace));
  fmt::print("{}\n", describe_bytes("", bytes).digest);
  return {};
}

/// The path of a layer below `folder`; a title that leads out is refused.
Result<fs::path> layer_path(const Descriptor& layer, const fs::path& folder) {
  const auto name = safe_tar_name(layer.annotation(kTitle));
  if (!name || name->empty() || name->find('\0') != std::string::npos || name->size() > 1024) {
    return fail(ErrorKind::kSecurity, "a layer's title is no file name, or leads out of the folder",
                "the artifact was not made by a tool that can be trusted");
  }
  return folder / *name;
}

Status pull(const Words& words) {
  Opened opened = FLOE_TRY(open(words.at(0), Access::kRead));
  const TaggedManifest found = FLOE_TRY(find(opened));
  const Manifest manifest = FLOE_TRY(read_manifest(found.bytes));
  std::vector<fs::path> paths;
  for (const Descriptor& layer : manifest.layers) {
    paths.push_back(FLOE_TRY(layer_path(layer, words.at(1))));
  }
  std::mutex mutex;
  Status first;
  parallel_for(paths.size(), opened.registry->parallel(paths.size()), [&](std::size_t i) {
    Status done = opened.registry->fetch_blob_file(manifest.layers[i], paths[i], Durable::kNo);
    const std::lock_guard lock(mutex);
    if (!done && first) first = std::move(done);
  });
  return first;
}

Status copy(const Words& words) {
  Opened from = FLOE_TRY(open(words.at(0), Access::kRead));
  Opened to = FLOE_TRY(open(words.at(1), Access::kPublish));
  const TaggedManifest found = FLOE_TRY(find(from));
  FLOE_CHECK(copy_artifact(*from.registry, *to.registry, found.descriptor.digest));
  if (to.reference.tag.empty()) return {};
  FLOE_TRY(to.registry->push_tag(found.bytes, to.reference.tag, IfTagged::kReplace));
  return {};
}

Status resolve(const Words& words) {
  Opened opened = FLOE_TRY(open(words.at(0), Access::kRead));
  const auto found = FLOE_TRY(opened.registry->resolve(opened.reference.tag));
  if (!found) return fail(ErrorKind::kEnvironment, to_string(opened.reference) + " is not there");
  fmt::print("{}\n", found->digest);
  return {};
}

Status tags(const Words& words) {
  Opened opened = FLOE_TRY(open(words.at(0), Access::kRead));
  for (const std::string& tag : FLOE_TRY(opened.registry->tags())) fmt::print("{}\n", tag);
  return {};
}

Status remove(const Words& words) {
  Opened opened = FLOE_TRY(open(words.at(0), Access::kDelete));
  const Reference& reference = opened.reference;
  return reference.digest.empty() ? opened.registry->remove_tag(reference.tag)
                                  : opened.registry->remove_manifest(reference.digest);
}

Status referrers(const Words& words) {
  Opened opened = FLOE_TRY(open(words.at(0), Access::kRead));
  const TaggedManifest found = FLOE_TRY(find(opened));
  for (const Descriptor& each : FLOE_TRY(opened.registry->referrers(found.descriptor.digest))) {
    if (words.size() > 1 && each.artifact_type != words[1]) continue;
    fmt::print("{} {}\n", each.digest, each.artifact_type);
  }
  return {};
}

Status attach(const Words& words) {
  Opened opened = FLOE_TRY(open(words.at(0), Access::kPublish));
  TaggedManifest found = FLOE_TRY(find(opened));
  Manifest manifest;
  manifest.artifact_type = words.at(1);
  BlobSource content = FLOE_TRY(file_blob(words.at(2)));
  const std::vector<BlobSource> blobs{blob_of(std::string(kEmptyBlob)), std::move(content)};
  manifest.layers.push_back(blobs[1].descriptor);
  manifest.subject = found.descriptor;
  manifest.subject->annotations.clear();
  FLOE_CHECK(opened.registry->push_blobs(blobs));
  const std::string bytes = write_manifest(manifest);
  FLOE_CHECK(opened.registry->push_manifest(bytes));
  fmt::print("{}\n", describe_bytes("", bytes).digest);
  return {};
}

struct Verb {
  std::string_view name;
  std::size_t least;
  Status (*run)(const Words&);
};

constexpr Verb kVerbs[] = {{"push", 2, push},           {"pull", 2, pull},    {"copy", 2, copy},
                           {"resolve", 1, resolve},     {"tags", 1, tags},    {"delete", 1, remove},
                           {"referrers", 1, referrers}, {"attach", 3, attach}};

}  // namespace

int main(int count, char** arguments) {
  const Words words(arguments + 1, arguments + count);
  for (const Verb& verb : kVerbs) {
    if (words.empty() || words[0] != verb.name || words.size() <= verb.least) continue;
    const Status done = verb.run(Words(words.begin() + 1, words.end()));
    if (done) return 0;
    fmt::print(stderr, "error: {}\n", describe(done.error()));
    if (!done.error().hint.empty()) fmt::print(stderr, "  = help: {}\n", done.error().hint);
    return exit_code(done.error().kind);
  }
  fmt::print(stderr, "{}", kUsage);
  return 2;
}
