// SPDX-License-Identifier: Apache-2.0
// Public keys that verify, signers that sign, and cosign's key files.
#pragma once

#include "base/result.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace floe::sign {

/// A public key: ECDSA P-256 or P-384, Ed25519, or RSA of 2048 bits and more. A value type.
class PublicKey {
 public:
  /// Reads a PEM block "PUBLIC KEY" (SubjectPublicKeyInfo, RFC 5280). Other keys, and anything
  /// beside that one block, are kUsage.
  static Result<PublicKey> from_pem(std::string_view pem);
  /// The same from the bare SubjectPublicKeyInfo, which must be canonical DER.
  static Result<PublicKey> from_der(std::string_view der);

  std::string pem() const;
  const std::string& der() const;
  /// base64(SHA-256(SubjectPublicKeyInfo)): the hint in cosign's bundles.
  std::string fingerprint() const;
  /// SHA-256(SubjectPublicKeyInfo), 32 bytes: what a transparency log calls its log ID (RFC 6962).
  std::string id() const;
  /// "ecdsa-p256", "ecdsa-p384", "ed25519" or "rsa".
  std::string algorithm() const;

  /// Whether `signature` (raw bytes; DER for ECDSA) is one of this key over `message`: ECDSA and
  /// RSA (PKCS#1 v1.5) with SHA-256, P-384 also with SHA-384, Ed25519 pure or, as cosign signs with
  /// such keys, Ed25519ph (RFC 8032).
  bool verify(std::string_view message, std::string_view signature) const;

  bool operator==(const PublicKey& other) const { return der() == other.der(); }

 private:
  struct Material;
  explicit PublicKey(std::shared_ptr<const Material> material) : material_(std::move(material)) {}
  std::shared_ptr<const Material> material_;
};

/// Something that signs with a private key, wherever that is.
class Signer {
 public:
  virtual ~Signer();
  /// The raw signature bytes (DER for ECDSA) over `message`.
  virtual Result<std::string> sign(std::string_view message) = 0;
  virtual const PublicKey& public_key() const = 0;
};

/// A signer of a PEM private key: cosign's encrypted file ("ENCRYPTED SIGSTORE PRIVATE KEY", also
/// "ENCRYPTED COSIGN PRIVATE KEY"), or an unencrypted PKCS#8 or SEC 1 key; P-256 or Ed25519. `what`
/// names the key in messages. `password` is only called for an encrypted key, after the file has
/// been checked. A key that cannot be used and a wrong password are kUsage.
Result<std::unique_ptr<Signer>> read_signer(std::string_view pem, const std::string& what,
                                            const std::function<Result<std::string>()>& password);

/// A signer that runs a program (for a KMS or an HSM): argv[0] and its arguments without a shell;
/// the message, raw, on its stdin; the signature on its stdout as one line of base64. Its stderr
/// goes where floe's goes. Each answer is checked against `key`: kSecurity if it does not fit.
/// kEnvironment if the program fails or takes longer than two minutes.
Result<std::unique_ptr<Signer>> command_signer(std::vector<std::string> argv, PublicKey key);

struct KeyPair {
  std::string private_pem;
  std::string public_pem;
};

/// A new P-256 key pair as `cosign generate-key-pair` writes it: the private key encrypted with the
/// password (scrypt N=65536 r=8 p=1, NaCl secretbox). The caller wipes what it no longer needs.
Result<KeyPair> generate_key_pair(std::string_view password);

}  // namespace floe::sign
