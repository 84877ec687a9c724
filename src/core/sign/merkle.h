// SPDX-License-Identifier: Apache-2.0
// Inclusion proofs of Merkle trees as transparency logs build them (RFC 6962 §2.1).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace floe::sign {

/// The hash of a leaf: SHA-256(0x00 || entry).
std::string merkle_leaf_hash(std::string_view entry);

/// The hash of an inner node: SHA-256(0x01 || left || right).
std::string merkle_node_hash(std::string_view left, std::string_view right);

/// Whether `path` proves that the leaf is number `index` of the tree with `size` leaves and this
/// root (RFC 9162 §2.1.3.2). All hashes are 32 raw bytes; anything else is no proof.
bool merkle_proves(std::string_view leaf_hash, std::int64_t index, std::int64_t size,
                   const std::vector<std::string>& path, std::string_view root);

}  // namespace floe::sign
