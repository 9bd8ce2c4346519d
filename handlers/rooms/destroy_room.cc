#include "handlers/rooms/endpoints.h"
#include "handlers/rooms/fields.h"

namespace rtcroom {

Reply HandleDestroyRoom(const Request& request, const HandlerContext& context) {
  Fields fields = FieldsOf(request);
  const MemberCommand command = ReadMember(fields, request);
  if (!fields.ok()) return Reply::Failure(fields.error());

  const Status destroyed = context.services.rooms.DestroyRoom(command);
  return destroyed ? Reply::Success() : Reply::Failure(destroyed.error());
}

}  // namespace rtcroom
