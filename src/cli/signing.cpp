// SPDX-License-Identifier: Apache-2.0
#include "cli/signing.h"

#include "base/process.h"
#include "core/config/secrets.h"
#include "core/trust/judge.h"

#include <fmt/core.h>
#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iterator>

namespace floe::cli {

namespace {

constexpr std::uintmax_t kMaxKeyFile = 64 << 10;

std::string signing_text(const core::Platform& platform, const char* path) {
  const value::Value* found = platform.artifacts.find_path(path);
  return found != nullptr && found->is_string() ? found->as_string() : "";
}

/// One line from the terminal, not shown.
Result<std::string> read_hidden(const std::string& prompt) {
  std::fputs(prompt.c_str(), stderr);
  termios shown{};
  ::tcgetattr(STDIN_FILENO, &shown);
  termios hidden = shown;
  hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
  std::string line;
  for (int c = std::getchar(); c != EOF && c != '\n'; c = std::getchar()) {
    line += static_cast<char>(c);
  }
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
  std::fputc('\n', stderr);
  return line;
}

/// What ${env:NAME} stands for; other texts are themselves.
Result<std::string> resolve_key_reference(const std::string& reference) {
  std::string missing;
  auto key = config::expand_references(reference, missing);
  if (key) return std::move(*key);
  return fail(
      ErrorKind::kUsage,
      fmt::format("the signing key is in the environment variable {}, which is not set", missing),
      "set it to the key's file or content, or pass --key");
}

Result<std::unique_ptr<sign::Signer>> external_signer(const core::Platform& platform,
                                                      const fs::path& folder) {
  std::vector<std::string> command;
  const value::Value* words = platform.artifacts.find_path("signing.command");
  for (std::size_t i = 0; words != nullptr && i < words->size(); ++i) {
    command.push_back(words->as_list()[i].as_string());
  }
  const std::string file = signing_text(platform, "signing.public_key");
  if (command.empty() || file.empty()) {
    return fail(ErrorKind::kUsage,
                "artifacts.signing of mode external needs 'command' and 'public_key'",
                "command is the program that signs, public_key the PEM file of its key");
  }
  const std::string pem = FLOE_TRY(read_file(folder / file, kMaxKeyFile));
  return sign::command_signer(std::move(command), FLOE_TRY(sign::PublicKey::from_pem(pem)));
}

}  // namespace

Option signing_key_option() {
  return {.name = "key",
          .takes = Takes::kValue,
          .value_name = "KEY",
          .help = "Sign with this private key: a file (cosign's or PEM), or env://NAME"};
}

Option signature_format_option() {
  return {.name = "signature-format",
          .takes = Takes::kValue,
          .value_name = "FORMAT",
          .help = "How signatures are stored: as cosign 3 does, as it did before, or both",
          .choices = {"bundle", "classic", "both"}};
}

Option public_key_option() {
  return {.name = "key",
          .takes = Takes::kValue,
          .value_name = "FILE",
          .help = "Require a signature by this public key (PEM), whatever the trust policy says"};
}

Result<std::string> key_password(const std::string& what, bool twice) {
  if (const char* text = std::getenv("COSIGN_PASSWORD"); text != nullptr) return std::string(text);
  if (::isatty(STDIN_FILENO) == 0) {
    return fail(ErrorKind::kUsage, fmt::format("{} needs a passphrase", what),
                "set COSIGN_PASSWORD to it (to nothing for an empty one)");
  }
  std::string first = FLOE_TRY(read_hidden(fmt::format("Passphrase of {}: ", what)));
  if (twice && FLOE_TRY(read_hidden("The same again: ")) != first) {
    return fail(ErrorKind::kUsage, "the two passphrases differ");
  }
  return first;
}

Result<std::unique_ptr<sign::Signer>> open_signer(const std::string& key) {
  constexpr std::string_view kVariable = "env://";
  std::string pem;
  std::string what = key;
  if (key.starts_with("-----BEGIN")) {
    pem = key;
    what = "the signing key";
  } else if (key.starts_with(kVariable)) {
    const char* text = std::getenv(key.substr(kVariable.size()).c_str());
    if (text == nullptr) return fail(ErrorKind::kUsage, fmt::format("{} is not set", key));
    pem = text;
  } else {
    pem = FLOE_TRY(read_file(key, kMaxKeyFile));
  }
  return sign::read_signer(pem, what, [&] { return key_password(what, false); });
}

Result<SignerChoice> signer_of_command(const Args& args, const core::Platform& platform,
                                       const fs::path& folder) {
  SignerChoice choice;
  const std::string format =
      args.value_or("signature-format", signing_text(platform, "signing.format"));
  choice.format =
      artifact::parse_signature_format(format).value_or(artifact::SignatureFormat::kBundle);
  const std::string mode = signing_text(platform, "signing.mode");
  if (const auto key = args.value("key")) {
    choice.signer = FLOE_TRY(open_signer(*key));
  } else if (mode == "key") {
    const std::string reference = signing_text(platform, "signing.key_ref");
    std::string key = FLOE_TRY(resolve_key_reference(reference));
    if (key.empty()) {
      return fail(ErrorKind::kUsage, "artifacts.signing of mode key names no key_ref",
                  "name the key's file, or pass --key");
    }
    const bool is_file = !key.starts_with("-----BEGIN") && !key.starts_with("env://");
    if (is_file && key == reference) key = (folder / key).string();
    choice.signer = FLOE_TRY(open_signer(key));
  } else if (mode == "external") {
    choice.signer = FLOE_TRY(external_signer(platform, folder));
  } else if (mode == "keyless") {
    choice.keyless = true;
  }
  return choice;
}

artifact::Signing signing_for(const SignerChoice& signer, const RegistryChoice& choice,
                              const std::string& name, const std::string& version,
                              const std::string& created) {
  artifact::Signing signing;
  signing.signer = signer.signer.get();
  signing.format = signer.format;
  signing.version = version;
  signing.created = created;
  // A folder has no name that means anything elsewhere.
  signing.repository = choice.repository.transport == oci::Transport::kRegistry
                           ? trust::claimed_repository(oci::repository_name(choice.repository))
                           : name;
  if (signer.keyless) {
    signing.elsewhere = [repository = choice.repository](const std::string& digest) {
      return sign_keyless(repository, digest);
    };
  }
  return signing;
}

Result<std::optional<trust::TrustPolicy>> policy_of_key(const Args& args) {
  const auto file = args.value("key");
  if (!file) return std::optional<trust::TrustPolicy>();
  const std::string pem = FLOE_TRY(read_file(*file, kMaxKeyFile));
  trust::TrustPolicy policy;
  policy.source = *file;
  policy.mode = trust::Mode::kEnforce;
  trust::TrustRule rule;
  rule.anchors.keys.push_back(FLOE_TRY(sign::PublicKey::from_pem(pem)));
  policy.rules.push_back(std::move(rule));
  return std::optional(std::move(policy));
}

Status sign_keyless(const oci::Reference& repository, const std::string& digest) {
  if (repository.transport != oci::Transport::kRegistry) {
    return fail(ErrorKind::kUsage,
                fmt::format("artifacts.signing is keyless, and {} is no network registry",
                            oci::repository_name(repository)),
                "sign with a key here, or publish to an oci:// registry");
  }
  if (!find_program("cosign")) {
    return fail(ErrorKind::kEnvironment, "artifacts.signing is keyless, and there is no cosign",
                "install cosign, which gets the certificate for your identity, or sign with a key");
  }
  const std::string target =
      fmt::format("{}/{}@{}", repository.host, repository.repository, digest);
  ProcessOptions options;
  options.timeout = std::chrono::minutes(5);
  options.pass_stderr = true;  // it may ask to open a page for the login
  const ProcessOutput output = FLOE_TRY(run_process({"cosign", "sign", "--yes", target}, options));
  if (output.exit_code == 0) return {};
  return fail(ErrorKind::kEnvironment,
              fmt::format("cosign could not sign {} (exit code {})", target, output.exit_code),
              "nothing was published; see what cosign says above");
}

}  // namespace floe::cli
