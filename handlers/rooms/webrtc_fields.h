// The fields and keys that the endpoints of webrtc rooms share.
#pragma once

#include <string>

#include "daemon/base/result.h"
#include "handlers/rooms/endpoints.h"
#include "handlers/rooms/fields.h"

namespace rtcroom {

/// Refuses user IDs that never get a ticket or a key.
/// @source protocol B.8, F.5.
void CheckSignable(Fields& fields, const UserId& user_id, const HandlerContext& context);

/// `userID`, refused when it may not get a key.
UserId ReadSignableUser(Fields& fields, const HandlerContext& context);

/// `nickName`, optional.
std::string ReadNickName(Fields& fields);

/// @param room_id  a number as decimal text.
/// @errors kUnavailable.
Result<std::string> SignPrivateMapKey(const HandlerContext& context, const UserId& user_id,
                                      const RoomId& room_id);

/// The reply of a call that succeeds for non-members as well, without an effect: kPusherNotFound is
/// reported as success.
Reply ReplyToNonMember(const Status& outcome);

}  // namespace rtcroom
