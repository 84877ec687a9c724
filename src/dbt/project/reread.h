// SPDX-License-Identifier: Apache-2.0
// Models whose files changed in a project that is known otherwise: whether the new texts mean what
// the old ones meant, so that nothing else of the project can have changed.
#pragma once

#include "dbt/project/load.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floe::dbt {

/// A model of the root package whose file changed; all else of the project is as it was.
struct ChangedModel {
  std::string original_file_path;
  std::string old_code;  // its raw_code so far
};

/// What a model's file says now.
struct RereadModel {
  std::string raw_code;
  Checksum checksum;
};

/// The new texts of models, in the order asked, if each refers to the same nodes, calls the same
/// macros and has the same config as its old text. Nothing in every other case, also if anything
/// is to be said about the project: then all of it has to be loaded.
std::optional<std::vector<RereadModel>> reread_models(const LoadOptions& options,
                                                      const std::vector<ChangedModel>& models);

/// Whether nobody but a model's own node can see its text: false if macros of the project decide
/// about names by it.
bool texts_stay_private(const Loaded& loaded);

}  // namespace floe::dbt
