// SPDX-License-Identifier: Apache-2.0
// Time zones: datetime.timezone and pytz.
#include "dbt/jinja/modules/calendar.h"
#include "dbt/jinja/modules/modules.h"
#include "dbt/jinja/number.h"

#include <date/tz.h>
#include <fmt/format.h>

namespace floe::jinja {

namespace {

using Micros = date::sys_time<std::chrono::microseconds>;

date::sys_seconds seconds_of(std::int64_t micros) {
  return date::sys_seconds(std::chrono::seconds(floor_div(micros, kMicrosPerSecond)));
}

// datetime.timezone: one offset.
class FixedZone : public Zone {
 public:
  explicit FixedZone(std::int64_t offset) : offset_(offset) {}
  std::string type_name() const override { return "timezone"; }
  std::string qualified_type_name() const override { return "datetime.timezone"; }
  std::int64_t offset(std::int64_t) const override { return offset_; }
  bool knows_dst() const override { return false; }
  bool is_fixed() const override { return true; }
  std::string abbreviation(std::int64_t) const override {
    return offset_ == 0 ? "UTC" : "UTC" + offset_text(offset_, true);
  }
  std::pair<std::int64_t, Value> from_utc(std::int64_t utc) override {
    return {utc + offset_ * kMicrosPerSecond, self()};
  }
  const MethodTable& methods() const override {
    static const MethodTable none;
    return none;
  }
  std::optional<Value> attribute(Name) override { return std::nullopt; }
  std::string str() override { return abbreviation(0); }
  std::string repr() override {
    if (offset_ == 0) return "datetime.timezone.utc";
    return "datetime.timezone(" + make_timedelta(offset_ * kMicrosPerSecond).repr() + ")";
  }
  bool equals(const Value& other) override {
    const auto* zone = other.as<FixedZone>();
    return zone != nullptr && zone->offset_ == offset_;
  }

 private:
  std::int64_t offset_;
};

const MethodTable& pytz_methods();

// pytz.utc.
class UtcZone : public Zone {
 public:
  std::string type_name() const override { return "UTC"; }
  std::string qualified_type_name() const override { return "pytz.UTC"; }
  std::int64_t offset(std::int64_t) const override { return 0; }
  bool is_fixed() const override { return true; }
  std::string abbreviation(std::int64_t) const override { return "UTC"; }
  std::pair<std::int64_t, Value> from_utc(std::int64_t utc) override { return {utc, self()}; }
  const MethodTable& methods() const override { return pytz_methods(); }
  std::optional<Value> attribute(Name name) override {
    if (name == "zone") return Value("UTC");
    return std::nullopt;
  }
  std::string str() override { return "UTC"; }
  std::string repr() override { return "<UTC>"; }
};

// pytz.FixedOffset(minutes).
class MinutesZone : public FixedZone {
 public:
  explicit MinutesZone(std::int64_t minutes) : FixedZone(minutes * 60), minutes_(minutes) {}
  std::string type_name() const override { return "_FixedOffset"; }
  std::string qualified_type_name() const override { return "pytz._FixedOffset"; }
  const MethodTable& methods() const override { return pytz_methods(); }
  std::string str() override { return repr(); }
  std::string repr() override { return fmt::format("pytz.FixedOffset({})", minutes_); }

 private:
  std::int64_t minutes_;
};

// A named zone in one of its states (pytz attaches a state to each datetime).
class NamedZone : public Zone {
 public:
  NamedZone(const date::time_zone* zone, std::string name, std::int64_t offset, std::int64_t saving,
            std::string abbreviation)
      : zone_(zone),
        name_(std::move(name)),
        offset_(offset),
        saving_(saving),
        abbreviation_(std::move(abbreviation)) {}

  static Value at(const date::time_zone* zone, const std::string& name,
                  const date::sys_info& info) {
    // pytz rounds odd historical offsets to minutes.
    const std::int64_t raw = info.offset.count();
    const std::int64_t offset = floor_div(raw + 30, 60) * 60;
    const std::int64_t saving = saving_of(zone, info);
    return make_object<NamedZone>(zone, name, offset, saving, info.abbrev);
  }
  // How far clocks are ahead of standard time. The system's database only says that they are.
  static std::int64_t saving_of(const date::time_zone* zone, const date::sys_info& info) {
    if (info.save == std::chrono::minutes(0)) return 0;
    const date::sys_info before = zone->get_info(info.begin - std::chrono::seconds(1));
    if (before.save == std::chrono::minutes(0)) return (info.offset - before.offset).count();
    const date::sys_info after = zone->get_info(info.end + std::chrono::seconds(1));
    if (after.save == std::chrono::minutes(0)) return (info.offset - after.offset).count();
    return 3600;
  }
  static Value named(const std::string& name) {
    const date::time_zone* zone = date::locate_zone(name);
    // Without a date pytz answers with the zone's first known state.
    return at(zone, name, zone->get_info(seconds_of(days_from_civil(1800, 1, 1) * kMicrosPerDay)));
  }

  std::string type_name() const override { return name_; }
  std::string qualified_type_name() const override { return "pytz.tzfile." + name_; }
  std::int64_t offset(std::int64_t) const override { return offset_; }
  std::int64_t dst(std::int64_t) const override { return saving_; }
  std::string abbreviation(std::int64_t) const override { return abbreviation_; }
  std::pair<std::int64_t, Value> from_utc(std::int64_t utc) override {
    const date::sys_info info = zone_->get_info(seconds_of(utc));
    Value zone = at(zone_, name_, info);
    return {utc + zone.as<Zone>()->offset(0) * kMicrosPerSecond, zone};
  }
  // The state that holds at a local time: `is_dst` decides where a clock shows it twice.
  Value localized(std::int64_t local, bool is_dst) const {
    const auto when = date::local_seconds(std::chrono::seconds(floor_div(local, kMicrosPerSecond)));
    const date::local_info info = zone_->get_info(when);
    if (info.result == date::local_info::unique) return at(zone_, name_, info.first);
    const bool first_is_dst = info.first.save != std::chrono::minutes(0);
    return at(zone_, name_, first_is_dst == is_dst ? info.first : info.second);
  }
  const MethodTable& methods() const override { return pytz_methods(); }
  std::optional<Value> attribute(Name name) override {
    if (name == "zone") return Value(name_);
    return std::nullopt;
  }
  std::string str() override { return name_; }
  std::string repr() override {
    const std::string shift = make_timedelta(offset_ * kMicrosPerSecond).to_str();
    const char sign = offset_ >= 0 ? '+' : '-';
    return fmt::format("<DstTzInfo '{}' {}{}{} {}>", name_, abbreviation_, sign == '+' ? "+" : "",
                       shift, saving_ != 0 ? "DST" : "STD");
  }
  bool equals(const Value& other) override {
    const auto* zone = other.as<NamedZone>();
    return zone != nullptr && zone->name_ == name_ && zone->offset_ == offset_ &&
           zone->abbreviation_ == abbreviation_;
  }

 private:
  const date::time_zone* zone_;
  std::string name_;
  std::int64_t offset_;
  std::int64_t saving_;
  std::string abbreviation_;
};

Moment& datetime_argument(const Value& value) {
  auto* moment = value.as<Moment>();
  if (moment == nullptr) {
    raise(ErrorType::kAttributeError,
          fmt::format("'{}' object has no attribute 'tzinfo'", value.type_name()));
  }
  return *moment;
}

Value zone_localize(CallContext&, const Value& self, const Args& args) {
  static const Signature signature("localize", {{"dt", {}}, {"is_dst", Value(false)}});
  const auto bound = signature.bind(args);
  const Moment& moment = datetime_argument(bound[0]);
  if (moment.zone() != nullptr) raise_value_error("Not naive datetime (tzinfo is already set)");
  const auto* named = self.as<NamedZone>();
  const Value zone = named == nullptr ? self : named->localized(moment.local(), bound[1].truthy());
  return make_object<Moment>(moment.local(), zone);
}

Value zone_normalize(CallContext&, const Value& self, const Args& args) {
  static const Signature signature("normalize", {{"dt", {}}, {"is_dst", Value(false)}});
  const auto bound = signature.bind(args);
  const Moment& moment = datetime_argument(bound[0]);
  if (moment.zone() == nullptr) raise_value_error("Naive time - no tzinfo set");
  auto [local, zone] = self.as<Zone>()->from_utc(moment.utc());
  return make_object<Moment>(local, std::move(zone));
}

Value zone_utcoffset(CallContext&, const Value& self, const Args& args) {
  if (args.size() == 0 || args[0].is_none()) return Value();
  const Moment& moment = datetime_argument(args[0]);
  const auto* named = self.as<NamedZone>();
  if (named == nullptr) return make_timedelta(self.as<Zone>()->offset(0) * kMicrosPerSecond);
  const Value zone = named->localized(moment.local(), false);
  return make_timedelta(zone.as<Zone>()->offset(0) * kMicrosPerSecond);
}

Value zone_tzname(CallContext&, const Value& self, const Args& args) {
  const auto* named = self.as<NamedZone>();
  if (named == nullptr || args.size() == 0 || args[0].is_none()) {
    return Value(self.as<Zone>()->abbreviation(0));
  }
  const Value zone = named->localized(datetime_argument(args[0]).local(), false);
  return Value(zone.as<Zone>()->abbreviation(0));
}

const MethodTable& pytz_methods() {
  static const MethodTable table = {{Name("localize"), zone_localize},
                                    {Name("normalize"), zone_normalize},
                                    {Name("utcoffset"), zone_utcoffset},
                                    {Name("tzname"), zone_tzname}};
  return table;
}

// The database's spelling of a zone name, looked up without regard to case.
std::optional<std::string> canonical_zone(std::string_view wanted) {
  const auto same = [wanted](const std::string& name) {
    return name.size() == wanted.size() &&
           std::equal(name.begin(), name.end(), wanted.begin(), [](char a, char b) {
             return std::tolower(static_cast<unsigned char>(a)) ==
                    std::tolower(static_cast<unsigned char>(b));
           });
  };
  const date::tzdb& database = date::get_tzdb();
  for (const auto& zone : database.zones) {
    if (same(zone.name())) return zone.name();
  }
  try {
    return date::locate_zone(std::string(wanted)) != nullptr ? std::optional(std::string(wanted))
                                                             : std::nullopt;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

Value pytz_timezone(CallContext&, std::vector<Value>& args) {
  if (args[0].is_none()) {
    raise(ErrorType::kKeyError, "None");
  }
  const std::string& name = args[0].as_str();
  std::string upper_name = name;
  for (char& c : upper_name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  if (upper_name == "UTC") return utc_zone();
  std::optional<std::string> found;
  try {
    found = canonical_zone(name);
    if (found) return NamedZone::named(*found);
  } catch (const TemplateError&) {
    throw;
  } catch (const std::exception& error) {
    raise(ErrorType::kPyRuntime,
          fmt::format("the time zone database cannot be read: {}", error.what()));
  }
  raise(ErrorType::kKeyError, args[0].repr());
}

Value zone_names() {
  std::vector<Value> names;
  try {
    for (const auto& zone : date::get_tzdb().zones) names.emplace_back(zone.name());
  } catch (const std::exception&) {
    // No database on this machine: an empty list says so.
  }
  return Value::list(std::move(names));
}

// pytz's lists of names: read when a template asks.
class PytzModule : public Object {
 public:
  PytzModule() {
    names_.set("timezone", native("timezone", {{"zone", {}}}, pytz_timezone));
    names_.set("utc", utc_zone());
    names_.set("FixedOffset",
               native("FixedOffset", {{"offset", {}}}, [](CallContext&, std::vector<Value>& args) {
                 const std::int64_t minutes = to_index(args[0]);
                 if (minutes == 0) return utc_zone();
                 if (minutes <= -1440 || minutes >= 1440) {
                   raise_value_error("absolute offset is too large");
                 }
                 return make_object<MinutesZone>(minutes);
               }));
  }
  std::string type_name() const override { return "dict"; }
  bool is_mapping() const override { return true; }
  std::optional<Value> get_attr(Name name) override { return get_item(name.value()); }
  std::optional<Value> get_item(const Value& key) override {
    if (!key.is_str()) return std::nullopt;
    const std::string& name = key.as_str();
    if (name == "all_timezones" || name == "common_timezones") return zone_names();
    if (name == "all_timezones_set" || name == "common_timezones_set") {
      return Value::set(zone_names().items());
    }
    if (const Value* found = names_.as_dict().find(name)) return *found;
    return std::nullopt;
  }

 private:
  Value names_ = Value::dict();
};

}  // namespace

Value utc_zone() {
  static const Value zone = make_object<UtcZone>();
  return zone;
}

Value fixed_zone(std::int64_t offset_seconds) { return make_object<FixedZone>(offset_seconds); }

Value pytz_module() { return make_object<PytzModule>(); }

}  // namespace floe::jinja
