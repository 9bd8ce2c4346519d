#include <cstdint>
#include <utility>
#include <vector>

#include "handlers/rooms/common_fields.h"
#include "handlers/rooms/endpoints.h"
#include "handlers/rooms/fields.h"

namespace rtcroom {

Reply HandleGetAudiences(const Request& request, const HandlerContext& context) {
  Fields fields = FieldsOf(request);
  const RoomKey key = ReadRoomKey(fields, request);
  if (!fields.ok()) return Reply::Failure(fields.error());

  const Result<std::vector<Audience>> audiences =
      context.services.rooms.LoadAudiences(key, request.dialect());
  if (!audiences) return Reply::Failure(audiences.error());
  JsonText answer;
  answer.Field("audienceCount", static_cast<std::int64_t>(audiences->size()))
      .BeginArray("audiences");
  for (const Audience& audience : *audiences) {
    answer.BeginObject()
        .Field("userID", audience.user_id.value)
        .Field("userInfo", audience.user_info)
        .EndObject();
  }
  answer.EndArray();
  return Reply::Success(std::move(answer));
}

}  // namespace rtcroom
