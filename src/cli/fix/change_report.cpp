// SPDX-License-Identifier: Apache-2.0
#include "cli/fix/change_report.h"

#include "base/term.h"
#include "base/text.h"
#include "diag/render.h"
#include "fix/diff.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>

namespace floe::cli {

using value::Value;

namespace {

std::string named_subject(const std::string& code, const std::string& subject) {
  return subject.empty() ? code : code + " " + subject;
}

}  // namespace

void print_changes(const ChangeSession& session, const Output& output) {
  // What goes to a file or another program is for `git apply`.
  const bool is_shown = output.color_out || is_terminal(STDOUT_FILENO);
  print(is_shown ? fix::shown_diff(session.changes(), output.color_out)
                 : fix::unified_diffs(session.changes()));
  std::fflush(stdout);
  for (const fix::Fix& fix : session.fixes) {
    note(output,
         printable(fmt::format("{}: {}", named_subject(fix.code, fix.subject), fix.summary)));
  }
  for (const fix::Refusal& refusal : session.refusals) {
    note(output,
         printable(fmt::format("{}: left alone: {}", named_subject(refusal.code, refusal.subject),
                               refusal.reason)));
  }
  for (const fix::Refusal& each : session.notes()) {
    note(output, printable(fmt::format("{}: {}; what is left of it is yours to remove",
                                       named_subject(each.code, each.subject), each.reason)));
  }
}

Value changes_value(const ChangeSession& session) {
  Value fixes = Value::list();
  for (const fix::Fix& fix : session.fixes) {
    Value entry = Value::map();
    entry.set("code", fix.code);
    entry.set("subject", fix.subject);
    entry.set("summary", fix.summary);
    entry.set("stub", fix.is_stub);
    fixes.push(std::move(entry));
  }
  Value left = Value::list();
  for (const fix::Refusal& refusal : session.refusals) {
    Value entry = Value::map();
    entry.set("code", refusal.code);
    entry.set("subject", refusal.subject);
    entry.set("reason", refusal.reason);
    left.push(std::move(entry));
  }
  Value notes = Value::list();
  for (const fix::Refusal& each : session.notes()) {
    Value entry = Value::map();
    entry.set("code", each.code);
    entry.set("subject", each.subject);
    entry.set("message", each.reason);
    notes.push(std::move(entry));
  }
  Value files = Value::list();
  for (const fix::FileChange& change : session.changes()) {
    Value entry = Value::map();
    if (!change.before.empty()) entry.set("before", change.before);
    if (!change.after.empty()) entry.set("after", change.after);
    entry.set("diff", fix::unified_diff(change));
    files.push(std::move(entry));
  }
  Value object = Value::map();
  object.set("fixes", std::move(fixes));
  object.set("left", std::move(left));
  object.set("notes", std::move(notes));
  object.set("files", std::move(files));
  return object;
}

Value finding_value(const diag::Diagnostic& finding, const diag::SourceMap& sources) {
  Value entry = Value::map();
  entry.set("code", finding.code);
  entry.set("severity", diag::severity_name(finding.severity));
  entry.set("message", finding.message);
  if (const auto position = diag::position_of(finding, sources)) {
    entry.set("place", diag::place_text(position));
  }
  if (!finding.node.empty()) entry.set("node", finding.node);
  return entry;
}

}  // namespace floe::cli
