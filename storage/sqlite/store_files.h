// Notices when the files of an open store are no longer those at their paths.
#pragma once

#include <array>
#include <cstddef>
#include <string>

#include <sys/types.h>

#include "daemon/base/result.h"

namespace rtcroom {

class Database;

/// The database, its write-ahead log and their shared memory. SQLite keeps them open and writes on
/// when one of them is renamed, replaced or deleted; the next start would find other files.
///
/// @threads immutable; `Check` is safe from any thread.
class StoreFiles {
 public:
  /// @param path      as the database was opened.
  /// @param database  in WAL mode and read from, so that all files are open.
  /// @errors kStoreBroken: one is not at its path.
  static Result<StoreFiles> Of(const std::string& path, Database& database);

  /// Compares device and inode of the files with those at the paths. Waits for the file system.
  /// @errors kStoreBroken, with the file.
  [[nodiscard]] Status Check() const;

 private:
  struct File {
    std::string path{};
    dev_t device = 0;
    ino_t inode = 0;
  };

  StoreFiles() = default;

  std::array<File, 3> files_{};
};

}  // namespace rtcroom
