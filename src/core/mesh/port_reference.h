// SPDX-License-Identifier: Apache-2.0
// What an input port's `source.ref` of type data_product names: a port of a published product.
#pragma once

#include "base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace floe::mesh {

/// "orders.daily": the newest version, pinned by floe.lock; "orders:v1.2#daily": that version. Both
/// where this platform's products are published. "oci://…:v1.2#daily": one in any repository.
struct PortReference {
  std::string product;   // name, if no whole reference is given
  std::string tag;       // "v1.2" of a named product, or "" for the newest
  std::string artifact;  // whole reference, or ""
  std::string port;
};

/// kUsage with what is expected if the text is none.
Result<PortReference> parse_port_reference(std::string_view text);

/// The newest of these tags that is a version: numbers count as numbers, a pre-release below its
/// release; "" if none is. With `below`, only versions before that one.
std::string newest_version(const std::vector<std::string>& tags, std::string_view below = {});
/// Those tags that are versions, newest first.
std::vector<std::string> versions_newest_first(std::vector<std::string> tags);

}  // namespace floe::mesh
