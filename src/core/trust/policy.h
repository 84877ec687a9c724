// SPDX-License-Identifier: Apache-2.0
// The trust policy: whose signatures a consumer believes. It belongs to the user, to CI or to the
// machine, never to the artifact that it judges.
#pragma once

#include "base/files.h"
#include "base/result.h"
#include "core/sign/verify.h"
#include "value/schema.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floe::trust {

/// What a missing or wrong signature does; the later the stricter.
enum class Mode { kOff, kWarn, kEnforce };

std::string_view mode_name(Mode mode);
std::optional<Mode> parse_mode(std::string_view text);

/// What is expected of the repositories that `match` names.
struct TrustRule {
  std::string match = "*";  // glob over repository names: "oci://registry.acme.com/*"
  Mode mode = Mode::kEnforce;
  sign::Anchors anchors;
  /// Repositories that a signature may name besides the one that is asked: where a mirror's
  /// artifacts come from. "registry.acme.com/floe-platform".
  std::vector<std::string> signed_as;
  std::string platform;                          // metadata.name it must have; "": any
  std::vector<std::string> required_predicates;  // attestations that must be there, too
};

/// One file.
struct TrustPolicy {
  std::string source;            // the file, for messages
  Mode mode = Mode::kOff;        // where no rule matches
  std::vector<TrustRule> rules;  // the first that matches counts
};

/// The schema of trust.yaml.
const value::Schema& trust_policy_schema();

/// Reads a trust policy; key and root files in it are relative to it. kUsage with line and column
/// if it is wrong.
Result<TrustPolicy> read_trust_policy(const fs::path& path);

/// The machine's trust policy; nothing that a user sets leads anywhere else.
inline constexpr std::string_view kMachinePolicy = "/etc/floe/trust.yaml";

/// The policies that count here: the machine's, and the user's: $FLOE_TRUST_POLICY, else trust.yaml
/// in `user_folder`. All of them must be content, so a user can add to the machine's but not take
/// away from it.
Result<std::vector<TrustPolicy>> trust_policies(
    const std::map<std::string, std::string>& environment,
    const std::optional<fs::path>& user_folder, const fs::path& machine = kMachinePolicy);

/// The rule of a policy for a repository, or a rule with the policy's mode that trusts nobody.
TrustRule rule_for(const TrustPolicy& policy, std::string_view repository);

}  // namespace floe::trust
