// SPDX-License-Identifier: Apache-2.0
// What libFuzzer calls; FLOE_FUZZ_TARGET is one of targets.h.
#include "targets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  floe::fuzz::FLOE_FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
  return 0;
}
