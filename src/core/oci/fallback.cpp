// SPDX-License-Identifier: Apache-2.0
#include "core/oci/fallback.h"

#include "base/text.h"
#include "value/json.h"

#include <algorithm>

namespace floe::oci {

using value::Value;

std::string fallback_tag(std::string_view digest) {
  return replace_all(std::string(digest), ":", "-");
}

bool names_digest(const Index& index, std::string_view digest) {
  return std::any_of(index.manifests.begin(), index.manifests.end(),
                     [&](const Descriptor& each) { return each.digest == digest; });
}

std::string with_referrers(const std::optional<Index>& index,
                           const std::vector<Descriptor>& referrers) {
  Value document = index ? index->document : empty_index();
  for (const Descriptor& each : referrers) {
    if (index && names_digest(*index, each.digest)) continue;
    document.edit("manifests")->push(to_value(each));
  }
  return value::write_json(document);
}

std::string without_referrer(const Index& index, std::string_view digest) {
  Value document = index.document;
  Value::List kept;
  for (std::size_t i = 0; i < index.manifests.size(); ++i) {
    if (index.manifests[i].digest != digest) {
      kept.push_back(document.find("manifests")->as_list()[i]);
    }
  }
  document.set("manifests", Value::list(std::move(kept)));
  return value::write_json(document);
}

}  // namespace floe::oci
