// Those connections of a listener that live on one of its loops.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <unordered_map>

#include <boost/asio/steady_timer.hpp>

#include "daemon/edge/connection.h"
#include "daemon/edge/connection_census.h"
#include "daemon/edge/connection_context.h"
#include "daemon/edge/event_loop.h"
#include "daemon/edge/listening_socket.h"

namespace rtcroom {

/// @threads the thread of its loop, except for construction, and destruction once it is empty and
///          its upkeep has stopped.
class ListenerShard : public std::enable_shared_from_this<ListenerShard> {
 public:
  /// @param open  counts this listener's connections, over all of its shards.
  ListenerShard(ConnectionContext& context, EventLoop& loop, std::atomic<std::size_t>& open);
  ~ListenerShard();
  ListenerShard(const ListenerShard&) = delete;
  ListenerShard& operator=(const ListenerShard&) = delete;

  /// Begins to look for passed deadlines.
  void BeginUpkeep();
  void StopUpkeep();

  /// Serves the connection from here on. It has been counted in `open` already.
  void Adopt(AcceptedSocket accepted, ConnectionCensus::Place place,
             std::shared_ptr<ssl_ctx_st> tls);

  void Drain();
  void Abort();

 private:
  void CheckDeadlinesLater();
  /// Calls `visit` for every connection; it may end them.
  template <typename Visit>
  void ForEach(Visit visit);

  ConnectionContext& context_;
  EventLoop& loop_;
  std::atomic<std::size_t>& open_;
  const std::chrono::milliseconds period_;  ///< between two looks at all deadlines
  boost::asio::steady_timer upkeep_;
  bool stopped_ = false;
  std::unordered_map<Connection*, std::shared_ptr<Connection>> connections_;
};

}  // namespace rtcroom
