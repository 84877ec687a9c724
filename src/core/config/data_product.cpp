// SPDX-License-Identifier: Apache-2.0
#include "core/config/data_product.h"

#include "base/text.h"
#include "core/config/fields.h"
#include "core/config/secrets.h"
#include "core/mesh/port_reference.h"
#include "core/oci/reference.h"
#include "value/yaml.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::config {

namespace {

using value::Member;
using value::Value;

std::string product_text(const Value& document, std::string_view path) {
  const Value* found = document.find_path(path);
  return found != nullptr && found->is_string() ? found->as_string() : "";
}

std::vector<std::string> product_texts(const Value& document, std::string_view path) {
  std::vector<std::string> texts;
  const Value* found = document.find_path(path);
  if (found == nullptr || !found->is_list()) return texts;
  for (const Value& item : found->as_list()) {
    if (item.is_string()) texts.push_back(item.as_string());
  }
  return texts;
}

void product_flag(const Value& section, std::string_view name, bool& target) {
  const Value* found = section.find(name);
  if (found != nullptr && found->is_bool()) target = found->as_bool();
}

/// A part of the document if it has the kind that `target` has.
void product_part(const Value& document, std::string_view path, Value& target) {
  const Value* found = document.find_path(path);
  if (found != nullptr && found->kind() == target.kind()) target = *found;
}

const Value::List& product_items(const Value& document, std::string_view path) {
  static const Value::List kNone;
  const Value* found = document.find_path(path);
  return found != nullptr && found->is_list() ? found->as_list() : kNone;
}

bool looks_like_range(std::string_view tag) {
  return tag.find_first_of("^~<>=*|, ") != std::string_view::npos || tag == "latest" ||
         tag.ends_with(".x") || tag == "x";
}

/// The text behind the last ':' of a reference's end, which may be no legal tag at all.
std::string_view written_tag(std::string_view reference) {
  const std::size_t slash = reference.rfind('/');
  const std::string_view end =
      slash == std::string_view::npos ? reference : reference.substr(slash + 1);
  const std::size_t colon = end.rfind(':');
  return colon == std::string_view::npos ? std::string_view() : end.substr(colon + 1);
}

void check_reference(const Value& ref, diag::Sink& sink) {
  const std::string& text = ref.as_string();
  constexpr std::string_view kWhy =
      "what is enforced must be exact, so that a pipeline that passed today passes tomorrow; "
      "`floe upgrade` moves to a newer version";
  diag::Diagnostic found{.code = "C025",
                         .span = ref.span,
                         .expected = "one version, such as :v1.2.3, or a digest (@sha256:…)",
                         .help = std::string(kWhy)};
  if (looks_like_range(written_tag(text)) && !contains(text, "@sha256:")) {
    found.message = fmt::format("'{}' is a range of versions, not one", written_tag(text));
    return sink.add(std::move(found));
  }
  const auto reference = oci::parse_reference(text);
  if (!reference) {
    if (value::form_problem(value::Form::kOciReference, text).empty()) {
      sink.add({.code = "C014",
                .message = reference.error().message,
                .span = ref.span,
                .help = reference.error().hint});
    }
    return;
  }
  // A layout or archive without a tag is what local work begins with.
  if (!text.starts_with("oci://")) return;
  if (const auto exact = oci::check_exact(*reference); !exact) {
    found.message = exact.error().message;
    sink.add(std::move(found));
  }
}

void check_platform_choice(DataProduct& product, diag::Sink& sink) {
  const Value& document = product.document;
  const Value* platform = document.find_path("platform.ref");
  const Value* domain = document.find_path("domain.ref");
  const bool has_platform = document.find("platform") != nullptr;
  const bool has_domain = document.find("domain") != nullptr;
  if (has_platform == has_domain) {
    sink.add({.code = "C026",
              .message = has_platform ? "both 'platform' and 'domain' are given"
                                      : "neither 'platform' nor 'domain' is given",
              .span = has_platform ? document.find("domain")->span : product.metadata_span,
              .expected = "exactly one of platform.ref and domain.ref",
              .help = has_platform ? "a domain platform already inherits from the enterprise "
                                     "platform: remove 'platform'"
                                   : "name the platform artifact: platform: {ref: "
                                     "oci://REGISTRY/REPOSITORY:vX.Y.Z}"});
  }
  for (const Value* ref : {platform, domain}) {
    if (ref == nullptr || !ref->is_string()) continue;
    (ref == platform ? product.platform_ref : product.domain_ref) = ref->as_string();
    product.ref_span = ref->span;
    check_reference(*ref, sink);
  }
}

void fill_transforms(DataProduct& product) {
  for (const Value& entry : product_items(product.document, "transforms")) {
    if (!entry.is_map()) continue;
    Transform& transform = product.transforms.emplace_back();
    transform.type = product_text(entry, "type");
    transform.path = product_text(entry, "path");
    product_part(entry, "vars", transform.vars);
    transform.select = product_texts(entry, "select");
    transform.exclude = product_texts(entry, "exclude");
    const Value* threads = entry.find("threads");
    if (threads != nullptr && threads->is_int()) transform.threads = threads->as_int();
    transform.span = entry.span;
    const Value* path = entry.find("path");
    transform.path_span = path == nullptr ? entry.span : path->span;
  }
}

void fill_schedule(DataProduct& product) {
  const Value* section = product.document.find("schedule");
  if (section == nullptr || !section->is_map()) return;
  Schedule& schedule = product.schedule.emplace();
  schedule.cron = product_text(*section, "cron");
  if (section->find("timezone") != nullptr) schedule.timezone = product_text(*section, "timezone");
  product_flag(*section, "catchup", schedule.catchup);
  product_flag(*section, "enabled", schedule.enabled);
  schedule.on = product_texts(*section, "on");
  schedule.span = section->span;
}

std::vector<Port> read_ports(const Value& document, std::string_view path) {
  std::vector<Port> ports;
  for (const Value& entry : product_items(document, path)) {
    if (!entry.is_map()) continue;
    Port& port = ports.emplace_back();
    port.name = product_text(entry, "name");
    port.model = product_text(entry, entry.find("model") != nullptr ? "model" : "table");
    port.description = product_text(entry, "description");
    port.version = product_text(entry, "version");
    port.data = entry;
    port.span = entry.span;
  }
  return ports;
}

void fill_quality(DataProduct& product) {
  for (const Value& entry : product_items(product.document, "quality.gates")) {
    if (!entry.is_map()) continue;
    Gate& gate = product.gates.emplace_back();
    gate.name = product_text(entry, "name");
    product_part(entry, "scope", gate.scope);
    product_part(entry, "checks", gate.checks);
    gate.on_failure = product_text(entry, "on_failure");
    gate.span = entry.span;
  }
}

void fill_product(DataProduct& product) {
  const Value& document = product.document;
  product.name = product_text(document, "metadata.name");
  product.version = product_text(document, "metadata.version");
  product.description = product_text(document, "metadata.description");
  product_part(document, "metadata.labels", product.labels);
  if (const Value* metadata = document.find("metadata")) product.metadata_span = metadata->span;
  if (const Value* owner = document.find("ownership"); owner != nullptr && owner->is_map()) {
    product.ownership = {product_text(*owner, "team"), product_text(*owner, "email"),
                         product_text(*owner, "slack")};
  }
  fill_transforms(product);
  fill_schedule(product);
  fill_quality(product);
  product.input_ports = read_ports(document, "input_ports");
  product.output_ports = read_ports(document, "output_ports");
  product_part(document, "ingestion", product.ingestion);
  product_part(document, "semantic", product.semantic);
  product_part(document, "environments", product.environments);
  for (const Member& member : document.as_map()) {
    if (member.key == "plugins" || member.key == "governance" ||
        member.key == "data_architecture") {
      product.tightenings.edit_map().push_back(member);
    }
  }
}

/// Ports that name an ingestion name one of this file.
void check_ingestion_ports(const DataProduct& product, diag::Sink& sink) {
  std::vector<std::string> names;
  for (const Value& entry : product.ingestion.as_list()) {
    names.push_back(product_text(entry, "name"));
  }
  for (const Port& port : product.input_ports) {
    if (product_text(port.data, "source.type") != "ingestion") continue;
    const Value* ref = port.data.find_path("source.ref");
    if (ref == nullptr || !ref->is_string()) continue;
    if (std::find(names.begin(), names.end(), ref->as_string()) != names.end()) continue;
    const std::string near = nearest(ref->as_string(), names);
    sink.add({.code = "C027",
              .message = fmt::format("there is no ingestion '{}'", ref->as_string()),
              .span = ref->span,
              .expected = list_or(names),
              .help = near.empty() ? "" : fmt::format("did you mean '{}'?", near)});
  }
}

/// Ports that name a published product say which port of it.
void check_product_ports(const DataProduct& product, diag::Sink& sink) {
  for (const Port& port : product.input_ports) {
    if (product_text(port.data, "source.type") != "data_product") continue;
    const Value* ref = port.data.find_path("source.ref");
    if (ref == nullptr || !ref->is_string() || ref->as_string().empty()) continue;
    const auto reference = mesh::parse_port_reference(ref->as_string());
    if (reference) continue;
    sink.error("C063", reference.error().message, ref->span, reference.error().hint);
  }
}

void check_waivers(const DataProduct& product, diag::Sink& sink) {
  const Value* waivers = product.document.find_path("governance.waivers");
  if (waivers == nullptr) return;
  sink.add({.code = "C029",
            .message = "a data product can't waive a rule",
            .span = waivers->span,
            .help = "ask the platform team: only its manifest can hold waivers"});
}

}  // namespace

DataProduct read_data_product(const diag::Source& source, diag::Sink& sink) {
  DataProduct product;
  const std::size_t before = sink.errors();
  product.document = value::read_yaml(source, {}, sink);
  if (sink.errors() > before || !check_kind(product.document, "DataProduct", sink)) {
    product.document = Value();
    return product;
  }
  value::check_schema(product.document, data_product_schema(), sink);
  report_credentials(product.document, sink);
  fill_product(product);
  check_platform_choice(product, sink);
  check_ingestion_ports(product, sink);
  check_product_ports(product, sink);
  check_waivers(product, sink);
  report_idle_rules(product.document, data_product_schema(),
                    {"plugins", "data_architecture", "governance"}, sink);
  return product;
}

}  // namespace floe::config
