// SPDX-License-Identifier: Apache-2.0
#include "policy/model_columns.h"

#include <fmt/core.h>

#include <map>

namespace floe::policy {

namespace {

std::optional<std::int64_t> size_limit(const Context& context, std::string_view key) {
  const value::Value* limit = context.platform.cost.find(key);
  if (limit == nullptr || !limit->is_int()) return std::nullopt;
  return limit->as_int();
}

void report_size(Report& report, const dbt::Node* node, diag::Span span, std::string what,
                 std::size_t number, std::int64_t limit, std::string_view key) {
  diag::Diagnostic finding;
  finding.message = fmt::format("{}: {}", std::move(what), number);
  finding.span = span;
  if (node != nullptr) finding.node = node->unique_id;
  finding.expected = fmt::format("at most {}", limit);
  finding.help = node == nullptr ? "make it two products, each with ports to the other's consumers"
                                 : "take it apart";
  report.finding(std::move(finding), fmt::format("governance.cost.{}", key));
}

void check_size_limit(const Context& context, Report& report) {
  const auto models = size_limit(context, "max_models_per_product");
  if (models && static_cast<std::int64_t>(context.models.size()) > *models) {
    report_size(report, nullptr, context.product.metadata_span,
                fmt::format("product '{}' has too many models", context.product.name),
                context.models.size(), *models, "max_models_per_product");
  }
  const auto fan_in = size_limit(context, "max_fan_in");
  const auto fan_out = size_limit(context, "max_fan_out");
  const auto width = size_limit(context, "max_columns_per_model");
  if (!fan_in && !fan_out && !width) return;
  std::map<std::string_view, std::size_t> readers;
  const auto over = [](std::size_t number, const std::optional<std::int64_t>& limit) {
    return limit && static_cast<std::int64_t>(number) > *limit;
  };
  const auto place = [](const dbt::Node& node) {
    return node.patch_span ? node.patch_span : node.span;
  };
  for (const dbt::Node* model : context.models) {
    std::size_t reads = 0;
    for (const std::string& id : model->depends_on_nodes) {
      if (!id.starts_with("model.")) continue;
      ++readers[id];
      ++reads;
    }
    if (over(reads, fan_in)) {
      report_size(report, model, place(*model),
                  fmt::format("model '{}' reads too many models", model->name), reads, *fan_in,
                  "max_fan_in");
    }
  }
  for (const dbt::Node* model : context.models) {
    const auto read_by = readers.find(model->unique_id);
    if (read_by != readers.end() && over(read_by->second, fan_out)) {
      report_size(report, model, place(*model),
                  fmt::format("model '{}' is read by too many models", model->name),
                  read_by->second, *fan_out, "max_fan_out");
    }
    const std::size_t columns = width ? model_columns(context, *model).columns.size() : 0;
    if (over(columns, width)) {
      report_size(report, model, place(*model),
                  fmt::format("model '{}' has too many columns", model->name), columns, *width,
                  "max_columns_per_model");
    }
  }
}

}  // namespace

extern const Rule rule_size_limit;
const Rule rule_size_limit = {
    "G014",
    "size-limit",
    Governs::kCost,
    "products and models stay within the platform's limits",
    R"(What is large costs: to run, and to understand. The platform can limit how many models a product has, how many models read one model
(fan-out), how many one model reads (fan-in), and how many columns a model has. Columns are counted as far as they are known.

Bad: a model that reads 40 others where `max_fan_in` is 20. Good: intermediate models that join what belongs together.

Set by `governance.cost`.
)",
    check_size_limit,
};

}  // namespace floe::policy
