// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "policy/facts.h"
#include "policy/model_columns.h"
#include "policy/port_reads.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

namespace floe::policy {

namespace {

/// A source that reads another product beside its ports, and what that is.
struct UnportedRead {
  std::string message;  // behind "source 'orders.silver_o' "
  std::string expected;
  std::string help;
};

bool is_same_schema(const dbt::SourceNode& left, const dbt::SourceNode& right) {
  return to_lower(left.schema) == to_lower(right.schema) &&
         to_lower(left.database) == to_lower(right.database);
}

/// Whether the product builds something in the schema of a source: then its tables are not another
/// product's alone.
bool is_shared_schema(const Context& context, const dbt::SourceNode& source) {
  for (const auto* nodes : {&context.models, &context.seeds, &context.snapshots}) {
    for (const dbt::Node* node : *nodes) {
      if (to_lower(node->schema) == to_lower(source.schema)) return true;
    }
  }
  return false;
}

/// Whether an input port's own source is in the same schema as this one.
bool is_beside(const Context& context, const mesh::Input& input, const dbt::SourceNode& source) {
  const auto& all = context.source_tables;
  return std::any_of(all.begin(), all.end(), [&](const dbt::SourceNode* other) {
    return other != &source && is_source_of_input(*other, input) && is_same_schema(*other, source);
  });
}

/// A source that says it is an input port, and reads something else.
std::optional<UnportedRead> read_beside_port(const mesh::Input& input,
                                             const dbt::SourceNode& source) {
  const contract::Contract* contract = input.contract ? &*input.contract : nullptr;
  if (is_relation_of_port(source, *input.port, contract)) return std::nullopt;
  const std::string& offered = input.port->offered();
  return UnportedRead{
      fmt::format("stands for input port '{}' and reads '{}', which is not what {} offers",
                  input.name, source.identifier, input.reference),
      fmt::format("{}, the table of the port", offered),
      fmt::format("read {} (`identifier: {}`), or ask the owner of {} to offer '{}' by a port",
                  offered, offered, input.provider.name, source.identifier)};
}

/// A source of a provider's table without an input port for it.
std::optional<UnportedRead> read_without_port(const Context& context, const mesh::Input& input,
                                              const dbt::SourceNode& source) {
  const std::string& provider = input.provider.name;
  const bool beside = is_beside(context, input, source);
  for (const artifact::OutputPort& port : input.provider.output_ports) {
    const bool is_named = contains(port.offered(), ".");  // with its schema: nobody else's
    if (!beside && !is_named) continue;
    if (!is_relation_of_port(source, port, nullptr)) continue;
    return UnportedRead{
        fmt::format("reads '{}', which {} offers as port '{}', through no input port",
                    source.identifier, provider, port.name),
        fmt::format("an input port with source.ref {}.{}", provider, port.name),
        fmt::format("add the input port to floe.yaml, and `meta: {{floe: {{input_port: NAME}}}}` "
                    "to the source")};
  }
  if (!beside || is_shared_schema(context, source)) return std::nullopt;
  return UnportedRead{
      fmt::format("reads '{}' in the schema of {}, which {} does not offer by a port",
                  source.identifier, input.reference, provider),
      fmt::format("tables that a port of {} offers", provider),
      fmt::format("ask the owner of {} to offer it, or read what is offered", provider)};
}

std::optional<UnportedRead> unported_read(const Context& context, const dbt::SourceNode& source) {
  std::optional<UnportedRead> found;
  for (const mesh::Input& input : context.mesh->inputs) {
    if (input.search != mesh::Search::kFound || !is_source_of_input(source, input)) continue;
    found = read_beside_port(input, source);
    if (!found) return std::nullopt;  // one of the ports it stands for is what it reads
  }
  if (found) return found;
  for (const mesh::Input& input : context.mesh->inputs) {
    if (input.search != mesh::Search::kFound) continue;
    found = read_without_port(context, input, source);
    if (found) return found;
  }
  return std::nullopt;
}

void check_unported_read(const Context& context, Report& report) {
  if (context.mesh == nullptr || context.mesh->inputs.empty()) return;
  for (const dbt::SourceNode* source : context.source_tables) {
    const auto found = unported_read(context, *source);
    if (!found) continue;
    const std::vector<const dbt::Node*> readers = readers_of(context, *source);
    if (readers.empty()) continue;
    diag::Diagnostic finding;
    finding.message =
        fmt::format("source '{}.{}' {}", source->source_name, source->name, found->message);
    finding.span = source->span;
    finding.node = source->unique_id;
    for (const dbt::Node* node : readers) {
      finding.labels.push_back({source_call_span(*node, *source), "read here"});
    }
    finding.expected = found->expected;
    finding.help = found->help;
    report.finding(std::move(finding), "data_architecture.enforcement");
  }
}

}  // namespace

extern const Rule rule_unported_read;
const Rule rule_unported_read = {
    "A015",
    "unported-read",
    Governs::kArchitecture,
    "another product is read through its ports alone",
    R"(What a provider offers is what its ports name. Whatever else it builds is its own affair, and may be gone tomorrow; a read around
a port is also a read around its contract and its grants.

Bad: a source for input port `orders` with `identifier: silver_orders`, though the port offers `gold_orders`; a source in the
same schema as that one for a table that no port offers; a table of the provider's other port without an input port for it. Good:
one input port for each port that is read, and a source for it: `meta: {floe: {input_port: orders}}`, or named like the port.

floe knows the published products behind the input ports of this product, and no others. A schema in which this product builds
something itself is not taken for the provider's.

Set by `data_architecture.enforcement`.
)",
    check_unported_read,
};

}  // namespace floe::policy
