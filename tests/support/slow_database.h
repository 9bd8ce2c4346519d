// A TCP relay that makes a slow database of a quick one.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <thread>

#include "tests/support/loopback_socket.h"

namespace rtcroom {

/// Relays connections, without TLS, to a PostgreSQL server on a port of 127.0.0.1, which gets the
/// statements of all of them one after the other, each `delay` late. What a client had sent when it
/// closed its connection is still passed on: a server runs what it has received.
///
/// @threads safe from any thread. Owns one thread.
class SlowDatabase {
 public:
  /// Called on the relay's thread before a prepared statement is passed on that is to be run;
  /// everything waits until it returns. Its name is empty if it has none.
  using Listener = std::function<void(std::string_view statement)>;

  SlowDatabase(int server_port, std::chrono::milliseconds delay, Listener on_statement);
  ~SlowDatabase();
  SlowDatabase(const SlowDatabase&) = delete;
  SlowDatabase& operator=(const SlowDatabase&) = delete;

  /// The port that clients connect to.
  [[nodiscard]] int port() const { return listener_.Port(); }

 private:
  struct Connection {
    LoopbackSocket client;
    LoopbackSocket server;
    std::string received = {};  ///< of a message that is not complete yet
    bool has_begun = false;     ///< messages have a type from then on
  };

  void Relay();
  void Accept();
  /// @return false when the client is gone.
  bool PassMessages(Connection& connection);
  void Delay(std::string_view message);

  const int server_port_;
  const std::chrono::milliseconds delay_;
  const Listener on_statement_;
  const LoopbackSocket listener_ = LoopbackSocket::Listen();
  std::list<Connection> connections_;
  std::jthread thread_;  // last: it uses all other members
};

}  // namespace rtcroom
