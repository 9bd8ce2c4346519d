// A disk in memory that can lose power: what was not synced may vanish, tear or change places.
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

/// One flat directory of files, seen by the running system at once and kept by the disk later.
///
/// A file's name and its content are kept separately, as on ext4: `Sync` makes the content and
/// the file's own name durable, `SyncDirectory` all names. Every change of the disk counts as
/// one operation, so that a test can cut the power in the middle of any of them; from then on
/// everything fails, and files opened before the next `Boot` never work again.
///
/// @threads safe from any thread. The same operations in the same order and the same random
/// numbers give the same outcome.
class PowerCutDisk {
 public:
  class File;
  /// Keeps working when the file is removed, as on POSIX.
  using FileRef = std::shared_ptr<File>;

  explicit PowerCutDisk(PowerCutDiskOptions options = {});
  ~PowerCutDisk();
  PowerCutDisk(const PowerCutDisk&) = delete;
  PowerCutDisk& operator=(const PowerCutDisk&) = delete;

  /// @return null when there is none, or no power.
  FileRef Find(std::string_view name) const;
  /// Makes an empty file of a name that is free.
  /// @return null when the power is off, or goes off in the middle.
  FileRef Create(std::string_view name);
  /// A file without a name, which no boot will find again.
  FileRef CreateNameless();
  /// Takes the name away. Returns false when the power is off, or goes off in the middle.
  bool Remove(std::string_view name);
  bool SyncDirectory();

  /// These return false, or nothing, when the power is off or goes off in the middle. A write
  /// that is cut off may still reach the disk, like every other one that was not synced.
  bool Write(const FileRef& file, std::uint64_t offset, std::string_view bytes);
  bool Truncate(const FileRef& file, std::uint64_t size);
  bool Sync(const FileRef& file);
  /// @return how many bytes there were to read, at most the size of `into`.
  std::optional<std::size_t> Read(const FileRef& file, std::uint64_t offset,
                                  std::span<char> into) const;
  [[nodiscard]] std::optional<std::uint64_t> Size(const FileRef& file) const;
  /// Whether `file` is of this boot and the power is on.
  [[nodiscard]] bool IsAlive(const FileRef& file) const;

  [[nodiscard]] bool IsPowered() const;
  void Cut();
  /// Cuts the power in the middle of the `count`-th operation from now, 1 being the next.
  void CutAtOperation(std::uint64_t count);
  /// How many operations were begun since the disk was made.
  [[nodiscard]] std::uint64_t operations() const;

  /// Cuts the power, decides by `random` what is left of every change that was not synced, and
  /// starts anew with what is then on the disk.
  void Boot(std::mt19937_64& random);

  [[nodiscard]] const PowerCutDiskOptions& options() const { return options_; }

 private:
  /// An entry of the directory after a change: null when the name was taken away.
  struct NameChange {
    std::string name;
    FileRef file;
  };
  using Directory = std::map<std::string, FileRef, std::less<>>;

  [[nodiscard]] bool IsAliveLocked(const FileRef& file) const REQUIRES(mutex_);
  /// Counts an operation; false when the power goes off in it.
  bool BeginOperationLocked() REQUIRES(mutex_);
  [[nodiscard]] Directory SurvivingDirectoryLocked(std::mt19937_64& random) const REQUIRES(mutex_);

  const PowerCutDiskOptions options_;
  mutable Mutex mutex_;
  bool powered_ GUARDED_BY(mutex_) = true;
  std::uint64_t boot_ GUARDED_BY(mutex_) = 1;
  std::uint64_t operations_ GUARDED_BY(mutex_) = 0;
  std::optional<std::uint64_t> cut_at_ GUARDED_BY(mutex_);
  Directory names_ GUARDED_BY(mutex_);          // as the running system sees them
  Directory durable_names_ GUARDED_BY(mutex_);  // as a boot finds them for certain
  std::vector<NameChange> unsynced_names_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
