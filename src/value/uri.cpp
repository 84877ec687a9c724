// SPDX-License-Identifier: Apache-2.0
#include "value/uri.h"

#include <algorithm>
#include <charconv>

namespace floe::value {

namespace {

/// The five parts of a URI; a part that is there may be empty.
struct UriParts {
  std::optional<std::string_view> scheme, authority, query, fragment;
  std::string_view path;
};

std::optional<std::string_view> uri_scheme(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (text.empty() || !letter(text.front())) return {};
  const auto end = std::find_if_not(text.begin(), text.end(), [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  });
  if (end == text.end() || *end != ':') return {};
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

UriParts split_uri(std::string_view text) {
  UriParts parts;
  if (const std::size_t hash = text.find('#'); hash != std::string_view::npos) {
    parts.fragment = text.substr(hash + 1);
    text = text.substr(0, hash);
  }
  if (const std::size_t mark = text.find('?'); mark != std::string_view::npos) {
    parts.query = text.substr(mark + 1);
    text = text.substr(0, mark);
  }
  parts.scheme = uri_scheme(text);
  if (parts.scheme) text.remove_prefix(parts.scheme->size() + 1);
  if (text.starts_with("//")) {
    text.remove_prefix(2);
    parts.authority = text.substr(0, text.find('/'));
    text.remove_prefix(parts.authority->size());
  }
  parts.path = text;
  return parts;
}

/// RFC 3986, 5.2.4: without "." and ".." steps.
std::string remove_dot_steps(std::string_view in) {
  std::string out;
  while (!in.empty()) {
    if (in.starts_with("../")) {
      in.remove_prefix(3);
    } else if (in.starts_with("./") || in.starts_with("/./")) {
      in.remove_prefix(2);
    } else if (in == "/.") {
      in = "/";
    } else if (in.starts_with("/../") || in == "/..") {
      in = in == "/.." ? std::string_view("/") : in.substr(3);
      out.resize(std::min(out.size(), out.rfind('/') == std::string::npos ? 0 : out.rfind('/')));
    } else if (in == "." || in == "..") {
      in = {};
    } else {
      const std::size_t end = in.find('/', 1);
      out += in.substr(0, end);
      in = end == std::string_view::npos ? std::string_view() : in.substr(end);
    }
  }
  return out;
}

std::string merged_path(const UriParts& base, std::string_view path) {
  if (base.authority && base.path.empty()) return "/" + std::string(path);
  const std::size_t slash = base.path.rfind('/');
  if (slash == std::string_view::npos) return std::string(path);
  return std::string(base.path.substr(0, slash + 1)) + std::string(path);
}

}  // namespace

std::string resolve_uri(std::string_view base_text, std::string_view reference) {
  const UriParts base = split_uri(base_text);
  const UriParts given = split_uri(reference);
  UriParts target = given;
  std::string path;
  if (given.scheme || given.authority) {
    path = remove_dot_steps(given.path);
  } else if (given.path.empty()) {
    path = base.path;
    if (!given.query) target.query = base.query;
  } else {
    path = remove_dot_steps(given.path.starts_with('/') ? std::string(given.path)
                                                        : merged_path(base, given.path));
  }
  if (!given.scheme) {
    target.scheme = base.scheme;
    if (!given.authority) target.authority = base.authority;
  }
  std::string text;
  if (target.scheme) text += std::string(*target.scheme) + ":";
  if (target.authority) text += "//" + std::string(*target.authority);
  text += path;
  if (target.query) text += "?" + std::string(*target.query);
  if (target.fragment) text += "#" + std::string(*target.fragment);
  return text;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out += text[at];
      continue;
    }
    unsigned byte = 0;
    if (at + 2 >= text.size()) return {};
    const char* const digits = text.data() + at + 1;
    const auto [end, error] = std::from_chars(digits, digits + 2, byte, 16);
    if (error != std::errc() || end != digits + 2) return {};
    out += static_cast<char>(byte);
    at += 2;
  }
  return out;
}

}  // namespace floe::value
