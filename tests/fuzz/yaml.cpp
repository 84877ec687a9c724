// SPDX-License-Identifier: Apache-2.0
#include "value/yaml.h"

#include "diag/render.h"
#include "targets.h"
#include "value/json.h"

#include <cstdlib>
#include <string>

namespace floe::fuzz {

void yaml(std::string_view data) {
  for (const auto schema : {value::YamlSchema::kCore, value::YamlSchema::kYaml11}) {
    diag::SourceMap sources;
    diag::Sink sink;
    const diag::Source& source = sources.add("fuzz.yml", std::string(data));
    value::YamlOptions options;
    options.schema = schema;
    options.duplicate_keys_are_errors = schema == value::YamlSchema::kCore;
    options.stripped = schema == value::YamlSchema::kYaml11;
    options.max_nodes = 100'000;
    options.max_aliased_nodes = 10'000;
    const value::Value read = value::read_yaml(source, options, sink);
    // A mistake leaves nothing behind that could be taken for the document.
    if (sink.has_errors() && !read.is_null()) std::abort();
    static_cast<void>(diag::render_text(sink.sorted(), sources));
    static_cast<void>(value::write_json(read));
  }
  const Result<value::Value> json = value::read_json(data);
  if (!json) return;
  // What was read can be written, and reads as the same again.
  const auto again = value::read_json(value::write_json(*json));
  if (!again || value::write_json(*again) != value::write_json(*json)) std::abort();
}

}  // namespace floe::fuzz
