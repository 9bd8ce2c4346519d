// A descriptor that is closed by its last owner.
#pragma once

#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace rtcroom {

class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }

  [[nodiscard]] int get() const { return fd_; }
  /// Gives it up without closing it.
  [[nodiscard]] int Release() { return std::exchange(fd_, -1); }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// Opens a file for reading, whatever is in its place: it follows no link in the last part of the
/// path, does not block on a pipe, and acquires no controlling terminal.
///
/// @param folder  the descriptor of the folder that a relative path begins in.
/// @return an invalid one on failure; `errno` has the reason.
inline FileDescriptor OpenToRead(const char* path, int folder = AT_FDCWD) {
  return FileDescriptor(
      ::openat(folder, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

}  // namespace rtcroom
