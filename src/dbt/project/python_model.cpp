// SPDX-License-Identifier: Apache-2.0
#include "dbt/project/python_model.h"

#include "base/text.h"
#include "dbt/context/convert.h"
#include "dbt/jinja/template.h"
#include "dbt/project/config.h"

namespace floe::dbt {

namespace {

/// What of Python text is blanked out.
enum class PythonBlank { kComments, kCommentsAndStrings };

/// Python text without its comments; without the insides of strings as well, what is left can be
/// searched for calls. Offsets are kept.
std::string blanked(std::string_view text, PythonBlank what) {
  std::string out(text);
  std::size_t i = 0;
  const auto blank = [&](std::size_t begin, std::size_t end) {
    for (std::size_t j = begin; j < end && j < out.size(); ++j) {
      if (out[j] != '\n') out[j] = ' ';
    }
  };
  while (i < text.size()) {
    if (text[i] == '#') {
      const std::size_t end = std::min(text.find('\n', i), text.size());
      blank(i, end);
      i = end;
    } else if (text[i] == '\'' || text[i] == '"') {
      const std::string_view triple = text.substr(i, 3);
      const bool long_string = triple == "'''" || triple == "\"\"\"";
      const std::string_view quote = text.substr(i, long_string ? 3 : 1);
      std::size_t end = i + quote.size();
      while (end < text.size() && text.substr(end, quote.size()) != quote) {
        end += text[end] == '\\' ? 2 : 1;
      }
      end = std::min(end + quote.size(), text.size());
      if (what == PythonBlank::kCommentsAndStrings) {
        blank(i + quote.size(), end - std::min(end, quote.size()));
      }
      i = end;
    } else {
      ++i;
    }
  }
  return out;
}

/// The end of a call's arguments: the offset of its ")".
std::size_t closing(std::string_view code, std::size_t open) {
  int depth = 0;
  for (std::size_t i = open; i < code.size(); ++i) {
    if (code[i] == '(' || code[i] == '[' || code[i] == '{') ++depth;
    if (code[i] == ')' || code[i] == ']' || code[i] == '}') {
      if (--depth == 0) return i;
    }
  }
  return std::string_view::npos;
}

/// The calls in code without comments and the insides of strings.
std::vector<PythonCallPlace> calls_in(std::string_view code) {
  std::vector<PythonCallPlace> calls;
  for (std::size_t at = code.find("dbt."); at != std::string_view::npos;
       at = code.find("dbt.", at + 4)) {
    if (at > 0 && (is_identifier(code.substr(at - 1, 1)) || code[at - 1] == '.')) continue;
    for (const std::string_view function :
         {"config.get", "config.meta_get", "config", "ref", "source"}) {
      if (code.substr(at + 4, function.size() + 1) != std::string(function) + "(") continue;
      const std::size_t open = at + 4 + function.size();
      calls.push_back({function, at, open, closing(code, open)});
      break;
    }
  }
  return calls;
}

struct PythonCall {
  std::string_view function;
  std::vector<Value> positional;
  Value keyword = Value::map();
};

/// Reads "(…)" of a call with literals by Jinja's own expression grammar, which shares Python's.
bool read_arguments(std::string_view text, PythonCall& call) {
  try {
    const jinja::TemplateRef parsed =
        jinja::parse_template("{{ f" + std::string(text) + " }}", "<python>");
    const std::vector<jinja::StaticCall> calls = jinja::static_calls(*parsed);
    for (const jinja::StaticCall& each : calls) {
      if (each.callee != "f") continue;
      for (const jinja::StaticArg& arg : each.args) {
        if (!arg.literal) return false;
        if (arg.name.empty()) {
          call.positional.push_back(from_jinja(*arg.literal));
        } else {
          call.keyword.set(arg.name, from_jinja(*arg.literal));
        }
      }
      return !each.has_dynamic_args;
    }
  } catch (const jinja::TemplateError&) {
    return false;
  }
  return false;
}

/// What calls of one kind look up: keys, and what they give where there is none.
struct Looked {
  Value keys = Value::list();
  Value defaults = Value::list();
};
struct Used {
  Looked configs, meta;
};

bool add_call(Node& node, const PythonCall& call, diag::Span span, Used& used) {
  const auto text_at = [&](std::size_t i) {
    return i < call.positional.size() && call.positional[i].is_string();
  };
  if (call.function == "ref") {
    if (call.positional.empty() || call.positional.size() > 2 || !text_at(0)) return false;
    RefArgs ref;
    ref.span = span;
    if (call.positional.size() == 2) ref.package = call.positional[0].as_string();
    ref.name = call.positional.back().as_string();
    for (const char* key : {"version", "v"}) {
      if (const Value* version = call.keyword.find(key)) ref.version = *version;
    }
    node.refs.push_back(std::move(ref));
    return true;
  }
  if (call.function == "source") {
    if (call.positional.size() != 2 || !text_at(0) || !text_at(1)) return false;
    node.sources.push_back({call.positional[0].as_string(), call.positional[1].as_string(), span});
    return true;
  }
  if (call.function == "config") {
    merge_config_calls(node.config_call_dict, call.keyword);
    return true;
  }
  if (call.positional.empty() || call.positional.size() > 2) return false;
  Looked& looked = call.function == "config.get" ? used.configs : used.meta;
  looked.keys.push(call.positional[0]);
  looked.defaults.push(call.positional.size() == 2 ? call.positional[1] : Value());
  return true;
}

}  // namespace

std::vector<PythonCallPlace> python_calls(std::string_view text) {
  return calls_in(blanked(text, PythonBlank::kCommentsAndStrings));
}

bool read_python_model(Loader& loader, Node& node, const diag::Source& source) {
  const std::string_view text = source.text;
  const std::string code = blanked(text, PythonBlank::kCommentsAndStrings);
  const std::string written = blanked(text, PythonBlank::kComments);
  const std::size_t model = code.find("def model(");
  if (trim(code).empty()) return true;
  if (model == std::string::npos) {
    loader.error("T026", "dbt allows exactly one model defined per python file, found 0",
                 source.span(0, 0), "define model(dbt, session) that returns a dataframe",
                 node.unique_id);
    return false;
  }
  if (code.find("def model(", model + 1) != std::string::npos) {
    loader.error("T026", "dbt allows exactly one model defined per python file, found 2",
                 source.span(model, model + 9), "keep one model in each file", node.unique_id);
    return false;
  }
  Used used;
  for (const PythonCallPlace& place : calls_in(code)) {
    PythonCall call;
    call.function = place.function;
    const bool closed = place.end != std::string_view::npos;
    const diag::Span span = source.span(place.begin, closed ? place.end + 1 : place.open);
    if (!closed ||
        !read_arguments(std::string_view(written).substr(place.open, place.end + 1 - place.open),
                        call) ||
        !add_call(node, call, span, used)) {
      loader.error("T026",
                   "dbt." + std::string(call.function) + "() in a Python model takes literals only",
                   span, "write the names as plain strings", node.unique_id);
      return false;
    }
  }
  if (!used.configs.keys.empty() || !used.meta.keys.empty()) {
    Value call = Value::map({{"config_keys_used", used.configs.keys},
                             {"config_keys_defaults", used.configs.defaults},
                             {"meta_keys_used", used.meta.keys},
                             {"meta_keys_defaults", used.meta.defaults}});
    merge_config_calls(node.config_call_dict, call);
  }
  return true;
}

}  // namespace floe::dbt
