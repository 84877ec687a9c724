// SPDX-License-Identifier: Apache-2.0
// datetime's types behind template values (internal to the modules).
#pragma once

#include "dbt/jinja/modules/host_object.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace floe::jinja {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

/// A calendar day and time of day.
struct Fields {
  int year = 1970;
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int micro = 0;
};

std::int64_t days_from_civil(int year, int month, int day);
/// Fields of microseconds since 1970-01-01.
Fields fields_of(std::int64_t micros);
/// Back; ValueError "month must be in 1..12", ... on what is no date.
std::int64_t micros_of(const Fields& fields);
/// 0 is Monday.
int weekday_of(std::int64_t days);
std::int64_t floor_div(std::int64_t a, std::int64_t b);

/// A tzinfo.
class Zone : public MethodObject {
 public:
  /// Offset from UTC in seconds at a local time.
  virtual std::int64_t offset(std::int64_t local_micros) const = 0;
  virtual std::int64_t dst(std::int64_t) const { return 0; }
  virtual bool knows_dst() const { return true; }
  /// The same offset at all times: times of day show it.
  virtual bool is_fixed() const { return false; }
  virtual std::string abbreviation(std::int64_t local_micros) const = 0;
  /// This instant in this zone: the local time and the tzinfo that belongs to it.
  virtual std::pair<std::int64_t, Value> from_utc(std::int64_t utc_micros) = 0;
};

class Delta : public MethodObject {
 public:
  explicit Delta(std::int64_t micros) : micros_(micros) {}
  std::int64_t micros() const { return micros_; }
  std::string type_name() const override { return "timedelta"; }
  std::string qualified_type_name() const override { return "datetime.timedelta"; }
  std::string operand_type_name() const override { return "datetime.timedelta"; }
  const MethodTable& methods() const override;
  std::optional<Value> attribute(Name name) override;
  bool truthy() override { return micros_ != 0; }
  std::string str() override;
  std::string repr() override;
  bool equals(const Value& other) override;
  std::optional<std::uint64_t> hash() override;
  std::optional<int> compare(const Value& other) override;
  std::optional<Value> binary(BinaryOp op, const Value& other, bool reflected) override;
  std::optional<Value> negate() override;
  std::optional<Value> absolute() override;

 private:
  std::int64_t micros_;
};

class Day : public MethodObject {
 public:
  explicit Day(std::int64_t days) : days_(days) {}
  std::int64_t days() const { return days_; }
  std::string type_name() const override { return "date"; }
  std::string qualified_type_name() const override { return "datetime.date"; }
  std::string operand_type_name() const override { return "datetime.date"; }
  const MethodTable& methods() const override;
  std::optional<Value> attribute(Name name) override;
  bool truthy() override { return true; }
  std::string str() override;
  std::string repr() override;
  bool equals(const Value& other) override;
  std::optional<std::uint64_t> hash() override;
  std::optional<int> compare(const Value& other) override;
  std::optional<Value> binary(BinaryOp op, const Value& other, bool reflected) override;
  std::optional<std::string> format(std::string_view spec) override;

 private:
  std::int64_t days_;
};

class Clock : public MethodObject {
 public:
  Clock(std::int64_t micros, Value zone) : micros_(micros), zone_(std::move(zone)) {}
  std::int64_t micros() const { return micros_; }
  const Value& zone() const { return zone_; }
  std::string type_name() const override { return "time"; }
  std::string qualified_type_name() const override { return "datetime.time"; }
  std::string operand_type_name() const override { return "datetime.time"; }
  const MethodTable& methods() const override;
  std::optional<Value> attribute(Name name) override;
  bool truthy() override { return true; }
  std::string str() override;
  std::string repr() override;
  bool equals(const Value& other) override;
  std::optional<std::uint64_t> hash() override { return static_cast<std::uint64_t>(micros_); }
  std::optional<int> compare(const Value& other) override;
  std::optional<std::string> format(std::string_view spec) override;

 private:
  std::int64_t micros_;
  Value zone_;
};

class Moment : public MethodObject {
 public:
  Moment(std::int64_t local, Value zone) : local_(local), zone_(std::move(zone)) {}
  std::int64_t local() const { return local_; }
  const Value& zone_value() const { return zone_; }
  Zone* zone() const { return zone_.as<Zone>(); }
  /// Microseconds since the epoch in UTC; naive ones count as UTC here.
  std::int64_t utc() const;
  /// The same with naive ones read as local time.
  std::int64_t instant() const;
  std::string type_name() const override { return "datetime"; }
  std::string qualified_type_name() const override { return "datetime.datetime"; }
  std::string operand_type_name() const override { return "datetime.datetime"; }
  const MethodTable& methods() const override;
  std::optional<Value> attribute(Name name) override;
  bool truthy() override { return true; }
  std::string str() override { return iso(' ', "auto"); }
  std::string repr() override;
  std::string iso(char separator, std::string_view precision) const;
  bool equals(const Value& other) override;
  std::optional<std::uint64_t> hash() override { return static_cast<std::uint64_t>(utc()); }
  std::optional<int> compare(const Value& other) override;
  std::optional<Value> binary(BinaryOp op, const Value& other, bool reflected) override;
  std::optional<std::string> format(std::string_view spec) override;

 private:
  std::int64_t local_;
  Value zone_;
};

std::string format_time(std::string_view pattern, std::int64_t local, Zone* zone);
Value parse_time(std::string_view text, std::string_view pattern);
std::string clock_text(std::int64_t micros, std::string_view precision);
std::string offset_text(std::int64_t seconds, bool colon);
Value fixed_zone(std::int64_t offset_seconds);
/// The machine's local time of an instant.
std::int64_t local_of_instant(std::int64_t utc_micros);
std::int64_t instant_of_local(std::int64_t local_micros);
Value utc_zone();

}  // namespace floe::jinja
