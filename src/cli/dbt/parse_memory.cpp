// SPDX-License-Identifier: Apache-2.0
#include "cli/dbt/parse_memory.h"

#include "base/hash.h"
#include "base/install_paths.h"
#include "base/pieces.h"
#include "base/version.h"
#include "cli/dbt/findings.h"
#include "cli/dbt/packed.h"
#include "cli/dbt/task.h"
#include "cli/enforce.h"
#include "dbt/project/reread.h"
#include "value/json.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <limits>

namespace floe::cli {

namespace {

/// More changed models than this are loaded with the rest of the project.
constexpr std::size_t kMostMended = 20;

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

std::int64_t as_micros(double seconds) { return static_cast<std::int64_t>(seconds * 1e6); }

/// Folders of a project's root that hold no sources, besides the target folder.
constexpr std::array<std::string_view, 6> kNoSources = {"logs", ".git",         ".venv",
                                                        "venv", "node_modules", "__pycache__"};

/// All that a parse depends on besides files.
std::string key_of(const DbtCall& call) {
  // What a shell counts for itself differs from one command to the next.
  static constexpr std::array<std::string_view, 3> kShellsOwn = {"_", "SHLVL", "OLDPWD"};
  std::string text = fmt::format("floe {}\nin {}\n", version(), call.project_dir.string());
  for (const std::string& word : call.words) text += fmt::format("word {} {}\n", word.size(), word);
  for (const auto& [name, value] : call.env) {
    if (std::find(kShellsOwn.begin(), kShellsOwn.end(), name) != kShellsOwn.end()) continue;
    text += fmt::format("env {} {} {}\n", name, value.size(), value);
  }
  return xxh128_hex(text);
}

fs::path guessed_target(const DbtCall& call) {
  return (call.project_dir / call.args.value_or("target-path", "target")).lexically_normal();
}

std::vector<std::string> skipped_folders(const DbtCall& call, const fs::path& target) {
  std::vector<std::string> names(kNoSources.begin(), kNoSources.end());
  if (target.parent_path() == call.project_dir) names.push_back(target.filename().string());
  return names;
}

FileRoots roots_of(const DbtCall& call, const fs::path& target) {
  FileRoots roots;
  roots.folders.push_back(call.project_dir);
  roots.skipped = skipped_folders(call, target);
  for (const char* package : {"dbt/dbt", "dbt/dbt_duckdb"}) {
    if (const auto folder = find_data_file(package)) roots.folders.push_back(*folder);
  }
  roots.single_files.emplace_back("/proc/self/exe");
  if (call.profiles_dir) roots.single_files.push_back(*call.profiles_dir / "profiles.yml");
  for (const char* name : {"DBT_PROFILES_DIR", "DBT_ENGINE_PROFILES_DIR", "HOME"}) {
    const auto found = call.env.find(name);
    if (found == call.env.end()) continue;
    const fs::path folder = found->second;
    const bool is_home = found->first == "HOME";
    roots.single_files.push_back((is_home ? folder / ".dbt" : folder) / "profiles.yml");
    if (is_home) roots.single_files.push_back(folder / ".dbt" / "user_settings.yml");
  }
  return roots;
}

/// Whether all that was loaded lies where list_file_states() looks.
bool is_all_listed(const DbtCall& call, const dbt::Loaded& loaded,
                   const std::vector<std::string>& skipped) {
  const fs::path& root = loaded.root().root;
  for (const dbt::PackageConfig& package : loaded.packages) {
    const fs::path below = package.root.lexically_relative(call.project_dir);
    if (!package.internal && (below.empty() || *below.begin() == "..")) return false;
  }
  const auto is_listed = [&](const std::string& package, const std::string& path) {
    if (package != loaded.root().name) return true;
    const std::string first = fs::path(path).lexically_normal().begin()->string();
    return first != ".." && std::find(skipped.begin(), skipped.end(), first) == skipped.end();
  };
  return root == call.project_dir &&
         std::all_of(loaded.project.nodes.begin(), loaded.project.nodes.end(),
                     [&](const auto& entry) {
                       return is_listed(entry.second->package_name,
                                        entry.second->original_file_path);
                     }) &&
         std::all_of(loaded.project.functions.begin(), loaded.project.functions.end(),
                     [&](const auto& entry) {
                       return is_listed(entry.second->package_name,
                                        entry.second->original_file_path);
                     }) &&
         std::all_of(
             loaded.project.macros.begin(), loaded.project.macros.end(), [&](const auto& entry) {
               return is_listed(entry.second->package_name, entry.second->original_file_path);
             });
}

}  // namespace

Status write_perf_info(const fs::path& target, const std::string& text, Console& console) {
  const fs::path file = target / "perf_info.json";
  FLOE_CHECK(write_output(file, text));
  console.say(LogLevel::kInfo, "Performance info: " + file.string(), "ParsePerfInfoPath",
              event_data({{"path", file.string()}}));
  return {};
}

/// What is kept in a file beside the artifacts.
struct ParseMemory::Record {
  /// Ranges of the manifest, counted from behind its head.
  struct Model {
    std::string path;
    std::array<std::uint64_t, 6> at{};  // checksum, created_at, raw_code: begin and end
  };
  std::string key;
  std::vector<FileState> files;
  std::string project_name, adapter_type, found, perf_info;
  std::string quoting;  // JSON
  bool mendable = false;
  WrittenFile manifest, summary, semantic;
  std::vector<Model> models;
  KeptFindings findings;
  std::vector<dbt::Warnings::Count> deprecations;
  std::int64_t end = kNever;  // microseconds: from then on other things are to be warned of

  template <class Packer>
  void pack(Packer& to) {
    to(key);
    to.items(files, [&](FileState& each) {
      to(each.path);
      to(each.size);
      to(each.inode);
      to(each.modified);
      to(each.changed);
      to(each.digest);
    });
    for (std::string* text : {&project_name, &adapter_type, &found, &perf_info, &quoting})
      to(*text);
    to(mendable);
    for (WrittenFile* each : {&manifest, &summary, &semantic}) {
      to(each->head);
      to(each->size);
      to(each->digest);
    }
    to.items(models, [&](Model& each) {
      to(each.path);
      for (std::uint64_t& place : each.at) to(place);
    });
    findings.pack(to);
    to.items(deprecations, [&](dbt::Warnings::Count& each) {
      to(each.key);
      to(each.event);
      to(each.occurrences);
    });
    to(end);
  }
};

/// New members for one model.
struct ParseMemory::Mend {
  std::size_t model = 0;  // in Record::models
  std::array<std::string, 3> members;
};

ParseMemory::ParseMemory(const DbtCall& call) : call_(call) {
  if (!call.args.flag("partial-parse", true) || !governing_kind(call.project_dir).empty()) return;
  key_ = key_of(call);
  target_ = guessed_target(call);
  files_ = list_file_states(roots_of(call, target_));
}

fs::path ParseMemory::file() const { return target_ / ".parse-memory"; }

std::optional<ParseMemory::Record> ParseMemory::recall() const {
  const auto text = read_file(file());
  if (!text || text->size() < 32) return std::nullopt;
  const std::string_view body = std::string_view(*text).substr(32);
  if (xxh128_hex(body) != text->substr(0, 32)) return std::nullopt;
  Record record;
  Unpacker from(body);
  record.pack(from);
  if (!from.whole() || record.key != key_) return std::nullopt;
  return record;
}

void ParseMemory::keep(const Record& record) const {
  Record copy = record;
  Packer to;
  copy.pack(to);
  // Without the memory the next parse is merely slower, so a failure to write it is no error.
  (void)write_output(file(), xxh128_hex(to.text()) + to.text());
}

std::optional<std::vector<ParseMemory::Mend>> ParseMemory::mend(const Record& record,
                                                                std::string_view manifest) const {
  std::vector<Mend> mends;
  std::vector<dbt::ChangedModel> changed;
  const std::string root = call_.project_dir.string() + "/";
  for (std::size_t i = 0; i < record.files.size(); ++i) {
    const std::string& path = record.files[i].path;
    if (path != (*files_)[i].path) return std::nullopt;
    if (is_unchanged(record.files[i], (*files_)[i])) continue;
    if (!record.mendable || mends.size() == kMostMended || !path.starts_with(root)) {
      return std::nullopt;
    }
    const std::string original = path.substr(root.size());
    // What there was to say of its old text may not hold for the new one.
    const auto& told = record.findings.files;
    if (std::find(told.begin(), told.end(), original) != told.end()) return std::nullopt;
    const auto is_it = [&](const Record::Model& model) { return model.path == original; };
    const auto model = std::find_if(record.models.begin(), record.models.end(), is_it);
    if (model == record.models.end()) return std::nullopt;
    const std::size_t begin = record.manifest.head + model->at[4];
    const std::size_t end = record.manifest.head + model->at[5];
    if (begin + 2 > end || end > manifest.size()) return std::nullopt;
    const auto member =
        value::read_json("{" + std::string(manifest.substr(begin + 2, end - begin - 2)) + "}");
    const value::Value* raw_code = member ? member->find("raw_code") : nullptr;
    if (raw_code == nullptr || !raw_code->is_string()) return std::nullopt;
    changed.push_back({original, raw_code->as_string()});
    mends.push_back({static_cast<std::size_t>(model - record.models.begin()), {}});
  }
  if (changed.empty()) return mends;
  const Result<dbt::LoadOptions> options = load_options(call_);
  const auto reread = options ? dbt::reread_models(*options, changed) : std::nullopt;
  if (!reread) return std::nullopt;
  const double now = dbt::seconds_now();
  for (std::size_t i = 0; i < mends.size(); ++i) {
    mends[i].members = {dbt::checksum_member((*reread)[i].checksum), dbt::created_at_member(now),
                        dbt::raw_code_member((*reread)[i].raw_code)};
  }
  std::sort(mends.begin(), mends.end(), [&](const Mend& a, const Mend& b) {
    return record.models[a.model].at[0] < record.models[b.model].at[0];
  });
  return mends;
}

bool ParseMemory::is_settled(const Record& record) {
  return std::none_of(record.files.begin(), record.files.end(),
                      [](const FileState& each) { return !each.digest.empty(); });
}

bool ParseMemory::renew_heads(Record& record, std::string_view manifest_head,
                              std::string_view summary_head) {
  for (std::size_t i = 0; i < record.files.size(); ++i) {
    if (record.files[i].path != (*files_)[i].path || !is_unchanged(record.files[i], (*files_)[i])) {
      return false;
    }
  }
  if (!is_as_written(target_ / "semantic_manifest.json", record.semantic) ||
      !replace_head(target_ / "manifest.json", record.manifest, manifest_head) ||
      !replace_head(target_ / "graph_summary.json", record.summary, summary_head)) {
    return false;
  }
  if (!is_settled(record)) {
    record.files = *files_;
    keep(record);
  }
  return true;
}

std::optional<std::size_t> ParseMemory::rewrite(Record& record, const std::string& started_at) {
  dbt::Project project;
  project.name = record.project_name;
  project.adapter_type = record.adapter_type;
  dbt::ManifestOptions options;
  options.info = artifact_info(call_, started_at);
  if (const auto quoting = value::read_json(record.quoting)) options.quoting = *quoting;
  const std::string head = dbt::manifest_head(project, options);
  const std::string summary_head = dbt::graph_summary_head(options.info.invocation_id);
  if (renew_heads(record, head, summary_head)) return 0;

  const auto manifest = read_written(target_ / "manifest.json", record.manifest);
  const auto summary = read_written(target_ / "graph_summary.json", record.summary);
  if (!manifest || !summary ||
      !is_as_written(target_ / "semantic_manifest.json", record.semantic)) {
    return std::nullopt;
  }
  const auto mends = mend(record, *manifest);
  if (!mends) return std::nullopt;
  const std::string_view body = std::string_view(*manifest).substr(record.manifest.head);
  std::vector<std::string_view> pieces = {head};
  std::size_t at = 0;
  struct Shift {
    std::uint64_t from;
    std::int64_t by;
  };
  std::vector<Shift> shifts;
  for (const Mend& each : *mends) {
    const auto& places = record.models[each.model].at;
    for (std::size_t i = 0; i < each.members.size(); ++i) {
      const std::size_t begin = places[2 * i];
      const std::size_t end = places[2 * i + 1];
      if (begin < at || end < begin || end > body.size()) return std::nullopt;
      pieces.push_back(body.substr(at, begin - at));
      pieces.push_back(each.members[i]);
      shifts.push_back({end, static_cast<std::int64_t>(each.members[i].size()) -
                                 static_cast<std::int64_t>(end - begin)});
      at = end;
    }
  }
  pieces.push_back(body.substr(at));
  if (!write_output(target_ / "manifest.json", Pieces(pieces))) return std::nullopt;
  const std::array<std::string_view, 2> summary_pieces = {
      summary_head, std::string_view(*summary).substr(record.summary.head)};
  if (!write_output(target_ / "graph_summary.json", Pieces(summary_pieces))) return std::nullopt;

  // The heads may have changed in length: an invocation's id can be given.
  const bool same_heads =
      record.manifest.head == head.size() && record.summary.head == summary_head.size();
  record.manifest.size += head.size() - record.manifest.head;
  record.manifest.head = head.size();
  record.summary.size += summary_head.size() - record.summary.head;
  record.summary.head = summary_head.size();
  if (mends->empty()) {
    if (same_heads && is_settled(record)) return 0;
  } else {
    const Pieces rest = Pieces(pieces).subspan(1);
    record.manifest.digest = xxh128_hex(rest);
    record.manifest.size = 0;
    for (const std::string_view piece : pieces) record.manifest.size += piece.size();
    for (Record::Model& model : record.models) {
      for (std::uint64_t& place : model.at) {
        std::int64_t by = 0;
        for (const Shift& shift : shifts) by += shift.from <= place ? shift.by : 0;
        place += static_cast<std::uint64_t>(by);
      }
    }
  }
  record.files = *files_;
  keep(record);
  return mends->size();
}

namespace {

/// Tells what dbt tells when it need not parse everything again.
void say_remembered(Console& console, std::size_t changed) {
  console.say(
      LogLevel::kDebug,
      fmt::format("Partial parsing enabled: 0 files deleted, 0 files added, {} files changed.",
                  changed),
      "PartialParsingEnabled",
      event_data({{"deleted", 0}, {"added", 0}, {"changed", static_cast<std::int64_t>(changed)}}));
  if (changed != 0) return;
  console.say(LogLevel::kDebug, "Partial parsing enabled, no changes found, skipping parsing",
              "PartialParsingSkipParsing", event_data({}));
}

}  // namespace

bool ParseMemory::answer(const DbtTask& task) {
  if (!files_) return false;
  std::optional<Record> record = recall();
  if (!record || record->files.size() != files_->size()) return false;
  if (record->end <= as_micros(dbt::seconds_now())) return false;
  Result<value::Value> perf_info = value::read_json(record->perf_info);
  if (!perf_info || !perf_info->is_map()) return false;
  diag::SourceMap sources;
  const auto findings = recall_findings(record->findings, call_.project_dir, sources);
  if (!findings) return false;
  const auto changed = rewrite(*record, task.started_at());
  if (!changed) return false;
  show_findings(*findings, sources, task.console());
  task.console().warnings()->add(record->deprecations);
  say_registered(call_, task.console());
  say_remembered(task.console(), *changed);
  say_found(task.console(), record->found);
  perf_info->set("load_all_elapsed", task.seconds());
  dbt::JsonWriter json;
  json.value(*perf_info);
  (void)write_perf_info(target_, json.text(), task.console());
  return true;
}

void ParseMemory::remember(DbtTask& task, const WrittenManifest& written,
                           const std::string& perf_info) {
  const dbt::Loaded& loaded = task.loaded();
  if (!files_ || loaded.target_path.lexically_normal() != target_) return;
  if (!is_all_listed(call_, loaded, skipped_folders(call_, target_))) return;
  auto findings = keep_findings(task.findings(), task.sources(), call_.project_dir);
  if (!findings) return;
  Record record;
  record.findings = std::move(*findings);
  record.deprecations = loaded.deprecations;
  if (loaded.warnings_end) record.end = as_micros(*loaded.warnings_end);
  record.key = key_;
  record.files = *files_;
  record.project_name = loaded.project.name;
  record.adapter_type = loaded.project.adapter_type;
  record.found = task.found_line();
  record.perf_info = perf_info;
  record.quoting = value::write_json(loaded.root().quoting);
  record.mendable = dbt::texts_stay_private(loaded);
  record.manifest = written.manifest;
  record.summary = written.summary;
  record.semantic = written.semantic;
  for (const dbt::NodePlaces& each : written.places.nodes) {
    const dbt::Node& node = *each.node;
    if (node.type != dbt::ResourceType::kModel || node.package_name != loaded.root().name) continue;
    Record::Model model{node.original_file_path,
                        {each.checksum.begin, each.checksum.end, each.created_at.begin,
                         each.created_at.end, each.raw_code.begin, each.raw_code.end}};
    for (std::uint64_t& place : model.at) place -= written.manifest.head;
    record.models.push_back(std::move(model));
  }
  keep(record);
}

}  // namespace floe::cli
