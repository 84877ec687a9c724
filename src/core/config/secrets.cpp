// SPDX-License-Identifier: Apache-2.0
#include "core/config/secrets.h"

#include "base/text.h"
#include "value/forms.h"
#include "value/pattern.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace floe::config {

namespace {

struct KnownCredential {
  std::string_view pattern;
  std::string_view name;
};

constexpr auto kKnownCredentials = std::to_array<KnownCredential>({
    {"\\b(AKIA|ASIA)[0-9A-Z]{16}\\b", "an AWS access key"},
    {"-----BEGIN [A-Z ]*PRIVATE KEY-----", "a private key"},
    {"\\b(gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,})", "a GitHub token"},
    {"\\bglpat-[A-Za-z0-9_-]{20,}", "a GitLab token"},
    {"\\bxox[abeprs]-[A-Za-z0-9-]{10,}", "a Slack token"},
    {"hooks[.]slack[.]com/services/T[A-Za-z0-9]+/B[A-Za-z0-9]+/[A-Za-z0-9]+", "a Slack webhook"},
    {"\\b[rs]k_live_[A-Za-z0-9]{16,}", "a Stripe key"},
    {"\\bAIza[0-9A-Za-z_-]{35}", "a Google API key"},
    {"\\beyJ[A-Za-z0-9_-]{8,}[.]eyJ[A-Za-z0-9_-]{8,}[.][A-Za-z0-9_-]+", "a JSON web token"},
    {"\\bnpm_[A-Za-z0-9]{36}\\b", "an npm token"},
    {"\\bdapi[0-9a-f]{32}\\b", "a Databricks token"},
    {"\\bAccountKey=[A-Za-z0-9+/=]{40,}", "an Azure storage key"},
});

/// scheme://user:password@host, where the password is written out.
constexpr std::string_view kPasswordInUrl = "://[^/\\s:@]*:(?!\\$\\{)[^/\\s@]+@";

/// Keys whose value is a credential, whatever it looks like.
constexpr std::string_view kPasswordKey =
    "^(.*[_.-])?(password|passwd|pwd|passphrase|client[_-]?secret|secret[_-]?key|"
    "secret[_-]?access[_-]?key|private[_-]?key|account[_-]?key)$";

/// Keys whose value is a credential if it looks random.
constexpr std::string_view kTokenKey =
    "^(.*[_.-])?(secret|token|api[_-]?key|access[_-]?key|access[_-]?key[_-]?id|credentials?|auth)$";

bool found_in(std::string_view text, const value::Pattern& pattern) { return pattern.search(text); }

value::Pattern must_compile(std::string_view expression) {
  auto pattern = value::Pattern::compile(expression);
  if (!pattern) throw std::logic_error("pattern of a credential: " + pattern.error().message);
  return std::move(*pattern);
}

/// Bits a character of `text` carries, judged by how often each occurs (Shannon).
double entropy_per_character(std::string_view text) {
  std::array<int, 256> counts{};
  for (const char c : text) ++counts[static_cast<unsigned char>(c)];
  double bits = 0;
  for (const int count : counts) {
    if (count == 0) continue;
    const double share = static_cast<double>(count) / static_cast<double>(text.size());
    bits -= share * std::log2(share);
  }
  return bits;
}

bool looks_random(std::string_view text) {
  if (text.size() < 16 || contains(text, " ") || contains(text, "://")) return false;
  const auto any = [&](char low, char high) {
    return std::any_of(text.begin(), text.end(), [&](char c) { return c >= low && c <= high; });
  };
  return any('0', '9') && (any('a', 'z') || any('A', 'Z')) && entropy_per_character(text) > 3.2;
}

bool is_stand_in(std::string_view text) {
  return text.empty() || text.starts_with('<') || contains(text, "{{") ||
         text.find_first_not_of("*xX.") == std::string_view::npos;
}

void report_credential(std::string_view kind, std::string_view key, diag::Span span,
                       diag::Sink& sink) {
  sink.add({.code = "C020",
            .message = key.empty() ? fmt::format("this looks like {}", kind)
                                   : fmt::format("the value of '{}' looks like {}", key, kind),
            .span = span,
            .help = "put it into the environment or the secrets plugin, write ${env:NAME} or "
                    "${secret:NAME} here, and replace the credential: it has been in a file",
            .hide_source = true});
}

void walk_for_credentials(const value::Value& value, std::string_view key, diag::Sink& sink) {
  if (value.is_string()) {
    const std::string kind = credential_kind(key, value.as_string());
    if (!kind.empty()) report_credential(kind, key, value.span, sink);
  } else if (value.is_list()) {
    for (const value::Value& item : value.as_list()) walk_for_credentials(item, key, sink);
  } else if (value.is_map()) {
    for (const value::Member& member : value.as_map()) {
      if (const std::string kind = credential_kind({}, member.key); !kind.empty()) {
        report_credential(kind, {}, member.key_span, sink);
      }
      walk_for_credentials(member.value, member.key, sink);
    }
  }
}

}  // namespace

std::string credential_kind(std::string_view key, std::string_view text) {
  static const auto kKnown = [] {
    std::vector<std::pair<value::Pattern, std::string_view>> known;
    for (const KnownCredential& credential : kKnownCredentials) {
      known.emplace_back(must_compile(credential.pattern), credential.name);
    }
    return known;
  }();
  static const value::Pattern kUrl = must_compile(kPasswordInUrl);
  static const value::Pattern kPassword = must_compile(kPasswordKey);
  static const value::Pattern kToken = must_compile(kTokenKey);
  if (text.empty()) return {};
  for (const auto& [pattern, name] : kKnown) {
    if (found_in(text, pattern)) return std::string(name);
  }
  if (found_in(text, kUrl)) return "a URL with a password";
  if (key.empty() || value::has_reference(text) || is_stand_in(text)) return {};
  const std::string lower = to_lower(key);
  if (found_in(lower, kPassword)) return "a password or key";
  if (found_in(lower, kToken) && looks_random(text)) return "a token";
  return {};
}

void report_credentials(const value::Value& document, diag::Sink& sink) {
  walk_for_credentials(document, {}, sink);
}

std::optional<std::string> expand_references(std::string text, std::string& missing) {
  for (const std::string_view kind : {"${env:", "${secret:"}) {
    for (std::size_t at = text.find(kind); at != std::string::npos; at = text.find(kind, at)) {
      const std::size_t end = text.find('}', at);
      if (end == std::string::npos) break;
      std::string name = text.substr(at + kind.size(), end - at - kind.size());
      if (kind == "${secret:") name = replace_all(to_upper(name), "-", "_");
      const char* variable = std::getenv(name.c_str());
      if (variable == nullptr) {
        missing = name;
        return std::nullopt;
      }
      text.replace(at, end + 1 - at, variable);
      at += std::string_view(variable).size();  // what it holds is no reference
    }
  }
  return text;
}

}  // namespace floe::config
