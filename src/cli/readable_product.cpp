// SPDX-License-Identifier: Apache-2.0
#include "cli/readable_product.h"

#include "core/platform/tighten.h"

namespace floe::cli {

namespace {

Error unreadable_product(const OpenProduct& opened, const Output& output, ErrorKind kind,
                         std::string message) {
  report_diagnostics(output, opened.sink->sorted(*opened.sources), *opened.sources);
  return Error{kind, std::move(message), "", nullptr};
}

}  // namespace

Result<std::unique_ptr<ReadableProduct>> open_readable(const Args& args, const Output& output,
                                                       std::string_view command) {
  auto product = std::make_unique<ReadableProduct>();
  product->options = FLOE_TRY(product_options(args, command));
  product->options.lock = core::LockUse::kIgnore;
  product->opened = FLOE_TRY(open_product("."));
  OpenProduct& opened = product->opened;
  if (opened.sink->has_errors()) {
    return tl::unexpected(
        unreadable_product(opened, output, ErrorKind::kUsage, "floe.yaml has mistakes"));
  }
  product->platform = FLOE_TRY(open_platform(opened, product->options)).platform;
  core::tighten_platform(product->platform, opened.product, *opened.sources, *opened.sink);
  product->transforms = transform_projects(opened);
  if (opened.sink->has_errors()) {
    return tl::unexpected(
        unreadable_product(opened, output, ErrorKind::kUsage, "floe.yaml has mistakes"));
  }
  return product;
}

Result<dbt::Loaded> load_readable(const ReadableProduct& product, const TransformProject& transform,
                                  const Output& output) {
  const OpenProduct& opened = product.opened;
  const dbt::LoadOptions load =
      FLOE_TRY(transform_load_options(opened, product.platform, transform, product.options));
  std::optional<dbt::Loaded> loaded = dbt::load_project(load, *opened.sources, *opened.sink);
  if (!loaded || opened.sink->has_errors()) {
    return tl::unexpected(unreadable_product(opened, output, ErrorKind::kViolation,
                                             "the dbt project cannot be read"));
  }
  return std::move(*loaded);
}

}  // namespace floe::cli
