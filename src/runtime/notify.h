// SPDX-License-Identifier: Apache-2.0
// Telling a platform's channels (governance.quality_gates.notify) that gates failed.
#pragma once

#include "core/platform/platform.h"

#include <atomic>
#include <string>
#include <vector>

namespace floe::runtime {

/// One failed gate of a run.
struct GateFailure {
  std::string node;    // unique id of the test
  std::string name;    // of the test
  std::string gate;    // "volume: row_count at least 1", or ""
  std::string status;  // "fail", "warn", "error"
  std::string message;
  std::int64_t failures = 0;
};

/// What a notification says of its run.
struct NotifiedRun {
  std::string product;
  std::string product_version;
  std::string environment;
  std::string invocation_id;
  std::string time;
  value::Value ports = value::Value::list();  // that were not published, as webhooks are told
  std::vector<std::string> unpublished;       // the same in sentences
};

/// Posts the failures to every channel of the platform: webhooks get a JSON object (schemas of the
/// reference pages), Slack a text. Tries again when a channel is down. Returns a sentence for each
/// channel that could not be reached; none of them names more than the channel's host.
std::vector<std::string> notify_channels(const core::Platform& platform, const NotifiedRun& run,
                                         const std::vector<GateFailure>& failures,
                                         const std::atomic<bool>* cancel);

}  // namespace floe::runtime
