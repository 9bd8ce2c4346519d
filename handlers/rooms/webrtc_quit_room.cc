#include "handlers/rooms/endpoints.h"
#include "handlers/rooms/fields.h"
#include "handlers/rooms/webrtc_fields.h"

namespace rtcroom {

Reply HandleWebrtcQuitRoom(const Request& request, const HandlerContext& context) {
  Fields fields = FieldsOf(request);
  const MemberCommand command = ReadMember(fields, request);
  if (!fields.ok()) return Reply::Failure(fields.error());
  return ReplyToNonMember(context.services.rooms.DeletePusher(command));
}

}  // namespace rtcroom
