#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "handlers/rooms/endpoints.h"
#include "handlers/rooms/fields.h"

namespace rtcroom {
namespace {

void WriteViewer(const Audience& viewer, JsonText& out) {
  out.BeginObject()
      .Field("userID", viewer.user_id.value)
      .Field("userInfo", viewer.user_info)
      .EndObject();
}

/// The newest of them whose array has no more than `AudiencePage::kMaxBytes`.
std::span<const Audience> NewestThatFit(std::span<const Audience> viewers) {
  std::size_t bytes = 1;  // of the bracket; behind each viewer is a comma, or the other bracket
  std::size_t fitting = 0;
  JsonText one;
  while (fitting < viewers.size()) {
    one.CutTo(0);
    WriteViewer(viewers[viewers.size() - fitting - 1], one);
    bytes += one.text().size() + 1;
    if (bytes > AudiencePage::kMaxBytes) break;
    ++fitting;
  }
  return viewers.last(fitting);
}

}  // namespace

Reply HandleGetAudiences(const Request& request, const HandlerContext& context) {
  Fields fields = FieldsOf(request);
  const RoomKey key = ReadRoomKey(fields, request);
  if (!fields.ok()) return Reply::Failure(fields.error());

  const Result<AudiencePage> page = context.services.rooms.LoadAudiences(key, request.dialect());
  if (!page) return Reply::Failure(page.error());
  JsonText answer;
  answer.Field("audienceCount", page->count).BeginArray("audiences");
  for (const Audience& viewer : NewestThatFit(page->audiences)) WriteViewer(viewer, answer);
  answer.EndArray();
  return Reply::Success(std::move(answer));
}

}  // namespace rtcroom
