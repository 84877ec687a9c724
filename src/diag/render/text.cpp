// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include "base/term.h"
#include "diag/render.h"
#include "diag/render/detail.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::diag {

namespace {

constexpr std::size_t kTabWidth = 4;
constexpr std::size_t kMargin = 10;  // columns that the gutter and some room take of the width

Style severity_style(Severity severity) {
  switch (severity) {
    case Severity::kError: return Style::kRed;
    case Severity::kWarning: return Style::kYellow;
    case Severity::kNote: return Style::kCyan;
  }
  return Style::kRed;
}

/// The byte offset of the 1-based column `column` (in code points) of a line.
std::size_t column_offset(std::string_view line, std::uint32_t column) {
  std::size_t at = 0;
  for (std::uint32_t c = 1; c < column && at < line.size(); ++c) {
    ++at;
    while (at < line.size() && (static_cast<unsigned char>(line[at]) & 0xC0) == 0x80) ++at;
  }
  return at;
}

std::string without_tabs(std::string_view text) {
  return printable(replace_all(std::string(text), "\t", std::string(kTabWidth, ' ')));
}

/// A source line as shown, with the columns that are underlined.
struct Excerpt {
  std::string text;
  std::size_t indent = 0;
  std::size_t length = 1;
};

/// Drops whole characters from the front until `columns` are gone; returns how many are.
std::size_t drop_columns(std::string& text, std::size_t columns) {
  const std::size_t before = display_width(text);
  std::size_t at = 0;
  while (at < text.size() && before - display_width(std::string_view(text).substr(at)) < columns) {
    at = column_offset(std::string_view(text).substr(at), 2) + at;
  }
  text.erase(0, at);
  return before - display_width(text);
}

Excerpt make_excerpt(std::string_view line, const Position& position, std::size_t width) {
  // A line may be a whole minified file: far from the place it is never shown.
  constexpr std::size_t kReach = 600;
  const std::size_t begin = column_offset(line, position.column);
  const std::size_t end = position.end_line > position.line
                              ? line.size()
                              : std::max(begin, column_offset(line, position.end_column));
  std::size_t from = begin > kReach ? begin - kReach : 0;
  while (from > 0 && (static_cast<unsigned char>(line[from]) & 0xC0) == 0x80) --from;
  const std::string before = without_tabs(line.substr(from, begin - from));
  const std::string marked = without_tabs(line.substr(begin, std::min(end - begin, kReach)));
  const std::string after = without_tabs(line.substr(end, kReach));
  Excerpt excerpt{before + marked + after, display_width(before),
                  std::max<std::size_t>(1, display_width(marked))};
  const std::size_t room =
      width == 0 ? excerpt.text.size() : std::max(width, 40 + kMargin) - kMargin;
  if (display_width(excerpt.text) > room || from > 0) {
    const std::size_t lead = room / 3;
    if (excerpt.indent > lead) {
      excerpt.indent -= drop_columns(excerpt.text, excerpt.indent - lead);
      excerpt.text = "…" + excerpt.text;
      ++excerpt.indent;
    }
    excerpt.text = fit(excerpt.text, room);
    excerpt.length = std::min(excerpt.length, std::max<std::size_t>(1, room - excerpt.indent));
  }
  return excerpt;
}

class TextWriter {
 public:
  TextWriter(const SourceMap& sources, const RenderOptions& options)
      : sources_(sources), options_(options) {}

  /// Lines that hold a credential are shown for no finding.
  void hide_lines_of(const Diagnostic& diagnostic) {
    if (!diagnostic.hide_source) return;
    if (const auto position = sources_.locate(diagnostic.span)) hidden_.push_back(*position);
  }

  std::string write(const Diagnostic& diagnostic, bool headline = true) {
    out_.clear();
    const auto position = position_of(diagnostic, sources_);
    gutter_ = 2;
    widen_gutter(position);
    for (const Label& label : diagnostic.labels) widen_gutter(sources_.locate(label.span));
    if (headline) write_headline(diagnostic);
    if (position) write_place("--> ", *position, {});
    if (!diagnostic.hide_source) {
      write_excerpt(diagnostic.span, severity_style(diagnostic.severity), '^', {});
    }
    for (const Label& label : diagnostic.labels) write_label(label);
    write_field("expected", diagnostic.expected);
    write_field("platform", diagnostic.platform);
    write_field("help", diagnostic.help);
    write_field("name", diagnostic.event);
    for (const std::string& note : diagnostic.notes) write_field("note", note);
    if (diagnostic.waiver) write_field("waived", waiver_text(*diagnostic.waiver));
    write_owner(diagnostic);
    return std::move(out_);
  }

 private:
  std::string style(std::string_view text, Style style) const {
    return styled(text, style, options_.color);
  }

  void widen_gutter(const std::optional<Position>& position) {
    if (position) gutter_ = std::max(gutter_, std::to_string(position->line).size());
  }

  void write_headline(const Diagnostic& diagnostic) {
    std::string head(severity_name(diagnostic.severity));
    if (!diagnostic.code.empty()) head += "[" + diagnostic.code + "]";
    out_ += style(head, severity_style(diagnostic.severity));
    out_ += style(": " + printable(diagnostic.message), Style::kBold) + "\n";
  }

  void write_place(std::string_view arrow, const Position& position, std::string_view text) {
    out_ += std::string(gutter_, ' ') + style(arrow, Style::kBlue);
    out_ += printable(place_text(position));
    if (!text.empty()) out_ += ": " + printable(text);
    out_ += '\n';
  }

  void write_label(const Label& label) {
    const auto position = sources_.locate(label.span);
    if (!position) return;
    write_place("::: ", *position, options_.excerpts ? std::string_view() : label.text);
    write_excerpt(label.span, Style::kBlue, '-', label.text);
  }

  void write_excerpt(Span span, Style marks, char mark, std::string_view text) {
    const Source* source = options_.excerpts ? sources_.find(span) : nullptr;
    if (source == nullptr) return;
    const Position position = *sources_.locate(span);
    if (is_hidden(position)) return;
    const std::string_view line = sources_.line(*source, position.line);
    if (line.empty() && text.empty()) return;
    const Excerpt excerpt = make_excerpt(line, position, options_.width);
    const std::string bar = std::string(gutter_ + 1, ' ') + style("|", Style::kBlue);
    const std::string number = fmt::format("{:>{}} |", position.line, gutter_);
    out_ += bar + "\n" + style(number, Style::kBlue);
    out_ += (excerpt.text.empty() ? "" : " " + excerpt.text) + "\n";
    out_ += bar + " " + std::string(excerpt.indent, ' ');
    std::string underline(excerpt.length, mark);
    if (!text.empty()) underline += " " + printable(text);
    out_ += style(underline, marks) + "\n";
  }

  bool is_hidden(const Position& position) const {
    return std::any_of(hidden_.begin(), hidden_.end(), [&](const Position& hidden) {
      return hidden.path == position.path && position.line >= hidden.line &&
             position.line <= hidden.end_line;
    });
  }

  /// `   = name: text`, wrapped, further lines under the first.
  void write_field(std::string_view name, std::string_view text) {
    if (text.empty()) return;
    const std::size_t indent = gutter_ + 3 + name.size() + 2;
    out_ += std::string(gutter_ + 1, ' ') + style("=", Style::kBlue) + " ";
    out_ += style(fmt::format("{}:", name), Style::kBold);
    std::size_t column = indent - 1;
    bool first_line = true;
    const std::string safe = printable(text);
    for (const std::string_view line : split(safe, '\n')) {
      if (!first_line) start_line(indent, column);
      first_line = false;
      for (const std::string_view word : split(line, ' ')) {
        const std::size_t width = display_width(word);
        const bool fits = options_.width == 0 || column + 1 + width <= options_.width;
        if (!fits && column >= indent) start_line(indent, column);
        out_ += ' ';
        out_ += word;
        column += 1 + width;
      }
    }
    out_ += '\n';
  }

  void start_line(std::size_t indent, std::size_t& column) {
    out_ += '\n';
    out_.append(indent - 1, ' ');
    column = indent - 1;
  }

  void write_owner(const Diagnostic& diagnostic) {
    std::string explain;
    if (!diagnostic.code.empty()) explain = "floe explain " + diagnostic.code;
    if (diagnostic.owner.empty()) {
      write_field("see", explain);
      return;
    }
    write_field("owner", diagnostic.owner + (explain.empty() ? "" : " · " + explain));
  }

  const SourceMap& sources_;
  const RenderOptions& options_;
  std::vector<Position> hidden_;
  std::string out_;
  std::size_t gutter_ = 2;
};

}  // namespace

std::string render_one(const Diagnostic& diagnostic, const SourceMap& sources,
                       const RenderOptions& options) {
  return TextWriter(sources, options).write(diagnostic);
}

std::string render_place(const Diagnostic& diagnostic, const SourceMap& sources,
                         const RenderOptions& options) {
  return TextWriter(sources, options).write(diagnostic, false);
}

std::string render_text(const std::vector<Diagnostic>& diagnostics, const SourceMap& sources,
                        const RenderOptions& options) {
  if (diagnostics.empty()) return {};
  TextWriter writer(sources, options);
  for (const Diagnostic& diagnostic : diagnostics) writer.hide_lines_of(diagnostic);
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics) out += writer.write(diagnostic) + "\n";
  return out + count_line(diagnostics) + "\n";
}

}  // namespace floe::diag
