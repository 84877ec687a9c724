// SPDX-License-Identifier: Apache-2.0
// What floe tells a user about their files: one Diagnostic a finding, collected in a sink.
#pragma once

#include "diag/source.h"

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace floe::diag {

enum class Severity { kNote, kWarning, kError };

/// "note", "warning" or "error".
std::string_view severity_name(Severity severity);

/// A second place that matters, with what is there ("first defined here").
struct Label {
  Span span;
  std::string text;
};

/// Why a finding does not count: somebody allows it, until a day.
struct Waiver {
  std::string until;  // "2027-01-31"
  std::string owner;
  std::string reason;
  Severity severity = Severity::kError;  // of the finding without it
};

/// One finding. `message` starts in lower case and has no full stop.
struct Diagnostic {
  std::string code;  // "N001"
  Severity severity = Severity::kError;
  std::string message;
  Span span;                         // the place, if it is in a loaded source
  std::optional<Position> position;  // the place, if only known as text (from an artifact)
  std::vector<Label> labels;
  std::string expected;  // "bronze_*, silver_*, or gold_* prefix"
  std::string platform;  // "acme-data-platform v1.2.3, set at manifest.yaml:24:5 (strict)"
  std::string help;      // what to do
  std::string owner;     // who answers questions about the rule
  std::string node;      // unique_id of the dbt node, if it concerns one
  std::vector<std::string> notes;  // further lines
  std::optional<Waiver> waiver;    // a note then
  std::string event;               // another tool's name of the finding ("NoNodeForYamlKey")
  std::string data;                // what that tool says of it to machines: a JSON object
  bool is_cause = false;           // others may follow from it: it is told before them
  bool hide_source = false;        // the line holds a credential: never show it
};

/// Collects diagnostics; thread-safe to add to.
class Sink {
 public:
  void add(Diagnostic diagnostic);
  /// Shorthand for an error at a place.
  void error(std::string code, std::string message, Span span, std::string help = {});
  void warning(std::string code, std::string message, Span span, std::string help = {});
  std::size_t errors() const;
  std::size_t warnings() const;
  bool has_errors() const { return errors() > 0; }
  /// All findings so far, in the order of offset in the concatenation, code; those without a place
  /// come last. Causes (SQL that cannot be read) come before everything else: what else is found
  /// may follow from them.
  std::vector<Diagnostic> sorted() const;
  /// The same for people: causes, path, place in the file, code. Sources that several threads add
  /// come to lie in the concatenation in another order each time.
  std::vector<Diagnostic> sorted(const SourceMap& sources) const;
  std::vector<Diagnostic> take();

 private:
  mutable std::mutex mutex_;
  std::vector<Diagnostic> items_;
};

}  // namespace floe::diag
