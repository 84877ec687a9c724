// SPDX-License-Identifier: Apache-2.0
// in-toto statements: which artifacts (by digest) something is said about, and what.
#pragma once

#include "base/result.h"
#include "value/value.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace floe::sign {

/// Predicate types. cosign's verifiers take any statement for a signature; floe's callers must
/// look at Statement::predicate_type.
inline constexpr std::string_view kSignaturePredicate = "https://sigstore.dev/cosign/sign/v1";
inline constexpr std::string_view kProvenancePredicate = "https://slsa.dev/provenance/v1";
inline constexpr std::string_view kSpdxPredicate = "https://spdx.dev/Document";
inline constexpr std::string_view kTestResultPredicate =
    "https://in-toto.io/attestation/test-result/v0.1";

inline constexpr std::string_view kStatementType = "https://in-toto.io/Statement/v1";
inline constexpr std::string_view kStatementTypeOfOld = "https://in-toto.io/Statement/v0.1";

/// An artifact that a statement is about.
struct Subject {
  std::string name;    // may be empty
  std::string sha256;  // 64 lower-case hex digits; "" if the subject has only other digests
  std::map<std::string, std::string> annotations;
};

struct Statement {
  std::vector<Subject> subjects;
  std::string predicate_type;
  value::Value predicate;  // null or a mapping
};

/// The statement as compact JSON (in-toto Statement v1).
std::string write_statement(const Statement& statement);

/// Reads a Statement v1 or v0.1. Members that are not known are skipped, as the specification wants
/// it; what is malformed is kSecurity.
Result<Statement> read_statement(std::string_view json);

}  // namespace floe::sign
