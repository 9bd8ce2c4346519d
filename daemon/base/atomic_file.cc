#include "daemon/base/atomic_file.h"

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/file_descriptor.h"
#include "daemon/base/system_error.h"
#include "daemon/base/text.h"
#include "daemon/base/text_file.h"

namespace rtcroom {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 20;
constexpr std::size_t kNameBytes = 8;
constexpr std::size_t kMaxSmallFile = std::size_t{1} << 20;
constexpr std::string_view kInTheMaking = ".new";

Error CannotWrite(const std::filesystem::path& path, int error_number) {
  return SystemError("cannot write " + path.string(), error_number);
}

/// @return 0, or the errno of the failed call.
int WriteAll(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

/// @return 0, or the errno of the failed call.
int CopyContent(int from, int to) {
  std::vector<char> piece(kPiece);
  off_t offset = 0;
  while (true) {
    const ssize_t size = ::pread(from, piece.data(), piece.size(), offset);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return errno;
    if (size == 0) return 0;
    const int failure = WriteAll(to, {piece.data(), static_cast<std::size_t>(size)});
    if (failure != 0) return failure;
    offset += size;
  }
}

/// @return 0, or the errno of the failed call.
int Rename(const std::filesystem::path& from, const std::filesystem::path& to,
           ExistingFile existing) {
  if (existing == ExistingFile::kReplaced) {
    return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
  }
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  // Fallback for file systems without RENAME_NOREPLACE: link() does not replace either.
  if (::link(from.c_str(), to.c_str()) != 0) return errno;
  return ::unlink(from.c_str()) == 0 ? 0 : errno;
}

/// Whether `name` is a temporary name that `PutAtomically` gives to files beside `path`.
bool IsInTheMaking(std::string_view name, const std::filesystem::path& path) {
  const std::string begin = path.filename().string() + '.';
  if (name.size() != begin.size() + 2 * kNameBytes + kInTheMaking.size()) return false;
  if (!name.starts_with(begin) || !name.ends_with(kInTheMaking)) return false;
  return IsLowerHex(name.substr(begin.size(), 2 * kNameBytes));
}

/// Removes temporary files of killed writers of `path`. Running writers hold their locks.
void RemoveLeftovers(const std::filesystem::path& path) {
  std::error_code problem;  // a file that cannot be removed is retried on the next call
  const std::filesystem::path parent = path.parent_path();
  std::filesystem::directory_iterator entries(parent.empty() ? "." : parent, problem);
  for (; !problem && entries != std::filesystem::directory_iterator(); entries.increment(problem)) {
    const std::filesystem::path& left = entries->path();
    if (!IsInTheMaking(left.filename().string(), path)) continue;
    const FileDescriptor file = OpenToRead(left.c_str());
    if (file.valid() && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0) ::unlink(left.c_str());
  }
}

/// @param fill  writes the content to the given descriptor; returns 0, or the errno of the failed
///              call.
/// @return 0, or the errno of the failed call.
int WriteNewFile(const std::filesystem::path& path, mode_t mode, const auto& fill) {
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!file.valid()) return errno;
  // The kernel releases the lock with the process. On file systems without locks, leftovers stay.
  (void)::flock(file.get(), LOCK_EX | LOCK_NB);
  if (const int failure = fill(file.get()); failure != 0) return failure;
  return ::fsync(file.get()) == 0 ? 0 : errno;
}

Status PutAtomically(const std::filesystem::path& path, mode_t mode, ExistingFile existing,
                     RandomSource& random, const auto& fill) {
  RemoveLeftovers(path);
  std::filesystem::path fresh = path;
  fresh += fmt::format(".{}{}", RandomHex(random, kNameBytes), kInTheMaking);
  int failure = WriteNewFile(fresh, mode, fill);
  if (failure == 0) failure = Rename(fresh, path, existing);
  if (failure != 0) {
    ::unlink(fresh.c_str());
    return CannotWrite(path, failure);
  }
  return SyncDirectory(path.parent_path());
}

}  // namespace

Status WriteFileAtomically(const std::filesystem::path& path, std::string_view content, mode_t mode,
                           RandomSource& random) {
  return PutAtomically(path, mode, ExistingFile::kReplaced, random,
                       [content](int fd) { return WriteAll(fd, content); });
}

Status CopyFileAtomically(int from, const std::filesystem::path& to, ExistingFile existing,
                          RandomSource& random) {
  return PutAtomically(to, S_IRUSR | S_IWUSR, existing, random,
                       [from](int fd) { return CopyContent(from, fd); });
}

Status SyncDirectory(const std::filesystem::path& directory) {
  const FileDescriptor opened(
      ::open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.valid() || ::fsync(opened.get()) != 0) return CannotWrite(directory, errno);
  return {};
}

Result<std::string> ReadSmallFile(const std::filesystem::path& path) {
  Result<std::string> content = ReadTextFile(path.string(), kMaxSmallFile);
  if (content) return content;
  return Error{Errc::kUnavailable, fmt::format("{} {}", path.string(), content.error().detail)};
}

}  // namespace rtcroom
