// GET /console/api/server: the state of the server.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "daemon/admin/metrics.h"
#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/store.h"

namespace rtcroom {

/// Values that are constant while the server runs.
struct ConsoleFacts {
  std::string version = {};
  TimePoint started_at = {};
  std::chrono::milliseconds heartbeat_timeout{0};
  bool im_enabled = false;
  bool channel_enabled = false;
  // Base URLs of the public API, `http://127.0.0.1:5757`; empty for a listener that is off.
  std::string http_origin = {};
  std::string https_origin = {};
  std::string api_prefix = {};       ///< of gen-1 paths
  std::string channel_prefix = {};   ///< of the message channel's paths
  std::string media_origin = {};     ///< of playlists; empty: the console plays nothing
  std::string recordings_url = {};   ///< what links to recordings begin with; empty: none
  std::string recordings_root = {};  ///< their folder; empty: none
};

/// An origin for WebSockets: `ws://127.0.0.1:5757`.
/// @param origin  `http://…` or `https://…`.
std::string SocketOrigin(const std::string& origin);

/// Current counts.
struct ConsoleStats {
  std::uint64_t pushers = 0;
  std::uint64_t connections = 0;
  std::uint64_t waiting_requests = 0;
  std::uint64_t watchers = 0;
  ImBacklog im{};
  ChannelStats channel{};
  ServerTotals totals = {};
};

/// @errors kStoreBusy; kStoreBroken.
Result<nlohmann::json> DescribeServer(const ConsoleFacts& facts, const ConsoleStats& stats,
                                      Store& store, const Clock& clock);

}  // namespace rtcroom
