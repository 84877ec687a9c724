// SPDX-License-Identifier: Apache-2.0
// manifest.yaml (kind: Manifest) as typed data: who the platform is, and its checked document.
#pragma once

#include "diag/diagnostic.h"
#include "value/schema.h"
#include "value/value.h"

#include <string>
#include <vector>

namespace floe::config {

/// What a platform team wrote. The sections that make the effective platform are read from
/// `document` by core/platform/effective.h.
struct Manifest {
  std::string name;
  std::string version;               // "1.2.3"
  std::string scope = "enterprise";  // or "domain"
  std::string owner;
  std::string description;
  std::string parent_ref;   // of a domain tier
  std::string domain_name;  // of a domain tier
  std::string domain_namespace;
  std::vector<std::string> domain_owners;
  diag::Span metadata_span;
  diag::Span version_span;
  diag::Span parent_ref_span;
  value::Value document;  // the whole file, with spans; null if it could not be read

  /// Who the tier is, for messages: "acme-data-platform v1.2.3".
  std::string tier() const { return name + " v" + version; }
};

/// The schema of manifest.yaml: loader, `floe schema manifest` and editors follow from it.
const value::Schema& manifest_schema();

/// The schema of expect.yaml: what a folder of a platform's tests/ must and must not give.
const value::Schema& expectation_schema();

/// Checks names that refer to others (layers, levels, roles, approved plugins) and fields that
/// depend on each other. A domain's may be its parent's: read_manifest leaves them unchecked, and
/// this is called with the effective document.
void check_references(const Manifest& manifest, diag::Sink& sink);

/// Reads manifest.yaml. Mistakes go to `sink`; the result is what could be understood.
Manifest read_manifest(const diag::Source& source, diag::Sink& sink);

}  // namespace floe::config
