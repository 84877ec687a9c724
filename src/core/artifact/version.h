// SPDX-License-Identifier: Apache-2.0
// Semantic versions (semver.org 2.0.0) of platforms and the tags they are published under.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace floe::artifact {

struct Version {
  std::uint64_t major = 0;
  std::uint64_t minor = 0;
  std::uint64_t patch = 0;
  std::string prerelease;  // "rc.1" or ""
  std::string build;       // not compared

  bool is_prerelease() const { return !prerelease.empty(); }
};

/// Parses "1.2.3-rc.1+build"; nothing if it is not exactly a semantic version (no leading "v").
std::optional<Version> parse_version(std::string_view text);

/// Precedence as semver 2.0.0 §11.
std::strong_ordering compare(const Version& a, const Version& b);

/// The tag a version is published under: "v1.2.3". OCI tags have no '+', so it becomes '_' as in
/// Helm's charts.
std::string tag_of(std::string_view version);

/// The version a tag stands for: "1.2.3" for "v1.2.3" and for "1.2.3"; nothing for other tags.
std::optional<std::string> version_of_tag(std::string_view tag);

}  // namespace floe::artifact
