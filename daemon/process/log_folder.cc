#include "daemon/process/log_folder.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <optional>
#include <system_error>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "daemon/base/file_descriptor.h"
#include "daemon/base/text.h"

namespace rtcroom {
namespace {

constexpr int kFolder = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

Error CannotRead(int reason) {
  return Error{Errc::kUnavailable, "log folder: " + std::system_category().message(reason)};
}

Error NotFound() { return {Errc::kFileNotFound, "no such log file"}; }

/// Whether the system lacks a resource, rather than the name being invalid.
bool IsInternalError(int reason) {
  return reason == EMFILE || reason == ENFILE || reason == ENOMEM || reason == EIO;
}

/// The parts of a name below the folder; nullopt when it is invalid.
std::optional<std::vector<std::string>> PartsOf(std::string_view name) {
  if (name.empty() || name.size() > LogFolder::kMaxNameBytes || HasNul(name)) return std::nullopt;
  std::vector<std::string> parts;
  while (true) {
    const std::string_view part = name.substr(0, name.find('/'));
    // An absolute name also begins with an empty part.
    if (part.empty() || part == "." || part == "..") return std::nullopt;
    if (parts.size() == LogFolder::kMaxDepth) return std::nullopt;
    parts.emplace_back(part);
    if (part.size() == name.size()) return parts;
    name.remove_prefix(part.size() + 1);
  }
}

std::optional<struct stat> RegularFile(int folder, const char* name) {
  struct stat found = {};
  if (::fstatat(folder, name, &found, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
  if (!S_ISREG(found.st_mode)) return std::nullopt;
  return found;
}

/// @errors as `LogFiles::ReadTail`.
Result<FileDescriptor> OpenBelow(FileDescriptor folder, const std::vector<std::string>& parts) {
  for (auto part = parts.begin(); part + 1 != parts.end(); ++part) {
    FileDescriptor inner(::openat(folder.get(), part->c_str(), kFolder | O_NOFOLLOW));
    if (!inner.valid()) return IsInternalError(errno) ? CannotRead(errno) : NotFound();
    folder = std::move(inner);
  }
  // Checked before opening, since opening alone can affect anything but a regular file, and again
  // afterwards, since the file may have been replaced.
  if (!RegularFile(folder.get(), parts.back().c_str())) return NotFound();
  FileDescriptor file = OpenToRead(parts.back().c_str(), folder.get());
  if (!file.valid()) return IsInternalError(errno) ? CannotRead(errno) : NotFound();
  struct stat opened = {};
  if (::fstat(file.get(), &opened) != 0) return CannotRead(errno);
  if (!S_ISREG(opened.st_mode)) return NotFound();
  return file;
}

/// The bytes from `begin` on, `kMaxTailBytes` at most.
Result<std::string> ReadFrom(const FileDescriptor& file, off_t begin) {
  std::string text(LogFolder::kMaxTailBytes, '\0');
  std::size_t count = 0;
  while (count < text.size()) {
    const ssize_t got = ::pread(file.get(), text.data() + count, text.size() - count,
                                begin + static_cast<off_t>(count));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return CannotRead(errno);
    if (got == 0) break;
    count += static_cast<std::size_t>(got);
  }
  text.resize(count);
  return text;
}

struct CloseFolder {
  void operator()(DIR* folder) const { (void)::closedir(folder); }
};

/// Collects the files below a folder.
class Walk {
 public:
  /// @param prefix  the folder's own name with a slash; empty for the outermost.
  /// @param depth   how many more parts a name may have, 1 or more.
  Status Into(FileDescriptor folder, const std::string& prefix, std::size_t depth) {
    const std::unique_ptr<DIR, CloseFolder> listing(::fdopendir(folder.get()));
    if (listing == nullptr) return CannotRead(errno);
    (void)folder.Release();  // the listing closes it
    // NOLINTNEXTLINE(concurrency-mt-unsafe): it is safe where no two threads share a listing
    while (const dirent* const entry = ::readdir(listing.get())) {
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      if (++entries_ > LogFolder::kMaxEntries) return {};
      // Skips files that a query cannot name.
      if (!IsUtf8(name) || prefix.size() + name.size() > LogFolder::kMaxNameBytes) continue;
      Take(::dirfd(listing.get()), entry->d_name, prefix, depth);
    }
    return {};
  }

  std::vector<LogFile> TakeFiles() {
    std::ranges::sort(files_, {}, &LogFile::name);
    if (files_.size() > LogFolder::kMaxFiles) files_.resize(LogFolder::kMaxFiles);
    return std::move(files_);
  }

 private:
  void Take(int folder, const char* name, const std::string& prefix, std::size_t depth) {
    if (const std::optional<struct stat> file = RegularFile(folder, name)) {
      files_.push_back({.name = prefix + name, .bytes = static_cast<std::uint64_t>(file->st_size)});
      return;
    }
    if (depth == 1) return;
    FileDescriptor inner(::openat(folder, name, kFolder | O_NOFOLLOW));
    if (!inner.valid()) return;
    // The files of an unreadable folder are unreadable, too.
    (void)Into(std::move(inner), prefix + name + "/", depth - 1);
  }

  std::vector<LogFile> files_{};
  std::size_t entries_ = 0;
};

}  // namespace

Result<std::vector<LogFile>> LogFolder::List() const {
  if (path_.empty()) return std::vector<LogFile>();
  FileDescriptor folder(::open(path_.c_str(), kFolder));
  if (!folder.valid()) return CannotRead(errno);
  Walk walk;
  if (const Status walked = walk.Into(std::move(folder), "", kMaxDepth); !walked) {
    return walked.error();
  }
  return walk.TakeFiles();
}

Result<std::string> LogFolder::ReadTail(std::string_view name) const {
  const std::optional<std::vector<std::string>> parts = PartsOf(name);
  if (!parts || path_.empty()) return NotFound();
  FileDescriptor folder(::open(path_.c_str(), kFolder));
  if (!folder.valid()) return CannotRead(errno);
  const Result<FileDescriptor> file = OpenBelow(std::move(folder), *parts);
  if (!file) return file.error();
  struct stat found = {};
  if (::fstat(file->get(), &found) != 0) return CannotRead(errno);
  const auto most = static_cast<off_t>(kMaxTailBytes);
  const off_t begin = found.st_size > most ? found.st_size - most : 0;
  Result<std::string> tail = ReadFrom(*file, begin);
  if (!tail || begin == 0) return tail;
  // Drops a partial first line, unless there is no other line.
  const std::size_t line_end = tail->find('\n');
  if (line_end != std::string::npos && line_end + 1 < tail->size()) tail->erase(0, line_end + 1);
  return tail;
}

}  // namespace rtcroom
