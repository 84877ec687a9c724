// SPDX-License-Identifier: Apache-2.0
#include "core/contract/type.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace floe::contract {

namespace {

/// A name of a type and what it says by itself.
struct TypeName {
  std::string_view name;
  Family family;
  int bits = 0;
  bool is_signed = true;
  int zone = -1;      // 0: without, 1: with
  int fraction = -1;  // digits of a second
};

constexpr std::array kTypeNames = std::to_array<TypeName>({
    {"boolean", Family::kBoolean},
    {"bool", Family::kBoolean},
    {"logical", Family::kBoolean},
    {"tinyint", Family::kInteger, 8},
    {"int1", Family::kInteger, 8},
    {"byteint", Family::kInteger, 8},
    {"smallint", Family::kInteger, 16},
    {"int2", Family::kInteger, 16},
    {"int16", Family::kInteger, 16},
    {"short", Family::kInteger, 16},
    {"integer", Family::kInteger, 32},
    {"int", Family::kInteger, 32},
    {"int4", Family::kInteger, 32},
    {"int32", Family::kInteger, 32},
    {"signed", Family::kInteger, 32},
    {"bigint", Family::kInteger, 64},
    {"int8", Family::kInteger, 64},
    {"int64", Family::kInteger, 64},
    {"long", Family::kInteger, 64},
    {"hugeint", Family::kInteger, 128},
    {"int128", Family::kInteger, 128},
    {"utinyint", Family::kInteger, 8, false},
    {"uint8", Family::kInteger, 8, false},
    {"usmallint", Family::kInteger, 16, false},
    {"uint16", Family::kInteger, 16, false},
    {"uinteger", Family::kInteger, 32, false},
    {"uint32", Family::kInteger, 32, false},
    {"ubigint", Family::kInteger, 64, false},
    {"uint64", Family::kInteger, 64, false},
    {"uhugeint", Family::kInteger, 128, false},
    {"decimal", Family::kDecimal},
    {"numeric", Family::kDecimal},
    {"dec", Family::kDecimal},
    {"number", Family::kDecimal},
    {"bignumeric", Family::kDecimal},
    {"float4", Family::kFloat, 32},
    {"real", Family::kFloat, 32},
    {"float", Family::kFloat, 32},
    {"float32", Family::kFloat, 32},
    {"float8", Family::kFloat, 64},
    {"float64", Family::kFloat, 64},
    {"double", Family::kFloat, 64},
    {"double precision", Family::kFloat, 64},
    {"varchar", Family::kText},
    {"char", Family::kText},
    {"character", Family::kText},
    {"character varying", Family::kText},
    {"bpchar", Family::kText},
    {"nvarchar", Family::kText},
    {"nchar", Family::kText},
    {"text", Family::kText},
    {"string", Family::kText},
    {"clob", Family::kText},
    {"blob", Family::kBinary},
    {"bytea", Family::kBinary},
    {"binary", Family::kBinary},
    {"varbinary", Family::kBinary},
    {"bytes", Family::kBinary},
    {"date", Family::kDate},
    {"time", Family::kTime, 0, true, 0},
    {"timetz", Family::kTime, 0, true, 1},
    {"time with time zone", Family::kTime, 0, true, 1},
    {"time without time zone", Family::kTime, 0, true, 0},
    {"timestamp", Family::kTimestamp, 0, true, 0, 6},
    {"datetime", Family::kTimestamp, 0, true, 0, 6},
    {"timestamp_us", Family::kTimestamp, 0, true, 0, 6},
    {"timestamp_s", Family::kTimestamp, 0, true, 0, 0},
    {"timestamp_ms", Family::kTimestamp, 0, true, 0, 3},
    {"timestamp_ns", Family::kTimestamp, 0, true, 0, 9},
    {"timestamp_ntz", Family::kTimestamp, 0, true, 0},
    {"timestamp without time zone", Family::kTimestamp, 0, true, 0, 6},
    {"timestamptz", Family::kTimestamp, 0, true, 1, 6},
    {"timestamp_tz", Family::kTimestamp, 0, true, 1},
    {"timestamp_ltz", Family::kTimestamp, 0, true, 1},
    {"timestamp with time zone", Family::kTimestamp, 0, true, 1, 6},
    {"interval", Family::kInterval},
    {"uuid", Family::kUuid},
    {"guid", Family::kUuid},
    {"enum", Family::kEnum},
    {"json", Family::kJson},
    {"jsonb", Family::kJson},
    {"variant", Family::kJson},
    {"array", Family::kArray},
    {"list", Family::kArray},
    {"struct", Family::kObject},
    {"row", Family::kObject},
    {"record", Family::kObject},
    {"object", Family::kObject},
    {"map", Family::kMap},
});

/// Lower case, runs of white space made one, none beside brackets and commas.
std::string settled_type_text(std::string_view text) {
  std::string out;
  for (const std::string_view word : split_words(text)) {
    if (!out.empty()) out += ' ';
    out += to_lower(word);
  }
  for (const char* mark : {"(", ")", "<", ">", ",", "[", "]"}) {
    out =
        replace_all(replace_all(out, std::string(" ") + mark, mark), std::string(mark) + " ", mark);
  }
  return out;
}

/// The whole numbers between brackets: "(10, 2)".
std::vector<std::int64_t> type_arguments(std::string_view inner) {
  std::vector<std::int64_t> numbers;
  for (const std::string_view part : split(inner, ',')) {
    const std::string_view digits = trim(part);
    std::int64_t number = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (read.ec != std::errc{} || read.ptr != digits.data() + digits.size()) return {};
    numbers.push_back(number);
  }
  return numbers;
}

void take_arguments(const std::vector<std::int64_t>& numbers, Type& type) {
  const auto small = [](std::int64_t number) {
    return static_cast<int>(std::clamp<std::int64_t>(number, 0, 1000));
  };
  if (type.family == Family::kDecimal) {
    if (!numbers.empty()) type.precision = small(numbers[0]);
    if (numbers.size() > 1) type.scale = small(numbers[1]);
  } else if (type.family == Family::kText || type.family == Family::kBinary) {
    if (!numbers.empty()) type.length = numbers[0];
  } else if (type.family == Family::kTimestamp && !numbers.empty()) {
    type.fraction = small(numbers[0]);
  } else if (type.family == Family::kFloat && !numbers.empty() && type.bits == 32) {
    type.bits = numbers[0] <= 24 ? 32 : 64;  // SQL's float(n)
  }
}

}  // namespace

Type parse_type(std::string_view text) {
  Type type;
  type.text = settled_type_text(text);
  if (type.text.size() > 4096) return type;
  if (type.text.ends_with(']')) {
    type.family = Family::kArray;
    return type;
  }
  const std::size_t open = type.text.find_first_of("(<");
  std::string name = type.text.substr(0, open);
  std::vector<std::int64_t> numbers;
  if (open != std::string::npos) {
    const std::size_t close = type.text.find_first_of(")>", open);
    if (close == std::string::npos) return type;
    numbers = type_arguments(std::string_view(type.text).substr(open + 1, close - open - 1));
    // timestamp(6) with time zone
    const bool is_plain = type.text.find_last_of(")>") == close;
    if (is_plain) name += type.text.substr(close + 1);
  }
  // `timestamp(6)with time zone`: the blank behind a bracket is gone.
  name = replace_all(replace_all(name, "timestampwith", "timestamp with"), "timewith", "time with");
  const auto* row = std::find_if(kTypeNames.begin(), kTypeNames.end(),
                                 [&](const TypeName& each) { return each.name == name; });
  if (row == kTypeNames.end()) return type;
  type.family = row->family;
  if (row->bits != 0) type.bits = row->bits;
  type.is_signed = row->is_signed;
  if (row->zone >= 0) type.has_zone = row->zone == 1;
  if (row->fraction >= 0) type.fraction = row->fraction;
  take_arguments(numbers, type);
  return type;
}

namespace {

struct LogicalWord {
  std::string_view word;
  Family family;
};

constexpr std::array kLogicalWords = std::to_array<LogicalWord>({
    {"string", Family::kText},
    {"date", Family::kDate},
    {"timestamp", Family::kTimestamp},
    {"time", Family::kTime},
    {"number", Family::kNumber},
    {"integer", Family::kInteger},
    {"object", Family::kObject},
    {"array", Family::kArray},
    {"boolean", Family::kBoolean},
    {"map", Family::kMap},
    {"vector", Family::kVector},
});

}  // namespace

Type logical_type(std::string_view word) {
  Type type;
  type.text = std::string(word);
  for (const LogicalWord& row : kLogicalWords) {
    if (row.word == word) type.family = row.family;
  }
  return type;
}

std::string_view logical_word(Family family) {
  switch (family) {
    case Family::kDecimal:
    case Family::kFloat: return "number";
    case Family::kUuid:
    case Family::kEnum: return "string";
    case Family::kJson: return "object";
    default: break;
  }
  for (const LogicalWord& row : kLogicalWords) {
    if (row.family == family) return row.word;
  }
  return "";
}

namespace {

/// Sizes that are compared one by one: every one of them grew or stayed, or shrank or stayed.
class SizeComparison {
 public:
  void size(std::int64_t from, std::int64_t to) {
    grew_ = grew_ || to > from;
    shrank_ = shrank_ || to < from;
  }
  TypeStep step() const {
    if (grew_ && shrank_) return TypeStep::kChanged;
    return grew_ ? TypeStep::kWidened : shrank_ ? TypeStep::kNarrowed : TypeStep::kSame;
  }

 private:
  bool grew_ = false;
  bool shrank_ = false;
};

TypeStep compare_integers(const Type& from, const Type& to) {
  if (!from.bits || !to.bits) return TypeStep::kSame;
  SizeComparison sizes;
  // The bits for values above zero, and those for values below it.
  sizes.size(*from.bits - (from.is_signed ? 1 : 0), *to.bits - (to.is_signed ? 1 : 0));
  sizes.size(from.is_signed ? *from.bits : 0, to.is_signed ? *to.bits : 0);
  return sizes.step();
}

TypeStep compare_decimals(const Type& from, const Type& to) {
  if (!from.precision && !to.precision) return TypeStep::kSame;
  // Without a precision, what it is depends on the engine.
  if (!from.precision || !to.precision) return TypeStep::kUnknown;
  SizeComparison sizes;
  sizes.size(*from.precision - from.scale, *to.precision - to.scale);
  sizes.size(from.scale, to.scale);
  return sizes.step();
}

TypeStep compare_same_family(const Type& from, const Type& to) {
  constexpr std::int64_t kUnlimited = INT64_MAX;
  SizeComparison sizes;
  switch (from.family) {
    case Family::kInteger: return compare_integers(from, to);
    case Family::kDecimal: return compare_decimals(from, to);
    case Family::kFloat: sizes.size(from.bits.value_or(0), to.bits.value_or(0)); break;
    case Family::kText:
    case Family::kBinary:
      sizes.size(from.length.value_or(kUnlimited), to.length.value_or(kUnlimited));
      break;
    case Family::kTime:
    case Family::kTimestamp:
      if (from.has_zone && to.has_zone && from.has_zone != to.has_zone) return TypeStep::kChanged;
      if (from.fraction && to.fraction) sizes.size(*from.fraction, *to.fraction);
      break;
    case Family::kEnum:
    case Family::kArray:
    case Family::kObject:
    case Family::kMap:
    case Family::kVector: {
      // What is in them is only compared where both say it.
      const bool told = from.text.find_first_of("([<") != std::string::npos &&
                        to.text.find_first_of("([<") != std::string::npos;
      return told && from.text != to.text ? TypeStep::kChanged : TypeStep::kSame;
    }
    default: break;
  }
  return sizes.step();
}

/// Whether every integer of `from` is one of the other type, exactly.
bool holds_integers(const Type& from, const Type& to) {
  if (!from.bits) return false;
  if (to.family == Family::kFloat) {
    return to.bits && *from.bits <= (*to.bits == 64 ? 32 : 16);
  }
  if (to.family != Family::kDecimal || !to.precision) return false;
  const int digits = *from.bits <= 8    ? 3
                     : *from.bits <= 16 ? 5
                     : *from.bits <= 32 ? 10
                     : *from.bits <= 64 ? 20
                                        : 39;
  return *to.precision - to.scale >= digits;
}

bool is_numeric(Family family) {
  return family == Family::kInteger || family == Family::kDecimal || family == Family::kFloat;
}

}  // namespace

TypeStep compare_types(const Type& from, const Type& to) {
  if (from.text == to.text && from.family == to.family) return TypeStep::kSame;
  if (from.family == Family::kUnknown || to.family == Family::kUnknown) return TypeStep::kUnknown;
  if (from.family == to.family) return compare_same_family(from, to);
  if (to.family == Family::kNumber && is_numeric(from.family)) return TypeStep::kWidened;
  if (from.family == Family::kNumber && is_numeric(to.family)) return TypeStep::kNarrowed;
  if (from.family == Family::kInteger && holds_integers(from, to)) return TypeStep::kWidened;
  if (to.family == Family::kInteger && holds_integers(to, from)) return TypeStep::kNarrowed;
  return TypeStep::kChanged;
}

std::optional<bool> is_of_family(const Type& actual, Family promised) {
  if (actual.family == Family::kUnknown || promised == Family::kUnknown) return std::nullopt;
  if (actual.family == promised) return true;
  switch (promised) {
    case Family::kNumber: return is_numeric(actual.family);
    case Family::kText:
      return actual.family == Family::kUuid || actual.family == Family::kEnum ||
             actual.family == Family::kJson;
    case Family::kObject: return actual.family == Family::kMap || actual.family == Family::kJson;
    case Family::kArray:
    case Family::kVector:
      return actual.family == Family::kArray || actual.family == Family::kVector;
    // A whole number with no digits behind the point, of an engine that has no other integers.
    case Family::kInteger:
      return actual.family == Family::kDecimal && actual.precision && actual.scale == 0;
    default: return false;
  }
}

}  // namespace floe::contract
