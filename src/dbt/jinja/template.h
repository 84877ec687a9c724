// SPDX-License-Identifier: Apache-2.0
// Parsed templates: parsing, dbt's top-level blocks, and static questions about calls.
#pragma once

#include "dbt/jinja/error.h"
#include "dbt/jinja/object.h"
#include "dbt/jinja/value.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace floe::jinja {

struct Program;  // the syntax tree (internal)

/// A parameter of a macro as written.
struct MacroParam {
  std::string name;
  std::string annotation;      ///< "Optional[List[str]]" or ""
  std::string default_source;  ///< the text of the default expression
  bool has_default = false;
};

/// A macro-like definition at the top level of a template: macro, materialization, test, docs.
struct Definition {
  std::string kind;  ///< "macro", "materialization", "test", "data_test", "snapshot", "docs"
  std::string name;  ///< as written
  std::string internal_name;  ///< what Jinja sees: dbt_macro__NAME,
                              ///< dbt_macro__materialization_NAME_ADAPTER, ...
  std::vector<MacroParam> params;
  bool has_annotations = false;
  std::string adapter = "default";               ///< materialization only
  std::vector<std::string> supported_languages;  ///< materialization only, default sql
  std::size_t begin = 0, end = 0;                ///< bytes of {% macro ... %} ... {% endmacro %}
  std::size_t content_begin = 0, content_end = 0;
  int line = 1;
};

/// A template after parsing: immutable, shared by threads.
class Template {
 public:
  Template(std::string source, std::string name, std::unique_ptr<const Program> program);
  ~Template();
  const std::string& source() const { return source_; }
  const std::string& name() const { return name_; }
  /// Macro-like definitions at the top level, in order.
  const std::vector<Definition>& definitions() const;
  /// No {{, {% or {# in it: renders to itself.
  bool is_plain() const;
  const Program& program() const { return *program_; }

 private:
  std::string source_;
  std::string name_;
  std::unique_ptr<const Program> program_;
};
using TemplateRef = std::shared_ptr<const Template>;

/// What a parsed template is for: what is only read (definitions, static questions) is not made
/// ready to be rendered, and must not be.
enum class ParseFor { kRendering, kReading };

/// Parses a template. Throws TemplateError (kSyntax) with line and column.
TemplateRef parse_template(std::string source, std::string name = "<template>",
                           ParseFor purpose = ParseFor::kRendering);

/// Does the text hold any Jinja at all?
bool has_jinja(std::string_view source);

/// 1-based line and column (code points) of a byte offset.
std::pair<int, int> line_and_column(std::string_view source, std::size_t offset);

// --- The block scan ------------------------------------------------------------------------------

/// A top-level block as dbt's block lexer cuts it, found without parsing.
struct Block {
  std::string kind;                ///< tag name
  std::string name;                ///< the word after it, or ""
  std::size_t begin = 0, end = 0;  ///< the whole block: dbt's full_block / macro_sql
  std::size_t content_begin = 0, content_end = 0;  ///< between the tags: dbt's contents
  int line = 1;
};

/// A tag outside of the blocks that a file may have.
struct UnexpectedTag {
  std::string kind;
  std::size_t begin = 0, end = 0;
};

/// The blocks of the given kinds at the top level of a file. Throws TemplateError (kSyntax) on
/// nesting mistakes with dbt's wording. `unexpected` gets the other top-level tags.
std::vector<Block> scan_blocks(std::string_view source, const std::vector<std::string>& kinds,
                               std::vector<UnexpectedTag>* unexpected = nullptr);
/// The usual kinds: snapshot, macro, materialization, test, data_test, docs.
std::vector<Block> scan_blocks(std::string_view source);

// --- Static questions ----------------------------------------------------------------------------

/// An argument of a call: its value if literal, else nothing.
struct StaticArg {
  std::string name;              ///< keyword, "" if positional
  std::optional<Value> literal;  ///< None/bool/int/float/str and lists, tuples, dicts of them
  bool is_const = false;         ///< a plain literal (Jinja's Const node), not a list/dict/negation
  bool is_list = false;          ///< a [..] display (also with non-literal items)
  std::string source;            ///< the expression written back in dbt's unrendered-config form
};

/// A call expression found in a template.
struct StaticCall {
  /// "ref", "pkg.macro", "adapter.dispatch", "a.b.c" or "" when what is called is not a dotted
  /// name.
  std::string callee;
  std::vector<StaticArg> args;
  bool has_dynamic_args = false;  ///< *args or **kwargs
  bool all_literal = true;
  std::size_t begin = 0, end = 0;  ///< bytes of the call expression
  std::string macro;               ///< internal name of the enclosing top-level macro, or ""
  bool conditional = false;        ///< inside an if, a for, an inline if, and/or: may not run
  bool whole_expression = false;   ///< it is all there is in its {{ }}
};

/// Every call in the template, in the order in which Jinja's find_all(Call) yields them.
std::vector<StaticCall> static_calls(const Template& source);
/// The same; only calls of `with_args` carry their arguments.
std::vector<StaticCall> static_calls(const Template& source, std::string_view with_args);
/// Every name that is read (`this`, `execute`, ...), each once, in order of first use.
std::vector<std::string> static_names(const Template& source);
/// Names of filters and tests used.
std::vector<std::string> static_filters(const Template& source);
std::vector<std::string> static_tests(const Template& source);

}  // namespace floe::jinja
