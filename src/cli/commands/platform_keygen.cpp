// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "cli/report.h"
#include "cli/signing.h"
#include "core/sign/encoding.h"
#include "core/sign/keys.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace floe::cli {

namespace {

constexpr std::string_view kDefaultPrefix = "cosign";

/// Writes a file that must not be there yet: a key that is overwritten is lost.
Status write_key(const std::string& path, std::string_view text, mode_t mode) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0) {
    return fail(errno == EEXIST ? ErrorKind::kUsage : ErrorKind::kEnvironment,
                fmt::format("cannot write {}: {}", path, std::strerror(errno)),
                errno == EEXIST ? "a key is never overwritten: choose another --output-key-prefix"
                                : "check the folder's permissions");
  }
  const bool whole = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                     ::fsync(fd) == 0;
  ::close(fd);
  if (whole) return {};
  ::unlink(path.c_str());
  return fail(ErrorKind::kEnvironment, fmt::format("cannot write {}", path));
}

Status generate(const std::string& prefix) {
  std::string password = FLOE_TRY(key_password(prefix + ".key", true));
  auto pair = sign::generate_key_pair(password);
  sign::wipe(password);
  if (!pair) return tl::unexpected<Error>(std::move(pair.error()));
  FLOE_CHECK(write_key(prefix + ".key", pair->private_pem, 0600));
  sign::wipe(pair->private_pem);
  return write_key(prefix + ".pub", pair->public_pem, 0644);
}

int run_platform_keygen(const Args& args) {
  const Output output = output_of(args);
  const std::string prefix = args.value_or("output-key-prefix", kDefaultPrefix);
  if (const Status done = generate(prefix); !done) return report_error(output, done.error());
  print_line(fmt::format("Private key: {}.key (encrypted; keep it secret)", prefix));
  print_line(fmt::format("Public key:  {}.pub (for the trust policies of your consumers)", prefix));
  return 0;
}

}  // namespace

const Command command_platform_keygen = {
    .path = "platform keygen",
    .summary = "Make a key pair for signing platforms",
    .details =
        "Writes PREFIX.key, encrypted with a passphrase (COSIGN_PASSWORD, else asked for), and "
        "PREFIX.pub, in the formats of `cosign generate-key-pair`: ECDSA on P-256. Existing files "
        "are never overwritten.",
    .options = {{.name = "output-key-prefix",
                 .takes = Takes::kValue,
                 .value_name = "PREFIX",
                 .help = "Where the two files go",
                 .fallback = kDefaultPrefix}},
    .positionals = {},
    .run = run_platform_keygen,
};

}  // namespace floe::cli
