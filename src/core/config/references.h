// SPDX-License-Identifier: Apache-2.0
// Names in a manifest that refer to others, and sections whose fields depend on each other.
#pragma once

#include "diag/diagnostic.h"
#include "value/value.h"

#include <string>
#include <string_view>
#include <vector>

namespace floe::config {

/// The text at a path; "" if there is none.
std::string manifest_text(const value::Value& document, std::string_view path);
/// The members of the mapping at a path; none if there is no such mapping.
const value::Value::Map& manifest_members(const value::Value& document, std::string_view path);
/// The items of the list at a path; none if there is no such list.
const value::Value::List& manifest_items(const value::Value& document, std::string_view path);

/// Names of the pattern's layers and of those the manifest adds.
std::vector<std::string> manifest_layers(const value::Value& document);
/// The levels of governance.classification, least sensitive first.
std::vector<std::string> manifest_levels(const value::Value& document);

/// Reports a text that is none of `known` (C027).
void check_known_name(const value::Value& name, const std::vector<std::string>& known,
                      std::string_view what, diag::Sink& sink);
/// The same for each key of the mapping at a path.
void check_known_keys(const value::Value& document, std::string_view path,
                      const std::vector<std::string>& known, std::string_view what,
                      diag::Sink& sink);

/// governance.access_control and the namespaces of the catalog: every role, layer, level, tag and
/// namespace is one there is, roles inherit in no circle, and no two entries contradict each other.
void check_access_control(const value::Value& document, diag::Sink& sink);

/// governance.retention: layers, levels and tags there are; nothing is kept longer than it may be.
void check_retention(const value::Value& document, diag::Sink& sink);

/// governance.custom_rules: layers there are, and what each kind of rule needs.
void check_custom_rules(const value::Value& document, diag::Sink& sink);

/// governance.classification: what asks for a level without levels, hints that hint at nothing.
void check_idle_classification(const value::Value& document, diag::Sink& sink);

/// catalog.schema_registry.allowed_types: types of SQL.
void check_allowed_types(const value::Value& document, diag::Sink& sink);

}  // namespace floe::config
