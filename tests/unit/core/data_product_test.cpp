// SPDX-License-Identifier: Apache-2.0
#include "core/config/data_product.h"

#include "config_support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace floe::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string product_with(std::string_view more,
                         std::string_view ref = "oci://registry.acme.com/p:v1.2.3") {
  return "apiVersion: floe.dev/v1\nkind: DataProduct\nmetadata: {name: a, version: '1.0'}\n"
         "platform:\n  ref: '" +
         std::string(ref) + "'\n" + std::string(more);
}

TEST(DataProduct, TheSeedIsAcceptedAsItIs) {
  const auto back = product_of(seed_file("floe.yaml"));
  EXPECT_THAT(back->findings(), IsEmpty());
  const DataProduct& product = back->product;
  EXPECT_EQ(product.name, "customer-analytics");
  EXPECT_EQ(product.version, "1.0");
  EXPECT_EQ(product.platform_ref, "oci://registry.acme.com/floe-platform:v1.2.3");
  ASSERT_EQ(product.transforms.size(), 1u);
  EXPECT_EQ(product.transforms[0].path, "models/");
  EXPECT_EQ(product.schedule->cron, "0 6 * * *");
  EXPECT_EQ(product.schedule->timezone, "UTC");
}

TEST(DataProduct, ExactlyOnePlatform) {
  EXPECT_THAT(product_of("apiVersion: floe.dev/v1\nkind: DataProduct\n"
                         "metadata: {name: a, version: '1'}\n")
                  ->codes(),
              ElementsAre("C026"));
  EXPECT_THAT(product_of(product_with("domain: {ref: 'oci://r.io/sales:v1.0.0'}\n"))->codes(),
              ElementsAre("C026"));
}

TEST(DataProduct, APlatformIsNamedExactly) {
  for (const char* ref :
       {"oci://r.io/p:^1.2", "oci://r.io/p:~1.2.0", "oci://r.io/p:>=1.0", "oci://r.io/p:1.x",
        "oci://r.io/p:*", "oci://r.io/p:latest", "oci://r.io/p:v1", "oci://r.io/p:v1.2",
        "oci://r.io/p", "oci://localhost:5000/p", "oci-layout:./registry:^1.0"}) {
    EXPECT_THAT(product_of(product_with("", ref))->codes(), ElementsAre("C025")) << ref;
  }
  const std::string digest = "@sha256:" + std::string(64, 'a');
  for (const std::string& ref : std::vector<std::string>{
           "oci://r.io/p:v1.2.3", "oci://r.io:5000/a/b:v1.2.3-rc.1", "oci://r.io/p" + digest,
           "oci://r.io/p:v1.2.3" + digest, "oci-layout:./registry", "oci-layout:./registry:v1.2.3",
           "oci-layout:../r", "file:platform.tar"}) {
    EXPECT_THAT(product_of(product_with("", ref))->findings(), IsEmpty()) << ref;
  }
  EXPECT_THAT(product_of(product_with("", "registry.acme.com/p:v1.2.3"))->codes(),
              ElementsAre("C014"));
}

TEST(DataProduct, PortsGatesAndIngestionAreRead) {
  const auto back = product_of(product_with(R"(ownership: {team: crm, email: crm@acme.com}
schedule: {on: [orders.daily]}
ingestion:
  - {name: shop, type: rest_api, config: {base_url: 'https://${env:SHOP}'}, contract: freeze}
input_ports:
  - {name: shop, source: {type: ingestion, ref: shop}, freshness_requirement: 6h}
output_ports:
  - {name: customers, model: gold_customers, sla: {freshness: PT6H, availability: 99.9}}
quality:
  gates:
    - {name: rows, checks: [{type: row_count, min: 1}], on_failure: block}
governance:
  quality_gates: {minimum_test_coverage: 90}
)"));
  EXPECT_THAT(back->findings(), IsEmpty());
  EXPECT_EQ(back->product.output_ports.at(0).model, "gold_customers");
  EXPECT_EQ(back->product.gates.at(0).on_failure, "block");
  EXPECT_EQ(back->product.ownership->team, "crm");
  EXPECT_THAT(back->product.schedule->on, ElementsAre("orders.daily"));
  EXPECT_EQ(back->product.tightenings.find_path("governance.quality_gates.minimum_test_coverage")
                ->as_int(),
            90);
}

TEST(DataProduct, MistakesAreFound) {
  EXPECT_THAT(
      product_of(product_with("schedule: {cron: '0 25 * * *'}\n"
                              "transforms: [{type: spark, path: m}]\n"
                              "input_ports: [{name: a, source: {type: ingestion, ref: b}}]\n"
                              "environments: {prod: {compute: spark}}\n"
                              "governance: {waivers: [{rule: N001, reason: r, owner: o, expires: "
                              "2027-01-01}]}\n"))
          ->findings(),
      ElementsAre("C014 6:18 'schedule.cron' is no valid cron schedule: '0 25 * * *' ['25' is no "
                  "hour (0 to 23)]",
                  "C013 7:21 'transforms[0].type' can't be 'spark'",
                  "C027 8:56 there is no ingestion 'b'",
                  HasSubstr("C022 9:23 a data product can't set 'compute' of an environment"),
                  HasSubstr("C029 10:23 a data product can't waive a rule")));
}

TEST(DataProduct, AMissingReferenceValueIsToldOnce) {
  EXPECT_THAT(product_of("apiVersion: floe.dev/v1\nkind: DataProduct\n"
                         "metadata: {name: a, version: '1'}\nplatform: {}\n")
                  ->findings(),
              ElementsAre("C012 4:1 'platform.ref' is missing"));
}

}  // namespace
}  // namespace floe::config
