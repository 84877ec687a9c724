// SPDX-License-Identifier: Apache-2.0
#include "fix/diff.h"

#include "base/term.h"
#include "base/text.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::fix {

namespace {

constexpr std::size_t kDiffContext = 3;
/// Where two texts differ in more lines than this, the differing middle is told as a whole: an
/// exact answer costs the square of it.
constexpr std::size_t kMostDifferences = 2000;

enum class LineFate { kSame, kRemoved, kAdded };

struct DiffLine {
  LineFate fate;
  std::string_view text;
};

/// Lines with their ends.
std::vector<std::string_view> whole_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
    lines.push_back(text.substr(at, end - at));
    at = end;
  }
  return lines;
}

using Lines = std::vector<std::string_view>;

/// Myers' greedy algorithm over the lines between a common beginning and end.
void diff_middle(const Lines& a, const Lines& b, std::size_t first, std::size_t a_end,
                 std::size_t b_end, std::vector<DiffLine>& out) {
  const auto n = static_cast<std::ptrdiff_t>(a_end - first);
  const auto m = static_cast<std::ptrdiff_t>(b_end - first);
  const auto line_a = [&](std::ptrdiff_t i) { return a[first + static_cast<std::size_t>(i)]; };
  const auto line_b = [&](std::ptrdiff_t i) { return b[first + static_cast<std::size_t>(i)]; };
  const std::ptrdiff_t most =
      std::min<std::ptrdiff_t>(n + m, static_cast<std::ptrdiff_t>(kMostDifferences));
  std::vector<std::vector<std::ptrdiff_t>> trace;
  std::vector<std::ptrdiff_t> reach(static_cast<std::size_t>(2 * most + 3), 0);
  const auto slot = [&](std::ptrdiff_t k) { return static_cast<std::size_t>(k + most + 1); };
  std::ptrdiff_t steps = -1;
  for (std::ptrdiff_t d = 0; d <= most && steps < 0; ++d) {
    trace.emplace_back(reach.begin() + static_cast<std::ptrdiff_t>(slot(-d - 1)),
                       reach.begin() + static_cast<std::ptrdiff_t>(slot(d + 1)) + 1);
    for (std::ptrdiff_t k = -d; k <= d; k += 2) {
      const bool down = k == -d || (k != d && reach[slot(k - 1)] < reach[slot(k + 1)]);
      std::ptrdiff_t x = down ? reach[slot(k + 1)] : reach[slot(k - 1)] + 1;
      while (x < n && x - k < m && line_a(x) == line_b(x - k)) ++x;
      reach[slot(k)] = x;
      if (x >= n && x - k >= m) {
        steps = d;
        break;
      }
    }
  }
  if (steps < 0) {
    for (std::ptrdiff_t i = 0; i < n; ++i) out.push_back({LineFate::kRemoved, line_a(i)});
    for (std::ptrdiff_t i = 0; i < m; ++i) out.push_back({LineFate::kAdded, line_b(i)});
    return;
  }
  std::vector<DiffLine> back;
  std::ptrdiff_t x = n;
  std::ptrdiff_t y = m;
  for (std::ptrdiff_t d = steps; d > 0; --d) {
    const auto& was = trace[static_cast<std::size_t>(d)];
    const auto at = [&](std::ptrdiff_t k) { return was[static_cast<std::size_t>(k + d + 1)]; };
    const std::ptrdiff_t k = x - y;
    const bool down = k == -d || (k != d && at(k - 1) < at(k + 1));
    const std::ptrdiff_t from_k = down ? k + 1 : k - 1;
    const std::ptrdiff_t from_x = at(from_k);
    const std::ptrdiff_t from_y = from_x - from_k;
    const std::ptrdiff_t mid_x = down ? from_x : from_x + 1;
    for (; x > mid_x; --x, --y) back.push_back({LineFate::kSame, line_a(x - 1)});
    back.push_back(down ? DiffLine{LineFate::kAdded, line_b(from_y)}
                        : DiffLine{LineFate::kRemoved, line_a(from_x)});
    x = from_x;
    y = from_y;
  }
  for (; x > 0; --x) back.push_back({LineFate::kSame, line_a(x - 1)});
  out.insert(out.end(), back.rbegin(), back.rend());
}

std::vector<DiffLine> diff_lines(std::string_view before, std::string_view after) {
  const Lines a = whole_lines(before);
  const Lines b = whole_lines(after);
  std::size_t first = 0;
  while (first < a.size() && first < b.size() && a[first] == b[first]) ++first;
  std::size_t a_end = a.size();
  std::size_t b_end = b.size();
  while (a_end > first && b_end > first && a[a_end - 1] == b[b_end - 1]) {
    --a_end;
    --b_end;
  }
  std::vector<DiffLine> lines;
  for (std::size_t i = 0; i < first; ++i) lines.push_back({LineFate::kSame, a[i]});
  diff_middle(a, b, first, a_end, b_end, lines);
  for (std::size_t i = a_end; i < a.size(); ++i) lines.push_back({LineFate::kSame, a[i]});
  return lines;
}

std::string hunk_range(std::size_t first, std::size_t count) {
  if (count == 1) return fmt::format("{}", first + 1);
  return fmt::format("{},{}", count == 0 ? first : first + 1, count);
}

}  // namespace

std::string unified_hunks(std::string_view before, std::string_view after) {
  const std::vector<DiffLine> lines = diff_lines(before, after);
  std::string out;
  std::size_t old_line = 0;
  std::size_t new_line = 0;
  for (std::size_t at = 0; at < lines.size();) {
    if (lines[at].fate == LineFate::kSame) {
      ++at, ++old_line, ++new_line;
      continue;
    }
    const std::size_t lead = std::min({at, kDiffContext, old_line, new_line});
    std::size_t end = at;  // behind the last line of the hunk that differs
    for (std::size_t i = at; i < lines.size() && i <= end + 2 * kDiffContext; ++i) {
      if (lines[i].fate != LineFate::kSame) end = i + 1;
    }
    const std::size_t stop = std::min(end + kDiffContext, lines.size());
    std::string body;
    std::size_t removed = 0;
    std::size_t added = 0;
    for (std::size_t i = at - lead; i < stop; ++i) {
      const LineFate fate = lines[i].fate;
      body += fate == LineFate::kSame ? ' ' : fate == LineFate::kRemoved ? '-' : '+';
      body += lines[i].text;
      if (!lines[i].text.ends_with('\n')) body += "\n\\ No newline at end of file\n";
      if (fate != LineFate::kAdded) ++removed;
      if (fate != LineFate::kRemoved) ++added;
    }
    out += fmt::format("@@ -{} +{} @@\n{}", hunk_range(old_line - lead, removed),
                       hunk_range(new_line - lead, added), body);
    old_line += removed - lead;
    new_line += added - lead;
    at = stop;
  }
  return out;
}

std::string unified_diff(const FileChange& change) {
  const std::string hunks = unified_hunks(change.old_text, change.new_text);
  const bool moved = change.before != change.after;
  if (hunks.empty() && !moved) return "";
  const std::string& old_path = change.before.empty() ? change.after : change.before;
  const std::string& new_path = change.after.empty() ? change.before : change.after;
  std::string out = fmt::format("diff --git a/{} b/{}\n", old_path, new_path);
  if (change.before.empty()) {
    out += "new file mode 100644\n";
  } else if (change.after.empty()) {
    out += "deleted file mode 100644\n";
  } else if (moved) {
    out += fmt::format("rename from {}\nrename to {}\n", change.before, change.after);
  }
  if (hunks.empty()) return out;
  out += change.before.empty() ? "--- /dev/null\n" : fmt::format("--- a/{}\n", change.before);
  out += change.after.empty() ? "+++ /dev/null\n" : fmt::format("+++ b/{}\n", change.after);
  return out + hunks;
}

std::string unified_diffs(const std::vector<FileChange>& changes) {
  std::string out;
  for (const FileChange& change : changes) out += unified_diff(change);
  return out;
}

std::string shown_diff(const std::vector<FileChange>& changes, bool color) {
  std::string out;
  for (const FileChange& change : changes) {
    const std::string diff = unified_diff(change);
    bool header = true;
    for (std::string_view line : whole_lines(diff)) {
      if (line.ends_with('\n')) line.remove_suffix(1);
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (line.starts_with("@@")) header = false;
      const std::string text = printable(line);
      if (header) out += styled(text, Style::kBold, color);
      else if (line.starts_with("@@")) out += styled(text, Style::kCyan, color);
      else if (line.starts_with('+')) out += styled(text, Style::kGreen, color);
      else if (line.starts_with('-')) out += styled(text, Style::kRed, color);
      else out += text;
      out += '\n';
    }
  }
  return out;
}

}  // namespace floe::fix
