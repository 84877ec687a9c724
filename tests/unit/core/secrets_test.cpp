// SPDX-License-Identifier: Apache-2.0
#include "core/config/secrets.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace floe::config {
namespace {

/// Credentials are put together here, so that scanners of this repository find none.
std::string join_parts(std::initializer_list<const char*> parts) {
  std::string text;
  for (const char* part : parts) text += part;
  return text;
}

TEST(Credentials, KnownFormsAreFoundUnderAnyKey) {
  EXPECT_EQ(credential_kind("note", join_parts({"AKIA", "IOSFODNN7EXAMPLE"})), "an AWS access key");
  EXPECT_EQ(credential_kind("note", join_parts({"-----BEGIN RSA ", "PRIVATE KEY-----\nMIIE"})),
            "a private key");
  EXPECT_EQ(credential_kind("x", join_parts({"ghp", "_0123456789abcdefghijABCDEFGHIJ456789"})),
            "a GitHub token");
  EXPECT_EQ(credential_kind("x", join_parts({"postgres://u:", "pw1234@db.acme.com/x"})),
            "a URL with a password");
}

TEST(Credentials, PasswordKeysTakeNoLiteral) {
  EXPECT_EQ(credential_kind("password", "changeme"), "a password or key");
  EXPECT_EQ(credential_kind("db_password", "x1"), "a password or key");
  EXPECT_EQ(credential_kind("client-secret", "abc"), "a password or key");
  EXPECT_EQ(credential_kind("token", "f3Kd92LmXo81PqZv77Aa"), "a token");
}

TEST(Credentials, WhatIsNoneIsLeftAlone) {
  EXPECT_EQ(credential_kind("password", "${env:DB_PASSWORD}"), "");
  EXPECT_EQ(credential_kind("password", "${secret:db}"), "");
  EXPECT_EQ(credential_kind("password", ""), "");
  EXPECT_EQ(credential_kind("password", "<from vault>"), "");
  EXPECT_EQ(credential_kind("connection_secret_ref", "warehouse-credentials"), "");
  EXPECT_EQ(credential_kind("token_url", "https://login.acme.com/oauth2/token"), "");
  EXPECT_EQ(credential_kind("token", "https://login.acme.com/oauth2/v1/token"), "");
  EXPECT_EQ(credential_kind("secret", "warehouse-credentials"), "");
  EXPECT_EQ(credential_kind("tag", "password"), "");
  EXPECT_EQ(credential_kind("url", "postgres://user:${secret:pw}@db/x"), "");
  EXPECT_EQ(credential_kind("url", "https://acme.com:8443/a@b"), "");
  EXPECT_EQ(credential_kind(
                "digest", "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a0"),
            "");
}

TEST(References, AreReplacedOnce) {
  ::setenv("FLOE_TEST_A", "one", 1);
  ::setenv("FLOE_TEST_KEY", "${env:FLOE_TEST_A}", 1);
  std::string missing;
  EXPECT_EQ(expand_references("x ${env:FLOE_TEST_A}/${secret:floe-test-a} y", missing),
            "x one/one y");
  // What a variable holds is no reference.
  EXPECT_EQ(expand_references("${env:FLOE_TEST_KEY}", missing), "${env:FLOE_TEST_A}");
  EXPECT_EQ(expand_references("${env:never closed", missing), "${env:never closed");
  EXPECT_EQ(missing, "");
  EXPECT_EQ(expand_references("${secret:floe-none}", missing), std::nullopt);
  EXPECT_EQ(missing, "FLOE_NONE");
}

}  // namespace
}  // namespace floe::config
