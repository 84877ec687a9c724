// SPDX-License-Identifier: Apache-2.0
#include "core/sign/certificate.h"

#include "base/text.h"
#include "base/time.h"
#include "core/sign/encoding.h"
#include "core/sign/openssl.h"
#include "core/sign/sct.h"
#include "core/sign/wire.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

namespace floe::sign {

namespace {

constexpr std::size_t kMaxCertificate = 64 << 10;
constexpr int kAuthLevel = 2;  // 112 bits: RSA of 2048 bits, no SHA-1
constexpr const char* kIssuerOid = "1.3.6.1.4.1.57264.1.8";
constexpr const char* kIssuerOidOfOld = "1.3.6.1.4.1.57264.1.1";
constexpr const char* kOtherNameOid = "1.3.6.1.4.1.57264.1.7";

X509Certificate parse_certificate(std::string_view der) {
  if (der.size() > kMaxCertificate) return nullptr;
  const unsigned char* at = openssl_bytes(der);
  X509Certificate out(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  return at == openssl_bytes(der) + der.size() ? std::move(out) : nullptr;
}

std::string_view asn1_view(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

/// Names are compared and shown: none of them may end early or hide something.
bool is_plain_name(std::string_view text) {
  return !text.empty() && text.size() <= 2048 &&
         find_invalid_utf8(text) == std::string_view::npos &&
         std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

/// The text of a DER UTF8String that is all there is.
std::optional<std::string> utf8_string(std::string_view der) {
  const unsigned char* at = openssl_bytes(der);
  const Asn1Text text(d2i_ASN1_UTF8STRING(nullptr, &at, static_cast<long>(der.size())));
  if (text == nullptr || at != openssl_bytes(der) + der.size()) return std::nullopt;
  return std::string(asn1_view(text.get()));
}

bool is_oid(const ASN1_OBJECT* object, const char* dotted) {
  const Asn1Oid wanted(OBJ_txt2obj(dotted, 1));
  return wanted != nullptr && OBJ_cmp(object, wanted.get()) == 0;
}

std::optional<std::string> name_text(const GENERAL_NAME& name) {
  switch (name.type) {
    case GEN_URI: return std::string(asn1_view(name.d.uniformResourceIdentifier));
    case GEN_EMAIL: return std::string(asn1_view(name.d.rfc822Name));
    case GEN_OTHERNAME: {
      const OTHERNAME* other = name.d.otherName;
      if (!is_oid(other->type_id, kOtherNameOid) || other->value->type != V_ASN1_UTF8STRING) {
        return std::nullopt;
      }
      return std::string(asn1_view(other->value->value.utf8string));
    }
    default: return std::nullopt;
  }
}

Result<std::string> subject_of(const X509* certificate) {
  int status = 0;
  const GeneralNames names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, &status, nullptr)));
  if (names == nullptr || sk_GENERAL_NAME_num(names.get()) != 1) {
    return refuse("the signing certificate does not have exactly one subject alternative name");
  }
  auto out = name_text(*sk_GENERAL_NAME_value(names.get(), 0));
  if (!out || !is_plain_name(*out)) {
    return refuse("the signing certificate is for a kind of subject that floe does not know");
  }
  return std::move(*out);
}

/// The content of an extension that is there at most once. Nothing: absent; "": there twice.
std::optional<std::string> extension_of(const X509* certificate, const char* dotted) {
  const Asn1Oid oid(OBJ_txt2obj(dotted, 1));
  const int at = oid == nullptr ? -1 : X509_get_ext_by_OBJ(certificate, oid.get(), -1);
  if (at < 0) return std::nullopt;
  if (X509_get_ext_by_OBJ(certificate, oid.get(), at) >= 0) return std::string();
  return std::string(asn1_view(X509_EXTENSION_get_data(X509_get_ext(certificate, at))));
}

Result<std::string> issuer_of(const X509* certificate) {
  const auto bad = [] {
    return refuse("the signing certificate does not say which provider knows its subject");
  };
  const auto encoded = extension_of(certificate, kIssuerOid);
  const auto of_old = extension_of(certificate, kIssuerOidOfOld);
  const auto decoded = encoded ? utf8_string(*encoded) : of_old;
  if (!decoded || !is_plain_name(*decoded) || (of_old && *of_old != *decoded)) return bad();
  return *decoded;
}

/// A store that trusts the authority's root alone, and its intermediates beside it.
struct AuthorityStore {
  X509Store store{X509_STORE_new()};
  std::vector<X509Certificate> owned;
  STACK_OF(X509) * intermediates = sk_X509_new_null();

  explicit AuthorityStore(const Authority& authority) {
    for (const std::string& der : authority.intermediates) {
      owned.push_back(parse_certificate(der));
      if (owned.back() != nullptr) sk_X509_push(intermediates, owned.back().get());
    }
    owned.push_back(parse_certificate(authority.root));
    if (owned.back() != nullptr) X509_STORE_add_cert(store.get(), owned.back().get());
  }
  AuthorityStore(const AuthorityStore&) = delete;
  AuthorityStore& operator=(const AuthorityStore&) = delete;
  ~AuthorityStore() { sk_X509_free(intermediates); }
};

/// Intermediates that are limited to purposes must be for signing code too, as in Go's verifier.
bool chain_signs_code(const STACK_OF(X509) * chain) {
  for (int i = 1; i + 1 < sk_X509_num(chain); ++i) {
    X509* const certificate = sk_X509_value(chain, i);
    if ((X509_get_extension_flags(certificate) & EXFLAG_XKUSAGE) != 0 &&
        (X509_get_extended_key_usage(certificate) & (XKU_CODE_SIGN | XKU_ANYEKU)) == 0) {
      return false;
    }
  }
  return true;
}

/// Builds the chain as of `time`. `why` is set if there is none; otherwise the issuer is given.
X509Certificate issuer_in(const Authority& authority, X509* leaf, std::int64_t time,
                          std::string& why) {
  const AuthorityStore trusted(authority);
  const X509StoreContext context(X509_STORE_CTX_new());
  if (context == nullptr ||
      X509_STORE_CTX_init(context.get(), trusted.store.get(), leaf, trusted.intermediates) != 1) {
    why = "OpenSSL cannot verify certificates";
    return nullptr;
  }
  X509_VERIFY_PARAM* const param = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(param, static_cast<time_t>(time));
  X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_auth_level(param, kAuthLevel);
  if (X509_verify_cert(context.get()) != 1) {
    why = X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()));
    return nullptr;
  }
  const STACK_OF(X509)* chain = X509_STORE_CTX_get0_chain(context.get());
  X509* const issuer = sk_X509_num(chain) < 2 ? nullptr : sk_X509_value(chain, 1);
  if (issuer == nullptr) {
    why = "it is an authority's own";
    return nullptr;
  }
  if (!chain_signs_code(chain)) {
    why = "an authority above it is not for signing code";
    return nullptr;
  }
  X509_up_ref(issuer);
  return X509Certificate(issuer);
}

/// Who issued the leaf, by an authority that was in use at `time`.
Result<X509Certificate> find_issuer(X509* leaf, const TrustedRoot& root, std::int64_t time) {
  std::string why = "the trusted root has no certificate authority that was in use then";
  for (const Authority& authority : root.authorities()) {
    if (!authority.valid.holds(time)) continue;
    if (X509Certificate issuer = issuer_in(authority, leaf, time, why)) return issuer;
  }
  return refuse(fmt::format("the signing certificate was not valid at the time of signing, {}: {}",
                            rfc3339_text(time), why));
}

Status check_purpose(X509* certificate) {
  const std::uint32_t flags = X509_get_extension_flags(certificate);
  // Without the extension the getters answer as if everything was allowed.
  const bool signs_code = (flags & EXFLAG_XKUSAGE) != 0 &&
                          (X509_get_extended_key_usage(certificate) & XKU_CODE_SIGN) != 0;
  const bool signs =
      (flags & EXFLAG_KUSAGE) == 0 || (X509_get_key_usage(certificate) & KU_DIGITAL_SIGNATURE) != 0;
  if ((flags & (EXFLAG_INVALID | EXFLAG_CA)) != 0 || !signs_code || !signs) {
    return refuse("the certificate of the signature is none for signing code");
  }
  return {};
}

}  // namespace

bool is_certificate(std::string_view der) {
  const OpensslErrors quiet;
  return parse_certificate(der) != nullptr;
}

Result<SigningCertificate> read_certificate(std::string_view der) {
  const OpensslErrors quiet;
  const X509Certificate leaf = parse_certificate(der);
  if (leaf == nullptr) return refuse("the signing certificate is damaged");
  X509_PUBKEY* const held = X509_get_X509_PUBKEY(leaf.get());
  auto key = PublicKey::from_der(
      openssl_der([&](unsigned char** out) { return i2d_X509_PUBKEY(held, out); }));
  if (!key) return refuse("in the signing certificate, " + key.error().message);
  // Apart from the braces: returning out of them, GCC would leak the members before.
  std::string subject = FLOE_TRY(subject_of(leaf.get()));
  std::string issuer = FLOE_TRY(issuer_of(leaf.get()));
  return SigningCertificate{std::move(*key), std::move(subject), std::move(issuer)};
}

Result<SigningCertificate> check_certificate(std::string_view der, const TrustedRoot& root,
                                             std::int64_t time, bool require_sct) {
  const OpensslErrors quiet;
  const X509Certificate leaf = parse_certificate(der);
  if (leaf == nullptr) return refuse("the signing certificate is damaged");
  if (time <= 0 || time > kLastTime) return refuse("the time of signing is impossible");
  const X509Certificate issuer = FLOE_TRY(find_issuer(leaf.get(), root, time));
  FLOE_CHECK(check_purpose(leaf.get()));
  if (require_sct) FLOE_CHECK(check_timestamps(leaf.get(), issuer.get(), root));
  return read_certificate(der);
}

}  // namespace floe::sign
