// SPDX-License-Identifier: Apache-2.0
#include "core/mesh/port_reference.h"

#include "base/text.h"
#include "core/oci/reference.h"
#include "value/forms.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <tuple>
#include <utility>

namespace floe::mesh {

namespace {

tl::unexpected<Error> no_port_reference(std::string_view text, std::string_view why) {
  return fail(ErrorKind::kUsage, fmt::format("'{}' names no port of a product: {}", text, why),
              "write PRODUCT.PORT, PRODUCT:v1.0#PORT or oci://HOST/REPOSITORY:v1.0#PORT");
}

bool is_product_name(std::string_view text) {
  return value::form_problem(value::Form::kDnsLabel, text).empty();
}

bool is_port_name(std::string_view text) {
  return value::form_problem(value::Form::kIdentifier, text).empty();
}

}  // namespace

Result<PortReference> parse_port_reference(std::string_view text) {
  PortReference out;
  const std::size_t hash = text.rfind('#');
  if (hash == std::string_view::npos) {
    const std::size_t dot = text.find('.');
    if (dot == std::string_view::npos) return no_port_reference(text, "there is no port in it");
    out.product = std::string(text.substr(0, dot));
    out.port = std::string(text.substr(dot + 1));
    if (!is_product_name(out.product))
      return no_port_reference(text, "the product is no DNS label");
    if (!is_port_name(out.port)) return no_port_reference(text, "the port is no identifier");
    return out;
  }
  out.port = std::string(text.substr(hash + 1));
  if (!is_port_name(out.port)) return no_port_reference(text, "the port is no identifier");
  const std::string_view artifact = text.substr(0, hash);
  const std::size_t colon = artifact.find(':');
  const std::string_view name = artifact.substr(0, colon);
  const bool is_whole = artifact.starts_with("oci://") || artifact.starts_with("oci-layout:") ||
                        artifact.starts_with("file:");
  if (!is_whole) {
    if (!is_product_name(name)) return no_port_reference(text, "the product is no DNS label");
    out.product = std::string(name);
    if (colon == std::string_view::npos) return out;
    out.tag = std::string(artifact.substr(colon + 1));
    if (!oci::is_tag(out.tag)) return no_port_reference(text, "its version is none");
    return out;
  }
  const auto reference = oci::parse_reference(artifact);
  if (!reference) return no_port_reference(text, reference.error().message);
  if (reference->tag.empty() && reference->digest.empty()) {
    return no_port_reference(text, "it names no version");
  }
  out.artifact = oci::to_string(*reference);
  return out;
}

namespace {

/// Orders versions of products: up to three numbers, then pre-releases before their release.
struct VersionKey {
  std::vector<std::uint64_t> numbers;
  bool is_release = true;
  std::string prerelease;

  bool operator<(const VersionKey& other) const {
    return std::tie(numbers, is_release, prerelease) <
           std::tie(other.numbers, other.is_release, other.prerelease);
  }
};

std::optional<VersionKey> version_key(std::string_view text) {
  VersionKey key;
  if (text.starts_with('v')) text.remove_prefix(1);
  const std::size_t end = std::min(text.find_first_of("-_+"), text.size());
  if (end < text.size() && text[end] == '-') {
    key.is_release = false;
    key.prerelease = std::string(text.substr(end));
  }
  for (const std::string_view part : split(text.substr(0, end), '.')) {
    std::uint64_t number = 0;
    const auto read = std::from_chars(part.data(), part.data() + part.size(), number);
    if (read.ec != std::errc{} || read.ptr != part.data() + part.size()) return std::nullopt;
    key.numbers.push_back(number);
  }
  key.numbers.resize(3);
  return key;
}

}  // namespace

std::vector<std::string> versions_newest_first(std::vector<std::string> tags) {
  std::erase_if(tags,
                [](const std::string& tag) { return !tag.starts_with('v') || !version_key(tag); });
  std::sort(tags.begin(), tags.end(), [](const std::string& a, const std::string& b) {
    return *version_key(b) < *version_key(a);
  });
  return tags;
}

std::string newest_version(const std::vector<std::string>& tags, std::string_view below) {
  const auto limit = version_key(below);
  std::string prerelease;
  for (const std::string& tag : versions_newest_first(tags)) {
    const VersionKey key = *version_key(tag);
    if (!below.empty() && limit && !(key < *limit)) continue;
    if (key.is_release) return tag;
    if (prerelease.empty()) prerelease = tag;
  }
  return prerelease;
}

}  // namespace floe::mesh
