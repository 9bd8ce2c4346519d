// Lets clients in to gRPC, as many as may be.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>

#include <boost/asio/steady_timer.hpp>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/result.h"
#include "daemon/grpc/relay.h"
#include "daemon/http/acceptor.h"
#include "daemon/http/connection_observer.h"
#include "daemon/http/event_loop.h"
#include "daemon/http/listening_socket.h"

namespace rtcroom {

struct FrontDoorOptions {
  std::size_t max_connections = 128;
  Http2Limits http2 = {};
  RelayTimeouts timeouts = {};
};

/// All of it outlives the door.
struct FrontDoorParts {
  ConnectionObserver& observer;
  const Clock& clock;
  Logger& logger;
};

/// Accepts clients on one thread and lets gRPC meet them behind a `Relay`: gRPC 1.51 bounds
/// neither its connections nor what it does for one of them.
///
/// @threads its methods from one thread; the functions that it is given are called on its own.
class FrontDoor {
 public:
  /// The TLS settings for the next connection; null for none.
  using TlsForNext = std::function<std::shared_ptr<ssl_ctx_st>()>;
  /// Gives gRPC a connected socket, which is gRPC's then.
  using Serve = std::function<void(FileDescriptor)>;

  /// Starts the thread.
  /// @throws std::system_error when there is none to be had.
  FrontDoor(const FrontDoorOptions& options, TlsForNext tls, Serve serve, FrontDoorParts parts);
  ~FrontDoor();  ///< as `Stop`
  FrontDoor(const FrontDoor&) = delete;
  FrontDoor& operator=(const FrontDoor&) = delete;

  /// Begins to accept. To be called once.
  /// @param listening  stays open until the door is closed.
  /// @errors kUnavailable.
  Status Open(const ListeningSocket& listening);

  /// Nobody is accepted any more: who waits to be stays in the socket's backlog. gRPC gets no
  /// further socket once this has returned.
  void Close();

  /// Takes leave of the clients that wait for nothing.
  /// @return how many there are left.
  std::size_t EndIdle();

  /// Closes, and ends all connections.
  void Stop();

 private:
  void Admit(AcceptedSocket accepted);
  /// Among those that have not begun to speak HTTP/2, if there is one.
  void EndLongestSilent();
  void CheckDeadlinesLater();

  const FrontDoorOptions options_;
  const TlsForNext tls_;
  const FrontDoorParts parts_;
  std::unique_ptr<EventLoop> loop_;
  // From here on, all is for the loop's thread.
  RelayContext context_;
  std::shared_ptr<Acceptor> acceptor_;  ///< shared with its tasks
  std::unordered_map<Relay*, std::shared_ptr<Relay>> relays_;
  std::optional<boost::asio::steady_timer> upkeep_;  ///< until a stop
  bool is_full_ = false;
};

}  // namespace rtcroom
