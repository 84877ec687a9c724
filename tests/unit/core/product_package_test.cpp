// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/product_package.h"

#include "base/hash.h"
#include "base/text.h"
#include "unit/core/artifact_support.h"
#include "value/json.h"

#include <gtest/gtest.h>

namespace floe::artifact {
namespace {

using testing::layout_at;
using testing::TempFolder;
using value::Value;

constexpr std::string_view kDigest =
    "sha256:0000000000000000000000000000000000000000000000000000000000000001";

Product sample_product(const std::string& version = "1.0") {
  Product product;
  product.name = "orders";
  product.version = version;
  product.labels = {{"domain", "sales"}};
  product.ownership = config::Owner{"sales", "sales@example.com", ""};
  product.platform = {"oci://registry.acme.com/floe-platform:v1.2.3", std::string(kDigest),
                      "acme-platform", "1.2.3"};
  product.input_ports.push_back({"customers", "", {"data_product", "crm.customers"}, "6h"});
  OutputPort port;
  port.name = "daily";
  port.model = "gold_orders";
  port.contract.set("columns", Value::texts({"id", "amount"}));
  port.sla.set("availability", 99.5);
  product.output_ports.push_back(port);
  product.schedule.emplace().cron = "0 6 * * *";
  return product;
}

/// A manifest as dbt writes it, at a time, in a folder.
std::string dbt_manifest(const std::string& when, const std::string& folder) {
  return R"({"metadata":{"dbt_schema_version":"https://schemas.getdbt.com/dbt/manifest/v12.json",)"
         R"("generated_at":")" +
         when + R"(","invocation_id":")" + when + R"(","env":{"USER":")" + folder +
         R"("},"project_name":"orders","run_started_at":")" + when + R"("},)" +
         R"("nodes":{"seed.orders.raw":{"created_at":)" + std::to_string(when.size()) +
         R"(.5,"root_path":")" + folder + R"(","columns":{"z":{"created_at":"mine"},"a":{}}}},)" +
         R"("disabled":{"model.orders.old":[{"created_at":7.5}]},)" +
         R"("parent_map":{"seed.orders.raw":[]}})";
}

Package sample_package(const Product& product = sample_product(), const Origin& origin = {}) {
  auto package = pack_product(product, {{"dbt/manifest.json", dbt_manifest("now", "/a")}}, origin);
  EXPECT_TRUE(package) << describe(package.error());
  return package ? std::move(*package) : Package{};
}

FetchLayers from_package(const Package& package, std::size_t* fetched = nullptr) {
  return [&package, fetched](const std::vector<oci::Descriptor>& layers) {
    std::vector<std::string> out;
    for (const oci::Descriptor& layer : layers) {
      out.push_back(package.files.find(layer.annotation(oci::kTitle))->second);
    }
    if (fetched != nullptr) *fetched = layers.size();
    return Result<std::vector<std::string>>(std::move(out));
  };
}

TEST(ProductPackage, HasTheSameBytesWheneverAndWhereverItIsMade) {
  const Files here{{"dbt/manifest.json", dbt_manifest("2026-01-01", "/home/ann")}};
  const Files there{{"dbt/manifest.json", dbt_manifest("2027-12-24", "/srv/build")}};
  const Package one = *pack_product(sample_product(), here, {"abc", "2026-11-23T00:00:00Z"});
  const Package two = *pack_product(sample_product(), there, {"abc", "2026-11-23T00:00:00Z"});
  EXPECT_EQ(one.manifest, two.manifest);
  EXPECT_EQ(one.files, two.files);
  EXPECT_EQ(one.digest, oci_digest(one.manifest));
  const oci::Manifest manifest = *oci::read_manifest(one.manifest);
  EXPECT_EQ(manifest.artifact_type, "application/vnd.floe.product.v1");
  ASSERT_EQ(manifest.layers.size(), 3u);
  EXPECT_EQ(manifest.layers[0].annotation(oci::kTitle), "contracts.json");
  EXPECT_EQ(manifest.layers[1].media_type, "application/vnd.floe.product-dbt-manifest.v1+json");
  EXPECT_EQ(manifest.annotations.at(std::string(oci::kVersion)), "1.0");
  EXPECT_EQ(manifest.annotations.at(std::string(oci::kRevision)), "abc");
  EXPECT_EQ(platform_of_product(one.manifest), std::string(kDigest));
}

TEST(ProductPackage, KeepsOfDbtsManifestWhatTheProjectSays) {
  EXPECT_EQ(*settled_dbt_manifest(dbt_manifest("now", "/a")),
            R"({"metadata":{"dbt_schema_version":)"
            R"("https://schemas.getdbt.com/dbt/manifest/v12.json","env":{},)"
            R"("project_name":"orders"},"nodes":{"seed.orders.raw":{"created_at":0,)"
            R"("root_path":null,"columns":{"z":{"created_at":"mine"},"a":{}}}},)"
            R"("disabled":{"model.orders.old":[{"created_at":0}]},)"
            R"("parent_map":{"seed.orders.raw":[]}})");
  EXPECT_FALSE(settled_dbt_manifest("{}"));
  EXPECT_FALSE(settled_dbt_manifest("[]"));
  EXPECT_FALSE(settled_dbt_manifest(R"({"metadata":{}})"));
}

TEST(ProductPackage, ReadsBackWhatWasPacked) {
  const Package package = sample_package(sample_product(), {"abc", "2026-11-23T00:00:00Z"});
  std::size_t fetched = 0;
  const auto fetch = from_package(package, &fetched);
  const auto small = unpack_product(package.manifest, fetch, ProductParts::kProduct);
  ASSERT_TRUE(small) << describe(small.error());
  EXPECT_EQ(fetched, 1u);  // never the dbt manifests
  EXPECT_TRUE(small->dbt_manifests.empty());
  const auto all = unpack_product(package.manifest, fetch, ProductParts::kEverything);
  ASSERT_TRUE(all) << describe(all.error());
  EXPECT_EQ(fetched, 3u);
  EXPECT_EQ(all->dbt_manifests.size(), 1u);
  EXPECT_EQ(*product_json(all->product), *product_json(sample_product()));
  EXPECT_EQ(all->digest, package.digest);
  EXPECT_EQ(all->origin.revision, "abc");
  EXPECT_EQ(all->product.output_ports[0].sla.find("availability")->as_double(), 99.5);
  EXPECT_EQ(package.files.at("contracts.json"),
            R"({"contracts":[{"contract":{"columns":["id","amount"]},"port":"daily"}],)"
            R"("schemaVersion":"1.1"})");
}

TEST(ProductPackage, HasAnEmptyListWithoutContracts) {
  Product product = sample_product();
  product.output_ports[0].contract = Value::map();
  EXPECT_EQ(*contracts_json(product), R"({"contracts":[],"schemaVersion":"1.1"})");
}

TEST(ProductPackage, RefusesWhatIsNoProduct) {
  const Package package = sample_package();
  const auto altered = [&](const auto& alter) {
    oci::Manifest manifest = *oci::read_manifest(package.manifest);
    alter(manifest);
    const auto read = unpack_product(oci::write_manifest(manifest), from_package(package),
                                     ProductParts::kProduct);
    return read ? -1 : static_cast<int>(read.error().kind);
  };
  const int security = static_cast<int>(ErrorKind::kSecurity);
  const auto annotate = [](std::string_view key, const char* text) {
    return [key, text](oci::Manifest& m) { m.annotations[std::string(key)] = text; };
  };
  const auto title = [](const char* text) {
    return [text](oci::Manifest& m) { m.layers[1].annotations[std::string(oci::kTitle)] = text; };
  };
  EXPECT_EQ(altered([](oci::Manifest&) {}), -1);
  EXPECT_EQ(altered([](oci::Manifest& m) { m.artifact_type = "application/vnd.x"; }), security);
  EXPECT_EQ(altered([](oci::Manifest& m) { m.layers.pop_back(); }), security);
  EXPECT_EQ(altered([](oci::Manifest& m) { m.layers.erase(m.layers.begin()); }), security);
  EXPECT_EQ(altered([](oci::Manifest& m) { m.layers.push_back(m.layers[0]); }), security);
  EXPECT_EQ(altered([](oci::Manifest& m) { m.layers[0].media_type = "text/html"; }), security);
  EXPECT_EQ(altered([](oci::Manifest& m) { m.layers[0].size = 17ull << 20; }), security);
  EXPECT_EQ(altered([](oci::Manifest& m) {
              for (int i = 0; i < 5; ++i) {
                m.layers.push_back(m.layers[1]);
                m.layers.back().size = 60ull << 20;
                m.layers.back().annotations[std::string(oci::kTitle)] =
                    "dbt/" + std::to_string(i) + "/manifest.json";
              }
            }),
            security);
  EXPECT_EQ(altered(annotate(oci::kVersion, "9.9")), security);
  EXPECT_EQ(altered(annotate(kProductNameAnnotation, "other")), security);
  EXPECT_EQ(altered(annotate(kProductDigestAnnotation, "sha256:1")), security);
  EXPECT_EQ(altered(annotate(kProductPlatformAnnotation, "oci://x/y:v1.0.0")), security);
  EXPECT_EQ(altered(title("dbt/models/manifest.json")), -1);
  for (const char* path : {"../manifest.json", "dbt/../manifest.json", "dbt//manifest.json", "dbt",
                           "dbt/a\\b/manifest.json", "dbt/other.json", "/dbt/manifest.json"}) {
    EXPECT_EQ(altered(title(path)), static_cast<int>(ErrorKind::kEnvironment)) << path;
  }
}

TEST(ProductPackage, RefusesAProductThatContradictsItself) {
  const auto read = [](const auto& alter) {
    Value document = *value::read_json(*product_json(sample_product()));
    alter(document);
    const auto product = read_product(value::write_json(document));
    return product ? -1 : static_cast<int>(product.error().kind);
  };
  const auto set = [](const char* key, const Value& to) {
    return [key, to](Value& document) { document.set(key, to); };
  };
  const int security = static_cast<int>(ErrorKind::kSecurity);
  EXPECT_EQ(read([](Value&) {}), -1);
  EXPECT_EQ(read(set("name", "../orders")), security);
  EXPECT_EQ(read(set("name", 1)), security);
  EXPECT_EQ(read(set("description", "\x1b[2J")), security);
  EXPECT_EQ(read(set("version", "latest")), security);
  EXPECT_EQ(read(set("more", 1)), security);
  EXPECT_EQ(read(set("schemaVersion", "1")), security);
  EXPECT_EQ(read(set("schemaVersion", "2.0")), static_cast<int>(ErrorKind::kEnvironment));
  EXPECT_EQ(read([](Value& d) { d.erase("labels"); }), security);
  EXPECT_EQ(read([](Value& d) { d.edit("platform")->set("digest", "sha256:1"); }), security);
  EXPECT_EQ(read([](Value& d) { d.edit("platform")->set("reference", "x"); }), security);
  EXPECT_EQ(read([](Value& d) {
              Value::List& ports = d.edit("output_ports")->edit_list();
              ports.push_back(Value(ports[0]));
            }),
            security);
  EXPECT_EQ(read([](Value& d) { d.edit("output_ports")->edit_list()[0].set("table", "t"); }),
            security);
  EXPECT_FALSE(read_product("[]"));
  EXPECT_FALSE(read_product("{"));
  // A newer minor version may say more.
  EXPECT_EQ(read([](Value& d) {
              d.set("schemaVersion", "1.7");
              d.set("more", 1);
            }),
            -1);
}

TEST(ProductPackage, RefusesContractsOfAnotherProduct) {
  const std::string own = *contracts_json(sample_product());
  EXPECT_TRUE(check_contracts(sample_product(), own));
  EXPECT_FALSE(check_contracts(sample_product(), R"({"contracts":[],"schemaVersion":"1.1"})"));
  EXPECT_FALSE(check_contracts(sample_product(), R"({"schemaVersion":"1.1"})"));
  EXPECT_FALSE(check_contracts(sample_product(), "[]"));
  EXPECT_FALSE(check_contracts(sample_product(), replace_all(own, "amount", "price")));
}

TEST(ProductPackage, CarriesNoNumberThatJsonWouldChange) {
  Product product = sample_product();
  product.output_ports[0].contract.set("max", Value(std::int64_t{1} << 60));
  const auto package = pack_product(product, {}, {});
  ASSERT_FALSE(package);
  EXPECT_EQ(package.error().kind, ErrorKind::kUsage);
}

TEST(ProductPackage, NeverChangesAPublishedVersion) {
  const TempFolder folder;
  const auto publish = [&](const Product& product, const Origin& origin = {}) {
    const auto registry = layout_at(folder);
    return publish_product(product, sample_package(product, origin), "v" + product.version,
                           registry.get(), false);
  };
  const auto first = publish(sample_product());
  ASSERT_TRUE(first) << describe(first.error());
  EXPECT_FALSE(first->already);
  const auto other_commit = publish(sample_product(), {"def", "2027-01-01T00:00:00Z"});
  ASSERT_TRUE(other_commit) << describe(other_commit.error());
  EXPECT_TRUE(other_commit->already);
  EXPECT_EQ(other_commit->digest, first->digest);
  Product changed = sample_product();
  changed.description = "other";
  EXPECT_EQ(publish(changed).error().kind, ErrorKind::kSecurity);
  changed.version = "1.1";
  EXPECT_TRUE(publish(changed));
  changed.name = "customers";
  changed.version = "1.2";
  EXPECT_EQ(publish(changed).error().kind, ErrorKind::kUsage);  // not its repository
  EXPECT_FALSE(publish_product(sample_product(), sample_package(), "v1.0.0", nullptr, true));
}

}  // namespace
}  // namespace floe::artifact
