// SPDX-License-Identifier: Apache-2.0
#include "core/sign/checkpoint.h"

#include "base/hash.h"
#include "base/text.h"
#include "core/sign/encoding.h"
#include "core/sign/wire.h"

#include <charconv>
#include <optional>

namespace floe::sign {

namespace {

constexpr std::size_t kMaxNote = 64 << 10;
constexpr std::size_t kMaxNoteSignatures = 32;
constexpr std::size_t kNoteHint = 4;
constexpr std::string_view kNoteDash = "\u2014 ";

struct NoteSignature {
  std::string_view name;
  std::string hint;
  std::string bytes;
};

/// "— name base64(hint || signature)".
std::optional<NoteSignature> read_note_signature(std::string_view line) {
  if (!line.starts_with(kNoteDash)) return std::nullopt;
  line.remove_prefix(kNoteDash.size());
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos || space == 0) return std::nullopt;
  const auto bytes = base64_decode(line.substr(space + 1));
  if (!bytes || bytes->size() <= kNoteHint) return std::nullopt;
  return NoteSignature{line.substr(0, space), bytes->substr(0, kNoteHint),
                       bytes->substr(kNoteHint)};
}

/// Rekor appends its tree's number to its name: "rekor.sigstore.dev - 2605736670972794746".
bool is_name_of_origin(std::string_view name, std::string_view origin) {
  return origin == name ||
         (origin.starts_with(name) && origin.substr(name.size()).starts_with(" - "));
}

Result<Checkpoint> read_note_text(std::string_view text) {
  const auto bad = [] { return refuse("the log's checkpoint is malformed"); };
  const std::vector<std::string_view> lines = split(text, '\n');
  if (lines.size() < 4 || lines[0].empty() || !lines.back().empty()) return bad();
  Checkpoint out;
  out.origin = lines[0];
  const std::string_view size = lines[1];
  const auto read = std::from_chars(size.data(), size.data() + size.size(), out.size);
  const bool padded = size.size() > 1 && size[0] == '0';
  if (read.ec != std::errc() || read.ptr != size.data() + size.size() || out.size < 0 || padded) {
    return bad();
  }
  auto root = base64_decode(lines[2]);
  if (!root) return bad();
  out.root = std::move(*root);
  return out;
}

}  // namespace

Result<Checkpoint> read_checkpoint(std::string_view note, const PublicKey& key) {
  const auto bad = [] { return refuse("the log's checkpoint is malformed"); };
  const std::size_t blank = note.rfind("\n\n");
  if (note.size() > kMaxNote || blank == std::string_view::npos || !note.ends_with('\n')) {
    return bad();
  }
  const std::string_view text = note.substr(0, blank + 1);
  std::string_view signatures = note.substr(blank + 2);
  if (signatures.empty()) return bad();
  signatures.remove_suffix(1);
  Checkpoint out = FLOE_TRY(read_note_text(text));
  const std::vector<std::string_view> lines = split(signatures, '\n');
  if (lines.size() > kMaxNoteSignatures) return bad();
  bool signed_by_log = false;
  for (const std::string_view line : lines) {
    const auto signature = read_note_signature(line);
    if (!signature) return bad();
    signed_by_log = signed_by_log || (is_name_of_origin(signature->name, out.origin) &&
                                      signature->hint == key.id().substr(0, kNoteHint) &&
                                      key.verify(text, signature->bytes));
  }
  if (!signed_by_log) return refuse("the checkpoint is not signed by the transparency log's key");
  return out;
}

}  // namespace floe::sign
