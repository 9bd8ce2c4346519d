#include "handlers/rooms/endpoints.h"
#include "handlers/rooms/fields.h"

namespace rtcroom {

Reply HandleAudienceHeartbeat(const Request& request, const HandlerContext& context) {
  Fields fields = FieldsOf(request);
  const MemberCommand command = ReadMember(fields, request);
  if (!fields.ok()) return Reply::Failure(fields.error());

  ViewerLeases* const viewers = context.services.viewers;
  const bool is_viewer = viewers != nullptr && viewers->OnSign(command.room, command.user_id);
  Reply reply = is_viewer ? Reply::Success() : Reply::Failure({Errc::kPusherNotFound, {}});
  reply.misses_member = !is_viewer;
  return reply;
}

}  // namespace rtcroom
