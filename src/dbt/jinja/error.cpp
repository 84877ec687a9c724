// SPDX-License-Identifier: Apache-2.0
#include "dbt/jinja/error.h"

#include <utility>

namespace floe::jinja {

std::string_view error_type_name(ErrorType type) {
  switch (type) {
    case ErrorType::kSyntax: return "TemplateSyntaxError";
    case ErrorType::kAssertion: return "TemplateAssertionError";
    case ErrorType::kRuntime: return "TemplateRuntimeError";
    case ErrorType::kUndefined: return "UndefinedError";
    case ErrorType::kSecurity: return "SecurityError";
    case ErrorType::kFilterArgument: return "FilterArgumentError";
    case ErrorType::kTypeError: return "TypeError";
    case ErrorType::kValueError: return "ValueError";
    case ErrorType::kKeyError: return "KeyError";
    case ErrorType::kIndexError: return "IndexError";
    case ErrorType::kAttributeError: return "AttributeError";
    case ErrorType::kZeroDivision: return "ZeroDivisionError";
    case ErrorType::kOverflow: return "OverflowError";
    case ErrorType::kRecursion: return "RecursionError";
    case ErrorType::kPyAssertion: return "AssertionError";
    case ErrorType::kPyRuntime: return "RuntimeError";
    case ErrorType::kStopIteration: return "StopIteration";
    case ErrorType::kRegex: return "error";
    case ErrorType::kLimit: return "LimitError";
    case ErrorType::kCancelled: return "Cancelled";
    case ErrorType::kHost: return "Error";
  }
  return "Error";
}

void raise(ErrorType type, std::string message) { throw TemplateError(type, std::move(message)); }
void raise_type_error(std::string message) { raise(ErrorType::kTypeError, std::move(message)); }
void raise_value_error(std::string message) { raise(ErrorType::kValueError, std::move(message)); }

}  // namespace floe::jinja
