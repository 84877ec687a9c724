// SPDX-License-Identifier: Apache-2.0
// The key that a command signs with, and the keys that it verifies with.
#pragma once

#include "base/result.h"
#include "cli/command.h"
#include "cli/registry.h"
#include "core/artifact/signing.h"
#include "core/platform/platform.h"
#include "core/sign/keys.h"
#include "core/trust/policy.h"

#include <memory>
#include <optional>
#include <string>

namespace floe::cli {

/// --key K, for signing; --signature-format F.
Option signing_key_option();
Option signature_format_option();
/// --key P, for verifying.
Option public_key_option();

/// What to sign with.
struct SignerChoice {
  std::unique_ptr<sign::Signer> signer;  // null: with none of floe's own
  bool keyless = false;                  // the user's cosign signs, with an identity
  artifact::SignatureFormat format = artifact::SignatureFormat::kBundle;
};

/// --key, else the manifest's artifacts.signing: mode key (a file, or ${env:NAME} with a path or
/// the key itself), external (a program), keyless, or none. The passphrase of a key file comes from
/// COSIGN_PASSWORD, else from the terminal. `folder`: what paths in the manifest start from.
Result<SignerChoice> signer_of_command(const Args& args, const core::Platform& platform,
                                       const fs::path& folder);

/// How an artifact called `name` is signed on its way to a repository; what is attested with it is
/// the caller's. The choice must outlive the result.
artifact::Signing signing_for(const SignerChoice& signer, const RegistryChoice& choice,
                              const std::string& name, const std::string& version,
                              const std::string& created);

/// Reads a private key: a file, or env://NAME for an environment variable that holds one.
Result<std::unique_ptr<sign::Signer>> open_signer(const std::string& key);

/// Asks for a passphrase: COSIGN_PASSWORD, else the terminal. kUsage if there is neither.
Result<std::string> key_password(const std::string& what, bool twice);

/// A policy that trusts the key of --key and enforces; nothing without --key.
Result<std::optional<trust::TrustPolicy>> policy_of_key(const Args& args);

/// Lets the user's cosign sign REPOSITORY@DIGEST with an identity. kEnvironment if there is no
/// cosign or it fails, kUsage if the registry is no network registry.
Status sign_keyless(const oci::Reference& repository, const std::string& digest);

}  // namespace floe::cli
