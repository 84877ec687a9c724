// SPDX-License-Identifier: Apache-2.0
// What is promised of data beside its shape: how old it gets, how often it can be read, how good it
// is. Comparable, wherever it was written.
#pragma once

#include "diag/source.h"
#include "value/value.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace floe::contract {

/// Seconds of "90m", "1h30m", "7d" or "PT6H"; nothing for other texts.
std::optional<std::int64_t> duration_seconds(std::string_view text);

/// "90m" of 5400: the largest unit that leaves no remainder.
std::string duration_words(std::int64_t seconds);

/// The number of 99.5, "99.5" or "99.5%"; nothing for other data.
std::optional<double> percentage(const value::Value& data);

/// What is absent is not promised.
struct ServiceLevel {
  std::optional<std::int64_t> freshness;  // seconds
  std::optional<double> availability;     // percent
  std::optional<double> quality;          // percent
  diag::Span freshness_span;
  diag::Span availability_span;
  diag::Span quality_span;
};

/// Of a port's `sla`, and of the short form.
ServiceLevel read_sla(const value::Value& sla);

/// Of ODCS's slaProperties: `freshness` or `latency` with a unit of time, `availability`,
/// `quality`.
ServiceLevel read_sla_properties(const value::Value& properties);

/// The tighter of two promises, field by field: what holds where a port and its contract both
/// promise.
ServiceLevel tighter(const ServiceLevel& a, const ServiceLevel& b);

}  // namespace floe::contract
