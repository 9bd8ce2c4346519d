// What the endpoints of webrtc rooms read alike, and the keys that they answer.
#pragma once

#include <string>

#include "daemon/base/result.h"
#include "handlers/endpoints.h"
#include "handlers/fields.h"

namespace rtcroom {

/// Refuses whoever never gets a ticket or a key.
/// @source protocol B.8, F.5.
void CheckSignable(Fields& fields, const UserId& user_id, const HandlerContext& context);

/// `userID`, of somebody who is to get a key.
UserId ReadSignableUser(Fields& fields, const HandlerContext& context);

/// `nickName`, which may be missing.
std::string ReadNickName(Fields& fields);

/// @param room_id  a number as decimal text.
/// @errors kUnavailable.
Result<std::string> SignPrivateMapKey(const HandlerContext& context, const UserId& user_id,
                                      const RoomId& room_id);

/// The reply to those for whom a call that changes nothing is as good as one that does: who is no
/// member need not be told.
Reply ReplyEvenToStrangers(const Status& outcome);

}  // namespace rtcroom
