#include "daemon/admin/console.h"

#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "daemon/admin/admin_pages.h"
#include "daemon/admin/channel_endpoint.h"
#include "daemon/admin/console_files.h"
#include "daemon/admin/events_endpoint.h"
#include "daemon/admin/kick_endpoint.h"
#include "daemon/admin/nodes_endpoint.h"
#include "daemon/admin/pooled_handler.h"
#include "daemon/admin/recordings_endpoint.h"
#include "daemon/admin/rooms_endpoint.h"
#include "daemon/admin/stream_endpoint.h"

namespace rtcroom {

Console::Console(ConsoleDeps deps, ConsoleFacts facts)
    : deps_(std::move(deps)),
      facts_(std::move(facts)),
      streams_({.log = deps_.store,
                .commits = deps_.commits,
                .clock = deps_.clock,
                .logger = deps_.logger}),
      calls_(deps_.clock, deps_.logger, kPool) {}

void Console::AddRoutes(AdminRouter& router) {
  // Besides their own server, the pages may call the public API, and load pictures and sound.
  PagePolicy policy{.media = facts_.media_origin};
  for (const std::string& origin : {facts_.http_origin, facts_.https_origin}) {
    if (origin.empty()) continue;
    policy.connect += " " + origin;
    if (facts_.channel_enabled) policy.connect += " " + SocketOrigin(origin);
  }
  AddPage(router, {.folder = "/console/",
                   .files = ConsoleFiles(),
                   .guard = AdminRoute::Guard::kConsole,
                   .headers = PageHeaders(policy)});

  const auto get = [&](std::string_view path, ConsoleCall call) {
    router.Add({.path = path, .handler = OnPool(calls_, std::move(call))});
  };
  const auto post = [&](std::string_view path, ConsoleCall call) {
    router.Add({.method = "POST", .path = path, .handler = OnPool(calls_, std::move(call))});
  };
  get("/console/api/server", [this](const HttpRequest&) {
    return DescribeServer(facts_, deps_.stats(), deps_.store, deps_.clock);
  });
  get("/console/api/nodes", [this](const HttpRequest&) { return DescribeNodes(deps_.nodes); });
  get("/console/api/rooms",
      [this](const HttpRequest& request) { return ListRooms(request, deps_.store, deps_.signs); });
  get("/console/api/room",
      [this](const HttpRequest& request) { return ShowRoom(request, deps_.store, deps_.signs); });
  get("/console/api/channel",
      [this](const HttpRequest& request) { return ListLogins(request, deps_.signs.clients); });
  get("/console/api/events",
      [this](const HttpRequest& request) { return ShowRoomEvents(request, deps_.store); });
  get("/console/api/recordings", [this](const HttpRequest& request) {
    return ListRecordings(request, deps_.recordings, facts_);
  });
  router.Add({.path = "/console/api/stream",
              .handler = OpenEventStream(calls_, streams_, deps_.store, deps_.access)});
  post("/console/api/kick",
       [this](const HttpRequest& request) { return Kick(request, deps_.rooms); });
  post("/console/api/dismiss",
       [this](const HttpRequest& request) { return Dismiss(request, deps_.rooms); });
  post("/console/api/logout",
       [this](const HttpRequest& request) { return EndLogins(request, deps_.end_logins); });
}

}  // namespace rtcroom
