// SPDX-License-Identifier: Apache-2.0
#include "core/sign/merkle.h"

#include "base/hash.h"
#include "core/sign/encoding.h"

namespace floe::sign {

namespace {

constexpr std::size_t kHashSize = 32;

}  // namespace

std::string merkle_leaf_hash(std::string_view entry) {
  return sha256_bytes(std::string(1, '\0').append(entry));
}

std::string merkle_node_hash(std::string_view left, std::string_view right) {
  return sha256_bytes(std::string(1, '\1').append(left).append(right));
}

bool merkle_proves(std::string_view leaf_hash, std::int64_t index, std::int64_t size,
                   const std::vector<std::string>& path, std::string_view root) {
  if (index < 0 || index >= size || leaf_hash.size() != kHashSize || root.size() != kHashSize) {
    return false;
  }
  auto at = static_cast<std::uint64_t>(index);
  auto last = static_cast<std::uint64_t>(size - 1);
  std::string hash(leaf_hash);
  for (const std::string& sibling : path) {
    if (last == 0 || sibling.size() != kHashSize) return false;
    if (at % 2 == 1 || at == last) {
      hash = merkle_node_hash(sibling, hash);
      // A node without a right sibling moves up unhashed.
      while (at % 2 == 0 && at != 0) {
        at >>= 1;
        last >>= 1;
      }
    } else {
      hash = merkle_node_hash(hash, sibling);
    }
    at >>= 1;
    last >>= 1;
  }
  return last == 0 && hash == root;
}

}  // namespace floe::sign
