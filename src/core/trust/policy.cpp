// SPDX-License-Identifier: Apache-2.0
#include "core/trust/policy.h"

#include "base/text.h"
#include "diag/diagnostic.h"
#include "value/yaml.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace floe::trust {

namespace {

using namespace value;  // the schema vocabulary

constexpr std::array<std::string_view, 3> kModes{"off", "warn", "enforce"};
constexpr std::uintmax_t kMaxPolicy = 1 << 20;
constexpr std::uintmax_t kMaxRoot = 4 << 20;

Schema mode_schema() { return choice({"off", "warn", "enforce"}); }

Schema build_trust_schema() {
  const auto identity = object({
      required("issuer", text(), "The OpenID Connect provider that vouches, exactly."),
      required("subject", text(), "Who: an email address or a workflow's URI; * for any text."),
  });
  const auto rule = object({
      required("match", text(), "Repositories, with * for any text: oci://registry.acme.com/*."),
      field("verification", mode_schema(), "What a missing or wrong signature does.",
            Value("enforce")),
      field("keys", list_of(text()), "Public keys: files in PEM format, or the PEM text itself."),
      field("identities", list_of(identity), "Who may sign without a key of their own."),
      field("trusted_root", text(),
            "Of identities: a Sigstore trusted_root.json with the authorities and logs."),
      field("require_sct", boolean(),
            "Of identities: a certificate log must know of the certificate.", Value(true)),
      field("signed_as", list_of(text()),
            "Of mirrors: repositories (host/name) that signatures may name instead."),
      field("platform", text(), "The name that the platform must have."),
      field("attestations", list_of(text()),
            "Predicate types that must be attested as well: https://slsa.dev/provenance/v1."),
  });
  return object({
      required("version", integer(1, 1), "Version of this format."),
      field("verification", mode_schema(), "For repositories that no rule matches.", Value("off")),
      field("rules", list_of(rule), "What is expected of which repositories; the first counts."),
  });
}

std::string policy_text(const Value& entry, std::string_view key) {
  const Value* found = entry.find(key);
  return found != nullptr && found->is_string() ? found->as_string() : "";
}

std::vector<std::string> policy_texts(const Value& entry, std::string_view key) {
  std::vector<std::string> out;
  const Value* found = entry.find(key);
  for (std::size_t i = 0; found != nullptr && i < found->size(); ++i) {
    out.push_back(found->as_list()[i].as_string());
  }
  return out;
}

Result<sign::PublicKey> read_policy_key(const std::string& text, const fs::path& folder) {
  if (text.starts_with("-----BEGIN")) return sign::PublicKey::from_pem(text);
  const fs::path path = folder / text;
  const std::string pem = FLOE_TRY(read_file(path, 64 << 10));
  auto key = sign::PublicKey::from_pem(pem);
  if (!key) return fail_because(fmt::format("{} holds no public key", path.string()), key.error());
  return key;
}

Result<TrustRule> read_rule(const Value& entry, const fs::path& folder) {
  TrustRule rule;
  rule.match = policy_text(entry, "match");
  rule.mode = parse_mode(policy_text(entry, "verification")).value_or(Mode::kEnforce);
  for (const std::string& key : policy_texts(entry, "keys")) {
    rule.anchors.keys.push_back(FLOE_TRY(read_policy_key(key, folder)));
  }
  if (const Value* identities = entry.find("identities")) {
    for (const Value& each : identities->as_list()) {
      const std::string subject = policy_text(each, "subject");
      rule.anchors.identities.push_back(
          {subject, policy_text(each, "issuer"), contains(subject, "*")});
    }
  }
  if (const std::string root = policy_text(entry, "trusted_root"); !root.empty()) {
    const std::string json = FLOE_TRY(read_file(folder / root, kMaxRoot));
    rule.anchors.root = FLOE_TRY(sign::TrustedRoot::from_json(json));
  } else if (!rule.anchors.identities.empty()) {
    return fail(ErrorKind::kUsage,
                fmt::format("the rule for '{}' has identities, but no trusted_root", rule.match),
                "name the trusted_root.json that holds the authorities which vouch for them");
  }
  const Value* sct = entry.find("require_sct");
  rule.anchors.require_sct = sct == nullptr || sct->as_bool();
  rule.signed_as = policy_texts(entry, "signed_as");
  rule.platform = policy_text(entry, "platform");
  rule.required_predicates = policy_texts(entry, "attestations");
  return rule;
}

std::string trust_variable(const std::map<std::string, std::string>& environment,
                           const std::string& name) {
  const auto found = environment.find(name);
  return found == environment.end() ? "" : found->second;
}

}  // namespace

std::string_view mode_name(Mode mode) { return kModes[static_cast<std::size_t>(mode)]; }

std::optional<Mode> parse_mode(std::string_view text) {
  const auto found = std::find(kModes.begin(), kModes.end(), text);
  if (found == kModes.end()) return std::nullopt;
  return static_cast<Mode>(found - kModes.begin());
}

const Schema& trust_policy_schema() {
  static const Schema kSchema = build_trust_schema();
  return kSchema;
}

Result<TrustPolicy> read_trust_policy(const fs::path& path) {
  diag::SourceMap sources;
  diag::Sink sink;
  const diag::Source& source = sources.add(path.string(), FLOE_TRY(read_file(path, kMaxPolicy)));
  const Value document = value::read_yaml(source, {}, sink);
  if (!sink.has_errors()) value::check_schema(document, trust_policy_schema(), sink);
  if (sink.has_errors()) {
    const diag::Diagnostic first = sink.sorted().front();
    const auto place = sources.locate(first.span);
    return fail(
        ErrorKind::kUsage,
        fmt::format("{}{}: {}", path.string(),
                    place ? fmt::format(":{}:{}", place->line, place->column) : "", first.message),
        "`floe schema trust-policy` says what the file may hold");
  }
  TrustPolicy policy;
  policy.source = path.string();
  policy.mode = parse_mode(policy_text(document, "verification")).value_or(Mode::kOff);
  if (const Value* rules = document.find("rules")) {
    for (const Value& entry : rules->as_list()) {
      auto rule = read_rule(entry, path.parent_path());
      if (!rule) {
        Error error = rule.error();
        error.kind = ErrorKind::kUsage;
        return fail_because(fmt::format("{} cannot be used", path.string()), error);
      }
      policy.rules.push_back(std::move(*rule));
    }
  }
  return policy;
}

Result<std::vector<TrustPolicy>> trust_policies(
    const std::map<std::string, std::string>& environment,
    const std::optional<fs::path>& user_folder, const fs::path& machine) {
  std::vector<TrustPolicy> out;
  std::error_code error;
  if (fs::exists(machine, error)) out.push_back(FLOE_TRY(read_trust_policy(machine)));
  const std::string named = trust_variable(environment, "FLOE_TRUST_POLICY");
  if (!named.empty()) {
    out.push_back(FLOE_TRY(read_trust_policy(named)));
  } else if (user_folder && fs::exists(*user_folder / "trust.yaml", error)) {
    out.push_back(FLOE_TRY(read_trust_policy(*user_folder / "trust.yaml")));
  }
  return out;
}

TrustRule rule_for(const TrustPolicy& policy, std::string_view repository) {
  for (const TrustRule& rule : policy.rules) {
    if (glob_match(rule.match, repository)) return rule;
  }
  TrustRule none;
  none.mode = policy.mode;
  return none;
}

}  // namespace floe::trust
