// SPDX-License-Identifier: Apache-2.0
// The functions that every dbt template can call, whatever it belongs to.
#pragma once

#include "dbt/context/base_context.h"
#include "dbt/jinja/object.h"

#include <memory>

namespace floe::dbt {

/// env_var(name, default): secrets raise unless `secrets_allowed`, which gives a placeholder
/// instead (see reveal_secrets).
jinja::Value make_env_var(std::shared_ptr<const Session> session, bool secrets_allowed);

/// Replaces the placeholders of secret environment variables by their values.
std::string reveal_secrets(const Session& session, std::string text);

/// fromjson, tojson, set, zip, log, print, local_md5, … : all that need no node.
void add_functions(const std::shared_ptr<const Session>& session, jinja::MapContext& names);

/// What a template raised itself: dbt names the node or macro that was running.
class RaisedError : public DbtError {
 public:
  using DbtError::DbtError;
};

/// `exceptions`: raise_compiler_error() and its kin.
jinja::Value make_exceptions(std::shared_ptr<const Session> session);

/// `modules`: datetime, pytz, re, itertools.
jinja::Value make_modules(const std::shared_ptr<const Session>& session);

}  // namespace floe::dbt
