#include "handlers/endpoints.h"
#include "handlers/fields.h"

namespace rtcroom {

Reply HandleGetPushUrl(const Request& request, const HandlerContext& context) {
  Fields fields(request.body);
  const UserId user_id = fields.User();
  if (!fields.ok()) return Reply::Failure(fields.error());

  const Services& services = context.services;
  const Result<std::string> url = services.streams.PushUrl(user_id, services.clock.Now());
  return url ? Reply::Success(JsonText().Field("pushURL", *url)) : Reply::Failure(url.error());
}

}  // namespace rtcroom
