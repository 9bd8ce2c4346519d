#include <string>

#include "handlers/rooms/endpoints.h"
#include "handlers/rooms/fields.h"

namespace rtcroom {

Reply HandleDeletePusher(const Request& request, const HandlerContext& context) {
  Fields fields = FieldsOf(request);
  const MemberCommand command = ReadMember(fields, request);
  const std::string stay = ReadStay(fields, request);
  if (!fields.ok()) return Reply::Failure(fields.error());

  const Status deleted = context.services.rooms.DeletePusher(command, stay);
  return deleted ? Reply::Success() : Reply::Failure(deleted.error());
}

}  // namespace rtcroom
