// The connections of a listener on one of its loops.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <unordered_map>
#include <utility>

#include <boost/asio/steady_timer.hpp>

#include "daemon/http/connection.h"
#include "daemon/http/connection_context.h"
#include "daemon/http/connection_limiter.h"
#include "daemon/http/event_loop.h"
#include "daemon/http/listening_socket.h"

namespace rtcroom {

/// Counts one connection of a listener for the lifetime of this object.
class OpenConnection {
 public:
  explicit OpenConnection(std::atomic<std::size_t>& count) : count_(&count) { ++count; }
  OpenConnection(OpenConnection&& other) noexcept : count_(std::exchange(other.count_, nullptr)) {}
  OpenConnection& operator=(OpenConnection&&) = delete;
  ~OpenConnection() {
    if (count_ != nullptr) --*count_;
  }

 private:
  std::atomic<std::size_t>* count_;
};

/// A connection on its way to its shard.
struct AcceptedConnection {
  AcceptedSocket accepted;
  ConnectionLimiter::Slot slot;
  OpenConnection open;
  std::shared_ptr<ssl_ctx_st> tls = {};  ///< null for plain HTTP
  bool has_waited = false;               ///< for a turn of the loop, since memory lacked
};

/// @threads the thread of its loop, except for construction, and destruction once it is empty and
///          its upkeep has stopped.
class ListenerShard : public ConnectionOwner, public std::enable_shared_from_this<ListenerShard> {
 public:
  ListenerShard(ConnectionContext& context, EventLoop& loop);
  ~ListenerShard() override;
  ListenerShard(const ListenerShard&) = delete;
  ListenerShard& operator=(const ListenerShard&) = delete;

  /// Begins the periodic deadline check.
  void BeginUpkeep();
  void StopUpkeep();

  /// Begins to serve the connection, or refuses it when that is not possible. Where memory lacks,
  /// connections end whose clients leave much of it unread.
  void Adopt(AcceptedConnection incoming);

  /// Ends the connection that has been without a request for longest.
  /// @return false when all of them are being answered.
  bool EndIdlest();

  void Drain();
  void Abort();

  void OnConnectionEnd(Connection& ended) override { connections_.erase(&ended); }
  void OnMemoryLack() override;

 private:
  /// It ends connections that wait for their clients in the middle of something, while more is held
  /// for clients than may be; first those that hold most, then those that have for longest.
  void Shed();
  void CheckDeadlinesLater();
  /// Ends connections that wait for their clients, until a new one may take so much: those that
  /// hold `kMuchBytes`; if idle ones may be replaced and hold most, as many of them as that needs.
  /// @return false when it may not.
  bool MakeRoomFor(std::size_t bytes);
  /// Calls `visit` for every connection; `visit` may close it.
  template <typename Visit>
  void ForEach(Visit visit);

  ConnectionContext& context_;
  EventLoop& loop_;
  const std::chrono::milliseconds period_;  ///< between two deadline checks
  boost::asio::steady_timer upkeep_;
  bool stopped_ = false;
  bool has_looked_for_room_ = false;  ///< without success, in this turn of the loop
  bool will_shed_ = false;            ///< at the end of this turn
  struct Entry {
    std::shared_ptr<Connection> connection;
    OpenConnection open;
  };
  std::unordered_map<Connection*, Entry> connections_;
};

}  // namespace rtcroom
