#include "daemon/signing/atomic_file.h"

#include <cerrno>
#include <cstddef>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/edge/file_descriptor.h"
#include "daemon/text_file.h"

namespace rtcroom {
namespace {

constexpr std::size_t kMaxSmallFile = std::size_t{1024} * 1024;

Error CannotWrite(const std::filesystem::path& path, int error_number) {
  return {Errc::kUnavailable, fmt::format("cannot write {}: {}", path.string(),
                                          std::generic_category().message(error_number))};
}

/// @return 0, or the errno of what failed.
int WriteAll(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(fd) == 0 ? 0 : errno;
}

/// @return 0, or the errno of what failed.
int WriteNewFile(const std::filesystem::path& path, std::string_view content, mode_t mode) {
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!file.valid()) return errno;
  return WriteAll(file.get(), content);
}

/// Makes the renaming itself durable.
/// @return 0, or the errno of what failed.
int SyncDirectory(const std::filesystem::path& directory) {
  const FileDescriptor opened(
      ::open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.valid()) return errno;
  return ::fsync(opened.get()) == 0 ? 0 : errno;
}

}  // namespace

Status WriteFileAtomically(const std::filesystem::path& path, std::string_view content, mode_t mode,
                           RandomSource& random) {
  std::filesystem::path fresh = path;
  fresh += fmt::format(".{}.new", RandomHex(random, 8));
  int failure = WriteNewFile(fresh, content, mode);
  if (failure == 0 && ::rename(fresh.c_str(), path.c_str()) != 0) failure = errno;
  if (failure != 0) {
    ::unlink(fresh.c_str());
    return CannotWrite(path, failure);
  }
  failure = SyncDirectory(path.parent_path());
  if (failure != 0) return CannotWrite(path, failure);
  return {};
}

Result<std::string> ReadSmallFile(const std::filesystem::path& path) {
  Result<std::string> content = ReadTextFile(path.string(), kMaxSmallFile);
  if (content) return content;
  return Error{Errc::kUnavailable, fmt::format("{} {}", path.string(), content.error().detail)};
}

}  // namespace rtcroom
