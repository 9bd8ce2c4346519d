#include "daemon/media/file_tree.h"

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <optional>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/file_descriptor.h"
#include "daemon/base/system_error.h"
#include "daemon/base/text.h"

namespace rtcroom {
namespace {

namespace fs = std::filesystem;

Error Unreadable(const std::error_code& failure) {
  return {Errc::kUnavailable, "cannot read the folder: " + failure.message()};
}

/// nullopt when it is not a regular file, or disappeared.
std::optional<FileTree::File> Describe(const fs::path& root, const fs::path& file) {
  struct stat found{};
  if (::lstat(file.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) return std::nullopt;
  const fs::path path = file.lexically_relative(root);
  if (!IsUtf8(path.native())) return std::nullopt;
  const auto since_epoch =
      std::chrono::seconds(found.st_mtim.tv_sec) + std::chrono::nanoseconds(found.st_mtim.tv_nsec);
  return FileTree::File{
      .path = path.native(),
      .bytes = static_cast<std::uint64_t>(found.st_size),
      .written_at = TimePoint(std::chrono::floor<std::chrono::milliseconds>(since_epoch))};
}

bool IsName(std::string_view part) { return !part.empty() && part != "." && part != ".."; }

/// @param path  in `folder`, of a file that was removed.
void RemoveEmptyFoldersIn(const FileDescriptor& folder, std::string_view path) {
  const std::size_t slash = path.find('/');
  const std::string part(path.substr(0, slash));
  if (slash == std::string_view::npos || !IsName(part)) return;
  {
    const FileDescriptor inner(
        ::openat(folder.get(), part.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!inner.valid()) return;
    RemoveEmptyFoldersIn(inner, path.substr(slash + 1));
  }
  (void)::unlinkat(folder.get(), part.c_str(), AT_REMOVEDIR);  // fails unless it is empty
}

}  // namespace

Result<FileTree::File> FileTree::Find(std::string_view path) const {
  std::error_code failure;
  const fs::path root = fs::canonical(root_, failure);
  if (failure) return Unreadable(failure);
  // The system takes NUL for the end.
  if (path.empty() || HasNul(path)) return Error{Errc::kBadRequest, "not a path"};
  // An absolute path replaces the root.
  const fs::path file = fs::canonical(root / fs::path(path), failure);
  if (failure) return Error{Errc::kBadRequest, "cannot be found: " + failure.message()};
  if (!file.native().starts_with((root / "").native())) {
    return Error{Errc::kBadRequest, "outside of the folder"};
  }
  std::optional<File> found = Describe(root, file);
  if (!found) return Error{Errc::kBadRequest, "not a regular file, or its name is not UTF-8"};
  return *std::move(found);
}

Status FileTree::Visit(const std::function<bool(File file)>& visit) const {
  std::error_code failure;
  const fs::path root = fs::canonical(root_, failure);
  if (failure) return Unreadable(failure);
  // Does not enter linked folders.
  fs::recursive_directory_iterator place(root, fs::directory_options::skip_permission_denied,
                                         failure);
  for (; !failure && place != fs::recursive_directory_iterator(); place.increment(failure)) {
    std::optional<File> file = Describe(root, place->path());
    if (file && !visit(*std::move(file))) return {};
  }
  if (failure) return Unreadable(failure);
  return {};
}

Status FileTree::Remove(std::string_view path) const {
  FileDescriptor folder(::open(root_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder.valid()) return SystemError("cannot open the folder", errno);
  if (HasNul(path)) return Error{Errc::kBadRequest, "not a path"};
  while (true) {
    const std::size_t slash = path.find('/');
    const std::string part(path.substr(0, slash));
    if (!IsName(part)) return Error{Errc::kBadRequest, "not a path"};
    if (slash == std::string_view::npos) {
      if (::unlinkat(folder.get(), part.c_str(), 0) == 0 || errno == ENOENT) return {};
      return SystemError("cannot remove the file", errno);
    }
    folder = FileDescriptor(
        ::openat(folder.get(), part.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!folder.valid()) {
      if (errno == ENOENT) return {};
      return SystemError("cannot open its folder", errno);
    }
    path.remove_prefix(slash + 1);
  }
}

void FileTree::RemoveEmptyFolders(std::string_view path) const {
  const FileDescriptor root(::open(root_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (root.valid() && !HasNul(path)) RemoveEmptyFoldersIn(root, path);
}

}  // namespace rtcroom
