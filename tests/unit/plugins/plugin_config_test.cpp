// SPDX-License-Identifier: Apache-2.0
#include "plugins/plugin_config.h"

#include "value/yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace floe::plugins {
namespace {

using testing::ElementsAre;

std::vector<std::string> findings_of(const std::string& type, const std::string& config) {
  diag::SourceMap sources;
  diag::Sink sink;
  core::Platform platform;
  core::PluginChoice& compute = platform.plugins["compute"];
  compute.type = type;
  compute.config = value::read_yaml(sources.add("manifest.yaml", config), {}, sink);
  check_plugin_configs(platform, sink);
  std::vector<std::string> lines;
  for (const auto& found : sink.sorted()) {
    EXPECT_TRUE(found.span);
    lines.push_back(found.code + " " + found.message);
  }
  return lines;
}

TEST(PluginConfig, TakesWhatDuckDbReads) {
  EXPECT_THAT(findings_of("duckdb", R"(
memory_limit: 4GB
extensions: [httpfs, {name: h3, repo: community}]
settings: {s3_region: eu-west-1, preserve_insertion_order: false}
config_options: {threads: 2}
attach: [{path: "${env:OTHER}/other.duckdb", alias: other, read_only: true}]
x-owner: data
)"),
              ElementsAre());
}

TEST(PluginConfig, ReportsEveryMistakeWhereItStands) {
  EXPECT_THAT(
      findings_of("duckdb", "memory_limit: 4\nmemory: 4GB\nextensions: httpfs\nattach: [{}]\n"),
      ElementsAre("C011 'plugins.compute.config.memory_limit' must be a string, not a whole number",
                  "C010 'plugins.compute.config.memory' is a key that is not known here",
                  "C011 'plugins.compute.config.extensions' must be a list, not a string",
                  "C012 'plugins.compute.config.attach.0' must have the key 'path'"));
}

TEST(PluginConfig, OtherEnginesAreNotItsBusiness) {
  EXPECT_THAT(findings_of("snowflake", "memory: 4GB\n"), ElementsAre());
}

}  // namespace
}  // namespace floe::plugins
