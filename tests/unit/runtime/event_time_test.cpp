// SPDX-License-Identifier: Apache-2.0
#include "runtime/event_time.h"

#include <gtest/gtest.h>

namespace floe::runtime {
namespace {

std::int64_t at(const char* text) { return parse_instant(text).value(); }

TEST(EventTime, BatchesCoverTheTimeUpToTheEnd) {
  const auto days = batches_between(at("2020-02-28"), at("2020-03-01 12:00:00"), BatchSize::kDay);
  ASSERT_EQ(days.size(), 3U);
  EXPECT_EQ(batch_name(days[1].start, BatchSize::kDay), "2020-02-29");
  EXPECT_EQ(days[2].end, at("2020-03-01 12:00:00"));
  const auto years = batches_between(at("2019-01-01"), at("2021-01-01"), BatchSize::kYear);
  ASSERT_EQ(years.size(), 2U);
  EXPECT_EQ(batch_name(years[1].start, BatchSize::kYear), "2020");
  EXPECT_EQ(batch_name(at("2020-01-01 13:05:00"), BatchSize::kHour), "2020-01-01T13");
}

TEST(EventTime, OffsetsGoFromTheStartOfTheBatch) {
  EXPECT_EQ(offset_by_batches(at("2024-01-31 16:06:00"), BatchSize::kMonth, -1), at("2023-12-01"));
  EXPECT_EQ(ceiling_to_batch(at("2024-12-05"), BatchSize::kMonth), at("2025-01-01"));
  EXPECT_EQ(ceiling_to_batch(at("2024-12-01"), BatchSize::kMonth), at("2024-12-01"));
}

TEST(EventTime, SampleWindowsGoBackFromNow) {
  const std::int64_t now = at("2024-03-31 16:06:00");
  const auto month = parse_sample("1 month", now).value();
  EXPECT_EQ(month->start, at("2024-02-29 16:06:00"));
  EXPECT_EQ(month->end, now);
  EXPECT_EQ(parse_sample("3 Days", now).value()->start, at("2024-03-28 16:06:00"));
  const auto given = parse_sample("{start: '2024-01-01', end: '2024-02-01'}", now).value();
  EXPECT_EQ(given->end, at("2024-02-01"));
  for (const char* bad : {"days", "x days", "3 weeks", "3", "{start: '2024-01-01'}",
                          "{start: 2024-01-01, end: 2024-02-01}", "{"}) {
    EXPECT_FALSE(parse_sample(bad, now).has_value()) << bad;
  }
}

TEST(EventTime, BothBoundsOrNone) {
  EXPECT_FALSE(parse_event_time_options("", "").value().has_value());
  EXPECT_TRUE(parse_event_time_options("2024-01-01", "2024-01-02T03:04:05").value().has_value());
  EXPECT_FALSE(parse_event_time_options("2024-01-01", "").has_value());
  EXPECT_FALSE(parse_event_time_options("2024-01-02", "2024-01-01").has_value());
  EXPECT_FALSE(parse_event_time_options("yesterday", "2024-01-01").has_value());
}

}  // namespace
}  // namespace floe::runtime
