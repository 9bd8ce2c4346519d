#include "handlers/rooms/endpoints.h"
#include "handlers/rooms/fields.h"
#include "handlers/rooms/webrtc_fields.h"

namespace rtcroom {

Reply HandleWebrtcHeartbeat(const Request& request, const HandlerContext& context) {
  Fields fields = FieldsOf(request);
  const MemberCommand command = ReadMember(fields, request);
  if (!fields.ok()) return Reply::Failure(fields.error());
  const Status touched = context.services.rooms.TouchPusher(command);
  Reply reply = ReplyToNonMember(touched);
  reply.misses_member = !touched;
  return reply;
}

}  // namespace rtcroom
