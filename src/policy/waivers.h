// SPDX-License-Identifier: Apache-2.0
// Exceptions that a platform grants: which findings they cover, until when, and who may grant them.
#pragma once

#include "core/config/manifest.h"
#include "core/platform/platform.h"
#include "diag/diagnostic.h"

#include <string>
#include <string_view>
#include <vector>

namespace floe::policy {

/// The day it is, in UTC: "2027-01-31".
std::string utc_today();

/// Checks `governance.waivers` of a manifest whose effective platform is `platform`: an unknown
/// rule is an error (P006), and so is what a domain waives although `parent` enforces it strictly
/// and does not list it under `governance.waivable` (P007). A waiver whose day is over is a warning
/// (P008). `parent`: nullptr for an enterprise platform.
void check_waivers(const config::Manifest& manifest, const core::Platform& platform,
                   const core::Platform* parent, std::string_view today, diag::Sink& sink);

/// Turns the findings that a waiver of the platform covers into notes that say why, who answers for
/// it and until when. A waiver that would cover one, were its day not over, is told as a warning
/// (P008), and the finding stays.
void apply_waivers(const core::Platform& platform, std::string_view product, std::string_view today,
                   std::vector<diag::Diagnostic>& findings);

}  // namespace floe::policy
