// The columns in which stores keep recordings.
#pragma once

#include "daemon/core/recording_store.h"

namespace rtcroom {

/// The recording in the current row: number, file, stream, the four of its owner, bytes, start,
/// end.
///
/// @tparam Row  reads columns: `IsNull`, `Integer`, `Unsigned`, `Text`, `Time`.
template <typename Row>
Recording RecordingOf(Row& row) {
  enum : int {
    kId,
    kFile,
    kStream,
    kOwnerKind,
    kOwnerRoom,
    kOwnerRoomNumber,
    kOwnerUser,
    kBytes,
    kStartedAt,
    kEndedAt
  };
  Recording recording{.number = row.Unsigned(kId),
                      .file = row.Text(kFile),
                      .stream = row.Text(kStream),
                      .bytes = row.Unsigned(kBytes),
                      .ended_at = row.Time(kEndedAt)};
  if (!row.IsNull(kOwnerKind)) {
    recording.owner = {.room = {.kind = static_cast<RoomKind>(row.Integer(kOwnerKind)),
                                .id = {row.Text(kOwnerRoom)}},
                       .room_number = row.Unsigned(kOwnerRoomNumber),
                       .user_id = {row.Text(kOwnerUser)}};
  }
  if (!row.IsNull(kStartedAt)) recording.started_at = row.Time(kStartedAt);
  return recording;
}

}  // namespace rtcroom
