// SPDX-License-Identifier: Apache-2.0
#include "base/tar_header.h"

#include "base/text.h"

#include <algorithm>

namespace floe {

namespace {

std::string tar_text(const char* field, std::size_t size) {
  return std::string(field, std::find(field, field + size, '\0'));
}

/// Octal digits, or GNU's binary form for what is too large for them.
std::uint64_t tar_number(const char* field, std::size_t size) {
  std::uint64_t value = 0;
  const bool binary = (static_cast<unsigned char>(field[0]) & 0x80) != 0;
  for (std::size_t i = binary ? size - 8 : 0; i < size; ++i) {
    if (binary) {
      value = value << 8 | static_cast<unsigned char>(field[i]);
    } else if (field[i] >= '0' && field[i] <= '7') {
      value = value * 8 + static_cast<std::uint64_t>(field[i] - '0');
    }
  }
  return value;
}

/// pax records: "LENGTH key=value\n".
void read_pax_records(std::string_view data, std::string& name, std::string& link) {
  while (!data.empty()) {
    std::size_t length = 0;
    std::size_t at = 0;
    for (; at < data.size() && data[at] >= '0' && data[at] <= '9' && at < 8; ++at) {
      length = length * 10 + static_cast<std::size_t>(data[at] - '0');
    }
    if (length <= at + 1 || length > data.size()) return;
    const std::string_view record = data.substr(at + 1, length - at - 2);
    if (record.starts_with("path=")) name = record.substr(5);
    if (record.starts_with("linkpath=")) link = record.substr(9);
    data.remove_prefix(length);
  }
}

}  // namespace

std::optional<TarEntry> read_tar_header(const std::array<char, kTarBlock>& block) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kTarBlock; ++i) {
    sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(block[i]);
  }
  if (sum != tar_number(&block[148], 8)) return std::nullopt;
  TarEntry entry;
  entry.name = tar_text(&block[0], 100);
  entry.mode = static_cast<unsigned>(tar_number(&block[100], 8));
  entry.size = tar_number(&block[124], 12);
  entry.type = block[156] == '\0' ? '0' : block[156];
  entry.link = tar_text(&block[157], 100);
  const std::string prefix = tar_text(&block[345], 155);
  if (std::string_view(&block[257], 5) == "ustar" && !prefix.empty() && block[262] == '\0') {
    entry.name = prefix + "/" + entry.name;
  }
  return entry;
}

void TarLongNames::add(const TarEntry& entry, const std::string& data) {
  if (entry.type == 'x') read_pax_records(data, name_, link_);
  else if (entry.type == 'L') name_ = tar_text(data.data(), data.size());
  else if (entry.type == 'K') link_ = tar_text(data.data(), data.size());
}

void TarLongNames::apply(TarEntry& entry) {
  if (!name_.empty()) entry.name = std::move(name_);
  if (!link_.empty()) entry.link = std::move(link_);
  name_.clear();
  link_.clear();
}

std::optional<std::string> safe_tar_name(std::string_view name) {
  if (name.starts_with('/') || name.find('\\') != std::string_view::npos) return std::nullopt;
  std::string clean;
  for (const std::string_view part : split(name, '/')) {
    if (part == "..") return std::nullopt;
    if (part.empty() || part == ".") continue;
    if (!clean.empty()) clean += '/';
    clean += part;
  }
  return clean;
}

}  // namespace floe
