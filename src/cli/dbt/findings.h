// SPDX-License-Identifier: Apache-2.0
// What loading a project had to say: how `floe dbt` shows it, and how it is kept for a call that
// answers from memory.
#pragma once

#include "base/files.h"
#include "cli/dbt/console.h"
#include "diag/diagnostic.h"

#include <optional>
#include <string>
#include <vector>

namespace floe::cli {

/// Prints findings, sorted for people; with --quiet only the errors.
void show_findings(const std::vector<diag::Diagnostic>& findings, const diag::SourceMap& sources,
                   Console& console);

/// Findings whose spans count from the beginning of their own files.
struct KeptFindings {
  struct Place {
    std::uint32_t file = 0;  // 1 is the first of `files`; 0: nowhere
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
  };
  struct Finding {
    diag::Diagnostic diagnostic;  // without spans
    Place place;
    std::vector<Place> labels;  // of the diagnostic's
  };
  std::vector<std::string> files;  // as shown, found below the project's folder
  std::vector<Finding> findings;

  template <class Packer>
  void pack(Packer& to) {
    const auto place = [&](Place& each) {
      to(each.file);
      to(each.begin);
      to(each.end);
    };
    to.items(files, to);
    to.items(findings, [&](Finding& each) {
      diag::Diagnostic& what = each.diagnostic;
      for (std::string* text : {&what.code, &what.message, &what.expected, &what.platform,
                                &what.help, &what.owner, &what.node, &what.event, &what.data}) {
        to(*text);
      }
      to(what.severity);
      to(what.hide_source);
      to.items(what.notes, to);
      to.items(what.labels, [&](diag::Label& label) { to(label.text); });
      place(each.place);
      to.items(each.labels, place);
    });
  }
};

/// Nothing if the findings could not be shown again from the files below `folder` alone.
std::optional<KeptFindings> keep_findings(const std::vector<diag::Diagnostic>& findings,
                                          const diag::SourceMap& sources, const fs::path& folder);

/// The findings again; reads the files they point into. Nothing if one of those is not there.
std::optional<std::vector<diag::Diagnostic>> recall_findings(const KeptFindings& kept,
                                                             const fs::path& folder,
                                                             diag::SourceMap& sources);

}  // namespace floe::cli
