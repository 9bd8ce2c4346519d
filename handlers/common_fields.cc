#include "handlers/common_fields.h"

namespace rtcroom {

RoomKey ReadRoomKey(Fields& fields, const Request& request) {
  return {.kind = request.room_kind, .id = fields.Room()};
}

MemberCommand ReadMember(Fields& fields, const Request& request) {
  return {
      .room = ReadRoomKey(fields, request), .dialect = request.dialect, .user_id = fields.User()};
}

PusherProfile ReadProfile(Fields& fields) {
  return {.user_name = fields.Text("userName", kMaxUserNameBytes),
          .user_avatar = fields.Text("userAvatar"),
          .push_url = fields.Text("pushURL")};
}

}  // namespace rtcroom
