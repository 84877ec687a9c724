// SPDX-License-Identifier: Apache-2.0
#include "dbt/jinja/modules/host_object.h"

#include "dbt/jinja/modules/modules.h"

namespace floe::jinja {

Value MethodObject::self() {
  refs.fetch_add(1, std::memory_order_relaxed);
  return Value::object(this);
}

std::optional<Value> MethodObject::get_attr(Name name) {
  if (auto value = attribute(name)) return value;
  const auto found = methods().find(name);
  if (found == methods().end()) return std::nullopt;
  return bound_method(self(), name, found->second);
}

bool MethodObject::call_method(CallContext& context, Name name, const Args& args, Value& result) {
  const auto found = methods().find(name);
  if (found == methods().end()) return false;
  result = found->second(context, self(), args);
  return true;
}

TypeObject& TypeObject::with(std::string_view name, Value value) {
  attributes_[Name(name)] = std::move(value);
  return *this;
}

TypeObject& TypeObject::method(std::string_view name, NativeFunction function) {
  return with(name, native(std::string(name), std::move(function)));
}

std::optional<Value> TypeObject::get_attr(Name name) {
  const auto found = attributes_.find(name);
  return found == attributes_.end() ? std::nullopt : std::optional<Value>(found->second);
}

Value context_modules() {
  return Value::dict({{"pytz", pytz_module()},
                      {"datetime", datetime_module()},
                      {"re", re_module()},
                      {"itertools", itertools_module()}});
}

}  // namespace floe::jinja
