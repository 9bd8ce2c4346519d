// The interface to the stored index of recordings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// The member that a stream belonged to.
struct StreamOwner {
  RoomKey room{};
  std::uint64_t room_number = 0;  ///< `Room::sequence`: rooms can have the ID of earlier ones
  UserId user_id{};

  bool operator==(const StreamOwner&) const = default;
};

/// A file into which a media server has recorded a stream.
struct Recording {
  std::uint64_t number = 0;  ///< assigned by the store, ascending with gaps; 0: not stored yet
  std::string file{};        ///< its path in the folder of recordings, UTF-8; no two have the same
  std::string stream{};      ///< empty: unknown
  std::optional<StreamOwner> owner{};     ///< nullopt: unknown
  std::uint64_t bytes = 0;                ///< size of the file
  std::optional<TimePoint> started_at{};  ///< nullopt: unknown
  TimePoint ended_at{};                   ///< when the file was last written

  bool operator==(const Recording&) const = default;
};

/// A place in the order of recordings: by end, those of the same end by number.
struct RecordingPosition {
  TimePoint ended_at{};
  std::uint64_t number = 0;

  auto operator<=>(const RecordingPosition&) const = default;
};

inline RecordingPosition PositionOf(const Recording& recording) {
  return {.ended_at = recording.ended_at, .number = recording.number};
}

/// Selects recordings; members that are set must all match.
struct RecordingQuery {
  std::optional<RoomKind> kind{};
  std::optional<RoomId> room_id{};
  std::optional<UserId> user_id{};
  std::optional<RecordingPosition> after{};  ///< limits them to those after it, that is, older ones
  std::size_t limit = 50;                    ///< 1 or more
};

/// The recordings are stored as durably as rooms. A row may outlive its file, and always outlives
/// its room. Of more than `StoreLimits::max_recordings` those with the lowest numbers are
/// forgotten.
///
/// @threads every method is safe from any thread.
class RecordingStore {
 public:
  virtual ~RecordingStore() = default;

  /// Adds recordings, all or none. One whose file is known replaces size and end of that row; the
  /// start that is known stays, and so do stream and owner unless the new ones are known.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Status PutRecordings(std::span<const Recording> recordings) = 0;

  /// @return nullopt when the file is not known.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<std::optional<Recording>> FindRecording(std::string_view file) = 0;

  /// The newest first.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<std::vector<Recording>> ListRecordings(const RecordingQuery& query) = 0;

  /// The recordings that ended before a time, the oldest first, at most `limit`.
  /// @param after  only those after it in this order.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<std::vector<Recording>> LoadRecordingsEndedBefore(TimePoint time,
                                                                   const RecordingPosition& after,
                                                                   std::size_t limit) = 0;

  /// Forgets the file, if it is known.
  /// @param as_of  of the `RemovalClock`: the mark that goes with the removal.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Status RemoveRecording(std::string_view file, TimePoint as_of) = 0;
};

}  // namespace rtcroom
