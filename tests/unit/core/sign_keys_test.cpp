// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"
#include "core/sign/encoding.h"
#include "core/sign/key_file.h"
#include "unit/core/artifact_support.h"
#include "unit/core/sign_support.h"
#include "value/json.h"

#include <gtest/gtest.h>
#include <sodium.h>

namespace floe::sign {
namespace {

using testing::cosign_public_key;
using testing::cosign_signer;
using testing::fresh_key;
using testing::fresh_private_pem;
using testing::public_half_of;
using testing::sign_vector;
using testing::signature_of;

Result<std::string> secret_password() { return std::string("secret"); }

Result<std::string> unasked_password() {
  ADD_FAILURE() << "the password was asked for";
  return std::string();
}

ErrorKind kind_of_signer(const std::string& pem) {
  const auto signer = read_signer(pem, "the key", secret_password);
  EXPECT_FALSE(signer);
  return signer ? ErrorKind::kInterrupted : signer.error().kind;
}

TEST(SignEncoding, Base64IsWhatAnEncoderWrites) {
  EXPECT_EQ(base64_decode(""), "");
  EXPECT_EQ(base64_decode("Zm9v"), "foo");
  EXPECT_EQ(base64_decode("Zm8="), "fo");
  EXPECT_EQ(base64_decode("Zg=="), "f");
  for (const char* bad : {"Zg", "Zg=", "Zh==", "Zm9=", "Zm 9", "Zm9v\n", "Zm-_",
                          "====", "A===", "Zg==Zg==", "=Zg=", "Zm9vA"}) {
    EXPECT_FALSE(base64_decode(bad)) << bad;
  }
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  for (std::size_t size = 0; size <= all.size(); ++size) {
    EXPECT_EQ(base64_decode(base64_encode(all.substr(0, size))), all.substr(0, size));
  }
}

TEST(SignEncoding, HexIsLowerCase) {
  EXPECT_EQ(decode_hex("00ff10"), std::string("\x00\xff\x10", 3));
  EXPECT_FALSE(decode_hex("0"));
  EXPECT_FALSE(decode_hex("FF"));
  EXPECT_FALSE(decode_hex("0x"));
}

TEST(SignEncoding, PemHoldsBlocksAndNothingElse) {
  const std::string block = write_pem("A", std::string(100, 'x'));
  const auto two = read_pem("\n" + block + "\r\n" + block);
  ASSERT_TRUE(two);
  ASSERT_EQ(two->size(), 2u);
  EXPECT_EQ(two->at(1).bytes, std::string(100, 'x'));
  EXPECT_TRUE(read_pem("")->empty());
  EXPECT_FALSE(read_pem(block + "text"));
  EXPECT_FALSE(read_pem("text\n" + block));
  EXPECT_FALSE(read_pem("-----BEGIN A-----\nQUFB\n-----END B-----\n"));
  EXPECT_FALSE(read_pem("-----BEGIN A-----\nQUFB\n"));
  EXPECT_FALSE(read_pem("-----BEGIN A-----\nProc-Type: 4,ENCRYPTED\n\nQUFB\n-----END A-----\n"));
}

TEST(SignEncoding, TextFromOutsideIsShownHarmlessly) {
  EXPECT_EQ(shown("a\x1b[2Jb\xff"), "a?[2Jb?");
  EXPECT_LE(shown(std::string(5000, 'x')).size(), 130u);
}

TEST(PublicKey, ReadsCosignsAndKnowsItsFingerprint) {
  const PublicKey key = cosign_public_key();
  EXPECT_EQ(key.pem(), sign_vector("cosign.pub"));
  EXPECT_EQ(key.fingerprint(), "R9HgF+HEpVWno6vikSL7VFjHnp0zAz0BltrxLO+Xwhw=");
  EXPECT_EQ(key.algorithm(), "ecdsa-p256");
}

TEST(PublicKey, OfEveryKindVerifiesItsSignaturesOnly) {
  for (const char* algorithm : {"P-256", "P-384", "ED25519", "RSA"}) {
    const EvpKey key = fresh_key(algorithm);
    const PublicKey half = PublicKey::from_pem(public_half_of(key).pem()).value();
    const EVP_MD* digest = std::string_view(algorithm) == "ED25519" ? nullptr : EVP_sha256();
    const std::string signature = signature_of(key, "message", digest);
    EXPECT_TRUE(half.verify("message", signature)) << algorithm;
    EXPECT_FALSE(half.verify("messagf", signature)) << algorithm;
    EXPECT_FALSE(half.verify("message", "")) << algorithm;
    EXPECT_FALSE(half.verify("message", signature.substr(1))) << algorithm;
    EXPECT_FALSE(half.verify("message", signature + '\0')) << algorithm;
    EXPECT_FALSE(public_half_of(fresh_key(algorithm)).verify("message", signature)) << algorithm;
    for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
      std::string flipped = signature;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
      EXPECT_FALSE(half.verify("message", flipped)) << algorithm << " bit " << bit;
    }
  }
}

TEST(PublicKey, TakesTheDigestsThatCosignUses) {
  const EvpKey p384 = fresh_key("P-384");
  EXPECT_TRUE(public_half_of(p384).verify("m", signature_of(p384, "m", EVP_sha384())));
  EXPECT_FALSE(public_half_of(p384).verify("m", signature_of(p384, "m", EVP_sha512())));
  const EvpKey p256 = fresh_key("P-256");
  EXPECT_FALSE(public_half_of(p256).verify("m", signature_of(p256, "m", EVP_sha384())));
}

TEST(PublicKey, TakesPrehashedEd25519) {
  ASSERT_GE(sodium_init(), 0);
  unsigned char raw[crypto_sign_PUBLICKEYBYTES];
  unsigned char secret[crypto_sign_SECRETKEYBYTES];
  crypto_sign_keypair(raw, secret);
  std::string signature(crypto_sign_BYTES, '\0');
  crypto_sign_state state;
  crypto_sign_init(&state);
  crypto_sign_update(&state, openssl_bytes("message"), 7);
  crypto_sign_final_create(&state, reinterpret_cast<unsigned char*>(signature.data()), nullptr,
                           secret);
  const EvpKey key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw, sizeof raw));
  const PublicKey half = public_half_of(key);
  EXPECT_EQ(half.algorithm(), "ed25519");
  EXPECT_TRUE(half.verify("message", signature));
  EXPECT_FALSE(half.verify("messagf", signature));
}

TEST(PublicKey, RefusesWhatItCannotUse) {
  const std::string good = sign_vector("cosign.pub");
  const std::string compressed_or_broken = write_pem("PUBLIC KEY", cosign_public_key().der() + "x");
  for (const std::string& bad :
       {std::string(), std::string("no key"), good + good, fresh_private_pem("P-256"),
        write_pem("CERTIFICATE", cosign_public_key().der()), compressed_or_broken,
        write_pem("PUBLIC KEY", ""), good + std::string(1 << 20, ' ')}) {
    const auto key = PublicKey::from_pem(bad);
    ASSERT_FALSE(key) << bad.substr(0, 100);
    EXPECT_EQ(key.error().kind, ErrorKind::kUsage);
  }
  for (const char* algorithm : {"P-521", "secp256k1", "RSA1024"}) {
    const EvpKey key = fresh_key(algorithm);
    const std::string der =
        openssl_der([&](unsigned char** out) { return i2d_PUBKEY(key.get(), out); });
    EXPECT_FALSE(PublicKey::from_der(der)) << algorithm;
  }
}

TEST(PublicKey, RefusesAPointThatIsNotOnTheCurve) {
  std::string der = cosign_public_key().der();
  der.back() = static_cast<char>(der.back() ^ 1);
  EXPECT_FALSE(PublicKey::from_der(der));
}

TEST(Signer, ReadsCosignsKeyFile) {
  const auto signer = cosign_signer();
  EXPECT_EQ(signer->public_key(), cosign_public_key());
  const std::string signature = signer->sign("message").value();
  EXPECT_TRUE(cosign_public_key().verify("message", signature));
}

TEST(Signer, ReadsTheOlderLabelOfTheKeyFile) {
  std::string pem = sign_vector("cosign.key");
  for (std::size_t at = pem.find("SIGSTORE"); at != std::string::npos; at = pem.find("SIGSTORE")) {
    pem.replace(at, 8, "COSIGN");
  }
  EXPECT_TRUE(read_signer(pem, "the key", secret_password));
}

TEST(Signer, SaysThatThePasswordIsWrong) {
  const auto signer = read_signer(sign_vector("cosign.key"), "floe.key",
                                  []() -> Result<std::string> { return "Secret"; });
  ASSERT_FALSE(signer);
  EXPECT_EQ(signer.error().kind, ErrorKind::kUsage);
  EXPECT_EQ(describe(signer.error()),
            "floe.key cannot be decrypted: the password is wrong, or the file is damaged");
}

TEST(Signer, PassesOnThatThereIsNoPassword) {
  const auto signer =
      read_signer(sign_vector("cosign.key"), "floe.key", []() -> Result<std::string> {
        return fail(ErrorKind::kUsage, "COSIGN_PASSWORD is not set");
      });
  ASSERT_FALSE(signer);
  EXPECT_EQ(signer.error().message, "COSIGN_PASSWORD is not set");
}

TEST(Signer, ReadsUnencryptedKeysWithoutAPassword) {
  for (const char* algorithm : {"P-256", "ED25519"}) {
    const auto signer = read_signer(fresh_private_pem(algorithm), "the key", unasked_password);
    ASSERT_TRUE(signer) << describe(signer.error());
    EXPECT_TRUE((*signer)->public_key().verify("m", (*signer)->sign("m").value())) << algorithm;
  }
  const EvpKey key = fresh_key();
  const std::string sec1 =
      openssl_der([&](unsigned char** out) { return i2d_PrivateKey(key.get(), out); });
  const std::string with_curve = write_pem("EC PARAMETERS", "\x06\x08*\x86H\xce=\x03\x01\x07") +
                                 write_pem("EC PRIVATE KEY", sec1);
  const auto signer = read_signer(with_curve, "the key", unasked_password);
  ASSERT_TRUE(signer) << describe(signer.error());
  EXPECT_EQ((*signer)->public_key(), public_half_of(key));
}

TEST(Signer, RefusesOtherKeys) {
  EXPECT_EQ(kind_of_signer(fresh_private_pem("P-384")), ErrorKind::kUsage);
  EXPECT_EQ(kind_of_signer(fresh_private_pem("RSA")), ErrorKind::kUsage);
  EXPECT_EQ(kind_of_signer(sign_vector("cosign.pub")), ErrorKind::kUsage);
  EXPECT_EQ(kind_of_signer(""), ErrorKind::kUsage);
  EXPECT_EQ(kind_of_signer(write_pem("ENCRYPTED PRIVATE KEY", "x")), ErrorKind::kUsage);
  EXPECT_EQ(kind_of_signer(write_pem("PRIVATE KEY", "x")), ErrorKind::kUsage);
  EXPECT_EQ(kind_of_signer(fresh_private_pem("P-256") + fresh_private_pem("P-256")),
            ErrorKind::kUsage);
}

std::string key_file_with(std::string_view member, const value::Value& replacement) {
  const auto blocks = read_pem(sign_vector("cosign.key"));
  const value::Value json = value::read_json(blocks->front().bytes).value();
  return write_pem("ENCRYPTED SIGSTORE PRIVATE KEY",
                   value::write_json(testing::with_member(json, member, replacement)));
}

TEST(Signer, RefusesCostlyAndUnknownKeyFilesBeforeItAsksForThePassword) {
  const std::vector<std::pair<const char*, value::Value>> changes = {
      {"kdf.params.N", 65537},
      {"kdf.params.N", 1 << 21},
      {"kdf.params.N", 1},
      {"kdf.params.N", 0},
      {"kdf.params.N", -65536},
      {"kdf.params.N", 65536.5},
      {"kdf.params.r", 17},
      {"kdf.params.r", 0},
      {"kdf.params.p", 5},
      {"kdf.params.p", 0},
      {"kdf.params.x", 1},
      {"kdf.name", "argon2"},
      {"kdf.salt", "?"},
      {"cipher.name", "aes"},
      {"cipher.nonce", "AAAA"},
      {"ciphertext", "AAAA"},
      {"ciphertext", value::Value()},
      {"kdf.salt", base64_encode(std::string(2000, 'x'))},
      {"version", 2}};
  for (const auto& [member, value] : changes) {
    const auto signer = read_signer(key_file_with(member, value), "the key", unasked_password);
    ASSERT_FALSE(signer) << member;
    EXPECT_EQ(signer.error().kind, ErrorKind::kUsage) << member;
  }
  // Each within its bound, and together more memory than allowed.
  const auto blocks = read_pem(key_file_with("kdf.params.N", 1 << 20));
  EXPECT_FALSE(read_sealed_key(blocks->front().bytes));
  EXPECT_TRUE(read_sealed_key(read_pem(key_file_with("kdf.params.N", 1 << 18))->front().bytes));
}

TEST(KeyPair, IsReadBackWithItsPasswordOnly) {
  const KeyPair pair = generate_key_pair("pass word").value();
  EXPECT_TRUE(pair.private_pem.starts_with("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n"));
  const auto signer =
      read_signer(pair.private_pem, "the key", []() -> Result<std::string> { return "pass word"; });
  ASSERT_TRUE(signer) << describe(signer.error());
  EXPECT_EQ((*signer)->public_key().pem(), pair.public_pem);
  EXPECT_EQ((*signer)->public_key().algorithm(), "ecdsa-p256");
  EXPECT_FALSE(read_signer(pair.private_pem, "the key", secret_password));
  EXPECT_NE(generate_key_pair("pass word").value().public_pem, pair.public_pem);
}

TEST(KeyPair, HasTheFormOfCosigns) {
  const auto form = [](const std::string& pem) {
    value::Value json = value::read_json(read_pem(pem)->front().bytes).value();
    for (const char* path : {"kdf.salt", "cipher.nonce", "ciphertext"}) {
      const std::string text = testing::member_at(json, path).as_string();
      json = testing::with_member(json, path, std::to_string(text.size()));
    }
    return value::write_json(json);
  };
  EXPECT_EQ(form(generate_key_pair("").value().private_pem), form(sign_vector("cosign.key")));
}

class CommandSignerTest : public ::testing::Test {
 protected:
  Result<std::string> answer(const std::string& script, std::string_view message = "message") {
    auto signer = command_signer({"/bin/sh", "-c", script}, public_half_of(key_)).value();
    return signer->sign(message);
  }
  EvpKey key_ = fresh_key();
  testing::TempFolder folder_;
};

TEST_F(CommandSignerTest, SignsWhatItGetsOnStdin) {
  const std::string message("binary\0\n\xff", 9);
  ASSERT_TRUE(write_file(folder_.path() / "sig", signature_of(key_, message)));
  const std::string script = "cat > '" + (folder_.path() / "in").string() + "'; base64 -w0 '" +
                             (folder_.path() / "sig").string() + "'; echo";
  const auto signature = answer(script, message);
  ASSERT_TRUE(signature) << describe(signature.error());
  EXPECT_TRUE(public_half_of(key_).verify(message, *signature));
  EXPECT_EQ(*read_file(folder_.path() / "in"), message);
}

TEST_F(CommandSignerTest, RefusesASignatureOfSomethingElse) {
  const auto signature = answer("echo " + base64_encode(signature_of(key_, "other")));
  ASSERT_FALSE(signature);
  EXPECT_EQ(signature.error().kind, ErrorKind::kSecurity);
}

TEST_F(CommandSignerTest, SaysWhatWentWrong) {
  EXPECT_EQ(answer("exit 3").error().message, "the signing command '/bin/sh' ended with 3");
  EXPECT_EQ(answer("echo hello world").error().message,
            "the signing command '/bin/sh' did not print a signature");
  EXPECT_EQ(answer("true").error().kind, ErrorKind::kEnvironment);
  auto missing = command_signer({"/no/such/program"}, public_half_of(key_)).value();
  EXPECT_EQ(missing->sign("m").error().kind, ErrorKind::kEnvironment);
  EXPECT_EQ(command_signer({}, public_half_of(key_)).error().kind, ErrorKind::kUsage);
}

}  // namespace
}  // namespace floe::sign
