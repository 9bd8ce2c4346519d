// The console and its API, on the admin listener.
#pragma once

#include <functional>

#include "daemon/admin/admin_access.h"
#include "daemon/admin/admin_router.h"
#include "daemon/admin/event_streams.h"
#include "daemon/admin/nodes_endpoint.h"
#include "daemon/admin/rooms_endpoint.h"
#include "daemon/admin/server_endpoint.h"
#include "daemon/base/call_pool.h"
#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/result.h"
#include "daemon/core/commit_signal.h"
#include "daemon/core/ids.h"
#include "daemon/core/lease_table.h"
#include "daemon/core/recording_store.h"
#include "daemon/core/room_service.h"
#include "daemon/core/store.h"

namespace rtcroom {

/// The data and services of the console; all of it must outlive the console.
struct ConsoleDeps {
  const AdminAccess& access;  ///< also used by the router
  Store& store;
  RecordingStore& recordings;
  RoomService& rooms;
  std::function<Status(const UserId&)> end_logins = {};  ///< `AccountLogins::EndAll`
  MemberSigns signs;
  NodeSources nodes;
  /// @threads called from any thread; must not block.
  std::function<ConsoleStats()> stats = {};
  CommitSignal& commits;  ///< used by the console only
  const Clock& clock;
  Logger& logger;
};

/// @threads one thread constructs it, calls `AddRoutes` before requests arrive, and stops it. The
///          routes' handlers, `EndStreams` and `Close` are safe from any thread.
class Console {
 public:
  Console(ConsoleDeps deps, ConsoleFacts facts);
  ~Console() { Stop(); }
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  /// Adds everything under `/console`: its pages, which are public as soon as a token is set, and
  /// the API that they read. The console must outlive the router's requests.
  void AddRoutes(AdminRouter& router);

  /// Ends all streams: pages reconnect, and send the token that is valid then.
  void EndStreams() { streams_.EndAll(); }

  /// Answers waiting and later calls with 503; does not wait for running calls. Call it while a
  /// listener can still send the replies. May be called again.
  void Close() { calls_.Close(); }

  /// `Close`, then waits for running calls and ends the streams. May be called again.
  void Stop() {
    calls_.Stop();
    streams_.Stop();
  }

 private:
  /// Enough for operators, and a small share of the store's load from clients.
  static constexpr CallPoolOptions kPool = {.callers = 2, .max_waiting = 64};

  const ConsoleDeps deps_;
  const ConsoleFacts facts_;
  EventStreams streams_;
  CallPool calls_;  // last: its calls open streams
};

}  // namespace rtcroom
