// SPDX-License-Identifier: Apache-2.0
#include "core/sign/sct.h"

#include "base/hash.h"
#include "core/sign/encoding.h"
#include "core/sign/openssl.h"
#include "core/sign/wire.h"

#include <optional>

namespace floe::sign {

namespace {

constexpr std::size_t kMaxTimestamps = 32;
constexpr char kSctVersion1 = 0;
constexpr char kHashSha256 = 4;  // RFC 5246 §7.4.1.4.1
constexpr char kSignatureRsa = 1;
constexpr char kSignatureEcdsa = 3;

/// Takes the fields of a TLS structure off the front of a text.
class TlsReader {
 public:
  explicit TlsReader(std::string_view rest) : rest_(rest) {}
  bool done() const { return rest_.empty(); }

  std::optional<std::string_view> take(std::size_t size) {
    if (rest_.size() < size) return std::nullopt;
    const std::string_view out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return out;
  }

  std::optional<std::uint64_t> number(std::size_t size) {
    const auto bytes = take(size);
    if (!bytes) return std::nullopt;
    std::uint64_t out = 0;
    for (const char c : *bytes) out = out << 8 | static_cast<unsigned char>(c);
    return out;
  }

  /// A field with its size, of two bytes, in front.
  std::optional<std::string_view> sized() {
    const auto size = number(2);
    return size ? take(*size) : std::nullopt;
  }

 private:
  std::string_view rest_;
};

void append_number(std::string& out, std::uint64_t number, std::size_t size) {
  for (std::size_t i = size; i-- > 0;) out += static_cast<char>(number >> (8 * i) & 0xff);
}

/// One timestamp; `known` is false for versions and algorithms that are not.
bool read_timestamp(std::string_view bytes, CertificateTimestamp& out, bool& known) {
  TlsReader reader(bytes);
  const auto version = reader.take(1);
  known = version && version->front() == kSctVersion1;
  if (!version || !known) return version.has_value();
  const auto log_id = reader.take(32);
  const auto time = reader.number(8);
  const auto extensions = reader.sized();
  const auto algorithm = reader.take(2);
  const auto signature = reader.sized();
  if (!log_id || !time || !extensions || !algorithm || !signature || !reader.done()) return false;
  known = (*algorithm)[0] == kHashSha256 &&
          ((*algorithm)[1] == kSignatureEcdsa || (*algorithm)[1] == kSignatureRsa);
  out = {std::string(*log_id), *time, std::string(*extensions), std::string(*signature)};
  return true;
}

/// The TBSCertificate as the log saw it.
std::string tbs_without_timestamps(const X509* certificate) {
  const X509Certificate copy(X509_dup(certificate));
  if (copy == nullptr) return {};
  for (int at = X509_get_ext_by_NID(copy.get(), NID_ct_precert_scts, -1); at >= 0;
       at = X509_get_ext_by_NID(copy.get(), NID_ct_precert_scts, -1)) {
    const X509Extension removed(X509_delete_ext(copy.get(), at));
    if (removed == nullptr) return {};
  }
  return openssl_der([&](unsigned char** out) { return i2d_re_X509_tbs(copy.get(), out); });
}

std::string issuer_key_id(const X509* issuer) {
  X509_PUBKEY* const key = X509_get_X509_PUBKEY(issuer);
  const std::string der =
      openssl_der([&](unsigned char** out) { return i2d_X509_PUBKEY(key, out); });
  return der.empty() ? der : sha256_bytes(der);
}

/// The content of the extension, or "" if the certificate has none.
std::string embedded_list(const X509* certificate) {
  const int at = X509_get_ext_by_NID(certificate, NID_ct_precert_scts, -1);
  X509_EXTENSION* const extension = at < 0 ? nullptr : X509_get_ext(certificate, at);
  if (extension == nullptr) return {};
  const ASN1_OCTET_STRING* const outer = X509_EXTENSION_get_data(extension);
  const unsigned char* data = ASN1_STRING_get0_data(outer);
  const unsigned char* const end = data + ASN1_STRING_length(outer);
  const Asn1Octets inner(d2i_ASN1_OCTET_STRING(nullptr, &data, ASN1_STRING_length(outer)));
  if (inner == nullptr || data != end) return {};
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(inner.get())),
          static_cast<std::size_t>(ASN1_STRING_length(inner.get()))};
}

}  // namespace

Result<std::vector<CertificateTimestamp>> read_timestamps(std::string_view list) {
  const auto bad = [] { return refuse("the certificate's transparency timestamps are malformed"); };
  TlsReader outer(list);
  const auto entries = outer.sized();
  if (!entries || !outer.done()) return bad();
  std::vector<CertificateTimestamp> out;
  TlsReader reader(*entries);
  for (std::size_t count = 0; !reader.done(); ++count) {
    const auto bytes = reader.sized();
    CertificateTimestamp timestamp;
    bool known = false;
    if (!bytes || count == kMaxTimestamps || !read_timestamp(*bytes, timestamp, known))
      return bad();
    if (known) out.push_back(std::move(timestamp));
  }
  return out;
}

std::string timestamped_text(const CertificateTimestamp& timestamp, std::string_view issuer_key_id,
                             std::string_view tbs) {
  std::string out;
  append_number(out, 0, 1);  // version 1
  append_number(out, 0, 1);  // certificate_timestamp
  append_number(out, timestamp.time_ms, 8);
  append_number(out, 1, 2);  // precert_entry
  out += issuer_key_id;
  append_number(out, tbs.size(), 3);
  out += tbs;
  append_number(out, timestamp.extensions.size(), 2);
  return out + timestamp.extensions;
}

Status check_timestamps(const X509* certificate, const X509* issuer, const TrustedRoot& root) {
  const std::string list = embedded_list(certificate);
  if (list.empty()) {
    return refuse("the signing certificate has no timestamp of a certificate transparency log");
  }
  const std::string issuer_id = issuer_key_id(issuer);
  const std::string tbs = tbs_without_timestamps(certificate);
  if (issuer_id.empty() || tbs.empty()) return refuse("the signing certificate is damaged");
  for (const CertificateTimestamp& timestamp : FLOE_TRY(read_timestamps(list))) {
    const LogKey* log = find_log(root.certificate_logs(), timestamp.log_id);
    if (log != nullptr && timestamp.time_ms <= static_cast<std::uint64_t>(INT64_MAX) &&
        log->valid.holds(static_cast<std::int64_t>(timestamp.time_ms / 1000)) &&
        log->key.verify(timestamped_text(timestamp, issuer_id, tbs), timestamp.signature)) {
      return {};
    }
  }
  return refuse(
      "no certificate transparency log of the trusted root has signed for the signing certificate");
}

}  // namespace floe::sign
