// SPDX-License-Identifier: Apache-2.0
// Whom a login may be shown to: challenges, realms, URLs, and where credentials come from.
#include "base/hash.h"
#include "core/oci/challenge.h"
#include "core/oci/credentials.h"
#include "core/oci/url.h"
#include "unit/core/artifact_support.h"

#include <gtest/gtest.h>

namespace floe::oci {
namespace {

using floe::testing::TempFolder;

const std::string kRegistry = "https://registry.acme.com/v2/floe-platform/";

TEST(Challenges, AreReadWhateverIsBesideThem) {
  const auto found = read_challenges(
      R"(Basic realm="x", Bearer realm="https://a.b/token",service="s\"1", scope="repository:a:pull,push")");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].scheme, "basic");
  EXPECT_EQ(found[1].scheme, "bearer");
  EXPECT_EQ(found[1].parameters.at("realm"), "https://a.b/token");
  EXPECT_EQ(found[1].parameters.at("service"), "s\"1");
  EXPECT_EQ(found[1].parameters.at("scope"), "repository:a:pull,push");
  EXPECT_TRUE(read_challenges("").empty());
  EXPECT_TRUE(read_challenges("\"\"\"=,,,").empty());
  EXPECT_TRUE(read_challenges(std::string(9000, 'a')).empty());
  EXPECT_EQ(read_challenges(R"(Bearer realm="never closed)").size(), 1u);
}

TEST(Realms, MustBeEncryptedAndPublicOrTheRegistryItself) {
  EXPECT_TRUE(check_realm("https://auth.acme.com/token", kRegistry));
  EXPECT_TRUE(check_realm("https://registry.acme.com/token", kRegistry));
  for (const char* bad :
       {"http://auth.acme.com/token", "http://registry.acme.com/token", "https://127.0.0.1/token",
        "https://localhost/token", "https://10.1.2.3/token", "https://192.168.0.1/token",
        "https://169.254.169.254/latest", "https://[::1]/token", "https://[fd00::1]/token",
        "https://2130706433/token", "https://user:secret@auth.acme.com/", "file:///etc/passwd",
        "ftp://auth.acme.com/", "https://", "", "auth.acme.com", "https://a b/"}) {
    EXPECT_FALSE(check_realm(bad, kRegistry)) << bad;
  }
  const std::string local = "http://127.0.0.1:5000/v2/a/";
  EXPECT_TRUE(check_realm("http://127.0.0.1:5000/token", local));
  EXPECT_FALSE(check_realm("http://127.0.0.1:5001/token", local));
  EXPECT_FALSE(check_realm("http://auth.acme.com/token", local));
}

TEST(Realms, GetLoginsOnlyInTheRegistrysOwnDomain) {
  const auto trusted = [](const std::string& realm, const std::string& registry) {
    return is_trusted_realm(realm, "https://" + registry + "/v2/a/", {});
  };
  EXPECT_TRUE(trusted("https://registry.acme.com/token", "registry.acme.com"));
  EXPECT_TRUE(trusted("https://auth.acme.com/token", "registry.acme.com"));
  EXPECT_TRUE(trusted("https://acme.com/token", "registry.acme.com"));
  EXPECT_TRUE(trusted("https://auth.docker.io/token", "registry-1.docker.io"));
  EXPECT_TRUE(trusted("https://auth.registry.acme.com/token", "registry.acme.com"));
  EXPECT_FALSE(trusted("https://evil.com/token", "registry.acme.com"));
  EXPECT_FALSE(trusted("https://notacme.com/token", "registry.acme.com"));
  EXPECT_FALSE(trusted("https://acme.com.evil.com/token", "registry.acme.com"));
  EXPECT_FALSE(trusted("https://auth.acme.com:8443/token", "registry.acme.com"));
  // Anybody can have a host below these.
  EXPECT_FALSE(trusted("https://evil.co.uk/token", "acme.co.uk"));
  EXPECT_FALSE(trusted("https://evil.com/token", "acme.com"));
  EXPECT_TRUE(trusted("https://auth.acme.co.uk/token", "registry.acme.co.uk"));
  EXPECT_TRUE(is_trusted_realm("https://tokens.example.com/", kRegistry, {"tokens.example.com"}));
  EXPECT_FALSE(is_trusted_realm("http://tokens.example.com/", kRegistry, {"tokens.example.com"}));
}

TEST(Urls, AreJoinedAsBrowsersDo) {
  const std::string base = "https://a.b:5000/v2/x/blobs/uploads/?n=1";
  EXPECT_EQ(join_url(base, "/v2/y"), "https://a.b:5000/v2/y");
  EXPECT_EQ(join_url(base, "z?q"), "https://a.b:5000/v2/x/blobs/uploads/z?q");
  EXPECT_EQ(join_url(base, "?q"), "https://a.b:5000/v2/x/blobs/uploads/?q");
  EXPECT_EQ(join_url(base, "//c.d/e"), "https://c.d/e");
  EXPECT_EQ(join_url(base, "http://c.d/e"), "http://c.d/e");
  EXPECT_TRUE(same_origin("https://A.b/x", "https://a.b:443/y"));
  EXPECT_FALSE(same_origin("https://a.b/x", "http://a.b/x"));
  EXPECT_FALSE(same_origin("https://a.b/x", "https://a.b:444/x"));
  EXPECT_FALSE(split_url("https://a.b\\@c.d/").valid);
  EXPECT_FALSE(split_url("https://a.b:port/").valid);
  EXPECT_EQ(with_parameter("https://a.b/x?y=1", "digest", "sha256:a"),
            "https://a.b/x?y=1&digest=sha256%3Aa");
}

/// The user name that is found, "" without a login, "error" if the lookup fails.
std::string login(const std::map<std::string, std::string>& environment,
                  const std::string& host = "registry.acme.com") {
  const auto found = find_credential(host, "team/floe-platform", environment);
  if (!found) return "error";
  return *found ? (*found)->username + (*found)->identity_token : "";
}

std::string auth_of(const std::string& host, const std::string& user) {
  return R"({"auths":{")" + host + R"(":{"auth":")" + base64_encode(user + ":secret") + R"("}}})";
}

TEST(Credentials, OfTheEnvironmentAreForOneRegistryOnly) {
  std::map<std::string, std::string> environment{{"FLOE_REGISTRY_USERNAME", "ci"},
                                                 {"FLOE_REGISTRY_PASSWORD", "secret"}};
  EXPECT_EQ(login(environment), "");
  environment["FLOE_REGISTRY"] = "oci://registry.acme.com/floe-platform";
  EXPECT_EQ(login(environment), "ci");
  EXPECT_EQ(login(environment, "evil.com"), "");
}

TEST(Credentials, ComeFromDockersFiles) {
  const TempFolder folder;
  const auto with = [&](const std::string& text) {
    EXPECT_TRUE(write_file(folder.path() / "config.json", text));
    return std::map<std::string, std::string>{{"DOCKER_CONFIG", folder.path().string()}};
  };
  EXPECT_EQ(login(with(auth_of("registry.acme.com", "own"))), "own");
  EXPECT_EQ(login(with(auth_of("https://registry.acme.com/v2/", "url"))), "url");
  EXPECT_EQ(login(with(auth_of("registry.acme.com/team", "team"))), "team");
  EXPECT_EQ(login(with(auth_of("registry.acme.com/other", "team"))), "");
  EXPECT_EQ(login(with(auth_of("acme.com", "parent"))), "");
  EXPECT_EQ(login(with(R"({"auths":{"registry.acme.com":{"identitytoken":"t"}}})")), "t");
  EXPECT_EQ(login(with(auth_of("https://index.docker.io/v1/", "hub")), "docker.io"), "hub");
  EXPECT_EQ(login(with("{}")), "");
  EXPECT_EQ(login(with("no json")), "error");
  EXPECT_EQ(login(with(R"({"auths":{"registry.acme.com":{"auth":"no base64"}}})")), "error");
  EXPECT_EQ(login(with(R"({"credHelpers":{"registry.acme.com":"../evil"}})")), "error");
  auto environment = with(auth_of("registry.acme.com", "file"));
  environment["DOCKER_AUTH_CONFIG"] = auth_of("registry.acme.com", "inline");
  EXPECT_EQ(login(environment), "inline");
}

}  // namespace
}  // namespace floe::oci
