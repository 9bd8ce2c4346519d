#include "daemon/process/data_directory.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "daemon/base/system_error.h"

namespace rtcroom {
namespace {

Error OpenProblem(const std::filesystem::path& path, int error_number) {
  return SystemError("data directory " + path.string(), error_number);
}

}  // namespace

Result<std::unique_ptr<DataDirectory>> DataDirectory::Open(const std::filesystem::path& path) {
  std::error_code problem;
  if (!std::filesystem::exists(path, problem)) {
    std::filesystem::create_directories(path, problem);
    if (problem) return OpenProblem(path, problem.value());
    // Its contents (members, keys) are for the server alone.
    std::filesystem::permissions(path, std::filesystem::perms::owner_all, problem);
  }
  const std::filesystem::path lock_file = path / "LOCK";
  const int fd = ::open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return OpenProblem(path, errno);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const int error_number = errno;
    ::close(fd);
    if (error_number != EWOULDBLOCK) return OpenProblem(path, error_number);
    return Error{Errc::kStoreBusy,
                 fmt::format("data directory {}: in use by another process", path.string())};
  }
  return std::unique_ptr<DataDirectory>(new DataDirectory(path, fd));
}

DataDirectory::DataDirectory(std::filesystem::path path, int lock_fd)
    : path_(std::move(path)), lock_fd_(lock_fd) {}

DataDirectory::~DataDirectory() { ::close(lock_fd_); }

}  // namespace rtcroom
