// SPDX-License-Identifier: Apache-2.0
#include "base/curl_library.h"

#include "base/install_paths.h"

#include <dlfcn.h>

#include <string>
#include <vector>

namespace floe {

namespace {

template <class Function>
bool load_function(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

bool load_functions(void* library, CurlLibrary& curl) {
  return load_function(library, "curl_global_init", curl.global_init) &&
         load_function(library, "curl_easy_init", curl.easy_init) &&
         load_function(library, "curl_easy_reset", curl.easy_reset) &&
         load_function(library, "curl_easy_cleanup", curl.easy_cleanup) &&
         load_function(library, "curl_easy_setopt", curl.easy_setopt) &&
         load_function(library, "curl_easy_getinfo", curl.easy_getinfo) &&
         load_function(library, "curl_easy_strerror", curl.easy_strerror) &&
         load_function(library, "curl_slist_append", curl.slist_append) &&
         load_function(library, "curl_slist_free_all", curl.slist_free_all) &&
         load_function(library, "curl_multi_init", curl.multi_init) &&
         load_function(library, "curl_multi_cleanup", curl.multi_cleanup) &&
         load_function(library, "curl_multi_setopt", curl.multi_setopt) &&
         load_function(library, "curl_multi_add_handle", curl.multi_add_handle) &&
         load_function(library, "curl_multi_remove_handle", curl.multi_remove_handle) &&
         load_function(library, "curl_multi_perform", curl.multi_perform) &&
         load_function(library, "curl_multi_poll", curl.multi_poll) &&
         load_function(library, "curl_multi_wakeup", curl.multi_wakeup) &&
         load_function(library, "curl_multi_info_read", curl.multi_info_read);
}

/// floe's own build first: the system's brings thirty libraries along that no request of floe uses.
void* open_library() {
  std::vector<std::string> names{"libcurl.so.4", "libcurl-gnutls.so.4"};
  if (const auto own = find_data_file("curl/libcurl.so.4"))
    names.insert(names.begin(), own->string());
  for (const std::string& name : names) {
    // Lazily: most of the thousands of symbols of its dependencies are never called.
    if (void* library = ::dlopen(name.c_str(), RTLD_LAZY | RTLD_LOCAL)) return library;
  }
  return nullptr;
}

Result<CurlLibrary> load_curl() {
  void* library = open_library();
  CurlLibrary curl{};
  if (library == nullptr || !load_functions(library, curl)) {
    return fail(ErrorKind::kEnvironment, "cannot load libcurl.so.4",
                "install libcurl (Debian: apt-get install libcurl4)");
  }
  if (curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    return fail(ErrorKind::kEnvironment, "libcurl cannot be initialised");
  }
  return curl;
}

}  // namespace

const Result<CurlLibrary>& curl_library() {
  static const Result<CurlLibrary> library = load_curl();
  return library;
}

}  // namespace floe
