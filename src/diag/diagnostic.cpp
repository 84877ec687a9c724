// SPDX-License-Identifier: Apache-2.0
#include "diag/diagnostic.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace floe::diag {

std::string_view severity_name(Severity severity) {
  switch (severity) {
    case Severity::kNote: return "note";
    case Severity::kWarning: return "warning";
    case Severity::kError: return "error";
  }
  return "error";
}

void Sink::add(Diagnostic diagnostic) {
  const std::lock_guard lock(mutex_);
  items_.push_back(std::move(diagnostic));
}

void Sink::error(std::string code, std::string message, Span span, std::string help) {
  add({.code = std::move(code),
       .message = std::move(message),
       .span = span,
       .help = std::move(help)});
}

void Sink::warning(std::string code, std::string message, Span span, std::string help) {
  add({.code = std::move(code),
       .severity = Severity::kWarning,
       .message = std::move(message),
       .span = span,
       .help = std::move(help)});
}

namespace {
std::size_t count_severity(const std::vector<Diagnostic>& items, Severity severity) {
  return static_cast<std::size_t>(std::count_if(
      items.begin(), items.end(), [&](const Diagnostic& d) { return d.severity == severity; }));
}
}  // namespace

std::size_t Sink::errors() const {
  const std::lock_guard lock(mutex_);
  return count_severity(items_, Severity::kError);
}

std::size_t Sink::warnings() const {
  const std::lock_guard lock(mutex_);
  return count_severity(items_, Severity::kWarning);
}

std::vector<Diagnostic> Sink::sorted() const {
  std::vector<Diagnostic> items;
  {
    const std::lock_guard lock(mutex_);
    items = items_;
  }
  const auto key = [](const Diagnostic& d) {
    return std::make_tuple(!d.is_cause, !d.span, d.span.begin, std::string_view(d.code),
                           std::string_view(d.message));
  };
  std::stable_sort(items.begin(), items.end(),
                   [&](const Diagnostic& a, const Diagnostic& b) { return key(a) < key(b); });
  return items;
}

std::vector<Diagnostic> Sink::sorted(const SourceMap& sources) const {
  std::vector<Diagnostic> items = sorted();
  const auto path_of = [&](const Diagnostic& d) -> std::string_view {
    const Source* source = sources.find(d.span);
    return source == nullptr ? std::string_view() : source->path;
  };
  std::stable_sort(items.begin(), items.end(), [&](const Diagnostic& a, const Diagnostic& b) {
    return std::make_tuple(!a.is_cause, !a.span, path_of(a)) <
           std::make_tuple(!b.is_cause, !b.span, path_of(b));
  });
  return items;
}

std::vector<Diagnostic> Sink::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(items_, {});
}

}  // namespace floe::diag
