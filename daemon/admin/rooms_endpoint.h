// GET /console/api/rooms and /console/api/room: the current rooms.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "daemon/base/result.h"
#include "daemon/channel/channel_logins.h"
#include "daemon/channel/push_receivers.h"
#include "daemon/core/heartbeat_reaper.h"
#include "daemon/core/lease_table.h"
#include "daemon/core/room_store.h"
#include "daemon/core/web_sessions.h"
#include "daemon/http/message.h"
#include "handlers/webim/webim_clients.h"

namespace rtcroom {

/// The clients that are connected to rooms.
struct RoomClients {
  const PushReceivers* receivers = nullptr;  ///< null: the channel is off
  const ChannelLogins* logins = nullptr;     ///< null likewise
  const WebimClients* old = nullptr;         ///< what clients of 2018 do; null likewise
};

/// The signs of members that are known beside the store.
struct MemberSigns {
  const LeaseTable& leases;
  RoomClients clients{};
  MediaWitness media{};
  /// The URL of a stream's playlist for a browser; empty when there is none.
  /// @threads called from any thread; must not block.
  std::function<std::string(std::string_view stream)> playlist_of{};
  const WebSessions* web = nullptr;  ///< null: no browser publishes
};

/// A page of rooms of all kinds, or of those that match the query.
/// @errors kBadRequest naming the field; kStoreBusy; kStoreBroken.
Result<nlohmann::json> ListRooms(const HttpRequest& request, RoomStore& store,
                                 const MemberSigns& signs);

/// @errors kBadRequest naming the field; kRoomNotFound; kStoreBusy; kStoreBroken.
Result<nlohmann::json> ShowRoom(const HttpRequest& request, RoomStore& store,
                                const MemberSigns& signs);

}  // namespace rtcroom
