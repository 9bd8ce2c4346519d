#include "daemon/admin/events_endpoint.h"

#include <cstdint>
#include <optional>
#include <vector>

#include <nlohmann/json.hpp>

#include "daemon/admin/console_request.h"
#include "daemon/admin/event_json.h"

namespace rtcroom {

using nlohmann::json;

Result<json> ShowRoomEvents(const HttpRequest& request, EventLog& log) {
  const Result<FormPairs> query = ReadQuery(request);
  if (!query) return query.error();
  const Result<RoomKey> key = ReadRoom(*query);
  if (!key) return key.error();
  const Result<std::optional<std::uint64_t>> before = ReadNumber(*query, "before");
  if (!before) return before.error();
  const Result<std::size_t> limit = ReadLimit(*query, {.standard = 100, .most = 200});
  if (!limit) return limit.error();
  // Reads one more than requested, to detect another page.
  const Result<std::vector<StoredEvent>> found = log.ReadRoomEvents(*key, *before, *limit + 1);
  if (!found) return found.error();
  const bool has_more = found->size() > *limit;
  json events = json::array();
  for (const StoredEvent& stored : *found) {
    if (events.size() == *limit) break;
    events.push_back(EventJson(stored));
  }
  return json{{"events", std::move(events)},
              {"before", has_more ? json((*found)[*limit - 1].position) : json()}};
}

}  // namespace rtcroom
