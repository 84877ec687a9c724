// SPDX-License-Identifier: Apache-2.0
#include "core/lock/lock.h"

#include "core/oci/reference.h"
#include "diag/diagnostic.h"
#include "value/json.h"
#include "value/yaml.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace floe::core {

namespace {

using value::Value;

constexpr std::int64_t kLockVersion = 1;
constexpr std::uintmax_t kMaxLock = 1 << 20;

tl::unexpected<Error> bad_lock(const diag::SourceMap& sources, diag::Span span,
                               std::string_view why) {
  std::string place(kLockFile);
  if (const auto position = sources.locate(span)) {
    place = fmt::format("{}:{}:{}", kLockFile, position->line, position->column);
  }
  return fail(ErrorKind::kUsage, fmt::format("{}: {}", place, why),
              "restore floe.lock from git; it is written by floe and not meant to be edited");
}

Status read_texts(const Value& platform, const diag::SourceMap& sources, Lock& lock) {
  const std::pair<std::string_view, std::string Lock::*> members[] = {{"ref", &Lock::reference},
                                                                      {"digest", &Lock::digest},
                                                                      {"name", &Lock::name},
                                                                      {"version", &Lock::version}};
  for (const auto& [key, member] : members) {
    const Value* found = platform.find(key);
    if (found == nullptr || !found->is_string()) {
      return bad_lock(sources, found != nullptr ? found->span : platform.span,
                      fmt::format("platform.{} must be a text", key));
    }
    lock.*member = found->as_string();
  }
  if (const Value* signer = platform.find("signer"); signer != nullptr && signer->is_string()) {
    lock.signer = signer->as_string();
  }
  if (!oci::is_digest(lock.digest)) {
    return bad_lock(sources, platform.find("digest")->span,
                    "platform.digest must be sha256: and 64 hex digits");
  }
  if (auto reference = oci::parse_reference(lock.reference); !reference) {
    return bad_lock(sources, platform.find("ref")->span, reference.error().message);
  }
  return {};
}

Status read_product(const Value& entry, const diag::SourceMap& sources, Lock& lock) {
  LockedProduct& product = lock.products.emplace_back();
  const std::pair<std::string_view, std::string LockedProduct::*> members[] = {
      {"ref", &LockedProduct::reference},
      {"artifact", &LockedProduct::artifact},
      {"digest", &LockedProduct::digest},
      {"name", &LockedProduct::name},
      {"version", &LockedProduct::version}};
  for (const auto& [key, member] : members) {
    const Value* found = entry.find(key);
    if (found == nullptr || !found->is_string()) {
      return bad_lock(sources, found != nullptr ? found->span : entry.span,
                      fmt::format("{} of a product must be a text", key));
    }
    product.*member = found->as_string();
  }
  if (!oci::is_digest(product.digest)) {
    return bad_lock(sources, entry.find("digest")->span,
                    "digest must be sha256: and 64 hex digits");
  }
  if (auto reference = oci::parse_reference(product.artifact); !reference) {
    return bad_lock(sources, entry.find("artifact")->span, reference.error().message);
  }
  return {};
}

Status read_products(const Value& document, const diag::SourceMap& sources, Lock& lock) {
  const Value* products = document.find("products");
  if (products == nullptr) return {};
  if (!products->is_list()) return bad_lock(sources, products->span, "'products' must be a list");
  for (const Value& entry : products->as_list()) FLOE_CHECK(read_product(entry, sources, lock));
  return {};
}

std::string quoted(const std::string& text) { return value::write_json(Value(text)); }

}  // namespace

std::string to_text(const Lock& lock) {
  std::string text = fmt::format(
      "# Written by floe. Commit this file: it pins the platform's rules to exact bytes.\n"
      "version: {}\n"
      "platform:\n"
      "  ref: {}\n"
      "  digest: {}\n"
      "  name: {}\n"
      "  version: {}\n",
      kLockVersion, quoted(lock.reference), quoted(lock.digest), quoted(lock.name),
      quoted(lock.version));
  if (!lock.signer.empty()) text += fmt::format("  signer: {}\n", quoted(lock.signer));
  if (!lock.products.empty()) text += "products:\n";
  for (const LockedProduct& product : lock.products) {
    text += fmt::format(
        "  - ref: {}\n    artifact: {}\n    digest: {}\n    name: {}\n    version: {}\n",
        quoted(product.reference), quoted(product.artifact), quoted(product.digest),
        quoted(product.name), quoted(product.version));
  }
  return text;
}

Result<std::optional<Lock>> read_lock(const fs::path& folder) {
  const fs::path path = folder / kLockFile;
  std::error_code error;
  if (fs::symlink_status(path, error).type() == fs::file_type::not_found) {
    return std::optional<Lock>();
  }
  diag::SourceMap sources;
  diag::Sink sink;
  const diag::Source& source =
      sources.add(std::string(kLockFile), FLOE_TRY(read_file(path, kMaxLock)));
  const Value document = value::read_yaml(source, {}, sink);
  if (sink.has_errors()) {
    const diag::Diagnostic first = sink.sorted().front();
    return bad_lock(sources, first.span, first.message);
  }
  if (!document.is_map()) return bad_lock(sources, document.span, "a mapping is needed");
  const Value* version = document.find("version");
  if (version == nullptr || !version->is_int() || version->as_int() < 1) {
    return bad_lock(sources, document.span, "'version' must be a whole number");
  }
  if (version->as_int() > kLockVersion) {
    return fail(ErrorKind::kUsage, "floe.lock was written by a newer floe",
                "update floe, then run the command again");
  }
  const Value* platform = document.find("platform");
  if (platform == nullptr || !platform->is_map()) {
    return bad_lock(sources, document.span, "'platform' must be a mapping");
  }
  Lock lock;
  FLOE_CHECK(read_texts(*platform, sources, lock));
  FLOE_CHECK(read_products(document, sources, lock));
  return lock;
}

Status write_lock(const fs::path& folder, const Lock& lock) {
  return write_file(folder / kLockFile, to_text(lock));
}

std::vector<std::string> lock_changes(const std::optional<Lock>& before, const Lock& after) {
  std::vector<std::string> changes;
  const std::string_view verb = before ? "updated" : "wrote";
  const auto pinned = [&](std::string_view kind, const auto& now, const auto* was) {
    if (was != nullptr && was->digest == now.digest && was->version == now.version) return;
    std::string text = fmt::format("{} {}: {} {} v{} is pinned at {}", verb, kLockFile, kind,
                                   now.name, now.version, now.digest);
    if (was != nullptr) text += fmt::format(" (was v{})", was->version);
    changes.push_back(std::move(text));
  };
  pinned("platform", after, before ? &*before : nullptr);
  const std::vector<LockedProduct> none;
  const std::vector<LockedProduct>& products = before ? before->products : none;
  const auto find = [](const std::vector<LockedProduct>& in, const LockedProduct& product) {
    const auto same = [&](const auto& each) { return each.reference == product.reference; };
    const auto found = std::find_if(in.begin(), in.end(), same);
    return found == in.end() ? nullptr : &*found;
  };
  for (const LockedProduct& product : after.products) {
    pinned("product", product, find(products, product));
  }
  for (const LockedProduct& product : products) {
    if (find(after.products, product) != nullptr) continue;
    changes.push_back(
        fmt::format("{} {}: product {} is not pinned any more", verb, kLockFile, product.name));
  }
  if (changes.empty() && !(before && *before == after)) {
    changes.push_back(
        fmt::format("{} {}: the same bytes under {}", verb, kLockFile, after.reference));
  }
  return changes;
}

}  // namespace floe::core
