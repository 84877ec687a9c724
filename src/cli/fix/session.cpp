// SPDX-License-Identifier: Apache-2.0
#include "cli/fix/session.h"

#include "base/text.h"
#include "cli/fix/change_journal.h"
#include "cli/mesh.h"
#include "fix/carry.h"
#include "policy/custom/custom_rules.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::cli {

namespace {

/// More rounds than chains of consequences have: then something goes in circles.
constexpr std::size_t kMostRounds = 2000;

/// The path of a project in the tree: "" or "dbt/".
std::string tree_prefix(const fs::path& project, const fs::path& root) {
  const std::string relative = project.lexically_relative(root).generic_string();
  return relative == "." || relative.empty() ? "" : relative + "/";
}

/// Folders of other packages that lie inside the product: those installed by a link.
std::set<std::string> foreign_folders(const CompiledState& state, const fs::path& home) {
  std::set<std::string> folders;
  for (const CompiledTransform& compiled : state.result.transforms) {
    for (const dbt::PackageConfig& package : compiled.loaded.packages) {
      if (&package == &compiled.loaded.root()) continue;
      std::error_code error;
      const fs::path real = fs::canonical(package.root, error);
      if (error) continue;
      const std::string relative = real.lexically_relative(home).generic_string();
      if (!relative.empty() && relative != "." && !relative.starts_with("..")) {
        folders.insert(relative + "/");
      }
    }
  }
  return folders;
}

bool is_usable(const CompiledState& state) {
  return !state.result.transforms.empty() &&
         std::none_of(state.findings.begin(), state.findings.end(),
                      [](const diag::Diagnostic& finding) {
                        return finding.severity == diag::Severity::kError &&
                               !policy::is_rule_code(finding.code);
                      });
}

}  // namespace

std::vector<fix::FileChange> ChangeSession::changes() const {
  return fix::changes_between(before.texts(), tree.texts(), moves);
}

std::vector<fix::Refusal> ChangeSession::notes() const {
  std::vector<fix::Refusal> notes;
  if (!expected.moved || !state) return notes;
  for (const diag::Diagnostic& finding : state->findings) {
    const auto same = [&](const diag::Diagnostic& old) {
      return old.code == finding.code && old.message == finding.message;
    };
    const auto& before_it = baseline->findings;
    const bool is_known = std::any_of(before_it.begin(), before_it.end(), same);
    if (fix::is_unused_path(finding) && !is_known) {
      notes.push_back({finding.code, "dbt_project.yml", finding.message});
    }
  }
  return notes;
}

std::string ChangeSession::old_name(const std::string& name) const {
  for (const auto& [from, to] : names) {
    if (to == name) return from;
  }
  return name;
}

Result<std::unique_ptr<CompiledState>> compile_state(const fs::path& folder, const fs::path& home,
                                                     const core::Platform& platform,
                                                     const ProductOptions& options) {
  auto state = std::make_unique<CompiledState>();
  state->opened = FLOE_TRY(open_product_as_it_is(folder));
  if (!state->opened.sink->has_errors()) {
    // Registries and contract files are named relative to where the product really is.
    const fs::path own = std::exchange(state->opened.root, home);
    auto mesh = open_mesh(state->opened, options, platform);
    state->opened.root = own;
    state->opened.mesh = FLOE_TRY(std::move(mesh));
    const auto silent = [](int, const std::string&) {};
    state->result = FLOE_TRY(compile_against(state->opened, platform, options, silent));
  }
  state->findings = state->opened.sink->sorted(*state->opened.sources);
  state->usable = is_usable(*state);
  return state;
}

policy::Context context_of(const CompiledState& state, const CompiledTransform& compiled) {
  policy::Context context =
      policy::make_context(state.result.platform, state.opened.product, compiled.loaded.project,
                           *state.opened.sources, compiled.columns ? &*compiled.columns : nullptr);
  context.mesh = state.opened.mesh == nullptr ? nullptr : &state.opened.mesh->mesh;
  return context;
}

fix::ProjectFolder folder_of(const CompiledState& state, const fs::path& root,
                             const CompiledTransform& compiled) {
  fix::ProjectFolder folder{compiled.loaded, tree_prefix(compiled.transform.root, root), {}};
  for (const CompiledTransform& other : state.result.transforms) {
    if (&other != &compiled) folder.others.push_back(tree_prefix(other.transform.root, root));
  }
  return folder;
}

Result<OpenProduct> open_to_change(const Output& output) {
  const std::size_t files = FLOE_TRY(recover_changes("."));
  if (files > 0) {
    note(output, fmt::format("an earlier change was cut short: put {} back as {}",
                             counted(files, "file"), files == 1 ? "it was" : "they were"));
  }
  return open_product(".");
}

Result<ChangeSession> begin_session(const OpenProduct& opened, core::Platform platform,
                                    const ProductOptions& options) {
  ChangeSession session;
  session.root = opened.root;
  session.options = options;
  session.platform = std::move(platform);
  const fix::Tree all = FLOE_TRY(read_product_tree(opened.root, {}));
  session.workspace = std::make_unique<Workspace>(FLOE_TRY(Workspace::make(opened.root, all)));
  session.baseline =
      FLOE_TRY(compile_state(session.workspace->root(), opened.root, session.platform, options));
  session.before =
      FLOE_TRY(read_product_tree(opened.root, foreign_folders(*session.baseline, opened.root)));
  // What changed meanwhile is seen by the next call.
  session.tree = session.before;
  return session;
}

namespace {

/// The newest state.
const CompiledState& current_state(const ChangeSession& session) {
  return session.state ? *session.state : *session.baseline;
}

/// What a round is meant to do to the project.
fix::Intended intended_by(const fix::Round& round) {
  fix::Intended intended;
  intended.names = round.names;
  for (const fix::Fix& fix : round.fixes) {
    if (!fix.config.empty())
      intended.reconfigured[fix.subject].insert(fix.config.begin(), fix.config.end());
  }
  return intended;
}

/// Whether rules will speak of what they did not know before: a model's layer, a column.
bool reveals(const fix::Round& round) {
  return !round.names.empty() || !round.moves.empty() ||
         std::any_of(round.fixes.begin(), round.fixes.end(),
                     [](const fix::Fix& fix) { return fix.code == "Q003"; });
}

/// What the round's changes bring with them.
fix::Expected expected_of(const fix::Round& round) {
  const bool moved = std::any_of(round.moves.begin(), round.moves.end(), [](const auto& move) {
    return fix::folder_of(move.first) != fix::folder_of(move.second);
  });
  return {reveals(round), moved};
}

/// Why the round must be taken back, or "".
std::string regression(const CompiledState& before, const CompiledState& after,
                       const fix::Round& round, std::size_t transform) {
  if (const auto worse = fix::worse_finding(before.findings, after.findings, expected_of(round))) {
    return fmt::format("it would bring {}: {}", worse->code, worse->message);
  }
  if (!after.usable) return "the project could not be compiled any more";
  const auto& old_one = before.result.transforms.at(transform).loaded.project;
  const auto& new_one = after.result.transforms.at(transform).loaded.project;
  return fix::unintended_difference(old_one, new_one, intended_by(round));
}

void follow_moves(std::map<std::string, std::string>& all,
                  const std::map<std::string, std::string>& more) {
  std::map<std::string, std::string> left = more;
  for (auto& [from, to] : all) {
    const auto next = more.find(to);
    if (next == more.end()) continue;
    to = next->second;
    left.erase(next->first);
  }
  for (const auto& [from, to] : left) all.emplace(from, to);
}

/// What the old places of moved files say of their models goes with them: written into `tree`, of
/// which `after` was compiled, and told in the round. Whether anything was written.
bool carry_along(fix::Tree& tree, const CompiledState& before, const CompiledState& after,
                 const fs::path& root, fix::Round& round, std::size_t transform) {
  if (!after.usable || round.moves.empty()) return false;
  const CompiledTransform& compiled = after.result.transforms.at(transform);
  const auto changed = fix::changed_configs(before.result.transforms.at(transform).loaded.project,
                                            compiled.loaded.project, intended_by(round));
  std::set<std::string> moved;
  for (const auto& [from, to] : round.moves) moved.insert(to);
  const std::string code = round.fixes.front().code;
  const auto carried = fix::carry_configs(tree, folder_of(after, root, compiled), changed, moved);
  for (const fix::CarriedConfig& each : carried) {
    round.fixes.push_back(
        {code, each.name,
         fmt::format("says {} itself now, as its old place in dbt_project.yml did",
                     list_and(each.keys))});
  }
  return !carried.empty();
}

/// One round in one project: whether anything changed.
Result<bool> try_round(ChangeSession& session, const RoundMaker& make, fix::FixOptions& options,
                       std::size_t transform, std::vector<fix::Refusal>& open) {
  const CompiledState& now = current_state(session);
  const CompiledTransform& compiled = now.result.transforms.at(transform);
  const fs::path& root = session.workspace->root();
  fix::Tree tree = session.tree;
  const fix::ProjectFolder folder = folder_of(now, root, compiled);
  fix::Round round = make(tree, context_of(now, compiled), folder, now.findings, options);
  open = round.refusals;  // later rounds may know what earlier ones did not
  if (round.fixes.empty()) return false;
  FLOE_CHECK(session.workspace->update(tree.texts()));
  auto next = FLOE_TRY(compile_state(root, session.root, session.platform, session.options));
  if (carry_along(tree, now, *next, root, round, transform)) {
    FLOE_CHECK(session.workspace->update(tree.texts()));
    next = FLOE_TRY(compile_state(root, session.root, session.platform, session.options));
  }
  const std::string reason = regression(now, *next, round, transform);
  if (!reason.empty()) {
    FLOE_CHECK(session.workspace->update(session.tree.texts()));
    // One at a time shows which of them it is.
    const bool found = options.limit == 1;
    for (const fix::Fix& fix : round.fixes) {
      if (!found) break;
      options.barred.emplace(fix.code, fix.subject);
      session.refusals.push_back({fix.code, fix.subject, reason});
    }
    options.limit = found ? SIZE_MAX : 1;
    return true;
  }
  const fix::Expected expected = expected_of(round);
  session.expected.revealed = session.expected.revealed || expected.revealed;
  session.expected.moved = session.expected.moved || expected.moved;
  session.tree = std::move(tree);
  session.state = std::move(next);
  std::move(round.fixes.begin(), round.fixes.end(), std::back_inserter(session.fixes));
  follow_moves(session.moves, round.moves);
  follow_moves(session.names, round.names);
  return true;
}

}  // namespace

Status run_rounds(ChangeSession& session, const RoundMaker& make, fix::FixOptions options) {
  for (std::size_t i = 0; i < session.baseline->result.transforms.size(); ++i) {
    fix::FixOptions own = options;
    std::vector<fix::Refusal> open;
    for (std::size_t round = 0;; ++round) {
      if (round == kMostRounds) {
        return fail(ErrorKind::kViolation, "the repairs come to no end: each brings another",
                    "repair one rule at a time: floe fix --rule CODE");
      }
      if (!FLOE_TRY(try_round(session, make, own, i, open))) break;
    }
    session.refusals.insert(session.refusals.end(), open.begin(), open.end());
  }
  std::sort(session.refusals.begin(), session.refusals.end());
  session.refusals.erase(std::unique(session.refusals.begin(), session.refusals.end()),
                         session.refusals.end());
  return {};
}

}  // namespace floe::cli
