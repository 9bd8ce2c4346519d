// Takes connections off a listening socket.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "daemon/base/file_descriptor.h"
#include "daemon/base/logger.h"
#include "daemon/http/connection_observer.h"
#include "daemon/http/event_loop.h"
#include "daemon/http/listening_socket.h"

namespace rtcroom {

/// When the process has no descriptors left, clients are turned away by a descriptor that is kept
/// for that; where not even that works, accepting pauses. Either way the loop never spins on a
/// socket that stays readable.
///
/// @threads the thread of its loop, except for construction.
class Acceptor : public std::enable_shared_from_this<Acceptor> {
 public:
  using Take = std::function<void(AcceptedSocket)>;

  /// @param listening  outlives the acceptor's last task, and stays open.
  /// @param take       called for each connection; throws nothing.
  Acceptor(EventLoop& loop, const ListeningSocket& listening, ConnectionObserver& observer,
           Logger& logger, Take take);
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  /// What becomes of clients who wait to be accepted at a stop.
  enum class Backlog : std::uint8_t {
    kTaken,  ///< they have been let in by the system, and would be cut off
    kLeft,   ///< to whoever listens next
  };

  void Begin();
  /// No connection is taken after this.
  void Stop(Backlog backlog);

 private:
  void AcceptWaiting();
  void AwaitMore();
  void Pause();
  /// @return whether a client could be turned away.
  bool TurnOneAway();
  void NoteShortage(int error);

  const ListeningSocket& listening_;
  ConnectionObserver& observer_;
  Logger& logger_;
  const Take take_;
  boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> watch_;
  boost::asio::steady_timer pause_;
  FileDescriptor reserve_;
  bool is_short_ = false;
  bool stopped_ = false;
};

}  // namespace rtcroom
