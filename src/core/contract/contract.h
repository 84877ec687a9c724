// SPDX-License-Identifier: Apache-2.0
// A data contract: what the tables of an output port look like and what is promised of them. The
// Open Data Contract Standard v3 (bitol.io, ODCS) is the form that is read, kept and written;
// floe's own short form is converted to it.
#pragma once

#include "core/contract/service_level.h"
#include "core/contract/type.h"
#include "diag/diagnostic.h"
#include "value/schema.h"
#include "value/value.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floe::contract {

/// The version of ODCS that floe writes.
inline constexpr std::string_view kWrittenVersion = "v3.1.0";
/// What floe adds to ODCS, among the customProperties.
inline constexpr std::string_view kCompatibilityProperty = "floe.compatibility";
inline constexpr std::string_view kRenamedFromProperty = "floe.renamed_from";

/// Of a column whose kind of values is not known. ODCS 3.2's JSON Schema wants a logicalType of
/// every property; the one beside this says nothing.
inline constexpr std::string_view kUntypedProperty = "floe.untyped";

/// A property of ODCS: one column.
struct Column {
  std::string name;
  std::string id;             // stable over renames (ODCS 3.1), or ""
  std::string logical_type;   // of ODCS, or ""
  std::string physical_type;  // as the engine writes it, or ""
  std::string description;
  std::string classification;
  std::string renamed_from;  // floe.renamed_from
  bool required = false;     // never null
  bool unique = false;
  bool primary_key = false;
  bool no_nulls = false;       // by a check of `quality`
  bool no_duplicates = false;  // the same
  diag::Span span;             // its name
  diag::Span type_span;        // its type, or its name

  /// "decimal(10,2)", "integer", or "".
  const std::string& type_text() const;
  /// The physical type if it is understood, else the logical one.
  Type type() const;
  bool is_never_null() const { return required || no_nulls; }
  bool is_all_different() const { return unique || no_duplicates; }
};

/// An object of ODCS's schema: one table.
struct Table {
  std::string name;
  std::string physical_name;
  std::string description;
  std::vector<Column> columns;
  bool has_columns = false;  // whether the contract lists columns at all
  diag::Span span;

  const Column* find(std::string_view column) const;
};

struct Contract {
  std::string id;
  std::string name;
  std::string version;
  std::string status;
  std::string api_version;  // "v3.1.0"
  std::string domain;
  std::string data_product;
  std::string description;
  std::string compatibility;  // floe.compatibility: "backward", …; or ""
  std::vector<Table> tables;
  ServiceLevel sla;
  value::Value document = value::Value::map();  // as ODCS, spans kept
  diag::Span span;

  /// The table of a model: of that name, or the only one there is; nullptr if none is.
  const Table* table_of(std::string_view model) const;
};

/// Where the short form leaves something out.
struct Defaults {
  std::string product;
  std::string port;
  std::string version;
  std::string model;
  std::string description;
};

/// Reads a contract: ODCS v3 or the short form. Mistakes go to `sink` (C010… for wrong fields, C060
/// for what is no contract at all or of another version, C061 for contradictions); nothing if it
/// cannot be used.
std::optional<Contract> read_contract(const value::Value& document, const Defaults& defaults,
                                      diag::Sink& sink);

/// The short form of a contract, as `floe schema data-contract` prints it.
const value::Schema& short_form_schema();

/// Parts of ODCS 3.2's schema: the whole file, an object of `schema`, a property of an object.
const value::Schema& odcs_schema();
const value::Schema& odcs_table_schema();
const value::Schema& odcs_column_schema();

/// The short form as an ODCS document, spans kept. It must have passed its schema.
value::Value to_odcs(const value::Value& short_form, const Defaults& defaults);

/// A port's `sla` as ODCS's slaProperties.
value::Value sla_properties_of(const value::Value& sla);

/// ODCS as YAML text: the members in their order, texts quoted where they would be read as
/// something else.
std::string yaml_text(const value::Value& document);

}  // namespace floe::contract
