// SPDX-License-Identifier: Apache-2.0
#include "dbt/context/builtins.h"

#include "base/hash.h"
#include "base/text.h"
#include "dbt/context/base_context.h"
#include "dbt/context/convert.h"
#include "dbt/context/yaml_text.h"
#include "value/yaml.h"

#include <atomic>

namespace floe::dbt {

namespace {

constexpr std::string_view kSecretStart = "$$$DBT_SECRET_START$$$";
constexpr std::string_view kSecretEnd = "$$$DBT_SECRET_END$$$";

using jinja::Args;
using jinja::CallContext;
using jinja::Param;
using Values = std::vector<jinja::Value>;

/// A Param with a fallback of None.
Param optional_param(std::string name, jinja::Value fallback = jinja::Value::none()) {
  return {std::move(name), std::move(fallback), false};
}
Param required_param(std::string name) { return {std::move(name), std::nullopt, false}; }

/// set(x) or None where Python would say TypeError.
std::optional<jinja::Value> make_set(const jinja::Value& value) {
  try {
    return jinja::Value::set(jinja::collect(value));
  } catch (const jinja::TemplateError&) {
    return std::nullopt;
  }
}

/// zip(*values) as a list of tuples.
jinja::Value zip_values(const Values& values) {
  std::vector<Values> columns;
  std::size_t rows = values.empty() ? 0 : SIZE_MAX;
  for (const jinja::Value& value : values) {
    columns.push_back(jinja::collect(value));
    rows = std::min(rows, columns.back().size());
  }
  Values out;
  out.reserve(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    Values tuple;
    tuple.reserve(columns.size());
    for (const Values& column : columns) tuple.push_back(column[i]);
    out.push_back(jinja::Value::tuple(std::move(tuple)));
  }
  return jinja::Value::list(std::move(out));
}

jinja::Value parse_yaml_text(const jinja::Value& text, const jinja::Value& fallback) {
  if (!text.is_str()) return fallback;
  diag::SourceMap map;
  diag::Sink sink;
  value::YamlOptions options;
  options.schema = value::YamlSchema::kYaml11;
  options.duplicate_keys_are_errors = false;
  const diag::Source& source = map.add("<string>", text.as_str());
  const Value parsed = value::read_yaml(source, options, sink);
  if (sink.has_errors()) return fallback;
  return to_jinja(parsed);
}

/// Entries whose value (compared without case, as text) differs or is missing in the other dict.
jinja::Value dict_difference(const jinja::Value& left, const jinja::Value& right) {
  jinja::Value result = jinja::Value::dict();
  const auto normalized = [](const jinja::Value& value) {
    std::vector<std::string> out;
    if (value.is_list()) {
      for (const jinja::Value& item : value.items()) out.push_back(to_lower(item.to_str()));
    } else {
      out.push_back(to_lower(value.to_str()));
    }
    return out;
  };
  for (const auto& entry : left.as_dict()) {
    const std::string key = to_lower(entry.key.to_str());
    const jinja::Value* other = nullptr;
    for (const auto& candidate : right.as_dict()) {
      if (to_lower(candidate.key.to_str()) == key) other = &candidate.value;
    }
    const std::vector<std::string> theirs = other ? normalized(*other) : std::vector<std::string>();
    if (!entry.value.is_list()) continue;
    Values missing;
    for (const jinja::Value& item : entry.value.items()) {
      if (std::find(theirs.begin(), theirs.end(), to_lower(item.to_str())) == theirs.end()) {
        missing.push_back(item);
      }
    }
    if (!missing.empty()) result.mutable_dict().set(entry.key, jinja::Value::list(missing));
  }
  return result;
}

void add_data_functions(jinja::MapContext& names) {
  names.set("fromjson",
            jinja::native("fromjson", {required_param("string"), optional_param("default")},
                          [](CallContext&, Values& args) {
                            try {
                              return jinja::from_json(args[0].to_str());
                            } catch (const jinja::TemplateError&) {
                              return args[1];
                            }
                          }));
  names.set("tojson", jinja::native("tojson",
                                    {required_param("value"), optional_param("default"),
                                     optional_param("sort_keys", jinja::Value(false))},
                                    [](CallContext&, Values& args) {
                                      jinja::JsonStyle style;
                                      style.sort_keys = args[2].truthy();
                                      try {
                                        return jinja::Value(jinja::to_json(args[0], style));
                                      } catch (const jinja::TemplateError&) {
                                        return args[1];
                                      }
                                    }));
  names.set(
      "fromyaml",
      jinja::native("fromyaml", {required_param("value"), optional_param("default")},
                    [](CallContext&, Values& args) { return parse_yaml_text(args[0], args[1]); }));
  names.set("toyaml", jinja::native("toyaml",
                                    {required_param("value"), optional_param("default"),
                                     optional_param("sort_keys", jinja::Value(false))},
                                    [](CallContext&, Values& args) {
                                      try {
                                        return jinja::Value(yaml_text(args[0], args[2].truthy()));
                                      } catch (const jinja::TemplateError&) {
                                        return args[1];
                                      }
                                    }));
  names.set("set", jinja::native("set", {required_param("value"), optional_param("default")},
                                 [](CallContext&, Values& args) {
                                   std::optional<jinja::Value> made = make_set(args[0]);
                                   return made ? *made : args[1];
                                 }));
  names.set("set_strict",
            jinja::native("set_strict", {required_param("value")}, [](CallContext&, Values& args) {
              std::optional<jinja::Value> made = make_set(args[0]);
              if (made) return *made;
              raise_compilation_error("'" + args[0].type_name() + "' object is not iterable");
            }));
  names.set("zip", jinja::native("zip", [](CallContext&, const Args& args) {
              try {
                return zip_values(args.positional);
              } catch (const jinja::TemplateError&) {
                const jinja::Value* fallback = args.find("default");
                return fallback ? *fallback : jinja::Value::none();
              }
            }));
  names.set("zip_strict", jinja::native("zip_strict", [](CallContext&, const Args& args) {
              try {
                return zip_values(args.positional);
              } catch (const jinja::TemplateError& error) {
                raise_compilation_error(error.message);
              }
            }));
  names.set(
      "diff_of_two_dicts",
      jinja::native("diff_of_two_dicts", {required_param("dict_a"), required_param("dict_b")},
                    [](CallContext&, Values& args) { return dict_difference(args[0], args[1]); }));
  names.set("local_md5",
            jinja::native("local_md5", {required_param("value")}, [](CallContext&, Values& args) {
              return jinja::Value(md5_hex(args[0].to_str()));
            }));
}

/// validation.any(...): a function that raises unless its argument is one of the values.
jinja::Value make_validation() {
  jinja::Value any = jinja::native("any", [](CallContext&, const Args& args) {
    const Values allowed = args.positional;
    return jinja::native("inner", [allowed](CallContext&, const Args& inner) {
      if (inner.positional.empty()) jinja::raise_type_error("inner() missing 1 required argument");
      std::vector<std::string> texts;
      for (const jinja::Value& value : allowed) {
        if (value.equals(inner.positional[0])) return jinja::Value::none();
        texts.push_back(value.to_str());
      }
      throw DbtError("Runtime Error", "Expected value \"" + inner.positional[0].to_str() +
                                          "\" to be one of " + join(texts, ","));
    });
  });
  return jinja::Value::dict({{"any", any}});
}

void add_output_functions(const std::shared_ptr<const Session>& session, jinja::MapContext& names) {
  names.set("return", jinja::native("return", {optional_param("data")},
                                    [](CallContext& context, Values& args) {
                                      return context.return_from_macro(args[0]);
                                    }));
  names.set("log", jinja::native(
                       "log", {required_param("msg"), optional_param("info", jinja::Value(false))},
                       [session](CallContext&, Values& args) {
                         if (session->on_log) session->on_log(args[0].to_str(), args[1].truthy());
                         return jinja::Value("");
                       }));
  names.set("print",
            jinja::native("print", {required_param("msg")}, [session](CallContext&, Values& args) {
              if (session->on_print) session->on_print(args[0].to_str());
              return jinja::Value("");
            }));
  names.set("try_or_compiler_error",
            jinja::native("try_or_compiler_error", [](CallContext& context, const Args& args) {
              if (args.positional.size() < 2) {
                jinja::raise_type_error("try_or_compiler_error() takes a message and a function");
              }
              Args rest;
              rest.positional.assign(args.positional.begin() + 2, args.positional.end());
              rest.keyword = args.keyword;
              try {
                return context.interp.call(args.positional[1], rest);
              } catch (const jinja::TemplateError&) {
                raise_compilation_error(args.positional[0].to_str());
              }
            }));
  names.set(
      "render",
      jinja::native("render", {required_param("string")}, [](CallContext& context, Values& args) {
        return jinja::Value(context.interp.render(jinja::parse_template(args[0].to_str()),
                                                  context.interp.context()));
      }));
  names.set(
      "adapter_macro", jinja::native("adapter_macro", [](CallContext&, const Args& args) {
        const std::string name = args.positional.empty() ? "" : args.positional[0].to_str();
        raise_compilation_error(
            "The \"adapter_macro\" macro has been deprecated. Instead, use the "
            "`adapter.dispatch` method to find a macro and call the result.  For more "
            "information, see: https://docs.getdbt.com/reference/dbt-jinja-functions/dispatch) "
            "adapter_macro was called for: " +
            name);
        return jinja::Value::none();
      }));
}

}  // namespace

jinja::Value make_env_var(std::shared_ptr<const Session> session, bool secrets_allowed) {
  return jinja::native(
      "env_var", {required_param("var"), optional_param("default")},
      [session = std::move(session), secrets_allowed](CallContext&, Values& args) -> jinja::Value {
        const std::string name = args[0].to_str();
        const bool secret = name.starts_with(kSecretEnvPrefix);
        if (secret && !secrets_allowed) {
          raise_parsing_error(
              "Secret env vars are allowed only in profiles.yml or packages.yml. Found '" + name +
              "' referenced elsewhere.");
        }
        const auto found = session->env.find(name);
        if (found != session->env.end()) {
          if (secret) {
            return jinja::Value(std::string(kSecretStart) + name + std::string(kSecretEnd));
          }
          return jinja::Value(found->second);
        }
        if (!args[1].is_none()) return args[1];
        raise_parsing_error("Env var required but not provided: '" + name + "'");
      });
}

std::string reveal_secrets(const Session& session, std::string text) {
  std::size_t at = 0;
  while ((at = text.find(kSecretStart, at)) != std::string::npos) {
    const std::size_t name_begin = at + kSecretStart.size();
    const std::size_t end = text.find(kSecretEnd, name_begin);
    if (end == std::string::npos) break;
    const auto found = session.env.find(text.substr(name_begin, end - name_begin));
    const std::string secret = found == session.env.end() ? std::string() : found->second;
    text.replace(at, end + kSecretEnd.size() - at, secret);
    at += secret.size();
  }
  return text;
}

void add_functions(const std::shared_ptr<const Session>& session, jinja::MapContext& names) {
  add_data_functions(names);
  add_output_functions(session, names);
  names.set("env_var", make_env_var(session, false));
  names.set("exceptions", make_exceptions(session));
  names.set("modules", make_modules(session));
  names.set("validation", make_validation());
}

std::shared_ptr<const jinja::MapContext> session_names(std::shared_ptr<const Session> session) {
  auto names = std::make_shared<jinja::MapContext>(jinja::builtin_context());
  add_functions(session, *names);
  names->set("target", session->target);
  names->set("env", session->target);
  names->set("flags", session->flags);
  names->set("dbt_version", jinja::Value(kDbtVersion));
  names->set("invocation_id", jinja::Value(session->invocation_id));
  names->set("run_started_at", session->run_started_at);
  names->set("project_name", jinja::Value(session->project_name));
  names->set("invocation_args_dict", session->invocation_args);
  names->set("dbt_metadata_envs", session->metadata_envs);
  names->set("thread_id", jinja::Value("MainThread"));
  names->set("otel_trace_id", jinja::Value::none());
  names->set("otel_span_id", jinja::Value::none());
  return names;
}

}  // namespace floe::dbt
