// SPDX-License-Identifier: Apache-2.0
// What the product's models read of other products: which sources stand for which input ports, and
// which columns of them are read.
#pragma once

#include "policy/rule.h"

#include <set>
#include <string>
#include <vector>

namespace floe::policy {

/// Who the product is to the ports it reads.
mesh::Reader reader_of(const core::Platform& platform, const config::DataProduct& product);

/// Whether a provider grants the product only some of the columns of a port that it reads.
bool has_limited_inputs(const core::Platform& platform, const config::DataProduct& product,
                        const mesh::Mesh& mesh);

/// Data tests of the product's own that read a source of a port of which the provider grants only
/// some columns: unique_ids.
std::set<std::string> tests_of_limited_inputs(const core::Platform& platform,
                                              const config::DataProduct& product,
                                              const mesh::Mesh& mesh, const dbt::Project& project);

/// Models, snapshots and data tests that read a source themselves, in unique_id order of each kind.
std::vector<const dbt::Node*> readers_of(const Context& context, const dbt::SourceNode& source);

/// The columns that a node takes from a source, and those that decide which rows it takes: what is
/// known of them.
struct SourceColumnsRead {
  std::vector<std::string> columns;  // in lower case, each once
  std::string unknown;               // why there may be more; "" if these are all
};
SourceColumnsRead columns_read(const Context& context, const dbt::Node& node,
                               const dbt::SourceNode& source);

/// The call of source() in a node's file, else the node.
diag::Span source_call_span(const dbt::Node& node, const dbt::SourceNode& source);

/// Whether the relation of a source is what a port offers: by the port's model or table, which may
/// be qualified by a schema, a version of the model, or a table of the port's contract.
bool is_relation_of_port(const dbt::SourceNode& source, const artifact::OutputPort& port,
                         const contract::Contract* contract);

/// Whether what is read of a source is read of an input port: the source stands for it
/// (is_source_of_input), is the same table as one that does or, where none does, the table that
/// the port offers.
bool reads_port(const std::vector<const dbt::SourceNode*>& sources, const dbt::Project& project,
                const dbt::SourceNode& source, const mesh::Input& input);

}  // namespace floe::policy
