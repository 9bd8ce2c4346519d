// Accepts connections on a listening socket.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "daemon/base/file_descriptor.h"
#include "daemon/base/logger.h"
#include "daemon/http/connection_counts.h"
#include "daemon/http/event_loop.h"
#include "daemon/http/listening_socket.h"

namespace rtcroom {

/// When the process runs out of descriptors, a reserved descriptor is used to accept and close
/// pending connections; if that fails too, accepting pauses. In both cases the loop does not spin
/// on a socket that stays readable.
///
/// @threads the thread of its loop, except for construction.
class Acceptor : public std::enable_shared_from_this<Acceptor> {
 public:
  using Take = std::function<void(AcceptedSocket)>;

  /// @param listening  outlives the acceptor's last task, and stays open.
  /// @param take       called for each connection; throws nothing.
  Acceptor(EventLoop& loop, const ListeningSocket& listening, ConnectionCounts& counts,
           Logger& logger, Take take);
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  /// Handling of pending connections at a stop.
  enum class Backlog : std::uint8_t {
    kTaken,  ///< accepted: the system has completed them, and closing the socket would reset them
    kLeft,   ///< left in the queue for the next process that listens
  };

  void Begin();
  /// No connection is accepted after this.
  void Stop(Backlog backlog);

 private:
  void AcceptWaiting();
  void AwaitMore();
  void Pause();
  /// @return whether a connection was accepted and closed.
  bool RejectOne();
  void RecordShortage(int error);

  const ListeningSocket& listening_;
  ConnectionCounts& counts_;
  Logger& logger_;
  const Take take_;
  boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> watch_;
  boost::asio::steady_timer pause_;
  FileDescriptor reserve_;
  bool is_short_ = false;
  bool stopped_ = false;
};

}  // namespace rtcroom
