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

/// Null without the channel, or where the listener is off.
json SocketUrl(const ConsoleFacts& facts) {
  if (!facts.channel_enabled || facts.http_origin.empty()) return {};
  return SocketOrigin(facts.http_origin) + facts.channel_prefix + "/channel/ws";
}

json ChannelJson(const ConsoleFacts& facts, const ChannelStats& stats) {
  std::uint64_t deliveries = 0;
  for (const std::uint64_t of_path : stats.received.deliveries) deliveries += of_path;
  return {{"enabled", facts.channel_enabled},
          {"logins", stats.sizes.instances},
          {"groups", stats.sizes.groups},
          {"polls", stats.sizes.polls},
          {"messages", stats.sent.room + stats.sent.direct},
          {"deliveries", deliveries},
          {"redeliveries", stats.received.redeliveries},
          {"socket", SocketUrl(facts)}};
}

}  // namespace

std::string SocketOrigin(const std::string& origin) {
  return "ws" + origin.substr(std::string_view("http").size());
}

Result<json> DescribeServer(const ConsoleFacts& facts, const ConsoleStats& stats, Store& store,
                            const Clock& clock) {
  const Result<Cursor> newest = store.Newest();
  if (!newest) return newest.error();
  json rooms = json::object();
  for (const RoomKind kind : kAllRoomKinds) {
    rooms[std::string(RoomKindName(kind))] = store.CountRooms(kind);
  }
  return json{
      {"version", facts.version},
      {"startedAtMs", facts.started_at.time_since_epoch().count()},
      {"nowMs", clock.Now().time_since_epoch().count()},
      {"epoch", newest->epoch},
      {"rooms", std::move(rooms)},
      {"pushers", stats.pushers},
      {"connections", stats.connections},
      {"waitingRequests", stats.waiting_requests},
      {"watchers", stats.watchers},
      {"totals", TotalsJson(stats.totals)},
      {"reaperLagMs", stats.totals.reaper_lag.count()},
      {"im",
       {{"enabled", facts.im_enabled}, {"pendingGroups", stats.im.groups}, {"lag", stats.im.lag}}},
      {"channel", ChannelJson(facts, stats.channel)},
      {"heartbeatTimeoutMs", facts.heartbeat_timeout.count()},
      {"publicApi",
       {{"http", ApiUrl(facts.http_origin, facts.api_prefix)},
        {"https", ApiUrl(facts.https_origin, facts.api_prefix)}}}};
}

}  // namespace rtcroom
