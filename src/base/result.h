// SPDX-License-Identifier: Apache-2.0
// How the world's failures travel: Result<T> with an Error that carries kind, cause and hint.
#pragma once

#include <tl/expected.hpp>

#include <memory>
#include <string>
#include <utility>

namespace floe {

/// What kind of trouble an Error is; each kind has one process exit code (see exit_code).
enum class ErrorKind {
  kViolation,    // the user's project breaks a rule or a node failed: exit 1
  kUsage,        // wrong command line or configuration: exit 2
  kEnvironment,  // registry, engine, file system, cluster: exit 3
  kSecurity,     // a verification refused something: exit 4
  kInterrupted,  // stopped by the user: exit 130
};

/// A failure of the world, told to people: a sentence, what to do next, and what caused it.
struct Error {
  ErrorKind kind = ErrorKind::kEnvironment;
  std::string message;
  std::string hint;
  std::shared_ptr<const Error> cause;
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

/// Makes the failing side of a Result.
inline tl::unexpected<Error> fail(ErrorKind kind, std::string message, std::string hint = {}) {
  return tl::unexpected<Error>(Error{kind, std::move(message), std::move(hint), nullptr});
}

/// Wraps `cause` into a new failure that says what floe was doing; kind and hint are the cause's.
inline tl::unexpected<Error> fail_because(std::string message, const Error& cause) {
  return tl::unexpected<Error>(
      Error{cause.kind, std::move(message), cause.hint, std::make_shared<const Error>(cause)});
}

/// The documented process exit code of an error kind (docs/reference/exit-codes).
inline int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kViolation: return 1;
    case ErrorKind::kUsage: return 2;
    case ErrorKind::kEnvironment: return 3;
    case ErrorKind::kSecurity: return 4;
    case ErrorKind::kInterrupted: return 130;
  }
  return 3;
}

/// The message with its chain of causes, joined by ": ".
inline std::string describe(const Error& error) {
  std::string text = error.message;
  for (const Error* at = error.cause.get(); at != nullptr; at = at->cause.get()) {
    text += ": " + at->message;
  }
  return text;
}

}  // namespace floe

/// Evaluates to the value of a Result, or returns its error from the enclosing function.
#define FLOE_TRY(expr)                                                               \
  __extension__({                                                                    \
    auto floe_try_result = (expr);                                                   \
    if (!floe_try_result) return tl::unexpected(std::move(floe_try_result.error())); \
    std::move(*floe_try_result);                                                     \
  })

/// The same for Result<void>.
#define FLOE_CHECK(expr)                                                             \
  do {                                                                               \
    auto floe_try_status = (expr);                                                   \
    if (!floe_try_status) return tl::unexpected(std::move(floe_try_status.error())); \
  } while (false)
