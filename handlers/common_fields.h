// Groups of fields that several endpoints read or write alike.
#pragma once

#include <string_view>

#include "daemon/core/room_service.h"
#include "handlers/endpoints.h"
#include "handlers/fields.h"

namespace rtcroom {

/// The fields of `request`, which must outlive the reader.
Fields FieldsOf(const Request& request);

/// `roomID`, under the kind of the path.
RoomKey ReadRoomKey(Fields& fields, const Request& request);

/// `roomID` and `userID`.
MemberCommand ReadMember(Fields& fields, const Request& request);

/// `userName`, `userAvatar` and `pushURL`.
PusherProfile ReadProfile(Fields& fields);

/// A failure of a call that names a room; one because the id is taken says which (protocol B.4.2).
Reply FailureOver(const RoomId& room_id, Error error, const Manners& manners);

}  // namespace rtcroom
