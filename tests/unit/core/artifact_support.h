// SPDX-License-Identifier: Apache-2.0
// What the tests of artifacts share: platforms to publish, folders to publish into.
#pragma once

#include "base/files.h"
#include "core/artifact/package.h"
#include "core/artifact/publish.h"
#include "core/oci/registry.h"
#include "core/platform/platform.h"

#include <cstdlib>
#include <memory>
#include <random>
#include <string>

namespace floe::testing {

/// A folder that is gone with the object.
class TempFolder {
 public:
  TempFolder() {
    std::string name = (fs::temp_directory_path() / "floe-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }
  operator const fs::path&() const { return path_; }

 private:
  fs::path path_;
};

/// Sets an environment variable for the life of the object.
class Variable {
 public:
  Variable(std::string name, const std::string& value) : name_(std::move(name)) {
    if (const char* before = std::getenv(name_.c_str())) before_ = before;
    ::setenv(name_.c_str(), value.c_str(), 1);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() {
    if (before_) ::setenv(name_.c_str(), before_->c_str(), 1);
    else ::unsetenv(name_.c_str());
  }

 private:
  std::string name_;
  std::optional<std::string> before_;
};

/// A medallion platform with something in every part.
core::Platform sample_platform(const std::string& version = "1.2.3");

/// Any valid platform; the same for the same state of the generator.
core::Platform random_platform(std::mt19937& random);

/// The registry at `folder`, made if it is not there.
std::unique_ptr<oci::Registry> layout_at(const fs::path& folder,
                                         oci::Access access = oci::Access::kPublish);

/// Packs and publishes a platform under its version's tag.
Result<artifact::Published> publish_platform(const core::Platform& platform,
                                             const fs::path& folder);

/// All fields of the platform as text, for comparing.
std::string text_of(const core::Platform& platform);

}  // namespace floe::testing
