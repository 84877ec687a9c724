// SPDX-License-Identifier: Apache-2.0
#include "cli/compile_cache.h"

#include "base/hash.h"
#include "base/text.h"
#include "base/version.h"
#include "value/json.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>

namespace floe::cli {

namespace {

constexpr std::size_t kKeySize = 32;

fs::path cache_key_path(const std::map<std::string, std::string>& env) {
  const auto get = [&](const char* name) {
    const auto it = env.find(name);
    return it == env.end() ? std::string() : it->second;
  };
  if (const std::string xdg = get("XDG_CACHE_HOME"); !xdg.empty()) {
    return fs::path(xdg) / "floe" / "compile.key";
  }
  const std::string home = get("HOME");
  return home.empty() ? fs::path() : fs::path(home) / ".cache" / "floe" / "compile.key";
}

/// The user's key; made on first use when `create`. Empty if there is none to be had.
std::string cache_key(const std::map<std::string, std::string>& env, bool create) {
  const fs::path path = cache_key_path(env);
  if (path.empty()) return {};
  if (auto key = read_file(path, 4096); key && key->size() == kKeySize) return *key;
  if (!create) return {};
  std::array<unsigned char, kKeySize> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return {};
  const std::string key(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!make_directories(path.parent_path())) return {};
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return {};
  const bool whole = ::write(fd, key.data(), key.size()) == static_cast<ssize_t>(key.size());
  ::close(fd);
  return whole ? key : std::string();
}

bool is_derived_folder(std::string_view name) {
  static constexpr std::array kDerived = {".git",         "target", "logs",
                                          "node_modules", ".venv",  "__pycache__"};
  return std::find(kDerived.begin(), kDerived.end(), name) != kDerived.end();
}

struct Fingerprint {
  std::string text;                                       // a line a file: path, size, mtime, inode
  std::vector<std::pair<std::string, std::string>> racy;  // full path → content digest
};

std::int64_t modified_at(const struct stat& info) {
  return static_cast<std::int64_t>(info.st_mtim.tv_sec) * 1'000'000'000 + info.st_mtim.tv_nsec;
}

void add_entry(const fs::path& path, Fingerprint& print, std::int64_t racy_since) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) {
    print.text += fmt::format("{}\tmissing\n", path.string());
    return;
  }
  const std::int64_t modified = modified_at(info);
  print.text += fmt::format("{}\t{}\t{}\t{}\n", path.string(), info.st_size, modified, info.st_ino);
  // A file written within the clock's grain could change again without its times showing it.
  if (modified < racy_since || S_ISDIR(info.st_mode)) return;
  if (const auto content = read_file(path)) {
    print.racy.emplace_back(path.string(), xxh128_hex(*content));
  }
}

void add_tree(const fs::path& root, Fingerprint& print, std::int64_t racy_since) {
  std::vector<fs::path> folders{root};
  std::vector<fs::path> files;
  std::size_t seen = 0;
  while (!folders.empty() && ++seen < 100'000) {
    const fs::path folder = std::move(folders.back());
    folders.pop_back();
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
      std::error_code type_error;
      const std::string name = it->path().filename().string();
      if (!it->is_directory(type_error)) {
        if (!name.ends_with(".duckdb") && !name.ends_with(".wal")) files.push_back(it->path());
      } else if (!is_derived_folder(name)) {
        folders.push_back(it->path());
      }
    }
    print.text += fmt::format("{}\t{}\n", folder.string(), error ? error.value() : 0);
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) add_entry(file, print, racy_since);
}

std::string environment_text(const std::map<std::string, std::string>& env) {
  static constexpr std::array kVolatile = {"_",    "SHLVL",   "PWD",   "OLDPWD",
                                           "TERM", "COLUMNS", "LINES", "TRACEPARENT"};
  std::string text;
  for (const auto& [name, value] : env) {
    if (std::find(kVolatile.begin(), kVolatile.end(), name) != kVolatile.end()) continue;
    text += fmt::format("{}={}\n", name, value);
  }
  return text;
}

Fingerprint fingerprint_of(const CompileInputs& inputs, std::int64_t racy_since) {
  Fingerprint print;
  print.text = fmt::format("floe {}\nplatform {}\noptions {}\n", version(), inputs.platform_digest,
                           inputs.options);
  print.text += environment_text(inputs.env);
  add_entry("/proc/self/exe", print, INT64_MAX);
  add_tree(inputs.product_dir, print, racy_since);
  for (const fs::path& root : inputs.other_roots) add_tree(root, print, racy_since);
  for (const fs::path& output : inputs.outputs) add_entry(output, print, racy_since);
  return print;
}

std::string authenticate(const std::string& key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), out.data(), &size);
  return base64_encode({reinterpret_cast<const char*>(out.data()), size});
}

fs::path memory_path(const CompileInputs& inputs) {
  return inputs.product_dir / "target" /
         fmt::format(".compile-{}.json", xxh128_hex(inputs.options).substr(0, 8));
}

std::string remembered_text(const value::Value& map, std::string_view key) {
  const value::Value* found = map.find(key);
  return found != nullptr && found->is_string() ? found->as_string() : std::string();
}

bool racy_files_unchanged(const value::Value& memory) {
  const value::Value* racy = memory.find("racy");
  if (racy == nullptr || !racy->is_map()) return false;
  return std::all_of(racy->as_map().begin(), racy->as_map().end(), [](const auto& member) {
    const auto content = read_file(member.key);
    return content && member.value.is_string() && xxh128_hex(*content) == member.value.as_string();
  });
}

}  // namespace

std::optional<CompileMemory> recall_compile(const CompileInputs& inputs) {
  const auto text = read_file(memory_path(inputs));
  if (!text) return std::nullopt;
  const std::string key = cache_key(inputs.env, false);
  const std::size_t line = text->find('\n');
  if (key.empty() || line == std::string::npos) return std::nullopt;
  const std::string_view body = std::string_view(*text).substr(line + 1);
  if (authenticate(key, body) != text->substr(0, line)) return std::nullopt;
  const auto memory = value::read_json(body);
  if (!memory || !memory->is_map()) return std::nullopt;
  const Fingerprint now = fingerprint_of(inputs, INT64_MAX);
  if (remembered_text(*memory, "fingerprint") != xxh128_hex(now.text)) return std::nullopt;
  if (!racy_files_unchanged(*memory)) return std::nullopt;
  const value::Value* code = memory->find("exit_code");
  if (code == nullptr || !code->is_int()) return std::nullopt;
  return CompileMemory{static_cast<int>(code->as_int()), remembered_text(*memory, "out"),
                       remembered_text(*memory, "err")};
}

void remember_compile(const CompileInputs& inputs, const CompileMemory& memory) {
  const std::string key = cache_key(inputs.env, true);
  if (key.empty()) return;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::int64_t racy_since =
      std::chrono::duration_cast<std::chrono::nanoseconds>(now).count() - 2'000'000'000;
  const Fingerprint print = fingerprint_of(inputs, racy_since);
  value::Value racy = value::Value::map();
  for (const auto& [path, digest] : print.racy) racy.edit_map().push_back({path, digest, {}, {}});
  value::Value document = value::Value::map();
  document.set("fingerprint", xxh128_hex(print.text));
  document.set("racy", std::move(racy));
  document.set("exit_code", memory.exit_code);
  document.set("out", memory.out);
  document.set("err", memory.err);
  const std::string body = value::write_json(document);
  // Without the memory the next compile is merely slower, so a failure to write it is no error.
  (void)write_output(memory_path(inputs), authenticate(key, body) + "\n" + body);
}

}  // namespace floe::cli
