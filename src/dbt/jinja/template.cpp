// SPDX-License-Identifier: Apache-2.0
#include "dbt/jinja/template.h"

#include "dbt/jinja/ast.h"
#include "dbt/jinja/parser.h"
#include "dbt/jinja/unicode.h"

#include <algorithm>

namespace floe::jinja {

void* Program::allocate(std::size_t bytes) {
  bytes = (bytes + 15) & ~std::size_t{15};
  if (used_ + bytes > capacity_) {
    capacity_ = std::max<std::size_t>(bytes, chunks_.empty() ? 2048 : 32768);
    chunks_.push_back(std::make_unique_for_overwrite<std::byte[]>(capacity_));
    used_ = 0;
  }
  void* memory = chunks_.back().get() + used_;
  used_ += bytes;
  return memory;
}

void parse_program(Program& program) {
  Parser parser(program);
  parser.parse();
}

Template::Template(std::string source, std::string name, std::unique_ptr<const Program> program)
    : source_(std::move(source)), name_(std::move(name)), program_(std::move(program)) {}

Template::~Template() = default;

const std::vector<Definition>& Template::definitions() const { return program_->definitions; }
bool Template::is_plain() const { return program_->plain; }

namespace {

std::string normal_newlines(std::string_view source) {
  std::string out;
  out.reserve(source.size());
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (source[i] != '\r') {
      out += source[i];
      continue;
    }
    out += '\n';
    if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
  }
  return out;
}

}  // namespace

bool has_jinja(std::string_view source) {
  for (std::size_t at = source.find('{'); at != std::string_view::npos && at + 1 < source.size();
       at = source.find('{', at + 1)) {
    const char next = source[at + 1];
    if (next == '{' || next == '%' || next == '#') return true;
  }
  return false;
}

TemplateRef parse_template(std::string source, std::string name, ParseFor purpose) {
  constexpr std::size_t kMaxSource = std::size_t{1} << 30;
  if (source.size() > kMaxSource) {
    raise(ErrorType::kLimit, "the template is too large");
  }
  auto program = std::make_unique<Program>();
  program->name = name;
  program->source = source.find('\r') == std::string::npos ? source : normal_newlines(source);
  if (program->source.ends_with('\n')) program->source.pop_back();
  if (has_jinja(program->source)) {
    parse_program(*program);
    if (purpose == ParseFor::kRendering) resolve_program(*program);
    for (Definition& definition : program->definitions) {
      definition.line = line_and_column(program->source, definition.begin).first;
    }
  } else {
    program->plain = true;
    auto* root = program->make<Function>();
    Node* data = program->make<Node>();
    data->op = Op::kData;
    data->text = program->source;
    Node* output = program->make<Node>();
    output->op = Op::kOutput;
    if (!program->source.empty()) {
      output->list = program->span(std::vector<Node*>{data});
      root->body = program->span(std::vector<Node*>{output});
    }
    program->root = root;
  }
  return std::make_shared<const Template>(std::move(source), std::move(name), std::move(program));
}

std::pair<int, int> line_and_column(std::string_view source, std::size_t offset) {
  offset = std::min(offset, source.size());
  const std::string_view before = source.substr(0, offset);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const std::size_t start = before.rfind('\n');
  const std::string_view line = start == std::string_view::npos ? before : before.substr(start + 1);
  return {static_cast<int>(lines) + 1, static_cast<int>(count_points(line)) + 1};
}

}  // namespace floe::jinja
