// SPDX-License-Identifier: Apache-2.0
#include "runtime/clock.h"

#include "base/text.h"
#include "dbt/adapter/cell_text.h"

#include <fmt/format.h>

namespace floe::runtime {

std::string utc_text(SystemTime time) {
  const auto micros =
      std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
  const std::int64_t second = micros / 1'000'000;
  const std::string date = dbt::date_text(second / 86'400);
  const std::string clock = dbt::time_text(second % 86'400 * 1'000'000);
  return fmt::format("{}T{}.{:06}Z", date, clock, micros % 1'000'000);
}

}  // namespace floe::runtime
