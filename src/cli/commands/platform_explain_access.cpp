// SPDX-License-Identifier: Apache-2.0
// `floe platform explain access`: who may read what, through which grant, and why not.
#include "base/term.h"
#include "base/text.h"
#include "cli/access_report.h"
#include "cli/enforce.h"
#include "cli/platform.h"
#include "cli/product.h"
#include "policy/access.h"
#include "value/json.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::cli {

namespace {

using core::AccessModel;
using core::Platform;

/// Where tables are looked for: a platform, and the product in the working folder if there is one.
struct AccessSubject {
  Platform platform;
  OpenProduct opened;  // outlives what was compiled of it
  CompileResult compiled;
  bool has_product = false;
  int exit_code = 0;
};

/// The product as `floe compile` reads it; rules that it breaks do not matter here.
Result<AccessSubject> access_in_product(const Args& args, const Output& output) {
  AccessSubject subject;
  subject.has_product = true;
  subject.opened = FLOE_TRY(open_product("."));
  ProductOptions options = FLOE_TRY(product_options(args, "compile"));
  options.lock = core::LockUse::kObey;
  options.ports = PortUse::kNone;
  if (!subject.opened.sink->has_errors()) {
    subject.compiled =
        FLOE_TRY(compile_product(subject.opened, options, [](int, const std::string&) {}));
  }
  // Once its rules were looked at, all of it is known.
  const auto& transforms = subject.compiled.transforms;
  const bool is_read =
      std::any_of(transforms.begin(), transforms.end(),
                  [](const CompiledTransform& each) { return !each.outcome.models.empty(); });
  const int code = findings_exit_code(*subject.opened.sink);
  if (code != 0 && !is_read) {
    report_diagnostics(output, subject.opened.sink->sorted(*subject.opened.sources),
                       *subject.opened.sources);
    subject.exit_code = code;
  }
  subject.platform = subject.compiled.platform;
  return subject;
}

Result<AccessSubject> access_subject(const Args& args, const Output& output) {
  std::error_code error;
  const std::optional<std::string> named = args.positional(2);
  if (!named && !fs::exists("manifest.yaml", error) && in_product(".")) {
    return access_in_product(args, output);
  }
  NamedPlatform read = FLOE_TRY(read_named_platform(args, named.value_or("manifest.yaml"), output));
  AccessSubject subject;
  subject.exit_code = read.exit_code;
  if (read.platform) subject.platform = std::move(*read.platform);
  return subject;
}

/// Finds the table in the projects of a product; the names that could have been meant go to
/// `known`.
bool find_in_product(const AccessSubject& subject, const std::string& table,
                     AccessQuestion& question, std::vector<std::string>& known) {
  std::string wanted = table;
  for (const config::Port& port : subject.opened.product.output_ports) {
    known.push_back(port.name);
    if (port.name == table && !port.model.empty()) wanted = port.model;
  }
  for (const CompiledTransform& compiled : subject.compiled.transforms) {
    const policy::Context context = policy::make_context(
        subject.platform, subject.opened.product, compiled.loaded.project, *subject.opened.sources,
        compiled.columns ? &*compiled.columns : nullptr);
    for (const auto* nodes : {&context.models, &context.seeds, &context.snapshots}) {
      for (const dbt::Node* node : *nodes) {
        const core::AccessTarget target = policy::access_target(context, *node);
        known.push_back(node->name);
        known.insert(known.end(), target.names.begin(), target.names.end());
        const bool is_meant =
            node->unique_id == wanted ||
            std::find(target.names.begin(), target.names.end(), wanted) != target.names.end();
        if (!is_meant) continue;
        question.target = target;
        question.has_columns = true;
        question.columns = policy::access_columns(context, *node);
        return true;
      }
    }
  }
  return false;
}

/// A layer, a namespace, or a table in a namespace.
bool find_in_platform(const Platform& platform, const std::string& table, AccessQuestion& question,
                      std::vector<std::string>& known) {
  for (const core::Layer& layer : platform.layers) {
    known.push_back(layer.name);
    if (layer.name != table) continue;
    question.target.layer = layer.name;
    question.target.name_space = core::namespace_of_layer(platform, layer.name);
    return true;
  }
  std::vector<std::string> spaces = core::namespace_names(platform);
  for (const core::Layer& layer : platform.layers) {
    if (!layer.catalog_namespace.empty()) spaces.push_back(layer.catalog_namespace);
  }
  known.insert(known.end(), spaces.begin(), spaces.end());
  std::string longest;
  for (const std::string& space : spaces) {
    const bool is_in = table == space || table.starts_with(space + ".");
    if (is_in && space.size() > longest.size()) longest = space;
  }
  if (longest.empty()) return false;
  question.target.name_space = longest;
  question.target.layer = core::layer_of_namespace(platform, longest);
  question.target.names = {table == longest ? longest + ".*" : table};
  if (table != longest) question.target.names.push_back(table.substr(longest.size() + 1));
  return true;
}

Result<AccessQuestion> access_question(const Args& args, const AccessSubject& subject,
                                       const AccessModel& access) {
  AccessQuestion question;
  question.who = args.positional(0).value_or("");
  question.table = args.positional(1).value_or("");
  question.is_group = !access.has_role(question.who);
  question.roles = access.roles_of(question.who);
  const bool is_group = access.groups().contains(question.who);
  if (question.roles.empty() && !is_group) {
    std::vector<std::string> names = access.roles();
    for (const auto& [group, roles] : access.groups()) names.push_back(group);
    const std::string near = nearest(question.who, names);
    return fail(ErrorKind::kUsage,
                fmt::format("{} has no role or group '{}'", subject.platform.tier(), question.who),
                !near.empty()   ? fmt::format("did you mean '{}'?", near)
                : names.empty() ? "it sets none: see governance.access_control in `floe schema "
                                  "manifest`"
                                : "there is " + list_and(names));
  }
  std::vector<std::string> known;
  if (subject.has_product && find_in_product(subject, question.table, question, known)) {
    return question;
  }
  if (find_in_platform(subject.platform, question.table, question, known)) return question;
  const std::string near = nearest(question.table, known);
  std::string help = subject.has_product
                         ? "name a model, seed, snapshot or port of the product, a layer or a "
                           "namespace"
                         : "name a layer or a namespace; models are known in a product's folder";
  return fail(ErrorKind::kUsage,
              fmt::format("there is no model, port, layer or namespace '{}'", question.table),
              near.empty() ? help : fmt::format("did you mean '{}'?", near));
}

Result<int> explain_access(const Args& args, const Output& output) {
  const AccessSubject subject = FLOE_TRY(access_subject(args, output));
  if (subject.exit_code != 0) return subject.exit_code;
  const AccessModel access(subject.platform);
  const AccessQuestion question = FLOE_TRY(access_question(args, subject, access));
  if (args.value_or("format", "text") == "json") {
    print_line(value::write_json(access_document(subject.platform, access, question), 2));
  } else {
    const std::string text = access_text(subject.platform, access, question);
    for (const std::string_view line : split(trim_right(text), '\n')) print_line(printable(line));
  }
  return 0;
}

int run_platform_explain_access(const Args& args) {
  Output output = output_of(args);
  const Result<int> code = explain_access(args, output);
  return code ? *code : report_error(output, code.error());
}

}  // namespace

const Command command_platform_explain_access = {
    .path = "platform explain access",
    .summary = "Show who may read a table, through which grant, and why not",
    .details =
        "Of a role, or of all roles of a group. In a data product's folder TABLE is a model, seed, "
        "snapshot or port of it, by name or as SCHEMA.TABLE or NAMESPACE.TABLE: then each column "
        "is shown with its classification, and whether it is read, masked or not. Everywhere it "
        "can be a layer, a namespace, or a table in a namespace. The exit code is 0 whatever the "
        "answer is.\n\n"
        "  floe platform explain access analyst gold_customers\n"
        "  floe platform explain access analysts sales.gold "
        "oci://registry.acme.com/platform:v1.2.3",
    .options = {registry_option(), format_option()},
    .positionals = {{.name = "ROLE",
                     .help = "A role or group of governance.access_control",
                     .required = true},
                    {.name = "TABLE", .help = "What is to be read", .required = true},
                    {.name = "PLATFORM",
                     .help = "A manifest.yaml or its folder, a whole reference, or a version "
                             "(v1.2.3)"}},
    .run = run_platform_explain_access,
};

}  // namespace floe::cli
