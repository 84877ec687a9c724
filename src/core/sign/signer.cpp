// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"
#include "base/process.h"
#include "base/text.h"
#include "core/sign/encoding.h"
#include "core/sign/key_algorithm.h"
#include "core/sign/key_file.h"
#include "core/sign/keys.h"
#include "core/sign/openssl.h"
#include "core/sign/wire.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::sign {

namespace {

constexpr std::size_t kMaxPrivateKey = 128 << 10;
constexpr std::string_view kSealedLabel = "ENCRYPTED SIGSTORE PRIVATE KEY";
constexpr std::string_view kSealedLabelOfOld = "ENCRYPTED COSIGN PRIVATE KEY";
constexpr std::chrono::minutes kSignerPatience{2};  // somebody may have to touch a token
constexpr std::size_t kMaxSignerOutput = 64 << 10;

Result<PublicKey> public_half(EVP_PKEY* key) {
  return PublicKey::from_der(
      openssl_der([&](unsigned char** out) { return i2d_PUBKEY(key, out); }));
}

/// Signs with a key in memory.
class KeySigner : public Signer {
 public:
  KeySigner(EvpKey key, PublicKey public_key)
      : key_(std::move(key)), public_key_(std::move(public_key)) {}

  Result<std::string> sign(std::string_view message) override {
    const OpensslErrors quiet;
    const EVP_MD* digest = EVP_PKEY_is_a(key_.get(), "ED25519") == 1 ? nullptr : EVP_sha256();
    const EvpDigestContext context(EVP_MD_CTX_new());
    std::size_t size = 0;
    if (context == nullptr ||
        EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key_.get()) != 1 ||
        EVP_DigestSign(context.get(), nullptr, &size, openssl_bytes(message), message.size()) !=
            1) {
      return fail(ErrorKind::kEnvironment, "OpenSSL refuses to sign");
    }
    std::string out(size, '\0');
    if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                       openssl_bytes(message), message.size()) != 1) {
      return fail(ErrorKind::kEnvironment, "OpenSSL refuses to sign");
    }
    out.resize(size);
    return out;
  }

  const PublicKey& public_key() const override { return public_key_; }

 private:
  EvpKey key_;
  PublicKey public_key_;
};

/// Asks a program for each signature.
class CommandSigner : public Signer {
 public:
  CommandSigner(std::vector<std::string> argv, PublicKey key)
      : argv_(std::move(argv)), key_(std::move(key)) {}

  Result<std::string> sign(std::string_view message) override {
    ProcessOptions options;
    options.timeout = kSignerPatience;
    options.max_output = kMaxSignerOutput;
    options.input = std::string(message);
    options.pass_stderr = true;
    const std::string program = shown(argv_.front());
    const auto output = run_process(argv_, options);
    if (!output) return fail_because("the signing command failed", output.error());
    if (output->exit_code != 0) {
      return fail(ErrorKind::kEnvironment, fmt::format("the signing command '{}' ended with {}",
                                                       program, output->exit_code));
    }
    auto signature = base64_decode(trim(output->out));
    if (!signature || signature->empty()) {
      return fail(ErrorKind::kEnvironment,
                  fmt::format("the signing command '{}' did not print a signature", program),
                  "it must print the signature as one line of base64 and nothing else");
    }
    if (!key_.verify(message, *signature)) {
      return refuse(
          fmt::format("what the signing command '{}' printed is no signature of the public key "
                      "{}",
                      program, key_.fingerprint()),
          "it must sign the bytes on its stdin with the private key that belongs to the given "
          "public key (ECDSA: with SHA-256, in DER)");
    }
    return std::move(*signature);
  }

  const PublicKey& public_key() const override { return key_; }

 private:
  std::vector<std::string> argv_;
  PublicKey key_;
};

tl::unexpected<Error> bad_private_key(const std::string& what, std::string_view why) {
  return fail(ErrorKind::kUsage, fmt::format("{} cannot be used: {}", what, why),
              "floe signs with ECDSA P-256 and Ed25519 keys in cosign's key file (`cosign "
              "generate-key-pair`) or as unencrypted PKCS#8 or SEC 1 PEM");
}

Result<std::unique_ptr<Signer>> signer_of_der(std::string_view der, const std::string& what) {
  const OpensslErrors quiet;
  const unsigned char* at = openssl_bytes(der);
  EvpKey key(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der.size())));
  if (key == nullptr || at != openssl_bytes(der) + der.size()) {
    return bad_private_key(what, "the key is damaged");
  }
  const KeyAlgorithm algorithm = key_algorithm(key.get());
  if (algorithm != KeyAlgorithm::kP256 && algorithm != KeyAlgorithm::kEd25519) {
    return bad_private_key(what, "it is of another kind");
  }
  auto public_key = public_half(key.get());
  if (!public_key) return bad_private_key(what, "it has no valid public half");
  return std::make_unique<KeySigner>(std::move(key), std::move(*public_key));
}

/// The PKCS#8 key in cosign's encrypted file.
Result<std::string> unsealed(std::string_view json, const std::string& what,
                             const std::function<Result<std::string>()>& password) {
  const auto sealed = read_sealed_key(json);
  if (!sealed) return as_usage(sealed.error(), what);
  std::string text = FLOE_TRY(password());
  const WipeGuard guard(text);
  auto opened = open_sealed_key(*sealed, text);
  if (!opened) return fail_because(fmt::format("{} cannot be decrypted", what), opened.error());
  return opened;
}

Result<std::unique_ptr<Signer>> signer_of_block(
    const PemBlock& block, const std::string& what,
    const std::function<Result<std::string>()>& password) {
  if (block.label == kSealedLabel || block.label == kSealedLabelOfOld) {
    std::string der = FLOE_TRY(unsealed(block.bytes, what, password));
    const WipeGuard guard(der);
    return signer_of_der(der, what);
  }
  if (block.label == "PRIVATE KEY" || block.label == "EC PRIVATE KEY") {
    return signer_of_der(block.bytes, what);
  }
  if (block.label.starts_with("ENCRYPTED")) {
    return bad_private_key(what, "it is encrypted in another way than cosign's keys");
  }
  return bad_private_key(what, "it is no private key");
}

}  // namespace

Signer::~Signer() = default;

Result<std::unique_ptr<Signer>> read_signer(std::string_view pem, const std::string& what,
                                            const std::function<Result<std::string>()>& password) {
  if (pem.size() > kMaxPrivateKey) return bad_private_key(what, "the file is too large");
  auto blocks = read_pem(pem);
  if (!blocks) return bad_private_key(what, "it is no PEM file that floe reads");
  // OpenSSL writes the curve in front of SEC 1 keys.
  std::erase_if(*blocks, [](const PemBlock& block) { return block.label == "EC PARAMETERS"; });
  auto signer = blocks->size() == 1
                    ? signer_of_block(blocks->front(), what, password)
                    : bad_private_key(what, "there must be exactly one key in the file");
  for (PemBlock& block : *blocks) wipe(block.bytes);
  return signer;
}

Result<std::unique_ptr<Signer>> command_signer(std::vector<std::string> argv, PublicKey key) {
  if (argv.empty() || argv.front().empty()) {
    return fail(ErrorKind::kUsage, "the signing command is empty");
  }
  return std::make_unique<CommandSigner>(std::move(argv), std::move(key));
}

Result<KeyPair> generate_key_pair(std::string_view password) {
  const OpensslErrors quiet;
  const EvpKey key(EVP_EC_gen("P-256"));
  const PrivateKeyInfo info(key == nullptr ? nullptr : EVP_PKEY2PKCS8(key.get()));
  if (info == nullptr) return fail(ErrorKind::kEnvironment, "OpenSSL cannot make a key");
  std::string der =
      openssl_der([&](unsigned char** out) { return i2d_PKCS8_PRIV_KEY_INFO(info.get(), out); });
  const WipeGuard guard(der);
  const SealedKey sealed = FLOE_TRY(seal_key(der, password));
  const PublicKey public_key = FLOE_TRY(public_half(key.get()));
  return KeyPair{write_pem(kSealedLabel, write_sealed_key(sealed)), public_key.pem()};
}

}  // namespace floe::sign
