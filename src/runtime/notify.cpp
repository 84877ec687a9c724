// SPDX-License-Identifier: Apache-2.0
#include "runtime/notify.h"

#include "base/http.h"
#include "base/text.h"
#include "base/threads.h"
#include "core/config/secrets.h"
#include "value/json.h"

#include <fmt/core.h>

#include <optional>

namespace floe::runtime {

namespace {

using value::Value;

std::string member_text(const Value& map, std::string_view key) {
  const Value* found = map.find(key);
  return found != nullptr && found->is_string() ? found->as_string() : std::string();
}

/// The URL of a channel. References to the environment (${env:NAME}; secrets come from there, too,
/// under the name in capitals) are put in; nothing if one is not set.
std::optional<std::string> channel_url(const Value& channel, std::string& missing) {
  std::string url = channel.is_string() ? channel.as_string() : member_text(channel, "url");
  if (url.empty()) url = member_text(channel, "secret_ref");
  return config::expand_references(std::move(url), missing);
}

Value webhook_payload(const core::Platform& platform, const NotifiedRun& run,
                      const std::vector<GateFailure>& failures) {
  Value payload = Value::map();
  payload.set("schemaVersion", 1);
  payload.set("event", "quality_gate_failed");
  payload.set("time", run.time);
  Value product = Value::map();
  product.set("name", run.product);
  product.set("version", run.product_version);
  payload.set("product", std::move(product));
  Value source = Value::map();
  source.set("name", platform.name);
  source.set("version", platform.version);
  payload.set("platform", std::move(source));
  payload.set("environment", run.environment);
  payload.set("invocation_id", run.invocation_id);
  Value list = Value::list();
  for (const GateFailure& failure : failures) {
    Value entry = Value::map();
    entry.set("node", failure.node);
    entry.set("name", failure.name);
    if (!failure.gate.empty()) entry.set("gate", failure.gate);
    entry.set("status", failure.status);
    entry.set("message", failure.message);
    entry.set("failures", failure.failures);
    list.push(std::move(entry));
  }
  payload.set("failures", std::move(list));
  if (!run.ports.empty()) payload.set("ports", run.ports);
  return payload;
}

Value slack_payload(const core::Platform& platform, const NotifiedRun& run,
                    const std::vector<GateFailure>& failures) {
  std::string text = fmt::format(
      "{} of {} v{} in {} ({} v{}):", counted(failures.size(), "quality gate") + " failed",
      run.product, run.product_version, run.environment, platform.name, platform.version);
  constexpr std::size_t kMost = 20;
  for (std::size_t i = 0; i < failures.size() && i < kMost; ++i) {
    const GateFailure& failure = failures[i];
    text += fmt::format("\n• {}: {}", failure.gate.empty() ? failure.name : failure.gate,
                        failure.message);
  }
  if (failures.size() > kMost) text += fmt::format("\n… and {} more", failures.size() - kMost);
  for (const std::string& sentence : run.unpublished) text += "\n• " + sentence;
  Value payload = Value::map();
  // What Slack would take for a link or a mention.
  text = replace_all(replace_all(replace_all(text, "&", "&amp;"), "<", "&lt;"), ">", "&gt;");
  payload.set("text", std::move(text));
  return payload;
}

/// Tells one channel; what went wrong, or "".
std::string notify_channel(const Value& channel, const core::Platform& platform,
                           const NotifiedRun& run, const std::vector<GateFailure>& failures,
                           const std::atomic<bool>* cancel) {
  const std::string type = channel.is_map() ? member_text(channel, "type") : "webhook";
  if (type != "webhook" && type != "slack" && !type.empty()) {
    return fmt::format("channels of type {} are not served by this floe", type);
  }
  std::string missing;
  const std::optional<std::string> url = channel_url(channel, missing);
  if (!url) return fmt::format("the environment variable {} is not set", missing);
  HttpRequest request;
  request.method = "POST";
  request.url = *url;
  request.headers = {{"Content-Type", "application/json"}};
  request.body = value::write_json(type == "slack" ? slack_payload(platform, run, failures)
                                                   : webhook_payload(platform, run, failures));
  // A run waits for its channels: at most three times this long, and two pauses.
  request.connect_timeout = std::chrono::seconds(3);
  request.timeout = std::chrono::seconds(5);
  request.longest_pause = std::chrono::seconds(2);
  request.head_only = true;
  request.cancel = cancel;
  const Result<HttpResponse> response = http_request(request);
  if (!response) return describe(response.error());
  if (response->status >= 200 && response->status < 300) return "";
  const bool elsewhere = response->status >= 300 && response->status < 400;
  return fmt::format("{} answers {}{}", url_origin(*url), response->status,
                     elsewhere ? ": a redirect, which floe does not follow" : "");
}

}  // namespace

std::vector<std::string> notify_channels(const core::Platform& platform, const NotifiedRun& run,
                                         const std::vector<GateFailure>& failures,
                                         const std::atomic<bool>* cancel) {
  constexpr std::size_t kAtOnce = 8;
  const std::vector<Value>& channels = platform.quality_gates.notify;
  std::vector<std::string> problems(channels.size());
  parallel_for(channels.size(), kAtOnce, [&](std::size_t i) {
    problems[i] = notify_channel(channels[i], platform, run, failures, cancel);
  });
  std::erase(problems, "");
  return problems;
}

}  // namespace floe::runtime
