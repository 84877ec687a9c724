// SPDX-License-Identifier: Apache-2.0
// Checks values against JSON Schema documents (draft 2020-12) that stand on their own.
#pragma once

#include "base/result.h"
#include "diag/source.h"
#include "value/value.h"

#include <memory>
#include <string>
#include <vector>

namespace floe::value {

/// One thing about a value that its schema does not allow.
struct SchemaIssue {
  std::string instance_path;  // JSON Pointer to what is wrong; "" is the whole value
  std::string keyword;        // of the schema: "required", "type", …
  std::string message;        // to follow the path: "must be a string, not a list"
  diag::Span span;
};

struct SchemaProgram;

/// A schema that was read once, for any number of checks. Cheap to copy, safe to share.
class CompiledSchema {
 public:
  explicit CompiledSchema(std::shared_ptr<const SchemaProgram> program)
      : program_(std::move(program)) {}
  const SchemaProgram& program() const { return *program_; }

 private:
  std::shared_ptr<const SchemaProgram> program_;
};

/// Reads a schema. kUsage with the place of the mistake if it is no valid draft 2020-12 schema or
/// refers to something outside of itself. `format` and the content keywords are annotations only;
/// keywords that the draft does not know are ignored.
Result<CompiledSchema> compile_json_schema(const Value& schema);

/// Everything about `instance` that the schema does not allow, in the order of the instance where
/// possible. Dates of YAML count as strings, 1.0 as an integer. A schema that refers to itself
/// without end, or needs unreasonable effort, makes one issue of its own.
std::vector<SchemaIssue> validate(const CompiledSchema& schema, const Value& instance);

}  // namespace floe::value
