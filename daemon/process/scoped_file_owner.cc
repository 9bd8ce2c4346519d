#include "daemon/process/scoped_file_owner.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/system_error.h"

namespace rtcroom {
namespace {

Error OwnerProblem(const std::filesystem::path& path, int error_number) {
  return SystemError("cannot act as the owner of " + path.string(), error_number);
}

std::vector<gid_t> SupplementaryGroups() {
  std::vector<gid_t> groups(static_cast<std::size_t>(std::max(0, ::getgroups(0, nullptr))));
  const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
  groups.resize(static_cast<std::size_t>(std::max(0, count)));
  return groups;
}

}  // namespace

Result<std::unique_ptr<ScopedFileOwner>> ScopedFileOwner::ForPath(
    const std::filesystem::path& path) {
  const auto unchanged = [] { return std::unique_ptr<ScopedFileOwner>(new ScopedFileOwner()); };
  if (::geteuid() != 0) return unchanged();
  std::filesystem::path nearest = std::filesystem::absolute(path);
  struct stat found{};
  while (::stat(nearest.c_str(), &found) != 0) {
    if (errno != ENOENT || !nearest.has_relative_path()) return OwnerProblem(path, errno);
    nearest = nearest.parent_path();
  }
  if (found.st_uid == 0) return unchanged();
  // From here on the destructor restores the previous state, after a partial switch as well.
  std::unique_ptr<ScopedFileOwner> owner(new ScopedFileOwner(::getegid(), SupplementaryGroups()));
  // The groups first: a process that is no longer root may not set them.
  if (!owner->groups_.empty() && ::setgroups(0, nullptr) != 0) return OwnerProblem(path, errno);
  if (::setegid(found.st_gid) != 0) return OwnerProblem(path, errno);
  if (::seteuid(found.st_uid) != 0) return OwnerProblem(path, errno);
  return owner;
}

ScopedFileOwner::~ScopedFileOwner() {
  if (!is_switched_) return;
  // The real user ID is still root's, so none can fail.
  if (::seteuid(0) != 0 || ::setegid(group_) != 0) std::abort();
  if (SupplementaryGroups() == groups_) return;
  if (::setgroups(groups_.size(), groups_.data()) != 0) std::abort();
}

}  // namespace rtcroom
