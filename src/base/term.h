// SPDX-License-Identifier: Apache-2.0
// The terminal: whether there is one, how wide it is, and colours.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace floe {

/// When to colour output.
enum class ColorWhen { kAuto, kAlways, kNever };

/// Text styles of floe's output.
enum class Style { kBold, kDim, kRed, kGreen, kYellow, kBlue, kCyan };

bool is_terminal(int fd);

/// Columns of the terminal at `fd`, or `fallback` if it is none. At least 20.
int terminal_width(int fd, int fallback = 80);

/// Whether to colour what is written to `fd`. kAuto: a terminal that is not "dumb", and neither
/// NO_COLOR (https://no-color.org) nor CI=1 is set; FORCE_COLOR turns it on.
bool use_color(int fd, ColorWhen when);

/// Whether CI is set to something other than "", "0" and "false".
bool is_ci();

/// `text` in a style, if `on`.
std::string styled(std::string_view text, Style style, bool on);

/// `text` without control characters other than tab and newline, so that names out of files cannot
/// send commands to the terminal; each becomes U+FFFD. So does what would begin a line as a command
/// to a CI service ("::error::", "##[error]").
std::string printable(std::string_view text);
/// The same on one line: newlines become U+240A.
std::string printable_line(std::string_view text);

/// `text` cut to `width` columns, with "…" at the end if something was left out.
std::string fit(std::string_view text, std::size_t width);

}  // namespace floe
