#include "storage/postgres/libpq.h"

#include <string_view>

#include <dlfcn.h>
#include <fmt/format.h>

namespace rtcroom {

Result<Libpq> LoadLibpq(const char* file) {
  const auto refused = [](std::string_view why) {
    return Error{Errc::kStoreBroken,
                 fmt::format("PostgreSQL needs libpq 14 or later (package libpq5): {}", why)};
  };
  // Never closed: its functions are called until the process ends.
  void* const library = ::dlopen(file, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return refused(::dlerror());

  Libpq libpq;
  const char* missing = nullptr;
  const auto find = [&]<typename Function>(const char* name, Function& function) {
    function = reinterpret_cast<Function>(::dlsym(library, name));
    if (function == nullptr) missing = name;
  };
#define RTCROOM_FIND(name) find(#name, libpq.name);
  RTCROOM_LIBPQ_FUNCTIONS(RTCROOM_FIND)
#undef RTCROOM_FIND
  if (missing != nullptr) return refused(fmt::format("{} has no {}", file, missing));
  return libpq;
}

const Result<Libpq>& LoadedLibpq() {
  static const Result<Libpq> libpq = LoadLibpq(kLibpqFile);
  return libpq;
}

const Libpq& Pq() { return *LoadedLibpq(); }

}  // namespace rtcroom
