// A SQLite store under load with repeated power cuts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "daemon/base/mutex.h"
#include "daemon/core/store.h"
#include "storage/sqlite/sqlite_store.h"
#include "tests/powercut/message_witness.h"
#include "tests/powercut/witness.h"
#include "tests/support/power_cut_disk.h"
#include "tests/support/power_cut_vfs.h"
#include "tests/support/recording_listener.h"

namespace rtcroom {

struct PowerCutTrialOptions {
  std::uint64_t seed = 1;
  Durability durability = Durability::kFull;
  PowerCutDiskOptions disk{};
  /// Number of threads that use the store concurrently. With one, the same seed gives the same
  /// trial.
  std::size_t callers = 1;
  /// More rooms per caller and larger batches fill the log faster.
  std::size_t rooms_per_caller = 4;
  std::size_t most_commands_per_batch = 3;
  /// The cut occurs within this number of disk operations.
  std::uint64_t most_operations = 400;
};

/// @threads for one thread at a time.
class PowerCutTrial {
 public:
  explicit PowerCutTrial(PowerCutTrialOptions options);
  ~PowerCutTrial();

  /// Uses the store until power fails at a random disk operation: while the store is opened, used,
  /// or closed. Then boots and compares the stored state with the acknowledged one.
  ///
  /// @return a fault when an acknowledged change is missing or different, a change is partial or
  /// duplicated, or the database is damaged.
  std::optional<std::string> RunCycle();

 private:
  using Fault = std::optional<std::string>;
  static constexpr char kPath[] = "rtcroomd.db";

  Status OpenStore();
  Fault UseStore();
  Fault TrimEvents();
  /// @return false when the store rejected a change.
  bool RunCaller(std::size_t caller, std::uint64_t seed);
  /// Reads as a subscriber does, and records the newest event returned.
  void ReadNewestEvent() EXCLUDES(seen_mutex_);
  Fault Reboot();

  Fault Audit();
  Fault AuditFile() const;
  Fault AuditEvents();
  Fault CompareKnownEvents(std::span<const StoredEvent> known) const;
  Fault CompareNewEvents(std::span<const StoredEvent> fresh);
  Fault CompareSeenEvents(std::span<const StoredEvent> found) EXCLUDES(seen_mutex_);
  Fault AuditRooms();
  Fault CompareRoom(Room& expected);
  Fault AuditMessages();
  Fault CompareLists(const std::vector<Room>& rooms);
  Fault RecordSequence(const Room& room);

  const PowerCutTrialOptions options_;
  const std::string vfs_name_;
  std::mt19937_64 random_;
  PowerCutDisk disk_;
  const PowerCutVfs vfs_;
  DeafListener listener_;
  std::unique_ptr<SqliteStore> store_;             // after the VFS, which it uses
  std::vector<Witness> witnesses_;                 ///< one for each caller
  std::vector<MessageWitness> message_witnesses_;  ///< likewise

  std::uint64_t epochs_offered_ = 0;
  std::vector<StoredEvent> events_;  ///< found by the last audit
  Cursor cursor_;                    ///< after the newest event of any audit
  std::uint64_t trimmed_to_ = 0;     ///< events up to here were acknowledged as removed
  std::uint64_t may_trim_to_ = 0;    ///< events up to here may have been removed
  Mutex seen_mutex_;
  /// Events returned to a reader since the last audit; these must not disappear either.
  std::vector<StoredEvent> seen_ GUARDED_BY(seen_mutex_);
  /// The owner of each creation or activation number since the disk was new.
  std::map<std::uint64_t, std::string> sequences_;
};

}  // namespace rtcroom
