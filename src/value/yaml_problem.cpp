// SPDX-License-Identifier: Apache-2.0
#include "value/yaml_problem.h"

#include "base/text.h"

#include <fmt/format.h>

#include <array>

namespace floe::value {

namespace {

struct ProblemText {
  std::string_view problem;  // libyaml's, as a part of its text
  std::string_view context;  // libyaml's, as a part; empty: any
  std::string_view message;
  std::string_view help;
};

constexpr std::array kProblemTexts = {
    ProblemText{"mapping values are not allowed in this context", "", "a ':' is not allowed here",
                "quote the text if it holds ': ', and put every key on a line of its own"},
    ProblemText{"mapping keys are not allowed in this context", "",
                "a mapping key is not allowed here", "start it on a line of its own"},
    ProblemText{"block sequence entries are not allowed in this context", "",
                "a list item ('- ') is not allowed here",
                "start it on a line of its own, indented under its key"},
    ProblemText{"could not find expected ':'", "", "a mapping key must be followed by ':'",
                "write 'key: value', or quote a text that goes over several lines"},
    ProblemText{"found character that cannot start any token", "",
                "this character can't start a value", "quote the value"},
    ProblemText{"found a tab character", "", "a tab can't be used for indentation",
                "indent with spaces"},
    ProblemText{"did not find expected key", "",
                "a mapping key was expected here: the indentation fits no mapping around it",
                "indent this line as the other keys of its mapping"},
    ProblemText{"did not find expected '-' indicator", "",
                "a list item ('- ') was expected here: the indentation fits no list around it",
                "indent this line as the other items of its list"},
    ProblemText{"did not find expected ',' or ']'", "",
                "a list in brackets goes on with ',' or ends with ']'", "close the '['"},
    ProblemText{"did not find expected ',' or '}'", "",
                "a mapping in braces goes on with ',' or ends with '}'",
                "close the '{'; quote the value if the brace belongs to a text"},
    ProblemText{"found unexpected ':'", "", "a ':' is not allowed here", "quote the text"},
    ProblemText{"did not find expected node content", "", "a value was expected here",
                "quote the value if it is a text"},
    ProblemText{"found unexpected end of stream", "quoted scalar",
                "a quoted text is not closed before the end of the file", "close the quote"},
    ProblemText{"found unexpected document indicator", "",
                "a quoted text is not closed before the line '---' or '...'", "close the quote"},
    ProblemText{"found unknown escape character", "", "there is no such escape in a quoted text",
                "write '\\\\' for a backslash, or use single quotes"},
    ProblemText{"did not find expected hexdecimal number", "",
                "an escape needs hexadecimal digits here", ""},
    ProblemText{"found invalid Unicode character escape code", "",
                "the escape names no Unicode character", ""},
    ProblemText{"indentation indicator equal to 0", "",
                "the indentation of a block text is a digit from 1 to 9", ""},
    ProblemText{"did not find expected comment or line break", "",
                "only a comment may follow here on this line", ""},
    ProblemText{"did not find expected alphabetic or numeric character", "alias",
                "'*' starts an alias, and an alias needs a name", "quote the value"},
    ProblemText{"did not find expected alphabetic or numeric character", "",
                "'&' starts an anchor, and an anchor needs a name", "quote the value"},
    ProblemText{"found undefined tag handle", "", "the tag uses a handle that is not defined",
                "quote the value if '!' belongs to a text"},
    ProblemText{"tag", "", "a tag ('!…') is malformed", "quote the value if '!' belongs to a text"},
    ProblemText{"URI", "", "a tag ('!…') is malformed", "quote the value if '!' belongs to a text"},
    ProblemText{"did not find expected <document start>", "",
                "the document has ended before this line",
                "check that the first line is no stray value and that the indentation is even"},
    ProblemText{"incompatible YAML document", "", "only YAML 1.1 and 1.2 can be read",
                "remove the %YAML line"},
    ProblemText{"directive", "", "a line that starts with '%' is a directive, and this is none",
                "quote the value if '%' belongs to a text"},
    ProblemText{"maximum depth", "", "the document is nested too deeply", ""},
};

}  // namespace

YamlProblem describe_yaml_problem(std::string_view problem, std::string_view context,
                                  std::string_view at, std::string_view line_before) {
  const char first = at.empty() ? '\0' : at.front();
  if (contains(problem, "cannot start any token")) {
    if (first == '\t') return {"a tab can't be used for indentation", "indent with spaces"};
    if (first == '@' || first == '`' || first == '%') {
      return {fmt::format("a value can't start with '{}'", first), "quote the value"};
    }
  }
  const bool starts_line = line_before.find_first_not_of(" \t-") == std::string_view::npos;
  if (!starts_line && (contains(problem, "did not find expected key") ||
                       contains(problem, "did not find expected '-' indicator"))) {
    return {"the value before this is complete, so nothing may follow it on the line",
            "put quotes around the whole text"};
  }
  if (contains(problem, "did not find expected key") && at.starts_with("- ")) {
    return {"a list item ('- ') stands where a mapping key was expected",
            "indent the list under its key"};
  }
  for (const ProblemText& text : kProblemTexts) {
    if (contains(problem, text.problem) && contains(context, text.context)) {
      return {std::string(text.message), std::string(text.help)};
    }
  }
  if (contains(context, "directive")) {
    return {"a line that starts with '%' is a directive, and this is none",
            "quote the value if '%' belongs to a text"};
  }
  if (contains(context, "tag")) {
    return {"a tag ('!…') is malformed", "quote the value if '!' belongs to a text"};
  }
  return {problem.empty() ? "the YAML is malformed" : fmt::format("malformed YAML: {}", problem),
          ""};
}

}  // namespace floe::value
