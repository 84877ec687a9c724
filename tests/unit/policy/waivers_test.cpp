// SPDX-License-Identifier: Apache-2.0
#include "policy/waivers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace floe::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using value::Value;

Value waiver_of(const std::string& rule, const std::string& product, const std::string& nodes) {
  Value waiver = Value::map();
  waiver.set("rule", rule);
  if (!product.empty()) waiver.set("product", product);
  if (!nodes.empty()) waiver.set("nodes", nodes);
  waiver.set("reason", "moves in spring");
  waiver.set("owner", "ana");
  waiver.set("expires", "2027-01-31");
  return waiver;
}

diag::Diagnostic finding_on(const std::string& code, const std::string& node,
                            diag::Severity severity = diag::Severity::kError) {
  diag::Diagnostic finding;
  finding.code = code;
  finding.severity = severity;
  finding.node = node;
  return finding;
}

/// "N001 note" for each finding after the waiver was applied.
std::vector<std::string> after_waiver(const Value& waiver, std::vector<diag::Diagnostic> findings,
                                      const std::string& today = "2027-01-31") {
  core::Platform platform;
  platform.waivers.push(waiver);
  apply_waivers(platform, "orders", today, findings);
  std::vector<std::string> lines;
  for (const diag::Diagnostic& finding : findings) {
    lines.push_back(finding.code + " " + std::string(diag::severity_name(finding.severity)));
  }
  return lines;
}

const std::string kNode = "model.shop.legacy_a";

TEST(Waivers, CoverACodeAProductAndNodes) {
  const auto found = [] { return std::vector{finding_on("N001", kNode)}; };
  EXPECT_THAT(after_waiver(waiver_of("N001", "", ""), found()), ElementsAre("N001 note"));
  EXPECT_THAT(after_waiver(waiver_of("N001", "ord*", "legacy_*"), found()),
              ElementsAre("N001 note"));
  EXPECT_THAT(after_waiver(waiver_of("N001", "", kNode), found()), ElementsAre("N001 note"));
  EXPECT_THAT(after_waiver(waiver_of("N002", "", ""), found()), ElementsAre("N001 error"));
  EXPECT_THAT(after_waiver(waiver_of("N001", "payments", ""), found()), ElementsAre("N001 error"));
  EXPECT_THAT(after_waiver(waiver_of("N001", "", "gold_*"), found()), ElementsAre("N001 error"));
  // A finding of the whole product is of no node.
  EXPECT_THAT(after_waiver(waiver_of("Q001", "", "*"), {finding_on("Q001", "")}),
              ElementsAre("Q001 error"));
  EXPECT_THAT(after_waiver(waiver_of("Q001", "", ""), {finding_on("Q001", "")}),
              ElementsAre("Q001 note"));
}

TEST(Waivers, SayWhyWhoAndUntilWhen) {
  core::Platform platform;
  platform.waivers.push(waiver_of("N001", "", ""));
  std::vector<diag::Diagnostic> findings = {finding_on("N001", kNode)};
  apply_waivers(platform, "orders", "2026-12-01", findings);
  ASSERT_TRUE(findings[0].waiver);
  EXPECT_EQ(findings[0].waiver->until, "2027-01-31");
  EXPECT_EQ(findings[0].waiver->owner, "ana");
  EXPECT_EQ(findings[0].waiver->reason, "moves in spring");
  EXPECT_EQ(findings[0].waiver->severity, diag::Severity::kError);
}

TEST(Waivers, AreVoidAfterTheirLastDay) {
  const std::vector<diag::Diagnostic> findings = {finding_on("N001", kNode),
                                                  finding_on("N001", "model.shop.legacy_b")};
  EXPECT_THAT(after_waiver(waiver_of("N001", "", ""), findings, "2027-02-01"),
              ElementsAre("N001 error", "N001 error", "P008 warning"));
  // One that covers nothing needs no warning here: compiling the platform has it.
  EXPECT_THAT(after_waiver(waiver_of("N009", "", ""), findings, "2027-02-01"),
              ElementsAre("N001 error", "N001 error"));
}

std::vector<std::string> checked(const Value& waiver, const core::Platform* parent,
                                 const std::string& today = "2026-12-01") {
  config::Manifest manifest;
  Value governance = Value::map();
  governance.set("waivers", Value::list({waiver}));
  manifest.document = Value::map();
  manifest.document.set("governance", governance);
  diag::Sink sink;
  check_waivers(manifest, core::Platform(), parent, today, sink);
  std::vector<std::string> lines;
  for (const diag::Diagnostic& finding : sink.sorted()) {
    lines.push_back(finding.code + " " + finding.message);
  }
  return lines;
}

TEST(Waivers, ADomainWaivesNothingStrictOfItsParent) {
  core::Platform parent;
  parent.name = "acme";
  parent.version = "1.0.0";
  parent.layers = {{.name = "bronze", .prefixes = {"bronze_"}}};
  parent.naming.enforcement = core::Enforcement::kStrict;
  EXPECT_THAT(checked(waiver_of("N001", "", ""), nullptr), ElementsAre());
  EXPECT_THAT(checked(waiver_of("N001", "", ""), &parent), ElementsAre(HasSubstr("P007 N001")));
  EXPECT_THAT(checked(waiver_of("D001", "", ""), &parent), ElementsAre());
  parent.naming.enforcement = core::Enforcement::kWarn;
  EXPECT_THAT(checked(waiver_of("N001", "", ""), &parent), ElementsAre());
  parent.naming.enforcement = core::Enforcement::kStrict;
  Value governance = Value::map();
  governance.set("waivable", Value::texts({"N00*"}));
  parent.document.set("governance", governance);
  EXPECT_THAT(checked(waiver_of("N001", "", ""), &parent), ElementsAre());
}

TEST(Waivers, OfUnknownRulesAndOldOnesAreTold) {
  EXPECT_THAT(checked(waiver_of("N999", "", ""), nullptr),
              ElementsAre("P006 there is no rule 'N999' to waive"));
  EXPECT_THAT(checked(waiver_of("layer-prefix", "", ""), nullptr), ElementsAre(HasSubstr("P006")));
  EXPECT_THAT(checked(waiver_of("N001", "", ""), nullptr, "2027-02-01"),
              ElementsAre("P008 the waiver of N001 expired on 2027-01-31"));
}

TEST(Waivers, ForOneDomainAreCheckedToo) {
  Value extra = Value::map();
  extra.set("waivers", Value::list({waiver_of("N999", "", "")}));
  Value domain = Value::map();
  domain.set("name", "sales");
  domain.set("extra_policies", extra);
  config::Manifest manifest;
  manifest.document = Value::map();
  manifest.document.set("domains", Value::list({domain}));
  diag::Sink sink;
  check_waivers(manifest, core::Platform(), nullptr, "2026-12-01", sink);
  EXPECT_EQ(sink.errors(), 1u);
}

}  // namespace
}  // namespace floe::policy
