// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "core/contract/contract.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

namespace floe::contract {

using value::Member;
using value::Value;

const std::string& Column::type_text() const {
  return physical_type.empty() ? logical_type : physical_type;
}

Type Column::type() const {
  Type physical = parse_type(physical_type);
  if (physical.family != Family::kUnknown) return physical;
  if (logical_type.empty()) return physical;
  return contract::logical_type(logical_type);
}

const Column* Table::find(std::string_view column) const {
  for (const Column& each : columns) {
    if (to_lower(each.name) == to_lower(column)) return &each;
  }
  return nullptr;
}

const Table* Contract::table_of(std::string_view model) const {
  for (const Table& table : tables) {
    // physicalName may hold the schema, too: "main.gold_orders".
    const std::string& physical = table.physical_name;
    const bool is_qualified = physical.ends_with(std::string(".") + std::string(model));
    if (table.name == model || physical == model || is_qualified) return &table;
  }
  return tables.size() == 1 ? &tables.front() : nullptr;
}

namespace {

constexpr std::array<std::string_view, 7> kModes = {
    "none",           "backward", "forward", "full", "backward_transitive", "forward_transitive",
    "full_transitive"};
/// The newest minor version whose fields floe knows.
constexpr int kKnownMinor = 2;

const Value* text_member(const Value& data, std::string_view key) {
  const Value* found = data.find(key);
  if (found == nullptr) return nullptr;
  return found->is_string() || found->kind() == value::Kind::kTimestamp ? found : nullptr;
}

std::string contract_text(const Value& data, std::string_view key) {
  const Value* found = text_member(data, key);
  return found == nullptr ? "" : found->as_string();
}

bool contract_flag(const Value& data, std::string_view key) {
  const Value* found = data.find(key);
  return found != nullptr && found->is_bool() && found->as_bool();
}

/// The value of a custom property, or nullptr.
const Value* find_custom(const Value& element, std::string_view name) {
  const Value* properties = element.find("customProperties");
  if (properties == nullptr || !properties->is_list()) return nullptr;
  for (const Value& each : properties->as_list()) {
    if (contract_text(each, "property") == name) return each.find("value");
  }
  return nullptr;
}

/// ODCS's "v3.1.0": the minor version; nothing for anything else than version 3.
std::optional<int> minor_version(std::string_view text) {
  if (!text.starts_with("v3.")) return std::nullopt;
  text.remove_prefix(3);
  int minor = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), minor);
  const std::string_view rest(read.ptr,
                              static_cast<std::size_t>(text.data() + text.size() - read.ptr));
  if (read.ec != std::errc{} || (!rest.empty() && rest[0] != '.')) return std::nullopt;
  return minor;
}

void no_contract(diag::Sink& sink, diag::Span span, std::string message, std::string help) {
  sink.add({.code = "C060",
            .message = std::move(message),
            .span = span,
            .expected = "apiVersion: v3.1.0 and kind: DataContract (ODCS), or floe's short form",
            .help = std::move(help)});
}

/// What the document is, as far as its first keys say it.
enum class ContractForm { kOdcs, kShort, kNone };

ContractForm form_of_versioned(const Value& version, diag::Sink& sink) {
  if (!version.is_string()) {
    no_contract(sink, version.span, "apiVersion must be a text", "write it as \"v3.1.0\"");
    return ContractForm::kNone;
  }
  const std::string& text = version.as_string();
  if (text == "floe.dev/v1") return ContractForm::kShort;
  if (minor_version(text)) return ContractForm::kOdcs;
  const bool is_old = text.starts_with("v2.") || text.starts_with("2.");
  no_contract(sink, version.span,
              fmt::format("apiVersion '{}' is no version of ODCS that floe reads", text),
              is_old ? "version 2 of the standard has other fields: convert the file to version 3"
                     : "floe reads version 3 of the Open Data Contract Standard");
  return ContractForm::kNone;
}

ContractForm form_of(const Value& document, diag::Sink& sink) {
  if (!document.is_map()) {
    no_contract(sink, document.span,
                document.is_null()
                    ? "the contract is empty"
                    : fmt::format("a contract is a mapping, not {}", document.kind_name()),
                "");
    return ContractForm::kNone;
  }
  if (const Value* other = document.find("dataContractSpecification")) {
    no_contract(sink, other->span, "the file follows the Data Contract Specification, not ODCS",
                "convert it to the Open Data Contract Standard v3, which has superseded it");
    return ContractForm::kNone;
  }
  const Value* kind = document.find("kind");
  if (kind != nullptr && (!kind->is_string() || kind->as_string() != "DataContract")) {
    no_contract(sink, kind->span,
                kind->is_string() ? fmt::format("the file is of kind '{}'", kind->as_string())
                                  : "kind must be a text",
                "a contract is of kind DataContract");
    return ContractForm::kNone;
  }
  if (const Value* version = document.find("apiVersion")) {
    return form_of_versioned(*version, sink);
  }
  if (kind == nullptr && document.find("schema") == nullptr) return ContractForm::kShort;
  no_contract(sink, kind != nullptr ? kind->span : document.span, "the contract has no apiVersion",
              "add apiVersion: v3.1.0");
  return ContractForm::kNone;
}

/// Reports what a schema says, but for fields that a newer minor version may have added.
bool check_part(const Value& part, const value::Schema& schema, bool is_newer, diag::Sink& sink) {
  diag::Sink found;
  value::check_schema(part, schema, found);
  bool good = true;
  for (diag::Diagnostic& each : found.take()) {
    if (is_newer && (each.code == "C010" || each.code == "C013")) continue;
    good = good && each.severity != diag::Severity::kError;
    sink.add(std::move(each));
  }
  if (!part.is_map()) return good;
  for (const Member& member : part.as_map()) {
    if (!member.key.starts_with("x-")) continue;
    sink.add({.code = "C010",
              .message = fmt::format("ODCS has no key '{}'", member.key),
              .span = member.key_span,
              .help = "properties of your own go to customProperties"});
    good = false;
  }
  return good;
}

/// Checks the columns of a table, and the fields of columns that are objects.
void check_columns(const Value& table, bool is_newer, diag::Sink& sink) {
  std::vector<const Value*> open = {&table};
  while (!open.empty()) {
    const Value* element = open.back();
    open.pop_back();
    const Value* properties = element->find("properties");
    if (properties == nullptr || !properties->is_list()) continue;
    for (const Value& column : properties->as_list()) {
      if (check_part(column, odcs_column_schema(), is_newer, sink)) open.push_back(&column);
    }
  }
}

/// Whether a check of ODCS's library demands that there is none of what it counts.
bool demands_none(const Value& check) {
  const Value* must_be = check.find("mustBe");
  return must_be != nullptr && must_be->is_number() && must_be->as_double() == 0;
}

/// Takes what floe can hold the model to, and says of every other check that it is not run.
void read_quality(const Value& data, Column* column, diag::Sink& sink) {
  const Value* checks = data.find("quality");
  if (checks == nullptr || !checks->is_list()) return;
  for (const Value& check : checks->as_list()) {
    if (!check.is_map()) continue;
    std::string metric = contract_text(check, "metric");
    if (metric.empty()) metric = contract_text(check, "rule");  // before ODCS 3.1
    const bool is_none = column != nullptr && demands_none(check);
    if (is_none && metric == "nullValues") {
      column->no_nulls = true;
    } else if (is_none && metric == "duplicateValues") {
      column->no_duplicates = true;
    } else if (contract_text(check, "type") != "text") {  // which is for people
      sink.warning("C064",
                   fmt::format("floe does not run the check {} of '{}'",
                               metric.empty() ? "in quality" : "'" + metric + "'",
                               contract_text(data, "name")),
                   check.span ? check.span : data.span,
                   "write a dbt data test for it; of quality checks of columns, nullValues and "
                   "duplicateValues with mustBe: 0 demand one");
    }
  }
}

Column read_column(const Value& data, diag::Sink& sink) {
  Column column;
  column.name = contract_text(data, "name");
  column.id = contract_text(data, "id");
  column.logical_type = contract_text(data, "logicalType");
  column.physical_type = contract_text(data, "physicalType");
  column.description = contract_text(data, "description");
  column.classification = contract_text(data, "classification");
  column.required = contract_flag(data, "required");
  column.unique = contract_flag(data, "unique");
  column.primary_key = contract_flag(data, "primaryKey");
  read_quality(data, &column, sink);
  const Value* renamed = find_custom(data, kRenamedFromProperty);
  if (renamed != nullptr && renamed->is_string()) column.renamed_from = renamed->as_string();
  const Value* untyped = find_custom(data, kUntypedProperty);
  if (untyped != nullptr && untyped->is_bool() && untyped->as_bool()) column.logical_type.clear();
  const Value* name = data.find("name");
  column.span = name != nullptr && name->span ? name->span : data.span;
  for (const char* key : {"physicalType", "logicalType"}) {
    const Value* type = data.find(key);
    if (type != nullptr && type->span && !column.type_span) column.type_span = type->span;
  }
  if (!column.type_span) column.type_span = column.span;
  return column;
}

Table read_table(const Value& data, diag::Sink& sink) {
  Table table;
  table.name = contract_text(data, "name");
  table.physical_name = contract_text(data, "physicalName");
  table.description = contract_text(data, "description");
  table.span = data.span;
  read_quality(data, nullptr, sink);
  const Value* properties = data.find("properties");
  if (properties == nullptr || !properties->is_list()) return table;
  table.has_columns = true;
  std::set<std::string> names;
  for (const Value& each : properties->as_list()) {
    Column column = read_column(each, sink);
    if (column.name.empty()) continue;
    if (!names.insert(to_lower(column.name)).second) {
      sink.error("C061", fmt::format("column '{}' stands twice in the contract", column.name),
                 column.span, "remove one of the two");
      continue;
    }
    table.columns.push_back(std::move(column));
  }
  return table;
}

void read_tables(Contract& contract, diag::Sink& sink) {
  const Value* schema = contract.document.find("schema");
  if (schema == nullptr || !schema->is_list()) return;
  std::set<std::string> names;
  for (const Value& each : schema->as_list()) {
    Table table = read_table(each, sink);
    if (table.name.empty()) continue;
    if (!names.insert(table.name).second) {
      sink.error("C061", fmt::format("table '{}' stands twice in the contract", table.name),
                 table.span, "remove one of the two");
      continue;
    }
    contract.tables.push_back(std::move(table));
  }
}

/// floe.* among the custom properties are floe's own: one it does not know is a mistake.
void check_own_properties(const Value& element, const std::vector<std::string>& known,
                          diag::Sink& sink) {
  const Value* properties = element.find("customProperties");
  if (properties == nullptr || !properties->is_list()) return;
  for (const Value& each : properties->as_list()) {
    const Value* name = text_member(each, "property");
    if (name == nullptr || !name->as_string().starts_with("floe.")) continue;
    if (std::find(known.begin(), known.end(), name->as_string()) != known.end()) continue;
    const std::string near = nearest(name->as_string(), known);
    sink.add({.code = "C013",
              .message = fmt::format("floe has no property '{}' here", name->as_string()),
              .span = name->span,
              .expected = list_or(known),
              .help = near.empty() ? "" : fmt::format("did you mean '{}'?", near)});
  }
}

void read_compatibility(Contract& contract, diag::Sink& sink) {
  const Value* mode = find_custom(contract.document, kCompatibilityProperty);
  if (mode == nullptr) return;
  if (mode->is_string() &&
      std::find(kModes.begin(), kModes.end(), mode->as_string()) != kModes.end()) {
    contract.compatibility = mode->as_string();
    return;
  }
  sink.add({.code = "C013",
            .message = "floe.compatibility is none of the modes there are",
            .span = mode->span,
            .expected = list_or({kModes.begin(), kModes.end()})});
}

std::string description_of(const Value& document) {
  const Value* description = document.find("description");
  if (description == nullptr) return "";
  return contract_text(*description, "purpose");
}

Contract contract_of(Value document, diag::Sink& sink) {
  Contract contract;
  contract.document = std::move(document);
  const Value& data = contract.document;
  contract.id = contract_text(data, "id");
  contract.name = contract_text(data, "name");
  contract.version = contract_text(data, "version");
  contract.status = contract_text(data, "status");
  contract.api_version = contract_text(data, "apiVersion");
  contract.domain = contract_text(data, "domain");
  contract.data_product = contract_text(data, "dataProduct");
  contract.description = description_of(data);
  contract.span = data.span;
  read_tables(contract, sink);
  read_compatibility(contract, sink);
  if (const Value* sla = data.find("slaProperties")) contract.sla = read_sla_properties(*sla);
  return contract;
}

/// Checks an ODCS document against the standard, as far as floe knows it.
void check_odcs(const Value& document, diag::Sink& sink) {
  const auto minor = minor_version(contract_text(document, "apiVersion"));
  const bool is_newer = minor.value_or(0) > kKnownMinor;
  check_part(document, odcs_schema(), is_newer, sink);
  check_own_properties(document, {std::string(kCompatibilityProperty)}, sink);
  const Value* schema = document.find("schema");
  if (schema == nullptr || !schema->is_list()) return;
  for (const Value& table : schema->as_list()) {
    check_part(table, odcs_table_schema(), is_newer, sink);
    check_columns(table, is_newer, sink);
    const Value* columns = table.find("properties");
    if (columns == nullptr || !columns->is_list()) continue;
    for (const Value& column : columns->as_list()) {
      check_own_properties(
          column, {std::string(kRenamedFromProperty), std::string(kUntypedProperty)}, sink);
    }
  }
}

}  // namespace

std::optional<Contract> read_contract(const Value& document, const Defaults& defaults,
                                      diag::Sink& sink) {
  const std::size_t before = sink.errors();
  const ContractForm form = form_of(document, sink);
  if (form == ContractForm::kNone) return std::nullopt;
  if (form == ContractForm::kShort) {
    if (!value::check_schema(document, short_form_schema(), sink)) return std::nullopt;
  } else {
    check_odcs(document, sink);
    if (sink.errors() > before) return std::nullopt;
  }
  Contract contract =
      contract_of(form == ContractForm::kShort ? to_odcs(document, defaults) : document, sink);
  if (sink.errors() > before) return std::nullopt;
  return contract;
}

}  // namespace floe::contract
