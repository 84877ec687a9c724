// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"
#include "base/text.h"
#include "core/sign/bundle.h"
#include "core/sign/certificate.h"
#include "core/sign/checkpoint.h"
#include "core/sign/encoding.h"
#include "core/sign/key_file.h"
#include "core/sign/sct.h"
#include "core/sign/transparency.h"
#include "core/sign/verify.h"
#include "core/sign/wire.h"
#include "targets.h"

#include <cstdlib>
#include <string>

namespace floe::fuzz {

namespace {

constexpr std::string_view kDigest =
    "sha256:e007d32e4f7d8d63bddc5cca676f6f812d5ceef6ab2fc510303be37326ec00a4";

sign::Anchors trusted_anchors() {
  sign::Anchors out;
  // That of the recorded bundle in the corpus.
  out.keys.push_back(
      sign::PublicKey::from_pem("-----BEGIN PUBLIC KEY-----\n"
                                "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEZIyCDfZbrAtZtgzWOqfqGmRWcD/x\n"
                                "h0wJxtB6sBou8QKMBe3ppFamhG7gU2qoy+qDjJOiQ/xUhd3oynjFJEpV2A==\n"
                                "-----END PUBLIC KEY-----\n")
          .value());
  out.root = sign::TrustedRoot();
  out.identities.push_back({"*", "https://token.ci.acme.com", true});
  return out;
}

/// What is inside of the documents, which mutations of them seldom reach.
void read_parts(std::string_view data, const sign::Anchors& anchors) {
  const std::string text(data);
  static_cast<void>(sign::read_bundle(data));
  static_cast<void>(sign::read_rekor_bundle(data));
  static_cast<void>(sign::read_sealed_key(data));
  static_cast<void>(sign::read_checkpoint(data, anchors.keys.front()));
  static_cast<void>(sign::read_certificate(data));
  static_cast<void>(sign::read_timestamps(data));
  sign::LogEntry entry;
  entry.body = text;
  static_cast<void>(sign::check_envelope_entry(entry, {}));
  static_cast<void>(sign::check_message_entry(entry, {}));
  if (find_invalid_utf8(sign::shown(data)) != std::string::npos) std::abort();
}

/// What is read is what was written.
void check_promises(std::string_view data) {
  const auto bytes = base64_decode(data);
  if (bytes && base64_encode(*bytes) != data) std::abort();
  if (const auto claim = sign::read_simple_payload(data)) {
    const auto again = sign::read_simple_payload(
        sign::simple_payload(claim->repository, claim->digest, claim->annotations));
    if (!again || again->annotations != claim->annotations) std::abort();
  }
  if (const auto statement = sign::read_statement(data)) {
    static_cast<void>(sign::write_statement(*statement));
  }
  if (const auto key = sign::PublicKey::from_pem(data)) {
    if (!sign::PublicKey::from_pem(key->pem())) std::abort();
  }
}

}  // namespace

void signatures(std::string_view data) {
  static const sign::Anchors kAnchors = trusted_anchors();
  static_cast<void>(sign::verify_bundle(data, kDigest, kAnchors));
  static_cast<void>(sign::verify_envelope(data, kDigest, kAnchors));
  const std::string text(data);
  static_cast<void>(sign::verify_simple(R"({"critical":{}})",
                                        {{std::string(sign::kSignatureAnnotation), text},
                                         {std::string(sign::kCertificateAnnotation), text},
                                         {std::string(sign::kRekorBundleAnnotation), text}},
                                        kDigest, kAnchors));
  static_cast<void>(sign::TrustedRoot::from_json(data));
  // Without a password: deriving a key from one costs too much time for a fuzzer.
  static_cast<void>(sign::read_signer(data, "the key", []() -> Result<std::string> {
    return fail(ErrorKind::kUsage, "no password");
  }));
  read_parts(data, kAnchors);
  check_promises(data);
}

}  // namespace floe::fuzz
