// One client's connection, on its way to gRPC.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "daemon/base/clock.h"
#include "daemon/base/file_descriptor.h"
#include "daemon/base/logger.h"
#include "daemon/grpc/http2_guard.h"
#include "daemon/http/connection_observer.h"
#include "daemon/http/event_loop.h"
#include "daemon/http/transport.h"

struct ssl_ctx_st;

namespace rtcroom {

struct RelayTimeouts {
  /// Until the client has agreed on TLS and begun to speak HTTP/2.
  std::chrono::milliseconds handshake = std::chrono::seconds(5);
  /// How long a client may leave untouched what waits for it.
  std::chrono::milliseconds write = std::chrono::seconds(30);
  /// How long a client that was told that nothing more comes may stay, and how long gRPC may take
  /// to let go of a client that is gone.
  std::chrono::milliseconds goodbye = std::chrono::seconds(2);
};

/// What the relays of a server share; all of it outlives them.
struct RelayContext {
  EventLoop& loop;
  ConnectionObserver& observer;
  const Clock& clock;
  Logger& logger;
  const RelayTimeouts timeouts;
  /// Gives gRPC a connected socket, which is gRPC's then. Empty: gRPC takes no more.
  std::function<void(FileDescriptor)> serve;
  Http2Budget budget;
  /// To read into. What gRPC has for a client after a commit fits at once.
  std::vector<char> scratch = std::vector<char>(65'536);
};

/// Does TLS, lets `Http2Guard` judge what the client sends, and passes it to gRPC through a pair
/// of sockets, one end of which gRPC takes for the client. Replies go the other way.
///
/// It holds at most two frames of a client, and of gRPC's what it read last: a side that does not
/// take what it has keeps the other from being read. gRPC hears of a client only when that has
/// begun to speak HTTP/2, and a client that is gone counts until gRPC has let go of it.
///
/// Shared by the table of its server and the waits that it is in. It lives on its loop.
///
/// @threads the thread of its loop, also for the constructor's `on_end`.
class Relay : public std::enable_shared_from_this<Relay> {
 public:
  /// @param client  connected and non-blocking.
  /// @param on_end  called once, when all is over.
  /// @throws std::exception when there is no memory left.
  Relay(RelayContext& context, FileDescriptor client, std::function<void(Relay&)> on_end);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  /// @param tls  null for none.
  void Begin(const std::shared_ptr<ssl_ctx_st>& tls);

  /// Ends what has taken too long.
  void CheckDeadline(MonotonicTime now);

  void Abort() { End(); }

  /// Takes leave of a client that waits for nothing.
  void EndIfIdle();

  /// Whether the client has yet to begin to speak HTTP/2.
  [[nodiscard]] bool is_silent() const {
    return state_ == State::kHandshake || state_ == State::kPreface;
  }
  /// Until when it must have done what it is waited for.
  [[nodiscard]] MonotonicTime deadline() const { return deadline_; }

 private:
  using Descriptor =
      boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type>;

  enum class State : std::uint8_t {
    kHandshake,
    kPreface,  ///< gRPC does not know of it yet
    kOpen,
    kGoodbye,  ///< gRPC is done; the client may still be reading
    kLeaving,  ///< the client is gone; gRPC may not have noticed
    kEnded,
  };
  /// A wait for one of the descriptors; there is one at a time.
  struct Readiness {
    Descriptor& descriptor;
    Descriptor::wait_type what;
    bool is_awaited = false;
  };

  /// Does what can be done now. What it lets slip (out of memory or descriptors, most likely)
  /// costs this connection and no other.
  void Run();
  void Step();
  void ShakeHands();
  bool PassOnFromClient();
  bool PassOnFromServer();
  bool WriteToServer();
  bool WriteToClient(std::string_view bytes);
  /// @return whether the other side has ended.
  bool DiscardFromClient();
  bool DiscardFromServer();
  void ConnectToServer();
  void Pause(std::chrono::nanoseconds span);
  void Await(Readiness& readiness);
  void AwaitClient(IoStatus status);
  void LoseClient();
  void LoseServer();
  void Refuse(RefusalCause cause, std::string_view reason);
  void End();
  [[nodiscard]] MonotonicTime Now() const { return context_.clock.Monotonic(); }

  RelayContext& context_;
  Descriptor client_;
  Descriptor server_;  ///< our end of the pair; closed until gRPC has the other
  Transport transport_;
  const std::function<void(Relay&)> on_end_;
  Http2Guard guard_;
  State state_ = State::kHandshake;
  MonotonicTime deadline_;
  boost::asio::steady_timer pause_;
  bool is_paused_ = false;
  std::string from_client_;   ///< not passed on yet
  std::size_t approved_ = 0;  ///< how much of it may pass
  std::string from_server_;   ///< not taken by the client yet
  Readiness client_reads_{client_, Descriptor::wait_read};
  Readiness client_writes_{client_, Descriptor::wait_write};
  Readiness server_reads_{server_, Descriptor::wait_read};
  Readiness server_writes_{server_, Descriptor::wait_write};
};

}  // namespace rtcroom
