// SPDX-License-Identifier: Apache-2.0
// Checks values for the JSON Schema suite: JSON lines {schema, instance} on standard input, JSON
// lines {valid, issues} or {error} on standard output.
#include "value/json.h"
#include "value/json_schema.h"

#include <iostream>
#include <string>

namespace {

using namespace floe::value;

Value check_error(const floe::Error& error) {
  Value reply = Value::map();
  reply.set("error", floe::describe(error));
  return reply;
}

Value check_line(const std::string& line) {
  const auto request = read_json(line);
  if (!request) return check_error(request.error());
  const Value* schema = request->find("schema");
  const Value* instance = request->find("instance");
  if (schema == nullptr || instance == nullptr) {
    return check_error({.message = "a line needs 'schema' and 'instance'"});
  }
  const auto compiled = compile_json_schema(*schema);
  if (!compiled) return check_error(compiled.error());
  Value reply = Value::map();
  Value issues = Value::list();
  for (const SchemaIssue& issue : validate(*compiled, *instance)) {
    issues.push(issue.instance_path + ": " + issue.message + " [" + issue.keyword + "]");
  }
  reply.set("valid", issues.empty());
  reply.set("issues", std::move(issues));
  return reply;
}

}  // namespace

int main() {
  std::ios::sync_with_stdio(false);
  std::string line;
  while (std::getline(std::cin, line)) {
    if (!line.empty()) std::cout << write_json(check_line(line)) << '\n' << std::flush;
  }
  return 0;
}
