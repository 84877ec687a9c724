// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/deprecation.h"

#include "base/text.h"
#include "value/json.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::artifact {

namespace {

using value::Value;

constexpr std::uint64_t kMaxNote = 64 << 10;

struct NumberedNote {
  std::int64_t sequence = 0;  // notes of one version are numbered: registries have no order
  Deprecation note;
};

std::string note_text(const Value& document, std::string_view key) {
  const Value* found = document.find(key);
  if (found == nullptr || !found->is_string()) return "";
  std::string text = found->as_string().substr(0, 1000);
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return text;
}

std::optional<NumberedNote> read_note(const std::string& bytes) {
  const auto document = value::read_json(bytes);
  const Value* sequence = document ? document->find("sequence") : nullptr;
  const Value* deprecated = document ? document->find("deprecated") : nullptr;
  if (sequence == nullptr || !sequence->is_int() || deprecated == nullptr ||
      !deprecated->is_bool()) {
    return std::nullopt;
  }
  return NumberedNote{
      sequence->as_int(),
      {deprecated->as_bool(), note_text(*document, "reason"), note_text(*document, "replacement")}};
}

/// The last note; one that cannot be read does not count.
Result<std::optional<NumberedNote>> last_note(oci::Registry& registry, const std::string& digest) {
  std::optional<NumberedNote> last;
  for (const oci::Descriptor& referrer : FLOE_TRY(registry.referrers(digest, kDeprecationType))) {
    const std::string bytes = FLOE_TRY(registry.fetch_manifest(referrer.digest));
    const auto manifest = oci::read_manifest(bytes);
    const bool is_note = manifest && manifest->artifact_type == kDeprecationType &&
                         manifest->layers.size() == 1 && manifest->layers[0].size <= kMaxNote;
    if (!is_note) continue;
    const auto note = read_note(FLOE_TRY(registry.fetch_blob(manifest->layers[0])));
    if (note && (!last || note->sequence > last->sequence)) last = note;
  }
  return last;
}

}  // namespace

Result<std::optional<Deprecation>> find_deprecation(oci::Registry& registry,
                                                    const std::string& digest) {
  const auto last = FLOE_TRY(last_note(registry, digest));
  if (!last || !last->note.deprecated) return std::optional<Deprecation>();
  return std::optional(last->note);
}

Status deprecate(oci::Registry& registry, const oci::Descriptor& subject, const Deprecation& note) {
  const auto last = FLOE_TRY(last_note(registry, subject.digest));
  Value document = Value::map();
  document.set("schemaVersion", "1.0");
  document.set("sequence", last ? last->sequence + 1 : 1);
  document.set("deprecated", note.deprecated);
  document.set("reason", note.reason);
  document.set("replacement", note.replacement);
  const std::vector<oci::BlobSource> blobs{
      oci::blob_of(std::string(oci::kEmptyBlob), std::string(oci::kEmptyType)),
      oci::blob_of(value::canonical_json(document), std::string(kDeprecationType))};
  oci::Manifest manifest;
  manifest.artifact_type = kDeprecationType;
  manifest.layers = {blobs[1].descriptor};
  manifest.subject = subject;
  manifest.subject->annotations.clear();
  manifest.subject->artifact_type.clear();
  FLOE_CHECK(registry.push_blobs(blobs));
  return registry.push_manifest(oci::write_manifest(manifest));
}

std::string deprecation_text(const std::string& reference, const Deprecation& note) {
  std::string text = reference + " is deprecated";
  if (!note.reason.empty()) text += ": " + note.reason;
  if (!note.replacement.empty()) text += "; move to " + note.replacement;
  return text;
}

}  // namespace floe::artifact
