// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/provenance.h"

#include "base/hash.h"
#include "base/text.h"
#include "base/version.h"
#include "core/sign/statement.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::artifact {

namespace {

using value::Value;

constexpr std::string_view kBuildType = "https://floe.dev/attestations/platform-compile/v1";
constexpr std::string_view kProductBuildType = "https://floe.dev/attestations/product-compile/v1";
constexpr std::string_view kBuilder = "https://floe.dev/attestations/floe/v1";
/// SPDX asks for a time; where none is known this one says so, always the same.
constexpr std::string_view kUnknownTime = "1970-01-01T00:00:00Z";

/// {name, digest: {sha256}}: in-toto's resource descriptor.
Value resource(const std::string& name, const std::string& sha256) {
  Value digest = Value::map();
  digest.set("sha256", sha256);
  Value out = Value::map();
  out.set("name", name);
  out.set("digest", std::move(digest));
  return out;
}

Value input_resources(const Inputs& inputs) {
  Value out = Value::list();
  for (const auto& [path, sha256] : inputs) out.push(resource(path, sha256));
  return out;
}

/// SPDX identifiers are letters, digits, '.' and '-'.
std::string spdx_id(std::string_view kind, std::string_view name) {
  std::string out = fmt::format("SPDXRef-{}-", kind);
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '-';
    out += plain ? c : '-';
  }
  return out;
}

Value spdx_package(std::string_view kind, const std::string& name, const std::string& version) {
  Value out = Value::map();
  out.set("SPDXID", spdx_id(kind, name));
  out.set("name", name);
  if (!version.empty()) out.set("versionInfo", version);
  out.set("downloadLocation", "NOASSERTION");
  out.set("filesAnalyzed", false);
  return out;
}

Value spdx_relationship(const std::string& from, std::string_view type, const std::string& to) {
  Value out = Value::map();
  out.set("spdxElementId", from);
  out.set("relationshipType", type);
  out.set("relatedSpdxElement", to);
  return out;
}

Value spdx_file(const std::string& path, const std::string& sha256) {
  Value checksum = Value::map();
  checksum.set("algorithm", "SHA256");
  checksum.set("checksumValue", sha256);
  Value out = Value::map();
  out.set("SPDXID", spdx_id("File", path));
  out.set("fileName", "./" + path);
  out.set("checksums", Value::list({std::move(checksum)}));
  return out;
}

/// SLSA provenance v1.0 with the commit among the dependencies and floe as the builder.
Attestation slsa_provenance(std::string_view build_type, Value parameters, Value dependencies,
                            const Origin& origin) {
  if (!origin.revision.empty()) {
    Value digest = Value::map();
    digest.set("gitCommit", replace_all(origin.revision, "-dirty", ""));
    Value source = Value::map();
    source.set("name",
               origin.revision.ends_with("-dirty") ? "source with uncommitted changes" : "source");
    source.set("digest", std::move(digest));
    dependencies.push(std::move(source));
  }
  Value definition = Value::map();
  definition.set("buildType", build_type);
  definition.set("externalParameters", std::move(parameters));
  definition.set("resolvedDependencies", std::move(dependencies));
  Value versions = Value::map();
  versions.set("floe", std::string(version()));
  Value builder = Value::map();
  builder.set("id", kBuilder);
  builder.set("version", std::move(versions));
  Value run = Value::map();
  run.set("builder", std::move(builder));
  Value predicate = Value::map();
  predicate.set("buildDefinition", std::move(definition));
  predicate.set("runDetails", std::move(run));
  return {std::string(sign::kProvenancePredicate), std::move(predicate)};
}

Value spdx_creation(const Origin& origin) {
  Value creators = Value::list({Value(fmt::format("Tool: floe-{}", version()))});
  Value out = Value::map();
  out.set("created", origin.created.empty() ? std::string(kUnknownTime) : origin.created);
  out.set("creators", std::move(creators));
  return out;
}

}  // namespace

Attestation provenance(const core::Platform& platform, const Origin& origin, const Inputs& inputs) {
  Value parameters = Value::map();
  parameters.set("platform", platform.name);
  parameters.set("version", platform.version);
  return slsa_provenance(kBuildType, std::move(parameters), input_resources(inputs), origin);
}

Attestation product_provenance(const Product& product, const Origin& origin, const Inputs& inputs) {
  Value parameters = Value::map();
  parameters.set("product", product.name);
  parameters.set("version", product.version);
  Value dependencies = input_resources(inputs);
  const std::string& digest = product.platform.digest;
  dependencies.push(resource(product.platform.reference, digest.substr(digest.find(':') + 1)));
  return slsa_provenance(kProductBuildType, std::move(parameters), std::move(dependencies), origin);
}

Attestation test_result(const core::Platform& platform, const Inputs& inputs,
                        const TestedPolicies& tests) {
  Value predicate = Value::map();
  predicate.set("result", "PASSED");
  Value configuration = input_resources(inputs);
  predicate.set("configuration", std::move(configuration));
  predicate.set("url", fmt::format("urn:floe:platform:{}:{}", platform.name, platform.version));
  predicate.set("passedTests", Value::texts(tests.passed));
  predicate.set("warnedTests", Value::list());
  predicate.set("failedTests", Value::list());
  return {std::string(sign::kTestResultPredicate), std::move(predicate)};
}

Attestation bill_of_materials(const core::Platform& platform, const Origin& origin,
                              const Inputs& inputs) {
  Value packages = Value::list();
  Value files = Value::list();
  Value relationships = Value::list();
  const std::string own = spdx_id("Platform", platform.name);
  packages.push(spdx_package("Platform", platform.name, platform.version));
  relationships.push(spdx_relationship("SPDXRef-DOCUMENT", "DESCRIBES", own));
  packages.push(spdx_package("Tool", "floe", std::string(version())));
  relationships.push(spdx_relationship(spdx_id("Tool", "floe"), "BUILD_TOOL_OF", own));
  for (const auto& [category, choice] : platform.plugins) {
    const std::string name = category + "-" + choice.type;
    packages.push(spdx_package("Plugin", name, choice.version));
    relationships.push(spdx_relationship(own, "DEPENDS_ON", spdx_id("Plugin", name)));
  }
  std::string all;
  for (const auto& [path, sha256] : inputs) {
    files.push(spdx_file(path, sha256));
    relationships.push(spdx_relationship(own, "GENERATED_FROM", spdx_id("File", path)));
    all += path + "\n" + sha256 + "\n";
  }
  Value predicate = Value::map();
  predicate.set("spdxVersion", "SPDX-2.3");
  predicate.set("dataLicense", "CC0-1.0");
  predicate.set("SPDXID", "SPDXRef-DOCUMENT");
  predicate.set("name", fmt::format("{}-{}", platform.name, platform.version));
  predicate.set("documentNamespace", fmt::format("https://floe.dev/spdx/{}/{}/{}", platform.name,
                                                 platform.version, sha256_hex(all).substr(0, 32)));
  predicate.set("creationInfo", spdx_creation(origin));
  predicate.set("packages", std::move(packages));
  predicate.set("files", std::move(files));
  predicate.set("relationships", std::move(relationships));
  return {std::string(sign::kSpdxPredicate), std::move(predicate)};
}

}  // namespace floe::artifact
