#include "handlers/rooms/webrtc_fields.h"

#include <cstdint>

#include "daemon/base/parse_integer.h"

namespace rtcroom {

void CheckSignable(Fields& fields, const UserId& user_id, const HandlerContext& context) {
  if (context.services.logins.MaySignFor(user_id)) return;
  fields.Refuse({Errc::kBadIdentity, "userID: not signed for"});
}

UserId ReadSignableUser(Fields& fields, const HandlerContext& context) {
  UserId user_id = fields.User();
  CheckSignable(fields, user_id, context);
  return user_id;
}

std::string ReadNickName(Fields& fields) { return fields.Text(field::kNickName); }

Result<std::string> SignPrivateMapKey(const HandlerContext& context, const UserId& user_id,
                                      const RoomId& room_id) {
  const std::optional<std::uint32_t> number = ParseInteger<std::uint32_t>(room_id.value);
  if (!number) return Error{Errc::kInternal, "the id of a webrtc room is no number"};
  return context.services.private_map_keys.SignPrivateMapKey(user_id, *number,
                                                             context.services.clock.Now());
}

Reply ReplyToNonMember(const Status& outcome) {
  if (!outcome && outcome.error().code != Errc::kPusherNotFound) {
    return Reply::Failure(outcome.error());
  }
  return Reply::Success();
}

}  // namespace rtcroom
