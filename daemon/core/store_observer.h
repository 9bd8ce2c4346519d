// Who wants to know how a store does its work.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "daemon/base/result.h"

namespace rtcroom {

/// What one commit was.
struct CommitFigures {
  std::size_t writes = 0;  ///< that shared it: updates of rooms count one by one
  bool succeeded = false;
  std::uint64_t retained_events = 0;  ///< in the store's history, afterwards
};

enum class StoreOperation : std::uint8_t { kRead, kWrite };

/// "read", "write".
constexpr std::string_view StoreOperationName(StoreOperation operation) {
  return operation == StoreOperation::kRead ? "read" : "write";
}

/// Each is called on a thread that does the store's work: it must be quick, and must not call the
/// store.
///
/// @threads safe from any thread.
class StoreObserver {
 public:
  virtual ~StoreObserver() = default;

  /// On the thread that writes: a group of writes has begun ...
  virtual void OnCommitBegun() noexcept = 0;
  /// ... and has ended. No other has begun in between.
  virtual void OnCommitEnded(const CommitFigures& figures) noexcept = 0;

  /// A call of the store fails for the store's own sake.
  /// @param error  kStoreBusy or kStoreBroken.
  virtual void OnStoreError(StoreOperation operation, Errc error) noexcept = 0;
};

}  // namespace rtcroom
