#include "handlers/rooms/common_fields.h"

#include <memory>
#include <utility>

namespace rtcroom {

Fields FieldsOf(const Request& request) { return {request.body, request.traits(), request.unread}; }

std::string QueryValue(const Request& request, std::string_view name) {
  return std::string(FirstOrEmpty(request.query, name));
}

RoomKey ReadRoomKey(Fields& fields, const Request& request) {
  return {.kind = request.room_kind, .id = fields.Room()};
}

MemberCommand ReadMember(Fields& fields, const Request& request) {
  return {.room = ReadRoomKey(fields, request),
          .dialect = request.dialect(),
          .user_id = fields.User(),
          .from = request.from};
}

PusherProfile ReadProfile(Fields& fields) {
  return {.user_name = fields.Text(field::kUserName),
          .user_avatar = fields.Text(field::kUserAvatar),
          .push_url = fields.PushUrl()};
}

bool NamesClient(const Request& request) { return !FieldsOf(request).Text(field::kClient).empty(); }

StayWish ReadStayWish(const Request& request) {
  return NamesClient(request) ? std::make_shared<std::string>() : nullptr;
}

std::string ReadStay(Fields& fields, const Request& request) {
  return NamesClient(request) ? fields.Text(field::kStay) : std::string();
}

JsonText WithStay(JsonText reply, const StayWish& stay) {
  if (stay != nullptr && !stay->empty()) reply.Field("stay", *stay);
  return reply;
}

Result<Room> LoadNamedRoom(const Request& request, const HandlerContext& context) {
  Fields fields = FieldsOf(request);
  const RoomKey key = ReadRoomKey(fields, request);
  if (!fields.ok()) return fields.error();
  return context.services.rooms.LoadRoom(key, request.dialect());
}

Reply FailureOver(const RoomId& room_id, Error error, const ProtocolTraits& traits) {
  const bool includes_room_id = traits.names_room && error.code == Errc::kRoomExists;
  return Reply::Failure(std::move(error),
                        includes_room_id ? JsonText().Field("roomID", room_id.value) : JsonText());
}

}  // namespace rtcroom
