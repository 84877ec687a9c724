// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "dbt/context/base_context.h"
#include "dbt/context/builtins.h"

namespace floe::dbt {

namespace {

using jinja::Args;
using jinja::CallContext;

std::string first_text(const Args& args, std::string_view name = "msg") {
  if (!args.positional.empty()) return args.positional[0].to_str();
  const jinja::Value* value = args.find(name);
  return value == nullptr ? std::string() : value->to_str();
}

/// A function that raises dbt's error class with its first argument.
jinja::Value raiser(std::string name, std::string error_class) {
  return jinja::native(name, [error_class](CallContext&, const Args& args) -> jinja::Value {
    throw RaisedError(error_class, first_text(args));
  });
}

std::string argument_text(const Args& args, std::size_t index) {
  return index < args.positional.size() ? args.positional[index].to_str() : std::string();
}

struct ContractRow {
  std::string name, definition, contract, reason;
};

std::vector<ContractRow> contract_rows(const jinja::Value& yaml_columns,
                                       const jinja::Value& sql_columns) {
  std::vector<ContractRow> rows;
  const std::vector<jinja::Value> yaml = jinja::collect(yaml_columns);
  const std::vector<jinja::Value> sql = jinja::collect(sql_columns);
  std::vector<bool> matched(sql.size(), false);
  for (const jinja::Value& column : yaml) {
    const std::string name = column.get("name").to_str();
    const std::string type = column.get("data_type").to_str();
    bool found = false;
    for (std::size_t i = 0; i < sql.size(); ++i) {
      if (sql[i].get("name").to_str() != name) continue;
      found = true;
      matched[i] = true;
      const std::string actual = sql[i].get("data_type").to_str();
      if (actual != type) rows.push_back({name, actual, type, "data type mismatch"});
    }
    if (!found) rows.push_back({name, "", type, "missing in definition"});
  }
  for (std::size_t i = 0; i < sql.size(); ++i) {
    if (matched[i]) continue;
    const std::string name = sql[i].get("name").to_str();
    rows.push_back({name, sql[i].get("data_type").to_str(), "", "missing in contract"});
  }
  std::sort(rows.begin(), rows.end(),
            [](const ContractRow& a, const ContractRow& b) { return a.name < b.name; });
  return rows;
}

std::string contract_message(const jinja::Value& yaml_columns, const jinja::Value& sql_columns) {
  const std::string intro =
      "This model has an enforced contract that failed.\nPlease ensure the name, data_type, and "
      "number of columns in your contract match the columns in your model's definition.\n\n";
  std::vector<ContractRow> rows = contract_rows(yaml_columns, sql_columns);
  rows.insert(rows.begin(), {"column_name", "definition_type", "contract_type", "mismatch_reason"});
  std::size_t width[4] = {0, 0, 0, 0};
  for (const ContractRow& row : rows) {
    width[0] = std::max(width[0], row.name.size());
    width[1] = std::max(width[1], row.definition.size());
    width[2] = std::max(width[2], row.contract.size());
    width[3] = std::max(width[3], row.reason.size());
  }
  std::string out = intro;
  const auto pad = [](const std::string& text, std::size_t size) {
    return text + std::string(size - text.size(), ' ');
  };
  bool first = true;
  for (const ContractRow& row : rows) {
    out += "| " + pad(row.name, width[0]) + " | " + pad(row.definition, width[1]) + " | " +
           pad(row.contract, width[2]) + " | " + pad(row.reason, width[3]) + " |\n";
    if (first) {
      for (const std::size_t size : width) out += "| " + std::string(size, '-') + " ";
      out += "|\n";
    }
    first = false;
  }
  return out;
}

}  // namespace

jinja::Value make_exceptions(std::shared_ptr<const Session> session) {
  jinja::Value all = jinja::Value::dict();
  const auto put = [&all](std::string_view name, jinja::Value value) {
    all.set(name, std::move(value));
  };
  const auto put_raiser = [&put](const char* name, const char* error_class) {
    put(name, raiser(name, error_class));
  };
  put("warn", jinja::native("warn", [session](CallContext&, const Args& args) {
        const std::string text = first_text(args);
        if (session->on_warn) {
          session->on_warn({"JinjaLogWarning", text, warning_data({{"msg", text}})});
        }
        return jinja::Value("");
      }));
  put_raiser("raise_compiler_error", "Compilation Error");
  put_raiser("raise_database_error", "Database Error");
  put_raiser("raise_dependency_error", "Dependency Error");
  put_raiser("raise_not_implemented", "ERROR");
  put_raiser("raise_cache_inconsistent", "Internal Error");
  put_raiser("raise_dataclass_not_dict", "Compilation Error");
  put_raiser("raise_fail_fast_error", "FailFast Error");
  put_raiser("missing_relation", "Compilation Error");
  put_raiser("raise_ambiguous_alias", "Compilation Error");
  put_raiser("raise_ambiguous_catalog_match", "Compilation Error");
  put_raiser("raise_dep_not_found", "Compilation Error");
  put_raiser("raise_duplicate_patch_name", "Compilation Error");
  put_raiser("raise_duplicate_resource_name", "Compilation Error");
  put_raiser("raise_invalid_property_yml_version", "Compilation Error");
  put("missing_config", jinja::native("missing_config", [](CallContext&, const Args& args) {
        raise_compilation_error("Model '" + argument_text(args, 0) +
                                "' does not define a required config parameter '" +
                                argument_text(args, 1) + "'.");
        return jinja::Value::none();
      }));
  put("missing_materialization",
      jinja::native("missing_materialization", [](CallContext&, const Args& args) {
        raise_compilation_error("No materialization '" + argument_text(args, 0) +
                                "' was found for adapter " + argument_text(args, 1) +
                                "! (searched types 'default' and '" + argument_text(args, 1) +
                                "')");
        return jinja::Value::none();
      }));
  put("relation_wrong_type",
      jinja::native("relation_wrong_type", [](CallContext& context, const Args& args) {
        const std::string type =
            args.positional.empty()
                ? ""
                : context.interp.get_attr(args.positional[0], jinja::Name("type")).to_str();
        raise_compilation_error("Trying to create " + argument_text(args, 1) + " " +
                                argument_text(args, 0) + ", but it currently exists as a " + type +
                                ". Either drop " + argument_text(args, 0) +
                                " manually, or run dbt with `--full-refresh` and dbt will drop it "
                                "for you.");
        return jinja::Value::none();
      }));
  put("raise_contract_error",
      jinja::native("raise_contract_error", [](CallContext&, const Args& args) {
        const jinja::Value* yaml =
            args.positional.size() > 0 ? &args.positional[0] : args.find("yaml_columns");
        const jinja::Value* sql =
            args.positional.size() > 1 ? &args.positional[1] : args.find("sql_columns");
        if (yaml == nullptr || sql == nullptr) {
          jinja::raise_type_error("raise_contract_error() takes yaml_columns and sql_columns");
        }
        raise_compilation_error(contract_message(*yaml, *sql));
        return jinja::Value::none();
      }));
  put("column_type_missing",
      jinja::native("column_type_missing", [](CallContext&, const Args& args) {
        raise_compilation_error(
            "Contracted models require data_type to be defined for each column.  Please ensure "
            "that the column name and data_type are defined within the YAML configuration for "
            "the " +
            argument_text(args, 0) + " column(s).");
        return jinja::Value::none();
      }));
  put("warn_snapshot_timestamp_data_types",
      jinja::native(
          "warn_snapshot_timestamp_data_types", [session](CallContext&, const Args& args) {
            const std::string snapshot_type = argument_text(args, 0);
            const std::string updated_type = argument_text(args, 1);
            if (session->on_warn) {
              session->on_warn({"SnapshotTimestampWarning",
                                "Data type of snapshot table timestamp columns (" + snapshot_type +
                                    ") doesn't match derived column 'updated_at' (" + updated_type +
                                    "). Please update snapshot config 'updated_at'.",
                                warning_data({{"snapshot_time_data_type", snapshot_type},
                                              {"updated_at_data_type", updated_type}})});
            }
            return jinja::Value::none();
          }));
  return all;
}

}  // namespace floe::dbt
