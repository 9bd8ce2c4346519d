// A SQLite VFS whose files are on a disk that can lose power.
#pragma once

#include <map>
#include <memory>
#include <string>

#include <sqlite3.h>

#include "daemon/base/mutex.h"
#include "tests/support/power_cut_disk.h"
#include "tests/support/power_cut_sharing.h"

namespace rtcroom {

/// Gives SQLite the files of a `PowerCutDisk`, with locks and shared memory for any number of
/// connections of this process, in rollback and WAL mode. Declares no atomic writes.
///
/// Like SQLite's own Unix VFS, it syncs the directory with the first sync of a journal or WAL that
/// may be new, and after a removal only on request.
///
/// Registered with SQLite under its name for its lifetime; close every connection that uses it
/// before destroying it. After a cut, each call on an open file fails with SQLITE_IOERR.
///
/// @threads safe from any thread.
class PowerCutVfs {
 public:
  PowerCutVfs(std::string name, PowerCutDisk& disk);
  ~PowerCutVfs();
  PowerCutVfs(const PowerCutVfs&) = delete;
  PowerCutVfs& operator=(const PowerCutVfs&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] PowerCutDisk& disk() const { return disk_; }

  /// The state shared by all open handles of `file`.
  std::shared_ptr<PowerCutSharing> SharingOf(const PowerCutDisk::FileRef& file);

 private:
  const std::string name_;
  PowerCutDisk& disk_;
  sqlite3_vfs vfs_{};
  Mutex mutex_;
  std::map<PowerCutDisk::FileRef, std::weak_ptr<PowerCutSharing>> sharings_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
