// SPDX-License-Identifier: Apache-2.0
#include "dbt/project/config_shapes.h"

#include "base/text.h"

namespace floe::dbt {

namespace {

// The names of CSS, as far as dbt knows them, between spaces.
constexpr std::string_view kColorNames =
    " aliceblue antiquewhite aqua aquamarine azure beige bisque black blanchedalmond blue "
    "blueviolet brown burlywood cadetblue chartreuse chocolate coral cornflowerblue cornsilk "
    "crimson cyan darkblue darkcyan darkgoldenrod darkgray darkgreen darkkhaki darkmagenta "
    "darkolivegreen darkorange darkorchid darkred darksalmon darkseagreen darkslateblue "
    "darkslategray darkturquoise darkviolet deeppink deepskyblue dimgray dodgerblue firebrick "
    "floralwhite forestgreen fuchsia gainsboro ghostwhite gold goldenrod gray green "
    "greenyellow honeydew hotpink indianred indigo ivory khaki lavender lavenderblush "
    "lawngreen lemonchiffon lightblue lightcoral lightcyan lightgoldenrodyellow lightgray "
    "lightgreen lightpink lightsalmon lightseagreen lightskyblue lightslategray "
    "lightsteelblue lightyellow lime limegreen linen magenta maroon mediumaquamarine "
    "mediumblue mediumorchid mediumpurple mediumseagreen mediumslateblue mediumspringgreen "
    "mediumturquoise mediumvioletred midnightblue mintcream mistyrose moccasin navajowhite "
    "navy oldlace olive olivedrab orange orangered orchid palegoldenrod palegreen "
    "paleturquoise palevioletred papayawhip peachpuff peru pink plum powderblue purple "
    "rebeccapurple red rosybrown royalblue saddlebrown salmon sandybrown seagreen seashell "
    "sienna silver skyblue slateblue slategray snow springgreen steelblue tan teal thistle "
    "tomato turquoise violet wheat white whitesmoke yellow yellowgreen ";

}  // namespace

bool is_severity(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);  // where Python's $ matches, too
  const std::string lower = to_lower(text);
  return lower == "warn" || lower == "error";
}

bool is_docs_color(std::string_view text) {
  const std::string lower = to_lower(text);
  if (lower.find(' ') == std::string::npos && contains(kColorNames, " " + lower + " ")) {
    return true;
  }
  std::string_view digits = lower;
  if (digits.ends_with('\n')) digits.remove_suffix(1);  // where Python's $ matches, too
  if (!digits.starts_with('#')) return false;
  digits.remove_prefix(1);
  return (digits.size() == 3 || digits.size() == 6) &&
         digits.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace floe::dbt
