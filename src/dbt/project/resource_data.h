// SPDX-License-Identifier: Apache-2.0
// The manifest object of resources that are kept as data: exposures, metrics, unit tests, ….
#pragma once

#include "dbt/project/properties.h"

namespace floe::dbt {

/// A resource with its identity, from an entry of a properties file.
std::unique_ptr<Resource> make_resource(PropertiesStep& step, ResourceType type,
                                        const std::string& name, diag::Span span);

/// Sets the config of a resource from its levels, and whether it is enabled; reports what is wrong.
void configure_resource(Loader& loader, Resource& resource, const Value& patch);

/// Adds the members of identity that every resource has: name, resource_type, package_name, ….
void add_identity(const Resource& resource, Value& data);

/// Puts into `data` what linking has found: depends_on, refs, sources, config, tags.
void refresh_data(Resource& resource);

/// Adds to the map of its type, or to the disabled ones; reports duplicates.
void add_resource(Loader& loader, std::map<std::string, std::unique_ptr<Resource>>& map,
                  std::unique_ptr<Resource> resource);

Value refs_data(const std::vector<RefArgs>& refs);
/// The member of a map, or null.
Value member_or_null(const Value& map, std::string_view key);

}  // namespace floe::dbt
