// The bytes of the stored messages, as far as this process has counted them.
#pragma once

#include <cstdint>
#include <functional>

#include "daemon/base/mutex.h"
#include "daemon/base/result.h"
#include "daemon/core/message_store.h"

namespace rtcroom {
namespace pg {

/// Bytes of the messages up to a position.
struct MessageTally {
  std::uint64_t through = 0;
  std::uint64_t bytes = 0;   ///< `StoredBytes` of those that were there when they were counted
  bool is_complete = false;  ///< there were no later ones
};

}  // namespace pg

/// Nodes of earlier versions count no bytes, so each message is counted once, after it was
/// appended; what other nodes or appends have removed since is still in the tally. After calls at
/// the same time it has too many bytes rather than too few.
///
/// @threads safe from any thread.
class PgMessageTally {
 public:
  /// Reads on from the tally before: a step of it.
  using Count = std::function<Result<pg::MessageTally>(const pg::MessageTally& before)>;

  /// Bytes of the oldest messages that may be removed for `MessageRetention::max_bytes`. As long as
  /// there are none, only new messages are counted; otherwise all are, and a sixteenth of the bound
  /// is removed beyond it, so that as much may be appended until the next time.
  Result<std::uint64_t> CountSurplus(const MessageRetention& retention, const Count& count)
      EXCLUDES(mutex_);
  /// It takes off the bytes of messages that were removed.
  void Subtract(std::uint64_t bytes) EXCLUDES(mutex_);

 private:
  Mutex mutex_;
  pg::MessageTally last_ GUARDED_BY(mutex_);
  std::uint64_t surplus_ GUARDED_BY(mutex_) = 0;  ///< that is still to be removed
};

}  // namespace rtcroom
