// SPDX-License-Identifier: Apache-2.0
#include "cli/parse.h"

#include "cli/help.h"

#include <gtest/gtest.h>

#include <set>

namespace floe::cli {
namespace {

const Command& sample() {
  static const Command command = {
      .path = "sample",
      .summary = "A command for tests",
      .details = "",
      .options = {{.name = "select", .letter = 's', .takes = Takes::kValues, .aliases = {"models"}},
                  {.name = "threads", .letter = 't', .takes = Takes::kValue, .value_name = "N"},
                  {.name = "full-refresh", .letter = 'f'},
                  {.name = "cache", .negatable = true},
                  {.name = "open", .takes = Takes::kOptional},
                  {.name = "format", .takes = Takes::kValue, .choices = {"text", "json"}}},
      .positionals = {{.name = "NAME"}, {.name = "REST", .repeated = true}},
      .run = nullptr,
  };
  return command;
}

Args parsed(const std::vector<std::string>& arguments) {
  Result<Args> args = parse_args(sample(), arguments);
  if (!args) throw std::runtime_error(args.error().message);
  return *args;
}

Error refused(const std::vector<std::string>& arguments) {
  Result<Args> args = parse_args(sample(), arguments);
  if (args) throw std::runtime_error("was accepted");
  return args.error();
}

using Texts = std::vector<std::string>;

TEST(ParseArgs, TakesSeveralValuesUpToTheNextOption) {
  const Args args = parsed({"--select", "a", "b+", "-f", "--select=c", "d", "-s", "e"});
  EXPECT_EQ(args.values("select"), (Texts{"a", "b+", "c", "d", "e"}));
  EXPECT_TRUE(args.flag("full-refresh"));
}

TEST(ParseArgs, KnowsAliases) { EXPECT_EQ(parsed({"--models", "a"}).values("select"), Texts{"a"}); }

TEST(ParseArgs, ReadsShortForms) {
  EXPECT_EQ(parsed({"-t4"}).value("threads"), "4");
  EXPECT_EQ(parsed({"-t=4"}).value("threads"), "4");
  EXPECT_EQ(parsed({"-t", "4"}).value("threads"), "4");
  EXPECT_EQ(parsed({"-vvf"}).count("verbose"), 2);
}

TEST(ParseArgs, LastValueWins) {
  EXPECT_EQ(parsed({"--threads", "1", "--threads", "2"}).value("threads"), "2");
}

TEST(ParseArgs, NegatableFlags) {
  EXPECT_FALSE(parsed({"--no-cache"}).flag("cache", true));
  EXPECT_TRUE(parsed({}).flag("cache", true));
  EXPECT_TRUE(parsed({"--no-cache", "--cache"}).flag("cache"));
  EXPECT_EQ(refused({"--no-full-refresh"}).kind, ErrorKind::kUsage);
}

TEST(ParseArgs, OptionalValues) {
  EXPECT_TRUE(parsed({"--open"}).flag("open"));
  EXPECT_EQ(parsed({"--open=x"}).value("open"), "x");
  EXPECT_EQ(parsed({"--open", "x"}).positional(0), "x");
}

TEST(ParseArgs, DoubleDashEndsOptions) {
  const Args args = parsed({"--", "--threads", "-x"});
  EXPECT_EQ(args.positionals(), (Texts{"--threads", "-x"}));
}

TEST(ParseArgs, NegativeNumbersAreValues) {
  EXPECT_EQ(parsed({"--threads", "-1"}).value("threads"), "-1");
  const Args args = parsed({"--threads", "-1"});
  EXPECT_FALSE(args.number("threads", 1, 8));
  EXPECT_FALSE(parsed({"--threads", "4x"}).number("threads", 1, 8));
  EXPECT_EQ(parsed({"--threads", "4"}).number("threads", 1, 8).value(), 4);
  EXPECT_FALSE(parsed({}).number("threads", 1, 8).value());
}

TEST(ParseArgs, SuggestsTheNearestName) {
  EXPECT_EQ(refused({"--treads", "4"}).hint, "did you mean --threads?");
  EXPECT_EQ(refused({"--format", "jsn"}).hint, "did you mean 'json'?");
  EXPECT_NE(refused({"-x"}).message.find("-x"), std::string::npos);
}

TEST(ParseArgs, RefusesMissingAndSuperfluousValues) {
  EXPECT_EQ(refused({"--threads"}).message, "--threads needs a value");
  EXPECT_EQ(refused({"--threads", "--cache"}).message, "--threads needs a value");
  EXPECT_EQ(refused({"--cache=yes"}).message, "--cache takes no value");
  EXPECT_EQ(refused({"--select"}).message, "--select needs a value");
}

TEST(ParseArgs, EmptyValueIsAValue) { EXPECT_EQ(parsed({"--threads="}).value("threads"), ""); }

TEST(FindCommand, PrefersTheLongestPath) {
  const FoundCommand found = find_command({"help", "version"}, 0);
  ASSERT_NE(found.command, nullptr);
  EXPECT_EQ(found.command->path, "help");
  EXPECT_EQ(found.words, 1u);
  EXPECT_EQ(find_command({"no-such"}, 0).command, nullptr);
}

TEST(CommandTable, IsConsistent) {
  std::set<std::string_view> paths;
  for (const Command* command : all_commands()) {
    EXPECT_TRUE(paths.insert(command->path).second) << command->path << " is there twice";
    EXPECT_FALSE(command->summary.empty()) << command->path;
    EXPECT_FALSE(command->summary.ends_with('.')) << command->path;
    EXPECT_NE(command->run, nullptr) << command->path;
    std::set<std::string_view> names;
    std::set<char> letters;
    for (const Option& option : command->options) {
      EXPECT_TRUE(names.insert(option.name).second) << command->path << " --" << option.name;
      if (option.letter != 0) {
        EXPECT_TRUE(letters.insert(option.letter).second) << command->path << " -" << option.letter;
      }
      EXPECT_FALSE(option.help.empty()) << command->path << " --" << option.name;
    }
    for (const int width : {20, 80, 200}) EXPECT_FALSE(help_for(*command, width, false).empty());
  }
}

}  // namespace
}  // namespace floe::cli
