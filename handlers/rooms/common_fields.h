// Groups of fields that several endpoints share.
#pragma once

#include <string>
#include <string_view>

#include "daemon/core/room_service.h"
#include "handlers/rooms/endpoints.h"
#include "handlers/rooms/fields.h"

namespace rtcroom {

/// The fields of `request`, which must outlive the reader.
Fields FieldsOf(const Request& request);

/// The first value of `name` in the query; empty when it is not there.
std::string QueryValue(const Request& request, std::string_view name);

/// `roomID`, under the kind of the path.
RoomKey ReadRoomKey(Fields& fields, const Request& request);

/// `roomID` and `userID`.
MemberCommand ReadMember(Fields& fields, const Request& request);

/// `userName`, `userAvatar` and `pushURL`.
PusherProfile ReadProfile(Fields& fields);

/// Whether the request names its client: then the reply may say more.
/// @source protocol C.7.
bool NamesClient(const Request& request);

/// Asks for the stay that a join begins, if the request names its client.
StayWish ReadStayWish(const Request& request);

/// The stay that a client which names itself means; empty: whichever it is.
std::string ReadStay(Fields& fields, const Request& request);

/// Adds the stay that a join has begun, if it was asked for.
JsonText WithStay(JsonText reply, const StayWish& stay);

/// The room that a request names and that its dialect may see.
/// @errors kBadRequest, and those of `RoomService::LoadRoom`.
Result<Room> LoadNamedRoom(const Request& request, const HandlerContext& context);

/// Failure of a call that names a room. A room-exists failure carries the id (protocol B.4.2).
Reply FailureOver(const RoomId& room_id, Error error, const ProtocolTraits& traits);

}  // namespace rtcroom
