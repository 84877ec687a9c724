// SPDX-License-Identifier: Apache-2.0
#include "core/platform/strictness.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>
#include <utility>

namespace floe::core {

namespace {

using value::Merge;
using value::Schema;
using value::Stricter;
using value::Value;

template <class T>
int order_sign(const T& a, const T& b) {
  return a < b ? 1 : b < a ? -1 : 0;
}

/// By number; `none` is what a value that is not set stands for.
std::optional<int> compare_numbers(double none, const Value* before, const Value* after) {
  const auto number = [&](const Value* value) -> std::optional<double> {
    if (value == nullptr) return none;
    return value->is_number() ? std::optional(value->as_double()) : std::nullopt;
  };
  const auto from = number(before);
  const auto to = number(after);
  if (!from || !to) return std::nullopt;
  return order_sign(*from, *to);
}

/// How strict a word is; what is not set is the least strict. Nothing if it is not in the order.
std::optional<std::size_t> word_rank(const std::vector<std::string>& order, const Value* value) {
  if (value == nullptr) return 0;
  const auto found =
      value->is_string() ? std::find(order.begin(), order.end(), value->as_string()) : order.end();
  if (found == order.end()) return std::nullopt;
  return static_cast<std::size_t>(found - order.begin());
}

/// What a compatibility mode guarantees, as bits: old readers, new readers, all earlier versions.
std::optional<unsigned> compatibility_guarantees(const Value* value) {
  static constexpr std::array<std::pair<std::string_view, unsigned>, 7> kModes = {
      {{"none", 0},
       {"backward", 1},
       {"forward", 2},
       {"full", 3},
       {"backward_transitive", 5},
       {"forward_transitive", 6},
       {"full_transitive", 7}}};
  if (value == nullptr) return 0;
  if (!value->is_string()) return std::nullopt;
  for (const auto& [word, bits] : kModes) {
    if (value->as_string() == word) return bits;
  }
  return std::nullopt;
}

}  // namespace

std::optional<int> compare_strictness(const Schema& schema, const std::vector<std::string>& levels,
                                      const Value* before, const Value* after) {
  if (schema.merge != Merge::kStricterOnly) return std::nullopt;
  switch (schema.stricter) {
    case Stricter::kHigher: return compare_numbers(0, before, after);
    case Stricter::kLower:
      return compare_numbers(std::numeric_limits<double>::infinity(), after, before);
    case Stricter::kTrue: {
      const auto on = [](const Value* value) {
        return value != nullptr && value->is_bool() && value->as_bool();
      };
      return order_sign(on(before), on(after));
    }
    case Stricter::kLaterChoice: {
      const auto& order = schema.choices.empty() ? levels : schema.choices;
      const auto from = word_rank(order, before);
      const auto to = word_rank(order, after);
      if (!from || !to) return std::nullopt;
      return order_sign(*from, *to);
    }
    case Stricter::kCompatibility: {
      const auto from = compatibility_guarantees(before);
      const auto to = compatibility_guarantees(after);
      if (!from || !to) return std::nullopt;
      if (*from == *to) return 0;
      if ((*from & *to) == *from) return 1;
      if ((*from & *to) == *to) return -1;
      return std::nullopt;
    }
    case Stricter::kNone: break;
  }
  return std::nullopt;
}

}  // namespace floe::core
