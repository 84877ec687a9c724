// SPDX-License-Identifier: Apache-2.0
// What must hold of tiers whatever they say: over random chains of manifests.
#include "core/platform/compare.h"
#include "core/platform/compare_data.h"
#include "core/platform/effective.h"
#include "core/platform/inherit.h"
#include "unit/core/merge_support.h"
#include "value/json.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace floe::core {
namespace {

using testing::platform_of;
using testing::random_manifest;
using testing::random_part;
using value::Value;

constexpr int kChains = 2500;  // for each of the four properties

/// FLOE_TEST_SEED repeats a run.
unsigned seed_of_run() {
  const char* given = std::getenv("FLOE_TEST_SEED");
  return given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10))
                          : std::random_device()();
}

Value merged(const Value& upper, const Value& lower, std::vector<Loosening>& refused,
             bool is_partial = false) {
  MergeRules rules = merge_rules_for(upper, lower, "sales");
  rules.is_partial = is_partial;
  return merge_tiers(upper, lower, rules, refused);
}

/// What is left of `lower` where it is refused: the tier that a team ends up with.
Value legal_part(std::mt19937& random, const Value& upper) {
  std::vector<Loosening> refused;
  const Value whole = merged(upper, random_manifest(random), refused);
  Value part = random_part(random, whole);
  // Without their order, levels cannot be compared.
  const Value* levels = whole.find_path("governance.classification.levels");
  if (levels != nullptr && part.find_path("governance.classification") != nullptr) {
    part.edit("governance")->edit("classification")->set("levels", *levels);
  }
  return part;
}

std::string text_of(const std::vector<Loosening>& refused) {
  std::string text;
  for (const Loosening& each : refused) {
    text += each.path + ": tried " + each.tried + ", required " + each.required + "\n";
  }
  return text;
}

std::string told(const Value& document) { return value::write_json(document, 1); }

/// Whether a document that leaves out a field, and the section around it, keeps to its default: not
/// where the section asks for nothing unless it is there, nor in an entry of the other document.
bool keeps_default(const Value& document, const std::string& path) {
  const value::Schema* at = &config::manifest_schema();
  const Value* there = &document;
  std::string_view rest = path;
  while (true) {
    const std::size_t dot = rest.find('.');
    if (dot == std::string_view::npos) break;
    const std::string_view key = rest.substr(0, dot);
    const value::Field* field = at->find(key);
    there = there == nullptr ? nullptr : there->find(key);
    if (field == nullptr && there == nullptr) return false;
    at = field == nullptr ? at->items.get() : &field->schema;
    if (at == nullptr || (there == nullptr && at->is_silent_if_absent)) return false;
    rest.remove_prefix(dot + 1);
  }
  const value::Field* field = at->find(rest);
  return field != nullptr && field->fallback;
}

/// What got weaker from one document to the other, by the comparison of versions, which is written
/// on its own.
std::vector<std::string> weaker(const Platform& upper, const Platform& lower) {
  const Value& before = upper.document;
  const Value& after = lower.document;
  const MergeRules rules = merge_rules_for(before, after, "sales");
  std::vector<Change> changes;
  DataComparison comparison{changes, rules.levels};
  compare_data(comparison, "", &before, &after, &rules.schema, Step::kPatch);
  for (Change& change : compare_platforms(upper, lower)) changes.push_back(std::move(change));
  std::vector<std::string> lines;
  const std::set<std::string> paths = document_paths(before);
  for (const Change& change : changes) {
    // Where a section begins, there is nothing that it could be weaker than but its defaults.
    const std::string section = change.path.substr(0, change.path.rfind('.'));
    if (!paths.contains(change.path) && !paths.contains(section) &&
        !keeps_default(before, change.path)) {
      continue;
    }
    // Exceptions are the platform's to grant: waivers.h has who may. A grant may be replaced by a
    // narrower one: see not_granted.
    const bool is_exception =
        change.path.starts_with("governance.waivers") || change.path.ends_with(".grants");
    if (change.direction == Direction::kLoosened && !is_exception) {
      lines.push_back(change_text(change));
    }
  }
  return lines;
}

/// Grants of the lower document that no grant of the upper one allows.
std::vector<std::string> not_granted(const Value& before, const Value& after) {
  const auto grants = [](const Value& document) {
    const Value* found = document.find_path("governance.access_control.grants");
    return found == nullptr ? Value::list() : *found;
  };
  std::vector<std::string> wide;
  if (before.find_path("governance.access_control") == nullptr) return wide;
  for (const Value& asked : grants(after).as_list()) {
    const Value given = grants(before);
    const bool allowed =
        std::any_of(given.as_list().begin(), given.as_list().end(), [&](const Value& grant) {
          for (const value::Member& limit : grant.as_map()) {
            const Value* own = asked.find(limit.key);
            const bool narrower = limit.key == "access" && own != nullptr && *own == Value("READ");
            if (own == nullptr || (*own != limit.value && !narrower)) return false;
          }
          return true;
        });
    if (!allowed) wide.push_back(value::canonical_json(asked));
  }
  return wide;
}

class MergeProperty : public ::testing::Test {
 protected:
  void SetUp() override {
    seed_ = seed_of_run();
    RecordProperty("seed", std::to_string(seed_));
    random_.seed(seed_);
  }
  std::string again() const { return "to repeat: FLOE_TEST_SEED=" + std::to_string(seed_) + "\n"; }

  unsigned seed_ = 0;
  std::mt19937 random_;
};

TEST_F(MergeProperty, IsIdempotent) {
  for (int round = 0; round < kChains; ++round) {
    const Value top = platform_of(random_manifest(random_)).document;
    std::vector<Loosening> refused;
    ASSERT_EQ(told(merged(top, top, refused)), told(top)) << again();
    ASSERT_TRUE(refused.empty()) << again() << text_of(refused) << told(top);
    const Value part = legal_part(random_, top);
    const Value once = merged(top, part, refused);
    ASSERT_TRUE(refused.empty()) << again() << text_of(refused) << told(top) << told(part);
    ASSERT_EQ(told(merged(once, part, refused)), told(once)) << again();
    ASSERT_TRUE(refused.empty()) << again() << text_of(refused) << told(once) << told(part);
  }
}

TEST_F(MergeProperty, IsAssociativeOverAChain) {
  for (int round = 0; round < kChains; ++round) {
    std::vector<Loosening> refused;
    const Value top = platform_of(random_manifest(random_)).document;
    const Value middle = legal_part(random_, top);
    const Value upper = merged(top, middle, refused);
    const Value bottom = legal_part(random_, upper);
    const Value from_above = merged(upper, bottom, refused);
    ASSERT_TRUE(refused.empty()) << again() << text_of(refused);
    const Value lower = merged(middle, bottom, refused, true);
    const Value from_below = merged(top, lower, refused);
    ASSERT_TRUE(refused.empty()) << again() << text_of(refused) << told(top) << told(middle)
                                 << told(bottom);
    ASSERT_EQ(value::canonical_json(from_above), value::canonical_json(from_below))
        << again() << told(top) << told(middle) << told(bottom);
  }
}

TEST_F(MergeProperty, NeverWeakensWhateverIsTried) {
  for (int round = 0; round < kChains; ++round) {
    std::vector<Loosening> refused;
    const Platform top = platform_of(random_manifest(random_));
    const Value tried = random_manifest(random_);
    const Platform middle = platform_of(merged(top.document, tried, refused));
    const Platform bottom = platform_of(merged(middle.document, random_manifest(random_), refused));
    const std::pair<const Platform*, const Platform*> pairs[] = {
        {&top, &middle}, {&top, &bottom}, {&middle, &bottom}};
    for (const auto& [above, below] : pairs) {
      ASSERT_TRUE(not_granted(above->document, below->document).empty())
          << again() << told(above->document) << told(below->document);
      const auto lines = weaker(*above, *below);
      ASSERT_TRUE(lines.empty()) << again() << lines[0] << "\n"
                                 << told(above->document) << told(below->document);
    }
  }
}

TEST_F(MergeProperty, AnythingWeakerIsRefused) {
  int refusals = 0;
  for (int round = 0; round < kChains; ++round) {
    std::vector<Loosening> refused;
    const Value top = platform_of(random_manifest(random_)).document;
    const Value tried = platform_of(random_manifest(random_)).document;
    const Value got = merged(top, tried, refused);
    // Nothing is dropped unsaid: without a refusal the lower tier has what it asked for.
    if (refused.empty()) {
      std::vector<Loosening> none;
      ASSERT_EQ(told(merged(got, tried, none)), told(got)) << again();
      ASSERT_TRUE(none.empty()) << again() << text_of(none);
    }
    refusals += refused.empty() ? 0 : 1;
  }
  EXPECT_GT(refusals, kChains / 2);
}

}  // namespace
}  // namespace floe::core
