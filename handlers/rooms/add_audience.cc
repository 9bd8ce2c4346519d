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
  if (!added) return Reply::Failure(added.error());
  // The call of a viewer that is there already changes nothing in the store.
  if (ViewerLeases* const viewers = context.services.viewers) {
    (void)viewers->OnSign(command.member.room, command.member.user_id);
  }
  return Reply::Success(WithStay({}, command.stay));
}

}  // namespace rtcroom
