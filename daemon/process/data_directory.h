// The data directory of one running server.
#pragma once

#include <filesystem>
#include <memory>

#include "daemon/base/result.h"

namespace rtcroom {

/// Owns the data directory: creates it when it is missing and holds a lock on it, so that no two
/// processes open the store at once. The kernel releases the lock when the process ends, however
/// that happens.
class DataDirectory {
 public:
  /// @errors with one sentence that names the directory: kUnavailable when it cannot be made or
  ///         written to, kStoreBusy when another process holds it.
  static Result<std::unique_ptr<DataDirectory>> Open(const std::filesystem::path& path);

  ~DataDirectory();
  DataDirectory(const DataDirectory&) = delete;
  DataDirectory& operator=(const DataDirectory&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  DataDirectory(std::filesystem::path path, int lock_fd);

  const std::filesystem::path path_;
  const int lock_fd_;
};

}  // namespace rtcroom
