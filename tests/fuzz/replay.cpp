// SPDX-License-Identifier: Apache-2.0
// fuzz_replay CORPUS: runs every input that was kept, CORPUS/<target>/*, through its target. Exits
// with 0 when all of them end; what a sanitizer or an assertion finds ends the process.
#include "base/files.h"
#include "targets.h"

#include <cstdio>
#include <string>

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: fuzz_replay CORPUS\n", stderr);
    return 2;
  }
  const auto files = floe::list_files(argv[1]);
  if (!files) return 3;
  std::size_t replayed = 0;
  for (const std::string& name : *files) {
    const auto target = floe::fuzz::find_target(name.substr(0, name.find('/')));
    const auto text = floe::read_file(floe::fs::path(argv[1]) / name);
    if (target == nullptr || !text) {
      std::fprintf(stderr, "%s belongs to no target, or cannot be read\n", name.c_str());
      return 1;
    }
    std::fprintf(stderr, "%s\n", name.c_str());  // the last one named is the one that crashed
    target(*text);
    ++replayed;
  }
  std::printf("%zu inputs\n", replayed);
  return replayed > 0 ? 0 : 1;
}
