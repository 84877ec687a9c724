// SPDX-License-Identifier: Apache-2.0
// Python's two formatting languages: "%s" % x and "{:>8}".format(x).
#pragma once

#include "dbt/jinja/object.h"
#include "dbt/jinja/value.h"

#include <string>
#include <string_view>

namespace floe::jinja {

/// format % args; keeps Markup markup.
Value format_percent(const Value& format, const Value& args);
/// format.format(*args, **kwargs) as the sandbox does it.
std::string format_braces(Interp& interp, std::string_view format, const Args& args);
/// The same with a mapping in place of keyword arguments: format_map().
std::string format_map(Interp& interp, std::string_view format, const Value& mapping);
/// format(value, spec).
std::string format_value(const Value& value, std::string_view spec);

}  // namespace floe::jinja
