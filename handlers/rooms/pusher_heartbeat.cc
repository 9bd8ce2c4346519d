#include <string_view>

#include "handlers/rooms/endpoints.h"
#include "handlers/rooms/fields.h"

namespace rtcroom {

Reply HandlePusherHeartbeat(const Request& request, const HandlerContext& context) {
  Fields fields = FieldsOf(request);
  const MemberCommand command = ReadMember(fields, request);
  if (!fields.ok()) return Reply::Failure(fields.error());

  const Status touched = context.services.rooms.TouchPusher(command);
  Reply reply = touched ? Reply::Success() : Reply::Failure(touched.error());
  reply.misses_member = !touched;
  return reply;
}

Reply ExplainMissingPusher(const Request& request, const HandlerContext& context) {
  Fields fields = FieldsOf(request);
  const Result<std::string_view> reason =
      context.services.rooms.ReasonOfAbsence(ReadMember(fields, request));
  if (!reason) return Reply::Failure(reason.error());
  return Reply::Failure({Errc::kPusherNotFound, {}},
                        reason->empty() ? JsonText() : JsonText().Field("reason", *reason));
}

}  // namespace rtcroom
