#include "handlers/rooms/common_fields.h"
#include "handlers/rooms/endpoints.h"
#include "handlers/rooms/fields.h"

namespace rtcroom {

Reply HandleAddAudience(const Request& request, const HandlerContext& context) {
  Fields fields = FieldsOf(request);
  const AddAudienceCommand command{.member = ReadMember(fields, request),
                                   .user_info = fields.Text(field::kUserInfo),
                                   .stay = ReadStayWish(request)};
  if (!fields.ok()) return Reply::Failure(fields.error());

  const Status added = context.services.rooms.AddAudience(command);
  return added ? Reply::Success(WithStay({}, command.stay)) : Reply::Failure(added.error());
}

}  // namespace rtcroom
