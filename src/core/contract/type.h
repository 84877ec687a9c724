// SPDX-License-Identifier: Apache-2.0
// Types of columns as contracts and dbt projects write them, and what it means when one changes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace floe::contract {

/// What kind of values a type holds. kNumber is ODCS's `number`: any of integer, decimal, float.
enum class Family {
  kUnknown,
  kBoolean,
  kInteger,
  kDecimal,
  kFloat,
  kNumber,
  kText,
  kBinary,
  kDate,
  kTime,
  kTimestamp,
  kInterval,
  kUuid,
  kEnum,
  kJson,
  kArray,
  kObject,
  kMap,
  kVector,
};

/// A type as far as it is understood. Sizes that the text does not tell are absent.
struct Type {
  Family family = Family::kUnknown;
  std::string text;                    // lower case, spaces made one
  std::optional<int> bits;             // of integers and floats
  bool is_signed = true;               // of integers
  std::optional<int> precision;        // of decimals: digits in all
  int scale = 0;                       // of decimals: digits behind the point
  std::optional<std::int64_t> length;  // of texts and binaries, at most; without: no limit
  std::optional<int> fraction;         // of timestamps: digits of a second
  std::optional<bool> has_zone;        // of times and timestamps
};

/// Reads a type of SQL: the names of DuckDB and PostgreSQL, and what other warehouses add to them.
/// kUnknown for names that mean nothing here.
Type parse_type(std::string_view text);

/// The type of an ODCS `logicalType`; kUnknown if ODCS has no such word.
Type logical_type(std::string_view word);

/// The ODCS word for a family: "integer"; "" for one that ODCS has no word for.
std::string_view logical_word(Family family);

/// How one type became another. kWidened: every value of the old one is one of the new one, not the
/// other way round. kUnknown: one of the two is not understood, and their texts differ.
enum class TypeStep { kSame, kWidened, kNarrowed, kChanged, kUnknown };
TypeStep compare_types(const Type& from, const Type& to);

/// Whether values of `actual` are what a logical type promises; nothing if `actual` is unknown.
std::optional<bool> is_of_family(const Type& actual, Family promised);

}  // namespace floe::contract
