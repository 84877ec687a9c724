// SPDX-License-Identifier: Apache-2.0
#define PCRE2_CODE_UNIT_WIDTH 8
#include "value/pattern.h"

#include <fmt/format.h>
#include <pcre2.h>

namespace floe::value {

namespace {
constexpr std::uint32_t kMatchLimit = 200'000;

PCRE2_SPTR pcre_text(std::string_view text) { return reinterpret_cast<PCRE2_SPTR>(text.data()); }
}  // namespace

struct Pattern::Code {
  pcre2_code* code = nullptr;
  pcre2_match_context* context = nullptr;
  Code() = default;
  Code(const Code&) = delete;
  Code& operator=(const Code&) = delete;
  ~Code() {
    pcre2_match_context_free(context);
    pcre2_code_free(code);
  }
};

Pattern::Pattern(std::unique_ptr<Code> code) : code_(std::move(code)) {}
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;
Pattern::~Pattern() = default;

Result<Pattern> Pattern::compile(std::string_view expression) {
  return compile_with(expression, false);
}

Result<Pattern> Pattern::compile_ecmascript(std::string_view expression) {
  return compile_with(expression, true);
}

Result<Pattern> Pattern::compile_with(std::string_view expression, bool ecmascript) {
  int error = 0;
  PCRE2_SIZE offset = 0;
  auto code = std::make_unique<Code>();
  const std::unique_ptr<pcre2_compile_context, decltype(&pcre2_compile_context_free)> context(
      pcre2_compile_context_create(nullptr), pcre2_compile_context_free);
  std::uint32_t flags = PCRE2_UTF | PCRE2_NO_AUTO_CAPTURE;
  if (ecmascript) {
    flags = PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_ALLOW_EMPTY_CLASS;
    pcre2_set_compile_extra_options(context.get(), PCRE2_EXTRA_ALT_BSUX);
  }
  code->code = pcre2_compile(pcre_text(expression), expression.size(), flags, &error, &offset,
                             context.get());
  if (code->code == nullptr) {
    PCRE2_UCHAR message[160] = {};
    pcre2_get_error_message(error, message, sizeof message);
    return fail(ErrorKind::kUsage, fmt::format("{} at character {}",
                                               reinterpret_cast<const char*>(message), offset + 1));
  }
  code->context = pcre2_match_context_create(nullptr);
  pcre2_set_match_limit(code->context, kMatchLimit);
  return Pattern(std::move(code));
}

bool Pattern::search(std::string_view text) const {
  std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)> data(
      pcre2_match_data_create(1, nullptr), pcre2_match_data_free);
  return pcre2_match(code_->code, pcre_text(text), text.size(), 0, 0, data.get(), code_->context) >=
         0;
}

std::string platform_pattern_problem(std::string_view expression) {
  const Result<Pattern> pattern = Pattern::compile(expression);
  if (!pattern) return pattern.error().message;
  bool in_class = false;
  for (std::size_t at = 0; at < expression.size(); ++at) {
    const std::string_view rest = expression.substr(at);
    if (rest.front() == '\\') {
      if (!in_class && rest.size() > 1 && rest[1] >= '1' && rest[1] <= '9') {
        return fmt::format("a back reference (\\{}) is not supported", rest[1]);
      }
      ++at;
    } else if (rest.front() == '[') {
      in_class = true;
    } else if (rest.front() == ']') {
      in_class = false;
    } else if (!in_class && (rest.starts_with("(?=") || rest.starts_with("(?!") ||
                             rest.starts_with("(?<=") || rest.starts_with("(?<!"))) {
      return "look-ahead and look-behind are not supported";
    }
  }
  return {};
}

}  // namespace floe::value
