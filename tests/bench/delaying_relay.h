// A TCP relay that stands for a long way between two machines.
#pragma once

#include <chrono>
#include <deque>
#include <list>
#include <string>
#include <thread>

#include "tests/support/loopback_socket.h"

namespace rtcroom {

/// Relays connections to a port of 127.0.0.1. What either end sends arrives at the other `delay`
/// later, however much it is.
///
/// @threads safe from any thread. Owns one thread.
class DelayingRelay {
 public:
  DelayingRelay(int server_port, std::chrono::microseconds delay);
  ~DelayingRelay();
  DelayingRelay(const DelayingRelay&) = delete;
  DelayingRelay& operator=(const DelayingRelay&) = delete;

  /// For clients.
  [[nodiscard]] int port() const { return listener_.Port(); }

 private:
  using Time = std::chrono::steady_clock::time_point;

  struct Chunk {
    Time due{};
    std::string bytes{};
  };
  /// One end of a connection, and what is on its way from there to the other.
  struct End {
    LoopbackSocket socket;
    std::deque<Chunk> sent = {};
    bool is_full = false;  ///< it takes no more bytes for now
  };
  struct Connection {
    End client;
    End server;
  };

  void Relay();
  void Accept();
  /// Until something is received or due.
  /// @return false when the relay is to end.
  bool Wait();
  /// @return false when the connection is over.
  bool Receive(End& from);
  static void Deliver(End& from, End& to);

  const int server_port_;
  const std::chrono::microseconds delay_;
  const LoopbackSocket listener_ = LoopbackSocket::Listen();
  std::list<Connection> connections_;
  std::jthread thread_;  // last: it uses all other members
};

}  // namespace rtcroom
