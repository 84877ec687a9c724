// SPDX-License-Identifier: Apache-2.0
// Puts packages into packages-install-path, and knows what is there already.
#pragma once

#include "cli/packages/resolve.h"

#include <map>
#include <set>
#include <string>

namespace floe::cli {

/// The installed packages of a project. A hidden file beside them notes what each is and what it
/// looked like, so that what is there and untouched needs no network.
class InstalledPackages {
 public:
  /// Reads the notes; wrong ones are as good as none.
  explicit InstalledPackages(fs::path folder);

  /// Is this very package there, untouched?
  bool has(const std::string& name, const std::string& identity) const;
  /// Replaces a package by the files in `source`, which move.
  Status put(const std::string& name, const std::string& identity, const fs::path& source);
  /// Replaces a package by a link to a folder.
  Status link(const std::string& name, const fs::path& target);
  /// Removes what is not named, and writes the notes.
  Status finish(const std::set<std::string>& names);

 private:
  struct Note {
    std::string identity;
    std::string digest;
  };
  Result<fs::path> place(const std::string& name) const;

  fs::path folder_;
  std::map<std::string, Note> notes_;
};

/// What a locked package is: the same text, the same files. Empty: its files may change any time.
std::string package_identity(const PackageRequest& request);

/// The checksums of archives that were once installed (package-checksums.txt): an archive whose
/// content changes afterwards is refused.
class ArchiveChecksums {
 public:
  static Result<ArchiveChecksums> read(const fs::path& file);
  /// kSecurity if another content is known. `forget`: URLs may serve something new.
  Status check(const std::string& identity, const std::string& sha256, bool forget);
  /// Keeps only these and writes the file if it changed.
  Status write(const std::set<std::string>& identities);

 private:
  fs::path file_;
  std::map<std::string, std::string> known_;
  bool changed_ = false;
};

}  // namespace floe::cli
