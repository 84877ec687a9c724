// SPDX-License-Identifier: Apache-2.0
#include "base/term.h"
#include "base/text.h"
#include "base/threads.h"
#include "cli/published_products.h"
#include "cli/report.h"
#include "value/json.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

namespace floe::cli {

namespace {

/// One published version, as far as it could be read.
struct ListedProduct {
  std::string tag;
  std::string digest;
  artifact::Product product;
  std::string trouble;  // why it could not be read
};

ListedProduct listed_product(oci::Registry& registry, const std::string& tag) {
  ListedProduct listed;
  listed.tag = tag;
  const auto found = registry.fetch_tagged(tag);
  if (!found || !*found) {
    listed.trouble = found ? "it was removed just now" : found.error().message;
    return listed;
  }
  listed.digest = (*found)->descriptor.digest;
  auto published = fetch_product(registry, (*found)->bytes, tag);
  if (published) listed.product = std::move(published->product);
  else listed.trouble = published.error().message;
  return listed;
}

/// The numbers in a tag: v1.10 → {1, 10}. A pre-release counts as below its release.
std::vector<std::uint64_t> tag_numbers(std::string_view tag) {
  std::vector<std::uint64_t> numbers;
  if (tag.starts_with('v')) tag.remove_prefix(1);
  const std::size_t end = std::min(tag.find_first_of("-_"), tag.size());
  for (const std::string_view part : split(tag.substr(0, end), '.')) {
    std::uint64_t number = 0;
    const auto read = std::from_chars(part.data(), part.data() + part.size(), number);
    if (read.ec != std::errc{} || read.ptr != part.data() + part.size()) return {};
    numbers.push_back(number);
  }
  numbers.resize(3);
  numbers.push_back(end == tag.size() || tag[end] == '_' ? 1 : 0);
  return numbers;
}

/// Newest version first; tags that are no versions come last.
bool newer_product(const ListedProduct& a, const ListedProduct& b) {
  const auto left = tag_numbers(a.tag);
  const auto right = tag_numbers(b.tag);
  return left != right ? left > right : a.tag > b.tag;
}

/// "in: orders; out: customers, totals".
std::string ports_text(const artifact::Product& product) {
  std::vector<std::string> in;
  std::vector<std::string> out;
  for (const auto& port : product.input_ports) in.push_back(port.name);
  for (const auto& port : product.output_ports) out.push_back(port.name);
  std::vector<std::string> parts;
  if (!in.empty()) parts.push_back("in: " + join(in, ", "));
  if (!out.empty()) parts.push_back("out: " + join(out, ", "));
  return parts.empty() ? "-" : join(parts, "; ");
}

template <class Port>
value::Value port_names(const std::vector<Port>& ports) {
  value::Value names = value::Value::list();
  for (const Port& port : ports) names.push(port.name);
  return names;
}

std::string products_json(const std::string& registry, const std::vector<ListedProduct>& products) {
  value::Value list = value::Value::list();
  for (const ListedProduct& each : products) {
    const artifact::Product& product = each.product;
    value::Value entry = value::Value::map();
    entry.set("tag", each.tag);
    entry.set("digest", each.digest);
    if (!each.trouble.empty()) {
      entry.set("trouble", each.trouble);
      list.push(std::move(entry));
      continue;
    }
    entry.set("name", product.name);
    entry.set("version", product.version);
    value::Value platform = value::Value::map();
    platform.set("name", product.platform.name);
    platform.set("version", product.platform.version);
    platform.set("digest", product.platform.digest);
    entry.set("platform", std::move(platform));
    entry.set("input_ports", port_names(product.input_ports));
    entry.set("output_ports", port_names(product.output_ports));
    list.push(std::move(entry));
  }
  value::Value document = value::Value::map();
  document.set("format_version", 1);
  document.set("registry", registry);
  document.set("versions", std::move(list));
  return value::write_json(document, 2);
}

std::string products_table(const std::vector<ListedProduct>& products, const Output& output) {
  std::vector<std::vector<std::string>> rows;
  for (const ListedProduct& each : products) {
    const artifact::ProductPlatform& platform = each.product.platform;
    // Enough of the digest to compare by eye; JSON has the whole.
    const bool is_read = each.trouble.empty();
    rows.push_back(
        {each.tag, printable(is_read ? each.product.name : each.trouble),
         is_read ? ports_text(each.product) : "-",
         is_read ? printable(fmt::format("{} {}", platform.name, platform.version)) : "-",
         each.digest.substr(0, 19)});
  }
  return list_table({"VERSION", "PRODUCT", "PORTS", "PLATFORM", "DIGEST"}, rows, output);
}

Result<int> list_products(const Args& args, const Output& output) {
  const RegistryChoice choice = FLOE_TRY(product_registry_of_command(args));
  const auto registry = FLOE_TRY(open_published(choice, args));
  const std::vector<std::string> tags = FLOE_TRY(registry->artifact_tags());
  std::vector<ListedProduct> products(tags.size());
  parallel_for(tags.size(), registry->parallel(tags.size()),
               [&](std::size_t i) { products[i] = listed_product(*registry, tags[i]); });
  std::stable_sort(products.begin(), products.end(), newer_product);
  const std::string name = oci::repository_name(FLOE_TRY(seen_from(choice, fs::current_path())));
  if (args.value_or("format", "text") == "json") {
    print_line(products_json(name, products));
    return 0;
  }
  note(output, fmt::format("{} in {}", counted(products.size(), "version"), name));
  if (!products.empty()) print(products_table(products, output));
  return 0;
}

int run_products_list(const Args& args) {
  const Output output = output_of(args);
  const Result<int> code = list_products(args, output);
  return code ? *code : report_error(output, code.error());
}

}  // namespace

const Command command_products_list = {
    .path = "products list",
    .summary = "List the published versions of a data product",
    .details =
        "Newest first, with the platform each was compiled against and its ports. The repository "
        "is found as `floe products publish` finds it.",
    .options = {product_registry_option(), format_option()},
    .positionals = {},
    .run = run_products_list,
};

}  // namespace floe::cli
