// A disk in memory that can lose power: unsynced changes may vanish, tear or be reordered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/mutex.h"
#include "tests/support/power_cut_file.h"

namespace rtcroom {

/// One flat directory of files, visible to the running system at once and durable later.
///
/// A file's name and its content are kept separately, as on ext4: `Sync` makes the content and the
/// file's own name durable, `SyncDirectory` all names. Every change of the disk counts as one
/// operation, so that a test can cut the power in the middle of any of them; after the cut every
/// operation fails, and files opened before the next `Boot` stay unusable.
///
/// @threads safe from any thread. The same operations in the same order and the same random numbers
/// give the same outcome.
class PowerCutDisk {
 public:
  class File;
  /// Stays usable after removal of the file, as on POSIX.
  using FileRef = std::shared_ptr<File>;

  explicit PowerCutDisk(PowerCutDiskOptions options = {});
  ~PowerCutDisk();
  PowerCutDisk(const PowerCutDisk&) = delete;
  PowerCutDisk& operator=(const PowerCutDisk&) = delete;

  /// @return null when the file does not exist, or without power.
  FileRef Find(std::string_view name) const;
  /// Creates an empty file under an unused name.
  /// @return null when the power is off, or fails during the operation.
  FileRef Create(std::string_view name);
  /// A file without a name, which no boot finds again.
  FileRef CreateNameless();
  /// Removes the name. Returns false when the power is off, or fails during the operation.
  bool Remove(std::string_view name);
  bool SyncDirectory();

  /// These return false or nullopt when the power is off or fails during the operation. An
  /// interrupted write may still reach the disk, like every other unsynced one.
  bool Write(const FileRef& file, std::uint64_t offset, std::string_view bytes);
  bool Truncate(const FileRef& file, std::uint64_t size);
  bool Sync(const FileRef& file);
  /// @return the number of bytes read, at most the size of `into`.
  std::optional<std::size_t> Read(const FileRef& file, std::uint64_t offset,
                                  std::span<char> into) const;
  [[nodiscard]] std::optional<std::uint64_t> Size(const FileRef& file) const;
  /// Whether `file` belongs to the current boot and the power is on.
  [[nodiscard]] bool IsAlive(const FileRef& file) const;

  [[nodiscard]] bool IsPowered() const;
  void Cut();
  /// Cuts the power during the `count`-th operation from now; 1 is the next one.
  void CutAtOperation(std::uint64_t count);
  /// Number of operations started since the disk was made.
  [[nodiscard]] std::uint64_t operations() const;

  /// Cuts the power, decides with `random` which unsynced changes survive, and restarts with the
  /// resulting disk content.
  void Boot(std::mt19937_64& random);

  [[nodiscard]] const PowerCutDiskOptions& options() const { return options_; }

 private:
  /// A directory entry after a change: null when the name was removed.
  struct NameChange {
    std::string name;
    FileRef file;
  };
  using Directory = std::map<std::string, FileRef, std::less<>>;

  [[nodiscard]] bool IsAliveLocked(const FileRef& file) const REQUIRES(mutex_);
  /// Counts an operation; false when the power fails during it.
  bool BeginOperationLocked() REQUIRES(mutex_);
  [[nodiscard]] Directory SurvivingDirectoryLocked(std::mt19937_64& random) const REQUIRES(mutex_);

  const PowerCutDiskOptions options_;
  mutable Mutex mutex_;
  bool powered_ GUARDED_BY(mutex_) = true;
  std::uint64_t boot_ GUARDED_BY(mutex_) = 1;
  std::uint64_t operations_ GUARDED_BY(mutex_) = 0;
  std::optional<std::uint64_t> cut_at_ GUARDED_BY(mutex_);
  Directory names_ GUARDED_BY(mutex_);          // as visible to the running system
  Directory durable_names_ GUARDED_BY(mutex_);  // as every boot finds them
  std::vector<NameChange> unsynced_names_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
