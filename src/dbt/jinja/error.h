// SPDX-License-Identifier: Apache-2.0
// The one exception of the Jinja interpreter: what Python would have raised, and where.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace floe::jinja {

/// The Python or Jinja2 exception class that an error stands for.
enum class ErrorType : std::uint8_t {
  kSyntax,          // TemplateSyntaxError
  kAssertion,       // TemplateAssertionError
  kRuntime,         // TemplateRuntimeError
  kUndefined,       // UndefinedError
  kSecurity,        // SecurityError
  kFilterArgument,  // FilterArgumentError
  kTypeError,
  kValueError,
  kKeyError,
  kIndexError,
  kAttributeError,
  kZeroDivision,
  kOverflow,
  kRecursion,
  kPyAssertion,  // AssertionError
  kPyRuntime,    // RuntimeError
  kStopIteration,
  kRegex,  // re.error
  kLimit,  // a limit of this interpreter: output size, steps
  kCancelled,
  kHost,  // raised by a host function (see HostError)
};

/// The class name of an error type, as Python prints it.
std::string_view error_type_name(ErrorType type);

class LazyMacro;

/// One template or macro that an error passed through, and the place in it.
struct TraceFrame {
  std::size_t begin = 0;  // bytes of the text that was running: of the macro's block, or …
  std::size_t end = 0;
  const LazyMacro* macro = nullptr;  // whose text it is; null: the template that was rendered
};

/// An error raised while parsing or running a template.
class TemplateError : public std::exception {
 public:
  TemplateError(ErrorType type_in, std::string message_in)
      : type(type_in), message(std::move(message_in)) {}
  const char* what() const noexcept override { return message.c_str(); }

  ErrorType type;
  std::string message;
  /// Position in `name`'s source; 0 when not known (yet).
  int line = 0;
  int col = 0;
  std::string name;
  /// Macros that the error passed through, innermost first.
  std::vector<std::string> macros;
  /// Where it came from, innermost first; of a deep recursion only the innermost part.
  std::vector<TraceFrame> trace;
};

[[noreturn]] void raise(ErrorType type, std::string message);
[[noreturn]] void raise_type_error(std::string message);
[[noreturn]] void raise_value_error(std::string message);

}  // namespace floe::jinja
