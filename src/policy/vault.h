// SPDX-License-Identifier: Apache-2.0
// Hubs, links and satellites of a data vault, told by their names and columns.
#pragma once

#include "policy/model_columns.h"
#include "policy/rule.h"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace floe::policy {

enum class VaultKind { kNone, kHub, kLink, kSatellite };

/// "hub", "link", "satellite".
std::string_view vault_kind_name(VaultKind kind);

/// Whether the platform's pattern has a vault: data_vault or hybrid.
bool has_vault(const core::Platform& platform);

/// `data_architecture.data_vault` with its defaults. Names of columns are patterns with * and ?.
struct VaultNames {
  explicit VaultNames(const core::Platform& platform);

  std::vector<std::string> hub_prefixes = {"hub_"};
  std::vector<std::string> link_prefixes = {"link_", "lnk_"};
  std::vector<std::string> satellite_prefixes = {"sat_"};
  std::vector<std::string> hash_key = {"*_hk",     "hk_*",       "*_hkey",  "hkey_*",
                                       "hash_key", "*_hash_key", "hashkey", "*_hashkey"};
  std::vector<std::string> load_date = {"load_date",      "load_dts",       "load_datetime",
                                        "load_timestamp", "load_ts",        "load_dt",
                                        "ldts",           "load_date_time", "loaded_at"};
  std::vector<std::string> record_source = {"record_source", "rec_src", "rsrc", "record_src"};
  std::vector<std::string> business_key = {"*_bk", "*_id", "id",     "*_nk", "*_number",
                                           "*_no", "*_nr", "*_code", "*_key"};
  bool hubs_hold_keys_only = false;

  VaultKind kind_of(std::string_view model) const;
  /// Upper and lower case count as one.
  static bool is_named(std::string_view column, const std::vector<std::string>& patterns);
  /// The names of the columns that match, in lower case.
  static std::vector<std::string> matching(const ModelColumns& columns,
                                           const std::vector<std::string>& patterns);
};

/// A model of the vault with what is known of it.
struct VaultModel {
  const dbt::Node* node = nullptr;
  VaultKind kind = VaultKind::kNone;
  ModelColumns columns;
  std::vector<std::string> hash_keys;  // all of them, in lower case
  std::vector<std::string> own_keys;   // of a link: those that are no hub's
};

/// The vault of a project.
class Vault {
 public:
  explicit Vault(const Context& context);

  const std::vector<VaultModel>& models() const { return models_; }
  /// The hubs and links that a model reads, or has a relationships test to.
  std::vector<const VaultModel*> referenced(const VaultModel& model) const;
  /// The other hubs and links whose own hash key is a column of the model.
  std::vector<const VaultModel*> with_key_in(const VaultModel& model) const;
  /// Whether the columns of all hubs and links are known.
  bool keys_are_known() const;

 private:
  std::vector<const VaultModel*> others(const std::set<std::size_t>& indices,
                                        const VaultModel& than) const;

  const Context& context_;
  std::vector<VaultModel> models_;
  // Hubs and links, as indices of models_: by their ids, and by the hash keys that are theirs.
  std::map<std::string_view, std::size_t> targets_;
  std::map<std::string, std::vector<std::size_t>> with_key_;
};

}  // namespace floe::policy
