#include "storage/sqlite/store_files.h"

#include <cerrno>
#include <system_error>

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "storage/sqlite/database.h"

namespace rtcroom {
namespace {

Error NotThere(const std::string& path, const std::string& reason) {
  return {Errc::kStoreBroken, fmt::format("{} is not the file that is open: {}", path, reason)};
}

}  // namespace

Result<StoreFiles> StoreFiles::Of(const std::string& path, Database& database) {
  // The log lies beside the database, which `path` may only link to.
  const char* const resolved = sqlite3_db_filename(database.handle(), "main");
  const std::string log = sqlite3_filename_wal(resolved);
  StoreFiles files;
  files.files_ = {File{.path = path}, {.path = log}, {.path = std::string(resolved) + "-shm"}};
  for (File& file : files.files_) {
    struct stat found{};
    if (::stat(file.path.c_str(), &found) != 0) {
      return NotThere(file.path, std::generic_category().message(errno));
    }
    file.device = found.st_dev;
    file.inode = found.st_ino;
  }
  return files;
}

Status StoreFiles::Check() const {
  for (const File& file : files_) {
    struct stat found{};
    if (::stat(file.path.c_str(), &found) != 0) {
      return NotThere(file.path, std::generic_category().message(errno));
    }
    // The inode of an open file is not given to another one.
    if (found.st_dev != file.device || found.st_ino != file.inode) {
      return NotThere(file.path, "it was replaced");
    }
  }
  return {};
}

}  // namespace rtcroom
