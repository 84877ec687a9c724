// SPDX-License-Identifier: Apache-2.0
#include "dbt/context/trace.h"

#include "dbt/context/macros.h"

#include <fmt/format.h>

namespace floe::dbt {

namespace {

/// More callers than this are not shown one by one.
constexpr std::size_t kMostLabels = 8;

std::optional<diag::Span> frame_span(const jinja::TraceFrame& frame,
                                     std::optional<std::uint32_t> root) {
  std::optional<std::uint32_t> begin = root;
  if (frame.macro != nullptr) {
    const auto* macro = dynamic_cast<const ProjectMacro*>(frame.macro);
    begin = macro != nullptr && macro->macro().span ? std::optional(macro->macro().span.begin)
                                                    : std::nullopt;
  }
  if (!begin) return std::nullopt;
  return diag::Span{*begin + static_cast<std::uint32_t>(frame.begin),
                    *begin + static_cast<std::uint32_t>(frame.end)};
}

std::string called(const jinja::TraceFrame& inner) {
  return inner.macro == nullptr ? "called here" : fmt::format("calls {}", inner.macro->name());
}

}  // namespace

void add_trace(diag::Diagnostic& diagnostic, const jinja::TemplateError& error,
               std::optional<std::uint32_t> root) {
  bool placed = false;
  std::size_t left_out = 0;
  for (std::size_t i = 0; i < error.trace.size(); ++i) {
    const auto span = frame_span(error.trace[i], root);
    if (!span) continue;
    if (!placed) {
      diagnostic.span = *span;
      placed = true;
    } else if (diagnostic.labels.size() < kMostLabels || i + 1 == error.trace.size()) {
      diagnostic.labels.push_back({*span, called(error.trace[i - 1])});
    } else {
      ++left_out;
    }
  }
  if (left_out > 0) {
    diagnostic.notes.push_back(fmt::format("{} more calls lie between", left_out));
  }
}

}  // namespace floe::dbt
