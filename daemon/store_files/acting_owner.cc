#include "daemon/store_files/acting_owner.h"

#include <cerrno>
#include <cstdlib>

#include <sys/stat.h>
#include <unistd.h>

#include "daemon/core/system_error.h"

namespace rtcroom {
namespace {

Error Problem(const std::filesystem::path& path, int error_number) {
  return SystemError("cannot act as the owner of " + path.string(), error_number);
}

}  // namespace

Result<std::unique_ptr<ActingOwner>> ActingOwner::Of(const std::filesystem::path& path) {
  if (::geteuid() != 0) return std::unique_ptr<ActingOwner>(new ActingOwner(false));
  std::filesystem::path nearest = std::filesystem::absolute(path);
  struct stat found{};
  while (::stat(nearest.c_str(), &found) != 0) {
    if (errno != ENOENT || !nearest.has_relative_path()) return Problem(path, errno);
    nearest = nearest.parent_path();
  }
  if (found.st_uid == 0) return std::unique_ptr<ActingOwner>(new ActingOwner(false));
  // The group first: who is no longer root may not choose one.
  if (::setegid(found.st_gid) != 0) return Problem(path, errno);
  if (::seteuid(found.st_uid) != 0) {
    const int error_number = errno;
    if (::setegid(0) != 0) std::abort();
    return Problem(path, error_number);
  }
  return std::unique_ptr<ActingOwner>(new ActingOwner(true));
}

ActingOwner::~ActingOwner() {
  if (!is_switched_) return;
  // The real user ID is root's all the time, so neither can fail.
  if (::seteuid(0) != 0 || ::setegid(0) != 0) std::abort();
}

}  // namespace rtcroom
