// The interface to what accounts have read of each other's messages.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// An account has read what another one sent to it up to that time.
struct ReadPosition {
  UserId reader{};
  UserId peer{};
  TimePoint until{};

  bool operator==(const ReadPosition&) const = default;
};

/// Keeps one position for each pair.
///
/// @threads every method is safe from any thread.
class ReadPositionStore {
 public:
  /// Of more the earliest go.
  static constexpr std::size_t kMaxOfReader = 1000;
  static constexpr std::size_t kMostPerTrim = 10'000;

  virtual ~ReadPositionStore() = default;

  /// Those of a reader, the latest first. @param limit  1..1000.
  /// @errors kStoreBusy; kStoreBroken.
  /// @threads never waits for a writer.
  virtual Result<std::vector<ReadPosition>> ReadPositionsOf(const UserId& reader,
                                                            std::size_t limit) = 0;

  /// How far each of these readers has read the messages of that account, those that have a
  /// position, in any order. @param readers  at most 100.
  /// @errors kStoreBusy; kStoreBroken.
  /// @threads never waits for a writer.
  virtual Result<std::vector<ReadPosition>> ReadPositionsFor(const UserId& peer,
                                                             std::span<const UserId> readers) = 0;

  /// All of them in one commit. A position never goes back.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Status RecordReadPositions(std::span<const ReadPosition> positions) = 0;

  /// Removes those before that time, at most `kMostPerTrim`: no message is left that they speak of.
  /// @param as_of  `RemovalClock`: the mark that goes with a removal.
  /// @return the number removed.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<std::size_t> TrimReadPositions(TimePoint as_of, TimePoint before) = 0;
};

}  // namespace rtcroom
