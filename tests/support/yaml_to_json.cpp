// SPDX-License-Identifier: Apache-2.0
// Reads YAML for the YAML suite: JSON strings, one a line, on standard input; JSON lines {json} or
// {error} on standard output. By the core schema, as floe's own files are read.
#include "diag/diagnostic.h"
#include "value/json.h"
#include "value/yaml.h"

#include <iostream>
#include <string>

namespace {

using namespace floe::value;

Value yaml_answer(const std::string& line) {
  Value reply = Value::map();
  const auto text = read_json(line);
  if (!text || !text->is_string()) {
    reply.set("error", "a line must be a JSON string");
    return reply;
  }
  floe::diag::SourceMap sources;
  floe::diag::Sink sink;
  Value value = read_yaml(sources.add("case.yaml", text->as_string()), {}, sink);
  if (!sink.has_errors()) {
    reply.set("json", std::move(value));
    return reply;
  }
  for (const auto& diagnostic : sink.sorted()) {
    reply.set("error", diagnostic.code + ": " + diagnostic.message);
    break;
  }
  return reply;
}

}  // namespace

int main() {
  std::ios::sync_with_stdio(false);
  std::string line;
  while (std::getline(std::cin, line)) {
    if (!line.empty()) std::cout << write_json(yaml_answer(line)) << '\n' << std::flush;
  }
  return 0;
}
