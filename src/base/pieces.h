// SPDX-License-Identifier: Apache-2.0
// A large text in pieces: hashed and written without being joined first.
#pragma once

#include "base/files.h"
#include "base/result.h"

#include <span>
#include <string>
#include <string_view>

namespace floe {

using Pieces = std::span<const std::string_view>;

/// xxh128_hex() of the joined pieces.
std::string xxh128_hex(Pieces pieces);

/// write_output() of the joined pieces.
Status write_output(const fs::path& path, Pieces pieces);

}  // namespace floe
