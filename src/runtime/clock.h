// SPDX-License-Identifier: Apache-2.0
// Times as artifacts write them.
#pragma once

#include <chrono>
#include <string>

namespace floe::runtime {

using SystemTime = std::chrono::system_clock::time_point;

/// "2026-01-31T12:00:00.123456Z".
std::string utc_text(SystemTime time);

inline double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace floe::runtime
