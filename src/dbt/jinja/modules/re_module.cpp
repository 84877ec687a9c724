// SPDX-License-Identifier: Apache-2.0
// Python's re on PCRE2.
#define PCRE2_CODE_UNIT_WIDTH 8
#include "dbt/jinja/interp.h"
#include "dbt/jinja/modules/host_object.h"
#include "dbt/jinja/modules/modules.h"
#include "dbt/jinja/number.h"
#include "dbt/jinja/unicode.h"

#include <fmt/format.h>
#include <pcre2.h>

#include <algorithm>
#include <list>

namespace floe::jinja {

namespace {

constexpr std::int64_t kIgnoreCase = 2;
constexpr std::int64_t kMultiline = 8;
constexpr std::int64_t kDotAll = 16;
constexpr std::int64_t kUnicode = 32;
constexpr std::int64_t kVerbose = 64;
constexpr std::int64_t kAscii = 256;
constexpr std::uint32_t kMatchLimit = 20'000'000;

// Byte ranges of a match's groups; npos where a group took no part.
using Groups = std::vector<std::pair<std::size_t, std::size_t>>;

std::string error_text(int code) {
  PCRE2_UCHAR buffer[256];
  pcre2_get_error_message(code, buffer, sizeof buffer);
  return reinterpret_cast<const char*>(buffer);
}

// Where the dialects differ: \Z ends the text in Python.
std::string to_pcre(std::string_view pattern) {
  std::string out;
  out.reserve(pattern.size());
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\' && i + 1 < pattern.size()) {
      out += '\\';
      ++i;
      out += pattern[i] == 'Z' ? 'z' : pattern[i];
      continue;
    }
    out += pattern[i];
  }
  return out;
}

class Pattern : public MethodObject {
 public:
  Pattern(std::string text, std::int64_t flags) : text_(std::move(text)), flags_(flags) {
    std::uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_ALT_BSUX;
    if ((flags & kAscii) == 0) options |= PCRE2_UCP;
    if ((flags & kIgnoreCase) != 0) options |= PCRE2_CASELESS;
    if ((flags & kMultiline) != 0) options |= PCRE2_MULTILINE;
    if ((flags & kDotAll) != 0) options |= PCRE2_DOTALL;
    if ((flags & kVerbose) != 0) options |= PCRE2_EXTENDED;
    int error = 0;
    PCRE2_SIZE offset = 0;
    const std::string source = to_pcre(text_);
    code_ = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(source.data()), source.size(), options,
                          &error, &offset, nullptr);
    if (code_ == nullptr) {
      raise(ErrorType::kRegex,
            fmt::format("{} at position {}", error_text(error),
                        count_points(std::string_view(source).substr(0, offset))));
    }
    context_ = pcre2_match_context_create(nullptr);
    pcre2_set_match_limit(context_, kMatchLimit);
    data_ = pcre2_match_data_create_from_pattern(code_, nullptr);
    std::uint32_t count = 0;
    pcre2_pattern_info(code_, PCRE2_INFO_CAPTURECOUNT, &count);
    groups_ = count;
    read_names();
  }
  ~Pattern() override {
    pcre2_match_data_free(data_);
    pcre2_match_context_free(context_);
    pcre2_code_free(code_);
  }

  // A match at or after byte `from`.
  std::optional<Groups> find(std::string_view text, std::size_t from, std::uint32_t options) const {
    const int count = pcre2_match(code_, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                                  from, options, data_, context_);
    if (count == PCRE2_ERROR_NOMATCH) return std::nullopt;
    if (count < 0) raise(ErrorType::kLimit, "regular expression: " + error_text(count));
    const PCRE2_SIZE* at = pcre2_get_ovector_pointer(data_);
    Groups groups(groups_ + 1, {std::string::npos, std::string::npos});
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
      if (at[2 * i] != PCRE2_UNSET) groups[i] = {at[2 * i], at[2 * i + 1]};
    }
    return groups;
  }

  // All matches from left to right; an empty one never sits where an empty one was just found.
  template <class Use>
  void each(std::string_view text, Use use) const {
    std::size_t from = 0;
    std::uint32_t options = 0;
    while (from <= text.size()) {
      const auto groups = find(text, from, options);
      if (!groups) return;
      if (!use(*groups)) return;
      const auto [begin, end] = (*groups)[0];
      options = begin == end ? PCRE2_NOTEMPTY_ATSTART : 0;
      from = end;
    }
  }

  const std::string& text() const { return text_; }
  std::size_t groups() const { return groups_; }
  const std::vector<std::pair<std::string, std::size_t>>& names() const { return names_; }
  // The number of a group given by number or name.
  std::size_t group_number(const Value& id) const {
    if (id.is_int() && id.as_int() >= 0 && static_cast<std::size_t>(id.as_int()) <= groups_) {
      return static_cast<std::size_t>(id.as_int());
    }
    if (id.is_str()) {
      for (const auto& [name, number] : names_) {
        if (name == id.as_str()) return number;
      }
    }
    raise(ErrorType::kIndexError, "no such group");
  }

  std::string type_name() const override { return "Pattern"; }
  std::string qualified_type_name() const override { return "re.Pattern"; }
  const MethodTable& methods() const override;
  std::optional<Value> attribute(Name name) override {
    if (name == "pattern") return Value(text_);
    if (name == "flags") return Value(flags_ | ((flags_ & kAscii) == 0 ? kUnicode : 0));
    if (name == "groups") return Value(groups_);
    if (name == "groupindex") {
      Value index = Value::dict();
      for (const auto& [key, number] : names_) index.set(key, Value(number));
      return index;
    }
    return std::nullopt;
  }
  std::string repr() override { return "re.compile(" + Value(text_).repr() + ")"; }
  bool equals(const Value& other) override {
    const auto* pattern = other.as<Pattern>();
    return pattern != nullptr && pattern->text_ == text_ && pattern->flags_ == flags_;
  }

 private:
  void read_names() {
    std::uint32_t count = 0;
    std::uint32_t size = 0;
    PCRE2_SPTR table = nullptr;
    pcre2_pattern_info(code_, PCRE2_INFO_NAMECOUNT, &count);
    pcre2_pattern_info(code_, PCRE2_INFO_NAMEENTRYSIZE, &size);
    pcre2_pattern_info(code_, PCRE2_INFO_NAMETABLE, &table);
    for (std::uint32_t i = 0; i < count; ++i, table += size) {
      const std::size_t number = static_cast<std::size_t>(table[0] << 8 | table[1]);
      names_.emplace_back(reinterpret_cast<const char*>(table + 2), number);
    }
    std::sort(names_.begin(), names_.end(),
              [](const auto& a, const auto& b) { return a.second < b.second; });
  }

  std::string text_;
  std::int64_t flags_;
  pcre2_code* code_ = nullptr;
  pcre2_match_context* context_ = nullptr;
  pcre2_match_data* data_ = nullptr;
  std::size_t groups_ = 0;
  std::vector<std::pair<std::string, std::size_t>> names_;
};

class Match : public MethodObject {
 public:
  Match(Value pattern, Value text, Groups groups)
      : pattern_(std::move(pattern)), text_(std::move(text)), groups_(std::move(groups)) {}
  const Pattern& pattern() const { return *pattern_.as<Pattern>(); }
  std::size_t size() const { return groups_.size(); }
  Value group(std::size_t i, const Value& fallback) const {
    const auto [begin, end] = groups_[i];
    if (begin == std::string::npos) return fallback;
    return Value(text_.as_str().substr(begin, end - begin));
  }
  // Positions in code points, -1 when the group took no part.
  std::pair<std::int64_t, std::int64_t> span(std::size_t i) const {
    const auto [begin, end] = groups_[i];
    if (begin == std::string::npos) return {-1, -1};
    const std::string_view text = text_.as_str();
    return {static_cast<std::int64_t>(count_points(text.substr(0, begin))),
            static_cast<std::int64_t>(count_points(text.substr(0, end)))};
  }
  std::string expand(std::string_view replacement) const;

  std::string type_name() const override { return "Match"; }
  std::string qualified_type_name() const override { return "re.Match"; }
  const MethodTable& methods() const override;
  std::optional<Value> get_item(const Value& key) override {
    return group(pattern().group_number(key), Value());
  }
  std::optional<Value> attribute(Name name) override {
    if (name == "string") return text_;
    if (name == "re") return pattern_;
    if (name == "pos") return Value(0);
    if (name == "endpos") return Value(text_.length());
    if (name == "lastindex") {
      for (std::size_t i = groups_.size(); i-- > 1;) {
        if (groups_[i].first != std::string::npos) return Value(i);
      }
      return Value();
    }
    return std::nullopt;
  }
  bool truthy() override { return true; }
  std::string repr() override {
    const auto [begin, end] = span(0);
    return fmt::format("<re.Match object; span=({}, {}), match={}>", begin, end,
                       group(0, Value()).repr());
  }

 private:
  Value pattern_;
  Value text_;
  Groups groups_;
};

// --- Replacement texts -------------------------------------------------------------------------

std::string Match::expand(std::string_view text) const {
  std::string out;
  const auto add = [&](std::size_t number) {
    if (number >= groups_.size()) {
      raise(ErrorType::kRegex, fmt::format("invalid group reference {}", number));
    }
    out += group(number, Value("")).as_str();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    if (++i == text.size()) raise(ErrorType::kRegex, "bad escape (end of pattern)");
    const char c = text[i];
    if (c == 'g') {
      const std::size_t close = text.find('>', i);
      if (i + 1 >= text.size() || text[i + 1] != '<' || close == std::string_view::npos) {
        raise(ErrorType::kRegex, "missing <");
      }
      const std::string_view name = text.substr(i + 2, close - i - 2);
      const bool digits = !name.empty() && name.find_first_not_of("0123456789") == name.npos;
      if (digits) add(name.size() > 6 ? groups_.size() : std::stoul(std::string(name)));
      else {
        try {
          add(pattern().group_number(Value(name)));
        } catch (const TemplateError& error) {
          if (error.type != ErrorType::kIndexError) throw;
          raise(ErrorType::kIndexError, fmt::format("unknown group name '{}'", name));
        }
      }
      i = close;
    } else if (c >= '1' && c <= '9') {
      std::size_t number = static_cast<std::size_t>(c - '0');
      if (i + 1 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '9') {
        number = number * 10 + static_cast<std::size_t>(text[++i] - '0');
      }
      add(number);
    } else {
      switch (c) {
        case 'n': out += '\n'; break;
        case 't': out += '\t'; break;
        case 'r': out += '\r'; break;
        case 'f': out += '\f'; break;
        case 'v': out += '\v'; break;
        case 'a': out += '\a'; break;
        case 'b': out += '\b'; break;
        case '0': out += '\0'; break;
        case '\\': out += '\\'; break;
        default:
          if ((c | 32) >= 'a' && (c | 32) <= 'z') {
            raise(ErrorType::kRegex, fmt::format("bad escape \\{} at position {}", c, i - 1));
          }
          out += '\\';
          out += c;
      }
    }
  }
  return out;
}

// --- The operations ----------------------------------------------------------------------------

Value pattern_of(const Value& pattern, const Value& flags) {
  const std::int64_t bits = to_index(flags);
  if (pattern.as<Pattern>() != nullptr) {
    if (bits != 0) raise_value_error("cannot process flags argument with a compiled pattern");
    return pattern;
  }
  if (!pattern.is_str()) raise_type_error("first argument must be string or compiled pattern");
  // Compiled patterns of this thread, the latest first.
  struct Cached {
    std::string text;
    std::int64_t flags;
    Value pattern;
  };
  constexpr std::size_t kMostCached = 64;
  thread_local std::list<Cached> cache;
  for (auto at = cache.begin(); at != cache.end(); ++at) {
    if (at->flags != bits || at->text != pattern.as_str()) continue;
    cache.splice(cache.begin(), cache, at);
    return cache.front().pattern;
  }
  cache.push_front({pattern.as_str(), bits, make_object<Pattern>(pattern.as_str(), bits)});
  if (cache.size() > kMostCached) cache.pop_back();
  return cache.front().pattern;
}

const std::string& subject(const Value& text) {
  if (!text.is_str()) {
    raise_type_error(
        fmt::format("expected string or bytes-like object, got '{}'", text.type_name()));
  }
  return text.as_str();
}

enum class Where { kSearch, kStart, kWhole };

Value match_at(const Value& pattern, const Value& text, Where where) {
  std::uint32_t options = 0;
  if (where != Where::kSearch) options |= PCRE2_ANCHORED;
  if (where == Where::kWhole) options |= PCRE2_ENDANCHORED;
  auto groups = pattern.as<Pattern>()->find(subject(text), 0, options);
  if (!groups) return Value();
  return make_object<Match>(pattern, text, std::move(*groups));
}

Value find_all(const Value& pattern, const Value& text) {
  std::vector<Value> found;
  const Pattern& compiled = *pattern.as<Pattern>();
  compiled.each(subject(text), [&](const Groups& groups) {
    const Match match(pattern, text, groups);
    if (compiled.groups() == 0) found.push_back(match.group(0, Value()));
    else if (compiled.groups() == 1) found.push_back(match.group(1, Value("")));
    else {
      std::vector<Value> row;
      for (std::size_t i = 1; i < match.size(); ++i) row.push_back(match.group(i, Value("")));
      found.push_back(Value::tuple(std::move(row)));
    }
    return true;
  });
  return Value::list(std::move(found));
}

Value find_iter(const Value& pattern, const Value& text) {
  std::vector<Value> found;
  pattern.as<Pattern>()->each(subject(text), [&](const Groups& groups) {
    found.push_back(make_object<Match>(pattern, text, groups));
    return true;
  });
  return generator("callable_iterator", iterate(Value::list(std::move(found))));
}

Value split_by(const Value& pattern, const Value& text, const Value& limit) {
  const std::int64_t most = to_index(limit);
  const std::string& source = subject(text);
  std::vector<Value> parts;
  std::size_t from = 0;
  std::int64_t count = 0;
  pattern.as<Pattern>()->each(source, [&](const Groups& groups) {
    if (most > 0 && count == most) return false;
    ++count;
    parts.emplace_back(source.substr(from, groups[0].first - from));
    const Match match(pattern, text, groups);
    for (std::size_t i = 1; i < groups.size(); ++i) parts.push_back(match.group(i, Value()));
    from = groups[0].second;
    return true;
  });
  parts.emplace_back(source.substr(from));
  return Value::list(std::move(parts));
}

std::pair<std::string, std::int64_t> substitute(Interp& interp, const Value& pattern,
                                                const Value& replacement, const Value& text,
                                                const Value& limit) {
  const std::int64_t most = to_index(limit);
  const std::string& source = subject(text);
  std::string out;
  std::size_t from = 0;
  std::int64_t count = 0;
  pattern.as<Pattern>()->each(source, [&](const Groups& groups) {
    if (most > 0 && count == most) return false;
    ++count;
    out += source.substr(from, groups[0].first - from);
    from = groups[0].second;
    if (replacement.is_str()) {
      out += Match(pattern, text, groups).expand(replacement.as_str());
      return true;
    }
    Args args;
    args.positional.push_back(make_object<Match>(pattern, text, groups));
    out += interp.call(replacement, args).as_str();
    return true;
  });
  out += source.substr(from);
  return {std::move(out), count};
}

// --- Methods -----------------------------------------------------------------------------------

std::vector<Value> bound_text(const char* name, const Args& args) {
  const Signature signature(name, {{"string", {}}, {"pos", Value(0)}, {"endpos", Value()}});
  return signature.bind(args);
}

Value p_match(CallContext&, const Value& self, const Args& args) {
  return match_at(self, bound_text("match", args)[0], Where::kStart);
}
Value p_search(CallContext&, const Value& self, const Args& args) {
  return match_at(self, bound_text("search", args)[0], Where::kSearch);
}
Value p_fullmatch(CallContext&, const Value& self, const Args& args) {
  return match_at(self, bound_text("fullmatch", args)[0], Where::kWhole);
}
Value p_findall(CallContext&, const Value& self, const Args& args) {
  return find_all(self, bound_text("findall", args)[0]);
}
Value p_finditer(CallContext&, const Value& self, const Args& args) {
  return find_iter(self, bound_text("finditer", args)[0]);
}
Value p_split(CallContext&, const Value& self, const Args& args) {
  static const Signature signature("split", {{"string", {}}, {"maxsplit", Value(0)}});
  const auto bound = signature.bind(args);
  return split_by(self, bound[0], bound[1]);
}
Value p_sub(CallContext& context, const Value& self, const Args& args) {
  static const Signature signature("sub", {{"repl", {}}, {"string", {}}, {"count", Value(0)}});
  const auto bound = signature.bind(args);
  return Value(substitute(context.interp, self, bound[0], bound[1], bound[2]).first);
}
Value p_subn(CallContext& context, const Value& self, const Args& args) {
  static const Signature signature("subn", {{"repl", {}}, {"string", {}}, {"count", Value(0)}});
  const auto bound = signature.bind(args);
  auto [text, count] = substitute(context.interp, self, bound[0], bound[1], bound[2]);
  return Value::tuple({Value(std::move(text)), Value(count)});
}

const Match& match_of(const Value& self) { return *self.as<Match>(); }

Value m_group(CallContext&, const Value& self, const Args& args) {
  const Match& match = match_of(self);
  if (args.size() == 0) return match.group(0, Value());
  std::vector<Value> groups;
  for (const Value& id : args.positional) {
    groups.push_back(match.group(match.pattern().group_number(id), Value()));
  }
  return groups.size() == 1 ? groups[0] : Value::tuple(std::move(groups));
}
Value m_groups(CallContext&, const Value& self, const Args& args) {
  static const Signature signature("groups", {{"default", Value()}});
  const auto bound = signature.bind(args);
  std::vector<Value> groups;
  for (std::size_t i = 1; i < match_of(self).size(); ++i) {
    groups.push_back(match_of(self).group(i, bound[0]));
  }
  return Value::tuple(std::move(groups));
}
Value m_groupdict(CallContext&, const Value& self, const Args& args) {
  static const Signature signature("groupdict", {{"default", Value()}});
  const auto bound = signature.bind(args);
  Value out = Value::dict();
  for (const auto& [name, number] : match_of(self).pattern().names()) {
    out.set(name, match_of(self).group(number, bound[0]));
  }
  return out;
}
std::pair<std::int64_t, std::int64_t> span_of(const Value& self, const Args& args) {
  const Match& match = match_of(self);
  return match.span(args.size() == 0 ? 0 : match.pattern().group_number(args[0]));
}
Value m_start(CallContext&, const Value& self, const Args& args) {
  return Value(span_of(self, args).first);
}
Value m_end(CallContext&, const Value& self, const Args& args) {
  return Value(span_of(self, args).second);
}
Value m_span(CallContext&, const Value& self, const Args& args) {
  const auto [begin, end] = span_of(self, args);
  return Value::tuple({Value(begin), Value(end)});
}
Value m_expand(CallContext&, const Value& self, const Args& args) {
  if (args.size() != 1) raise_type_error("expand() missing required argument 'template' (pos 1)");
  return Value(match_of(self).expand(args[0].as_str()));
}

const MethodTable& Pattern::methods() const {
  static const MethodTable table = {
      {Name("match"), p_match},
      {Name("search"), p_search},
      {Name("fullmatch"), p_fullmatch},
      {Name("findall"), p_findall},
      {Name("finditer"), p_finditer},
      {Name("split"), p_split},
      {Name("sub"), p_sub},
      {Name("subn"), p_subn},
  };
  return table;
}

const MethodTable& Match::methods() const {
  static const MethodTable table = {
      {Name("group"), m_group},   {Name("groups"), m_groups}, {Name("groupdict"), m_groupdict},
      {Name("start"), m_start},   {Name("end"), m_end},       {Name("span"), m_span},
      {Name("expand"), m_expand},
  };
  return table;
}

// re.escape: everything that could mean something gets a backslash.
std::string escape_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("()[]{}?*+-|^$\\.&~# \t\n\r\v\f").find(c) != std::string_view::npos) {
      out += '\\';
    }
    out += c;
  }
  return out;
}

template <class Run>
Value text_function(const char* name, Run run) {
  return native(name, {{"pattern", {}}, {"string", {}}, {"flags", Value(0)}},
                [run](CallContext&, std::vector<Value>& args) {
                  return run(pattern_of(args[0], args[2]), args[1]);
                });
}

Value sub_function(const char* name, bool with_count) {
  return native(
      name,
      {{"pattern", {}}, {"repl", {}}, {"string", {}}, {"count", Value(0)}, {"flags", Value(0)}},
      [with_count](CallContext& context, std::vector<Value>& args) {
        auto [text, count] =
            substitute(context.interp, pattern_of(args[0], args[4]), args[1], args[2], args[3]);
        if (!with_count) return Value(std::move(text));
        return Value::tuple({Value(std::move(text)), Value(count)});
      });
}

}  // namespace

Value re_module() {
  Value module = Value::dict({
      {"match",
       text_function("match",
                     [](const Value& p, const Value& s) { return match_at(p, s, Where::kStart); })},
      {"fullmatch",
       text_function("fullmatch",
                     [](const Value& p, const Value& s) { return match_at(p, s, Where::kWhole); })},
      {"search",
       text_function("search", [](const Value& p,
                                  const Value& s) { return match_at(p, s, Where::kSearch); })},
      {"findall", text_function("findall", find_all)},
      {"finditer", text_function("finditer", find_iter)},
      {"sub", sub_function("sub", false)},
      {"subn", sub_function("subn", true)},
      {"split",
       native("split",
              {{"pattern", {}}, {"string", {}}, {"maxsplit", Value(0)}, {"flags", Value(0)}},
              [](CallContext&, std::vector<Value>& args) {
                return split_by(pattern_of(args[0], args[3]), args[1], args[2]);
              })},
      {"compile",
       native("compile", {{"pattern", {}}, {"flags", Value(0)}},
              [](CallContext&, std::vector<Value>& args) { return pattern_of(args[0], args[1]); })},
      {"escape", native("escape", {{"pattern", {}}},
                        [](CallContext&, std::vector<Value>& args) {
                          return Value(escape_text(args[0].as_str()));
                        })},
      {"purge", native("purge", [](CallContext&, const Args&) { return Value(); })},
  });
  const std::pair<const char*, std::int64_t> flags[] = {{"NOFLAG", 0},
                                                        {"I", kIgnoreCase},
                                                        {"IGNORECASE", kIgnoreCase},
                                                        {"L", 4},
                                                        {"LOCALE", 4},
                                                        {"M", kMultiline},
                                                        {"MULTILINE", kMultiline},
                                                        {"S", kDotAll},
                                                        {"DOTALL", kDotAll},
                                                        {"U", kUnicode},
                                                        {"UNICODE", kUnicode},
                                                        {"X", kVerbose},
                                                        {"VERBOSE", kVerbose},
                                                        {"A", kAscii},
                                                        {"ASCII", kAscii}};
  for (const auto& [name, bits] : flags) module.set(name, Value(bits));
  return module;
}

}  // namespace floe::jinja
