#include <string>

#include "handlers/rooms/endpoints.h"
#include "handlers/rooms/fields.h"

namespace rtcroom {

Reply HandleDeleteAudience(const Request& request, const HandlerContext& context) {
  Fields fields = FieldsOf(request);
  const MemberCommand command = ReadMember(fields, request);
  const std::string stay = ReadStay(fields, request);
  if (!fields.ok()) return Reply::Failure(fields.error());

  // Who was removed for want of a sign, and leaves now, does not return: neither by a return that
  // is under way, nor after a removal that is.
  const auto forget = [&] {
    if (ViewerLeases* const viewers = context.services.viewers) {
      viewers->lapsed().Remove(command.room, command.user_id);
    }
  };
  forget();
  const Status deleted = context.services.rooms.DeleteAudience(command, stay);
  forget();
  return deleted ? Reply::Success() : Reply::Failure(deleted.error());
}

}  // namespace rtcroom
