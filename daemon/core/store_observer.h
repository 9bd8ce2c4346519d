// Observer of a store's operations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "daemon/base/result.h"

namespace rtcroom {

/// Statistics of one commit.
struct CommitStats {
  std::size_t writes = 0;  ///< writes that shared it; each room update counts as one
  bool succeeded = false;
  std::uint64_t retained_events = 0;  ///< in the store's history, after the commit
};

enum class StoreOperation : std::uint8_t { kRead, kWrite };

/// "read", "write".
constexpr std::string_view StoreOperationName(StoreOperation operation) {
  return operation == StoreOperation::kRead ? "read" : "write";
}

/// Called on a thread that does the store's work: each method must be quick, and must not call the
/// store.
///
/// @threads safe from any thread.
class StoreObserver {
 public:
  virtual ~StoreObserver() = default;

  /// On the writer thread: a group of writes has begun ...
  virtual void OnCommitBegun() noexcept = 0;
  /// ... and has ended. Groups do not overlap.
  virtual void OnCommitEnded(const CommitStats& stats) noexcept = 0;

  /// A call failed because of the store itself.
  /// @param error  kStoreBusy, kStoreBroken or, of a write, kOutcomeUnknown.
  virtual void OnStoreError(StoreOperation operation, Errc error) noexcept = 0;
};

}  // namespace rtcroom
