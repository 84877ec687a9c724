// SPDX-License-Identifier: Apache-2.0
#include "runtime/failure_place.h"

#include "base/text.h"
#include "dbt/context/base_context.h"
#include "dbt/context/trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

namespace floe::runtime {

namespace {

/// Where the node's own text begins in the source map; generic tests have none.
std::optional<std::uint32_t> code_begin(const dbt::Node& node, const diag::SourceMap& sources) {
  const diag::Source* source = sources.find(node.span);
  if (source == nullptr || node.raw_code.empty()) return std::nullopt;
  const std::size_t at = source->text.find(node.raw_code);
  if (at == std::string::npos) return std::nullopt;
  return source->base + static_cast<std::uint32_t>(at);
}

/// A byte of the compiled code as one of the code before CTEs were put into it; nothing if it lies
/// in one of those.
std::optional<std::size_t> before_injection(std::string_view compiled, std::string_view rendered,
                                            std::size_t at) {
  if (compiled == rendered) return at;
  const auto [left, ignored] =
      std::mismatch(compiled.begin(), compiled.end(), rendered.begin(), rendered.end());
  const auto same_before = static_cast<std::size_t>(left - compiled.begin());
  if (at < same_before) return at;
  const auto [right, ignored2] =
      std::mismatch(compiled.rbegin(), compiled.rend(), rendered.rbegin(), rendered.rend());
  const auto same_after = std::min(static_cast<std::size_t>(right - compiled.rbegin()),
                                   rendered.size() - std::min(same_before, rendered.size()));
  const std::size_t from_end = compiled.size() - at;
  if (from_end > same_after) return std::nullopt;
  return rendered.size() - from_end;
}

/// The end of the word at a place, for the underline.
std::size_t word_end(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && is_word_character(text[end])) ++end;
  return std::max(end, std::min(at + 1, text.size()));
}

/// The names that templates know, for a suggestion.
std::vector<std::string> known_names(const Worker& worker) {
  std::vector<std::string> names;
  for (const auto& [id, macro] : worker.state.project.macros) names.push_back(macro->name);
  for (const jinja::Name name : worker.state.session_names->own_names())
    names.push_back(name.string());
  for (const char* name :
       {"ref", "source", "config", "var", "env_var", "this", "model", "adapter"}) {
    names.emplace_back(name);
  }
  return names;
}

/// "'rfe' is undefined" → what it may have been meant to be.
std::string undefined_help(const jinja::TemplateError& error, const Worker& worker) {
  constexpr std::string_view kTail = "' is undefined";
  if (error.type != jinja::ErrorType::kUndefined || !error.message.starts_with('\'') ||
      !error.message.ends_with(kTail)) {
    return "";
  }
  const std::string name = error.message.substr(1, error.message.size() - 1 - kTail.size());
  const std::string near = nearest(name, known_names(worker));
  return near.empty() ? "" : fmt::format("did you mean `{}`?", near);
}

}  // namespace

std::optional<diag::Span> code_place(const dbt::Node& node, const Worker& worker,
                                     std::size_t byte) {
  const RenderedCode& rendered = worker.rendered;
  if (worker.state.request.sources == nullptr || rendered.node != &node) return std::nullopt;
  const auto begin = code_begin(node, *worker.state.request.sources);
  if (!begin || byte >= node.compiled_code.size()) return std::nullopt;
  const auto own = before_injection(node.compiled_code, rendered.text, byte);
  if (!own) return std::nullopt;
  const auto source = rendered.origins.source_of(*own);
  if (!source) return std::nullopt;
  auto [from, to] = *source;
  if (from == to) to = word_end(node.raw_code, from);
  return diag::Span{*begin + static_cast<std::uint32_t>(from),
                    *begin + static_cast<std::uint32_t>(to)};
}

std::optional<diag::Span> complaint_place(const dbt::DbtError& error, const dbt::Node& node,
                                          const Worker& worker) {
  const auto byte = refused_byte(error.message, error.statement);
  const std::size_t code = error.statement.find(node.compiled_code);
  if (!byte || code == std::string::npos || *byte < code) return std::nullopt;
  return code_place(node, worker, *byte - code);
}

std::optional<std::size_t> refused_byte(std::string_view message, std::string_view statement) {
  const std::vector<std::string_view> lines = split(message, '\n');
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
    constexpr std::string_view kLine = "LINE ";
    if (!lines[i].starts_with(kLine)) continue;
    std::size_t number = 0;
    const char* const text = lines[i].data() + kLine.size();
    const auto [end, failed] = std::from_chars(text, lines[i].data() + lines[i].size(), number);
    const auto head = static_cast<std::size_t>(end - lines[i].data()) + 2;  // "LINE 12: "
    const std::size_t caret = lines[i + 1].find('^');
    if (failed != std::errc() || number == 0 || head > lines[i].size() ||
        caret == std::string_view::npos || caret < head) {
      continue;
    }
    std::size_t begin = 0;
    for (std::size_t line = 1; line < number; ++line) {
      begin = statement.find('\n', begin);
      if (begin == std::string_view::npos) return std::nullopt;
      ++begin;
    }
    const std::string_view line = statement.substr(begin, statement.find('\n', begin) - begin);
    std::string_view excerpt = lines[i].substr(head);
    std::size_t column = caret - head;
    // A long line is shown in part.
    if (excerpt.starts_with("...")) {
      excerpt.remove_prefix(3);
      column -= std::min<std::size_t>(column, 3);
    }
    if (excerpt.ends_with("...")) excerpt.remove_suffix(3);
    const std::size_t at = line.find(excerpt);
    if (at == std::string_view::npos) return std::nullopt;
    return begin + std::min(at + column, line.size());
  }
  return std::nullopt;
}

std::optional<diag::Diagnostic> failure_place(const jinja::TemplateError& error,
                                              const dbt::Node& node, const Worker& worker) {
  const diag::SourceMap* sources = worker.state.request.sources;
  if (sources == nullptr) return std::nullopt;
  const auto* of_dbt = dynamic_cast<const dbt::DbtError*>(&error);
  if (of_dbt != nullptr && !of_dbt->statement.empty()) {
    if (const auto span = complaint_place(*of_dbt, node, worker)) {
      diag::Diagnostic place;
      place.span = *span;
      return place;
    }
  }
  diag::Diagnostic place;
  dbt::add_trace(place, error, code_begin(node, *sources));
  place.help = undefined_help(error, worker);
  if (!place.span && place.help.empty()) return std::nullopt;
  return place;
}

}  // namespace floe::runtime
