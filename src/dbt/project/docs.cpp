// SPDX-License-Identifier: Apache-2.0
// Documentation blocks of .md files.
#include "base/text.h"
#include "dbt/project/loader.h"
#include "dbt/project/python_text.h"

namespace floe::dbt {

namespace {

void load_doc_file(Loader& loader, const ProjectFile& file) {
  std::vector<jinja::Block> blocks;
  try {
    blocks = jinja::scan_blocks(file.contents, {"docs"});
  } catch (const jinja::TemplateError& error) {
    loader.template_error(error, file.source, file.source->span(0, 0), "");
    return;
  }
  const std::size_t start =
      static_cast<std::size_t>(file.contents.data() - file.source->text.data());
  for (const jinja::Block& block : blocks) {
    auto doc = std::make_unique<Doc>();
    doc->name = block.name;
    doc->package_name = file.package->name;
    doc->unique_id = "doc." + doc->package_name + "." + doc->name;
    doc->path = file.relative;
    doc->original_file_path = file.original;
    doc->span = file.source->span(start + block.begin, start + block.end);
    std::string text(
        file.contents.substr(block.content_begin, block.content_end - block.content_begin));
    if (jinja::has_jinja(text)) {
      try {
        jinja::Interp interp;
        text =
            interp.render(jinja::parse_template(text, file.source->path), jinja::builtin_context());
      } catch (const jinja::TemplateError& error) {
        loader.template_error(error, nullptr, doc->span, doc->unique_id);
      }
    }
    doc->block_contents = std::string(python_strip(text));
    std::unique_ptr<Doc>& slot = loader.project.docs[doc->unique_id];
    if (slot != nullptr) {
      diag::Diagnostic diagnostic;
      diagnostic.code = "T005";
      diagnostic.message = "dbt found two docs with the name \"" + doc->name + "\"";
      diagnostic.span = doc->span;
      diagnostic.labels.push_back({slot->span, "first defined here"});
      diagnostic.help = "rename one of the two blocks";
      loader.sink.add(std::move(diagnostic));
      continue;
    }
    slot = std::move(doc);
  }
}

}  // namespace

void load_docs(Loader& loader) {
  for (const PackageFiles& package : loader.files) {
    for (const ProjectFile& file : package.docs) {
      if (file.source != nullptr) load_doc_file(loader, file);
    }
  }
}

}  // namespace floe::dbt
