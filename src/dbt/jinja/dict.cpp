// SPDX-License-Identifier: Apache-2.0
#include "dbt/jinja/value.h"

#include <functional>

namespace floe::jinja {

namespace {

constexpr std::size_t kNotFound = static_cast<std::size_t>(-1);
constexpr std::size_t kSmall = 8;  // up to here a linear look over the hashes is faster

}  // namespace

template <class Match>
std::size_t Dict::probe(std::uint64_t hash, Match match) const {
  if (index_.empty()) {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      const Entry& entry = entries_[i];
      if (entry.hash == hash && entry.live && match(entry.key)) return i;
    }
    return kNotFound;
  }
  const std::size_t mask = index_.size() - 1;
  for (std::size_t slot = hash & mask; index_[slot] != 0; slot = (slot + 1) & mask) {
    const Entry& entry = entries_[index_[slot] - 1];
    if (entry.hash == hash && entry.live && match(entry.key)) return index_[slot] - 1;
  }
  return kNotFound;
}

std::size_t Dict::locate(std::uint64_t hash, const Value& key) const {
  return probe(hash, [&key](const Value& own) { return own.same(key) || own.equals(key); });
}

std::size_t Dict::locate(std::uint64_t hash, std::string_view key) const {
  return probe(hash, [key](const Value& own) { return own.is_str() && own.as_str() == key; });
}

const Value* Dict::find(const Value& key) const {
  const std::size_t at = locate(key.hash(), key);
  return at == kNotFound ? nullptr : &entries_[at].value;
}

const Value* Dict::find(std::string_view key) const {
  std::uint64_t hash = std::hash<std::string_view>{}(key);
  if (hash == 0) hash = 1;
  const std::size_t at = locate(hash, key);
  return at == kNotFound ? nullptr : &entries_[at].value;
}

void Dict::set(const Value& key, Value value) {
  const std::uint64_t hash = key.hash();
  const std::size_t at = locate(hash, key);
  if (at != kNotFound) {
    entries_[at].value = std::move(value);
    return;
  }
  // Erased slots are squeezed out when they are the majority.
  if (entries_.size() > kSmall && live_ * 2 < entries_.size()) rebuild();
  entries_.push_back({key, std::move(value), hash, true});
  ++live_;
  if (index_.empty() && entries_.size() <= kSmall) return;
  if (entries_.size() * 2 > index_.size()) rebuild();
  else add_index(entries_.size() - 1);
}

void Dict::add_index(std::size_t entry) {
  const std::size_t mask = index_.size() - 1;
  std::size_t slot = entries_[entry].hash & mask;
  while (index_[slot] != 0) slot = (slot + 1) & mask;
  index_[slot] = static_cast<std::uint32_t>(entry + 1);
}

void Dict::rebuild() {
  std::erase_if(entries_, [](const Entry& entry) { return !entry.live; });
  index_.clear();
  if (entries_.size() <= kSmall) return;
  std::size_t size = 32;
  while (size < entries_.size() * 4) size *= 2;
  index_.assign(size, 0);
  for (std::size_t i = 0; i < entries_.size(); ++i) add_index(i);
}

bool Dict::erase(const Value& key) {
  const std::size_t at = locate(key.hash(), key);
  if (at == kNotFound) return false;
  // The slot stays so that the index needs no repair; set() squeezes later.
  entries_[at].live = false;
  const Value old_key = std::move(entries_[at].key);
  const Value old_value = std::move(entries_[at].value);
  entries_[at].key = Value();
  entries_[at].value = Value();
  --live_;
  if (live_ == 0) clear();
  return true;
}

void Dict::clear() {
  std::vector<Entry> old;
  old.swap(entries_);
  index_.clear();
  live_ = 0;
}

std::vector<Value> Dict::keys() const {
  std::vector<Value> out;
  out.reserve(live_);
  for (const Entry& entry : entries_) {
    if (entry.live) out.push_back(entry.key);
  }
  return out;
}

}  // namespace floe::jinja
