// SPDX-License-Identifier: Apache-2.0
#include "value/yaml.h"

#include "base/text.h"
#include "value/yaml_problem.h"
#include "value/yaml_scalar.h"

#include <fmt/format.h>
#include <yaml.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace floe::value {

namespace {

/// Thrown inside this file only: the first mistake that ends reading, already in the sink.
struct YamlStop {};

/// Turns libyaml's positions, which count code points, into bytes.
class ByteOffsets {
 public:
  explicit ByteOffsets(std::string_view text) : text_(text) {
    const auto wide = [](char c) { return (static_cast<unsigned char>(c) & 0x80) != 0; };
    if (std::none_of(text.begin(), text.end(), wide)) return;
    std::size_t points = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
      if ((static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) continue;
      if (points++ % kStep == 0) marks_.push_back(at);
    }
  }

  std::size_t of(std::size_t code_point) const {
    if (marks_.empty()) return std::min(code_point, text_.size());
    // libyaml mostly goes on from where it was: so does this.
    if (code_point < last_point_ || code_point - last_point_ > kStep) {
      const std::size_t mark = std::min(code_point / kStep, marks_.size() - 1);
      last_point_ = mark * kStep;
      last_byte_ = marks_[mark];
    }
    for (; last_point_ < code_point && last_byte_ < text_.size(); ++last_point_) {
      ++last_byte_;
      while (last_byte_ < text_.size() &&
             (static_cast<unsigned char>(text_[last_byte_]) & 0xC0) == 0x80) {
        ++last_byte_;
      }
    }
    return last_byte_;
  }

 private:
  static constexpr std::size_t kStep = 64;
  std::string_view text_;
  std::vector<std::size_t> marks_;  // of every kStep-th code point; empty: all is ASCII
  mutable std::size_t last_point_ = 0;
  mutable std::size_t last_byte_ = 0;
};

/// Owns one libyaml parser.
class EventStream {
 public:
  explicit EventStream(std::string_view text) {
    if (yaml_parser_initialize(&parser_) == 0) throw std::bad_alloc();
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    if (text.data() == nullptr) text = "";  // libyaml aborts the process on a null pointer
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()),
                                 text.size());
  }
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;
  ~EventStream() {
    yaml_event_delete(&event_);
    yaml_parser_delete(&parser_);
  }
  /// The next event, valid until the next call; nullptr after a mistake.
  const yaml_event_t* next() {
    yaml_event_delete(&event_);
    return yaml_parser_parse(&parser_, &event_) == 0 ? nullptr : &event_;
  }
  const yaml_parser_t& parser() const { return parser_; }

 private:
  yaml_parser_t parser_{};
  yaml_event_t event_{};
};

std::string_view event_text(const yaml_char_t* text) {
  return text == nullptr ? std::string_view() : reinterpret_cast<const char*>(text);
}

/// What two keys of a mapping must share to be the same key: the text, or kind and value.
std::string key_identity(const Member& member) {
  if (member.key_kind == Kind::kString) return "s" + member.key;
  if (member.key_kind == Kind::kNull) return "n";
  const auto kind = member.key_kind == Kind::kBool    ? ScalarKind::kBool
                    : member.key_kind == Kind::kInt   ? ScalarKind::kInt
                    : member.key_kind == Kind::kFloat ? ScalarKind::kFloat
                                                      : ScalarKind::kTimestamp;
  const auto value = make_scalar(member.key, kind, YamlSchema::kYaml11);
  if (!value) return "s" + member.key;
  if (value->is_bool()) return value->as_bool() ? "btrue" : "bfalse";
  if (value->is_number()) return fmt::format("#{}", value->as_double());
  return "t" + member.key;
}

class YamlReader {
 public:
  YamlReader(const diag::Source& source, const YamlOptions& options, diag::Sink& sink)
      : source_(source),
        options_(options),
        sink_(sink),
        skipped_(source.text.starts_with("\xEF\xBB\xBF") ? 3 : 0),
        text_(std::string_view(source.text).substr(skipped_)) {
    if (!options.stripped) return;
    const std::string_view inner = trim(text_);
    if (!inner.empty()) skipped_ += static_cast<std::size_t>(inner.data() - text_.data());
    text_ = inner;
  }

  Value read() {
    check_encoding();
    const ByteOffsets offsets(text_);
    offsets_ = &offsets;
    EventStream events(text_);
    for (bool seen = false;;) {
      const yaml_event_t* event = events.next();
      if (event == nullptr) stop_at_problem(events.parser());
      if (event->type == YAML_STREAM_END_EVENT) break;
      if (event->type == YAML_DOCUMENT_START_EVENT) {
        if (seen) {
          stop("C008", "a second document starts here, and only one is allowed",
               place(event->start_mark, event->end_mark), "put it into a file of its own");
        }
        seen = true;
      }
      take(*event);
    }
    return std::move(root_);
  }

  /// Whether a mistake was found that did not end reading.
  bool failed() const { return failed_; }

 private:
  /// A list or mapping that is still open.
  struct Frame {
    Value value;
    std::string anchor;
    std::size_t nodes_before = 0;
    bool flow = false;
    bool has_key = false;
    bool key_is_merge = false;
    bool merges_first = false;  // its first key is `<<`
    Member key;
    std::vector<Value> merges;  // the values of `<<`
  };

  /// A finished node that has a name. As a key its text is needed, not its value.
  struct Anchored {
    Value value;
    std::string key_text;
    std::size_t nodes = 1;
  };

  [[noreturn]] void stop(std::string code, std::string message, diag::Span span,
                         std::string help = {}) {
    sink_.error(std::move(code), std::move(message), span, std::move(help));
    throw YamlStop();
  }

  diag::Span bytes(std::size_t begin, std::size_t end) const {
    return source_.span(skipped_ + begin, skipped_ + end);
  }

  diag::Span place(const yaml_mark_t& begin, const yaml_mark_t& end) const {
    return bytes(offsets_->of(begin.index), offsets_->of(end.index));
  }

  void check_encoding() {
    if (text_.starts_with("\xFF\xFE") || text_.starts_with("\xFE\xFF")) {
      stop("C001", "the file is in UTF-16, not in UTF-8", bytes(0, 2), "save it as UTF-8");
    }
    if (const std::size_t bad = find_invalid_utf8(text_); bad != std::string_view::npos) {
      stop("C001",
           fmt::format("byte 0x{:02X} at offset {} is not valid UTF-8",
                       static_cast<unsigned char>(text_[bad]), bad + skipped_),
           bytes(bad, bad + 1), "save the file as UTF-8");
    }
    const auto control = std::find_if(text_.begin(), text_.end(), [](char c) {
      const auto byte = static_cast<unsigned char>(c);
      return byte == 0x7F || (byte < 0x20 && c != '\n' && c != '\t' && c != '\r');
    });
    if (control == text_.end()) return;
    const auto at = static_cast<std::size_t>(control - text_.begin());
    const std::string what = *control == '\0' ? std::string("a NUL byte")
                                              : fmt::format("the control character 0x{:02X}",
                                                            static_cast<unsigned char>(*control));
    stop("C001", fmt::format("{} at offset {} is not allowed in YAML", what, at + skipped_),
         bytes(at, at + 1),
         *control == '\0' ? "is this a text file?" : "in a double-quoted text write it as '\\xNN'");
  }

  [[noreturn]] void stop_at_problem(const yaml_parser_t& parser) {
    const std::string_view problem = parser.problem == nullptr ? "" : parser.problem;
    const std::string_view context = parser.context == nullptr ? "" : parser.context;
    if (parser.error == YAML_MEMORY_ERROR) throw std::bad_alloc();
    if (parser.error == YAML_READER_ERROR) {
      const std::size_t at = std::min(parser.problem_offset, text_.size());
      stop("C001",
           fmt::format("the character U+{:04X} at offset {} is not allowed in YAML",
                       parser.problem_value, at + skipped_),
           bytes(at, at), "in a double-quoted text write it as '\\uNNNN'");
    }
    const std::size_t at = std::min(offsets_->of(parser.problem_mark.index), text_.size());
    std::size_t end = at;
    if (end < text_.size() && text_[end] != '\n' && text_[end] != '\r') {
      do ++end;
      while (end < text_.size() && (static_cast<unsigned char>(text_[end]) & 0xC0) == 0x80);
    }
    const std::size_t line = text_.substr(0, at).rfind('\n') + 1;
    YamlProblem words =
        describe_yaml_problem(problem, context, text_.substr(at), text_.substr(line, at - line));
    diag::Diagnostic trouble{.code = "C002",
                             .message = std::move(words.message),
                             .span = bytes(at, end),
                             .help = std::move(words.help)};
    if (!context.empty() && parser.context_mark.line != parser.problem_mark.line) {
      const std::size_t began = std::min(offsets_->of(parser.context_mark.index), text_.size());
      trouble.labels.push_back({bytes(began, began), "what it belongs to starts here"});
    }
    sink_.add(std::move(trouble));
    throw YamlStop();
  }

  void take(const yaml_event_t& event) {
    switch (event.type) {
      case YAML_SCALAR_EVENT: take_scalar(event); break;
      case YAML_SEQUENCE_START_EVENT:
      case YAML_MAPPING_START_EVENT: open(event); break;
      case YAML_SEQUENCE_END_EVENT:
      case YAML_MAPPING_END_EVENT: close(event); break;
      case YAML_ALIAS_EVENT: take_alias(event); break;
      default: break;
    }
  }

  bool expects_key() const {
    return !frames_.empty() && frames_.back().value.is_map() && !frames_.back().has_key;
  }

  void count_node(std::size_t nodes, diag::Span span) {
    nodes_ += nodes;
    if (nodes_ > options_.max_nodes) {
      stop("C005", fmt::format("the document has more than {} values", options_.max_nodes), span);
    }
  }

  /// What a scalar event is: its tag, or its looks.
  ScalarKind scalar_kind(const yaml_event_t& event, std::string_view text, diag::Span span) {
    const auto& scalar = event.data.scalar;
    const std::string_view tag = event_text(scalar.tag);
    if (tag.empty() || tag == "!") {
      // libyaml says what is to be judged by its looks; with a '!' before it PyYAML judges even
      // quoted texts so.
      const bool by_looks = scalar.plain_implicit != 0 && (options_.schema == YamlSchema::kYaml11 ||
                                                           scalar.style == YAML_PLAIN_SCALAR_STYLE);
      return by_looks ? classify_scalar(text, options_.schema) : ScalarKind::kString;
    }
    constexpr std::string_view kYamlTag = "tag:yaml.org,2002:";
    if (tag.starts_with(kYamlTag)) {
      const std::string_view name = tag.substr(kYamlTag.size());
      if (name == "str") return ScalarKind::kString;
      if (name == "int") return ScalarKind::kInt;
      if (name == "float") return ScalarKind::kFloat;
      if (name == "bool") return ScalarKind::kBool;
      if (name == "null") return ScalarKind::kNull;
      if (name == "timestamp") return ScalarKind::kTimestamp;
    }
    stop_at_tag(tag, span);
  }

  [[noreturn]] void stop_at_tag(std::string_view tag, diag::Span span) {
    constexpr std::string_view kYamlTag = "tag:yaml.org,2002:";
    const std::string shown = tag.starts_with(kYamlTag)
                                  ? "!!" + std::string(tag.substr(kYamlTag.size()))
                                  : std::string(tag);
    stop("C006", fmt::format("the tag '{}' is not supported here", shown), span,
         "remove the tag, or quote the value if '!' belongs to a text");
  }

  void take_scalar(const yaml_event_t& event) {
    const auto& scalar = event.data.scalar;
    const std::string_view text(reinterpret_cast<const char*>(scalar.value), scalar.length);
    const diag::Span span = place(event.start_mark, event.end_mark);
    count_node(1, span);
    ScalarKind kind = scalar_kind(event, text, span);
    const bool quoted = scalar.style != YAML_PLAIN_SCALAR_STYLE;
    if (expects_key()) {
      if (kind == ScalarKind::kEquals) kind = ScalarKind::kString;
      take_key(text, kind, span, event_text(scalar.anchor));
      return;
    }
    if (kind == ScalarKind::kMerge || kind == ScalarKind::kEquals) {
      stop("C006", fmt::format("'{}' has a special meaning in YAML 1.1 and is no value", text),
           span, "quote it");
    }
    Value value = scalar_value(text, kind, span);
    value.quoted = quoted;
    if (scalar.anchor != nullptr) {
      define(event_text(scalar.anchor), {value, std::string(text), 1}, span);
    }
    put(std::move(value));
  }

  /// Keeps a finished node under its name. YAML 1.2 lets a name be given again, PyYAML does not.
  void define(std::string_view name, Anchored node, diag::Span span) {
    refuse_second_anchor(name, span);
    anchors_.insert_or_assign(std::string(name), std::move(node));
  }

  void refuse_second_anchor(std::string_view name, diag::Span span) {
    if (options_.schema == YamlSchema::kYaml11 && anchors_.contains(std::string(name))) {
      stop("C007", fmt::format("the anchor '&{}' is there twice", name), span,
           "give each anchor a name of its own");
    }
  }

  Value scalar_value(std::string_view text, ScalarKind kind, diag::Span span) {
    std::optional<Value> value = make_scalar(text, kind, options_.schema);
    if (!value) {
      const std::string_view wanted = kind == ScalarKind::kInt     ? "whole number"
                                      : kind == ScalarKind::kFloat ? "number"
                                      : kind == ScalarKind::kBool  ? "boolean"
                                                                   : "date";
      stop("C006", fmt::format("'{}' is no {}", text, wanted), span, "quote it if it is a text");
    }
    value->span = span;
    return *std::move(value);
  }

  void take_key(std::string_view text, ScalarKind kind, diag::Span span, std::string_view anchor) {
    Frame& frame = frames_.back();
    frame.has_key = true;
    frame.key_is_merge = kind == ScalarKind::kMerge;
    if (frame.key_is_merge && frame.value.empty() && frame.merges.empty()) {
      frame.merges_first = true;
    }
    frame.key.key.assign(text);
    frame.key.key_span = span;
    frame.key.key_kind = Kind::kString;
    switch (kind) {
      case ScalarKind::kNull: frame.key.key_kind = Kind::kNull; break;
      case ScalarKind::kBool: frame.key.key_kind = Kind::kBool; break;
      case ScalarKind::kInt: frame.key.key_kind = Kind::kInt; break;
      case ScalarKind::kFloat: frame.key.key_kind = Kind::kFloat; break;
      case ScalarKind::kTimestamp: frame.key.key_kind = Kind::kTimestamp; break;
      default: break;
    }
    if (!anchor.empty()) {
      Value value = frame.key_is_merge ? Value(text) : scalar_value(text, kind, span);
      define(anchor, {std::move(value), std::string(text), 1}, span);
    }
  }

  void open(const yaml_event_t& event) {
    const bool is_map = event.type == YAML_MAPPING_START_EVENT;
    const diag::Span span = place(event.start_mark, event.end_mark);
    count_node(1, span);
    if (frames_.size() == options_.max_depth) {
      stop("C004", fmt::format("nested deeper than {} levels", options_.max_depth), span);
    }
    if (expects_key()) stop_at_key(span);
    const std::string_view tag =
        event_text(is_map ? event.data.mapping_start.tag : event.data.sequence_start.tag);
    const std::string_view own_tag = is_map ? "tag:yaml.org,2002:map" : "tag:yaml.org,2002:seq";
    if (!tag.empty() && tag != "!" && tag != own_tag) stop_at_tag(tag, span);
    Frame& frame = frames_.emplace_back();
    frame.value = is_map ? Value::map() : Value::list();
    frame.value.span = span;
    frame.anchor =
        event_text(is_map ? event.data.mapping_start.anchor : event.data.sequence_start.anchor);
    frame.flow = is_map ? event.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
                        : event.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
    frame.nodes_before = nodes_ - 1;
    if (!frame.anchor.empty()) {
      refuse_second_anchor(frame.anchor, span);
      anchors_.erase(frame.anchor);
    }
  }

  [[noreturn]] void stop_at_key(diag::Span span) {
    stop("C009", "a list or mapping can't be a key", span,
         "quote a value that starts with '{' or '[', such as \"{{ … }}\"");
  }

  void close(const yaml_event_t& event) {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    Value& value = frame.value;
    if (value.is_map()) {
      const bool tell = options_.duplicates != nullptr && !frame.merges_first;
      settle_duplicates(value.edit_map(), options_.duplicate_keys_are_errors, tell);
      if (!frame.merges.empty()) {
        apply_merges(frame);
        settle_duplicates(value.edit_map(), false, tell);
      }
    }
    value.span.end = frame.flow ? place(event.end_mark, event.end_mark).end : last_end(value);
    if (!frame.anchor.empty()) {
      anchors_[frame.anchor] = {value, {}, nodes_ - frame.nodes_before};
    }
    put(std::move(value));
  }

  /// libyaml ends a block collection where the next thing starts; people mean its last child.
  static std::uint32_t last_end(const Value& value) {
    if (value.is_list() && !value.empty()) {
      return std::max(value.span.end, value.as_list().back().span.end);
    }
    if (!value.is_map() || value.empty()) return value.span.end;
    const Member& last = value.as_map().back();
    return std::max({value.span.end, last.key_span.end, last.value.span.end});
  }

  void take_alias(const yaml_event_t& event) {
    const std::string name(event_text(event.data.alias.anchor));
    const diag::Span span = place(event.start_mark, event.end_mark);
    const auto found = anchors_.find(name);
    if (found == anchors_.end()) {
      const bool open = std::any_of(frames_.begin(), frames_.end(),
                                    [&](const Frame& frame) { return frame.anchor == name; });
      stop("C007",
           open ? fmt::format("the alias '*{}' stands inside the value it names", name)
                : fmt::format("there is no anchor '&{}' before this alias", name),
           span,
           open ? "a value can't contain itself" : "quote the value if '*' belongs to a text");
    }
    const Anchored& anchored = found->second;
    aliased_nodes_ += anchored.nodes;
    if (aliased_nodes_ > options_.max_aliased_nodes) {
      stop("C005",
           fmt::format("the aliases of the document stand for more than {} values",
                       options_.max_aliased_nodes),
           span);
    }
    count_node(anchored.nodes, span);
    if (expects_key()) {
      if (anchored.value.is_list() || anchored.value.is_map()) stop_at_key(span);
      const ScalarKind kind = anchored.value.is_string()
                                  ? ScalarKind::kString
                                  : classify_scalar(anchored.key_text, options_.schema);
      take_key(anchored.key_text, kind, span, {});
      return;
    }
    put(anchored.value);
  }

  void put(Value value) {
    if (frames_.empty()) {
      root_ = std::move(value);
      return;
    }
    Frame& frame = frames_.back();
    if (frame.value.is_list()) {
      frame.value.edit_list().push_back(std::move(value));
      return;
    }
    frame.has_key = false;
    if (frame.key_is_merge) {
      frame.key_is_merge = false;
      collect_merge(frame, std::move(value));
      return;
    }
    frame.key.value = std::move(value);
    frame.value.edit_map().push_back(std::move(frame.key));
    frame.key = Member();
  }

  /// `<<: {…}` or `<<: [{…}, {…}]`, where the first mapping of the list wins.
  void collect_merge(Frame& frame, Value value) {
    if (value.is_map()) {
      frame.merges.push_back(std::move(value));
      return;
    }
    if (!value.is_list()) {
      stop("C006",
           "'<<' merges a mapping or a list of mappings, not " + std::string(value.kind_name()),
           value.span ? value.span : frame.key.key_span);
    }
    Value::List& items = value.edit_list();
    for (auto item = items.rbegin(); item != items.rend(); ++item) {
      if (!item->is_map()) {
        stop("C006",
             "'<<' merges a mapping or a list of mappings, not a list with " +
                 std::string(item->kind_name()),
             item->span);
      }
      frame.merges.push_back(std::move(*item));
    }
  }

  /// Puts the merged members before the own ones, as PyYAML does.
  static void apply_merges(Frame& frame) {
    Value::Map members;
    for (Value& merged : frame.merges) {
      std::move(merged.edit_map().begin(), merged.edit_map().end(), std::back_inserter(members));
    }
    Value::Map& own = frame.value.edit_map();
    std::move(own.begin(), own.end(), std::back_inserter(members));
    own = std::move(members);
  }

  /// Reports a key that is there twice, or keeps its first place with its last value (as a Python
  /// dict does).
  void settle_duplicates(Value::Map& members, bool is_mistake, bool tell) {
    if (!has_duplicates(members)) return;
    std::unordered_map<std::string, std::size_t> first;
    Value::Map kept;
    for (Member& member : members) {
      const auto [entry, is_new] = first.try_emplace(key_identity(member), kept.size());
      if (is_new) {
        kept.push_back(std::move(member));
        continue;
      }
      Member& earlier = kept[entry->second];
      if (is_mistake) {
        sink_.add({.code = "C003",
                   .message = fmt::format("the key '{}' is there twice", member.key),
                   .span = member.key_span,
                   .labels = {{earlier.key_span, "first defined here"}},
                   .help = "remove one of the two"});
        failed_ = true;
      }
      if (tell) options_.duplicates->push_back({member.key, member.key_span, earlier.key_span});
      earlier.value = std::move(member.value);
      earlier.key_span = member.key_span;
    }
    members = std::move(kept);
  }

  static bool has_duplicates(const Value::Map& members) {
    constexpr std::size_t kFew = 12;
    const auto same = [](const Member& a, const Member& b) {
      if (a.key_kind == Kind::kString && b.key_kind == Kind::kString) return a.key == b.key;
      return key_identity(a) == key_identity(b);
    };
    if (members.size() <= kFew) {
      for (std::size_t i = 1; i < members.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
          if (same(members[i], members[j])) return true;
        }
      }
      return false;
    }
    std::unordered_set<std::string> seen;
    for (const Member& member : members) {
      if (!seen.insert(key_identity(member)).second) return true;
    }
    return false;
  }

  const diag::Source& source_;
  const YamlOptions& options_;
  diag::Sink& sink_;
  std::size_t skipped_;  // bytes of a byte order mark
  std::string_view text_;
  const ByteOffsets* offsets_ = nullptr;
  std::vector<Frame> frames_;
  std::unordered_map<std::string, Anchored> anchors_;
  std::size_t nodes_ = 0;
  std::size_t aliased_nodes_ = 0;
  bool failed_ = false;
  Value root_;
};

}  // namespace

Value read_yaml(const diag::Source& source, const YamlOptions& options, diag::Sink& sink) {
  YamlReader reader(source, options, sink);
  try {
    Value value = reader.read();
    return reader.failed() ? Value() : value;
  } catch (const YamlStop&) {
    return {};
  }
}

}  // namespace floe::value
