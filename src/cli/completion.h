// SPDX-License-Identifier: Apache-2.0
// Shell completion scripts, made from the command table.
#pragma once

#include <string>

namespace floe::cli {

std::string bash_completion();
std::string zsh_completion();
std::string fish_completion();

}  // namespace floe::cli
