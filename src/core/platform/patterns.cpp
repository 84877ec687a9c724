// SPDX-License-Identifier: Apache-2.0
#include "core/platform/patterns.h"

namespace floe::core {

namespace {

Layer make_layer(std::string name, std::vector<std::string> prefixes, std::string description,
                 std::vector<std::string> may_depend_on) {
  Layer layer;
  layer.name = std::move(name);
  layer.prefixes = std::move(prefixes);
  layer.description = std::move(description);
  layer.may_depend_on = std::move(may_depend_on);
  return layer;
}

std::vector<Layer> medallion_layers() {
  return {
      make_layer("bronze", {"bronze_"}, "raw data as it came", {"source"}),
      make_layer("silver", {"silver_"}, "cleaned and conformed data", {"bronze", "silver"}),
      make_layer("gold", {"gold_"}, "data for its consumers", {"silver", "gold"}),
  };
}

std::vector<Layer> kimball_layers() {
  return {
      make_layer("staging", {"stg_"}, "source data, renamed and typed", {"source", "staging"}),
      make_layer("core", {"dim_", "fact_"}, "dimensions and facts", {"staging", "core"}),
  };
}

std::vector<Layer> data_vault_layers() {
  return {
      make_layer("staging", {"stg_"}, "source data with hash keys", {"source", "staging"}),
      make_layer("raw_vault", {"hub_", "link_", "sat_"}, "hubs, links and satellites",
                 {"staging", "raw_vault"}),
      make_layer("marts", {"dim_", "fact_"}, "dimensions and facts for consumers",
                 {"raw_vault", "marts"}),
  };
}

std::vector<Layer> hybrid_layers() {
  return {
      make_layer("bronze", {"bronze_"}, "raw data as it came", {"source"}),
      make_layer("silver", {"silver_", "hub_", "link_", "sat_"}, "cleaned data, or a vault of it",
                 {"bronze", "silver"}),
      make_layer("gold", {"gold_", "dim_", "fact_"}, "data for its consumers", {"silver", "gold"}),
  };
}

}  // namespace

std::vector<Layer> pattern_layers(std::string_view pattern) {
  if (pattern == "medallion") return medallion_layers();
  if (pattern == "kimball") return kimball_layers();
  if (pattern == "data_vault") return data_vault_layers();
  if (pattern == "hybrid") return hybrid_layers();
  return {};
}

}  // namespace floe::core
