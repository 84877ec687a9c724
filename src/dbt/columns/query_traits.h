// SPDX-License-Identifier: Apache-2.0
// What a query's syntax tree says of its form: whether its columns are another relation's, and what
// it calls that gives something else each time.
#pragma once

#include "value/value.h"

#include <string>
#include <vector>

namespace floe::dbt {

struct QueryTraits {
  /// The outermost query has columns by a `*` over a relation that the query only reads. A `*` over
  /// a common table expression or subquery that names its columns is none.
  bool takes_all = false;
  /// Functions whose result differs from run to run ("now()"), each once, in order of appearance.
  std::vector<std::string> changing;
};

/// `tree`: as query_lineage() takes it. Nothing is found in a tree that is no query.
QueryTraits query_traits(const value::Value& tree);

}  // namespace floe::dbt
