// The page for operators and the API behind it, on the operator's port.
#pragma once

#include <functional>

#include "daemon/admin/admin_access.h"
#include "daemon/admin/admin_router.h"
#include "daemon/admin/event_streams.h"
#include "daemon/admin/server_endpoint.h"
#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/core/commit_signal.h"
#include "daemon/core/lease_table.h"
#include "daemon/core/room_service.h"
#include "daemon/core/store.h"
#include "daemon/http_client/call_pool.h"

namespace rtcroom {

/// What the console shows and works with; all of it outlives it.
struct ConsoleParts {
  const AdminAccess& access;  ///< what the router asks, too
  Store& store;
  RoomService& rooms;
  const LeaseTable& leases;
  /// @threads called from any thread; must not block.
  std::function<ConsoleFigures()> figures = {};
  CommitSignal& commits;  ///< for the console alone
  const Clock& clock;
  Logger& logger;
};

/// @threads one thread makes it, calls `AddRoutes` before requests come, and stops it. The routes'
///          handlers, `EndStreams` and `Close` are safe from any thread.
class Console {
 public:
  Console(ConsoleParts parts, ConsoleFacts facts);
  ~Console() { Stop(); }
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  /// Adds everything under `/console`. The console outlives the requests to the router.
  void AddRoutes(AdminRouter& router);

  /// Ends all streams: pages come back, and show the token that holds by then.
  void EndStreams() { streams_.EndAll(); }

  /// Calls that wait, and all that come from now on, are answered 503; waits for none of those that
  /// run. To be called while there still is a listener to carry the answers. May be called again.
  void Close() { calls_.Close(); }

  /// `Close`, calls that run are finished, streams end. May be called again.
  void Stop() {
    calls_.Stop();
    streams_.Stop();
  }

 private:
  /// Enough for operators, and little beside what phones ask of the store.
  static constexpr CallPoolOptions kPool = {.callers = 2, .max_waiting = 64};

  const ConsoleParts parts_;
  const ConsoleFacts facts_;
  EventStreams streams_;
  CallPool calls_;  // last: its calls open streams
};

}  // namespace rtcroom
