#include "daemon/admin/server_endpoint.h"

#include <string_view>

#include <nlohmann/json.hpp>

namespace rtcroom {
namespace {

using nlohmann::json;

json ApiUrl(const std::string& origin, const std::string& prefix) {
  return origin.empty() ? json() : json(origin + prefix);
}

json TotalsJson(const ServerTotals& totals) {
  return {{"requests", totals.requests},     {"failures", totals.failures},
          {"evictions", totals.evictions},   {"connections", totals.connections},
          {"handshakes", totals.handshakes}, {"refusals", totals.refusals}};
}

}  // namespace

Result<json> DescribeServer(const ConsoleFacts& facts, const ConsoleFigures& figures, Store& store,
                            const Clock& clock) {
  const Result<Cursor> newest = store.Newest();
  if (!newest) return newest.error();
  json rooms = json::object();
  for (const RoomKind kind : kAllRoomKinds) {
    rooms[std::string(RoomKindName(kind))] = store.CountRooms(kind);
  }
  return json{{"version", facts.version},
              {"startedAtMs", facts.started_at.time_since_epoch().count()},
              {"nowMs", clock.Now().time_since_epoch().count()},
              {"epoch", newest->epoch},
              {"rooms", std::move(rooms)},
              {"pushers", figures.pushers},
              {"connections", figures.connections},
              {"waitingRequests", figures.waiting_requests},
              {"watchers", figures.watchers},
              {"totals", TotalsJson(figures.totals)},
              {"reaperLagMs", figures.totals.reaper_lag.count()},
              {"im",
               {{"enabled", facts.im_enabled},
                {"pendingGroups", figures.im_pending_groups},
                {"lag", figures.im_lag}}},
              {"heartbeatTimeoutMs", facts.heartbeat_timeout.count()},
              {"publicApi",
               {{"http", ApiUrl(facts.http_origin, facts.api_prefix)},
                {"https", ApiUrl(facts.https_origin, facts.api_prefix)}}}};
}

}  // namespace rtcroom
