// SPDX-License-Identifier: Apache-2.0
#include "base/term.h"
#include "base/text.h"
#include "cli/contracts.h"
#include "cli/platform.h"
#include "cli/published_products.h"
#include "core/artifact/version.h"
#include "core/mesh/mesh.h"
#include "value/json.h"

#include <fmt/core.h>

namespace floe::cli {

namespace {

/// Where the version of an argument is: its repository and a tag, a digest or both.
struct WantedProduct {
  RegistryChoice choice;
  oci::Reference reference;
};

Result<WantedProduct> wanted_product(const Args& args) {
  const std::string text = *args.positional(0);
  if (contains(text, ":")) {
    const oci::Reference reference = FLOE_TRY(oci::parse_reference(text));
    if (reference.tag.empty() && reference.digest.empty()) {
      return fail(ErrorKind::kUsage, fmt::format("{} names no version", text),
                  fmt::format("append one: {}:v1.0", text));
    }
    oci::Reference repository = reference;
    repository.tag.clear();
    repository.digest.clear();
    return WantedProduct{{std::move(repository), fs::current_path(), text}, reference};
  }
  WantedProduct wanted{FLOE_TRY(product_registry_of_command(args)), {}};
  wanted.reference = wanted.choice.repository;
  const bool bare = !text.empty() && text[0] >= '0' && text[0] <= '9';
  wanted.reference.tag = bare ? artifact::tag_of(text) : text;
  if (oci::is_tag(wanted.reference.tag)) return wanted;
  return fail(ErrorKind::kUsage, fmt::format("'{}' is no version", text),
              "give a version such as v1.0, or a whole reference");
}

/// Prints "name:  text" lines, two spaces deeper for each level; texts of several lines stay below
/// their name.
class Describer {
 public:
  void text(int depth, std::string_view name, const std::string& text) {
    if (text.empty()) return;
    const std::string indent(static_cast<std::size_t>(depth) * 2, ' ');
    const std::vector<std::string_view> lines = split(trim(text), '\n');
    if (lines.size() == 1) {
      print_line(printable(fmt::format("{}{}: {}", indent, name, lines[0])));
      return;
    }
    print_line(printable(fmt::format("{}{}:", indent, name)));
    for (const std::string_view line : lines)
      print_line(printable(indent + "  ") + printable(line));
  }

  /// Any data, as YAML would have it.
  void data(int depth, std::string_view name, const value::Value& data) {
    const std::string indent(static_cast<std::size_t>(depth) * 2, ' ');
    if (data.empty() && !data.is_bool() && !data.is_number()) return;
    if (data.is_map()) {
      print_line(printable(fmt::format("{}{}:", indent, name)));
      for (const value::Member& member : data.as_map())
        this->data(depth + 1, member.key, member.value);
    } else if (data.is_list()) {
      list(depth, name, data.as_list());
    } else {
      text(depth, name, data.is_string() ? data.as_string() : value::write_json(data));
    }
  }

 private:
  void list(int depth, std::string_view name, const value::Value::List& items) {
    const std::string indent(static_cast<std::size_t>(depth) * 2, ' ');
    print_line(printable(fmt::format("{}{}:", indent, name)));
    for (const value::Value& item : items) {
      if (!item.is_map()) {
        print_line(printable(fmt::format(
            "{}  - {}", indent, item.is_string() ? item.as_string() : value::write_json(item))));
        continue;
      }
      print_line(printable(indent) + "  -");
      for (const value::Member& member : item.as_map()) data(depth + 2, member.key, member.value);
    }
  }
};

/// The contract's columns and promises; one that is no contract as it stands.
void describe_port_contract(Describer& out, const artifact::Product& product,
                            const artifact::OutputPort& port) {
  const auto contract = mesh::published_contract(product, port);
  if (!contract) return out.data(2, "contract", port.contract);
  out.text(2, "contract",
           fmt::format("{} {} (ODCS {})", contract->id, contract->version, contract->api_version));
  out.text(3, "promised", service_level_text(contract->sla));
  const contract::Table* table = contract->table_of(port.offered());
  if (table == nullptr) return;
  for (const contract::Column& column : table->columns) {
    out.text(3, column.name,
             fmt::format("{}{}", column.type_text().empty() ? "any type" : column.type_text(),
                         column.required ? ", required" : ""));
  }
}

void describe_ports(Describer& out, const artifact::Product& product) {
  if (!product.input_ports.empty()) print_line("\nInput ports");
  for (const artifact::InputPort& port : product.input_ports) {
    print_line("  " + printable(port.name));
    out.text(2, "description", port.description);
    out.text(2, "source", port.source.type + " " + port.source.ref);
    out.text(2, "freshness requirement", port.freshness_requirement);
    out.data(2, "schema", port.schema);
    if (!port.provider) continue;
    out.text(2, "checked against",
             fmt::format("{} {}, {}", port.provider->name, port.provider->version,
                         port.provider->digest));
  }
  if (!product.output_ports.empty()) print_line("\nOutput ports");
  for (const artifact::OutputPort& port : product.output_ports) {
    print_line("  " + printable(port.name));
    out.text(2, "description", port.description);
    out.text(2, "model", port.model);
    out.text(2, "table", port.table);
    out.text(2, "version", port.version);
    out.text(2, "owner", port.owner);
    describe_port_contract(out, product, port);
    out.data(2, "sla", port.sla);
    out.data(2, "access", port.access);
    out.data(2, "deprecation", port.deprecation);
  }
}

void describe_schedule(Describer& out, const config::Schedule& schedule) {
  print_line("\nSchedule");
  out.text(1, "cron", schedule.cron);
  out.text(1, "on", join(schedule.on, ", "));
  out.text(1, "timezone", schedule.timezone);
  if (schedule.catchup) out.text(1, "catchup", "true");
  if (!schedule.enabled) out.text(1, "enabled", "false");
}

void describe_product(const artifact::PublishedProduct& published, const std::string& reference) {
  const artifact::Product& product = published.product;
  Describer out;
  print_line(printable(fmt::format("{} {}", product.name, product.version)));
  out.text(1, "reference", reference);
  out.text(1, "digest", published.digest);
  out.text(1, "description", product.description);
  out.text(1, "revision", published.origin.revision);
  out.text(1, "created", published.origin.created);
  if (!product.labels.empty()) print_line("  labels:");
  for (const auto& [key, text] : product.labels) out.text(2, key, text);
  if (product.ownership) {
    print_line("\nOwner");
    out.text(1, "team", product.ownership->team);
    out.text(1, "email", product.ownership->email);
    out.text(1, "slack", product.ownership->slack);
  }
  print_line("\nPlatform");
  out.text(1, "name", product.platform.name);
  out.text(1, "version", product.platform.version);
  out.text(1, "reference", product.platform.reference);
  out.text(1, "digest", product.platform.digest);
  describe_ports(out, product);
  if (product.schedule) describe_schedule(out, *product.schedule);
}

Result<int> describe_wanted(const Args& args) {
  const WantedProduct wanted = FLOE_TRY(wanted_product(args));
  const auto registry = FLOE_TRY(open_published(wanted.choice, args));
  const oci::TaggedManifest found =
      FLOE_TRY(find_version(*registry, wanted.reference, "floe products list"));
  const artifact::PublishedProduct published =
      FLOE_TRY(fetch_product(*registry, found.bytes, wanted.reference.tag));
  if (args.value_or("format", "text") == "json") {
    const std::string json = FLOE_TRY(artifact::product_json(published.product));
    print_line(value::write_json(FLOE_TRY(value::read_json(json)), 2));
    return 0;
  }
  oci::Reference shown = FLOE_TRY(seen_from(wanted.choice, fs::current_path()));
  shown.tag = wanted.reference.tag;
  shown.digest = wanted.reference.digest;
  describe_product(published, oci::to_string(shown));
  return 0;
}

int run_products_describe(const Args& args) {
  const Result<int> code = describe_wanted(args);
  return code ? *code : report_error(args, code.error());
}

}  // namespace

const Command command_products_describe = {
    .path = "products describe",
    .summary = "Show what a published data product offers, needs and is built on",
    .details =
        "The argument is a whole reference (oci://registry.acme.com/products/orders:v1.0), or a "
        "version in the repository that `floe products publish` would take. --format json prints "
        "product.json of the artifact.",
    .options = {product_registry_option(), format_option()},
    .positionals = {{.name = "REFERENCE", .help = "A version or a reference", .required = true}},
    .run = run_products_describe,
};

}  // namespace floe::cli
