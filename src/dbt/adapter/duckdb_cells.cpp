// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "dbt/adapter/cell_text.h"
#include "dbt/adapter/duckdb_library.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace floe::dbt {

namespace {

std::string take_text(char* text) {
  std::string copy = text == nullptr ? std::string() : std::string(text);
  duck().duckdb_free(text);
  return copy;
}

std::string_view simple_type_name(duckdb_type id) {
  switch (id) {
    case DUCKDB_TYPE_BOOLEAN: return "BOOLEAN";
    case DUCKDB_TYPE_TINYINT: return "TINYINT";
    case DUCKDB_TYPE_SMALLINT: return "SMALLINT";
    case DUCKDB_TYPE_INTEGER: return "INTEGER";
    case DUCKDB_TYPE_BIGINT: return "BIGINT";
    case DUCKDB_TYPE_UTINYINT: return "UTINYINT";
    case DUCKDB_TYPE_USMALLINT: return "USMALLINT";
    case DUCKDB_TYPE_UINTEGER: return "UINTEGER";
    case DUCKDB_TYPE_UBIGINT: return "UBIGINT";
    case DUCKDB_TYPE_FLOAT: return "FLOAT";
    case DUCKDB_TYPE_DOUBLE: return "DOUBLE";
    case DUCKDB_TYPE_TIMESTAMP: return "TIMESTAMP";
    case DUCKDB_TYPE_DATE: return "DATE";
    case DUCKDB_TYPE_TIME: return "TIME";
    case DUCKDB_TYPE_INTERVAL: return "INTERVAL";
    case DUCKDB_TYPE_HUGEINT: return "HUGEINT";
    case DUCKDB_TYPE_UHUGEINT: return "UHUGEINT";
    case DUCKDB_TYPE_VARCHAR: return "VARCHAR";
    case DUCKDB_TYPE_BLOB: return "BLOB";
    case DUCKDB_TYPE_TIMESTAMP_S: return "TIMESTAMP_S";
    case DUCKDB_TYPE_TIMESTAMP_MS: return "TIMESTAMP_MS";
    case DUCKDB_TYPE_TIMESTAMP_NS: return "TIMESTAMP_NS";
    case DUCKDB_TYPE_UUID: return "UUID";
    case DUCKDB_TYPE_BIT: return "BIT";
    case DUCKDB_TYPE_TIME_TZ: return "TIME WITH TIME ZONE";
    case DUCKDB_TYPE_TIMESTAMP_TZ: return "TIMESTAMP WITH TIME ZONE";
    case DUCKDB_TYPE_TIME_NS: return "TIME_NS";
    case DUCKDB_TYPE_BIGNUM: return "BIGNUM";
    case DUCKDB_TYPE_SQLNULL: return "\"NULL\"";
    default: return "UNKNOWN";
  }
}

DuckType read_type(duckdb_logical_type type);

}  // namespace

DuckType read_and_destroy_type(duckdb_logical_type type) {
  DuckType read = read_type(type);
  duck().duckdb_destroy_logical_type(&type);
  return read;
}

namespace {

/// Member names that are no plain identifiers are quoted, as DuckDB does.
std::string member_name(const std::string& name) {
  return is_identifier(name) ? name : quote_identifier(name);
}

void read_enum_type(duckdb_logical_type type, DuckType& out) {
  const DuckLibrary& lib = duck();
  out.internal = lib.duckdb_enum_internal_type(type);
  const std::uint32_t size = lib.duckdb_enum_dictionary_size(type);
  std::vector<std::string> quoted;
  for (std::uint32_t i = 0; i < size; ++i) {
    out.labels.push_back(take_text(lib.duckdb_enum_dictionary_value(type, i)));
    quoted.push_back(quote_literal(out.labels.back()));
  }
  out.name = fmt::format("ENUM({})", join(quoted, ", "));
}

void read_member_types(duckdb_logical_type type, bool is_union, DuckType& out) {
  const DuckLibrary& lib = duck();
  const std::uint64_t count = is_union ? lib.duckdb_union_type_member_count(type)
                                       : lib.duckdb_struct_type_child_count(type);
  std::vector<std::string> parts;
  for (std::uint64_t i = 0; i < count; ++i) {
    out.labels.push_back(take_text(is_union ? lib.duckdb_union_type_member_name(type, i)
                                            : lib.duckdb_struct_type_child_name(type, i)));
    out.children.push_back(read_and_destroy_type(is_union
                                                     ? lib.duckdb_union_type_member_type(type, i)
                                                     : lib.duckdb_struct_type_child_type(type, i)));
    parts.push_back(member_name(out.labels.back()) + " " + out.children.back().name);
  }
  out.name = fmt::format("{}({})", is_union ? "UNION" : "STRUCT", join(parts, ", "));
}

DuckType read_type(duckdb_logical_type type) {
  const DuckLibrary& lib = duck();
  DuckType out;
  out.id = lib.duckdb_get_type_id(type);
  switch (out.id) {
    case DUCKDB_TYPE_DECIMAL:
      out.scale = lib.duckdb_decimal_scale(type);
      out.internal = lib.duckdb_decimal_internal_type(type);
      out.name = fmt::format("DECIMAL({},{})", lib.duckdb_decimal_width(type), out.scale);
      break;
    case DUCKDB_TYPE_ENUM: read_enum_type(type, out); break;
    case DUCKDB_TYPE_LIST:
      out.children.push_back(read_and_destroy_type(lib.duckdb_list_type_child_type(type)));
      out.name = out.children[0].name + "[]";
      break;
    case DUCKDB_TYPE_ARRAY:
      out.children.push_back(read_and_destroy_type(lib.duckdb_array_type_child_type(type)));
      out.array_size = lib.duckdb_array_type_array_size(type);
      out.name = fmt::format("{}[{}]", out.children[0].name, out.array_size);
      break;
    case DUCKDB_TYPE_MAP:
      out.children.push_back(read_and_destroy_type(lib.duckdb_map_type_key_type(type)));
      out.children.push_back(read_and_destroy_type(lib.duckdb_map_type_value_type(type)));
      out.name = fmt::format("MAP({}, {})", out.children[0].name, out.children[1].name);
      break;
    case DUCKDB_TYPE_STRUCT: read_member_types(type, false, out); break;
    case DUCKDB_TYPE_UNION: read_member_types(type, true, out); break;
    default: out.name = simple_type_name(out.id); break;
  }
  const std::string alias = take_text(lib.duckdb_logical_type_get_alias(type));
  if (!alias.empty()) out.name = alias;
  return out;
}

__extension__ typedef __int128 Int128;
__extension__ typedef unsigned __int128 UInt128;

std::string digits_of(UInt128 value) {
  std::string text;
  do {
    text.push_back(static_cast<char>('0' + static_cast<int>(value % 10)));
    value /= 10;
  } while (value != 0);
  std::reverse(text.begin(), text.end());
  return text;
}

std::string decimal_text(Int128 value, std::uint8_t scale) {
  const bool negative = value < 0;
  std::string digits =
      digits_of(negative ? -static_cast<UInt128>(value) : static_cast<UInt128>(value));
  if (scale > 0) {
    if (digits.size() <= scale) digits.insert(0, scale + 1 - digits.size(), '0');
    digits.insert(digits.size() - scale, 1, '.');
  }
  return negative ? "-" + digits : digits;
}

Cell int_cell(std::int64_t value) {
  Cell cell;
  cell.kind = CellKind::kInt;
  cell.integer = value;
  return cell;
}

Cell wide_int_cell(Int128 value) {
  if (value >= INT64_MIN && value <= INT64_MAX) return int_cell(static_cast<std::int64_t>(value));
  Cell cell;
  cell.kind = CellKind::kBigInt;
  cell.text = decimal_text(value, 0);
  return cell;
}

Cell unsigned_cell(UInt128 value) {
  if (value <= static_cast<UInt128>(INT64_MAX)) return int_cell(static_cast<std::int64_t>(value));
  Cell cell;
  cell.kind = CellKind::kBigInt;
  cell.text = digits_of(value);
  return cell;
}

Cell text_cell(CellKind kind, std::string text) {
  Cell cell;
  cell.kind = kind;
  cell.text = std::move(text);
  return cell;
}

Cell micros_cell(CellKind kind, std::int64_t micros, bool with_zone = false) {
  Cell cell;
  cell.kind = kind;
  cell.integer = micros;
  cell.with_zone = with_zone;
  return cell;
}

/// Timestamps "infinity" and "-infinity" have no micros; they are clamped as Python's driver does.
Cell timestamp_cell(std::int64_t micros, bool with_zone = false) {
  constexpr std::int64_t kMax = 253402300799999999;  // 9999-12-31 23:59:59.999999
  constexpr std::int64_t kMin = -62135596800000000;  // 0001-01-01
  if (micros == INT64_MAX) micros = kMax;
  if (micros == -INT64_MAX) micros = kMin;
  return micros_cell(CellKind::kTimestamp, micros, with_zone);
}

std::string uuid_text(UInt128 value) {
  std::string hex;
  for (int shift = 124; shift >= 0; shift -= 4) {
    hex.push_back("0123456789abcdef"[static_cast<unsigned>(value >> shift) & 15u]);
  }
  return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4),
                     hex.substr(16, 4), hex.substr(20));
}

std::string bit_text(std::string_view raw) {
  std::string bits;
  if (raw.empty()) return bits;
  const unsigned padding = static_cast<unsigned char>(raw[0]);
  for (std::size_t i = 1; i < raw.size(); ++i) {
    for (int shift = 7; shift >= 0; --shift) {
      bits.push_back((static_cast<unsigned char>(raw[i]) >> shift & 1) != 0 ? '1' : '0');
    }
  }
  return bits.substr(std::min<std::size_t>(padding, bits.size()));
}

template <class T>
const T& value_at(const void* data, std::uint64_t row) {
  return static_cast<const T*>(data)[row];
}

Int128 join_huge(const duckdb_hugeint& value) {
  return static_cast<Int128>((static_cast<UInt128>(static_cast<std::uint64_t>(value.upper)) << 64) |
                             value.lower);
}

Int128 integral_at(const void* data, std::uint64_t row, duckdb_type type) {
  switch (type) {
    case DUCKDB_TYPE_SMALLINT: return value_at<std::int16_t>(data, row);
    case DUCKDB_TYPE_INTEGER: return value_at<std::int32_t>(data, row);
    case DUCKDB_TYPE_BIGINT: return value_at<std::int64_t>(data, row);
    case DUCKDB_TYPE_UTINYINT: return value_at<std::uint8_t>(data, row);
    case DUCKDB_TYPE_USMALLINT: return value_at<std::uint16_t>(data, row);
    case DUCKDB_TYPE_UINTEGER: return value_at<std::uint32_t>(data, row);
    default: return join_huge(value_at<duckdb_hugeint>(data, row));
  }
}

std::string_view string_at(const void* data, std::uint64_t row) {
  const auto& text = value_at<duckdb_string_t>(data, row);
  const std::uint32_t length = text.value.inlined.length;
  // Up to 12 bytes live in the string itself.
  return length <= 12 ? std::string_view(text.value.inlined.inlined, length)
                      : std::string_view(text.value.pointer.ptr, length);
}

Cell read_list(duckdb_vector child, const DuckType& type, std::uint64_t begin, std::uint64_t size) {
  Cell cell;
  cell.kind = CellKind::kList;
  cell.items.reserve(size);
  for (std::uint64_t i = 0; i < size; ++i) cell.items.push_back(read_cell(child, type, begin + i));
  return cell;
}

Cell read_map(duckdb_vector vector, const DuckType& type, const duckdb_list_entry& entry) {
  const DuckLibrary& lib = duck();
  duckdb_vector pairs = lib.duckdb_list_vector_get_child(vector);
  duckdb_vector keys = lib.duckdb_struct_vector_get_child(pairs, 0);
  duckdb_vector values = lib.duckdb_struct_vector_get_child(pairs, 1);
  Cell cell;
  cell.kind = CellKind::kMap;
  for (std::uint64_t i = entry.offset; i < entry.offset + entry.length; ++i) {
    cell.items.push_back(read_cell(keys, type.children[0], i));
    cell.items.push_back(read_cell(values, type.children[1], i));
  }
  return cell;
}

Cell read_nested(duckdb_vector vector, const void* data, const DuckType& type, std::uint64_t row) {
  const DuckLibrary& lib = duck();
  switch (type.id) {
    case DUCKDB_TYPE_LIST: {
      const auto& entry = value_at<duckdb_list_entry>(data, row);
      return read_list(lib.duckdb_list_vector_get_child(vector), type.children[0], entry.offset,
                       entry.length);
    }
    case DUCKDB_TYPE_ARRAY:
      return read_list(lib.duckdb_array_vector_get_child(vector), type.children[0],
                       row * type.array_size, type.array_size);
    case DUCKDB_TYPE_MAP: return read_map(vector, type, value_at<duckdb_list_entry>(data, row));
    case DUCKDB_TYPE_UNION: {
      duckdb_vector tags = lib.duckdb_struct_vector_get_child(vector, 0);
      const auto tag = value_at<std::uint8_t>(lib.duckdb_vector_get_data(tags), row);
      return read_cell(lib.duckdb_struct_vector_get_child(vector, tag + 1u), type.children[tag],
                       row);
    }
    default: {
      Cell cell;
      cell.kind = CellKind::kStruct;
      cell.names = type.labels;
      for (std::size_t i = 0; i < type.children.size(); ++i) {
        cell.items.push_back(
            read_cell(lib.duckdb_struct_vector_get_child(vector, i), type.children[i], row));
      }
      return cell;
    }
  }
}

Cell read_temporal(const void* data, const DuckType& type, std::uint64_t row) {
  switch (type.id) {
    case DUCKDB_TYPE_DATE: {
      Cell cell = int_cell(value_at<std::int32_t>(data, row));
      cell.kind = CellKind::kDate;
      return cell;
    }
    case DUCKDB_TYPE_TIME: return micros_cell(CellKind::kTime, value_at<std::int64_t>(data, row));
    case DUCKDB_TYPE_TIME_NS:
      return micros_cell(CellKind::kTime, value_at<std::int64_t>(data, row) / 1000);
    case DUCKDB_TYPE_TIME_TZ:
      // 40 bits of micros over 24 bits of offset.
      return micros_cell(CellKind::kTime,
                         static_cast<std::int64_t>(value_at<std::uint64_t>(data, row) >> 24), true);
    case DUCKDB_TYPE_INTERVAL: {
      const auto& interval = value_at<duckdb_interval>(data, row);
      const std::int64_t days = std::int64_t{interval.months} * 30 + interval.days;
      return micros_cell(CellKind::kInterval, days * 86'400'000'000 + interval.micros);
    }
    case DUCKDB_TYPE_TIMESTAMP_S:
      return timestamp_cell(value_at<std::int64_t>(data, row) * 1'000'000);
    case DUCKDB_TYPE_TIMESTAMP_MS: return timestamp_cell(value_at<std::int64_t>(data, row) * 1000);
    case DUCKDB_TYPE_TIMESTAMP_NS: {
      const std::int64_t nanos = value_at<std::int64_t>(data, row);
      return timestamp_cell(nanos / 1000 - (nanos % 1000 < 0 ? 1 : 0));
    }
    default:
      return timestamp_cell(value_at<std::int64_t>(data, row), type.id == DUCKDB_TYPE_TIMESTAMP_TZ);
  }
}

Cell real_cell(double value) {
  Cell cell;
  cell.kind = CellKind::kDouble;
  cell.real = value;
  return cell;
}

}  // namespace

Cell read_cell(duckdb_vector vector, const DuckType& type, std::uint64_t row) {
  const DuckLibrary& lib = duck();
  const std::uint64_t* validity = lib.duckdb_vector_get_validity(vector);
  if (validity != nullptr && (validity[row / 64] >> (row % 64) & 1) == 0) return {};
  const void* data = lib.duckdb_vector_get_data(vector);
  switch (type.id) {
    case DUCKDB_TYPE_SQLNULL: return {};
    case DUCKDB_TYPE_BOOLEAN: {
      Cell cell = int_cell(value_at<bool>(data, row) ? 1 : 0);
      cell.kind = CellKind::kBool;
      return cell;
    }
    case DUCKDB_TYPE_TINYINT: return int_cell(value_at<std::int8_t>(data, row));
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_HUGEINT: return wide_int_cell(integral_at(data, row, type.id));
    case DUCKDB_TYPE_UBIGINT: return unsigned_cell(value_at<std::uint64_t>(data, row));
    case DUCKDB_TYPE_UHUGEINT:
      return unsigned_cell(static_cast<UInt128>(join_huge(value_at<duckdb_hugeint>(data, row))));
    case DUCKDB_TYPE_FLOAT: return real_cell(value_at<float>(data, row));
    case DUCKDB_TYPE_DOUBLE: return real_cell(value_at<double>(data, row));
    case DUCKDB_TYPE_DECIMAL:
      return text_cell(CellKind::kDecimal,
                       decimal_text(integral_at(data, row, type.internal), type.scale));
    case DUCKDB_TYPE_ENUM: {
      const auto index = static_cast<std::size_t>(integral_at(data, row, type.internal));
      return text_cell(CellKind::kText, type.labels.at(index));
    }
    case DUCKDB_TYPE_UUID: {
      const Int128 value = join_huge(value_at<duckdb_hugeint>(data, row));
      // Stored with the top bit flipped, so that it sorts as a signed number.
      return text_cell(CellKind::kUuid,
                       uuid_text(static_cast<UInt128>(value) ^ (static_cast<UInt128>(1) << 127)));
    }
    case DUCKDB_TYPE_BLOB: return text_cell(CellKind::kBlob, std::string(string_at(data, row)));
    case DUCKDB_TYPE_BIT: return text_cell(CellKind::kText, bit_text(string_at(data, row)));
    case DUCKDB_TYPE_LIST:
    case DUCKDB_TYPE_ARRAY:
    case DUCKDB_TYPE_MAP:
    case DUCKDB_TYPE_UNION:
    case DUCKDB_TYPE_STRUCT: return read_nested(vector, data, type, row);
    case DUCKDB_TYPE_DATE:
    case DUCKDB_TYPE_TIME:
    case DUCKDB_TYPE_TIME_NS:
    case DUCKDB_TYPE_TIME_TZ:
    case DUCKDB_TYPE_INTERVAL:
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_S:
    case DUCKDB_TYPE_TIMESTAMP_MS:
    case DUCKDB_TYPE_TIMESTAMP_NS:
    case DUCKDB_TYPE_TIMESTAMP_TZ: return read_temporal(data, type, row);
    default: return text_cell(CellKind::kText, std::string(string_at(data, row)));
  }
}

}  // namespace floe::dbt
