// SPDX-License-Identifier: Apache-2.0
#include "dbt/graph/spec.h"
#include "dbt/project/csv_rows.h"
#include "dbt/project/static_sql.h"
#include "dbt/project/version_spec.h"
#include "runtime/failure_place.h"
#include "runtime/inject.h"
#include "targets.h"

#include <cstdlib>
#include <string>

namespace floe::fuzz {

void texts(std::string_view data) {
  const std::string text(data);
  static_cast<void>(dbt::parse_criterion(text, dbt::IndirectSelection::kEager));
  static_cast<void>(
      dbt::parse_selection(std::vector<std::string>{text}, {}, dbt::IndirectSelection::kCautious));
  dbt::StaticSql found;
  static_cast<void>(dbt::read_static_sql(text, found));
  static_cast<void>(dbt::read_static_expression(text, found));
  static_cast<void>(dbt::csv_rows(text));
  value::Value requirements = value::Value::list();
  requirements.push(value::Value(text));
  std::string problem;
  static_cast<void>(dbt::version_satisfies("1.12.6", requirements, problem));
  const std::size_t middle = text.size() / 2;
  const auto byte = runtime::refused_byte(data.substr(0, middle), data.substr(middle));
  if (byte && *byte > text.size() - middle) std::abort();
  if (runtime::first_statement_end(data) > data.size()) std::abort();
  const std::string injected =
      runtime::inject_ctes(data, {{"model.a.b", " __dbt__cte__b as (\nselect 1\n)"}});
  if (injected.find("__dbt__cte__b") == std::string::npos) std::abort();
}

}  // namespace floe::fuzz
