// Groups of fields that several endpoints read alike.
#pragma once

#include "daemon/core/room_service.h"
#include "handlers/endpoints.h"
#include "handlers/fields.h"

namespace rtcroom {

/// `roomID`, under the kind of the path.
RoomKey ReadRoomKey(Fields& fields, const Request& request);

/// `roomID` and `userID`.
MemberCommand ReadMember(Fields& fields, const Request& request);

/// `userName`, `userAvatar` and `pushURL`.
PusherProfile ReadProfile(Fields& fields);

}  // namespace rtcroom
