#include "handlers/common_fields.h"
#include "handlers/endpoints.h"
#include "handlers/fields.h"

namespace rtcroom {

Reply HandleAddPusher(const Request& request, const HandlerContext& context) {
  Fields fields(request.body);
  const AddPusherCommand command{
      .room = ReadRoomKey(fields, request),
      .dialect = request.dialect,
      .user_id = fields.User(),
      .profile = ReadProfile(fields),
  };
  if (!fields.ok()) return Reply::Failure(fields.error());

  const Status added = context.services.rooms.AddPusher(command);
  return added ? Reply::Success() : Reply::Failure(added.error());
}

}  // namespace rtcroom
