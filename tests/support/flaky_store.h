// A store whose reads fail on request of a test.
#pragma once

#include <atomic>
#include <cstddef>
#include <optional>

#include "daemon/core/store.h"
#include "tests/support/failing_store.h"

namespace rtcroom {

/// @threads safe from any thread.
class FlakyStore : public FailingStore {
 public:
  using FailingStore::FailingStore;

  /// While set, reads of events, of rooms and of the newest cursor fail with it.
  std::atomic<std::optional<Errc>> reads_fail_with{std::nullopt};
  std::atomic<std::size_t> event_reads{0};  ///< calls of `ReadEvents`, including failures

  Result<RoomPage> Scan(std::uint64_t after, std::size_t limit) override {
    if (const auto code = reads_fail_with.load()) return Error{*code, "test"};
    return FailingStore::Scan(after, limit);
  }
  Result<EventPage> ReadEvents(const Cursor& cursor, std::size_t limit) override {
    ++event_reads;
    if (const auto code = reads_fail_with.load()) return Error{*code, "test"};
    return FailingStore::ReadEvents(cursor, limit);
  }
  Result<Cursor> Newest() override {
    if (const auto code = reads_fail_with.load()) return Error{*code, "test"};
    return FailingStore::Newest();
  }
};

}  // namespace rtcroom
