// SPDX-License-Identifier: Apache-2.0
#include "base/term.h"

#include "base/text.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace floe {

namespace {

std::string_view environment_text(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

std::string_view style_sequence(Style style) {
  switch (style) {
    case Style::kBold: return "\x1b[1m";
    case Style::kDim: return "\x1b[2m";
    case Style::kRed: return "\x1b[31m";
    case Style::kGreen: return "\x1b[32m";
    case Style::kYellow: return "\x1b[33m";
    case Style::kBlue: return "\x1b[34m";
    case Style::kCyan: return "\x1b[36m";
  }
  return "";
}

}  // namespace

bool is_terminal(int fd) { return ::isatty(fd) == 1; }

int terminal_width(int fd, int fallback) {
  struct winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return fallback;
  return std::max<int>(20, size.ws_col);
}

bool is_ci() {
  const std::string_view ci = environment_text("CI");
  return !ci.empty() && ci != "0" && ci != "false";
}

bool use_color(int fd, ColorWhen when) {
  if (when != ColorWhen::kAuto) return when == ColorWhen::kAlways;
  if (!environment_text("NO_COLOR").empty()) return false;
  const std::string_view force = environment_text("FORCE_COLOR");
  if (!force.empty() && force != "0") return true;
  return is_terminal(fd) && !is_ci() && environment_text("TERM") != "dumb";
}

std::string styled(std::string_view text, Style style, bool on) {
  if (!on) return std::string(text);
  std::string out(style_sequence(style));
  out += text;
  out += "\x1b[0m";
  return out;
}

namespace {

/// Whether a line's first characters stand at `at`, and a CI service would take it for a command.
bool begins_command(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at);
  if (!rest.starts_with("::") && !rest.starts_with("##[")) return false;
  const std::size_t before = text.substr(0, at).find_last_not_of(" \t");
  return before != std::string_view::npos && text[before] == '\n';
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool c1 =
        byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (c1) ++i;
    if (c1 || byte == 0x7F || (byte < 0x20 && byte != '\t' && byte != '\n') ||
        (i > 0 && begins_command(text, i))) {
      out += "\xEF\xBF\xBD";
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string printable_line(std::string_view text) {
  return printable(replace_all(std::string(text), "\n", "\u240A"));
}

std::string fit(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  std::string out;
  std::size_t used = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t next = at + 1;
    while (next < text.size() && (static_cast<unsigned char>(text[next]) & 0xC0) == 0x80) ++next;
    const std::string_view character = text.substr(at, next - at);
    const std::size_t columns = display_width(character);
    if (used + columns + 1 > width) break;
    out += character;
    used += columns;
    at = next;
  }
  if (width > 0) out += "…";
  return out;
}

}  // namespace floe
